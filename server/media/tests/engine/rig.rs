//! An engine with its news, and legs to it.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
    time::Duration,
};

use patchbay_kernel::{CallId, LegId, SeededEntropy, Wall};
use patchbay_media::{Engine, EngineConfig, LegOpen, MediaEvent, MediaEventKind, MediaLegKind, MediaPolicy};
use patchbay_plane::{Codec, SrtpMode};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    clock::TestClock,
    party::{self, Party},
};

static RANGE: AtomicU16 = AtomicU16::new(0);

/// Rigs come one after the other: parties talk by the real clock, and two calls beside each other starve one another on a
/// machine of two cores. A test that holds one while it makes another waits for ever.
static TURN: Mutex<()> = Mutex::new(());

pub struct Rig {
    pub engine: Engine,
    pub news: UnboundedReceiver<MediaEvent>,
    chance: SeededEntropy,
    call: CallId,
    _turn: MutexGuard<'static, ()>,
}

/// The first of `ports` even UDP ports in a row that nobody holds, below the range that the system gives out by itself.
fn free_range(ports: u16) -> u16 {
    let start = (std::process::id() as u16 % 80) * 250;
    loop {
        let first = 10_000 + start.wrapping_add(RANGE.fetch_add(ports * 2, Relaxed)) % 20_000 / 2 * 2;
        let free = |udp_port: u16| UdpSocket::bind(("127.0.0.1", udp_port)).is_ok();
        if (first..first + ports * 2).all(free) {
            return first;
        }
    }
}

pub fn policy(codecs: &[Codec]) -> MediaPolicy {
    MediaPolicy::new(codecs.to_vec())
}

pub fn gateway() -> MediaLegKind {
    MediaLegKind::gateway(SrtpMode::Off, false)
}

impl Rig {
    /// An engine with one worker and `ports` UDP ports for RTP in a range that no other rig of this process uses.
    pub fn new(ports: u16) -> Self {
        Self::with_workers(ports, 1)
    }
    pub fn with_workers(ports: u16, workers: usize) -> Self {
        // A test that failed leaves the lock poisoned, and nothing behind it to be careful of.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let first = free_range(ports);
        let config = EngineConfig {
            bind: [127, 0, 0, 1].into(),
            advertised: [127, 0, 0, 1].into(),
            browser_udp_port: 0,
            rtp_first: first,
            rtp_last: first + ports * 2 - 1,
            workers,
        };
        let (engine, news) = Engine::start(config, Arc::new(TestClock::start()), [7; 32]).unwrap();
        let mut chance = SeededEntropy::new(u64::from(first));
        let call = CallId::new(Wall::from_unix_ms(1), &mut chance);
        Self { engine, news, chance, call, _turn: turn }
    }

    pub fn new_call(&mut self) {
        self.call = CallId::new(Wall::from_unix_ms(1), &mut self.chance);
    }

    pub async fn open(&mut self, kind: MediaLegKind) -> LegId {
        let leg = LegId::new(Wall::from_unix_ms(1), &mut self.chance);
        self.engine.leg_open(LegOpen { leg, call: self.call, kind, near: None }).await.unwrap();
        leg
    }

    /// A leg that answered the party's offer of `formats`; where the party must send to.
    pub async fn answered(&mut self, kind: MediaLegKind, party: &Party, formats: &str) -> (LegId, SocketAddr) {
        let leg = self.open(kind).await;
        let all = policy(&[Codec::Pcmu, Codec::Pcma, Codec::Opus]);
        let answer = self.engine.leg_answer(leg, &party.description(formats, ""), &all).await.unwrap();
        (leg, party::announced(&answer))
    }

    /// All news until now.
    pub fn told(&mut self) -> Vec<MediaEvent> {
        std::iter::from_fn(|| self.news.try_recv().ok()).collect()
    }

    pub fn digits(&mut self) -> String {
        let digit = |event: MediaEvent| match event.kind {
            MediaEventKind::Dtmf { digit, .. } => Some(digit),
            _ => None,
        };
        self.told().into_iter().filter_map(digit).collect()
    }
}

pub async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
