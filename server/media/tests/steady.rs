//! The steady path allocates nothing: an allocator that counts watches the whole process while packets go both ways between
//! a plain party and one with SDES-SRTP; and nothing per packet while both are recorded. One test in this file, so that nothing else allocates meanwhile.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    alloc::System,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use patchbay_kernel::{CallId, Clock, LegId, RecordingId, SeededEntropy, Tick, Wall};
use patchbay_media::{Engine, EngineConfig, LegOpen, MediaEvent, MediaLegKind, MediaPolicy};
use patchbay_plane::{Channel, Codec, RecordingEnd, RecordingFault, RecordingOut, SrtpMode};
use rtc_srtp::{context::Context, protection_profile::ProtectionProfile};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::sync::mpsc::UnboundedReceiver;

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Packets that settle everything that is settled once: the source, the ring of recent audio, the first news.
const SETTLING: u16 = 60;
/// Packets that are watched together, each way.
const WINDOW: u16 = 40;
/// Windows, and how many of them must be without an allocation: a report each five seconds may take memory.
const WINDOWS: u16 = 10;
const CLEAN: usize = 8;
/// What the recorder's own threads may take within a window; a path that takes something for each packet takes eighty.
const RECORDER: usize = 20;
const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
/// Key and salt that the sealed party seals with.
const KEY: [u8; 30] = [7; 30];

struct Real(Instant);

impl Clock for Real {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall::from_unix_ms(1_800_000_000_000)
    }
}

struct Party {
    socket: UdpSocket,
    to: SocketAddr,
    packets: Vec<Vec<u8>>,
}

impl Party {
    fn new() -> Self {
        let socket = UdpSocket::bind(SocketAddr::from((LOOPBACK, 0))).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        Self { socket, to: SocketAddr::from((LOOPBACK, 0)), packets: Vec::new() }
    }

    fn offer(&self, profile: &str, more: &str) -> String {
        let udp_port = self.socket.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {udp_port} {profile} 0\r\n\
             a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=rtcp-mux\r\n{more}"
        )
    }

    /// What it says, made before anybody counts.
    fn prepare(&mut self, ssrc: u32, mut seal: Option<Context>) {
        self.packets = (1..=SETTLING + WINDOW * WINDOWS * 2)
            .map(|sequence| {
                let mut packet = vec![0x80, 0];
                packet.extend(sequence.to_be_bytes());
                packet.extend((u32::from(sequence) * 160).to_be_bytes());
                packet.extend(ssrc.to_be_bytes());
                packet.extend([ssrc as u8; 160]);
                seal.as_mut().map_or(packet.clone(), |context| context.encrypt_rtp(&packet).unwrap().to_vec())
            })
            .collect();
    }

    /// Bytes of the next audio packet; reports of the engine are passed over.
    fn hear(&self, buffer: &mut [u8]) -> usize {
        loop {
            let length = self.socket.recv(buffer).expect("nothing came out");
            if !matches!(buffer[1], 192..=223) {
                return length;
            }
        }
    }
}

fn engine() -> (Engine, UnboundedReceiver<MediaEvent>) {
    let config = EngineConfig {
        bind: LOOPBACK.into(),
        advertised: LOOPBACK.into(),
        browser_udp_port: 0,
        rtp_first: 19_000,
        rtp_last: 19_399,
        workers: 1,
    };
    Engine::start(config, Arc::new(Real(Instant::now())), [3; 32]).unwrap()
}

fn audio_port(answer: &str) -> SocketAddr {
    let media = answer.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap();
    SocketAddr::from((LOOPBACK, media.split(' ').next().unwrap().parse().unwrap()))
}

/// Keeps nothing and counts.
struct Nowhere(Arc<AtomicUsize>);

impl RecordingOut for Nowhere {
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault> {
        self.0.fetch_add(stereo.iter().filter(|sample| **sample != 0).count(), Relaxed);
        Ok(())
    }
    fn end(self: Box<Self>, _: RecordingEnd) {}
}

