//! What the tests of this folder stand on: the whole API over a real database, two companies, an operator, a switch that
//! notes its orders, and a clock that a test turns.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use kernel::{
    CallId, Clock, DeviceId, EndCause, Entropy, GatewayId, MemberId, OperatorId, RecordingId, SeededEntropy, SessionId,
    TenantId, Tick, UserId, Wall,
};
use patchbay_kernel as kernel;
use patchbay_plane::{
    Capacity, CapacityError, Later, LiveCall, OrderAsk, PlaceAsk, PlaneError, RecordOrder, Refusal, Resource, Switch,
    TestCallAsk, TestStep, TestVerdict, TestVerdictKind, Unobeyed,
};
use patchbay_tenancy::{
    Actor, Database, DatabaseSettings, Origin, Sealer, Stamp,
    system::{operator_account, session, tenant, user_account},
};
use patchbay_testkit::postgres::{SqliteFile, postgres, sqlite};
use sea_orm::ActiveValue::Set;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Control, ControlParts, Feed, LabSlot, LimitSettings, Settings, SwitchSlot, people::row::member};

const START_MS: i64 = 1_764_000_000_000;

/// A clock that tests turn.
pub(super) struct Hands(AtomicI64);

impl Clock for Hands {
    fn tick(&self) -> Tick {
        Tick::from_ms((self.wall().unix_ms() - START_MS).unsigned_abs())
    }
    fn wall(&self) -> Wall {
        Wall::from_unix_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Notes what it is told; its test calls hear themselves.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) reloads: AtomicUsize,
    pub(super) forgotten: Mutex<Vec<String>>,
    pub(super) tests: Mutex<Vec<TestCallAsk>>,
    pub(super) live: Mutex<Vec<LiveCall>>,
}

impl Switch for Notes {
    fn hang_up(&self, _: TenantId, _: CallId, _: EndCause) -> Later<'_, bool> {
        Box::pin(async { false })
    }
    fn place(&self, _: PlaceAsk) -> Later<'_, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }
    fn order(&self, _: OrderAsk) -> Later<'_, Result<Option<CallId>, Unobeyed>> {
        Box::pin(async { Err(Unobeyed::NoCall) })
    }
    fn record(&self, _: TenantId, _: CallId, _: RecordingId, _: RecordOrder) -> bool {
        false
    }
    fn live(&self, tenant: Option<TenantId>) -> Vec<LiveCall> {
        let calls = self.live.lock().unwrap();
        calls.iter().filter(|call| tenant.is_none_or(|tenant| call.tenant == tenant)).cloned().collect()
    }
    fn forget_device(&self, _: DeviceId, _: &str) {}
    fn forget_gateway_account(&self, username: &str) {
        self.forgotten.lock().unwrap().push(username.to_owned());
    }
    fn contacts(&self, _: &str) -> u32 {
        0
    }
    fn reload_gateways(&self) {
        self.reloads.fetch_add(1, Ordering::SeqCst);
    }
    fn gateway_online(&self, _: GatewayId) -> bool {
        true
    }
    fn test_call(&self, ask: TestCallAsk) -> Later<'_, Result<TestVerdict, PlaneError>> {
        self.tests.lock().unwrap().push(ask);
        let steps = vec![TestStep { key: "answered".into(), ok: true, ms: 20, text: "Answered".into() }];
        let verdict = TestVerdict {
            key: TestVerdictKind::Ok,
            text: "Heard both ways".into(),
            cause: None,
            sip_code: Some(200),
            steps,
        };
        Box::pin(async { Ok(verdict) })
    }
}

/// Slots in use that a test sets by hand.
#[derive(Default)]
pub(super) struct Slots(pub(super) Mutex<Vec<(String, u32, CallId)>>);

impl Capacity for Slots {
    fn acquire<'a>(&'a self, _: CallId, _: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async { Err(CapacityError::Fenced) })
    }
    fn release<'a>(&'a self, _: CallId, _: &'a str) -> Later<'a, Result<(), CapacityError>> {
        Box::pin(async { Ok(()) })
    }
    fn release_all(&self, _: CallId) -> Later<'_, Result<(), CapacityError>> {
        Box::pin(async { Ok(()) })
    }
    fn in_use<'a>(&'a self, key: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        let all = self.0.lock().unwrap();
        let found = all.iter().filter(|(of, ..)| of == key).map(|(_, slot, call)| (*slot, *call)).collect();
        Box::pin(async { Ok(found) })
    }
}

