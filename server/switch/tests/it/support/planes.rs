//! The control plane's side of the traits, in memory.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use patchbay_ivr::{
    Heard,
    io::{Answer, Request},
};
use patchbay_kernel::{
    CallId, CallbackId, DeviceId, EndCause, FlowId, GatewayId, QueueId, RecordingId, SeatId, TenantId,
};
use patchbay_plane::{
    CallEvent, CallRecord, CallStarted, CallbackStep, Capacity, CapacityError, ContactState, Credential, Directory,
    FlowTarget, GatewayPeer, GatewayState, HeldRegistration, KeepAsk, Keeper, Kept, Later, LimitHit, MessageAsk,
    PlaceAsk, PlaneError, QueueFloor, QueueNews, RecordingEnd, RecordingFault, RecordingOut, Refusal, Resource,
    RingAsk, RouteAsk, RoutePlan, Samples, Sink, Stage, TestCallAsk, Waiting,
};

type Placer = Box<dyn Fn(&PlaceAsk) -> Result<RoutePlan, Refusal> + Send>;
type Ringer = Box<dyn Fn(&RingAsk) -> Result<Vec<Stage>, Refusal> + Send>;
type Router = Box<dyn Fn(&RouteAsk) -> Result<RoutePlan, Refusal> + Send>;

/// What the directory knows.
#[derive(Default)]
pub struct Book {
    users: Mutex<HashMap<String, Credential>>,
    router: Mutex<Option<Router>>,
    placer: Mutex<Option<Placer>>,
    peers: Mutex<Vec<GatewayPeer>>,
    pub held: Mutex<Vec<HeldRegistration>>,
    pub asked: Mutex<Vec<RouteAsk>>,
    pub test_plan: Mutex<Option<RoutePlan>>,
    ringer: Mutex<Option<Ringer>>,
    /// Flows that are live.
    pub flows: Mutex<HashMap<FlowId, FlowTarget>>,
    /// What flows asked servers of the company.
    pub fetched: Mutex<Vec<Request>>,
    /// What callers of flows hear.
    pub sounds: Mutex<HashMap<Heard, Samples>>,
    pub stuck: AtomicBool,
    /// Queues and their people.
    pub floor: Mutex<QueueFloor>,
    /// How calls back went on.
    pub steps: Mutex<Vec<(CallbackId, CallbackStep)>>,
    /// Messages that wait, for whichever seat.
    pub waiting: Mutex<Waiting>,
    /// Routes are told this late.
    pub late: Mutex<Duration>,
}

impl Book {
    pub fn know(&self, credential: Credential) {
        self.users.lock().unwrap().insert(credential.username.clone(), credential);
    }

    pub fn credential_of(&self, username: &str) -> Credential {
        self.users.lock().unwrap()[username].clone()
    }

    pub fn route_by(&self, router: impl Fn(&RouteAsk) -> Result<RoutePlan, Refusal> + Send + 'static) {
        *self.router.lock().unwrap() = Some(Box::new(router));
    }

    pub fn place_by(&self, placer: impl Fn(&PlaceAsk) -> Result<RoutePlan, Refusal> + Send + 'static) {
        *self.placer.lock().unwrap() = Some(Box::new(placer));
    }

    pub fn ring_by(&self, ringer: impl Fn(&RingAsk) -> Result<Vec<Stage>, Refusal> + Send + 'static) {
        *self.ringer.lock().unwrap() = Some(Box::new(ringer));
    }

    pub fn peer(&self, gateway: GatewayId, at: SocketAddr, probe_every_s: u32) {
        self.peers.lock().unwrap().push(GatewayPeer {
            gateway,
            host: at.ip().to_string(),
            udp_port: at.port(),
            transport: "udp".into(),
            trusted_by_address: true,
            probe_every_s,
            of_company: false,
        });
    }
}

