//! ICE restarts in the middle of a call between two browsers, judged at the far end.

use std::time::Duration;

use super::{
    peer::{Peer, Remote},
    peer_tests::{Rig, SOON, pcmu, share, tone_of, until},
};

/// Times that the first browser moves to another address.
const RESTARTS: usize = 5;
/// What nobody hears (`media.md` section 0).
const MOST: Duration = Duration::from_millis(60);

fn say(peer: &Peer, hz: u16) {
    peer.shared.lock().unwrap().say = Some(tone_of(hz));
}

/// Numbers that are missing between the first and the last packet.
fn missing(heard: &[Vec<u8>]) -> usize {
    let number = |packet: &Vec<u8>| u16::from_be_bytes([packet[2], packet[3]]);
    let (first, last) = (number(&heard[0]), number(&heard[heard.len() - 1]));
    usize::from(last.wrapping_sub(first)) + 1 - heard.len()
}

#[tokio::test]
async fn a_restart_in_a_call_costs_the_far_end_sixty_milliseconds_at_most() {
    let mut rig = Rig::new(None);
    let (leg, moving, _) = rig.answered("actpass").await;
    let (other, far, _) = rig.answered("actpass").await;
    rig.engine.bridge(leg, other).await.unwrap();
    say(&moving, 1_000);
    say(&far, 400);
    for (who, peer) in [("moving", &moving), ("far", &far)] {
        until(who, SOON, || peer.shared.lock().unwrap().heard.len() > 10).await;
    }
    let mut longest = Vec::new();
    for restart in 0..RESTARTS {
        let name = format!("next{restart}");
        let answer = rig.engine.leg_answer(leg, &moving.description(&name, "actpass"), &pcmu()).await.unwrap();
        for peer in [&moving, &far] {
            let mut shared = peer.shared.lock().unwrap();
            shared.heard.clear();
            shared.longest = Duration::ZERO;
        }
        let before = {
            let mut shared = moving.shared.lock().unwrap();
            shared.remote = Some(Remote::read(&answer, &name));
            shared.rebind = true;
            shared.dtls_in
        };
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (heard, gap) = {
            let mut shared = far.shared.lock().unwrap();
            (std::mem::take(&mut shared.heard), shared.longest)
        };
        assert!(share(&heard, 1_000) > 0.95, "restart {restart}: {} at the far end", share(&heard, 1_000));
        assert!(missing(&heard) <= 3, "restart {restart}: {} packets of 20 ms are missing", missing(&heard));
        let back = std::mem::take(&mut moving.shared.lock().unwrap().heard);
        assert!(share(&back, 400) > 0.95 && missing(&back) <= 3, "restart {restart}: and back");
        assert_eq!(moving.shared.lock().unwrap().dtls_in, before, "no new handshake");
        longest.push(gap);
    }
    println!("longest time without a packet at the far end, by restart: {longest:?}");
    longest.sort();
    // A machine that is busy with other things may stall in one of them.
    assert!(longest[RESTARTS / 2] <= MOST, "{longest:?}");
    rig.engine.stop().await;
}
