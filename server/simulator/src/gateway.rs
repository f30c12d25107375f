//! One simulated box: registers its accounts, takes calls for its lines, places calls from them.
//!
//! One task owns everything of the box; people answer, press keys and hang up by messages that come due later.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use patchbay_codec::CodecId;
use patchbay_kernel::Entropy;
use patchbay_signaling::Signaling;
use patchbay_sip::{Address, ClientAuth, Cmd, Event, FlowId, LegId, Message, Name, RequestId, Route, Uri};
use tokio::sync::{mpsc, oneshot};

use crate::{
    config::{Account, BoxConfig, Style},
    line::{digits, incoming_user, outgoing},
    persona::{self, Persona, Pickup, Speech},
    voice::Voice,
};

/// Seconds of a registration; refreshed at half of it.
const REGISTERED_S: u64 = 120;
/// A second after the answer, keys are pressed.
const KEYS_AFTER: Duration = Duration::from_secs(1);
/// A simulated caller lets it ring so long.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a box is told.
#[derive(Debug)]
pub enum Order {
    /// Have a person call the number of one of its lines.
    Ring {
        /// The line's number, with plus.
        number: String,
        /// Who calls.
        persona: &'static Persona,
        /// Whether the call could be placed.
        placed: oneshot::Sender<Result<(), String>>,
    },
}

enum Later {
    Answer(LegId),
    Keys(LegId),
    HangUp(LegId),
    Register(usize),
}

struct Talk {
    line: usize,
    persona: &'static Persona,
    voice: Option<Voice>,
    offer: Option<Vec<u8>>,
    answered: bool,
}

/// A box.
pub struct Gateway {
    config: BoxConfig,
    server: SocketAddr,
    domain: String,
    signaling: Signaling,
    events: mpsc::UnboundedReceiver<Event>,
    orders: mpsc::UnboundedReceiver<Order>,
    later: mpsc::UnboundedSender<Later>,
    due: mpsc::UnboundedReceiver<Later>,
    accounts: Vec<Account>,
    registering: HashMap<RequestId, usize>,
    talks: HashMap<LegId, Talk>,
    chance: Box<dyn Entropy>,
}

impl Gateway {
    /// A box that speaks through `signaling`; run it with [`Self::run`].
    pub fn new(
        config: BoxConfig,
        (server, domain): (SocketAddr, String),
        (signaling, events): (Signaling, mpsc::UnboundedReceiver<Event>),
        orders: mpsc::UnboundedReceiver<Order>,
        chance: Box<dyn Entropy>,
    ) -> Self {
        let (later, due) = mpsc::unbounded_channel();
        let own = config.lines.iter().filter_map(|line| line.account.clone());
        let accounts = config.account.clone().into_iter().chain(own).collect();
        Self {
            config,
            server,
            domain,
            signaling,
            events,
            orders,
            later,
            due,
            accounts,
            registering: HashMap::new(),
            talks: HashMap::new(),
            chance,
        }
    }

