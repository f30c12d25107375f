//! What is done to the server and to what it needs.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_properties::{mutate::mutant, seeds};
use tokio::time::sleep;

use crate::script::Chaos;

/// One kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// `kill -9` in the middle of calls, then the same again in the same folder.
    KillAndRestart,
    /// SIGSTOP for three seconds.
    Freeze,
    /// The far end of the trunk is away for six seconds.
    GatewayVanishes,
    /// It forgets its calls and is back at once.
    GatewayReboots,
    /// Bent messages from fifty addresses over UDP and TCP, as fast as they can be made, for five seconds.
    Garbage,
    /// Another process holds the write lock of the database for five seconds.
    DatabaseLocked,
    /// No file or socket more may be opened for five seconds.
    FewFiles,
    /// Not one byte more fits on the disk for six seconds. Only in a room of its own.
    DiskFull,
    /// The network drops what exceeds a narrow way for five seconds. Only in a room of its own.
    PacketLoss,
    /// No network at all for two seconds. Only in a room of its own.
    NetworkGone,
}

/// The variable that says that we have network and mounts of our own.
pub const ROOM: &str = "PATCHBAY_CHAOS_ROOM";

impl Harm {
    /// Those that may be done here.
    pub fn possible() -> Vec<Self> {
        let mut all = vec![
            Self::KillAndRestart,
            Self::Freeze,
            Self::GatewayVanishes,
            Self::GatewayReboots,
            Self::Garbage,
            Self::DatabaseLocked,
            Self::FewFiles,
        ];
        if std::env::var_os(ROOM).is_some() {
            all.extend([Self::DiskFull, Self::PacketLoss, Self::NetworkGone]);
        }
        all
    }
}

impl Chaos {
    /// Does it and undoes it.
    ///
    /// # Errors
    /// Why it could not be done, or what the server did not survive.
    pub async fn inflict(&mut self, harm: Harm, seed: u64) -> Result<(), String> {
        let process = self.scene.server.process().id().to_string();
        match harm {
            Harm::KillAndRestart => self.scene.server.crash_and_restart().await,
            Harm::Freeze => {
                run("kill", &["-STOP", &process])?;
                sleep(Duration::from_secs(3)).await;
                run("kill", &["-CONT", &process])?;
            }
            Harm::GatewayVanishes => {
                self.gateway.vanish().await;
                sleep(Duration::from_secs(6)).await;
                self.gateway.come_back().await;
            }
            Harm::GatewayReboots => {
                self.gateway.vanish().await;
                sleep(Duration::from_millis(300)).await;
                self.gateway.come_back().await;
            }
            Harm::Garbage => {
                let to = self.scene.server.sip_address();
                let thrown = tokio::task::spawn_blocking(move || garbage(to, seed)).await;
                thrown.map_err(|why| why.to_string())?;
            }
            Harm::DatabaseLocked => lock_database(&self.scene.server.folder().join("patchbay.db"), 5).await?,
            Harm::FewFiles => {
                let open = std::fs::read_dir(format!("/proc/{process}/fd")).map_err(|why| why.to_string())?.count();
                let of = format!("--pid={process}");
                let before =
                    Command::new("prlimit").args([&of, "--nofile", "--raw", "--noheadings", "-o", "SOFT"]).output();
                let before = String::from_utf8_lossy(&before.map_err(|why| why.to_string())?.stdout).trim().to_owned();
                run("prlimit", &[&of, &format!("--nofile={}:", open + 1)])?;
                sleep(Duration::from_secs(5)).await;
                run("prlimit", &[&of, &format!("--nofile={before}:")])?;
            }
            Harm::DiskFull => {
                let ballast = self.scene.server.folder().join("ballast");
                fill(&ballast)?;
                sleep(Duration::from_secs(6)).await;
                std::fs::remove_file(&ballast).map_err(|why| why.to_string())?;
            }
            Harm::PacketLoss => {
                // This kernel knows no netem: a way too narrow for the audio drops what does not fit.
                run(
                    "tc",
                    &[
                        "qdisc", "replace", "dev", "lo", "root", "tbf", "rate", "900kbit", "burst", "4kb", "limit",
                        "6kb",
                    ],
                )?;
                sleep(Duration::from_secs(5)).await;
                run("tc", &["qdisc", "del", "dev", "lo", "root"])?;
            }
            Harm::NetworkGone => {
                run("ip", &["link", "set", "lo", "down"])?;
                sleep(Duration::from_secs(2)).await;
                run("ip", &["link", "set", "lo", "up"])?;
            }
        }
        let ended = !self.scene.server.process().is_running();
        if ended {
            Err(format!("the server ended: {}", self.scene.server.log().lines().last().unwrap_or_default()))
        } else {
            Ok(())
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|why| format!("{program}: {why}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program} {}: {said}", arguments.join(" "))) }
}

/// Writes until nothing fits any more.
fn fill(path: &Path) -> Result<(), String> {
    let mut file = std::fs::File::create(path).map_err(|why| why.to_string())?;
    for size in [1 << 20, 1 << 12, 1 << 6, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    Ok(())
}

/// By a process of its own, as a backup script or a curious administrator does it.
async fn lock_database(file: &Path, seconds: u64) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    let mut child = Command::new(own)
        .args(["--hold-lock", &file.display().to_string(), "--seconds", &seconds.to_string()])
        .stdin(Stdio::null())
        .spawn()
        .map_err(|why| why.to_string())?;
    let ended = tokio::task::spawn_blocking(move || child.wait()).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        other => Err(format!("nobody could lock the database: {other:?}")),
    }
}

/// Bent torture messages from fifty addresses, and connections that break off in the middle of one.
fn garbage(to: SocketAddr, seed: u64) {
    let (mut chance, known) = (SeededEntropy::new(seed), seeds::sip());
    let sockets: Vec<UdpSocket> =
        (1..=50).filter_map(|n| UdpSocket::bind((Ipv4Addr::new(127, 77, 0, n), 0)).ok()).collect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) && !sockets.is_empty() {
        for socket in &sockets {
            let _ = socket.send_to(&mutant(&known, &mut chance), to);
        }
        if let Ok(mut stream) = TcpStream::connect_timeout(&to, Duration::from_millis(50)) {
            let bytes = mutant(&known, &mut chance);
            let _ = stream.write_all(&bytes[..chance.below(bytes.len() as u64 + 1) as usize]);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
