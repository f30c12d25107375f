//! After many calls of every kind everything is back where it was: nothing that a call needs outlives it.

use std::time::Duration;

use patchbay_testkit::{Call, Phone};
use patchbay_tests::{
    Metrics, Server, Store,
    story::{device, eventually, registered, sign_up},
};
use serde_json::json;

/// Calls between the two looks; a leak of one thing per call is as large as this.
const CALLS: usize = 24;
/// Longest life of a finished transaction (64 * T1 of RFC 3261 section 17) and of a UDP port that drains, with some air.
const LINGER: Duration = Duration::from_secs(80);

/// What must be exactly as before.
const EXACT: [&str; 13] = [
    "patchbay_calls",
    "patchbay_sip_legs",
    "patchbay_sip_dialogs",
    "patchbay_sip_transactions{side=\"client\"}",
    "patchbay_sip_transactions{side=\"server\"}",
    "patchbay_sip_timers",
    "patchbay_sip_requests_waiting",
    "patchbay_media_legs",
    "patchbay_media_legs_bridged",
    "patchbay_media_udp_ports{state=\"used\"}",
    "patchbay_ladder_bytes{of=\"calls\"}",
    "patchbay_ladder_bytes{of=\"strangers\"}",
    "patchbay_records_waiting",
];
/// What may differ by a connection of ours or a pool's, far less than by one per call.
const NEARLY: [&str; 2] = ["patchbay_tokio_tasks", "patchbay_process_open_files"];

#[tokio::test]
async fn what_a_call_needs_does_not_outlive_it() {
    let server = Server::start(Store::Sqlite, false).await;
    let (owner, _) = sign_up(&server, "Acme").await;
    let mut phones = Vec::new();
    for extension in ["101", "102"] {
        let seat = owner.post("/v1/seats", json!({"extension": extension, "label": extension})).await;
        let account = device(&owner, seat["id"].as_str().unwrap()).await;
        phones.push(registered(&server, &account).await);
    }
    let (mut called, caller) = (phones.pop().unwrap(), phones.pop().unwrap());
    // Pools and caches fill with the first calls of each kind.
    for kind in 0..4 {
        one_call(kind, &caller, &mut called).await;
    }
    let lingers = patience(async || lingering(&Metrics::of(&server).await).is_empty()).await;
    let left = lingering(&Metrics::of(&server).await);
    assert!(left.is_empty(), "after {lingers:?} of rest: {left:?}");
    let before = Metrics::of(&server).await;

    for kind in 0..CALLS {
        one_call(kind % 4, &caller, &mut called).await;
    }
    let busy = Metrics::of(&server).await;
    assert!(busy.sum("patchbay_sip_transactions", &[]) > 20.0, "the calls passed here");
    let back = async || {
        let now = Metrics::of(&server).await;
        EXACT.iter().all(|name| now.get(name).to_bits() == before.get(name).to_bits())
    };
    let took = patience(back).await;
    let after = Metrics::of(&server).await;
    for name in EXACT {
        assert!(
            (after.get(name) - before.get(name)).abs() < 0.5,
            "{name}: {} before, {} after {took:?}",
            before.get(name),
            after.get(name)
        );
    }
    for name in NEARLY {
        let more = after.get(name) - before.get(name);
        assert!(more < CALLS as f64 / 3.0, "{name}: {} before, {} after", before.get(name), after.get(name));
    }
    let ended = after.sum("patchbay_calls_ended_total", &[]);
    let started = after.sum("patchbay_calls_started_total", &[]);
    assert!(ended >= started && started > 0.0, "{started} started, {ended} ended");
    eventually("every record is kept", async || {
        let calls = owner.get("/v1/calls?limit=100").await;
        calls["items"].as_array().unwrap().iter().all(|call| call["ended_at"].is_string())
    })
    .await;
}

/// Waits as long as anything of a call may linger.
async fn patience(mut ready: impl AsyncFnMut() -> bool) -> Duration {
    let began = std::time::Instant::now();
    while began.elapsed() < LINGER && !ready().await {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    began.elapsed()
}

/// What is still there of calls that are over.
fn lingering(now: &Metrics) -> Vec<(&'static str, f64)> {
    EXACT.iter().map(|name| (*name, now.get(name))).filter(|(_, value)| *value > 0.5).collect()
}

/// Answered and ended by the caller, ended by the called party, refused, given up.
async fn one_call(kind: usize, caller: &Phone, called: &mut Phone) {
    let mut ours = caller.dial("102").await;
    let mut theirs: Call = called.incoming().await;
    match kind {
        0 | 1 => {
            theirs.answer().await;
            assert_eq!(ours.answered().await, Ok(()));
            if kind == 0 {
                ours.hang_up();
                let _ = theirs.ended().await;
            } else {
                theirs.hang_up();
                let _ = ours.ended().await;
            }
        }
        2 => {
            theirs.refuse(486);
            assert_eq!(ours.answered().await, Err(486));
        }
        _ => {
            theirs.ring();
            let _ = ours.ringing().await;
            ours.hang_up();
            let _ = theirs.ended().await;
        }
    }
}