    /// Until the signalling stops.
    pub async fn run(mut self) {
        for at in 0..self.accounts.len() {
            self.register(at);
        }
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.hear(event).await,
                    None => return,
                },
                Some(order) = self.orders.recv() => self.obey(order).await,
                Some(later) = self.due.recv() => self.come_due(later).await,
            }
        }
    }

    fn flow(&self) -> FlowId {
        FlowId::Udp(self.server)
    }

    fn auth(account: &Account, realm: &str) -> ClientAuth {
        ClientAuth {
            username: account.username.clone(),
            password: account.password.clone(),
            realm: Some(realm.to_owned()),
        }
    }

    fn register(&mut self, at: usize) {
        let account = &self.accounts[at];
        let request = self.signaling.new_request();
        let address = format!("<sip:{}@{}>", account.username, self.domain);
        // A box with an account per line tells them apart by a parameter of its own in the contact.
        let contact = format!("<sip:{0}@{1};line={0}>", account.username, self.signaling.udp_addr());
        self.signaling.command(Cmd::Send {
            request,
            method: "REGISTER".into(),
            to: Route { request_uri: format!("sip:{}", self.domain), flow: self.flow(), routes: Vec::new() },
            from: address.clone(),
            to_address: address,
            dialog: None,
            extra: vec![
                ("Contact".into(), contact),
                ("Expires".into(), REGISTERED_S.to_string()),
                ("User-Agent".into(), format!("Patchbay simulator ({})", self.config.label)),
            ],
            auth: Some(Self::auth(account, &self.domain)),
        });
        self.registering.insert(request, at);
    }

    fn after(&self, wait: Duration, later: Later) {
        let sender = self.later.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let _ = sender.send(later);
        });
    }

    async fn hear(&mut self, event: Event) {
        match event {
            Event::Invite { leg, message, .. } => self.called(leg, &message).await,
            Event::Answered { leg, sdp, .. } => self.answered(leg, sdp.as_deref()),
            Event::Refused { leg, .. } | Event::Ended { leg, .. } => drop(self.talks.remove(&leg)),
            Event::Offer { leg, sdp } => self.offered_again(leg, sdp.as_deref()),
            Event::Info { leg, .. } => tracing::debug!(?leg, "a digit by INFO"),
            Event::Refer { request, .. } => self.respond(request, 501),
            Event::Request { request, message, .. } => self.asked(request, &message),
            Event::Reply { request, code, .. } => {
                if let Some(at) = self.registering.remove(&request) {
                    // Refused or unheard: again soon, as boxes do.
                    let wait = if code == 200 { REGISTERED_S / 2 } else { 2 };
                    self.after(Duration::from_secs(wait), Later::Register(at));
                }
            }
            Event::Progress { .. }
            | Event::Acked { .. }
            | Event::Accepted { .. }
            | Event::Rejected { .. }
            | Event::FlowDown { .. } => {}
        }
    }

    fn respond(&self, request: RequestId, code: u16) {
        self.signaling.command(Cmd::Respond { request, code, extra: Vec::new() });
    }

    fn asked(&self, request: RequestId, message: &Message) {
        let probe = message.method().is_some_and(|method| method.as_str() == "OPTIONS");
        self.respond(request, if probe { 200 } else { 405 });
    }

    /// Calls at once that this box, or for one call per line this line, carries.
    fn is_free(&self, line: usize) -> bool {
        match self.config.channels {
            Some(channels) => self.talks.len() < channels as usize,
            None => !self.talks.values().any(|talk| talk.line == line),
        }
    }

    async fn called(&mut self, leg: LegId, message: &Message) {
        let uri: Option<Uri> = message.request_uri().parse().ok();
        let user = uri.as_ref().and_then(Uri::user_text).unwrap_or_default();
        // `;tgrp=..` after the user belongs to the user part (RFC 4904).
        let user = user.split(';').next().unwrap_or_default().to_owned();
        let account = uri.as_ref().and_then(|uri| uri.param("line")).map(str::to_owned);
        let from = message.get(Name::From).and_then(Address::parse).and_then(|from| from.uri());
        let displayed = from.and_then(|uri| uri.user_text()).unwrap_or_default();
        let Some(found) = outgoing(&self.config, account.as_deref(), &user, &displayed) else {
            return self.refuse(leg, 404, None);
        };
        if !self.is_free(found.line) {
            let one_call = self.config.channels.is_none();
            return self.refuse(leg, if one_call { 486 } else { 503 }, Some(if one_call { 17 } else { 34 }));
        }
        let persona = persona::at(&digits(&found.dialled));
        match persona.pickup {
            Pickup::Busy => return self.refuse(leg, 486, Some(17)),
            Pickup::Congested => return self.refuse(leg, 503, Some(34)),
            Pickup::Declines => return self.refuse(leg, 603, Some(21)),
            Pickup::Unknown => return self.refuse(leg, 404, Some(1)),
            Pickup::Answers { after_ms } => self.after(Duration::from_millis(after_ms), Later::Answer(leg)),
            Pickup::RingsOut => {}
        }
        self.signaling.command(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
        let offer = message.sdp().map(<[u8]>::to_vec);
        self.talks.insert(leg, Talk { line: found.line, persona, voice: None, offer, answered: false });
    }

    fn refuse(&self, leg: LegId, code: u16, cause: Option<u8>) {
        let extra = cause.map(|cause| ("Reason".to_owned(), format!("Q.850;cause={cause}"))).into_iter().collect();
        self.signaling.command(Cmd::Refuse { leg, code, extra });
    }

    async fn voice(&mut self, speech: Speech) -> Option<Voice> {
        let codecs = match self.config.style {
            Style::E1 => vec![CodecId::Pcma, CodecId::Pcmu],
            Style::Fxo | Style::Gsm | Style::Sip => vec![CodecId::Pcmu, CodecId::Pcma],
        };
        let opened = Voice::open(self.signaling.udp_addr().ip(), codecs, speech, self.chance.as_mut()).await;
        // Keys that people behind a line hear mean nothing to them.
        opened.map(|(voice, _)| voice).map_err(|why| tracing::warn!(error = %why, "A simulated line has no audio")).ok()
    }

    async fn pick_up(&mut self, leg: LegId) {
        let Some((offer, speech)) =
            self.talks.get(&leg).filter(|talk| !talk.answered).map(|talk| (talk.offer.clone(), talk.persona.speech))
        else {
            return;
        };
        let Some(mut voice) = self.voice(speech).await else { return self.refuse(leg, 503, None) };
        let sdp = match offer {
            Some(offer) => match voice.answer(&String::from_utf8_lossy(&offer)) {
                Ok(sdp) => sdp,
                Err(_) => {
                    self.talks.remove(&leg);
                    return self.refuse(leg, 488, None);
                }
            },
            None => voice.offer(false),
        };
        self.signaling.command(Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: Vec::new() });
        if let Some(talk) = self.talks.get_mut(&leg) {
            talk.voice = Some(voice);
        }
        self.connected(leg);
    }

    fn connected(&mut self, leg: LegId) {
        let Some(talk) = self.talks.get_mut(&leg) else { return };
        talk.answered = true;
        let persona = talk.persona;
        if !persona.keys.is_empty() {
            self.after(KEYS_AFTER, Later::Keys(leg));
        }
        if let Some(ms) = persona.hangs_up_after_ms {
            self.after(Duration::from_millis(ms), Later::HangUp(leg));
        }
    }

    fn answered(&mut self, leg: LegId, sdp: Option<&[u8]>) {
        let agreed = self
            .talks
            .get_mut(&leg)
            .and_then(|talk| talk.voice.as_mut())
            .map(|voice| voice.accept(&String::from_utf8_lossy(sdp.unwrap_or_default())));
        match agreed {
            Some(Ok(())) => self.connected(leg),
            _ => {
                self.talks.remove(&leg);
                self.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
            }
        }
    }

    fn offered_again(&mut self, leg: LegId, sdp: Option<&[u8]>) {
        let Some(voice) = self.talks.get_mut(&leg).and_then(|talk| talk.voice.as_mut()) else {
            return self.signaling.command(Cmd::Reject { leg, code: 488 });
        };
        let answer = match sdp {
            Some(offer) => voice.answer(&String::from_utf8_lossy(offer)),
            None => Ok(voice.offer(false)),
        };
        self.signaling.command(match answer {
            Ok(sdp) => Cmd::Accept { leg, sdp: Some(sdp.into_bytes()) },
            Err(_) => Cmd::Reject { leg, code: 488 },
        });
    }

    async fn obey(&mut self, order: Order) {
        let Order::Ring { number, persona, placed } = order;
        let _ = placed.send(self.place(&number, persona).await);
    }

    async fn place(&mut self, number: &str, persona: &'static Persona) -> Result<(), String> {
        let line = self.config.lines.iter().position(|line| line.number == number);
        let line = line.ok_or_else(|| format!("{number} is no number of {}", self.config.label))?;
        if !self.is_free(line) {
            return Err(format!("every line of {} is taken", self.config.label));
        }
        let mut voice = self.voice(persona.speech).await.ok_or("no audio for the call")?;
        let (leg, sdp) = (self.signaling.new_leg(), voice.offer(false).into_bytes());
        let account = self.config.lines[line].account.as_ref().or(self.config.account.as_ref());
        let request_uri = format!("sip:{}@{}", incoming_user(&self.config, line), self.server);
        let caller = CALLERS[line % CALLERS.len()];
        self.signaling.command(Cmd::Dial {
            leg,
            to: Route { request_uri, flow: self.flow(), routes: Vec::new() },
            from: format!("\"{}\" <sip:{}@{}>", caller.0, caller.1, self.signaling.udp_addr()),
            extra: Vec::new(),
            sdp,
            auth: account.map(|account| Self::auth(account, &self.domain)),
        });
        self.talks.insert(leg, Talk { line, persona, voice: Some(voice), offer: None, answered: false });
        self.after(PATIENCE, Later::Answer(leg));
        Ok(())
    }

    async fn come_due(&mut self, later: Later) {
        match later {
            Later::Register(at) => self.register(at),
            Later::Answer(leg) => match self.talks.get(&leg) {
                Some(talk) if talk.offer.is_some() || talk.voice.is_none() => self.pick_up(leg).await,
                // A caller of ours has waited long enough.
                Some(talk) if !talk.answered => self.hang_up(leg),
                _ => {}
            },
            Later::Keys(leg) => {
                if let Some(talk) = self.talks.get(&leg)
                    && let Some(voice) = &talk.voice
                {
                    voice.press(talk.persona.keys);
                }
            }
            Later::HangUp(leg) => self.hang_up(leg),
        }
    }

    fn hang_up(&mut self, leg: LegId) {
        if self.talks.remove(&leg).is_some() {
            self.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
        }
    }
}

/// People who call: name and number, invented.
const CALLERS: [(&str, &str); 4] = [
    ("Helena Zhang", "+14155550132"),
    ("Marcus Oyelaran", "+16285550171"),
    ("Sofia Reyes", "+12125550188"),
    ("Jonas Weber", "+493055550123"),
];

/// What all boxes share when they are started.
pub(crate) type Seed = Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;
