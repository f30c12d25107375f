//! Webhooks meet a real receiver: one that is down for hours, slow, failing, redirecting, and one whose sender is killed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_control::webhooks::courier::Courier;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    events_arrive_signed_and_in_order,
    who_may_not_see_the_events_does_not_come_by_them,
    a_secret_is_replaced_without_a_gap,
    a_receiver_that_is_down_for_hours_gets_everything_in_order,
    a_receiver_that_fails_for_days_is_switched_off_and_told,
    what_is_refused_is_set_aside,
    who_was_away_has_refused_nothing_yet,
    redirects_are_not_followed,
    a_sender_that_is_killed_leaves_its_work_to_another,
    a_slow_receiver_hurts_nobody_else,
    events_are_sent_again,
    a_paused_endpoint_waits,
    addresses_inside_are_out_of_reach,
    bad_endpoints_are_refused
);

/// What a receiver answers.
#[derive(Clone, Debug)]
pub enum Mood {
    Says(u16),
    /// 400 to this type, 204 to the rest.
    Refuses(&'static str),
    RedirectsTo(String),
    /// Takes the request and says nothing.
    Hangs,
}

#[derive(Clone, Debug)]
pub struct Got {
    id: String,
    at_s: String,
    signature: String,
    pub body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
    fn seq(&self) -> i64 {
        self.json()["data"]["seq"].as_i64().unwrap()
    }
}

#[derive(Clone)]
pub struct Receiver {
    mood: Arc<Mutex<Mood>>,
    got: Arc<Mutex<Vec<Got>>>,
    pub url: String,
}

impl Receiver {
    pub async fn start(mood: Mood) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hook?tenant=1", listener.local_addr().unwrap());
        let this = Self { mood: Arc::new(Mutex::new(mood)), got: Arc::default(), url };
        let router = Router::new().route("/hook", post(Self::take)).with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }
    async fn take(State(this): State<Self>, headers: HeaderMap, body: String) -> Response {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(text("content-type"), "application/json");
        let got = Got {
            id: text("webhook-id"),
            at_s: text("webhook-timestamp"),
            signature: text("webhook-signature"),
            body: body.clone(),
        };
        this.got.lock().unwrap().push(got);
        let mood = this.mood.lock().unwrap().clone();
        match mood {
            Mood::Says(status) => (StatusCode::from_u16(status).unwrap(), "so it is").into_response(),
            Mood::Refuses(kind) if body.contains(&format!("\"type\":\"{kind}\"")) => {
                StatusCode::BAD_REQUEST.into_response()
            }
            Mood::Refuses(_) => StatusCode::NO_CONTENT.into_response(),
            Mood::RedirectsTo(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
            Mood::Hangs => std::future::pending().await,
        }
    }
    fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
    pub fn all(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
    fn seqs(&self) -> Vec<i64> {
        self.all().iter().map(Got::seq).collect()
    }
    async fn waits_for(&self, count: usize) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while self.all().len() < count {
            assert!(tokio::time::Instant::now() < deadline, "only {} of {count}", self.all().len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A company with one endpoint that wants these types.
struct Desk {
    key: String,
    tenant: String,
    path: String,
    secret: String,
}

async fn desk(rig: &Rig, name: &str, receiver: &Receiver, kinds: &[&str]) -> Desk {
    let session = rig.sign_up(name).await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let ask = json!({ "url": receiver.url, "kinds": kinds });
    let made = rig.post("/v1/webhooks", &owner, ask).await.is(201).json;
    let path = format!("/v1/webhooks/{}", made["webhook"]["id"].as_str().unwrap());
    // A person's token would not live through the hours that pass here.
    let scopes = [
        "webhooks:read",
        "webhooks:write",
        "events:read",
        "seats:read",
        "seats:write",
        "company:read",
        "company:write",
        "calls:read",
    ];
    let key = json!({ "name": "Hours", "scopes": scopes });
    let key = rig.post("/v1/api-keys", &owner, key).await.is(201).json["secret"].as_str().unwrap().to_owned();
    Desk { key, tenant, path, secret: made["secret"].as_str().unwrap().to_owned() }
}

impl Desk {
    async fn seat(&self, rig: &Rig) -> String {
        rig.post("/v1/seats", &self.key, json!({})).await.is(201).id()
    }
    async fn seen(&self, rig: &Rig) -> Value {
        rig.get(&self.path, &self.key).await.is(200).json
    }
    async fn deliveries(&self, rig: &Rig) -> Vec<Value> {
        let page = rig.get(&format!("{}/deliveries?limit=250", self.path), &self.key).await.is(200).json;
        page["items"].as_array().unwrap().clone()
    }
    async fn detail(&self, rig: &Rig, delivery: &Value) -> Value {
        let path = format!("/v1/webhook-deliveries/{}", delivery["id"].as_str().unwrap());
        rig.get(&path, &self.key).await.is(200).json
    }
}

/// Until nothing is due, now and a second later.
pub async fn carry(rig: &Rig, courier: &Courier) {
    let mut quiet = false;
    loop {
        let errands = courier.round().await.unwrap();
        if errands.is_empty() && quiet {
            return;
        }
        quiet = errands.is_empty();
        if quiet {
            rig.clock.pass_s(1);
        }
        for errand in errands {
            errand.await.unwrap();
        }
    }
}

/// So many hours, a minute at a time.
async fn hours(rig: &Rig, courier: &Courier, hours: i64) {
    for _ in 0..hours * 20 {
        rig.clock.pass_s(180);
        carry(rig, courier).await;
    }
}

fn is_signed(got: &Got, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", got.id, got.at_s, got.body).as_bytes());
    let own = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    got.signature.split(' ').any(|one| one == own)
}

async fn events_arrive_signed_and_in_order(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(200)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*", "call.ended"]).await;
    let other = token(&rig.sign_up("Borage").await);
    let seat = desk.seat(&rig).await;
    rig.post("/v1/seats", &other, json!({})).await.is(201);
    rig.patch("/v1/company", &desk.key, json!({ "name": "Aster and Sons" })).await.is(200);
    let call = rig.call(&desk.tenant, Some(&seat)).await;
    for round in 0..60 {
        let label = json!({ "label": format!("Seat {round}") });
        rig.patch(&format!("/v1/seats/{seat}"), &desk.key, label).await.is(200);
    }
    let courier = Courier::new(rig.control.app());
    carry(&rig, &courier).await;
    let got = receiver.all();
    assert_eq!(got.len(), 62, "its own, and of those the ones it wants");
    assert!(receiver.seqs().windows(2).all(|pair| pair[0] < pair[1]), "{:?}", receiver.seqs());
    assert!(got.iter().all(|one| is_signed(one, &desk.secret)));
    assert!(!is_signed(&Got { body: format!("{} ", got[0].body), ..got[0].clone() }, &desk.secret), "a bent body");
    let (first, second) = (got[0].json(), got[1].json());
    assert_eq!((&first["type"], &first["data"]["entity_id"]), (&json!("seat.created"), &json!(seat)));
    assert_eq!((&second["type"], &second["data"]["entity_id"]), (&json!("call.ended"), &json!(call)));
    assert_eq!(first["data"]["id"], got[0].id, "the id of the event is the id of the message");
    assert_eq!(first["data"], rig.get(&format!("/v1/events/{}", got[0].id), &desk.key).await.is(200).json);
    let deliveries = desk.deliveries(&rig).await;
    assert_eq!(deliveries.len(), 62);
    assert!(deliveries.iter().all(|one| one["state"] == "taken" && one["attempts"] == 1));
    let one = deliveries.iter().find(|one| one["event"] == got[0].id.as_str()).unwrap();
    let detail = desk.detail(&rig, one).await;
    assert_eq!(detail["body"], got[0].body);
    let attempt = &detail["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["response_body"]), (&json!(200), &json!("so it is")));
    let sent: Vec<&str> =
        attempt["request_headers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(sent, ["user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"]);
    let seen = desk.seen(&rig).await;
    assert_eq!((&seen["behind"], &seen["failing_since"]), (&json!(0), &Value::Null));
}

async fn who_may_not_see_the_events_does_not_come_by_them(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(204)).await;
    let owner = token(&rig.sign_up("Aster").await);
    let made = rig.post("/v1/webhooks", &owner, json!({ "url": receiver.url, "kinds": ["call.*"] })).await.is(201).json;
    let path = format!("/v1/webhooks/{}", made["webhook"]["id"].as_str().unwrap());
    let scopes = json!({ "name": "Narrow", "scopes": ["webhooks:read", "webhooks:write", "events:read"] });
    let narrow = rig.post("/v1/api-keys", &owner, scopes).await.is(201).json["secret"].as_str().unwrap().to_owned();
    rig.patch(&path, &narrow, json!({ "url": receiver.url })).await.is(403);
    rig.post(&format!("{path}/rotate"), &narrow, json!({})).await.is(403);
    rig.post(&format!("{path}/replay"), &narrow, json!({ "from_seq": 1 })).await.is(403);
    rig.patch(&path, &narrow, json!({ "state": "paused" })).await.is(200);
}

async fn a_secret_is_replaced_without_a_gap(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(204)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    let courier = Courier::new(rig.control.app());
    let rotate = format!("{}/rotate", desk.path);
    let made = rig.post(&rotate, &desk.key, json!({ "old_works_for_s": 3_600 })).await.is(201).json;
    let fresh = made["secret"].as_str().unwrap().to_owned();
    assert_eq!(made["webhook"]["secrets"].as_array().unwrap().len(), 2);
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    let got = receiver.all().pop().unwrap();
    assert!(is_signed(&got, &desk.secret) && is_signed(&got, &fresh), "{}", got.signature);
    rig.clock.pass_s(3_601);
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    let got = receiver.all().pop().unwrap();
    assert!(!is_signed(&got, &desk.secret) && is_signed(&got, &fresh));
    rig.post(&rotate, &desk.key, json!({})).await.is(201);
    let last = rig.post(&rotate, &desk.key, json!({})).await.is(201).json;
    assert_eq!(last["webhook"]["secrets"].as_array().unwrap().len(), 2, "never three");
}

async fn a_receiver_that_is_down_for_hours_gets_everything_in_order(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(503)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    let courier = Courier::new(rig.control.app());
    for _ in 0..5 {
        desk.seat(&rig).await;
    }
    carry(&rig, &courier).await;
    hours(&rig, &courier, 6).await;
    let tries = receiver.all();
    assert!((8..30).contains(&tries.len()), "{} attempts in six hours", tries.len());
    assert!(tries.iter().all(|one| one.id == tries[0].id), "the first holds the others up");
    assert!(
        tries.windows(2).any(|pair| pair[0].at_s != pair[1].at_s)
            && tries.iter().all(|one| is_signed(one, &desk.secret))
    );
    let failing = desk.deliveries(&rig).await;
    assert_eq!((failing.len(), &failing[0]["state"]), (1, &json!("failing")));
    assert_eq!(failing[0]["last_status"], 503);
    let seen = desk.seen(&rig).await;
    assert_eq!((&seen["state"], &seen["behind"]), (&json!("active"), &json!(7)));
    assert!(seen["next_try_at"].is_string() && seen["failures"].as_i64().unwrap() as usize == tries.len());
    receiver.becomes(Mood::Says(200));
    hours(&rig, &courier, 2).await;
    let seqs = &receiver.seqs()[tries.len()..];
    assert_eq!(seqs.len(), 5, "each once: {seqs:?}");
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let deliveries = desk.deliveries(&rig).await;
    assert_eq!(deliveries.len(), 5);
    assert!(deliveries.iter().all(|one| one["state"] == "taken"));
    assert_eq!(deliveries[4]["attempts"].as_i64().unwrap() as usize, tries.len() + 1);
    assert_eq!(desk.seen(&rig).await["failing_since"], Value::Null);
}

async fn a_receiver_that_fails_for_days_is_switched_off_and_told(rig: Rig) {
    // Nobody listens there.
    let receiver = Receiver::start(Mood::Says(200)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    let gone = json!({ "url": "http://127.0.0.1:9/hook" });
    rig.patch(&desk.path, &desk.key, gone).await.is(200);
    let courier = Courier::new(rig.control.app());
    desk.seat(&rig).await;
    hours(&rig, &courier, 70).await;
    assert_eq!(desk.seen(&rig).await["state"], "active");
    hours(&rig, &courier, 5).await;
    let seen = desk.seen(&rig).await;
    assert_eq!((&seen["state"], &seen["off_reason"]), (&json!("off"), &json!("failing")));
    let told = rig.get("/v1/events?kind=webhook.switched_off", &desk.key).await.json;
    assert_eq!(told["items"][0]["body"]["reason"], "failing");
    let tx = rig.db.system().begin(rig.stamp()).await.unwrap();
    let letters = tx.claim_jobs("mail", "test", 50, 60).await.unwrap();
    tx.commit().await.unwrap();
    let letter = letters.iter().find(|job| job.kind == "mail.webhook_off").expect("a letter");
    assert_eq!(letter.payload["to"], "owner@aster.example.com");
    assert_eq!(letter.payload["about"], "http://127.0.0.1:9/hook");
    let attempt = desk.detail(&rig, &desk.deliveries(&rig).await[0]).await["attempts"][0].clone();
    assert!(attempt["error"].as_str().unwrap().starts_with("No connection"), "{attempt}");
    rig.send("POST", &format!("{}/test", desk.path), &desk.key, None, &[]).await.is(409);
    desk.seat(&rig).await;
    let on = json!({ "url": receiver.url, "state": "active" });
    rig.patch(&desk.path, &desk.key, on).await.is(200);
    carry(&rig, &courier).await;
    assert_eq!(receiver.all().len(), 2, "it goes on where it stopped");
}

async fn what_is_refused_is_set_aside(rig: Rig) {
    let receiver = Receiver::start(Mood::Refuses("seat.updated")).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    let courier = Courier::new(rig.control.app());
    let seat = desk.seat(&rig).await;
    rig.patch(&format!("/v1/seats/{seat}"), &desk.key, json!({ "label": "Front" })).await.is(200);
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    assert_eq!(receiver.all().len(), 2, "the third waits for the second");
    hours(&rig, &courier, 6).await;
    let kinds: Vec<String> = receiver.all().iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "seat.updated").count(), 9);
    assert_eq!(kinds.last().unwrap(), "seat.created", "then it has its turn");
    let states: Vec<Value> = desk.deliveries(&rig).await.iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["taken", "set_aside", "taken"]);
    let aside = rig.get(&format!("{}/deliveries?state=set_aside", desk.path), &desk.key).await.json;
    assert_eq!(aside["items"][0]["attempts"], 9);
    receiver.becomes(Mood::Says(410));
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    assert_eq!(desk.seen(&rig).await["off_reason"], "gone", "410 is final");
}

async fn who_was_away_has_refused_nothing_yet(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(503)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    let courier = Courier::new(rig.control.app());
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    hours(&rig, &courier, 12).await;
    let away = desk.deliveries(&rig).await.remove(0);
    assert!(away["attempts"].as_i64().unwrap() > 9 && away["state"] == "failing", "{away}");
    receiver.becomes(Mood::Refuses("seat.created"));
    let before = receiver.all().len();
    hours(&rig, &courier, 2).await;
    assert_eq!(desk.deliveries(&rig).await[0]["state"], "failing", "refused too few times to be set aside");
    hours(&rig, &courier, 12).await;
    assert_eq!(desk.deliveries(&rig).await[0]["state"], "set_aside");
    assert_eq!(receiver.all().len() - before, 9);
}

async fn redirects_are_not_followed(rig: Rig) {
    let inside = Receiver::start(Mood::Says(200)).await;
    let receiver = Receiver::start(Mood::RedirectsTo(inside.url.clone())).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    desk.seat(&rig).await;
    carry(&rig, &Courier::new(rig.control.app())).await;
    assert_eq!((receiver.all().len(), inside.all().len()), (1, 0));
    let delivery = desk.deliveries(&rig).await.remove(0);
    assert_eq!((&delivery["state"], &delivery["last_status"]), (&json!("failing"), &json!(302)));
}

async fn a_sender_that_is_killed_leaves_its_work_to_another(rig: Rig) {
    let receiver = Receiver::start(Mood::Hangs).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    desk.seat(&rig).await;
    desk.seat(&rig).await;
    let first = Courier::new(rig.control.app());
    let errands = first.round().await.unwrap();
    receiver.waits_for(1).await;
    errands.iter().for_each(|errand| errand.abort());
    drop(first);
    receiver.becomes(Mood::Says(200));
    let second = Courier::new(rig.control.app());
    rig.clock.pass_s(59);
    assert!(second.round().await.unwrap().is_empty(), "the lease is not over");
    rig.clock.pass_s(2);
    carry(&rig, &second).await;
    let got = receiver.all();
    assert_eq!(got.len(), 3);
    assert_eq!(got[0].id, got[1].id, "sent again with the same id");
    assert_eq!(got[0].body, got[1].body);
    assert!(got[2].seq() > got[1].seq());
    assert_eq!(desk.deliveries(&rig).await.len(), 2);
}

async fn a_slow_receiver_hurts_nobody_else(rig: Rig) {
    let slow = Receiver::start(Mood::Hangs).await;
    let quick = Receiver::start(Mood::Says(200)).await;
    let hurt = desk(&rig, "Aster", &slow, &["seat.*"]).await;
    for _ in 0..4 {
        let more = json!({ "url": slow.url, "kinds": ["seat.*"] });
        rig.post("/v1/webhooks", &hurt.key, more).await.is(201);
    }
    let well = desk(&rig, "Borage", &quick, &["seat.*"]).await;
    let own = json!({ "url": quick.url, "kinds": ["seat.*"] });
    rig.post("/v1/webhooks", &hurt.key, own).await.is(201);
    let work = tokio::spawn(Courier::new(rig.control.app()).work());
    let clock = rig.clock.clone();
    let time = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.pass_ms(10);
        }
    });
    hurt.seat(&rig).await;
    slow.waits_for(5).await;
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        well.seat(&rig).await;
    }
    // Twenty of the other company, and one of the other endpoint of the same company.
    quick.waits_for(21).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(slow.all().len(), 5, "and those still hang");
    work.abort();
    time.abort();
}

