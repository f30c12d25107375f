//! A switch, its doubles, and phones around it.

pub mod clock;
pub mod phone;
pub mod planes;
pub mod wire;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use patchbay_kernel::{
    CallId, Clock, DeviceId, GatewayId, GatewayPortId, NodeId, SeatId, Secret, SeededEntropy, TenantId, Wall,
};
use patchbay_media::{Engine, EngineConfig, MediaEvent};
use patchbay_plane::{
    Codec, Credential, Destination, DeviceKind, DeviceTarget, Direction, DtmfMode, EarlyMedia, Party, Principal,
    Resource, RouteAsk, RoutePlan, Source, SrtpMode, Stage, Target, TrunkTarget,
};
use patchbay_signaling::{Limits, Signaling, SignalingConfig, rustls};
use patchbay_sip::{Event, StackConfig, digest::StoredHa1};
use patchbay_switch::{Exchange, ExchangeConfig, Outside};
use tokio::sync::mpsc::UnboundedReceiver;

pub use clock::SystemClock;
pub use phone::Phone;
pub use planes::{Book, News, Slots, Tape, Tapes};
pub use wire::Wire;

pub const DOMAIN: &str = "pbx.test";
pub const PASSWORD: &str = "correct horse";

/// Worlds so far: each has UDP ports of its own, and the first ones are over when the numbers begin anew.
static WORLDS: AtomicU16 = AtomicU16::new(0);
const UDP_PORTS_EACH: u16 = 200;
const UDP_RANGES: u16 = (u16::MAX - 10_000) / UDP_PORTS_EACH;
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// A fresh id of any kind.
pub fn id<T>(make: impl FnOnce(Wall, &mut dyn patchbay_kernel::Entropy) -> T) -> T {
    make(Wall::from_unix_ms(1_764_000_000_000), &mut SeededEntropy::new(NUMBERS.fetch_add(1, SeqCst)))
}

/// Sockets and media of one party, ours or a phone.
pub async fn engines(known: Limits) -> (Signaling, UnboundedReceiver<Event>, Engine, UnboundedReceiver<MediaEvent>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls_client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&NUMBERS.fetch_add(1, SeqCst).to_le_bytes());
    let config = SignalingConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        tls_client: Arc::new(tls_client),
        stack: StackConfig::new(DOMAIN, "127.0.0.1"),
        limits: known,
    };
    let (signaling, events) = Signaling::start(config, clock.clone(), seed).await.unwrap();
    let first = 10_000 + WORLDS.fetch_add(1, SeqCst) % UDP_RANGES * UDP_PORTS_EACH;
    let loopback = "127.0.0.1".parse().unwrap();
    let config = EngineConfig {
        bind: loopback,
        advertised: loopback,
        browser_udp_port: 0,
        rtp_first: first,
        rtp_last: first + UDP_PORTS_EACH - 1,
        workers: 1,
    };
    let (engine, media_events) = Engine::start(config, clock, seed).unwrap();
    (signaling, events, engine, media_events)
}

/// The switch under test.
pub struct World {
    pub exchange: Arc<Exchange>,
    pub signaling: Signaling,
    pub engine: Engine,
    pub book: Arc<Book>,
    pub news: Arc<News>,
    pub slots: Arc<Slots>,
    pub tapes: Arc<Tapes>,
    pub tenant: TenantId,
}

impl World {
    pub async fn start() -> Self {
        let (signaling, events, engine, media_events) = engines(Limits::default()).await;
        let (book, news, slots) = (Arc::new(Book::default()), Arc::new(News::default()), Arc::new(Slots::default()));
        let tapes = Arc::new(Tapes::default());
        let outside =
            Outside { directory: book.clone(), sink: news.clone(), capacity: slots.clone(), keeper: tapes.clone() };
        let exchange = Exchange::start(
            ExchangeConfig::new(DOMAIN, id(NodeId::new), [9; 32]),
            outside,
            signaling.clone(),
            events,
            engine.clone(),
            media_events,
            Arc::new(SystemClock::start()),
            Box::new(SeededEntropy::new(NUMBERS.fetch_add(1, SeqCst))),
        );
        Self { exchange, signaling, engine, book, news, slots, tapes, tenant: id(TenantId::new) }
    }

    /// A seat's SIP phone that has registered.
    pub async fn phone(&self, username: &str) -> Phone {
        let mut phone = self.idle_phone(username).await;
        phone.register(PASSWORD, 300).await.expect("registered");
        phone
    }

    /// A seat's SIP phone that is known and silent.
    pub async fn idle_phone(&self, username: &str) -> Phone {
        let principal = Principal::Device {
            tenant: self.tenant,
            seat: id(SeatId::new),
            device: id(DeviceId::new),
            kind: DeviceKind::SipPhone,
            name: username.to_owned(),
        };
        self.book.know(credential(username, principal));
        Phone::start(username, self.signaling.udp_addr()).await
    }

