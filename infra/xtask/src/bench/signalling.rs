//! `signalling.cpu_per_call`: CPU per back-to-back call with authentication, routing and records, against Kamailio's bare
//! relay (tm, two children) with the same callers and the same far end in the same minutes.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    Against, Figure, Options,
    process::{self, Owned},
    scene,
    sipp::Load,
};
use crate::source;

const GATE: (f64, f64) = (1.0, 0.4);
/// Without an account, for a relay that asks for none.
const BARE: &str = "caller.xml";
/// What is done after the last call: transactions and registrations that outlive it by 32 s. Counted as the call's.
const DEFERRED: Duration = Duration::from_secs(35);

pub fn run(options: &Options) -> Vec<Figure> {
    if !process::installed("sipp") {
        return vec![Figure::missing("signalling.cpu_per_call", "us", GATE, "sipp is not installed".into())];
    }
    let rates: &[u32] = if options.quick { &[300] } else { &[300, 1_000] };
    rates.iter().map(|rate| at(*rate, options)).collect()
}

fn at(rate: u32, options: &Options) -> Figure {
    let seconds = if options.quick { 8 } else { 10 };
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match ours(rate, seconds) {
            Ok(micros) => own.push(micros),
            Err(why) => return Figure::missing("signalling.cpu_per_call", "us", GATE, why),
        }
        if process::installed("kamailio") {
            match kamailio(rate, seconds) {
                Ok(micros) => peer.push(micros),
                Err(why) => return Figure::missing("signalling.cpu_per_call", "us", GATE, format!("kamailio: {why}")),
            }
        }
    }
    let note = format!("{rate} calls/s; ours with digest, routing, media opened, record written; kamailio relays only");
    let peer = (!peer.is_empty()).then_some(("kamailio 5.6 tm relay", peer.as_slice()));
    Figure::of(("signalling.cpu_per_call", "us"), &own, peer, (Against::Ratio, GATE.0, GATE.1), note)
}

/// Microseconds of CPU per call through our own server.
///
/// # Errors
/// When the scene cannot be set or a call fails.
pub fn ours(rate: u32, seconds: u32) -> Result<f64, String> {
    let server = scene::Server::start()?;
    let far = far_end()?;
    let caller = scene::trunk(&server, ("127.0.0.1", far.1), 2_000)?;
    std::thread::sleep(Duration::from_secs(1));
    measure(server.id(), rate, seconds, || {
        load("caller-with-digest.xml", server.sip, rate, seconds, (&caller.username, &caller.password))
    })
}

fn kamailio(rate: u32, seconds: u32) -> Result<f64, String> {
    let far = far_end()?;
    let (process, sip) = relay(far.1)?;
    measure(process.0.id(), rate, seconds, || load(BARE, sip, rate, seconds, ("-", "-")))
}

/// The peer: Kamailio as a bare relay to this UDP port, and the UDP port it listens on.
///
/// # Errors
/// When it does not start.
pub fn relay(far: u16) -> Result<(Owned, u16), String> {
    let (sip, folder) = (process::free(), process::folder("kamailio")?);
    let text = std::fs::read_to_string(source::root().join("infra/bench/kamailio-relay.cfg"))
        .map_err(|why| why.to_string())?;
    let config = folder.join("relay.cfg");
    let text = text.replace("@LISTEN@", &format!("udp:127.0.0.1:{sip}")).replace("@FAR@", &format!("127.0.0.1:{far}"));
    std::fs::write(&config, text).map_err(|why| why.to_string())?;
    let child = Command::new("kamailio")
        .args(["-DD", "-E", "-m", "512", "-M", "16", "-f"])
        .arg(&config)
        .arg("-Y")
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|why| why.to_string())?;
    std::thread::sleep(Duration::from_secs(2));
    Ok((Owned(child), sip))
}

/// Microseconds of CPU per call, what is deferred included, less what the process uses when idle.
///
/// # Errors
/// Those of the run.
pub fn measure(pid: u32, rate: u32, seconds: u32, run: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let window = Duration::from_secs(3);
    let before = process::cpu_seconds(pid);
    std::thread::sleep(window);
    let idle = (process::cpu_seconds(pid) - before) / window.as_secs_f64();
    let (began, from) = (std::time::Instant::now(), process::cpu_seconds(pid));
    run()?;
    std::thread::sleep(DEFERRED);
    let used = process::cpu_seconds(pid) - from - idle * began.elapsed().as_secs_f64();
    Ok(used * 1e6 / f64::from(rate * seconds))
}

/// The far end: a user agent server on our own core, a process of its own, and its UDP port.
///
/// # Errors
/// When it does not start.
pub fn far_end() -> Result<(Owned, u16), String> {
    let udp_port = process::free();
    let child = Command::new(process::example("uas"))
        .arg(format!("127.0.0.1:{udp_port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|why| format!("the far end: {why}"))?;
    std::thread::sleep(Duration::from_millis(300));
    Ok((Owned(child), udp_port))
}

/// Every call must go as the scenario says. The peer's two processes swap 180 and 200 now and then: that is nobody's failure.
fn load(scenario: &'static str, to: u16, rate: u32, seconds: u32, account: (&str, &str)) -> Result<(), String> {
    let told = Load { scenario, to, service: "+14155550177", rate, seconds, hold_ms: 500, account }.run()?;
    let swapped = if scenario == BARE { told.out_of_turn } else { 0 };
    match told.failed - swapped {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} calls failed", told.begun)),
    }
}