async fn events_are_sent_again(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(200)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.created"]).await;
    let courier = Courier::new(rig.control.app());
    for _ in 0..6 {
        desk.seat(&rig).await;
    }
    carry(&rig, &courier).await;
    let sent = receiver.all();
    let replay = format!("{}/replay", desk.path);
    let ask = json!({ "from_seq": sent[1].seq(), "to_seq": sent[3].seq() });
    let answer = rig.post(&replay, &desk.key, ask).await.is(202).json;
    assert_eq!(answer["events"], 3);
    carry(&rig, &courier).await;
    let ids = |got: &[Got]| got.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&receiver.all()[6..]), ids(&sent[1..4]), "the same, in order, with the same ids");
    let company = rig.get("/v1/events?kind=company.created", &desk.key).await.json["items"][0].clone();
    rig.post(&replay, &desk.key, json!({ "event": company["id"] })).await.is(202);
    carry(&rig, &courier).await;
    assert_eq!(receiver.all()[9].json()["type"], "company.created", "one by its name, whatever the endpoint wants");
    rig.send("POST", &format!("{}/test", desk.path), &desk.key, None, &[]).await.is(202);
    carry(&rig, &courier).await;
    assert_eq!(receiver.all()[10].json()["type"], "webhook.tested");
    assert_eq!(receiver.all().len(), 11);
    let deliveries = desk.deliveries(&rig).await;
    assert_eq!(deliveries.iter().filter(|one| one["is_replay"] == true).count(), 5);
    assert_eq!(desk.seen(&rig).await["replaying"], false);
    for bad in [json!({}), json!({ "from_seq": 9_999 }), json!({ "event": "evt_x", "from_seq": 1 })] {
        rig.post(&replay, &desk.key, bad).await.is(422);
    }
}

