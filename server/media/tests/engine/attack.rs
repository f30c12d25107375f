//! Class C5 and its kin: an attacker on the same machine who knows the UDP port, the SSRC and the numbers gets nothing and
//! adds nothing; sealed legs believe nothing unsealed.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::party::{self, Party, rtp};
use crate::rig::{Rig, gateway, pass, policy};
use patchbay_codec::{CodecId, FRAME, g711::Law, tone::Sine};
use patchbay_media::{MediaError, MediaLegKind};
use patchbay_plane::{Codec, SrtpMode};
use rtc_srtp::{
    context::Context,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};

/// What no honest party says.
const MARK: [u8; 160] = [0x2a; 160];

/// Sends like the party and counts what comes back.
fn attack(from: &str, at: SocketAddr, sequence: u16) -> usize {
    let socket = UdpSocket::bind(from).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(60))).unwrap();
    for step in 0..50 {
        let sequence = sequence.wrapping_add(step);
        let packet = rtp(0, sequence, u32::from(sequence) * 160, 0x1234_5678, &MARK);
        socket.send_to(&packet, at).unwrap();
        socket.send_to(&[0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78], at).unwrap();
    }
    let mut buffer = [0; 2_048];
    std::iter::from_fn(|| socket.recv_from(&mut buffer).ok()).count()
}

async fn nothing_gained(kind: MediaLegKind, strangers: &[&str]) {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(kind, &a, "0 101").await;
    let (leg_b, to_b) = rig.answered(kind, &b, "0 101").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    b.talk(to_b, 1_000);
    let pcmu = policy(&[Codec::Pcmu]);
    // In the first seconds, before the party says a word.
    for stranger in strangers {
        assert_eq!(attack(stranger, to_a, 65_500), 0, "{stranger} steals early");
    }
    a.talk(to_a, 440);
    pass(200).await;
    for stranger in strangers.iter().chain(&["127.0.0.1:0"]) {
        assert_eq!(attack(stranger, to_a, 65_510), 0, "{stranger} steals in the call");
    }
    for direction in ["a=sendonly\r\n", ""] {
        rig.engine.leg_answer(leg_a, &a.description("0 101", direction), &pcmu).await.unwrap();
        for stranger in strangers.iter().chain(&["127.0.0.1:0"]) {
            assert_eq!(attack(stranger, to_a, 3), 0, "{stranger} steals after {direction:?}");
        }
    }
    pass(100).await;
    let heard = b.take();
    assert!(!heard.is_empty() && heard.iter().all(|packet| packet.payload != MARK), "nothing was put in");
    assert!(a.share(&a.take(), 1_000) > 0.9, "the party still hears");
    assert!(rig.engine.stats().await.refused >= 100);
}

#[tokio::test]
async fn a_gateway_is_believed_at_its_address_only() {
    nothing_gained(gateway(), &["127.0.0.2:0", "127.0.0.1:0"]).await;
}

#[tokio::test]
async fn another_host_never_takes_the_place_of_a_phone() {
    nothing_gained(MediaLegKind::phone(), &["127.0.0.2:0"]).await;
}

#[tokio::test]
async fn audio_follows_the_box_once_and_early() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let moved = Party::new(CodecId::Pcmu);
    let follows = MediaLegKind::gateway(SrtpMode::Off, true);
    let (leg_a, to_a) = rig.answered(follows, &a, "0").await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    b.talk(to_b, 1_000);
    moved.talk(to_a, 440);
    pass(200).await;
    assert!(moved.share(&moved.take(), 1_000) > 0.9, "another UDP port of the announced host");
    assert_eq!(attack("127.0.0.1:0", to_a, 9), 0, "but only once");
    b.take();
    a.talk(to_a, 700);
    pass(100).await;
    moved.take();
    a.take();
    b.take();
    pass(200).await;
    assert!(moved.take().is_empty(), "the announced address speaks: it is the one");
    assert!(a.share(&a.take(), 1_000) > 0.9 && b.share(&b.take(), 700) > 0.9);
    drop(rig);

    let (late, to_late) = rig_late().await;
    pass(2_100).await;
    assert_eq!(attack("127.0.0.1:0", to_late, 9), 0, "never after two seconds");
    late.engine.stop().await;
}

