//! Browser legs against an independent peer: both roles, loss, strangers, restart, goodbye.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant, UNIX_EPOCH},
};

use patchbay_codec::{g711::Law, measure, tone::Sine};
use patchbay_kernel::{CallId, Clock, LegId, SeededEntropy, Tick, Wall};
use patchbay_plane::Codec;
use tokio::sync::mpsc::UnboundedReceiver;

use super::peer::{Peer, Remote, line};
use crate::{
    Clip, DtlsFaults, Engine, EngineConfig, LegOpen, MediaError, MediaEvent, MediaEventKind, MediaLegKind, MediaPolicy,
    Play, PlayEnd, PlayId, PlayItem,
};

struct TestClock(Instant);

impl Clock for TestClock {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(UNIX_EPOCH.elapsed().unwrap_or_default().as_micros() as i64)
    }
}

pub(super) struct Rig {
    pub(super) engine: Engine,
    news: UnboundedReceiver<MediaEvent>,
    chance: SeededEntropy,
}

impl Rig {
    pub(super) fn new(faults: Option<DtlsFaults>) -> Self {
        let config = EngineConfig {
            bind: [127, 0, 0, 1].into(),
            advertised: [127, 0, 0, 1].into(),
            browser_udp_port: 0,
            rtp_first: 0,
            rtp_last: 0,
            workers: 1,
        };
        let clock = Arc::new(TestClock(Instant::now()));
        let (engine, news) = Engine::start_with_faults(config, clock, [9; 32], faults).unwrap();
        Self { engine, news, chance: SeededEntropy::new(5) }
    }

    pub(super) async fn open(&mut self) -> LegId {
        let leg = LegId::new(Wall::from_unix_ms(1), &mut self.chance);
        let call = CallId::new(Wall::from_unix_ms(1), &mut self.chance);
        let open = LegOpen { leg, call, kind: MediaLegKind::Browser, near: None };
        self.engine.leg_open(open).await.unwrap();
        leg
    }

    /// A leg whose browser offered with `setup`; the browser is running.
    pub(super) async fn answered(&mut self, setup: &str) -> (LegId, Peer, String) {
        let leg = self.open().await;
        let mut peer = Peer::new();
        let answer = self.engine.leg_answer(leg, &peer.description("mine", setup), &pcmu()).await.unwrap();
        let active = line(&answer, "a=setup:") == "passive";
        peer.start(Remote::read(&answer, "mine"), active);
        (leg, peer, answer)
    }

    pub(super) fn told(&mut self) -> Vec<MediaEventKind> {
        std::iter::from_fn(|| self.news.try_recv().ok()).map(|event| event.kind).collect()
    }
}

pub(super) fn pcmu() -> MediaPolicy {
    MediaPolicy::new(vec![Codec::Pcmu])
}

