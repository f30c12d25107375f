//! The whole API over a real database: an operator with stock, two companies with one of everything.

use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, header},
};
use patchbay_control::{
    Control, ControlParts, Feed, LimitSettings, MailSettings, Settings,
    agents::row::agent_state,
    calls::row::call,
    kit::app::EntropyFactory,
    operator::{FirstPassword, bootstrap},
    queues::row::queue_visit,
};
use patchbay_kernel::{CallId, MemberId, NodeId, QueueId, SeatId, SeededEntropy, TenantId};
use patchbay_tenancy::{Database, DatabaseSettings, Sealer, Stamp, job::NewJob};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    announcing::announced,
    fakes::{FakeLab, FakeSwitch, Hands, NoSlots},
};

pub const PASSWORD: &str = "plain but long enough";
pub const OPERATOR: &str = "operator@example.com";
pub const DOMAIN: &str = "sip.example.com";

/// Runs each case twice, on a fresh database each.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let file = patchbay_testkit::sqlite().await;
                super::$case(crate::rig::Rig::new(&file.url()).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(cluster) = patchbay_testkit::postgres() else { return };
                let url = cluster.database().await;
                super::$case(crate::rig::Rig::new(&url).await).await;
            })*
        }
    };
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
    pub text: String,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("{} {}", self.status, self.text)).to_owned()
    }
    /// The value of the cookie that was set.
    pub fn cookie(&self) -> String {
        let line = self.headers[header::SET_COOKIE].to_str().unwrap();
        line.split(';').next().unwrap().to_owned()
    }
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

pub struct Rig {
    pub control: Control,
    pub router: Router,
    pub db: Database,
    pub clock: Arc<Hands>,
    pub switch: Arc<FakeSwitch>,
    pub lab: Arc<FakeLab>,
    pub feed: Feed,
    pub operator_password: String,
    /// Where the store is.
    pub url: String,
    /// Where chance goes on from.
    pub seed: Arc<AtomicU64>,
}

/// Another one each time, counted from what `seed` says.
fn entropy(seed: &Arc<AtomicU64>) -> EntropyFactory {
    let seed = seed.clone();
    Arc::new(move || Box::new(SeededEntropy::new(seed.fetch_add(1, Ordering::Relaxed))))
}

