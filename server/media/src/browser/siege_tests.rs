//! Browser legs under attack, at every time of a call; the proof is the tone at both ends while it goes on. The attacker knows
//! the UDP port, the ICE fragments and the SSRC, but no password and no key.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rtc_stun::{
    attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME, RawAttribute},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, Message, TransactionId},
    textattrs::TextAttribute,
};

use super::{
    peer::{Peer, Remote},
    peer_tests::{Rig, SOON, pcmu, share, tone, until},
};
use crate::{MediaEventKind, Play};

/// Fires about 3,000 datagrams a second until dropped: checks that nominate with a guessed password, ClientHellos, handshake
/// records, sealed-looking audio and reports, goodbyes, garbage.
struct Attacker {
    stop: Arc<AtomicBool>,
    stolen: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Attacker {
    fn new(remote: &Remote) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (stop, stolen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, count, to) = (stop.clone(), stolen.clone(), remote.address);
        let check = guess(remote);
        let thread = std::thread::spawn(move || {
            let (mut buffer, mut step) = ([0; 2_048], 0u32);
            while !stopped.load(Relaxed) {
                for _ in 0..2 {
                    step = step.wrapping_add(1);
                    for shot in shots(step, &check) {
                        drop(socket.send_to(&shot, to));
                    }
                }
                while socket.recv_from(&mut buffer).is_ok() {
                    count.fetch_add(1, Relaxed);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, stolen, thread: Some(thread) }
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// A check under the right names that nominates, made with another password.
fn guess(remote: &Remote) -> Vec<u8> {
    let provider = rtc_crypto::default_provider().unwrap();
    let mut message = Message::new();
    message
        .build(&[
            Box::new(TransactionId::new()),
            Box::new(BINDING_REQUEST),
            Box::new(TextAttribute::new(ATTR_USERNAME, format!("{}:{}", remote.ufrag, remote.mine))),
            Box::new(RawAttribute { typ: ATTR_USE_CANDIDATE, length: 0, value: Vec::new() }),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider("guessed".repeat(4), provider.crypto())),
            Box::new(FINGERPRINT),
        ])
        .unwrap();
    message.raw
}

fn shots(step: u32, check: &[u8]) -> [Vec<u8>; 8] {
    let record = |kind: u8, handshake: u8| {
        let mut record = vec![kind, 254, 253, 0, 0, 0, 0];
        record.extend(step.to_be_bytes());
        record.extend([0, 62, handshake, 0, 0, 50, 0, 0, 0, 0, 0, 0, 50]);
        record.extend([step as u8; 50]);
        record
    };
    let mut audio = vec![0x80, 0];
    audio.extend((500u16.wrapping_add(step as u16)).to_be_bytes());
    audio.extend([0, 0, 0, 1]);
    audio.extend(0xb0b0_0001u32.to_be_bytes());
    audio.extend([step as u8; 170]);
    let mut report = vec![0x81, 200, 0, 12];
    report.extend(0xb0b0_0001u32.to_be_bytes());
    report.extend([step as u8; 58]);
    [
        check.to_vec(),
        check[..(step as usize % check.len())].to_vec(),
        record(22, 1),
        record(22, 20),
        record(21, 1),
        audio,
        report,
        vec![(step % 256) as u8; (step % 1_400) as usize],
    ]
}

/// Both ends hear their tone for half a second of attack, without a hole, and nothing goes to the attacker.
async fn tones(rig: &mut Rig, leg: patchbay_kernel::LegId, peer: &Peer, attacker: &Attacker, when: &str) {
    tokio::time::sleep(Duration::from_millis(100)).await;
    peer.shared.lock().unwrap().heard.clear();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let heard = std::mem::take(&mut peer.shared.lock().unwrap().heard);
    assert!(share(&heard, 440) > 0.95, "{when}: the browser hears {} in {} packets", share(&heard, 440), heard.len());
    assert!(heard.len() > 25, "{when}: {} packets", heard.len());
    let ours = rig.engine.hear(leg, 1_000).await.unwrap();
    assert!(ours.share > 0.95, "{when}: we hear {ours:?}");
    assert_eq!(attacker.stolen.load(Relaxed), 0, "{when}: nothing for a stranger");
}

#[tokio::test]
async fn a_browser_leg_under_siege() {
    let mut rig = Rig::new(None);
    let leg = {
        // The race: the attack begins before the browser's first check.
        let (leg, peer, answer) = {
            let leg = rig.open().await;
            let peer = Peer::new();
            let answer = rig.engine.leg_answer(leg, &peer.description("mine", "active"), &pcmu()).await.unwrap();
            (leg, peer, answer)
        };
        let mut peer = peer;
        let remote = Remote::read(&answer, "mine");
        let attacker = Attacker::new(&remote);
        tokio::time::sleep(Duration::from_millis(300)).await;
        peer.shared.lock().unwrap().say = Some(tone());
        rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
        let began = Instant::now();
        peer.start(remote, true);
        until("connected under attack", SOON, || peer.is_connected()).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        tones(&mut rig, leg, &peer, &attacker, "in the call").await;

        // After a re-INVITE with an ICE restart; the attacker learns the new fragments too.
        let second = rig.engine.leg_answer(leg, &peer.description("next", "actpass"), &pcmu()).await.unwrap();
        let remote = Remote::read(&second, "next");
        let another = Attacker::new(&remote);
        {
            let mut shared = peer.shared.lock().unwrap();
            shared.remote = Some(remote);
            shared.rebind = true;
        }
        tones(&mut rig, leg, &peer, &another, "after a restart").await;

        // On hold: the browser sends on and hears nothing.
        let hold = peer.description("next", "actpass").replace("a=sendrecv", "a=sendonly");
        rig.engine.leg_answer(leg, &hold, &pcmu()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        peer.shared.lock().unwrap().heard.clear();
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(peer.shared.lock().unwrap().heard.is_empty(), "on hold nothing is sent to anybody");
        assert!(rig.engine.hear(leg, 1_000).await.unwrap().share > 0.95);
        assert_eq!(attacker.stolen.load(Relaxed) + another.stolen.load(Relaxed), 0);
        rig.engine.leg_answer(leg, &peer.description("next", "actpass"), &pcmu()).await.unwrap();
        tones(&mut rig, leg, &peer, &another, "after the hold").await;
        leg
    };
    let told = rig.told();
    assert!(
        !told.iter().any(|kind| matches!(kind, MediaEventKind::PeerClosed | MediaEventKind::DtlsFailed { .. })),
        "{told:?}"
    );
    assert!(rig.engine.stats().await.refused > 3_000);
    assert!(rig.engine.leg_close(leg).await.is_ok());
    rig.engine.stop().await;
}

#[tokio::test]
async fn a_flood_of_guessed_passwords_does_not_starve_the_checks_of_a_call() {
    let mut rig = Rig::new(None);
    let (leg, peer, answer) = rig.answered("actpass").await;
    peer.shared.lock().unwrap().say = Some(tone());
    rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
    until("connected", SOON, || peer.is_connected()).await;
    let to: SocketAddr = Remote::read(&answer, "mine").address;
    let (check, gun) = (guess(&Remote::read(&answer, "mine")), UdpSocket::bind("127.0.0.1:0").unwrap());
    let before = peer.shared.lock().unwrap().answers;
    let until = Instant::now() + Duration::from_millis(800);
    while Instant::now() < until {
        // Far more than what is looked at between two sweeps.
        for _ in 0..200 {
            drop(gun.send_to(&check, to));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answered = peer.shared.lock().unwrap().answers - before;
    assert!(answered >= 8, "{answered} of some 16 checks of the browser were answered");
    assert!(rig.engine.hear(leg, 1_000).await.unwrap().share > 0.95);
}
