//! What must hold after a soak, a row each.

use std::fmt;

use serde_json::{Value, json};

use super::Run;

/// Most that memory may grow in an hour, MiB.
const SLOPE: f64 = 1.0;
/// Words of the server's log that no soak may bring.
const BAD_WORDS: [&str; 2] = ["ERROR", "panicked"];

/// One row of the verdict.
pub struct Row {
    what: &'static str,
    found: String,
    wanted: String,
    /// `None`: the run was too short to say.
    pub holds: Option<bool>,
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.holds {
            Some(true) => "holds",
            Some(false) => "BROKEN",
            None => "not judged",
        };
        write!(out, "{:<28} {:<28} wanted {:<22} {word}", self.what, self.found, self.wanted)
    }
}

/// The verdict.
pub fn rows(run: &Run) -> Vec<Row> {
    let calls = u64::from(run.orders.calls * run.orders.minutes);
    let count = |field: &str| run.load[field].as_u64().unwrap_or(0);
    let same = |what, found: u64, wanted: u64| Row {
        what,
        found: found.to_string(),
        wanted: wanted.to_string(),
        holds: Some(found == wanted),
    };
    let failed = run.load["failed"].as_object().map_or(0, |kinds| kinds.values().filter_map(Value::as_u64).sum());
    let left = run.after.left_over(Some(&run.before));
    let slope = run.watched.slope();
    let bad = run.log.lines().filter(|line| BAD_WORDS.iter().any(|word| line.contains(word))).count();
    vec![
        same("calls placed", count("placed"), calls),
        same("calls answered", count("answered"), calls),
        same("calls heard at both ends", count("good"), calls),
        same("calls failed or stuck", failed, 0),
        same("records", run.records, calls),
        same("records of answered calls", run.answered, calls),
        same("tones missed", count("missed"), 0),
        Row {
            what: "memory after ten minutes",
            found: slope.map_or_else(|| "too few looks".into(), |slope| format!("{slope:+.2} MiB/h")),
            wanted: format!("below {SLOPE} MiB/h"),
            holds: slope.map(|slope| slope < SLOPE),
        },
        Row {
            what: "left over after the drain",
            found: if left.is_empty() { format!("nothing after {:.0?}", run.rest) } else { format!("{left:?}") },
            wanted: "nothing".into(),
            holds: Some(left.is_empty()),
        },
        same("errors in the log", bad as u64, 0),
    ]
}

/// Everything in one line.
pub fn json(run: &Run, rows: &[Row], holds: bool) -> Value {
    let memory = &run.watched.memory;
    let most = memory.iter().map(|(_, mib)| *mib).fold(0.0, f64::max);
    let two = |figure: f64| (figure * 100.0).round() / 100.0;
    json!({
        "id": "soak",
        "minutes": run.orders.minutes,
        "calls_at_once": run.orders.calls,
        "opus": run.orders.opus,
        "most_calls_seen": run.watched.most_calls,
        "load": run.load,
        "records": run.records,
        "records_answered": run.answered,
        "memory_mib": {"idle": two(run.memory_idle_mib), "first": memory.first().map(|(_, mib)| two(*mib)), "most": two(most),
            "last": memory.last().map(|(_, mib)| two(*mib)), "after_drain": two(run.memory_after_mib)},
        "slope_mib_per_h": run.watched.slope().map(two),
        "cores": {"server": two(run.watched.cores.0), "load": two(run.watched.cores.1)},
        "rest_s": run.rest.as_secs(),
        "broken": rows.iter().filter(|row| row.holds == Some(false)).map(|row| row.what).collect::<Vec<_>>(),
        "meets_gate": holds,
    })
}