/// A folder for the sounds of one rig: companies of two rigs may have the same ids.
fn sounds() -> patchbay_sound::Folder {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("patchbay-api-sounds-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    patchbay_sound::Folder::new(std::env::temp_dir().join(name))
}

fn parts(
    db: &Database,
    (clock, seed): (&Arc<Hands>, &Arc<AtomicU64>),
    (switch, lab): (Arc<FakeSwitch>, Arc<FakeLab>),
    feed: &Feed,
    mail: Option<MailSettings>,
    settings: Settings,
) -> ControlParts {
    ControlParts {
        database: db.clone(),
        sealer: Arc::new(Sealer::new(&[7; 32])),
        switch: Arc::new(OnceLock::from(switch as Arc<dyn patchbay_plane::Switch>)),
        lab: Arc::new(OnceLock::from(lab as Arc<dyn patchbay_plane::Lab>)),
        capacity: Arc::new(NoSlots),
        feed: feed.clone(),
        clock: clock.clone(),
        blobs: Arc::new(sounds()),
        speech: Arc::new(crate::fakes::Whistler),
        entropy: entropy(seed),
        mail,
        settings,
    }
}

impl Rig {
    pub async fn new(url: &str) -> Self {
        let many = std::num::NonZeroU32::new(100_000).unwrap();
        let limits = LimitSettings {
            sign_in_per_source: many,
            sign_in_per_account: many,
            sign_up_per_source: many,
            link_per_source: many,
            refresh_per_source: many,
            program: many,
            company_programs: many,
        };
        Self::with(url, limits, FirstPassword::Keeps).await
    }

    pub async fn with(url: &str, limits: LimitSettings, first: FirstPassword) -> Self {
        Self::made(url, limits, first, None, false).await
    }

    /// One company's own.
    pub async fn private(url: &str) -> Self {
        Self::made(url, LimitSettings::default(), FirstPassword::Keeps, None, true).await
    }

    /// One that mails through this SMTP server.
    pub async fn mailing(url: &str, smtp: String) -> Self {
        let mail = MailSettings { url: smtp, from: "Patchbay <no-reply@example.com>".into() };
        Self::made(url, LimitSettings::default(), FirstPassword::Keeps, Some(mail), false).await
    }

    /// Another process on the same store, whose webhooks may not go to addresses inside.
    pub async fn strict(&self) -> Control {
        let settings = Settings { private_webhooks: false, ..self.control.app().settings.clone() };
        let (switch, lab) = (self.switch.clone(), self.lab.clone());
        Control::start(parts(&self.db, (&self.clock, &self.seed), (switch, lab), &self.feed, None, settings))
            .await
            .unwrap()
    }

    async fn made(
        url: &str,
        limits: LimitSettings,
        first: FirstPassword,
        mail: Option<MailSettings>,
        private: bool,
    ) -> Self {
        let db = Database::open(&DatabaseSettings::new(url)).await.unwrap();
        let (clock, switch, lab) =
            (Arc::new(Hands::default()), Arc::new(FakeSwitch::default()), Arc::new(FakeLab::default()));
        let feed = Feed::default();
        let settings = Settings {
            name: "Patchbay".into(),
            version: "0".into(),
            public_url: "https://calls.example.com".into(),
            demo: true,
            sip_domain: DOMAIN.into(),
            sip_registrar: "sip.example.com:5060".into(),
            sip_transports: vec!["udp".into()],
            trusted_proxies: Vec::new(),
            limits,
            seats_most: 50,
            private_webhooks: true,
            private,
        };
        let seed = Arc::new(AtomicU64::new(1));
        let parts = parts(&db, (&clock, &seed), (switch.clone(), lab.clone()), &feed, mail, settings);
        let control = Control::start(parts).await.unwrap();
        let secret = bootstrap(&control, OPERATOR, first).await.unwrap().unwrap();
        assert!(bootstrap(&control, OPERATOR, first).await.unwrap().is_none(), "only once");
        let (router, operator_password) = (control.router(), secret.into_inner());
        Self { control, router, db, clock, switch, lab, feed, operator_password, url: url.to_owned(), seed }
    }

    /// One request. `token` is a bearer, `more` are headers.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        self.send_from("0.0.0.0", method, path, token, body, more).await
    }
    /// The same from this address.
    pub async fn send_from(
        &self,
        address: &str,
        method: &str,
        path: &str,
        token: &str,
        body: Option<Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        let peer = SocketAddr::new(address.parse().unwrap(), 4_000);
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = match body {
            None => Body::empty(),
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
        };
        let mut events = self.db.feed();
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if (200..300).contains(&status) && !headers.contains_key("idempotency-replayed") {
            announced(method, path, &mut events);
        }
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        // A sound is no text.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, token, None, &[]).await
    }
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send("POST", path, token, Some(body), &[]).await
    }
    pub async fn patch(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send("PATCH", path, token, Some(body), &[]).await
    }
    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send("DELETE", path, token, None, &[]).await
    }

    /// A file of comma-separated values.
    pub async fn file(&self, path: &str, token: &str, text: &str) -> Answer {
        self.file_by("POST", path, token, text).await
    }
    /// The same with another method.
    pub async fn file_by(&self, method: &str, path: &str, token: &str, text: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "text/csv");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(Body::from(text.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
    /// A sound, sent as `kind`.
    pub async fn sound(&self, path: &str, token: &str, kind: &str, bytes: Vec<u8>) -> Answer {
        let request = Request::builder().method("PUT").uri(path).header(header::CONTENT_TYPE, kind);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let mut events = self.db.feed();
        let response = self.router.clone().oneshot(request.body(Body::from(bytes)).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        if status < 300 {
            announced("PUT", path, &mut events);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
    /// What a path gives, as bytes.
    pub async fn bytes(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, String, Vec<u8>) {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        (status, kind, axum::body::to_bytes(response.into_body(), 1 << 25).await.unwrap().to_vec())
    }
    /// A part of what a link gives.
    pub async fn part(&self, path: &str, range: &str) -> (u16, Vec<u8>) {
        let request = Request::builder().uri(path).header(header::RANGE, range).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), 1 << 25).await.unwrap().to_vec())
    }
    /// A job that was given up.
    pub async fn dead_job(&self) -> String {
        let tx = self.db.system().begin(self.stamp()).await.unwrap();
        let job = NewJob {
            queue: "mail".into(),
            kind: "mail.invitation".into(),
            payload: json!({ "link": "sealed canary" }),
            run_at: tx.now(),
            max_attempts: 1,
            dedupe_key: None,
        };
        let id = tx.enqueue(job).await.unwrap();
        tx.commit().await.unwrap();
        let tx = self.db.system().begin(self.stamp()).await.unwrap();
        let taken = tx.claim_jobs("mail", "worker", 99, 60).await.unwrap();
        for job in taken {
            tx.fail_job(job.id, "worker", "no such mailbox", tx.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        id.to_string()
    }

    /// A new company; the answer is its owner's session.
    pub async fn sign_up(&self, name: &str) -> Answer {
        let email = format!("owner@{}.example.com", name.to_lowercase());
        let body = json!({ "company": name, "name": "Olga Owner", "email": email, "password": PASSWORD });
        self.post("/v1/sign-up", "", body).await.is(201)
    }
    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/sign-in", "", json!({ "email": email, "password": password })).await
    }
    pub async fn operator(&self) -> String {
        let body = json!({ "email": OPERATOR, "password": self.operator_password });
        token(&self.post("/v1/operator/sign-in", "", body).await.is(200))
    }
    /// Invites somebody as `role` and lets them join; the answer is their session.
    pub async fn join(&self, owner: &str, email: &str, role: &str) -> Answer {
        let made = self.post("/v1/invitations", owner, json!({ "email": email, "role": role })).await.is(201);
        let link = made.json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
        let path = format!("/v1/invitations/by-token/accept?token={link}");
        self.post(&path, "", json!({ "name": "Mia Member", "password": PASSWORD })).await.is(200)
    }
    /// A call in the log of a company.
    pub async fn call(&self, tenant: &str, seat: Option<&str>) -> String {
        let tenant: TenantId = tenant.parse().unwrap();
        let mut tx = self.db.tenant(tenant, self.stamp()).await.unwrap();
        let id = CallId::from_uuid(tx.new_id());
        let row = call::ActiveModel {
            id: Set(id.uuid()),
            direction: Set("inbound".into()),
            caller: Set("+12125550123".into()),
            called: Set("+14155550100".into()),
            seat_id: Set(seat.map(|seat| seat.parse::<SeatId>().unwrap().uuid())),
            state: Set("ended".into()),
            started_at: Set(tx.at()),
            answered_at: Set(Some(tx.now().plus_s(6).to_offset())),
            ended_at: Set(Some(tx.now().plus_s(78).to_offset())),
            talk_ms: Set(72_000),
            cause: Set(Some("caller_hung_up".into())),
            blame: Set(Some("caller".into())),
            node_id: Set(NodeId::from_uuid(tx.new_id()).uuid()),
            node_epoch: Set(1),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        let (began, over) = ("2025-11-24T16:00:00Z", "2025-11-24T16:01:18Z");
        let body = json!({ "direction": "inbound", "caller": "+12125550123", "called": "+14155550100", "seat": seat,
            "started_at": began, "ended_at": over, "talk_ms": 72_000, "cause": "caller_hung_up", "blame": "caller" });
        tx.happened("call.ended", "call", &id.to_string(), body).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }
    /// A call of this queue that somebody has talked on and writes up now.
    pub async fn writes_up(&self, tenant: &str, member: &str, queue: &str) -> String {
        let call = self.call(tenant, None).await;
        let member = member.parse::<MemberId>().unwrap().uuid();
        let tx = self.db.tenant(tenant.parse().unwrap(), self.stamp()).await.unwrap();
        let id = call.parse::<CallId>().unwrap().uuid();
        let mut row = tx.find::<agent_state::Entity>(member).await.unwrap().unwrap().into_active_model();
        row.state = Set("wrap_up".into());
        row.call_id = Set(Some(id));
        row.until = Set(Some(tx.now().plus_s(30).to_offset()));
        tx.update(row).await.unwrap();
        let stay = queue_visit::ActiveModel {
            id: Set(tx.new_id()),
            call_id: Set(id),
            queue_id: Set(queue.parse::<QueueId>().unwrap().uuid()),
            queue_name: Set("Sales".into()),
            caller: Set("+12125550123".into()),
            entered_at: Set(tx.at()),
            left_at: Set(tx.at()),
            waited_ms: Set(4_000),
            level_s: Set(20),
            outcome: Set("answered".into()),
            member_id: Set(Some(member)),
            turns: Set(json!([])),
            turns_lost: Set(0),
            ..Default::default()
        };
        tx.insert(stay).await.unwrap();
        tx.commit().await.unwrap();
        call
    }
    pub fn stamp(&self) -> Stamp {
        Stamp::system(self.control.app().now(), self.control.app().chance())
    }
}

pub fn token(session: &Answer) -> String {
    session.json["access_token"].as_str().unwrap_or_else(|| panic!("{}", session.text)).to_owned()
}