/// Whom a request is from.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Nobody,
    Operator,
    Owner(Company),
    Agent(Company),
}

/// One of the two companies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Company {
    One,
    Two,
}

struct Person {
    user: UserId,
    tenant: TenantId,
    session: SessionId,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
    pub(super) text: String,
    pub(super) replayed: bool,
}

impl Answer {
    /// The status and, of a problem, its code.
    pub(super) fn told(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or(""))
    }
    #[track_caller]
    pub(super) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json
    }
}

pub(super) struct Rig {
    pub(super) control: Control,
    pub(super) database: Database,
    pub(super) switch: Arc<Notes>,
    pub(super) slots: Arc<Slots>,
    pub(super) sealer: Arc<Sealer>,
    clock: Arc<Hands>,
    owners: [Person; 2],
    agents: [Person; 2],
    operator: (OperatorId, SessionId),
    _file: Option<SqliteFile>,
}

/// Run a test on SQLite and, where it is installed, on PostgreSQL.
pub(super) async fn on_both<F: Future<Output = ()>>(test: impl Fn(Rig) -> F) {
    let file = sqlite().await;
    test(Rig::start(&file.url(), Some(file)).await).await;
    if let Some(cluster) = postgres() {
        test(Rig::start(&cluster.database().await, None).await).await;
    }
}

fn chance() -> Box<dyn Entropy> {
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(SeededEntropy::new(SEED.fetch_add(1, Ordering::SeqCst)))
}

impl Rig {
    async fn start(url: &str, file: Option<SqliteFile>) -> Self {
        let database = Database::open(&DatabaseSettings::new(url)).await.unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(START_MS)));
        let (switch, slots) = (Arc::new(Notes::default()), Arc::new(Slots::default()));
        let slot: SwitchSlot = Arc::new(OnceLock::new());
        assert!(slot.set(Arc::clone(&switch) as Arc<dyn Switch>).is_ok());
        let sealer = Arc::new(Sealer::new(&[7; 32]));
        let parts = ControlParts {
            database: database.clone(),
            sealer: Arc::clone(&sealer),
            switch: slot,
            lab: LabSlot::default(),
            capacity: Arc::clone(&slots) as Arc<dyn Capacity>,
            feed: Feed::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            blobs: Arc::new(patchbay_sound::Folder::new(std::env::temp_dir().join("patchbay-no-sounds"))),
            speech: Arc::new(patchbay_sound::speech::Installed::new()),
            entropy: Arc::new(chance),
            mail: None,
            settings: settings(),
        };
        let control = Control::start(parts).await.unwrap();
        let mut people = Vec::new();
        for company in ["One", "Two"] {
            people.push(company_with_people(&database, company).await);
        }
        let [(owner_one, agent_one), (owner_two, agent_two)] = people.try_into().ok().unwrap();
        let operator = operator(&database).await;
        let (owners, agents) = ([owner_one, owner_two], [agent_one, agent_two]);
        Self { control, database, switch, slots, sealer, clock, owners, agents, operator, _file: file }
    }

    /// Let days pass.
    pub(super) fn pass_days(&self, days: i64) {
        self.clock.0.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }

    pub(super) fn tenant(&self, company: Company) -> TenantId {
        self.owners[company as usize].tenant
    }

    /// A stamp of the platform itself.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp::system(self.clock.wall(), chance())
    }

    /// What the owner of a company would write with.
    pub(super) fn owner_stamp(&self, company: Company) -> Stamp {
        Stamp {
            now: self.clock.wall(),
            chance: chance(),
            actor: Actor::User(self.owners[company as usize].user),
            origin: Origin::default(),
        }
    }

    fn token(&self, who: Who) -> Option<String> {
        let (keys, now) = (&self.control.app.keys, self.clock.wall());
        let person = match who {
            Who::Nobody => return None,
            Who::Operator => return Some(keys.sign_operator(self.operator.0, self.operator.1, now).unwrap()),
            Who::Owner(company) => &self.owners[company as usize],
            Who::Agent(company) => &self.agents[company as usize],
        };
        Some(keys.sign_user(person.user, person.tenant, person.session, now).unwrap())
    }

    /// One request through the whole router.
    pub(super) async fn ask(&self, who: Who, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.ask_once(who, method, path, body, None).await
    }

    /// The same with an `Idempotency-Key`.
    pub(super) async fn ask_once(
        &self,
        who: Who,
        method: &str,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = self.token(who) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.control.router().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, replayed) = (response.status(), response.headers().contains_key("idempotency-replayed"));
        let bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}: {text}");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: status.as_u16(), json, text, replayed }
    }
}