async fn a_paused_endpoint_waits(rig: Rig) {
    let receiver = Receiver::start(Mood::Says(200)).await;
    let desk = desk(&rig, "Aster", &receiver, &["*"]).await;
    let courier = Courier::new(rig.control.app());
    rig.patch(&desk.path, &desk.key, json!({ "state": "paused" })).await.is(200);
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    assert!(receiver.all().is_empty());
    rig.patch(&desk.path, &desk.key, json!({ "state": "active" })).await.is(200);
    carry(&rig, &courier).await;
    let kinds: Vec<String> = receiver.all().iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["webhook.created", "api_key.created", "webhook.updated", "seat.created", "webhook.updated"]);
    rig.patch(&desk.path, &desk.key, json!({ "state": "paused" })).await.is(200);
    desk.seat(&rig).await;
    rig.patch(&desk.path, &desk.key, json!({ "state": "active", "skip_missed": true })).await.is(200);
    carry(&rig, &courier).await;
    assert_eq!(receiver.all().len(), 6, "only what came after");
    rig.delete(&desk.path, &desk.key).await.is(204);
    desk.seat(&rig).await;
    carry(&rig, &courier).await;
    assert_eq!(receiver.all().len(), 6);
    rig.get(&desk.path, &desk.key).await.is(404);
}

