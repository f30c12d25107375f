//! The libFuzzer programs: built with coverage, run in turn, their last words read.

use std::process::Command;

use super::{Hunt, files, kept};
use crate::source;

/// What `cargo fuzz` gives the compiler, without a sanitizer: the workspace forbids `unsafe`, and everything here is stable.
const COVERAGE: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
];
/// Longest input; the longest torture message has 4 KB.
const LONGEST: &str = "-max_len=8192";

/// Builds all programs and lays out what they begin with.
///
/// # Errors
/// When a build fails.
pub fn build() -> Result<(), String> {
    let target = source::target().display().to_string();
    // With the target named, build scripts and macros are left without coverage.
    run(source::cargo()
        .args(["build", "--release", "--quiet", "--locked", "--manifest-path", "infra/fuzz/Cargo.toml"])
        .args(["--target", &host()?, "--target-dir", &target])
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f")))?;
    run(source::cargo()
        .args(["run", "--quiet", "--package", "patchbay-properties", "--example", "seeds", "--target-dir", &target])
        .arg(source::target().join("fuzz/seeds")))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.current_dir(source::root()).status().map_err(|why| why.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed")) }
}

fn host() -> Result<String, String> {
    let said = Command::new("rustc").arg("-vV").output().map_err(|why| format!("rustc: {why}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| "rustc names no host".into())
}

/// One program for so many seconds.
///
/// # Errors
/// When it cannot be started.
pub fn hunt(name: &str, seconds: u64) -> Result<Hunt, String> {
    let (corpus, crashes) = (kept(name).join("corpus"), kept(name).join("crashes"));
    for folder in [&corpus, &crashes] {
        std::fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    let program = source::target().join(host()?).join("release").join(name);
    let output = Command::new(&program)
        .args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/", crashes.display())])
        .args(["-print_final_stats=1", "-timeout=5", "-rss_limit_mb=1024", "-use_value_profile=1", LONGEST])
        .args([&corpus, &source::target().join("fuzz/seeds").join(name)])
        .current_dir(source::root())
        .output()
        .map_err(|why| format!("{}: {why}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok(Hunt {
        target: name.to_owned(),
        executions: executions(&said),
        edges: edges(&said),
        kept: Some(files(&corpus)),
        crash: (!output.status.success()).then(|| crash(name, &said)),
    })
}

fn executions(said: &str) -> u64 {
    let line = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// The last `cov:` of the progress lines.
fn edges(said: &str) -> Option<u64> {
    let after = said.rsplit(" cov: ").next()?;
    after.split(' ').next()?.parse().ok()
}

fn crash(name: &str, said: &str) -> String {
    let why = said.lines().skip_while(|line| !line.contains("panicked at") && !line.contains("ERROR: libFuzzer"));
    let why: Vec<&str> = why.take(4).collect();
    let file = said.lines().find_map(|line| line.split("Test unit written to ").nth(1)).unwrap_or("(no file)");
    format!("BROKEN: {}; keep it: cp {file} infra/fuzz/crashes/{name}/", why.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#2\tINITED cov: 11 ft: 12 corp: 1/1b\n#900\tNEW    cov: 431 ft: 12 corp: 3/1b\n\
        thread '<unnamed>' panicked at infra/fuzz/x.rs:3:\na tag\n\
        Test unit written to /x/crash-1\nstat::number_of_executed_units: 98765\n";

    #[test]
    fn the_last_words_are_read() {
        assert_eq!((executions(SAID), edges(SAID)), (98_765, Some(431)));
        let crash = crash("uri", SAID);
        assert!(crash.contains("a tag") && crash.contains("cp /x/crash-1 infra/fuzz/crashes/uri/"), "{crash}");
        assert_eq!((executions("nothing"), edges("nothing")), (0, None));
    }
}
