//! Money of running calls: never more than there is, never more than was allowed, and nothing left over.

use std::{sync::Arc, time::Duration};

use patchbay_control::money::{Refused, Spend, Till, rate_due};
use patchbay_kernel::{CallId, E164, EndCause, SeatId, TenantId};
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    two_hundred_calls_at_once_never_overspend,
    a_stolen_account_is_stopped,
    what_is_closed_stays_closed_until_it_is_opened,
    a_call_is_ended_when_its_money_is,
);

const LISTS: &str = "/v1/operator/price-lists";
/// A minute costs 0.60 at home, 1.20 in Germany, 6 by satellite.
const DECK: &str = "prefix,name,per_minute,increment,class,from\n1,North America,0.6,1/1,,2020-01-01\n\
                    49,Germany,1.2,1/1,,2020-01-01\n882,Satellite,6,60/60,premium,2020-01-01\n";

struct Scene {
    rig: Rig,
    owner: String,
    operator: String,
    tenant: TenantId,
    seat: SeatId,
    till: Arc<Till>,
}

async fn scene(rig: Rig, paid: i64) -> Scene {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let id = rig.post(LISTS, &operator, json!({ "currency": "USD", "effective": "2020-01-01" })).await.is(201).id();
    rig.file_by("PUT", &format!("{LISTS}/{id}/deck"), &operator, DECK).await.is(200);
    rig.post(&format!("{LISTS}/{id}/publish"), &operator, Value::Null).await.is(200);
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let path = format!("/v1/operator/tenants/{tenant}");
    let account = json!({ "currency": "USD", "credit_limit_micros": 0 });
    rig.send("PUT", &format!("{path}/account"), &operator, Some(account), &[]).await.is(200);
    let ask = json!({ "kind": "payment", "amount_micros": paid, "reference": "Bank 1", "reason": "Paid ahead" });
    rig.post(&format!("{path}/payments"), &operator, ask).await.is(201);
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id().parse().unwrap();
    let till = Arc::new(Till::of(rig.control.app()));
    Scene { rig, owner, operator, tenant: tenant.parse().unwrap(), seat, till }
}

impl Scene {
    fn call(&self) -> CallId {
        CallId::new(self.rig.control.app().now(), self.rig.control.app().chance().as_mut())
    }

    async fn dial(&self, call: CallId, number: &str) -> Result<Option<u64>, (EndCause, String)> {
        let number: E164 = number.parse().unwrap();
        let (tenant, seat) = (self.tenant, Some(self.seat));
        let ask = Spend { tenant, call, seat, number: &number, company: "Aster", country: "US" };
        self.till.admit(ask).await.map_err(|why| match why {
            Refused::Rule(cause, text) => (cause, text),
            Refused::Store(error) => panic!("{error}"),
        })
    }

    /// The switch knows it.
    fn talks(&self, call: CallId) {
        self.rig.switch.talks(&self.tenant.to_string(), &call.to_string());
    }

    async fn account(&self) -> Value {
        self.rig.get("/v1/billing", &self.owner).await.is(200).json["account"].clone()
    }

    async fn caps(&self, company: Value) {
        self.rig.send("PUT", "/v1/billing/caps", &self.owner, Some(json!({ "company": company })), &[]).await.is(200);
    }

