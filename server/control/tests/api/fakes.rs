//! A switch, slots, a voice and a clock that tests turn.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use futures::future::BoxFuture;
use patchbay_codec::tone::Sine;
use patchbay_kernel::{
    CallId, Clock, DeviceId, EndCause, GatewayId, MemberId, RecordingId, SeatId, TenantId, Tick, Uuid, Wall,
};
use patchbay_plane::{
    CallOrder, Capacity, CapacityError, CaptureAsk, CaptureState, Direction, Figure, Lab, Ladder, Later, LiveCall,
    LiveState, Nearness, Neighbour, Observer, OrderAsk, ParkedCall, PlaceAsk, PlaneError, QueueBoard, RecordOrder,
    RecordingOut, Refusal, Resource, Speaker, Switch, TestCallAsk, TestVerdict, TestVerdictKind, Unobeyed,
    acd::distributor::WrapUp,
};
use patchbay_sound::{
    Recording,
    decode::Kind,
    speech::{Saying, Speech, SpeechFault, Voice},
};

const START_S: i64 = 1_764_000_000;

/// Both times by hand.
pub struct Hands(AtomicI64);

impl Default for Hands {
    fn default() -> Self {
        Self(AtomicI64::new(START_S * 1_000))
    }
}

impl Hands {
    pub fn pass_s(&self, s: i64) {
        self.pass_ms(s * 1_000);
    }
    pub fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn tick(&self) -> Tick {
        Tick::from_ms((self.0.load(Ordering::SeqCst) - START_S * 1_000).unsigned_abs())
    }
    fn wall(&self) -> Wall {
        Wall::from_unix_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Where one call is recorded to.
pub type Recorder = (CallId, RecordingId, Box<dyn RecordingOut>);

/// Holds the calls that a test puts in, and notes its orders.
#[derive(Default)]
pub struct FakeSwitch {
    pub up: Mutex<Vec<LiveCall>>,
    pub forgotten: Mutex<Vec<String>>,
    pub ended: Mutex<Vec<CallId>>,
    pub placed: Mutex<Vec<PlaceAsk>>,
    pub orders: Mutex<Vec<OrderAsk>>,
    /// Why orders are not obeyed.
    pub disobeys: Mutex<Option<Unobeyed>>,
    /// What stands in the way of placing calls.
    pub refuses: Mutex<Option<Refusal>>,
    pub peers: Mutex<Vec<(GatewayId, SocketAddr)>>,
    pub board: Mutex<QueueBoard>,
    /// What was wished of the time after a call.
    pub wrapped: Mutex<Vec<WrapUp>>,
    /// Whose queues were to be read again.
    pub queues_told: Mutex<Vec<TenantId>>,
    /// Where calls are recorded to.
    pub recorders: Mutex<Vec<Recorder>>,
    /// What is parked, and whose.
    pub parked: Mutex<Vec<(TenantId, ParkedCall)>>,
    /// Other orders about recordings.
    pub record_orders: Mutex<Vec<String>>,
    /// Test calls that were asked for.
    pub tests: Mutex<Vec<TestCallAsk>>,
    /// What comes of the next check of a number.
    comes_of_checks: Mutex<Option<TestVerdictKind>>,
}

impl FakeSwitch {
    /// What comes of the next check of a number.
    pub fn keyed(&self, what: TestVerdictKind) {
        *self.comes_of_checks.lock().unwrap() = Some(what);
    }
    /// A call of this company that talks.
    pub fn ring(&self, tenant: &str) -> CallId {
        let call = CallId::from_uuid(Uuid::from_u128(self.up.lock().unwrap().len() as u128 + 1));
        self.talks(tenant, &call.to_string());
        call
    }
    /// This call talks.
    pub fn talks(&self, tenant: &str, call: &str) {
        let call = call.parse().unwrap();
        self.up.lock().unwrap().push(LiveCall {
            call,
            tenant: tenant.parse().unwrap(),
            direction: Direction::Inbound,
            state: LiveState::Talking,
            caller: "+12125550123".into(),
            called: "+14155550100".into(),
            seat: None,
            other_seat: None,
            gateway_port: None,
            since: Wall::from_unix_ms(START_S * 1_000),
        });
    }
}

impl FakeSwitch {
    /// A gateway that speaks from this address.
    pub fn peer(&self, gateway: &str, address: &str) {
        self.peers.lock().unwrap().push((gateway.parse().unwrap(), address.parse().unwrap()));
    }
}

impl Switch for FakeSwitch {
    fn queues_changed(&self, tenant: TenantId) {
        self.queues_told.lock().unwrap().push(tenant);
    }
    fn wrap_up(&self, _: TenantId, _: MemberId, wish: WrapUp) -> Later<'_, bool> {
        self.wrapped.lock().unwrap().push(wish);
        Box::pin(async { true })
    }
    fn queue_board(&self, _: TenantId) -> Later<'_, QueueBoard> {
        let board = self.board.lock().unwrap().clone();
        Box::pin(async move { board })
    }
    fn speaker(&self, source: SocketAddr, _: &str, _: &str) -> Speaker {
        let peers = self.peers.lock().unwrap();
        let near = |address: SocketAddr| if address == source { Nearness::Exact } else { Nearness::Elsewhere };
        let neighbour = |(gateway, address): &(GatewayId, SocketAddr)| Neighbour {
            gateway: *gateway,
            gateway_port: None,
            addresses: vec![*address],
            transport: "udp",
            nearness: near(*address),
        };
        Speaker {
            found: peers.iter().find(|(_, address)| *address == source).map(|(gateway, _)| (*gateway, None)),
            neighbours: peers.iter().map(neighbour).collect(),
        }
    }
    fn hang_up(&self, tenant: TenantId, call: CallId, _: EndCause) -> Later<'_, bool> {
        let known = self.up.lock().unwrap().iter().any(|live| live.tenant == tenant && live.call == call);
        if known {
            self.ended.lock().unwrap().push(call);
        }
        Box::pin(async move { known })
    }
    fn place(&self, ask: PlaceAsk) -> Later<'_, Result<(), Refusal>> {
        let refused = self.refuses.lock().unwrap().clone();
        if refused.is_none() {
            self.placed.lock().unwrap().push(ask);
        }
        Box::pin(async move { refused.map_or(Ok(()), Err) })
    }
    fn order(&self, ask: OrderAsk) -> Later<'_, Result<Option<CallId>, Unobeyed>> {
        let no = self.disobeys.lock().unwrap().clone();
        let places = matches!(
            ask.order,
            CallOrder::Transfer(_) | CallOrder::Consult(_) | CallOrder::ToFlow(_) | CallOrder::ToQueue(_)
        );
        let placed = places.then(|| CallId::from_uuid(Uuid::from_u128(9)));
        if no.is_none() {
            if let CallOrder::Park(slot) = ask.order {
                let (slot, call, by) = (slot.unwrap_or(1), ask.call, ask.seat);
                let parked = ParkedCall { slot, call, by, number: "+14155550132".into(), name: None, at: Wall(0) };
                self.parked.lock().unwrap().push((ask.tenant, parked));
            }
            self.orders.lock().unwrap().push(ask);
        }
        Box::pin(async move { no.map_or(Ok(placed), Err) })
    }
    fn parked(&self, tenant: TenantId) -> Vec<ParkedCall> {
        self.parked.lock().unwrap().iter().filter(|(of, _)| *of == tenant).map(|(_, parked)| parked.clone()).collect()
    }
    fn pick_up(&self, tenant: TenantId, slot: u16, _: SeatId) -> Later<'_, Result<CallId, Unobeyed>> {
        let found = self.parked(tenant).into_iter().find(|parked| parked.slot == slot).map(|parked| parked.call);
        Box::pin(async move { found.ok_or(Unobeyed::NoCall) })
    }
    fn record(&self, tenant: TenantId, call: CallId, recording: RecordingId, order: RecordOrder) -> bool {
        let known = self.up.lock().unwrap().iter().any(|live| live.tenant == tenant && live.call == call);
        match order {
            _ if !known => {}
            RecordOrder::Begin(out) => self.recorders.lock().unwrap().push((call, recording, out)),
            other => self.record_orders.lock().unwrap().push(format!("{other:?}")),
        }
        known
    }
    fn live(&self, tenant: Option<TenantId>) -> Vec<LiveCall> {
        let up = self.up.lock().unwrap();
        up.iter().filter(|live| tenant.is_none_or(|tenant| live.tenant == tenant)).cloned().collect()
    }
    fn forget_device(&self, _: DeviceId, username: &str) {
        self.forgotten.lock().unwrap().push(username.to_owned());
    }
    fn forget_gateway_account(&self, username: &str) {
        self.forgotten.lock().unwrap().push(username.to_owned());
    }
    fn contacts(&self, _: &str) -> u32 {
        0
    }
    fn reload_gateways(&self) {}
    fn gateway_online(&self, _: GatewayId) -> bool {
        true
    }
    fn test_call(&self, ask: TestCallAsk) -> Later<'_, Result<TestVerdict, PlaneError>> {
        let (text, keyed) = ("Heard both ways".into(), self.comes_of_checks.lock().unwrap().take());
        let key = ask.code.as_ref().and(keyed).unwrap_or(TestVerdictKind::Ok);
        self.tests.lock().unwrap().push(ask);
        let verdict = TestVerdict { key, text, cause: None, sip_code: None, steps: Vec::new() };
        Box::pin(async { Ok(verdict) })
    }
}