impl Directory for Book {
    fn callback_step(&self, _: TenantId, id: CallbackId, step: CallbackStep) -> Later<'_, Result<bool, PlaneError>> {
        self.steps.lock().unwrap().push((id, step));
        // As the store does: what failed is due later, what was reached never again.
        if matches!(step, CallbackStep::Reached { .. } | CallbackStep::Failed { .. } | CallbackStep::Calling { .. }) {
            self.floor.lock().unwrap().callbacks.retain(|one| one.id != id);
        }
        Box::pin(async { Ok(true) })
    }
    fn waiting(&self, _: TenantId, _: SeatId) -> Later<'_, Result<Waiting, PlaneError>> {
        let waiting = *self.waiting.lock().unwrap();
        Box::pin(async move { Ok(waiting) })
    }
    fn route(&self, ask: RouteAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        Box::pin(async move {
            if self.stuck.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            let late = *self.late.lock().unwrap();
            tokio::time::sleep(late).await;
            self.asked.lock().unwrap().push(ask.clone());
            match &*self.router.lock().unwrap() {
                Some(router) => router(&ask),
                None => Err(Refusal { cause: EndCause::NotFound, tenant: None, text: "no such number".into() }),
            }
        })
    }
    fn credential<'a>(&'a self, username: &'a str) -> Later<'a, Result<Option<Credential>, PlaneError>> {
        let found = self.users.lock().unwrap().get(username).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn device(&self, _: TenantId, _: DeviceId) -> Later<'_, Result<Option<Credential>, PlaneError>> {
        Box::pin(async { Ok(None) })
    }
    fn peers(&self) -> Later<'_, Result<Vec<GatewayPeer>, PlaneError>> {
        let peers = self.peers.lock().unwrap().clone();
        Box::pin(async move { Ok(peers) })
    }
    fn held_registrations(&self) -> Later<'_, Result<Vec<HeldRegistration>, PlaneError>> {
        let held = self.held.lock().unwrap().clone();
        Box::pin(async move { Ok(held) })
    }
    fn place_plan(&self, ask: PlaceAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        let plan = self.placer.lock().unwrap().as_ref().expect("a test says how")(&ask);
        Box::pin(async move { plan })
    }
    fn ring_plan(&self, ask: RingAsk) -> Later<'_, Result<Vec<Stage>, Refusal>> {
        let found = self.ringer.lock().unwrap().as_ref().expect("a test says who")(&ask);
        Box::pin(async move { found })
    }
    fn flow(&self, tenant: TenantId, flow: FlowId) -> Later<'_, Result<FlowTarget, Refusal>> {
        let found = self.flows.lock().unwrap().get(&flow).cloned();
        let none = Refusal { cause: EndCause::NotFound, tenant: Some(tenant), text: "There is no such flow".into() };
        Box::pin(async move { found.ok_or(none) })
    }
    fn queue(&self, tenant: TenantId, _: QueueId) -> Later<'_, Result<FlowTarget, Refusal>> {
        let none = Refusal { cause: EndCause::NotFound, tenant: Some(tenant), text: "There is no such queue".into() };
        Box::pin(async move { Err(none) })
    }
    fn fetch(&self, _: TenantId, request: Request) -> Later<'_, Answer> {
        self.fetched.lock().unwrap().push(request);
        Box::pin(async { Answer { status: Some(200), body: r#"{"vip": "yes"}"#.into() } })
    }
    fn sound<'a>(&'a self, _: TenantId, heard: &'a Heard) -> Later<'a, Result<Option<Samples>, PlaneError>> {
        let found = self.sounds.lock().unwrap().get(heard).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn queue_floor(&self, _: TenantId) -> Later<'_, Result<QueueFloor, PlaneError>> {
        let floor = self.floor.lock().unwrap().clone();
        Box::pin(async move { Ok(floor) })
    }
    fn test_plan(&self, _: TestCallAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        let plan = self.test_plan.lock().unwrap().clone();
        Box::pin(async move {
            plan.ok_or_else(|| Refusal { cause: EndCause::NotFound, tenant: None, text: "no such gateway port".into() })
        })
    }
}

/// What the switch told.
#[derive(Default)]
pub struct News {
    pub started: Mutex<Vec<CallStarted>>,
    pub records: Mutex<Vec<CallRecord>>,
    pub events: Mutex<Vec<CallEvent>>,
    pub contacts: Mutex<Vec<ContactState>>,
    pub gateways: Mutex<Vec<(GatewayId, GatewayState)>>,
    pub queues: Mutex<Vec<QueueNews>>,
    /// So many hand-overs of records fail.
    pub refuse_records: AtomicUsize,
    pub refuse_starts: AtomicBool,
    /// Starts are never written and never refused.
    pub hang_starts: AtomicBool,
}

impl News {
    /// Waits for the records of so many calls.
    pub async fn records_of(&self, calls: usize) {
        for _ in 0..500 {
            if self.records.lock().unwrap().len() == calls {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} records of {calls} calls", self.records.lock().unwrap().len());
    }

    /// The one record, once it is there.
    pub async fn record(&self) -> CallRecord {
        for _ in 0..500 {
            let first = self.records.lock().unwrap().first().cloned();
            if let Some(record) = first {
                // A second one would be a fault, and would come soon.
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(self.records.lock().unwrap().len(), 1, "one record for one call");
                return record;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no record came");
    }

    /// Waits until the news of the queues say so.
    pub async fn queue_says(&self, what: impl Fn(&QueueNews) -> bool) {
        for _ in 0..250 {
            if self.queues.lock().unwrap().iter().any(&what) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no such news: {:?}", self.queues.lock().unwrap());
    }

    /// Waits until the news of a gateway say so.
    pub async fn gateway_says(&self, what: impl Fn(&GatewayState) -> bool) {
        for _ in 0..500 {
            if self.gateways.lock().unwrap().iter().any(|(_, state)| what(state)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no such news: {:?}", self.gateways.lock().unwrap());
    }
}

impl Sink for News {
    fn call_started<'a>(&'a self, start: &'a CallStarted) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            if self.hang_starts.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.refuse_starts.load(SeqCst) {
                return Err(PlaneError("disk full".into()));
            }
            self.started.lock().unwrap().push(start.clone());
            Ok(())
        })
    }
    fn call_event(&self, event: CallEvent) {
        self.events.lock().unwrap().push(event);
    }
    fn call_ended<'a>(&'a self, record: &'a CallRecord) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let failing = self.refuse_records.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
            if failing {
                return Err(PlaneError("database restarts".into()));
            }
            self.records.lock().unwrap().push(record.clone());
            Ok(())
        })
    }
    fn contact_state(&self, state: ContactState) {
        self.contacts.lock().unwrap().push(state);
    }
    fn gateway_state(&self, gateway: GatewayId, state: GatewayState) {
        self.gateways.lock().unwrap().push((gateway, state));
    }
    fn queue_news(&self, news: QueueNews) {
        self.queues.lock().unwrap().push(news);
    }
}

