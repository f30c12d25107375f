//! `cargo xtask fuzz [--seconds N] [--target NAME]`: bent bytes into every parser and into the whole SIP core.
//!
//! `core` is the fuzzer of the SIP core; every other target is a libFuzzer program of `infra/fuzz`. The time is shared by all
//! that run. Needs no nightly compiler: coverage is a pass of LLVM that any compiler runs. What was found to be interesting is
//! kept beside the build and grows from run to run.

mod libfuzzer;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{report, source};

/// The fuzzer of the SIP core.
const CORE: &str = "core";

/// What one target came to.
pub struct Hunt {
    /// Its name.
    pub target: String,
    /// Inputs tried.
    pub executions: u64,
    /// Edges of the code that were reached; `None` where nobody counts them.
    pub edges: Option<u64>,
    /// Inputs that are kept.
    pub kept: Option<u64>,
    /// What broke, and how to bring it back.
    pub crash: Option<String>,
}

/// Runs what was asked for; fails when something broke.
pub fn run(args: &[String]) -> ExitCode {
    match hunt(args) {
        Ok(hunts) => {
            report::line(&format!("{:<14} {:>12} {:>9} {:>7}  verdict", "target", "executions", "coverage", "corpus"));
            hunts.iter().for_each(|hunt| report::line(&row(hunt)));
            let broken = hunts.iter().filter(|hunt| hunt.crash.is_some()).count();
            report::line(&format!("{} passed, {broken} failed", hunts.len() - broken));
            if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            report::line(&why);
            ExitCode::FAILURE
        }
    }
}

fn row(hunt: &Hunt) -> String {
    let number = |value: Option<u64>| value.map_or_else(|| "-".into(), |value| value.to_string());
    let verdict = hunt.crash.as_deref().unwrap_or("holds");
    format!("{:<14} {:>12} {:>9} {:>7}  {verdict}", hunt.target, hunt.executions, number(hunt.edges), number(hunt.kept))
}

fn hunt(args: &[String]) -> Result<Vec<Hunt>, String> {
    let (mut seconds, mut only) = (60, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or(format!("{arg}: a value is missing"));
        match arg.as_str() {
            "--seconds" => seconds = value()?.parse().map_err(|_| "--seconds: a number".to_owned())?,
            "--target" => only = Some(value()?),
            other => return Err(format!("{other}: unknown; --seconds N --target NAME")),
        }
    }
    let all = targets()?;
    let chosen: Vec<String> = match only {
        Some(name) if all.contains(&name) => vec![name],
        Some(name) => return Err(format!("{name}: no such target; there are {}", all.join(", "))),
        None => all,
    };
    let each: u64 = (seconds / chosen.len() as u64).max(1);
    if chosen.iter().any(|name| name != CORE) {
        libfuzzer::build()?;
    }
    let mut hunts = Vec::new();
    for name in chosen {
        report::line(&format!("==> {name}, {each} s"));
        hunts.push(if name == CORE { core(each)? } else { libfuzzer::hunt(&name, each)? });
    }
    Ok(hunts)
}

/// Names of all targets.
fn targets() -> Result<Vec<String>, String> {
    let folder = source::root().join("infra/fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| stem(entry.path())).collect();
    names.sort();
    names.insert(0, CORE.into());
    Ok(names)
}

/// The SIP core for a while, each run with seeds of its own.
fn core(seconds: u64) -> Result<Hunt, String> {
    let seed = u64::from(std::process::id());
    let output = source::cargo()
        .args(["run", "--release", "--quiet", "--package", "patchbay-sip", "--example", "fuzz", "--"])
        .args(["--seconds", &seconds.to_string(), "--seed", &seed.to_string()])
        .current_dir(source::root())
        .output()
        .map_err(|why| why.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let executions = said.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let crash = (!output.status.success())
        .then(|| format!("BROKEN from seed {seed}: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    Ok(Hunt { target: CORE.into(), executions, edges: None, kept: None, crash })
}

/// Where corpora and crashes of the hunts are kept.
fn kept(target: &str) -> PathBuf {
    source::target().join("fuzz").join(target)
}

fn files(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}