/// Nothing is ever in use.
pub struct NoSlots;

impl Capacity for NoSlots {
    fn acquire<'a>(&'a self, _: CallId, _: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async { Err(CapacityError::Fenced) })
    }
    fn release<'a>(&'a self, _: CallId, _: &'a str) -> Later<'a, Result<(), CapacityError>> {
        Box::pin(async { Ok(()) })
    }
    fn release_all(&self, _: CallId) -> Later<'_, Result<(), CapacityError>> {
        Box::pin(async { Ok(()) })
    }
    fn in_use<'a>(&'a self, _: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Notes whom it rang.
#[derive(Default)]
pub struct FakeLab(pub Mutex<Vec<String>>);

impl Lab for FakeLab {
    fn ring<'a>(&'a self, number: &'a str, _: &'a str) -> Later<'a, Result<(), PlaneError>> {
        self.0.lock().unwrap().push(number.to_owned());
        Box::pin(async { Ok(()) })
    }
    fn personas(&self) -> Vec<(String, String)> {
        vec![("talker".into(), "Talks".into())]
    }
    fn echo_number(&self) -> String {
        "+14155550199".into()
    }
}

/// What watches a node, with captures that are real.
#[derive(Default)]
pub struct Eye {
    pub captures: Mutex<patchbay_ladder::Captures>,
}

