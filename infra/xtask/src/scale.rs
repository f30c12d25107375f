//! `cargo xtask scale [--tenants N] [--seats N] [--calls N]`: how long every list and search takes in a full house, on both stores.

use std::process::ExitCode;

use crate::{model, source};

/// Runs it with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let mut command = source::cargo();
    command
        .args(["test", "--quiet", "--package", "patchbay-control", "--test", "api", "--"])
        // One store after the other, so that neither waits for the other.
        .args(["--nocapture", "--test-threads", "1", "scale::"])
        .current_dir(source::root())
        .envs([("PATCHBAY_TENANTS", "1000"), ("PATCHBAY_SEATS", "50"), ("PATCHBAY_CALLS", "100000")]);
    let known = [("--tenants", "PATCHBAY_TENANTS"), ("--seats", "PATCHBAY_SEATS"), ("--calls", "PATCHBAY_CALLS")];
    model::with(command, args, &known)
}
