//! Many calls through a server at once, one after the other in each of their places, spoken and heard at both ends: the load of
//! `cargo xtask soak`. Two threads: one for the signalling, one for all audio.
//!
//! `soak_load SIP_PORT FAR_PORT USERNAME PASSWORD CALLS OPUS ROUNDS SECONDS`: `CALLS` at once, on `OPUS` of them the caller
//! speaks Opus and the far end G.711; `ROUNDS` in each place, from one to the next `SECONDS`. Figures are JSON lines, the last
//! one says `"done":true`; what failed is told on standard error.

mod end;
mod pump;
mod slots;

use std::{io::Write as _, net::SocketAddr, time::Duration};

use patchbay_tests::peer::Peer;

/// What is asked for.
pub struct Orders {
    server: SocketAddr,
    username: String,
    password: String,
    calls: u16,
    opus: u16,
    rounds: u32,
    /// From one call to the next in one place.
    length: Duration,
}

fn loopback(udp_port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], udp_port))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [sip, far, username, password, calls, opus, rounds, seconds] = words.as_slice() else {
        panic!("soak_load SIP_PORT FAR_PORT USERNAME PASSWORD CALLS OPUS ROUNDS SECONDS");
    };
    let number = |text: &str| text.parse::<u16>().expect("a number below 65536");
    let orders = Orders {
        server: loopback(number(sip)),
        username: username.clone(),
        password: password.clone(),
        calls: number(calls),
        opus: number(opus),
        rounds: u32::from(number(rounds)),
        length: Duration::from_secs(u64::from(number(seconds))),
    };
    let far = Peer::start(loopback(number(far))).await;
    let desk = Peer::start(loopback(0)).await;
    let mut slots = slots::Slots::open(orders, desk, far).expect("a UDP port for each end");
    let stalls = pump::start(slots.ends());
    slots
        .run(|mut figures| {
            figures["stalls"] = stalls.load(std::sync::atomic::Ordering::Relaxed).into();
            // Who started us may be gone already.
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{figures}").and_then(|()| out.flush());
        })
        .await;
}
