//! `forward_load --subject ours|rtpengine --calls N`: what one forwarded packet costs, plain RTP on one side, SDES-SRTP on the
//! other, both ways, 50 packets a second each. The sink opens and compares every packet. Prints one JSON object.
//! `forward_load --opus --calls N`: what a call between Opus and G.711 costs instead.

#![expect(clippy::print_stdout, reason = "a command that prints its figure")]

mod load;
mod opus_load;
mod ours;
mod peer;

use std::process::ExitCode;

/// One side of one call as the load needs it.
pub struct Side {
    /// Where the subject listens for this side.
    pub subject: std::net::SocketAddr,
    /// Key and salt that the subject seals with; empty on the plain side.
    pub seals_with: Vec<u8>,
}

/// What is measured.
pub trait Subject {
    /// Joins a plain party and a sealed one, both on loopback UDP ports; `key` is the sealed party's (30 bytes).
    fn join(&mut self, plain: u16, sealed: u16, key: &[u8]) -> Result<(Side, Side), String>;
    /// CPU nanoseconds used by the threads that forward.
    fn cpu_ns(&self) -> u64;
    /// Resident memory of its process in kilobytes.
    fn memory_kb(&self) -> u64;
}

/// CPU nanoseconds of the threads of a process whose name passes.
pub fn threads_cpu_ns(pid: u32, named: impl Fn(&str) -> bool) -> u64 {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    let of = |task: std::fs::DirEntry| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let used = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        named(name.trim()).then(|| used.split(' ').next()?.parse::<u64>().ok())?
    };
    tasks.flatten().filter_map(of).sum()
}

/// Resident memory of a process in kilobytes.
pub fn memory_kb(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn main() -> ExitCode {
    match run() {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let calls: usize = value("--calls").map_or(Ok(300), |text| text.parse()).map_err(|_| "--calls takes a number")?;
    raise_limit();
    if arguments.iter().any(|argument| argument == "--opus") {
        return opus_load::measure(calls);
    }
    let subject = value("--subject").map_or("ours", String::as_str);
    let measured = match subject {
        "ours" => load::measure(&mut ours::Ours::start()?, calls)?,
        "rtpengine" => load::measure(&mut peer::Rtpengine::start()?, calls)?,
        other => return Err(format!("--subject takes ours or rtpengine, not {other}")),
    };
    if measured.wrong > 0 {
        return Err(format!("{} packets did not open or were changed", measured.wrong));
    }
    if measured.lost_share > 0.01 {
        return Err(format!("{:.2} % of the packets were lost: the machine is too busy", measured.lost_share * 100.0));
    }
    Ok(format!(
        "{{\"subject\":\"{subject}\",\"calls\":{calls},\"us_per_packet\":{:.3},\"packets\":{},\"lost_share\":{:.6},\
         \"latency_p50_us\":{},\"latency_p99_us\":{},\"kb_per_call\":{:.1}}}",
        measured.us_per_packet,
        measured.packets,
        measured.lost_share,
        measured.p50_us,
        measured.p99_us,
        measured.kb_per_call
    ))
}

/// Two sockets of ours and two or more of the subject for each call.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    // What the system refuses shows when sockets run out.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
}
