//! Calls become charges and entries of the books: each once, exact to the micro-unit, whoever dies when.

use std::time::Duration;

use patchbay_control::{calls::row::call, money::rate_due};
use patchbay_kernel::{Blame, CallId, EndCause, Entropy, LegId, NodeId, SeededEntropy, TenantId, Uuid, Wall};
use patchbay_plane::{CallRecord, CallStarted, Direction, LegKind, LegRecord, LegRole};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    every_call_is_charged_once_whoever_dies_when,
    a_call_without_a_price_waits_for_one,
    what_is_rated_anew_takes_back_what_was_charged,
    minutes_of_the_plan_come_first,
    payments_are_booked_once_with_a_reason,
);

const LISTS: &str = "/v1/operator/price-lists";
/// A minute to North America is 0.0125 in whole minutes, and being answered 0.01; to Germany 0.06 to the second.
const DECK: &str = "prefix,name,per_minute,setup,increment,from\n1,North America,0.0125,0.01,60/60,2020-01-01\n\
                    49,Germany,0.06,,1/1,2020-01-01\n";

/// A company with an account.
struct Customer {
    rig: Rig,
    operator: String,
    owner: String,
    tenant: TenantId,
    /// Of its account.
    path: String,
}

async fn published(rig: &Rig, operator: &str, deck: &str, copy: Option<&str>) -> String {
    let day = patchbay_billing::Zone::UTC.day(rig.control.app().now()).to_string();
    let effective = if copy.is_some() { day.as_str() } else { "2020-01-01" };
    let ask = json!({ "currency": "USD", "effective": effective, "copy_of": copy });
    let id = rig.post(LISTS, operator, ask).await.is(201).id();
    let path = format!("{LISTS}/{id}");
    let plan = json!({ "key": "team", "name": "Team", "monthly_micros": 49_000_000, "seats": 5, "minutes": 3 });
    rig.patch(&path, operator, json!({ "plans": [plan] })).await.is(200);
    rig.file_by("PUT", &format!("{path}/deck"), operator, deck).await.is(200);
    rig.post(&format!("{path}/publish"), operator, Value::Null).await.is(200);
    id
}

async fn customer(rig: Rig, account: Value) -> Customer {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    published(&rig, &operator, DECK, None).await;
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let path = format!("/v1/operator/tenants/{tenant}");
    rig.send("PUT", &format!("{path}/account"), &operator, Some(account), &[]).await.is(200);
    Customer { tenant: tenant.parse().unwrap(), rig, operator, owner, path }
}

fn postpaid() -> Value {
    json!({ "currency": "USD", "credit_limit_micros": 100_000_000 })
}

/// The record of a call to this number that began then, of this length in milliseconds; not answered without one.
pub fn record(tenant: TenantId, call: CallId, number: &str, talk_ms: Option<i64>, began: Wall) -> CallRecord {
    let answered = talk_ms.map(|_| began);
    let ended = Wall(began.0 + talk_ms.unwrap_or(0) * 1_000);
    let started = CallStarted {
        call,
        tenant,
        direction: Direction::Outbound,
        caller: "101".into(),
        caller_name: None,
        called: number.into(),
        displayed: None,
        seat: None,
        number: None,
        gateway: None,
        gateway_port: None,
        at: began,
    };
    let leg = LegRecord {
        leg: LegId::from_uuid(Uuid::from_u128(7)),
        role: LegRole::Called,
        kind: LegKind::Gateway,
        party: "Line 1".into(),
        number: Some(number.into()),
        seat: None,
        device: None,
        gateway: None,
        gateway_port: None,
        started_at: began,
        answered_at: answered,
        ended_at: Some(ended),
        cause: None,
        codec: None,
        figures: None,
    };
    CallRecord {
        started,
        ringing_at: None,
        answered_at: answered,
        ended_at: ended,
        talk_ms: u64::try_from(talk_ms.unwrap_or(0)).unwrap(),
        cause: EndCause::CalleeHungUp,
        blame: Blame::Callee,
        sip_status: None,
        detail: None,
        legs: vec![leg],
        timeline: Vec::new(),
        flow: None,
    }
}