async fn addresses_inside_are_out_of_reach(rig: Rig) {
    // The endpoint was made while addresses inside were allowed, as a name would be that leads elsewhere later.
    let receiver = Receiver::start(Mood::Says(200)).await;
    let desk = desk(&rig, "Aster", &receiver, &["seat.*"]).await;
    desk.seat(&rig).await;
    let strict = rig.strict().await;
    carry(&rig, &Courier::new(strict.app())).await;
    assert!(receiver.all().is_empty(), "no connection at all");
    let delivery = desk.deliveries(&rig).await.remove(0);
    assert_eq!(delivery["last_error"], "The address may no longer be called.");
}

async fn bad_endpoints_are_refused(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    for (ask, field, code) in [
        (json!({ "url": "hooks", "kinds": ["*"] }), "url", "invalid"),
        (json!({ "url": "ftp://example.com", "kinds": ["*"] }), "url", "scheme"),
        (json!({ "url": "https://a:b@example.com", "kinds": ["*"] }), "url", "password_in_url"),
        (json!({ "url": "https://example.com", "kinds": [] }), "kinds", "required"),
        (json!({ "url": "https://example.com", "kinds": ["chair.*"] }), "kinds", "unknown"),
    ] {
        let answer = rig.post("/v1/webhooks", &owner, ask).await.is(422);
        assert_eq!(
            (&answer.json["errors"][0]["field"], &answer.json["errors"][0]["code"]),
            (&json!(field), &json!(code))
        );
    }
    let scopes = json!({ "name": "Narrow", "scopes": ["webhooks:write", "seats:read"] });
    let key = rig.post("/v1/api-keys", &owner, scopes).await.is(201).json["secret"].as_str().unwrap().to_owned();
    let beyond = json!({ "url": "https://example.com", "kinds": ["call.*"] });
    let answer = rig.post("/v1/webhooks", &key, beyond).await.is(422);
    assert_eq!(answer.json["errors"][0]["code"], "beyond_you", "nobody hears by a webhook what they may not read");
    rig.post("/v1/webhooks", &key, json!({ "url": "https://example.com", "kinds": ["seat.*"] })).await.is(201);
    let supervisor = token(&rig.join(&owner, "sue@example.com", "supervisor").await);
    rig.get("/v1/webhooks", &supervisor).await.is(403);
}
