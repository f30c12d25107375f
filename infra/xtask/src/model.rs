//! `cargo xtask model [--sequences N] [--seed S]`: the call machine against its reference, over many random sequences.

use std::process::ExitCode;

use crate::{report, source};

/// Runs it in release mode with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let mut command = source::cargo();
    command
        .args(["test", "--release", "--quiet", "--package", "patchbay-call", "--test", "model", "--"])
        .args(["--ignored", "--nocapture", "as_many_sequences_as_asked_for"])
        .current_dir(source::root())
        .env("PATCHBAY_SEQUENCES", "1000000");
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let name = match arg.as_str() {
            "--sequences" => "PATCHBAY_SEQUENCES",
            "--seed" => "PATCHBAY_SEED",
            other => {
                report::line(&format!("{other}: unknown; --sequences N --seed S"));
                return ExitCode::from(2);
            }
        };
        let Some(value) = args.next() else {
            report::line(&format!("{arg}: a number is missing"));
            return ExitCode::from(2);
        };
        command.env(name, value);
    }
    if command.status().is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
