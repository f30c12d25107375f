//! `cargo xtask apart [--operations N] [--seed S]`: whether a company can tell that another one is there, over many random operations.

use std::process::ExitCode;

use crate::{model, source};

/// Runs it with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let mut command = source::cargo();
    command
        .args(["test", "--quiet", "--package", "patchbay-control", "--test", "api", "--"])
        .args(["--nocapture", "two_companies::sqlite"])
        .current_dir(source::root())
        .env("PATCHBAY_OPERATIONS", "100000");
    model::with(command, args, &[("--operations", "PATCHBAY_OPERATIONS"), ("--seed", "PATCHBAY_SEED")])
}
