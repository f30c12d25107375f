//! A scripted SIP phone: real SIP over UDP or TCP, real RTP, ears that measure.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use patchbay_codec::CodecId;
use patchbay_kernel::{Clock, SeededEntropy};
use patchbay_signaling::{Limits, Signaling, SignalingConfig, rustls};
use patchbay_simulator::audio::Talk;
use patchbay_sip::{ClientAuth, Cmd, Event, FlowId, LegId, Message, Net, RequestId, Route, StackConfig};
use tokio::sync::{mpsc, oneshot};

use crate::{call::Call, clock::RealClock};

/// How long a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Makes phones differ from each other.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Who the phone is.
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// SIP user name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Domain of the platform.
    pub domain: String,
    /// Where the platform takes SIP.
    pub platform: SocketAddr,
    /// UDP or TCP.
    pub net: Net,
    /// Codecs, best first.
    pub codecs: Vec<CodecId>,
}

impl PhoneConfig {
    /// A phone with G.711 over UDP.
    pub fn new(username: &str, password: &str, domain: &str, platform: SocketAddr) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            domain: domain.to_owned(),
            platform,
            net: Net::Udp,
            codecs: vec![CodecId::Pcmu, CodecId::Pcma],
        }
    }
}

type Legs = Arc<Mutex<HashMap<LegId, mpsc::UnboundedSender<Event>>>>;
type Replies = Arc<Mutex<HashMap<RequestId, oneshot::Sender<(u16, Option<Arc<Message>>)>>>>;
type Arrival = (LegId, Arc<Message>, mpsc::UnboundedReceiver<Event>);

/// The phone.
pub struct Phone {
    config: PhoneConfig,
    signaling: Signaling,
    flow: FlowId,
    clock: Arc<dyn Clock>,
    legs: Legs,
    replies: Replies,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    register_sequence: u32,
}