/// Such a call in the log of a company.
pub async fn call(
    rig: &Rig,
    tenant: TenantId,
    id: CallId,
    number: &str,
    (began, talk_ms): (Wall, Option<i64>),
) -> CallRecord {
    let tx = rig.db.tenant(tenant, rig.stamp()).await.unwrap();
    let record = record(tenant, id, number, talk_ms, began);
    let row = call::ActiveModel {
        id: Set(id.uuid()),
        direction: Set("outbound".into()),
        caller: Set("101".into()),
        called: Set(number.into()),
        state: Set("ended".into()),
        started_at: Set(began.to_offset()),
        answered_at: Set(record.answered_at.map(Wall::to_offset)),
        ended_at: Set(Some(record.ended_at.to_offset())),
        talk_ms: Set(talk_ms.unwrap_or(0)),
        node_id: Set(NodeId::from_uuid(Uuid::from_u128(5)).uuid()),
        node_epoch: Set(1),
        record: Set(Some(serde_json::to_value(&record).unwrap())),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    record
}

impl Customer {
    /// A call that is over, to this number.
    async fn call(&self, number: &str, talk_ms: Option<i64>) -> String {
        let app = self.rig.control.app();
        let id = CallId::new(app.now(), app.chance().as_mut());
        call(&self.rig, self.tenant, id, number, (app.now(), talk_ms)).await;
        id.to_string()
    }

    async fn rate(&self) -> u64 {
        rate_due(self.rig.control.app()).await.unwrap()
    }

    async fn overview(&self) -> Value {
        self.rig.get("/v1/billing", &self.owner).await.is(200).json
    }

    /// All charges, page by page.
    async fn charges(&self, of: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/billing/charges?limit=100{of}{cursor}");
            let page = self.rig.get(&path, &self.owner).await.is(200).json;
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return all };
            cursor = format!("&cursor={next}");
        }
    }

    /// The books add up to zero and equal the wallet; says the balance and what is set aside.
    async fn audited(&self) -> (i64, i64) {
        let tx = self.rig.db.tenant_read(self.tenant, self.rig.stamp()).await.unwrap();
        let counted = tx.books_count(None).await.unwrap();
        let (wallet, _) = tx.wallet().await.unwrap().unwrap();
        assert_eq!(counted.values().sum::<i64>(), 0, "{counted:?}");
        assert_eq!(counted.get(&("company".to_owned(), "USD".to_owned())).copied().unwrap_or(0), wallet.balance);
        (wallet.balance, wallet.reserved)
    }
}

fn sum(charges: &[Value]) -> i64 {
    charges.iter().map(|one| one["amount_micros"].as_i64().unwrap()).sum()
}

/// What a call costs, counted by hand from the deck.
fn price(number: &str, talk_ms: Option<i64>) -> i64 {
    let Some(talk_ms) = talk_ms else { return 0 };
    let seconds = (talk_ms + 999) / 1_000;
    if number.starts_with("+1") { 10_000 + 12_500 * ((seconds + 59) / 60).max(1) } else { 1_000 * seconds.max(1) }
}

/// The rater dies at any of its awaits, again and again, while calls come in; each call is charged once and none is lost.
async fn every_call_is_charged_once_whoever_dies_when(rig: Rig) {
    let customer = customer(rig, postpaid()).await;
    let mut chance = SeededEntropy::new(40);
    let mut draw = |below: u64| chance.below(below);
    let (mut cost, mut calls) = (0, 0);
    for _ in 0..12 {
        for _ in 0..draw(9) {
            let number = if draw(2) == 0 { "+14155550123" } else { "+49301234567" };
            let talk_ms = (draw(5) > 0).then(|| i64::try_from(draw(200_000)).unwrap());
            customer.call(number, talk_ms).await;
            customer.rig.clock.pass_s(1);
            cost += price(number, talk_ms);
            calls += 1;
        }
        let life = Duration::from_micros(200 + draw(9_000));
        let _ = tokio::time::timeout(life, rate_due(customer.rig.control.app())).await;
        customer.audited().await;
    }
    // Two raters at once.
    let (a, b) = tokio::join!(rate_due(customer.rig.control.app()), rate_due(customer.rig.control.app()));
    assert!(a.is_ok() || b.is_ok());
    customer.rate().await;
    assert_eq!(customer.rate().await, 0, "nothing is left");
    assert!(calls > 20, "only {calls} calls");
    assert_eq!(customer.audited().await, (-cost, 0));
    let charges = customer.charges("").await;
    assert_eq!(sum(&charges), cost, "the lines say the same");
    let mut keys: Vec<String> = charges.iter().map(|one| format!("{} {}", one["call"], one["kind"])).collect();
    keys.sort();
    let all = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), all, "no line twice");
    let overview = customer.overview().await;
    assert_eq!(overview["month"]["spent_micros"], cost);
    assert_eq!(overview["account"]["balance_micros"], -cost);
    let forecast = overview["month"]["forecast_micros"].as_i64().unwrap();
    assert!(forecast >= cost, "{forecast}");
    // Every line of the statement is there, page by page.
    let (mut statement, mut cursor) = (0, String::new());
    loop {
        let page =
            customer.rig.get(&format!("/v1/billing/statement?limit=7{cursor}"), &customer.owner).await.is(200).json;
        let of = |line: &Value| line["amount_micros"].as_i64().unwrap();
        statement += page["items"].as_array().unwrap().iter().map(of).sum::<i64>();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(statement, -cost);
}

