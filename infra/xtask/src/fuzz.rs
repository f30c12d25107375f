//! `cargo xtask fuzz [--seconds N]`: the fuzzer of the SIP core, built for speed.

use std::process::{Command, ExitCode};

use crate::source;

/// Runs it with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--release", "--quiet", "--package", "patchbay-sip", "--example", "fuzz", "--"])
        .args(args)
        .current_dir(source::root())
        .status();
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