    /// A gateway that is known by its address.
    pub async fn gateway(&self) -> (Phone, GatewayId) {
        let phone = Phone::start("gateway", self.signaling.udp_addr()).await;
        let gateway = id(GatewayId::new);
        self.book.peer(gateway, phone.addr(), 0);
        self.reload().await;
        (phone, gateway)
    }

    /// A gateway that every call goes out through.
    pub async fn way_out(&self) -> Phone {
        let (gateway, id) = self.gateway().await;
        let (tenant, out) = (self.tenant, trunk(id, gateway.addr()));
        self.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
        gateway
    }

    /// Has the gateways read again and waits until they are.
    pub async fn reload(&self) {
        patchbay_plane::Switch::reload_gateways(&*self.exchange);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    /// Nothing is left over of any call.
    pub async fn is_clean(&self) {
        for _ in 0..100 {
            let idle = self.exchange.unkept_records() == 0
                && self.exchange.sip_legs() == 0
                && self.slots.taken() == 0
                && patchbay_plane::Switch::live(&*self.exchange, None).is_empty()
                && self.engine.stats().await.legs == 0;
            if idle {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "left over: {} records, {} SIP legs, {} slots, {} calls, {:?}",
            self.exchange.unkept_records(),
            self.exchange.sip_legs(),
            self.slots.taken(),
            patchbay_plane::Switch::live(&*self.exchange, None).len(),
            self.engine.stats().await,
        );
    }
}

/// What the directory stores of a password.
pub fn credential(username: &str, principal: Principal) -> Credential {
    let stored = StoredHa1::of(username, DOMAIN, PASSWORD);
    Credential {
        username: username.to_owned(),
        realm: DOMAIN.to_owned(),
        ha1_md5: Secret::new(stored.md5),
        ha1_sha256: Secret::new(stored.sha256),
        principal,
    }
}

/// A plan with one stage for each list of targets.
pub fn plan(world: TenantId, ask: &RouteAsk, stages: Vec<Vec<Target>>) -> RoutePlan {
    let mut plan = bare_plan(world, ask.call, stages);
    if let Source::Seat { seat, .. } = ask.source {
        plan.caller.seat = Some(seat);
    }
    plan
}

pub fn bare_plan(tenant: TenantId, call: CallId, stages: Vec<Vec<Target>>) -> RoutePlan {
    RoutePlan {
        tenant,
        call,
        direction: Direction::Outbound,
        caller: Party { number: "101".into(), name: Some("Ada".into()), seat: None },
        called: Party { number: "+14155550132".into(), name: None, seat: None },
        number: None,
        displayed: None,
        resources: vec![Resource { key: "ten:1".into(), label: "Company".into(), limit: 50 }],
        stages: stages.into_iter().map(|targets| Stage { targets }).collect(),
        placed: None,
        ring_timeout_s: 20,
        max_talk_s: 60,
        early_media: EarlyMedia::PassThrough,
        caller_gateway_port: None,
        caller_dtmf: DtmfMode::Rfc4733,
        caller_codecs: vec![Codec::Pcmu, Codec::Pcma],
        caller_srtp: SrtpMode::Off,
    }
}

/// A device with this user name.
pub fn device(username: &str) -> Target {
    Target::Device(DeviceTarget {
        seat: id(SeatId::new),
        device: id(DeviceId::new),
        username: username.to_owned(),
        kind: DeviceKind::SipPhone,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
    })
}

/// A gateway port of one channel at this address.
pub fn trunk(gateway: GatewayId, at: std::net::SocketAddr) -> TrunkTarget {
    let gateway_port = id(GatewayPortId::new);
    TrunkTarget {
        gateway,
        gateway_port,
        resource: Resource { key: format!("gwp:{gateway_port}"), label: "Line 7 of Kestrel".into(), limit: 1 },
        shared: Vec::new(),
        calls_per_second: None,
        destination: Destination::Address { host: at.ip().to_string(), udp_port: at.port(), transport: "udp".into() },
        number: "+14155550132".parse().ok(),
        request_user: "+14155550132".into(),
        user_parameters: ";tgrp=2".into(),
        from_user: "+14155550101".into(),
        from_name: Some("Ada".into()),
        from_host: None,
        headers: vec![("X-Line".into(), "7".into())],
        auth: None,
        codecs: vec![Codec::Pcma],
        dtmf: DtmfMode::Rfc4733,
        srtp: SrtpMode::Off,
        latch_within_host: true,
        answer_within_s: 3,
    }
}

pub fn line(trunk: TrunkTarget) -> Target {
    Target::Trunk(Box::new(trunk))
}
