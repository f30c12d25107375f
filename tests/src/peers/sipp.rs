//! SIPp 3.6: odd callers and called parties from scenario files in `tests/peers/sipp`.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::Folder;
use crate::process::{Owned, free_udp_port};

/// One running SIPp.
pub struct Sipp {
    process: Owned,
    folder: Folder,
    /// Its SIP UDP port.
    pub sip: u16,
}

impl Sipp {
    /// Starts this scenario from `address`; `arguments` are SIPp's own.
    ///
    /// # Panics
    /// When SIPp cannot be started: `sip-tester` is missing.
    pub fn start(scenario: &str, address: &str, arguments: &[&str]) -> Self {
        let sip = free_udp_port();
        Self::start_at(scenario, address, sip, arguments)
    }

    /// The same on this UDP port.
    ///
    /// # Panics
    /// When SIPp cannot be started.
    pub fn start_at(scenario: &str, address: &str, sip: u16, arguments: &[&str]) -> Self {
        let folder = Folder::fresh("sipp");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sipp").join(scenario);
        let (port, media) = (sip.to_string(), free_udp_port().to_string());
        let log = std::fs::File::create(folder.file("out.log")).expect("our own folder can be written");
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(file)
            .args(["-i", address, "-p", &port, "-mi", address, "-mp", &media])
            .args(["-nostdin", "-trace_err", "-error_file"])
            .arg(folder.file("errors.log"))
            .args(arguments)
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .expect("sipp is installed (Debian package sip-tester)");
        Self { process: Owned::new(child), folder, sip }
    }

    /// Waits until it listens.
    ///
    /// # Panics
    /// When it never does.
    pub async fn listens(&self) {
        for _ in 0..200 {
            if std::net::UdpSocket::bind(("127.0.0.1", self.sip)).is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("sipp does not listen: {}", self.errors());
    }

    /// Waits for its end; `Ok` when every call went as the scenario wants.
    ///
    /// # Errors
    /// Its error log, or that it did not end.
    pub async fn finished(&mut self, patience: Duration) -> Result<(), String> {
        match self.process.wait(patience).await {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("sipp ended with {status}: {}", self.errors())),
            None => Err(format!("sipp did not end: {}", self.errors())),
        }
    }

    /// What it complained about.
    pub fn errors(&self) -> String {
        self.folder.read("errors.log")
    }
}