impl Phone {
    /// Switches it on, on loopback with a UDP port of its own.
    ///
    /// # Panics
    /// When no socket is to be had.
    pub async fn start(config: PhoneConfig) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(RealClock::start());
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&NUMBERS.fetch_add(1, Relaxed).to_le_bytes());
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let client = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the usual versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let settings = SignalingConfig {
            listen,
            tls: None,
            tls_client: Arc::new(client),
            stack: StackConfig { user_agent: "Testphone".into(), ..StackConfig::new(&config.domain, "127.0.0.1") },
            limits: Limits::default(),
        };
        let (signaling, events) = Signaling::start(settings, clock.clone(), seed).await.expect("loopback has sockets");
        let flow = signaling.open(config.net, config.platform, None);
        let (legs, replies) = (Legs::default(), Replies::default());
        let (to, arrivals) = mpsc::unbounded_channel();
        tokio::spawn(listen_to(events, signaling.clone(), legs.clone(), replies.clone(), to));
        Self { config, signaling, flow, clock, legs, replies, arrivals, register_sequence: 0 }
    }

    /// Where it takes SIP over UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.signaling.udp_addr()
    }

    /// Registers with a digest; the final status.
    pub async fn register(&mut self) -> u16 {
        self.register_for(300).await.0
    }

    /// Takes its registration back; the final status.
    pub async fn unregister(&mut self) -> u16 {
        self.register_for(0).await.0
    }

    /// Registers for so many seconds; the final status and the whole answer.
    ///
    /// # Panics
    /// When nothing comes back at all.
    pub async fn register_for(&mut self, expires_s: u32) -> (u16, Option<Arc<Message>>) {
        let user = &self.config.username;
        let address = format!("<sip:{user}@{}>", self.config.domain);
        self.register_sequence += 2;
        let over = if self.config.net == Net::Udp { "" } else { ";transport=tcp" };
        let contact = format!("<sip:{user}@{}{over}>", self.address());
        let request = self.signaling.new_request();
        let (to, answer) = oneshot::channel();
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(request, to);
        self.signaling.command(Cmd::Send {
            request,
            method: "REGISTER".to_owned(),
            to: self.route(format!("sip:{}", self.config.domain)),
            from: address.clone(),
            to_address: address,
            dialog: Some((format!("register-{user}-{}", self.address().port()), self.register_sequence)),
            extra: vec![("Contact".to_owned(), contact), ("Expires".to_owned(), expires_s.to_string())],
            auth: Some(self.auth()),
        });
        answer.await.expect("the SIP core answers each request")
    }

    /// Calls a number or extension.
    pub async fn dial(&self, user: &str) -> Call {
        self.dial_with(user, Vec::new()).await
    }

    /// Calls with further headers.
    pub async fn dial_with(&self, user: &str, extra: Vec<(String, String)>) -> Call {
        let from = format!("<sip:{}@{}>", self.config.username, self.config.domain);
        self.dial_as(&format!("sip:{user}@{}", self.config.domain), &from, extra).await
    }

    /// Calls a whole URI with a From of one's own: what a gateway does.
    pub async fn dial_as(&self, request_uri: &str, from: &str, extra: Vec<(String, String)>) -> Call {
        let mut talk = self.talk().await;
        let leg = self.signaling.new_leg();
        let (to, inbox) = mpsc::unbounded_channel();
        self.legs.lock().unwrap_or_else(PoisonError::into_inner).insert(leg, to);
        let sdp = talk.offer(false).into_bytes();
        let to = self.route(request_uri.to_owned());
        let auth = Some(self.auth());
        self.signaling.command(Cmd::Dial { leg, to, from: from.to_owned(), extra, sdp, auth });
        Call::new(leg, self.signaling.clone(), talk, None, inbox)
    }

    /// The next call that arrives, not yet ringing.
    ///
    /// # Panics
    /// When none comes in ten seconds.
    pub async fn incoming(&mut self) -> Call {
        self.incoming_within(PATIENCE).await.expect("a call in time")
    }

    /// The next call, when one comes in time.
    pub async fn incoming_within(&mut self, within: Duration) -> Option<Call> {
        let (leg, message, inbox) = tokio::time::timeout(within, self.arrivals.recv()).await.ok()??;
        Some(Call::new(leg, self.signaling.clone(), self.talk().await, Some(message), inbox))
    }

    /// Vanishes without a word, as a phone whose plug was pulled.
    pub async fn pull_plug(self) {
        self.signaling.stop().await;
    }

    async fn talk(&self) -> Talk {
        let mut chance = SeededEntropy::new(NUMBERS.fetch_add(1, Relaxed).wrapping_mul(0x1234_5679));
        Talk::open(IpAddr::V4(Ipv4Addr::LOCALHOST), self.config.codecs.clone(), self.clock.clone(), &mut chance)
            .await
            .expect("loopback has UDP ports")
    }

    fn route(&self, request_uri: String) -> Route {
        Route { request_uri, flow: self.flow, routes: Vec::new() }
    }

    fn auth(&self) -> ClientAuth {
        let (username, password) = (self.config.username.clone(), self.config.password.clone());
        ClientAuth { username, password, realm: Some(self.config.domain.clone()) }
    }
}

async fn listen_to(
    mut events: mpsc::UnboundedReceiver<Event>,
    signaling: Signaling,
    legs: Legs,
    replies: Replies,
    arrivals: mpsc::UnboundedSender<Arrival>,
) {
    while let Some(event) = events.recv().await {
        let leg = match &event {
            Event::Invite { leg, message, .. } => {
                let (to, inbox) = mpsc::unbounded_channel();
                legs.lock().unwrap_or_else(PoisonError::into_inner).insert(*leg, to);
                let _ = arrivals.send((*leg, message.clone(), inbox));
                continue;
            }
            Event::Reply { request, code, message } => {
                let waiting = replies.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
                let _ = waiting.map(|waiting| waiting.send((*code, message.clone())));
                continue;
            }
            Event::Request { request, .. } | Event::Refer { request, .. } => {
                signaling.command(Cmd::Respond { request: *request, code: 200, extra: Vec::new() });
                continue;
            }
            Event::FlowDown { .. } => continue,
            Event::Progress { leg, .. }
            | Event::Answered { leg, .. }
            | Event::Refused { leg, .. }
            | Event::Acked { leg, .. }
            | Event::Offer { leg, .. }
            | Event::Accepted { leg, .. }
            | Event::Rejected { leg, .. }
            | Event::Info { leg, .. }
            | Event::Referred { leg, .. }
            | Event::Ended { leg, .. } => *leg,
        };
        if let Some(to) = legs.lock().unwrap_or_else(PoisonError::into_inner).get(&leg) {
            let _ = to.send(event);
        }
    }
}
