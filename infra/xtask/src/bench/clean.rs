//! `signalling.clean_rate`: most calls a second at which nobody says anything twice, with generator, far end and server on the
//! same processors; Kamailio's bare relay in the same minutes.

use std::time::Duration;

use super::{
    Against, Figure, Options, process,
    scene::{self, Server},
    signalling,
    sipp::{Load, Told},
};
use crate::soak::metrics::Metrics;

const ID: &str = "signalling.clean_rate";
const GATE: (f64, f64) = (1_000.0, 3_000.0);
/// Calls a second: where the search begins, how it goes on, how near it comes, where it ends.
const STEP: u32 = 500;
const NEAR: u32 = 100;
const MOST: u32 = 4_000;
/// Between two rates: what the last one left is worked off.
const PAUSE: Duration = Duration::from_secs(3);
/// Each call takes two pairs of UDP ports for itself and five seconds more.
pub const MANY_UDP_PORTS: [(&str, &str); 2] =
    [("PATCHBAY_MEDIA__RTP_FIRST", "2000"), ("PATCHBAY_MEDIA__RTP_LAST", "65534")];
/// Most that a trunk can have: more calls at once than any rate here brings.
pub const CHANNELS: u32 = 2_000;

pub fn run(options: &Options) -> Vec<Figure> {
    if !process::installed("sipp") {
        return vec![Figure::missing(ID, "1/s", GATE, "sipp is not installed".into())];
    }
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match ours(options.quick) {
            Ok(rate) => own.push(f64::from(rate)),
            Err(why) => return vec![Figure::missing(ID, "1/s", GATE, why)],
        }
        if process::installed("kamailio") {
            match kamailio(options.quick) {
                Ok(rate) => peer.push(f64::from(rate)),
                Err(why) => return vec![Figure::missing(ID, "1/s", GATE, format!("kamailio: {why}"))],
            }
        }
    }
    let note = "no request said twice by anybody; ours with digest, routing, media opened, record written; kamailio relays only";
    let peer = (!peer.is_empty()).then_some(("kamailio 5.6 tm relay", peer.as_slice()));
    let mut figure = Figure::of((ID, "1/s"), &own, peer, (Against::Ours, GATE.0, GATE.1), note.into());
    figure.meets_gate = figure.ours.map(|rate| rate >= GATE.0);
    vec![figure]
}

/// The clean rate of our own server.
///
/// # Errors
/// When the scene cannot be set.
pub fn ours(quick: bool) -> Result<u32, String> {
    let server = Server::start_with(&process::binary("patchbay"), &MANY_UDP_PORTS)?;
    let far = signalling::far_end()?;
    let caller = scene::trunk(&server, ("127.0.0.1", far.1), CHANNELS)?;
    std::thread::sleep(Duration::from_secs(1));
    let again =
        |server: &Server| Metrics::read(&server.http).map(|it| it.sum("patchbay_sip_retransmissions_total", ""));
    search(|rate| {
        let before = again(&server)?;
        let account = (caller.username.as_str(), caller.password.as_str());
        let told = step("caller-with-digest.xml", server.sip, rate, account, quick)?;
        Ok(is_clean(&told) && again(&server)? - before < 0.5)
    })
}

fn kamailio(quick: bool) -> Result<u32, String> {
    let far = signalling::far_end()?;
    let (_process, sip) = signalling::relay(far.1)?;
    search(|rate| {
        let mut told = step("caller.xml", sip, rate, ("-", "-"), quick)?;
        // Its two processes swap 180 and 200 now and then: that is nobody's failure.
        told.failed -= told.out_of_turn;
        told.as_written += told.out_of_turn;
        Ok(is_clean(&told))
    })
}

fn step(scenario: &'static str, to: u16, rate: u32, account: (&str, &str), quick: bool) -> Result<Told, String> {
    let seconds = if quick { 6 } else { 10 };
    let told = Load { scenario, to, service: "+14155550177", rate, seconds, hold_ms: 500, account }.run();
    std::thread::sleep(PAUSE);
    told
}

const fn is_clean(told: &Told) -> bool {
    told.failed == 0 && told.repeated == 0 && told.as_written == told.begun
}

/// The highest rate that is clean; one bad try of two is forgiven, the machine may have stood still.
fn search(mut clean: impl FnMut(u32) -> Result<bool, String>) -> Result<u32, String> {
    let mut twice = |rate| Ok::<bool, String>(clean(rate)? || clean(rate)?);
    let (mut low, mut high) = (0, STEP);
    while high <= MOST && twice(high)? {
        (low, high) = (high, high + STEP);
    }
    while high <= MOST && high - low > NEAR {
        let middle = low + (high - low) / 2;
        if twice(middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_comes_near_from_below() {
        for limit in [30, 730, 1_500, 9_000] {
            let found = search(|rate| Ok(rate <= limit)).unwrap();
            assert!(found <= limit && limit.min(MOST) - found <= NEAR, "{found} for {limit}");
        }
    }
}
