//! Everything that calls share: the outside world, the tables, the ways to it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::Duration,
};

use patchbay_kernel::{CallId, Clock, Entropy, LegId, NodeId, Tick, Wall, time::Span};
use patchbay_media::{Engine, MediaEvent};
use patchbay_plane::{Capacity, Credential, Directory, Keeper, Sink};
use patchbay_signaling::Signaling;
use patchbay_sip::{self as sip, FlowId, digest::Realm};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    callbacks::{Callbacks, OLDEST},
    dispatch,
    gateways::Gateways,
    guard::Guard,
    lamps::Lamps,
    live::{CallDoor, LiveCalls},
    park::Lot,
    proof::{Pace, PaceLimits},
    queues::Queues,
    regain::Missing,
    registrar::Registrar,
};

/// What an installation decides.
#[derive(Clone, Debug)]
pub struct ExchangeConfig {
    /// SIP domain: realm of digests, host of From towards devices.
    pub domain: String,
    /// This node, for logs.
    pub node: NodeId,
    /// Calls at once on this node; more are refused with 503 before they cost anything.
    pub max_calls: usize,
    /// The directory must answer within this time, or the caller gets 503.
    pub route_within: Duration,
    /// Secret of the nonces, the same on all nodes of an installation.
    pub nonce_key: [u8; 32],
    /// Calls a second of one account and of one company.
    pub pace: PaceLimits,
}

impl ExchangeConfig {
    /// Usual bounds.
    pub fn new(domain: &str, node: NodeId, nonce_key: [u8; 32]) -> Self {
        Self {
            domain: domain.to_owned(),
            node,
            max_calls: 2_000,
            route_within: Duration::from_secs(2),
            nonce_key,
            pace: PaceLimits::default(),
        }
    }
}

/// The other planes.
#[derive(Clone)]
pub struct Outside {
    /// Answers what is to be done.
    pub directory: Arc<dyn Directory>,
    /// Keeps records and hears news.
    pub sink: Arc<dyn Sink>,
    /// Grants channel slots.
    pub capacity: Arc<dyn Capacity>,
    /// Says which calls are recorded.
    pub keeper: Arc<dyn Keeper>,
}

/// The final answer to a request of ours: status, and the response when one came.
pub(crate) type Reply = (u16, Option<Arc<sip::Message>>);

/// A request that is on its way.
pub(crate) struct Asked(sip::RequestId, oneshot::Receiver<Reply>);

/// The running switch. Calls hold it; it holds no call, only the doors to them.
pub struct Exchange {
    /// As configured.
    pub config: ExchangeConfig,
    pub(crate) me: Weak<Self>,
    pub(crate) outside: Outside,
    pub(crate) signaling: Signaling,
    pub(crate) media: Engine,
    pub(crate) live: LiveCalls,
    pub(crate) registrar: Registrar,
    pub(crate) gateways: Gateways,
    /// Where callers wait.
    pub queues: Queues,
    pub(crate) callbacks: Callbacks,
    pub(crate) lamps: Lamps,
    pub(crate) realm: Realm,
    pub(crate) guard: Guard,
    pub(crate) pace: Pace,
    pub(crate) draining: AtomicBool,
    pub(crate) unkept: AtomicUsize,
    pub(crate) quieter: Notify,
    clock: Arc<dyn Clock>,
    entropy: Mutex<Box<dyn Entropy>>,
    sip_legs: Mutex<HashMap<sip::LegId, CallDoor>>,
    replies: Mutex<HashMap<sip::RequestId, oneshot::Sender<Reply>>>,
    trusted: Mutex<HashMap<FlowId, Arc<Credential>>>,
    pub(crate) missing: Mutex<Missing>,
    pub(crate) lot: Mutex<Lot>,
}

