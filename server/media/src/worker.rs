//! One worker thread: it owns its sockets, its legs and their timers, and shares nothing with the packets of others.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};

use patchbay_kernel::{Clock, Entropy, LegId, Tick, Wall, time::Span};
use rtc_crypto::RTCCryptoProvider;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    api::{MediaEvent, MediaEventKind},
    browser::dtls::DtlsSettings,
    chance::Chance,
    engine::{EngineConfig, EngineStats, Order},
    fault::{DtlsFaults, Faults},
    leg::{Leg, Route},
    net::{self, Bell, Found, Poll},
    outbox::Outbox,
    ports::UdpPorts,
};

/// Legs by slot; a slot is reused after its leg has closed.
pub type Slots = Vec<Option<Box<Leg>>>;

/// Longest datagram read; longer ones are cut and then fail their checks.
pub const DATAGRAM: usize = 2_048;
/// Frame of everything that we generate.
pub const FRAME: Span = Span::ms(20);
/// Longest stall whose frames are made up for.
const MADE_UP: Span = Span::ms(100);
/// How often reports, silence and quality are looked after.
const SWEEP: Span = Span::ms(100);
/// Wait for the browsers' socket to be granted.
const BROWSER_BUFFER: usize = 4 << 20;
const BELL: u64 = 0;
const BROWSER: u64 = 1;
const FIRST_LEG: u64 = 2;

/// What a worker is made of.
pub struct Setup {
    /// Which worker.
    pub index: usize,
    /// Engine settings.
    pub config: EngineConfig,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Seed of its secrets.
    pub seed: [u8; 32],
    /// UDP ports, shared.
    pub ports: Arc<UdpPorts>,
    /// DTLS settings, shared.
    pub dtls: Arc<DtlsSettings>,
    /// Where news go.
    pub news: UnboundedSender<MediaEvent>,
    /// Orders.
    pub inbox: Receiver<Order>,
    /// Faults of tests.
    pub faults: Option<DtlsFaults>,
}

/// A DTLS datagram that a test's delay holds back.
pub struct Delayed {
    /// When it goes on.
    pub due: Tick,
    /// From the browser, or to it.
    pub inward: bool,
    /// The browser's address.
    pub peer: SocketAddr,
    /// The datagram.
    pub bytes: Vec<u8>,
}

/// The thread's state.
pub struct Worker {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) now: Tick,
    epoch: (Tick, Instant, Wall),
    pub(crate) bind: IpAddr,
    pub(crate) advertised: IpAddr,
    pub(crate) chance: Chance,
    pub(crate) crypto: Arc<dyn RTCCryptoProvider>,
    pub(crate) poll: Poll,
    pub(crate) browser: UdpSocket,
    browser_udp_port: u16,
    pub(crate) dtls: Arc<DtlsSettings>,
    pub(crate) ports: Arc<UdpPorts>,
    news: UnboundedSender<MediaEvent>,
    inbox: Receiver<Order>,
    pub(crate) slots: Slots,
    vacant: Vec<usize>,
    pub(crate) by_id: HashMap<LegId, usize>,
    pub(crate) by_fragment: HashMap<String, usize>,
    pub(crate) by_address: HashMap<SocketAddr, usize>,
    pub(crate) faults: Option<Faults>,
    pub(crate) delayed: Vec<Delayed>,
    /// The packet at hand, and the one that is made of it.
    pub(crate) packet: Vec<u8>,
    pub(crate) scratch: Vec<u8>,
    /// The payload of a frame of ours.
    pub(crate) payload: Vec<u8>,
    /// Sums of conferences, by number, within one frame.
    pub(crate) sums: Vec<(u64, [i32; patchbay_codec::FRAME])>,
    /// What is forwarded in this turn.
    pub(crate) outbox: Outbox,
    /// Slots of legs that something is played or dialled to.
    pub(crate) generating: Vec<usize>,
    /// Slots of browser legs whose DTLS timer runs.
    pub(crate) handshaking: Vec<usize>,
    next_frame: Tick,
    next_sweep: Tick,
    /// STUN checks that may still fail before the next sweep: each costs an HMAC.
    pub(crate) tries: u32,
    pub(crate) refused: u64,
    pub(crate) closed: (u64, u64),
    stopping: bool,
}

