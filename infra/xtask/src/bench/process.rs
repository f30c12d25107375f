//! Processes of a bench: found, started, measured, ended by their own id.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::source;

/// A child that is killed when it goes out of scope.
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        for _ in 0..100 {
            if matches!(self.0.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the release binary and the load tools.
///
/// # Errors
/// When the build fails.
pub fn build_release() -> Result<(), String> {
    // The server and its loads at once: a package by itself chooses other features of its dependencies, and the longest of all builds
    // would be done twice.
    for arguments in [
        "--package patchbay-node --package patchbay-tests --package patchbay-control --bin patchbay --example api_load --example answer_delay --example soak_load --example invite_delay",
        "--package patchbay-sip --example uas",
        "--package patchbay-media --example forward_load",
        "--package patchbay-acd --example decision",
        "--package patchbay-billing --example rate",
    ] {
        let status = source::cargo()
            .args(["build", "--release", "--quiet"])
            .args(arguments.split(' '))
            .current_dir(source::root())
            .status()
            .map_err(|why| why.to_string())?;
        if !status.success() {
            return Err(format!("cargo build --release {arguments} failed"));
        }
    }
    Ok(())
}

/// A release binary.
pub fn binary(name: &str) -> PathBuf {
    source::target().join("release").join(name)
}

/// A release example.
pub fn example(name: &str) -> PathBuf {
    source::target().join("release/examples").join(name)
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// CPU seconds that this process and its descendants have used, from the scheduler's own nanoseconds.
pub fn cpu_seconds(pid: u32) -> f64 {
    family(pid).into_iter().map(own_cpu).sum::<u64>() as f64 / 1e9
}

/// Resident memory of this process and its descendants, in kilobytes.
pub fn memory_kb(pid: u32) -> u64 {
    family(pid).into_iter().map(own_memory).sum()
}

fn own_cpu(pid: u32) -> u64 {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn own_memory(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        let path = format!("/proc/{0}/task/{0}/children", all[at]);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        all.extend(text.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        at += 1;
    }
    all
}

/// A number that is free for TCP and UDP on loopback.
pub fn free() -> u16 {
    loop {
        let Ok(listener) = std::net::TcpListener::bind("127.0.0.1:0") else { continue };
        let Ok(at) = listener.local_addr() else { continue };
        if std::net::UdpSocket::bind(at).is_ok() {
            return at.port();
        }
    }
}

/// A fresh folder for one run.
///
/// # Errors
/// When the temporary folder cannot be written.
pub fn folder(name: &str) -> Result<PathBuf, String> {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("patchbay-bench-{name}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(path)
}