pub(super) async fn until(what: &str, limit: Duration, done: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < limit, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

pub(super) fn share(heard: &[Vec<u8>], hz: u16) -> f32 {
    let samples: Vec<i16> = heard.iter().flat_map(|packet| &packet[12..]).map(|byte| Law::Mu.decode(*byte)).collect();
    measure::share(&samples, hz)
}

/// 20 ms that can be repeated without a seam.
pub(super) fn tone() -> Vec<u8> {
    tone_of(1_000)
}

/// The same of another frequency, a multiple of 50 Hz.
pub(super) fn tone_of(hz: u16) -> Vec<u8> {
    let mut frame = [0; 160];
    Sine::new(hz, -10.0).fill(&mut frame);
    frame.iter().map(|sample| Law::Mu.encode(*sample)).collect()
}

pub(super) const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn both_sides_hear_each_other_in_either_role() {
    for (setup, ours) in [("actpass", "active"), ("active", "passive"), ("passive", "active")] {
        let mut rig = Rig::new(None);
        let (leg, peer, answer) = rig.answered(setup).await;
        assert_eq!(line(&answer, "a=setup:"), ours);
        assert_eq!(line(&answer, "m=audio").split(' ').skip(2).collect::<Vec<_>>(), ["0", "126"]);
        assert!(answer.contains("a=ice-lite") && answer.contains("a=rtcp-mux") && answer.contains("a=mid:0"));
        peer.shared.lock().unwrap().say = Some(tone());
        rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
        until("connected", SOON, || peer.is_connected()).await;
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let heard = rig.engine.hear(leg, 1_000).await.unwrap();
        assert!(heard.share > 0.95, "{setup}: {heard:?}");
        let at_peer = std::mem::take(&mut peer.shared.lock().unwrap().heard);
        assert!(at_peer.len() > 50 && share(&at_peer, 440) > 0.95, "{setup}: {}", at_peer.len());
        let reports = peer.shared.lock().unwrap().reports.len();
        assert!((1..=3).contains(&reports), "{setup}: {reports} reports in a second and a half");
        assert_eq!(rig.told(), [MediaEventKind::FirstMedia]);
        rig.engine.stop().await;
    }
}

#[tokio::test]
async fn our_offer_leaves_the_role_to_the_browser() {
    for setup in ["active", "passive"] {
        let mut rig = Rig::new(None);
        let leg = rig.open().await;
        let offer = rig.engine.leg_offer(leg, &pcmu()).await.unwrap();
        assert_eq!(line(&offer, "a=setup:"), "actpass");
        let mut peer = Peer::new();
        // The browser begins before its answer arrives.
        peer.start(Remote::read(&offer, "mine"), setup == "active");
        tokio::time::sleep(Duration::from_millis(150)).await;
        let (line_of, formats) = ("UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "UDP/TLS/RTP/SAVPF 0 101");
        let answer = peer.description("mine", setup).replace(line_of, formats);
        rig.engine.leg_accept(leg, &answer).await.unwrap();
        rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
        until(setup, SOON, || peer.shared.lock().unwrap().heard.len() > 10).await;
        rig.engine.stop().await;
    }
}

#[tokio::test]
async fn a_browser_hears_a_prompt_from_its_beginning_and_its_end_is_told() {
    let mut rig = Rig::new(None);
    let (leg, peer, _) = rig.answered("actpass").await;
    let mut samples = vec![0; 4_000];
    Sine::new(600, -10.0).fill(&mut samples);
    // Before the handshake: the prompt waits for the browser.
    rig.engine.play_clips(leg, vec![PlayItem::once(PlayId(4), Clip::new(samples))]).await.unwrap();
    until("heard", SOON, || peer.shared.lock().unwrap().heard.len() >= 25).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let heard = std::mem::take(&mut peer.shared.lock().unwrap().heard);
    assert_eq!(heard.len(), 25, "half a second, no more and no less");
    assert!(share(&heard, 600) > 0.95);
    let told = rig.told();
    let ended = MediaEventKind::PlayEnded { item: PlayId(4), why: PlayEnd::Finished, at_ms: 500 };
    assert!(told.contains(&ended), "{told:?}");
    rig.engine.stop().await;
}

#[tokio::test]
async fn each_lost_datagram_is_made_up_for() {
    for setup in ["actpass", "active"] {
        for nth in 0..8 {
            let mut rig = Rig::new(Some(DtlsFaults { lose_nth: Some(nth), ..DtlsFaults::default() }));
            let (leg, peer, _) = rig.answered(setup).await;
            peer.shared.lock().unwrap().say = Some(tone());
            rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
            let heard = || !peer.shared.lock().unwrap().heard.is_empty();
            let took = until(&format!("{setup}, datagram {nth} lost"), SOON, heard).await;
            assert!(took < Duration::from_secs(2), "{setup}, datagram {nth} lost: {took:?}");
            until_first(&mut rig).await;
            rig.engine.stop().await;
        }
    }
}

async fn until_first(rig: &mut Rig) {
    let news = tokio::time::timeout(SOON, rig.news.recv()).await.unwrap().unwrap();
    assert_eq!(news.kind, MediaEventKind::FirstMedia);
}

#[tokio::test]
async fn forty_handshakes_at_five_percent_loss() {
    let mut slowest = Duration::ZERO;
    for setup in ["actpass", "active"] {
        let mut rig = Rig::new(Some(DtlsFaults { seed: 77, loss_permille: 50, delay_ms: 1, ..DtlsFaults::default() }));
        let mut peers = Vec::new();
        for _ in 0..20 {
            let (leg, peer, _) = rig.answered(setup).await;
            rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
            peers.push(peer);
        }
        for peer in &peers {
            let took = until("connected", Duration::from_secs(9), || !peer.shared.lock().unwrap().heard.is_empty());
            slowest = slowest.max(took.await);
        }
        rig.engine.stop().await;
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[tokio::test]
async fn strangers_do_not_reach_dtls_or_media() {
    let mut rig = Rig::new(None);
    let leg = rig.open().await;
    let mut peer = Peer::new();
    let answer = rig.engine.leg_answer(leg, &peer.description("mine", "active"), &pcmu()).await.unwrap();
    let remote = Remote::read(&answer, "mine");
    // A whole handshake from an address that proved nothing, faster than the browser's first check.
    let mut stranger = Peer::new();
    stranger.start(Remote { password: "x".repeat(24), ..remote.clone() }, true);
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    for step in 0..200u8 {
        let mut record = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, step, 0, 20];
        record.extend([1; 20]);
        noise.send_to(&record, remote.address).unwrap();
        let mut media = vec![0x80, 0, 0, step, 0, 0, 0, 0, 0, 0, 0, 1];
        media.extend([step; 170]);
        noise.send_to(&media, remote.address).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!stranger.is_connected() && stranger.shared.lock().unwrap().dtls_in == 0);
    assert!(rig.engine.stats().await.refused >= 400);
    peer.start(remote, true);
    rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
    until("connected all the same", SOON, || peer.shared.lock().unwrap().heard.len() > 3).await;
    for step in 0..100u8 {
        let mut media = vec![0x80, 0, 0, step, 0, 0, 0, 0, 0, 0, 0, 1];
        media.extend([step; 170]);
        noise.send_to(&media, line_address(&answer)).unwrap();
    }
    noise.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(noise.recv_from(&mut [0; 64]).is_err(), "nothing is sent to a stranger");
    assert!(rig.told().is_empty(), "nothing of a stranger counts as media");
    assert_eq!(rig.engine.leg_figures(leg).await.unwrap().received, 0);
}

fn line_address(description: &str) -> SocketAddr {
    Remote::read(description, "").address
}

#[tokio::test]
async fn another_certificate_gives_no_media() {
    let mut rig = Rig::new(None);
    let leg = rig.open().await;
    let (mut peer, announced) = (Peer::new(), Peer::new());
    let answer = rig.engine.leg_answer(leg, &announced.description("mine", "actpass"), &pcmu()).await.unwrap();
    peer.shared.lock().unwrap().say = Some(tone());
    peer.start(Remote::read(&answer, "mine"), false);
    rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(peer.shared.lock().unwrap().heard.is_empty());
    let told = rig.told();
    assert!(matches!(told.as_slice(), [MediaEventKind::DtlsFailed { .. }]), "{told:?}");
    assert_eq!(rig.engine.leg_figures(leg).await.unwrap().received, 0);
    let plain = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    let refused = rig.engine.leg_answer(leg, plain, &pcmu()).await;
    assert_eq!(refused, Err(MediaError::Srtp), "no downgrade");
}

#[tokio::test]
async fn an_ice_restart_moves_the_path_without_a_hole() {
    let mut rig = Rig::new(None);
    let (leg, peer, first) = rig.answered("actpass").await;
    peer.shared.lock().unwrap().say = Some(tone());
    rig.engine.play(leg, Play::Tone { hz: 440 }).await.unwrap();
    until("connected", SOON, || peer.shared.lock().unwrap().heard.len() > 10).await;
    let second = rig.engine.leg_answer(leg, &peer.description("next", "actpass"), &pcmu()).await.unwrap();
    assert_ne!(line(&first, "a=ice-ufrag:"), line(&second, "a=ice-ufrag:"));
    for same in ["a=setup:", "a=fingerprint:", "a=candidate:"] {
        assert_eq!(line(&first, same), line(&second, same));
    }
    let dtls_before = {
        let mut shared = peer.shared.lock().unwrap();
        shared.heard.clear();
        shared.remote = Some(Remote::read(&second, "next"));
        shared.rebind = true;
        shared.dtls_in
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (heard, dtls_after) = {
        let mut shared = peer.shared.lock().unwrap();
        (std::mem::take(&mut shared.heard), shared.dtls_in)
    };
    let numbers: Vec<u16> = heard.iter().map(|p| u16::from_be_bytes([p[2], p[3]])).collect();
    assert!(numbers.len() > 18, "{numbers:?}");
    assert!(numbers.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) <= 3), "gap of 60 ms at most: {numbers:?}");
    assert_eq!(dtls_after, dtls_before, "no new handshake");
    assert!(rig.engine.hear(leg, 1_000).await.unwrap().share > 0.9);
}

#[tokio::test]
async fn a_page_that_is_left_says_goodbye() {
    let mut rig = Rig::new(None);
    let (_, peer, _) = rig.answered("actpass").await;
    until("connected", SOON, || peer.is_connected()).await;
    peer.shared.lock().unwrap().close = true;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(rig.told(), [MediaEventKind::PeerClosed]);
}

#[tokio::test]
async fn twenty_browsers_on_one_udp_port_hear_each_its_own_tone() {
    let mut rig = Rig::new(None);
    let mut legs = Vec::new();
    for at in 0..20u16 {
        let (leg, peer, answer) = rig.answered("actpass").await;
        rig.engine.play(leg, Play::Tone { hz: 300 + at * 100 }).await.unwrap();
        peer.shared.lock().unwrap().say = Some(tone_of(350 + at * 100));
        legs.push((leg, peer, answer));
    }
    let port = line_address(&legs[0].2);
    assert!(legs.iter().all(|(_, _, answer)| line_address(answer) == port));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for (at, (leg, peer, _)) in (0u16..).zip(&legs) {
        let heard = std::mem::take(&mut peer.shared.lock().unwrap().heard);
        assert!(share(&heard, 300 + at * 100) > 0.95, "browser {at}: {} packets", heard.len());
        let said = rig.engine.hear(*leg, 350 + at * 100).await.unwrap().share;
        assert!(said > 0.95, "of browser {at} we hear {said}");
    }
}