/// Failing STUN checks looked at between two sweeps.
const TRIES: u32 = 400;

impl Worker {
    /// Binds the browsers' UDP port. Errors: it is taken.
    pub fn new(setup: Setup) -> io::Result<Self> {
        let wanted = match setup.config.browser_udp_port {
            0 => 0,
            first => first + setup.index as u16,
        };
        let browser = net::udp(setup.config.bind, wanted, BROWSER_BUFFER)?;
        let browser_udp_port = browser.local_addr()?.port();
        let poll = Poll::new(BELL)?;
        poll.add(&browser, BROWSER)?;
        let now = setup.clock.tick();
        Ok(Self {
            epoch: (now, Instant::now(), setup.clock.wall()),
            now,
            bind: setup.config.bind,
            advertised: setup.config.advertised,
            chance: Chance::new(setup.seed),
            crypto: rtc_crypto::default_provider().map_err(|e| io::Error::other(e.to_string()))?,
            poll,
            browser,
            browser_udp_port,
            dtls: setup.dtls,
            ports: setup.ports,
            news: setup.news,
            inbox: setup.inbox,
            slots: Vec::new(),
            vacant: Vec::new(),
            by_id: HashMap::new(),
            by_fragment: HashMap::new(),
            by_address: HashMap::new(),
            faults: setup.faults.map(Faults::new),
            delayed: Vec::new(),
            packet: Vec::with_capacity(DATAGRAM),
            scratch: Vec::with_capacity(DATAGRAM),
            payload: Vec::with_capacity(DATAGRAM),
            sums: Vec::new(),
            outbox: Outbox::new(),
            generating: Vec::new(),
            handshaking: Vec::new(),
            next_frame: now,
            next_sweep: now,
            tries: TRIES,
            refused: 0,
            closed: (0, 0),
            stopping: false,
            clock: setup.clock,
        })
    }

    /// Wakes this worker.
    pub fn bell(&self) -> Bell {
        self.poll.bell()
    }
    /// Where browsers reach it.
    pub const fn browser_udp_port(&self) -> u16 {
        self.browser_udp_port
    }

    /// The thread's life: until it is told to stop. A panic over one packet or order is logged and the rest goes on.
    pub fn run(mut self, processor: Option<usize>) {
        if let Some(processor) = processor {
            net::pin(processor);
        }
        let mut found = Found::new();
        while !self.stopping {
            let patience = self.patience();
            if let Err(error) = self.poll.wait(patience, &mut found) {
                tracing::error!(%error, "media worker cannot wait for its sockets");
                return;
            }
            self.now = self.clock.tick();
            for token in found.tokens() {
                self.guarded(|worker| worker.ready(token));
            }
            self.guarded(Self::flush);
            self.guarded(Self::timers);
        }
    }

