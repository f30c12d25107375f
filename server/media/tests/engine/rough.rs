//! A rough network between a party and the engine: packets of the party are lost and late by a seeded chance, and what the
//! other side hears of it.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use patchbay_codec::{CodecId, measure};
use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_plane::Codec;

use crate::{
    party::{self, Party, rtp},
    rig::{Rig, gateway, pass, policy},
};

/// Stands between one party and the engine: the engine knows the party by this address.
struct Network {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// Loses one packet in `one_in` from the party, and delays each of them by up to `late_ms`.
    fn new(party: SocketAddr, engine: Arc<std::sync::Mutex<Option<SocketAddr>>>, one_in: u64, late_ms: u64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let (address, stop) = (socket.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut chance, mut held) = (SeededEntropy::new(5), Vec::<(Instant, Vec<u8>)>::new());
            let mut buffer = [0; 2_048];
            while !stopped.load(Relaxed) {
                let Some(engine) = *engine.lock().unwrap() else { continue };
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    let bytes = buffer[..length].to_vec();
                    if from == engine {
                        socket.send_to(&bytes, party).unwrap();
                    } else if chance.below(one_in) != 0 {
                        held.push((Instant::now() + Duration::from_millis(chance.below(late_ms + 1)), bytes));
                    }
                }
                held.sort_by_key(|packet| packet.0);
                while held.first().is_some_and(|packet| packet.0 <= Instant::now()) {
                    socket.send_to(&held.remove(0).1, engine).unwrap();
                }
            }
        });
        Self { address, stop, thread: Some(thread) }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

struct Call {
    rig: Rig,
    a: Party,
    b: Party,
    /// Where `a` sends to.
    to: SocketAddr,
    _network: Network,
}

/// Two parties in a call; what the first one sends crosses the network.
async fn call(left: (CodecId, &str), right: (CodecId, &str), one_in: u64, late_ms: u64) -> Call {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(left.0), Party::new(right.0));
    let engine = Arc::new(std::sync::Mutex::new(None));
    let network = Network::new(a.address, engine.clone(), one_in, late_ms);
    let all = policy(&[Codec::Pcmu, Codec::Pcma, Codec::Opus]);
    let leg_a = rig.open(gateway()).await;
    let offer = party::describe(network.address, "RTP/AVP", left.1, "");
    let answer = rig.engine.leg_answer(leg_a, &offer, &all).await.unwrap();
    *engine.lock().unwrap() = Some(party::announced(&answer));
    let (leg_b, _) = rig.answered(gateway(), &b, right.1).await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    Call { rig, a, b, to: network.address, _network: network }
}

/// Energy of a tone in what was heard, by looks of 100 ms, each of which is one look of the time it was sent for.
fn energy(party: &Party, heard: &[party::Heard], hz: u16) -> f64 {
    let samples = party.samples(heard);
    samples.chunks_exact(800).map(|look| 10f64.powf(f64::from(measure::level_at(look, hz)) / 10.0)).sum()
}

async fn tone_kept(left: (CodecId, &str), right: (CodecId, &str)) -> f64 {
    let mut energies = Vec::new();
    for (one_in, late_ms) in [(u64::MAX, 0), (20, 200)] {
        let call = call(left, right, one_in, late_ms).await;
        call.a.talk(call.to, 1_000);
        // The buffer learns the network first.
        pass(2_000).await;
        call.b.take();
        pass(8_000).await;
        let heard = call.b.take();
        // A machine that is busy with other things stalls now and then.
        assert!((300..=430).contains(&heard.len()), "{} frames in eight seconds", heard.len());
        energies.push(energy(&call.b, &heard, 1_000) / heard.len() as f64);
        call.rig.engine.stop().await;
    }
    energies[1] / energies[0]
}

#[tokio::test]
async fn opus_over_a_rough_network_keeps_its_tone() {
    let kept = tone_kept((CodecId::Opus, "111"), (CodecId::Pcmu, "0")).await;
    assert!(kept >= 0.9, "{kept}");
}

#[tokio::test]
async fn g711_over_a_rough_network_keeps_its_tone_in_opus() {
    let kept = tone_kept((CodecId::Pcma, "8"), (CodecId::Opus, "111")).await;
    assert!(kept >= 0.9, "{kept}");
}

/// Forty keys by RFC 4733, each seven packets, over the network.
async fn digits(left: (CodecId, &str), right: (CodecId, &str), late_ms: u64) {
    let keys = "0123456789*#ABCD9876543210#*DCBA11223344";
    let mut call = call(left, right, 20, late_ms).await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (mut sequence, mut timestamp) = (100u16, 7_000u32);
    for key in keys.chars() {
        let code = "0123456789*#ABCD".find(key).unwrap() as u8;
        for packet in 0..7u16 {
            let length = (packet.min(4) + 1) * 160;
            let end = if packet >= 4 { 0x8a } else { 0x0a };
            let [high, low] = length.to_be_bytes();
            let marker = if packet == 0 { 0x80 } else { 0 };
            let payload = [code, end, high, low];
            socket.send_to(&rtp(101 | marker, sequence, timestamp, 0x1234_5678, &payload), call.to).unwrap();
            sequence += 1;
            pass(20).await;
        }
        timestamp += 8_000 / 5;
        pass(60).await;
    }
    pass(late_ms + 300).await;
    assert_eq!(call.rig.digits(), keys, "told");
    // And each of them reached the other side, under one timestamp of its own, in the order of these.
    let mut passed: Vec<(u32, u8)> =
        call.b.take().iter().filter(|it| it.payload_type == 101).map(|it| (it.timestamp, it.payload[0])).collect();
    let first = passed[0].0;
    passed.sort_by_key(|it| it.0.wrapping_sub(first) as i32);
    passed.dedup_by_key(|it| it.0);
    let passed: String = passed.iter().map(|it| "0123456789*#ABCD".chars().nth(usize::from(it.1)).unwrap()).collect();
    assert_eq!(passed, keys, "passed on");
}

#[tokio::test]
async fn every_digit_survives_a_twentieth_lost_on_the_forward_path() {
    digits((CodecId::Pcmu, "0 101"), (CodecId::Pcmu, "0 101"), 10).await;
}

#[tokio::test]
async fn every_digit_survives_a_twentieth_lost_and_200_ms_of_jitter_on_the_forward_path() {
    digits((CodecId::Pcmu, "0 101"), (CodecId::Pcmu, "0 101"), 200).await;
}

#[tokio::test]
async fn every_digit_survives_a_twentieth_lost_and_200_ms_of_jitter_between_codecs() {
    digits((CodecId::Opus, "111 101"), (CodecId::Pcmu, "0 101"), 200).await;
}

#[tokio::test]
async fn every_digit_survives_a_twentieth_lost_between_codecs() {
    digits((CodecId::Opus, "111 101"), (CodecId::Pcmu, "0 101"), 10).await;
}