impl Observer for Eye {
    fn ladder(&self, _: CallId) -> Option<Ladder> {
        None
    }
    fn figures(&self) -> Later<'_, Vec<Figure>> {
        Box::pin(async { Vec::new() })
    }
    fn parts(&self) -> Later<'_, Vec<(String, bool)>> {
        Box::pin(async { Vec::new() })
    }
    fn capture_begin(&self, gateway: GatewayId, ask: CaptureAsk) -> bool {
        self.captures.lock().unwrap().begin(gateway, ask, Wall(0))
    }
    fn capture(&self, gateway: GatewayId) -> Option<CaptureState> {
        self.captures.lock().unwrap().state(gateway)
    }
    fn capture_file(&self, gateway: GatewayId) -> Option<Vec<u8>> {
        self.captures.lock().unwrap().file(gateway)
    }
    fn capture_end(&self, gateway: GatewayId) -> bool {
        self.captures.lock().unwrap().end(gateway, Wall(0))
    }
    fn own_hosts(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Whistles texts: a tenth of a second for each letter.
pub struct Whistler;

impl Speech for Whistler {
    fn engine(&self) -> &'static str {
        "installed"
    }
    fn voices(&self) -> Vec<Voice> {
        vec![Voice { name: "low".into(), language: "en".into() }]
    }
    fn speak<'a>(&'a self, saying: &'a Saying) -> BoxFuture<'a, Result<Recording, SpeechFault>> {
        Box::pin(async move {
            if saying.voice.as_deref().is_some_and(|voice| voice != "low") {
                return Err(SpeechFault::Unknown);
            }
            let mut samples = vec![0; saying.text.chars().count() * 800];
            Sine::new(600, -30.0).fill(&mut samples);
            let samples = samples.into_iter().map(|it| f32::from(it) / 32_767.0).collect();
            Ok(Recording { kind: Kind::Wav, rate: 8_000, samples })
        })
    }
}