async fn rig_late() -> (Rig, SocketAddr) {
    let mut rig = Rig::new(1);
    let a = Party::new(CodecId::Pcmu);
    let (leg, to) = rig.answered(MediaLegKind::phone(), &a, "0").await;
    rig.engine.echo(leg).await.unwrap();
    (rig, to)
}

fn key(description: &str) -> Vec<u8> {
    let line = description.lines().find(|line| line.contains("AES_CM_128_HMAC_SHA1_80")).unwrap();
    let text = line.split("inline:").nth(1).unwrap().split(['|', ' ', '\r']).next().unwrap();
    base64(text)
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u32> = text.chars().filter_map(|c| ALPHABET.find(c)).map(|at| at as u32).collect();
    let groups = bits.chunks(4).flat_map(|four| {
        let value = four.iter().fold(0, |sum, six| sum << 6 | six) << (6 * (4 - four.len()));
        value.to_be_bytes()[1..four.len()].to_vec()
    });
    groups.collect()
}

fn context(key: &[u8]) -> Context {
    let provider = rtc_crypto::default_provider().unwrap();
    let profile = ProtectionProfile::Aes128CmHmacSha1_80;
    let (rtp, rtcp) = (srtp_replay_protection(64), srtcp_replay_protection(64));
    Context::new(&key[..16], &key[16..], profile, Some(rtp), Some(rtcp), provider.crypto()).unwrap()
}

/// Thirty bytes 0 to 29 as `a=crypto` writes them.
const OURS: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";

pub fn secure_offer(address: SocketAddr) -> String {
    let line = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{OURS}\r\n");
    party::describe(address, "RTP/SAVP", "0 101", &line)
}

/// A party that says 440 Hz under SRTP each 20 ms and opens what it is sent.
pub struct Sealed(Arc<Mutex<Vec<Vec<u8>>>>);

impl Sealed {
    /// Begins. Each packet goes to `tap` a moment before it leaves.
    pub fn speak(
        socket: Arc<UdpSocket>,
        to: SocketAddr,
        answer: &str,
        tap: Arc<Mutex<Vec<Vec<u8>>>>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let ours: Vec<u8> = (0..30).collect();
        let (mut seal, mut open) = (context(&ours), context(&key(answer)));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = heard.clone();
        socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        std::thread::spawn(move || {
            let (mut sine, mut encoder) = (Sine::new(440, -10.0), CodecId::Pcmu.spec().encoder());
            let (mut due, mut sequence, mut buffer) = (Instant::now(), 65_500u16, [0; 2_048]);
            while !stop.load(Relaxed) {
                if due <= Instant::now() {
                    due += Duration::from_millis(20);
                    let (mut samples, mut payload) = ([0; FRAME], Vec::new());
                    sine.fill(&mut samples);
                    encoder.encode(&samples, &mut payload);
                    sequence = sequence.wrapping_add(1);
                    let packet = rtp(0, sequence, u32::from(sequence).wrapping_mul(160), 0x1234_5678, &payload);
                    let sealed = seal.encrypt_rtp(&packet).unwrap().to_vec();
                    tap.lock().unwrap().push(sealed.clone());
                    std::thread::sleep(Duration::from_millis(5));
                    socket.send_to(&sealed, to).unwrap();
                }
                if let Ok((length, _)) = socket.recv_from(&mut buffer)
                    && let Ok(plain) = open.decrypt_rtp(&buffer[..length])
                {
                    kept.lock().unwrap().push(plain[12..].to_vec());
                }
            }
        });
        Self(heard)
    }
    /// Payloads heard since the last call.
    pub fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
    /// Share of energy at this frequency in them.
    pub fn share(&self, heard: &[Vec<u8>], hz: u16) -> f32 {
        let samples: Vec<i16> = heard.iter().flatten().map(|byte| Law::Mu.decode(*byte)).collect();
        party::share(&samples, hz)
    }
}

