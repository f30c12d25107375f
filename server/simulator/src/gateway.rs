//! One box: its SIP end, its lines, and who is on them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use patchbay_codec::CodecId;
use patchbay_kernel::{Clock, Entropy, SeededEntropy};
use patchbay_signaling::Signaling;
use patchbay_sip::{Cmd, Event, FlowId, LegId, Message, RequestId};
use tokio::sync::{mpsc, oneshot};

use crate::{
    audio::Talk,
    config::{GatewayConfig, Kind},
    lines::Lines,
    person,
    persona::People,
};

/// What came back to a request.
pub(crate) type Reply = (u16, Option<Arc<Message>>);

/// A box that is switched on.
pub(crate) struct Gateway {
    pub config: GatewayConfig,
    pub signaling: Signaling,
    /// Towards the platform.
    pub platform: FlowId,
    pub domain: String,
    pub people: Arc<People>,
    pub lines: Lines,
    audio: IpAddr,
    clock: Arc<dyn Clock>,
    chance: Mutex<SeededEntropy>,
    /// Numbers that came to its lines later on.
    moved_in: Mutex<HashMap<String, usize>>,
    keyed: Keyed,
    calls: Mutex<HashMap<LegId, mpsc::UnboundedSender<Event>>>,
    replies: Mutex<HashMap<RequestId, oneshot::Sender<Reply>>>,
}

/// Numbers, with plus, and the keys that whoever is called there next presses.
pub(crate) type Keyed = Arc<Mutex<HashMap<String, String>>>;

/// What boxes have in common.
#[derive(Clone)]
pub(crate) struct Common {
    pub platform: FlowId,
    pub domain: String,
    pub people: Arc<People>,
    pub audio: IpAddr,
    pub clock: Arc<dyn Clock>,
    pub keyed: Keyed,
}

impl Gateway {
    pub fn new(config: GatewayConfig, signaling: Signaling, common: &Common, chance: SeededEntropy) -> Arc<Self> {
        let (count, each) = config.lines();
        Arc::new(Self {
            lines: Lines::new(count, each),
            config,
            signaling,
            platform: common.platform,
            domain: common.domain.clone(),
            people: common.people.clone(),
            audio: common.audio,
            clock: common.clock.clone(),
            chance: Mutex::new(chance),
            moved_in: Mutex::default(),
            keyed: common.keyed.clone(),
            calls: Mutex::default(),
            replies: Mutex::default(),
        })
    }

    /// Takes what the SIP core tells until it ends.
    pub async fn run(self: Arc<Self>, mut events: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            match event {
                Event::Invite { leg, message, .. } => {
                    let inbox = self.follow(leg);
                    tokio::spawn(person::called(self.clone(), leg, message, inbox));
                }
                Event::Request { request, message, .. } => {
                    let is_probe = message.method().is_some_and(|method| method.as_str() == "OPTIONS");
                    let code = if is_probe { 200 } else { 405 };
                    self.signaling.command(Cmd::Respond { request, code, extra: Vec::new() });
                }
                Event::Reply { request, code, message } => {
                    if let Some(waiting) = lock(&self.replies).remove(&request) {
                        let _ = waiting.send((code, message));
                    }
                }
                Event::Refer { request, .. } => {
                    self.signaling.command(Cmd::Respond { request, code: 501, extra: Vec::new() });
                }
                Event::FlowDown { .. } => {}
                Event::Progress { leg, .. }
                | Event::Answered { leg, .. }
                | Event::Refused { leg, .. }
                | Event::Acked { leg, .. }
                | Event::Offer { leg, .. }
                | Event::Accepted { leg, .. }
                | Event::Rejected { leg, .. }
                | Event::Info { leg, .. }
                | Event::Referred { leg, .. }
                | Event::Ended { leg, .. } => self.pass_on(leg, event),
            }
        }
    }

    /// The line on which this number lives.
    pub fn line_of(&self, number: &str) -> Option<usize> {
        self.config.line_of(number).or_else(|| lock(&self.moved_in).get(number).copied())
    }

    /// This number lives on that line from now on.
    pub fn move_in(&self, number: &str, line: usize) {
        lock(&self.moved_in).insert(number.to_owned(), line);
    }

    /// The keys that whoever is called as `dialled` presses, once.
    pub fn keys_for(&self, dialled: &str) -> Option<String> {
        let bare = |text: &str| text.trim_start_matches(['+', '0']).to_owned();
        let (mut keyed, called) = (lock(&self.keyed), bare(dialled));
        let same = |number: &&String| called.len() >= 6 && bare(number).ends_with(&called);
        let number = keyed.keys().find(same)?.clone();
        keyed.remove(&number)
    }

    /// Events of this leg from now on.
    pub fn follow(&self, leg: LegId) -> mpsc::UnboundedReceiver<Event> {
        let (to, inbox) = mpsc::unbounded_channel();
        lock(&self.calls).insert(leg, to);
        inbox
    }

    /// The leg is over.
    pub fn forget(&self, leg: LegId) {
        lock(&self.calls).remove(&leg);
    }

    /// Sends a request and waits for what comes back; the SIP core bounds the wait.
    pub async fn ask(&self, make: impl FnOnce(RequestId) -> Cmd) -> Reply {
        let (to, answer) = oneshot::channel();
        let request = self.signaling.new_request();
        lock(&self.replies).insert(request, to);
        self.signaling.command(make(request));
        answer.await.unwrap_or((503, None))
    }

    /// An audio end for one call, with the codecs of this kind of box.
    pub async fn audio(&self) -> std::io::Result<Talk> {
        let codecs = match self.config.kind {
            Kind::Analog { .. } => vec![CodecId::Pcmu, CodecId::Pcma],
            Kind::Trunk { .. } | Kind::Wireless { .. } => vec![CodecId::Pcma, CodecId::Pcmu],
        };
        let mut chance = SeededEntropy::new(lock(&self.chance).next_u64());
        Talk::open(self.audio, codecs, self.clock.clone(), &mut chance).await
    }

    fn pass_on(&self, leg: LegId, event: Event) {
        if let Some(to) = lock(&self.calls).get(&leg) {
            let _ = to.send(event);
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The Reason header of a Q.850 cause (RFC 3326).
pub(crate) fn reason(q850: u8) -> Vec<(String, String)> {
    vec![("Reason".to_owned(), format!("Q.850;cause={q850}"))]
}