    /// Until this holds; five seconds at most.
    async fn until(&self, what: impl AsyncFn() -> bool) {
        for _ in 0..100 {
            if what().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not come");
    }
}

fn open() -> Value {
    json!({ "international": true, "premium": true, "velocity_calls": 1000, "velocity_s": 300 })
}

async fn two_hundred_calls_at_once_never_overspend(rig: Rig) {
    // A slice of a minute is 600,000: there is money for ten and a half.
    let scene = Arc::new(scene(rig, 6_300_000).await);
    let dials = (0..200).map(|_| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move {
            let call = scene.call();
            (call, scene.dial(call, "+14155550123").await)
        })
    });
    let (mut up, mut refused) = (Vec::new(), 0);
    for dial in dials.collect::<Vec<_>>() {
        match dial.await.unwrap() {
            (call, Ok(_)) => up.push(call),
            (_, Err((cause, text))) => {
                assert_eq!(cause, EndCause::NoCredit, "{text}");
                refused += 1;
            }
        }
    }
    // The last one gets the rest of the money, half a minute.
    assert_eq!((up.len(), refused), (11, 189));
    let account = scene.account().await;
    assert_eq!((&account["reserved_micros"], &account["available_micros"]), (&json!(6_300_000), &json!(0)));
    assert_eq!(scene.till.metered(), 11);
    // Nobody answers: all of it is free again.
    for call in &up {
        scene.till.ended(&crate::money::record(
            scene.tenant,
            *call,
            "+14155550123",
            None,
            scene.rig.control.app().now(),
        ));
    }
    scene.until(async || scene.account().await["reserved_micros"] == 0).await;
    assert_eq!(scene.account().await["balance_micros"], 6_300_000);
    assert!(scene.dial(scene.call(), "+14155550123").await.is_ok(), "there is room again");
}

async fn a_stolen_account_is_stopped(rig: Rig) {
    let scene = scene(rig, 1_000_000_000).await;
    scene.caps(json!({ "international": true, "premium": false, "velocity_calls": 20, "velocity_s": 300 })).await;
    let mut up = Vec::new();
    for _ in 0..20 {
        let call = scene.call();
        scene.dial(call, "+49301234567").await.unwrap();
        scene.talks(call);
        up.push(call);
    }
    let (cause, text) = scene.dial(scene.call(), "+49301234567").await.unwrap_err();
    assert_eq!(cause, EndCause::Capped);
    assert!(text.contains("fraud alarm") && text.contains("Billing, Limits"), "{text}");
    let mut ended = scene.rig.switch.ended.lock().unwrap().clone();
    ended.sort();
    up.sort();
    assert_eq!(ended, up, "what runs abroad is ended at once");
    let caps = scene.rig.get("/v1/billing/caps", &scene.owner).await.is(200).json;
    assert_eq!(caps["alarms"].as_array().unwrap().len(), 1);
    let events = scene.rig.get("/v1/events?kind=billing.alarm_raised", &scene.owner).await.is(200).json;
    assert_eq!(events["items"][0]["body"]["calls_ended"], 20, "{events}");
    // Another node knows it from the store, and at home one may still call.
    let other = Arc::new(Till::of(scene.rig.control.app()));
    let number: E164 = "+49301234567".parse().unwrap();
    let ask = Spend {
        tenant: scene.tenant,
        call: scene.call(),
        seat: None,
        number: &number,
        company: "Aster",
        country: "US",
    };
    assert!(matches!(other.admit(ask).await, Err(Refused::Rule(EndCause::Capped, _))));
    scene.dial(scene.call(), "+14155550123").await.unwrap();
    scene.rig.post("/v1/billing/alarms/lift", &scene.owner, Value::Null).await.is(200);
    scene.dial(scene.call(), "+49301234567").await.unwrap();
}