#[tokio::test]
async fn a_sealed_leg_believes_seals_and_nothing_else() {
    let mut rig = Rig::new(1);
    let kind = MediaLegKind::gateway(SrtpMode::Required, false);
    let leg = rig.open(kind).await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let pcmu = policy(&[Codec::Pcmu]);
    let plain = party::describe(socket.local_addr().unwrap(), "RTP/AVP", "0", "");
    assert_eq!(rig.engine.leg_answer(leg, &plain, &pcmu).await, Err(MediaError::Srtp), "no downgrade");
    let answer = rig.engine.leg_answer(leg, &secure_offer(socket.local_addr().unwrap()), &pcmu).await.unwrap();
    assert!(answer.contains("RTP/SAVP "), "{answer}");
    let to = party::announced(&answer);
    rig.engine.echo(leg).await.unwrap();
    let ours: Vec<u8> = (0..30).collect();
    assert_eq!(base64(OURS), ours);
    let (mut seal, mut open) = (context(&ours), context(&key(&answer)));

    let mut buffer = [0; 2_048];
    let mut exchange = |socket: &UdpSocket, packet: &[u8]| {
        socket.send_to(packet, to).unwrap();
        loop {
            let (length, _) = socket.recv_from(&mut buffer).ok()?;
            if !matches!(buffer[1], 192..=223) {
                return Some(buffer[..length].to_vec());
            }
        }
    };
    let first = seal.encrypt_rtp(&rtp(0, 1, 160, 77, &[0x55; 160])).unwrap();
    let echoed = exchange(&socket, &first).unwrap();
    assert_eq!(open.decrypt_rtp(&echoed).unwrap()[12..], [0x55; 160]);
    assert_eq!(exchange(&socket, &first), None, "a repeated packet");
    assert_eq!(exchange(&socket, &rtp(0, 2, 320, 77, &MARK)), None, "an unsealed packet");
    let mut bent = seal.encrypt_rtp(&rtp(0, 3, 480, 77, &[0x55; 160])).unwrap().to_vec();
    bent[40] ^= 1;
    assert_eq!(exchange(&socket, &bent), None, "a bent packet");

    // The party itself may move: the seal proves it.
    let moved = UdpSocket::bind("127.0.0.2:0").unwrap();
    moved.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let sealed = seal.encrypt_rtp(&rtp(0, 4, 640, 77, &[0x66; 160])).unwrap();
    let echoed = exchange(&moved, &sealed).unwrap();
    assert_eq!(open.decrypt_rtp(&echoed).unwrap()[12..], [0x66; 160]);
    // A re-INVITE with the same keys goes on where it was.
    rig.engine.leg_answer(leg, &secure_offer(moved.local_addr().unwrap()), &pcmu).await.unwrap();
    let sealed = seal.encrypt_rtp(&rtp(0, 5, 800, 77, &[0x77; 160])).unwrap();
    let echoed = exchange(&moved, &sealed).unwrap();
    assert_eq!(open.decrypt_rtp(&echoed).unwrap()[12..], [0x77; 160]);
}

#[tokio::test]
async fn our_own_secure_offer_is_taken_up() {
    let mut rig = Rig::new(2);
    let kind = MediaLegKind::gateway(SrtpMode::Required, false);
    let leg = rig.open(kind).await;
    let pcmu = policy(&[Codec::Pcmu]);
    let offer = rig.engine.leg_offer(leg, &pcmu).await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let plain = party::describe(socket.local_addr().unwrap(), "RTP/AVP", "0", "");
    assert_eq!(rig.engine.leg_accept(leg, &plain).await, Err(MediaError::Srtp), "no downgrade");
    rig.engine.leg_accept(leg, &secure_offer(socket.local_addr().unwrap())).await.unwrap();
    rig.engine.play(leg, patchbay_media::Play::Tone { hz: 500 }).await.unwrap();
    let mut open = context(&key(&offer));
    let mut buffer = [0; 2_048];
    for _ in 0..5 {
        let (length, _) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!(open.decrypt_rtp(&buffer[..length]).unwrap().len(), 172);
    }
}
