//! `rating.record`: what a call costs, a million times, against a deck of fifty thousand prefixes. No peer rates the same thing.

use std::process::Command;

use super::{Against, Figure, Options, process};

const ID: &str = "rating.record";
/// Microseconds a record.
const GATE: (f64, f64) = (5.0, 1.0);

pub fn run(options: &Options) -> Vec<Figure> {
    let mut took = Vec::new();
    for _ in 0..options.runs {
        match once() {
            Ok(micros) => took.push(micros),
            Err(why) => return vec![Figure::missing(ID, "us", GATE, why)],
        }
    }
    let rate = 1e6 / super::median(&took).unwrap_or(f64::INFINITY);
    let note = format!("{rate:.0} records a second on one core, 1,000,000 records");
    vec![Figure::of((ID, "us"), &took, None, (Against::Ours, GATE.0, GATE.1), note)]
}

fn once() -> Result<f64, String> {
    let output = Command::new(process::example("rate")).output().map_err(|why| why.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let nanos = text.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
    nanos.map(|nanos| nanos / 1e3).ok_or_else(|| format!("the load said {text:?} and ended with {}", output.status))
}