async fn what_is_closed_stays_closed_until_it_is_opened(rig: Rig) {
    let scene = scene(rig, 1_000_000_000).await;
    for (number, word) in [("+49301234567", "other countries"), ("+88212345", "premium")] {
        let (cause, text) = scene.dial(scene.call(), number).await.unwrap_err();
        assert!(cause == EndCause::Capped && text.contains(word), "{number}: {text}");
    }
    let (cause, text) = scene.dial(scene.call(), "+33123456789").await.unwrap_err();
    assert!(cause == EndCause::Forbidden && text.contains("no price"), "{text}");
    // An hour holds two slices and no more; a seat has caps of its own on top.
    let mut caps = open();
    caps["hour_micros"] = json!(1_300_000);
    caps["longest_s"] = json!(120);
    scene.caps(caps).await;
    assert_eq!(scene.dial(scene.call(), "+14155550123").await.unwrap(), Some(120));
    scene.dial(scene.call(), "+14155550123").await.unwrap();
    let (cause, text) = scene.dial(scene.call(), "+14155550123").await.unwrap_err();
    assert!(cause == EndCause::Capped && text.contains("in an hour"), "{text}");
    let seats = json!([{ "seat": scene.seat.to_string(), "caps": { "international": false, "premium": false, "parallel": 2 } }]);
    let ask = json!({ "company": open(), "seats": seats });
    scene.rig.send("PUT", "/v1/billing/caps", &scene.owner, Some(ask), &[]).await.is(200);
    let (_, text) = scene.dial(scene.call(), "+14155550123").await.unwrap_err();
    assert!(text.contains("this seat"), "{text}");
    for bad in [
        json!({ "company": { "international": true, "premium": true, "hour_micros": -1 } }),
        json!({ "company": { "international": true, "premium": true, "velocity_calls": 5 } }),
        json!({ "company": open(), "seats": [{ "seat": "sea_x", "caps": open() }] }),
    ] {
        scene.rig.send("PUT", "/v1/billing/caps", &scene.owner, Some(bad), &[]).await.is(422);
    }
    let other = Till::of(scene.rig.control.app());
    let stranger = token(&scene.rig.sign_up("Borage").await);
    let tenant: TenantId = scene.rig.get("/v1/company", &stranger).await.is(200).id().parse().unwrap();
    let number: E164 = "+88212345".parse().unwrap();
    let ask = Spend { tenant, call: scene.call(), seat: None, number: &number, company: "Borage", country: "US" };
    assert_eq!(other.admit(ask).await.unwrap(), None, "without an account nothing is metered");
}

async fn a_call_is_ended_when_its_money_is(rig: Rig) {
    // A minute and a half.
    let scene = scene(rig, 900_000).await;
    let call = scene.call();
    scene.dial(call, "+14155550123").await.unwrap();
    assert_eq!(scene.account().await["reserved_micros"], 600_000);
    let began = scene.rig.control.app().now();
    scene.talks(call);
    scene.till.answered(call);
    tokio::time::sleep(Duration::from_millis(100)).await;
    scene.rig.clock.pass_s(46);
    // The next slice is the rest of the money, and the agent hears that it is the last.
    scene.until(async || scene.account().await["reserved_micros"] == 900_000).await;
    let told = async || {
        let events = scene.rig.get("/v1/events?kind=call.credit_low", &scene.owner).await.is(200).json;
        !events["items"].as_array().unwrap().is_empty()
    };
    scene.until(told).await;
    assert!(scene.rig.switch.ended.lock().unwrap().is_empty());
    scene.rig.clock.pass_s(44);
    scene.until(async || *scene.rig.switch.ended.lock().unwrap() == [call]).await;
    // It ends, is rated, and what it cost is what was set aside for it.
    scene.rig.clock.pass_s(1);
    let customer = crate::money::call(&scene.rig, scene.tenant, call, "+14155550123", (began, Some(90_000))).await;
    scene.till.ended(&customer);
    rate_due(scene.rig.control.app()).await.unwrap();
    let account = scene.account().await;
    assert_eq!((&account["balance_micros"], &account["reserved_micros"]), (&json!(0), &json!(0)));
    let (cause, _) = scene.dial(scene.call(), "+14155550123").await.unwrap_err();
    assert_eq!(cause, EndCause::NoCredit);
    let path = format!("/v1/operator/tenants/{}/payments", scene.tenant);
    let ask = json!({ "kind": "payment", "amount_micros": 600_000, "reference": "Bank 2", "reason": "Paid ahead" });
    scene.rig.post(&path, &scene.operator, ask).await.is(201);
    scene.dial(scene.call(), "+14155550123").await.unwrap();
}
