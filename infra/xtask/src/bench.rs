//! `cargo xtask bench [--only AREA[,AREA]] [--quick] [--built] [--json PATH]`: every figure as a ratio to a peer in the same run.
//!
//! Ours and the peer's run in turn, at least three times (once with `--quick`); the figure is the median, the spread is the
//! distance of the outer runs over the median. A peer that cannot be had is reported as missing. `--built` takes the release
//! binaries as they lie there.

mod api;
mod call;
mod clean;
mod delay;
pub mod http;
mod media;
mod memory;
mod overload;
pub mod process;
mod rating;
mod register;
mod routing;
pub mod scene;
mod signalling;
mod sipp;
mod start;
mod websocket;

use std::path::PathBuf;

use serde::Serialize;

use crate::report;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub id: &'static str,
    pub ours: Option<f64>,
    pub peer: Option<f64>,
    pub peer_name: Option<String>,
    pub ratio: Option<f64>,
    pub unit: &'static str,
    pub runs: usize,
    pub spread: Option<f64>,
    pub gate: f64,
    pub goal: f64,
    pub meets_gate: Option<bool>,
    /// Load, or why there is no figure.
    pub note: String,
}

/// How the runs go.
#[derive(Clone, Debug)]
pub struct Options {
    pub runs: usize,
    pub quick: bool,
}

/// What stands against gate and goal.
#[derive(Clone, Copy)]
pub enum Against {
    /// The ratio to the peer.
    Ratio,
    /// Our own figure, in its unit.
    Ours,
}

impl Figure {
    /// A figure of these runs.
    pub fn of(
        (id, unit): (&'static str, &'static str),
        ours: &[f64],
        peer: Option<(&str, &[f64])>,
        (against, gate, goal): (Against, f64, f64),
        note: String,
    ) -> Self {
        let (middle, spread) = (median(ours), spread(ours));
        let beside = peer.and_then(|(_, runs)| median(runs));
        let ratio = middle.zip(beside).map(|(ours, peer)| ours / peer);
        let judged = match against {
            Against::Ratio => ratio,
            Against::Ours => middle,
        };
        Self {
            id,
            ours: middle,
            peer: beside,
            peer_name: peer.map(|(name, _)| name.to_owned()),
            ratio,
            unit,
            runs: ours.len(),
            spread,
            gate,
            goal,
            meets_gate: judged.map(|figure| figure <= gate),
            note,
        }
    }

    /// No figure, and why.
    pub fn missing(id: &'static str, unit: &'static str, (gate, goal): (f64, f64), why: String) -> Self {
        Self {
            id,
            ours: None,
            peer: None,
            peer_name: None,
            ratio: None,
            unit,
            runs: 0,
            spread: None,
            gate,
            goal,
            meets_gate: None,
            note: why,
        }
    }
}

fn median(runs: &[f64]) -> Option<f64> {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn spread(runs: &[f64]) -> Option<f64> {
    let middle = median(runs)?;
    let low = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((high - low) / middle)
}

type Area = fn(&Options) -> Vec<Figure>;

const AREAS: [(&str, Area); 12] = [
    ("start", start::run),
    ("call", call::run),
    ("signalling", signalling::run),
    ("clean", clean::run),
    ("delay", delay::run),
    ("register", register::run),
    ("routing", routing::run),
    ("rating", rating::run),
    ("memory", memory::run),
    ("overload", overload::run),
    ("media", media::run),
    ("api", api::run),
];

/// Runs what was asked for; `Ok(true)` when every gate holds.
///
/// # Errors
/// When the arguments cannot be read, the release cannot be built or the file cannot be written.
pub fn bench(args: &[String]) -> Result<bool, String> {
    let (mut only, mut json): (Option<String>, Option<PathBuf>) = (None, None);
    let (mut quick, mut built) = (false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--only" => only = args.next().cloned(),
            "--quick" => quick = true,
            "--built" => built = true,
            "--json" => json = args.next().map(PathBuf::from),
            other => return Err(format!("{other}: unknown; --only AREA[,AREA] --quick --built --json PATH")),
        }
    }
    if !built {
        process::build_release()?;
    }
    let options = Options { runs: if quick { 1 } else { 3 }, quick };
    let mut figures = Vec::new();
    for (name, area) in AREAS {
        if only.as_deref().is_some_and(|only| !only.split(',').any(|word| word == name)) {
            continue;
        }
        report::line(&format!("==> {name}"));
        figures.extend(area(&options));
    }
    let mut lines = String::new();
    for figure in &figures {
        report::line(&row(figure));
        let line = serde_json::to_string(figure).map_err(|why| why.to_string())?;
        lines.push_str(&line);
        lines.push('\n');
    }
    report::line(lines.trim_end());
    if let Some(path) = json {
        std::fs::write(&path, lines).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(figures.iter().all(|figure| figure.meets_gate != Some(false)))
}

fn row(figure: &Figure) -> String {
    let text = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.3}"));
    let verdict = match figure.meets_gate {
        Some(true) => "gate holds",
        Some(false) => "GATE BROKEN",
        None => "missing",
    };
    format!(
        "{:<28} {:>10} {:>10} {:>7} {:<7} gate {:<6} goal {:<6} {verdict}  {}",
        figure.id,
        text(figure.ours),
        text(figure.peer),
        text(figure.ratio),
        figure.unit,
        figure.gate,
        figure.goal,
        figure.note
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_and_its_gate_is_judged_on_the_ratio() {
        let figure = Figure::of(
            ("x", "us"),
            &[3.0, 9.0, 4.0],
            Some(("peer", &[8.0, 8.0, 2.0])),
            (Against::Ratio, 0.8, 0.5),
            String::new(),
        );
        assert_eq!((figure.ours, figure.peer, figure.ratio), (Some(4.0), Some(8.0), Some(0.5)));
        assert_eq!((figure.meets_gate, figure.spread), (Some(true), Some(1.5)));
    }

    #[test]
    fn a_missing_peer_breaks_no_gate_and_holds_none() {
        let figure = Figure::missing("x", "us", (1.0, 0.5), "no peer".into());
        assert_eq!(figure.meets_gate, None);
        assert!(row(&figure).contains("missing"));
    }
}
