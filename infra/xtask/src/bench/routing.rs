//! `routing.decision_p99`: who takes whom with 2,000 callers, 1,000 agents and 50 skills. No peer decides the same thing.

use std::process::Command;

use super::{Against, Figure, Options, process};

const ID: &str = "routing.decision_p99";
const WAIT: &str = "routing.estimate_p99";
/// Milliseconds.
const GATE: (f64, f64) = (5.0, 1.0);

pub fn run(options: &Options) -> Vec<Figure> {
    let (mut decisions, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match once() {
            Ok([paired, none, wait]) => {
                decisions.push(f64::max(paired, none) / 1_000.0);
                waits.push(wait / 1_000.0);
            }
            Err(why) => return vec![Figure::missing(ID, "ms", GATE, why)],
        }
    }
    let (gate, goal) = GATE;
    let note = "the worse of decisions with a pair and of fruitless ones over 1,000 random floors";
    vec![
        Figure::of((ID, "ms"), &decisions, None, (Against::Ours, gate, goal), note.into()),
        Figure::of(
            (WAIT, "ms"),
            &waits,
            None,
            (Against::Ours, gate, goal),
            "a wait estimate on the same floors".into(),
        ),
    ]
}

/// Microseconds: decisions with a pair, without, estimates.
fn once() -> Result<[f64; 3], String> {
    let output = Command::new(process::example("decision")).output().map_err(|why| why.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    figures.try_into().map_err(|_| format!("the load said {text:?} and ended with {}", output.status))
}