/// Slots in memory.
#[derive(Default)]
pub struct Slots {
    taken: Mutex<Vec<(String, CallId)>>,
    /// Asking for this key panics, once.
    pub poison: Mutex<Option<String>>,
    /// Slots are granted this late.
    pub late: Mutex<Duration>,
}

impl Slots {
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

impl Capacity for Slots {
    fn acquire<'a>(&'a self, call: CallId, resources: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async move {
            let late = *self.late.lock().unwrap();
            tokio::time::sleep(late).await;
            let poison = self.poison.lock().unwrap().take_if(|key| resources.iter().any(|it| it.key == **key));
            assert!(poison.is_none(), "a fault in the middle of a call");
            let mut taken = self.taken.lock().unwrap();
            for resource in resources {
                let used = taken.iter().filter(|(key, _)| *key == resource.key).count();
                if used >= resource.limit as usize {
                    return Err(LimitHit(resource.clone()).into());
                }
            }
            taken.extend(resources.iter().map(|resource| (resource.key.clone(), call)));
            Ok(vec![0; resources.len()])
        })
    }
    fn release<'a>(&'a self, call: CallId, key: &'a str) -> Later<'a, Result<(), CapacityError>> {
        self.taken.lock().unwrap().retain(|(it, of)| it != key || *of != call);
        Box::pin(async { Ok(()) })
    }
    fn release_all(&self, call: CallId) -> Later<'_, Result<(), CapacityError>> {
        self.taken.lock().unwrap().retain(|(_, of)| *of != call);
        Box::pin(async { Ok(()) })
    }
    fn in_use<'a>(&'a self, key: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        let used = self.taken.lock().unwrap().iter().filter(|(it, _)| it == key).map(|(_, call)| (0, *call)).collect();
        Box::pin(async move { Ok(used) })
    }
}

/// What was recorded of one call.
#[derive(Default)]
pub struct Tape {
    pub stereo: Mutex<Vec<i16>>,
    pub end: Mutex<Option<RecordingEnd>>,
    /// The store is full.
    pub full: AtomicBool,
}

impl Tape {
    /// Where its sound goes.
    pub fn out(self: &Arc<Self>) -> Box<dyn RecordingOut> {
        Box::new(TapeOut(Arc::clone(self)))
    }
    /// Waits for its end.
    pub async fn ended(&self) -> RecordingEnd {
        for _ in 0..300 {
            if let Some(how) = *self.end.lock().unwrap() {
                return how;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the recording has no end");
    }
}

struct TapeOut(Arc<Tape>);

impl RecordingOut for TapeOut {
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault> {
        if self.0.full.load(SeqCst) {
            return Err(RecordingFault::StoreFull);
        }
        self.0.stereo.lock().unwrap().extend(stereo);
        Ok(())
    }
    fn end(self: Box<Self>, how: RecordingEnd) {
        *self.0.end.lock().unwrap() = Some(how);
    }
}

/// Keeps what a test wants kept.
#[derive(Default)]
pub struct Tapes {
    /// What is given out next.
    pub next: Mutex<Option<(RecordingId, Arc<Tape>)>>,
    pub asked: Mutex<Vec<KeepAsk>>,
    /// What the next message is kept on.
    pub box_of: Mutex<Option<(RecordingId, Arc<Tape>)>>,
    pub messages: Mutex<Vec<MessageAsk>>,
}

impl Keeper for Tapes {
    fn message(&self, ask: MessageAsk) -> Later<'_, Result<Option<Kept>, PlaneError>> {
        self.messages.lock().unwrap().push(ask);
        let next = self.box_of.lock().unwrap().take();
        Box::pin(async move { Ok(next.map(|(id, tape)| (id, tape.out()))) })
    }
    fn keep(&self, ask: KeepAsk) -> Later<'_, Result<Option<Kept>, PlaneError>> {
        self.asked.lock().unwrap().push(ask);
        let next = self.next.lock().unwrap().take();
        Box::pin(async move { Ok(next.map(|(id, tape)| (id, tape.out()))) })
    }
}