/// Both parties answered and bridged.
async fn join(engine: &Engine, plain: &mut Party, sealed: &mut Party) -> Vec<LegId> {
    let (born, mut chance) = (Wall::from_unix_ms(1), SeededEntropy::new(5));
    let call = CallId::new(born, &mut chance);
    let crypto = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}\r\n", STANDARD.encode(KEY));
    let offers = [plain.offer("RTP/AVP", ""), sealed.offer("RTP/SAVP", &crypto)];
    let mut legs = Vec::new();
    for ((party, srtp), offer) in [(plain, SrtpMode::Off), (sealed, SrtpMode::Required)].into_iter().zip(offers) {
        let leg = LegId::new(born, &mut chance);
        let open = LegOpen { leg, call, kind: MediaLegKind::gateway(srtp, false), near: None };
        engine.leg_open(open).await.unwrap();
        let answer = engine.leg_answer(leg, &offer, &MediaPolicy::new(vec![Codec::Pcmu])).await.unwrap();
        party.to = audio_port(&answer);
        legs.push(leg);
    }
    engine.bridge(legs[0], legs[1]).await.unwrap();
    legs
}

/// One packet each way and out at the other end.
fn exchange(plain: &Party, sealed: &Party, number: u16, buffer: &mut [u8]) {
    let number = usize::from(number);
    plain.socket.send_to(&plain.packets[number], plain.to).unwrap();
    assert_eq!(sealed.hear(buffer), 182, "sealed for the one side");
    sealed.socket.send_to(&sealed.packets[number], sealed.to).unwrap();
    assert_eq!(plain.hear(buffer), 172, "opened for the other");
    assert_eq!(buffer[12..172], [2; 160]);
}

#[test]
fn a_forwarded_packet_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (engine, _news) = engine();
    let (mut plain, mut sealed) = (Party::new(), Party::new());
    let legs = runtime.block_on(join(&engine, &mut plain, &mut sealed));
    let provider = rtc_crypto::default_provider().unwrap();
    let profile = ProtectionProfile::Aes128CmHmacSha1_80;
    plain.prepare(1, None);
    sealed.prepare(2, Some(Context::new(&KEY[..16], &KEY[16..], profile, None, None, provider.crypto()).unwrap()));
    let mut buffer = [0; 2_048];
    for number in 0..SETTLING {
        exchange(&plain, &sealed, number, &mut buffer);
    }
    let mut watch = |from: u16| {
        let mut taken = [0; WINDOWS as usize];
        for (window, taken) in (0..WINDOWS).zip(&mut taken) {
            let watched = Region::new(COUNTING);
            for number in 0..WINDOW {
                exchange(&plain, &sealed, from + window * WINDOW + number, &mut buffer);
            }
            let change = watched.change();
            *taken = change.allocations + change.reallocations + change.deallocations;
        }
        taken
    };
    let taken = watch(SETTLING);
    assert!(taken.iter().filter(|taken| **taken == 0).count() >= CLEAN, "{taken:?}");
    let (heard, recording) =
        (Arc::<AtomicUsize>::default(), RecordingId::new(Wall::from_unix_ms(1), &mut SeededEntropy::new(6)));
    engine.record(recording, Box::new(Nowhere(Arc::clone(&heard))));
    for (leg, channel) in legs.into_iter().zip([Channel::Left, Channel::Right]) {
        runtime.block_on(engine.record_leg(recording, leg, channel)).unwrap();
    }
    let taken = watch(SETTLING + WINDOW * WINDOWS);
    assert!(taken.iter().filter(|taken| **taken < RECORDER).count() >= CLEAN, "{taken:?}");
    let watched = Region::new(COUNTING);
    drop(std::hint::black_box(vec![1u8; 100]));
    assert_eq!(watched.change().allocations, 1, "the counter counts");
    runtime.block_on(engine.stop());
    assert!(heard.load(Relaxed) > 0, "and it was recorded");
}
