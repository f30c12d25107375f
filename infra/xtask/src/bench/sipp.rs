//! SIPp as an open-loop caller, and what its own statistics say.

use std::{
    collections::HashMap,
    process::{Command, Stdio},
};

use super::process;
use crate::source;

/// What is to be done.
pub struct Load<'a> {
    /// File in `infra/bench`.
    pub scenario: &'static str,
    /// UDP port of the server.
    pub to: u16,
    /// User part that is dialled or registered.
    pub service: &'a str,
    /// Beginnings a second.
    pub rate: u32,
    pub seconds: u32,
    /// From the answer to BYE.
    pub hold_ms: u32,
    /// User name and password.
    pub account: (&'a str, &'a str),
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Calls begun.
    pub begun: u64,
    /// Calls that went as the scenario says.
    pub as_written: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Of these, those that met a message out of turn: a relay of several processes swaps 180 and 200.
    pub out_of_turn: u64,
    /// Of these, those whose last request nobody ever answered.
    pub silent: u64,
    /// Requests that SIPp sent again.
    pub repeated: u64,
    /// First counter of the scenario.
    pub first: u64,
    /// Second counter.
    pub second: u64,
}

impl Load<'_> {
    /// Runs it to its end. Failed calls are no error, they are told.
    ///
    /// # Errors
    /// When SIPp cannot run.
    pub fn run(&self) -> Result<Told, String> {
        let folder = process::folder("sipp")?;
        let statistics = folder.join("statistics.csv");
        let calls = (self.rate * self.seconds).to_string();
        let status = Command::new("sipp")
            .arg(format!("127.0.0.1:{}", self.to))
            .arg("-sf")
            .arg(source::root().join("infra/bench").join(self.scenario))
            .args(["-i", "127.0.0.1", "-p", &process::free().to_string(), "-s", self.service])
            .args(["-r", &self.rate.to_string(), "-m", &calls, "-l", "19000", "-d", &self.hold_ms.to_string()])
            .args(["-au", self.account.0, "-ap", self.account.1])
            .args(["-nostdin", "-trace_stat", "-fd", "1", "-stf"])
            .arg(&statistics)
            .args(["-timeout", &(self.seconds + self.hold_ms / 1_000 + 60).to_string(), "-buff_size", "4194304"])
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|why| format!("sipp: {why}"))?;
        let text = std::fs::read_to_string(&statistics).map_err(|why| format!("sipp ended with {status}: {why}"));
        let _ = std::fs::remove_dir_all(&folder);
        told(&text?).ok_or_else(|| format!("sipp ended with {status} and no statistics"))
    }
}

/// The last line of its statistics, by the names of the first.
fn told(text: &str) -> Option<Told> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (names, last) = (lines.next()?, lines.next_back()?);
    let row: HashMap<&str, &str> = names.split(';').zip(last.split(';')).collect();
    let count = |name: &str| row.get(name).and_then(|text| text.trim().parse().ok());
    Some(Told {
        begun: count("TotalCallCreated")?,
        as_written: count("SuccessfulCall(C)")?,
        failed: count("FailedCall(C)")?,
        out_of_turn: count("FailedUnexpectedMessage(C)").unwrap_or(0),
        silent: count("FailedMaxUDPRetrans(C)").unwrap_or(0),
        repeated: count("Retransmissions(C)")?,
        first: count("GenericCounter1(C)").unwrap_or(0),
        second: count("GenericCounter2(C)").unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        let text = "StartTime;TotalCallCreated;SuccessfulCall(C);FailedCall(C);FailedUnexpectedMessage(C);Retransmissions(C);GenericCounter1(C);\n\
                    x;1;0;0;0;0;0;\nx;9;7;2;1;4;3;\n";
        let wanted =
            Told { begun: 9, as_written: 7, failed: 2, out_of_turn: 1, repeated: 4, first: 3, ..Told::default() };
        assert_eq!(told(text), Some(wanted));
        assert_eq!(told("StartTime;\n"), None);
    }
}