impl Exchange {
    /// Starts listening to `events` and `media_events`, reads the gateways, restores the registrations that we hold.
    #[expect(
        clippy::too_many_arguments,
        reason = "the seams of a node, each named once, at the one place that joins them"
    )]
    pub fn start(
        config: ExchangeConfig,
        outside: Outside,
        signaling: Signaling,
        events: mpsc::UnboundedReceiver<sip::Event>,
        media: Engine,
        media_events: mpsc::UnboundedReceiver<MediaEvent>,
        clock: Arc<dyn Clock>,
        mut entropy: Box<dyn Entropy>,
    ) -> Arc<Self> {
        let mut dummy = [0; 32];
        entropy.fill(&mut dummy);
        let exchange = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            realm: Realm::new(&config.domain, config.nonce_key),
            guard: Guard::new(dummy),
            pace: Pace::new(config.pace),
            config,
            outside,
            signaling,
            media,
            live: LiveCalls::default(),
            registrar: Registrar::default(),
            gateways: Gateways::default(),
            queues: Queues::default(),
            callbacks: Callbacks::default(),
            lamps: Lamps::default(),
            draining: AtomicBool::new(false),
            unkept: AtomicUsize::new(0),
            quieter: Notify::new(),
            clock,
            entropy: Mutex::new(entropy),
            sip_legs: Mutex::default(),
            replies: Mutex::default(),
            trusted: Mutex::default(),
            missing: Mutex::default(),
            lot: Mutex::default(),
        });
        exchange.queues.begin(&exchange);
        exchange.live.tell_queues(Arc::downgrade(&exchange));
        tokio::spawn(dispatch::hear_sip(exchange.clone(), events));
        tokio::spawn(dispatch::hear_media(exchange.clone(), media_events));
        tokio::spawn(crate::registrar::sweep(Arc::downgrade(&exchange)));
        tokio::spawn(crate::lamps::light(Arc::downgrade(&exchange)));
        tokio::spawn(crate::gateways::keep_reading(Arc::downgrade(&exchange)));
        exchange
    }

    /// From now on this connection speaks for that device; its requests need no digest. For WebSockets whose ticket was taken.
    pub fn trust(&self, flow: FlowId, credential: Credential) {
        lock(&self.trusted).insert(flow, Arc::new(credential));
    }

    /// The device that this connection speaks for.
    pub(crate) fn trusted(&self, flow: FlowId) -> Option<Arc<Credential>> {
        lock(&self.trusted).get(&flow).cloned()
    }

    /// Takes trust away where `gone` says so; the connections concerned.
    pub(crate) fn distrust(&self, gone: impl Fn(FlowId, &Credential) -> bool) -> Vec<FlowId> {
        let mut trusted = lock(&self.trusted);
        let found: Vec<FlowId> =
            trusted.iter().filter(|(flow, credential)| gone(**flow, credential)).map(|(flow, _)| *flow).collect();
        trusted.retain(|flow, _| !found.contains(flow));
        found
    }

    /// Monotonic time.
    pub(crate) fn now(&self) -> Tick {
        self.clock.tick()
    }

    /// Time on the wall.
    pub(crate) fn wall(&self) -> Wall {
        self.clock.wall()
    }

    /// The monotonic time of a moment that is over, a day ago at most.
    pub(crate) fn tick_of(&self, at: Wall) -> Tick {
        let ago = Span(u64::try_from(self.wall().0 - at.0).unwrap_or(0)).min(OLDEST);
        Tick(self.now().0.saturating_sub(ago.0))
    }

    /// A name for a leg, in records and in the media engine.
    pub(crate) fn new_leg(&self) -> LegId {
        LegId::new(self.wall(), lock(&self.entropy).as_mut())
    }

    /// A name for a call.
    pub(crate) fn new_call(&self) -> CallId {
        CallId::new(self.wall(), lock(&self.entropy).as_mut())
    }

    /// Below `bound`, by chance.
    pub(crate) fn chance(&self, bound: u64) -> u64 {
        lock(&self.entropy).below(bound)
    }

    /// To the SIP core.
    pub(crate) fn command(&self, command: sip::Cmd) {
        self.signaling.command(command);
    }

    /// A leg that we dial; its news go to this call.
    pub(crate) fn new_sip_leg(&self, door: &CallDoor) -> sip::LegId {
        let leg = self.signaling.new_leg();
        self.own_sip_leg(leg, door);
        leg
    }

    /// News of this leg go to that call.
    pub(crate) fn own_sip_leg(&self, leg: sip::LegId, door: &CallDoor) {
        lock(&self.sip_legs).insert(leg, door.clone());
    }

    /// Whose leg it is; `last`: nothing more will come about it.
    pub(crate) fn door_of(&self, leg: sip::LegId, last: bool) -> Option<CallDoor> {
        let mut legs = lock(&self.sip_legs);
        if last { legs.remove(&leg) } else { legs.get(&leg).cloned() }
    }

    /// Nobody wants news of this leg any more.
    pub(crate) fn forget_sip_leg(&self, leg: sip::LegId) {
        lock(&self.sip_legs).remove(&leg);
    }

    /// Takes all SIP legs of a call out of the table.
    pub(crate) fn take_sip_legs(&self, door: &CallDoor) -> Vec<sip::LegId> {
        let mut legs = lock(&self.sip_legs);
        let found: Vec<sip::LegId> =
            legs.iter().filter(|(_, owner)| owner.same_channel(door)).map(|(leg, _)| *leg).collect();
        for leg in &found {
            legs.remove(leg);
        }
        found
    }

    /// Legs in the table, for figures and tests.
    pub fn sip_legs(&self) -> usize {
        lock(&self.sip_legs).len()
    }

    /// Connections that speak for a device, requests of ours that wait for their answer.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (lock(&self.trusted).len(), lock(&self.replies).len())
    }

    /// Sends a request outside of a session and waits for its final answer, at most so long; 408 when none came.
    pub(crate) async fn ask(&self, within: Duration, make: impl FnOnce(sip::RequestId) -> sip::Cmd) -> Reply {
        let asked = self.begin_asking(make);
        self.answer_to(asked, within).await
    }

    /// The first half of [`Self::ask`]: it is on its way when this returns, so that what is sent first is first.
    pub(crate) fn begin_asking(&self, make: impl FnOnce(sip::RequestId) -> sip::Cmd) -> Asked {
        let request = self.signaling.new_request();
        let (to, from) = oneshot::channel();
        lock(&self.replies).insert(request, to);
        self.command(make(request));
        Asked(request, from)
    }

    /// The other half.
    pub(crate) async fn answer_to(&self, Asked(request, from): Asked, within: Duration) -> Reply {
        let reply = tokio::time::timeout(within, from).await;
        lock(&self.replies).remove(&request);
        match reply {
            Ok(Ok(reply)) => reply,
            _ => (408, None),
        }
    }

    /// The answer to [`Self::ask`] came.
    pub(crate) fn replied(&self, request: sip::RequestId, reply: Reply) {
        if let Some(waiting) = lock(&self.replies).remove(&request) {
            let _ = waiting.send(reply);
        }
    }
}

/// The lock, even when somebody panicked with it: all tables here are whole after every statement.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