async fn a_call_without_a_price_waits_for_one(rig: Rig) {
    let customer = customer(rig, postpaid()).await;
    let call = customer.call("+882121234", Some(61_000)).await;
    let odd = customer.call("112", Some(5_000)).await;
    assert_eq!(customer.rate().await, 2);
    assert_eq!(customer.audited().await, (0, 0));
    assert_eq!(customer.overview().await["month"]["unrated_calls"], 2);
    let (rig, operator) = (&customer.rig, &customer.operator);
    let listed = rig.get("/v1/operator/unrated-calls", operator).await.is(200).json;
    let of = |id: &str| listed.as_array().unwrap().iter().find(|one| one["call"] == id).unwrap().clone();
    assert_eq!((&of(&call)["why"], &of(&call)["company"]), (&json!("no rate begins this number"), &json!("Aster")));
    assert_eq!(of(&odd)["why"], "the number is not an international one");
    assert_eq!(customer.rate().await, 0, "it is not tried at every look");
    rig.clock.pass_s(1);
    let retry = "/v1/operator/unrated-calls/retry";
    assert_eq!(rig.post(retry, operator, Value::Null).await.is(200).json["calls"], 2);
    customer.rate().await;
    let listed = rig.get("/v1/operator/unrated-calls", operator).await.is(200).json;
    assert_eq!(listed.as_array().unwrap().iter().map(|one| one["tries"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 2]);
    let lists = rig.get(LISTS, operator).await.is(200).json;
    let more = format!("{DECK}882,Satellite,6,,60/60,2020-01-01\n");
    published(rig, operator, &more, Some(lists[0]["id"].as_str().unwrap())).await;
    rig.post(retry, operator, Value::Null).await.is(200);
    customer.rate().await;
    let charges = customer.charges(&format!("&call={call}")).await;
    assert_eq!((charges.len(), sum(&charges), &charges[0]["destination"]), (1, 12_000_000, &json!("Satellite")));
    assert_eq!(customer.audited().await, (-12_000_000, 0));
    assert_eq!(rig.get("/v1/operator/unrated-calls", operator).await.is(200).json.as_array().unwrap().len(), 1);
}

async fn what_is_rated_anew_takes_back_what_was_charged(rig: Rig) {
    let customer = customer(rig, postpaid()).await;
    let call = customer.call("+14155550123", Some(61_000)).await;
    customer.rate().await;
    assert_eq!(customer.audited().await, (-35_000, 0));
    let (rig, operator) = (&customer.rig, &customer.operator);
    let account = json!({ "currency": "USD", "credit_limit_micros": 100_000_000, "discount_bp": 1_000 });
    rig.send("PUT", &format!("{}/account", customer.path), operator, Some(account), &[]).await.is(200);
    let today = customer.overview().await["month"].clone();
    let ask = json!({ "from": today["from"], "until": today["until"], "reason": "The discount was agreed before" });
    let path = format!("{}/rate-anew", customer.path);
    rig.clock.pass_s(1);
    assert_eq!(rig.post(&path, operator, ask.clone()).await.is(200).json["calls"], 1);
    customer.rate().await;
    assert_eq!(customer.audited().await, (-31_500, 0));
    let charges = customer.charges(&format!("&call={call}")).await;
    let back = charges.iter().filter(|one| one["reversal"] == true).count();
    assert_eq!((charges.len(), back, sum(&charges)), (7, 2, 31_500), "two, taken back, and three");
    rig.clock.pass_s(1);
    rig.post(&path, operator, ask).await.is(200);
    customer.rate().await;
    assert_eq!(customer.charges(&format!("&call={call}")).await.len(), 7, "the same price says nothing new");
    rig.post(&path, operator, json!({ "from": "x", "until": "2026-01-01", "reason": "Why not" })).await.is(422);
}

async fn minutes_of_the_plan_come_first(rig: Rig) {
    let account = json!({ "currency": "USD", "credit_limit_micros": 100_000_000, "plan": "team" });
    let customer = customer(rig, account).await;
    for _ in 0..3 {
        customer.call("+14155550123", Some(61_000)).await;
        customer.rig.clock.pass_s(1);
    }
    customer.rate().await;
    // Three minutes are in the plan: two, then one of two, then none.
    assert_eq!(customer.audited().await, (-(10_000 + 12_500) - (10_000 + 25_000), 0));
    let month = customer.overview().await["month"].clone();
    assert_eq!((&month["included_seconds"], &month["included_used_seconds"]), (&json!(180), &json!(180)));
    let bad = json!({ "currency": "USD", "credit_limit_micros": 0, "plan": "gold" });
    let path = format!("{}/account", customer.path);
    let refused = customer.rig.send("PUT", &path, &customer.operator, Some(bad), &[]).await.is(422);
    assert_eq!(refused.json["errors"][0]["field"], "plan");
    let other = json!({ "currency": "EUR", "credit_limit_micros": 0 });
    let refused = customer.rig.send("PUT", &path, &customer.operator, Some(other), &[]).await.is(409);
    assert_eq!(refused.code(), "other_currency");
}

async fn payments_are_booked_once_with_a_reason(rig: Rig) {
    let customer = customer(rig, json!({ "currency": "USD", "credit_limit_micros": 0 })).await;
    let (rig, operator, path) = (&customer.rig, customer.operator.clone(), format!("{}/payments", customer.path));
    let owner = token(&rig.sign_up("Borage").await);
    let nothing = rig.get("/v1/billing", &owner).await.is(200).json;
    assert_eq!(nothing, json!({ "account": null, "month": null }));
    let ask = json!({ "kind": "payment", "amount_micros": 25_000_001, "reference": "Bank 7", "reason": "Paid ahead" });
    for (field, value) in [("amount_micros", json!(0)), ("reference", json!("")), ("reason", json!("x"))] {
        let mut bad = ask.clone();
        bad[field] = value;
        assert_eq!(rig.post(&path, &operator, bad).await.is(422).json["errors"][0]["field"], field);
    }
    let made = rig.post(&path, &operator, ask.clone()).await.is(201).json;
    assert_eq!((&made["balance_micros"], &made["available_micros"]), (&json!(25_000_001), &json!(25_000_001)));
    assert_eq!(rig.post(&path, &operator, ask).await.is(409).code(), "reference_taken");
    rig.clock.pass_s(1);
    let back = json!({ "kind": "refund", "amount_micros": 1, "reference": "Bank 7", "reason": "Rounded" });
    rig.post(&path, &operator, back).await.is(201);
    rig.clock.pass_s(1);
    let credit = json!({ "kind": "credit", "amount_micros": 5_000_000, "reference": "Sorry", "reason": "An outage" });
    rig.post(&path, &operator, credit).await.is(201);
    assert_eq!(customer.audited().await, (30_000_000, 0));
    let lines = rig.get("/v1/billing/statement", &customer.owner).await.is(200).json;
    let kinds: Vec<&str> = lines["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["credit", "refund", "payment"]);
    let line =
        rig.get("/v1/audit?action=billing.payment_booked", &customer.owner).await.is(200).json["items"][2].clone();
    assert_eq!((&line["body"]["reason"], &line["actor"]["kind"]), (&json!("Paid ahead"), &json!("operator")));
    let books = rig.get(&format!("{}/statement", customer.path), &operator).await.is(200).json;
    assert_eq!(books.as_array().unwrap().len(), 3);
    // Without an account there is nothing to pay into.
    let other = rig.get("/v1/company", &owner).await.is(200).id();
    let ask = json!({ "kind": "payment", "amount_micros": 1, "reference": "x", "reason": "Too early" });
    let path = format!("/v1/operator/tenants/{other}/payments");
    assert_eq!(rig.post(&path, &operator, ask).await.is(409).code(), "no_billing_account");
}
