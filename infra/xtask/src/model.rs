//! `cargo xtask model [--sequences N] [--seed S]`: the call machine against its reference, over many random sequences.

use std::process::{Command, ExitCode};

use crate::{report, source};

/// Runs it in release mode with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let mut command = source::cargo();
    command
        .args(["test", "--release", "--quiet", "--package", "patchbay-call", "--test", "model", "--"])
        .args(["--ignored", "--nocapture", "as_many_sequences_as_asked_for"])
        .current_dir(source::root())
        .env("PATCHBAY_SEQUENCES", "1000000");
    with(command, args, &[("--sequences", "PATCHBAY_SEQUENCES"), ("--seed", "PATCHBAY_SEED")])
}

/// Runs a command with numbers that were given as arguments; `known` says by which variable it learns of each.
pub fn with(mut command: Command, args: &[String], known: &[(&str, &str)]) -> ExitCode {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some((_, name)) = known.iter().find(|(known, _)| known == arg) else {
            let known: Vec<&str> = known.iter().map(|(known, _)| *known).collect();
            report::line(&format!("{arg}: unknown; known are {}", known.join(", ")));
            return ExitCode::from(2);
        };
        let Some(value) = args.next() else {
            report::line(&format!("{arg}: a number is missing"));
            return ExitCode::from(2);
        };
        command.env(name, value);
    }
    if command.status().is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