fn settings() -> Settings {
    Settings {
        name: "Test".into(),
        version: "0".into(),
        public_url: "http://localhost".into(),
        demo: false,
        sip_domain: "sip.example.com".into(),
        sip_registrar: "sip.example.com:5060".into(),
        sip_transports: vec!["udp".into()],
        trusted_proxies: Vec::new(),
        limits: LimitSettings::default(),
        seats_most: 500,
        private_webhooks: false,
        private: false,
    }
}

async fn company_with_people(database: &Database, name: &str) -> (Person, Person) {
    let tx = database.system().begin(Stamp::system(Wall::from_unix_ms(START_MS), chance())).await.unwrap();
    let tenant = TenantId::from_uuid(tx.new_id());
    let row = tenant::ActiveModel {
        id: Set(tenant.uuid()),
        name: Set(name.into()),
        realm: Set(format!("{}.example.com", name.to_lowercase())),
        country: Set("US".into()),
        timezone: Set("America/New_York".into()),
        locale: Set("en".into()),
        state: Set("active".into()),
        require_second_factor: Set(false),
        max_calls: Set(30),
        created_at: Set(tx.at()),
    };
    tx.insert(row).await.unwrap();
    let mut people = Vec::new();
    for role in ["owner", "agent"] {
        let (user, session) = (UserId::from_uuid(tx.new_id()), SessionId::from_uuid(tx.new_id()));
        let row = user_account::ActiveModel {
            id: Set(user.uuid()),
            email: Set(format!("{role}@{}.example.com", name.to_lowercase())),
            name: Set(role.into()),
            password_hash: Set("none".into()),
            email_verified_at: Set(Some(tx.at())),
            locale: Set("en".into()),
            created_at: Set(tx.at()),
        };
        tx.insert(row).await.unwrap();
        tx.insert(session_row(session, Some(user), None, Some(tenant), tx.at())).await.unwrap();
        people.push((role, Person { user, tenant, session }));
    }
    let tx = tx.enter(tenant).await.unwrap();
    for (role, person) in &people {
        let row = member::ActiveModel {
            id: Set(MemberId::from_uuid(tx.new_id()).uuid()),
            user_id: Set(person.user.uuid()),
            role: Set((*role).into()),
            state: Set("active".into()),
            created_at: Set(tx.at()),
            last_seen_at: Set(None),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let [(_, owner), (_, agent)] = people.try_into().ok().unwrap();
    (owner, agent)
}

async fn operator(database: &Database) -> (OperatorId, SessionId) {
    let tx = database.system().begin(Stamp::system(Wall::from_unix_ms(START_MS), chance())).await.unwrap();
    let (operator, session) = (OperatorId::from_uuid(tx.new_id()), SessionId::from_uuid(tx.new_id()));
    let row = operator_account::ActiveModel {
        id: Set(operator.uuid()),
        email: Set("operator@example.com".into()),
        password_hash: Set("none".into()),
        must_change_password: Set(false),
        created_at: Set(tx.at()),
    };
    tx.insert(row).await.unwrap();
    tx.insert(session_row(session, None, Some(operator), None, tx.at())).await.unwrap();
    tx.commit().await.unwrap();
    (operator, session)
}

fn session_row(
    id: SessionId,
    user: Option<UserId>,
    operator: Option<OperatorId>,
    tenant: Option<TenantId>,
    at: time::OffsetDateTime,
) -> session::ActiveModel {
    session::ActiveModel {
        id: Set(id.uuid()),
        realm: Set(if user.is_some() { "tenant" } else { "operator" }.into()),
        user_id: Set(user.map(UserId::uuid)),
        operator_id: Set(operator.map(OperatorId::uuid)),
        tenant_id: Set(tenant.map(TenantId::uuid)),
        user_agent: Set(None),
        created_at: Set(at),
        last_used_at: Set(at),
        sso_tenant_id: Set(None),
        revoked_at: Set(None),
    }
}