    fn guarded(&mut self, turn: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| turn(self))).is_err() {
            tracing::error!("a turn of a media worker panicked");
        }
    }

    fn ready(&mut self, token: u64) {
        match token {
            BELL => {
                self.poll.hush();
                // An order may close a leg that something waits for.
                self.flush();
                while let Ok(order) = self.inbox.try_recv() {
                    self.now = self.clock.tick();
                    self.guarded(|worker| order(worker));
                }
            }
            BROWSER => self.browser_ready(),
            leg => {
                let (slot, control) = ((leg - FIRST_LEG) / 2, (leg - FIRST_LEG) % 2 == 1);
                self.rtp_ready(slot as usize, control);
            }
        }
    }

    /// Sends what was forwarded.
    pub(crate) fn flush(&mut self) {
        self.outbox.flush(&mut self.slots, &self.browser);
    }

    fn timers(&mut self) {
        if self.next_frame <= self.now && !self.generating.is_empty() {
            // After a short stall frames are made up for, which any jitter buffer takes; a longer one's would be a burst.
            if self.now.since(self.next_frame) > MADE_UP {
                self.next_frame = self.now;
            }
            self.next_frame = self.next_frame + FRAME;
            self.frames();
        }
        self.handshake_timers();
        if self.next_sweep <= self.now {
            self.next_sweep = self.now + SWEEP;
            self.tries = TRIES;
            self.sweep();
        }
    }

    fn patience(&self) -> Option<Duration> {
        if self.by_id.is_empty() {
            return None;
        }
        let mut due = self.next_sweep;
        if !self.generating.is_empty() {
            due = due.min(self.next_frame);
        }
        if let Some(handshake) = self.next_handshake() {
            due = due.min(handshake);
        }
        if let Some(delayed) = self.delayed.iter().map(|datagram| datagram.due).min() {
            due = due.min(delayed);
        }
        Some(Duration::from_micros(due.since(self.clock.tick()).0))
    }

    /// The leg in this slot has something to be played: frames begin now, unless they run already.
    pub(crate) fn generate(&mut self, slot: usize) {
        if self.generating.is_empty() {
            self.next_frame = self.next_frame.max(self.now);
        }
        if !self.generating.contains(&slot) {
            self.generating.push(slot);
        }
    }

    /// The moment for code that counts in [`Instant`].
    pub(crate) fn instant(&self) -> Instant {
        self.epoch.1 + Duration::from_micros(self.now.since(self.epoch.0).0)
    }
    /// And back.
    pub(crate) fn tick_of(&self, at: Instant) -> Tick {
        self.epoch.0 + Span(at.saturating_duration_since(self.epoch.1).as_micros() as u64)
    }

    /// The moment for reports: the wall clock at the start and the monotonic one since, so that it never jumps.
    pub(crate) fn wall(&self) -> Wall {
        Wall(self.epoch.2.0 + self.now.since(self.epoch.0).0 as i64)
    }

    /// Tells the world.
    pub(crate) fn tell(&self, leg: LegId, kind: MediaEventKind) {
        // Nobody listens any more when the process ends.
        drop(self.news.send(MediaEvent { leg, kind }));
    }

    /// The token by which a leg's socket reports.
    pub(crate) const fn token(slot: usize, control: bool) -> u64 {
        FIRST_LEG + slot as u64 * 2 + control as u64
    }

    /// A slot for a new leg.
    pub(crate) fn vacancy(&mut self) -> usize {
        self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        })
    }
    /// Gives a slot back.
    pub(crate) fn vacate(&mut self, slot: usize) {
        self.vacant.push(slot);
    }

    /// The leg of this name.
    pub(crate) fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        let slot = *self.by_id.get(&id)?;
        self.slots[slot].as_deref_mut()
    }

    /// A random number, for SSRCs and first values of counters.
    pub(crate) fn number(&mut self) -> u64 {
        self.chance.next_u64()
    }

    /// What this worker is doing.
    pub fn stats(&self) -> EngineStats {
        let mut stats = EngineStats {
            received: self.closed.0,
            sent: self.closed.1,
            refused: self.refused,
            ..EngineStats::default()
        };
        for leg in self.slots.iter().flatten() {
            stats.legs += 1;
            stats.bridged += usize::from(matches!(leg.route, Route::Peer(_)));
            stats.received += leg.reception.quality().received;
            stats.sent += leg.out.packets;
            stats.refused += leg.refused;
        }
        stats
    }

    /// Closes every leg and ends the thread.
    pub fn stop(&mut self) {
        let legs: Vec<LegId> = self.by_id.keys().copied().collect();
        for leg in legs {
            self.close(leg);
        }
        self.stopping = true;
    }
}
