//! `cargo xtask chaos [--minutes N] [--seed S] [--only HARM[,HARM]] [--release]`: harm on purpose, and what must hold after it.
//!
//! Where the system permits it, the run gets a network and a small disk of its own: then the disk may be filled and the network
//! cut, and nothing outside notices.

use std::process::{Command, ExitCode};

use crate::{
    bench::process::{self, Owned},
    report, source,
};

/// The small disk.
const DISK: &str = "size=160m";

/// Builds server and script and runs it with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    match chaos(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            report::line(&why);
            ExitCode::FAILURE
        }
    }
}

fn chaos(args: &[String]) -> Result<bool, String> {
    let release = args.iter().any(|arg| arg == "--release");
    let args: Vec<&String> = args.iter().filter(|arg| *arg != "--release").collect();
    // With the packages that others build too, so that nothing is built again for other features.
    let (profile, scope): (_, &[&str]) = if release {
        ("release", &["--release", "--package", "patchbay-node", "--package", "patchbay-tests"])
    } else {
        ("debug", &["--workspace"])
    };
    build(scope)?;
    let binary = source::target().join(profile).join("patchbay");
    let script = source::target().join(profile).join("examples/chaos");
    let folder = process::folder("chaos")?;
    let mut command = if has_room() {
        let mut command = Command::new("unshare");
        let inside = format!("ip link set lo up && mount -t tmpfs -o {DISK} none \"$TMPDIR\" && exec \"$@\"");
        command.args(["--net", "--mount", "sh", "-c", &inside, "chaos"]).arg(&script).env("PATCHBAY_CHAOS_ROOM", "own");
        command
    } else {
        report::line("No room of our own to be had: the disk is not filled and the network not cut.");
        Command::new(&script)
    };
    command.args(args).env("PATCHBAY_BIN", &binary).env("TMPDIR", &folder).current_dir(source::root());
    let mut child = Owned(command.spawn().map_err(|why| format!("{}: {why}", script.display()))?);
    let status = child.0.wait().map_err(|why| why.to_string())?;
    let _ = std::fs::remove_dir_all(&folder);
    Ok(status.success())
}

fn build(scope: &[&str]) -> Result<(), String> {
    let what = ["--bin", "patchbay", "--example", "chaos"];
    let status = source::cargo().args(["build", "--quiet"]).args(scope).args(what).current_dir(source::root()).status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(format!("cargo build {} failed", scope.join(" ")))
    }
}

/// Whether network and mounts of our own may be had: as root, with the tools for it.
fn has_room() -> bool {
    let tried = Command::new("unshare").args(["--net", "--mount", "ip", "link", "set", "lo", "up"]).status();
    tried.is_ok_and(|status| status.success())
}
