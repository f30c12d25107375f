//! Calls back as the company meets them: promised in a call, kept by rule, closed by hand.

use patchbay_control::callbacks::{book, steps};
use patchbay_kernel::{CallId, CallbackId, EndCause, SeatId};
use patchbay_plane::{CallRecord, CallbackStep};
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(a_promise_is_kept_by_rule, a_promise_is_closed_by_hand_and_seen_by_its_queue);

pub struct Company {
    pub owner: String,
    tenant: String,
    agent: String,
    member: String,
    seat: String,
    queue: String,
}

async fn company(rig: &Rig) -> Company {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.id();
    let agent = rig.join(&owner, "agent@aster.example.com", "agent").await;
    let member = agent.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let queue = json!({ "name": "Support", "members": [member] });
    let queue = rig.post("/v1/queues", &owner, queue).await.is(201).id();
    Company { owner, tenant, agent: token(&agent), member, seat, queue }
}

/// A promise that a caller was given, for this queue or for nobody's.
pub async fn promised(rig: &Rig, tenant: &str, queue: &str) -> String {
    let call = rig.call(tenant, None).await;
    let now = rig.stamp().now;
    let record: CallRecord = serde_json::from_value(json!({
        "started": { "call": call, "tenant": tenant, "direction": "inbound", "caller": "+12125550123",
            "caller_name": "Helena Zhang", "called": "+14155550100", "displayed": null, "seat": null, "number": null,
            "gateway": null, "gateway_port": null, "at": now },
        "ringing_at": null, "answered_at": now, "ended_at": now, "talk_ms": 1_000, "cause": "caller_hung_up",
        "blame": "caller", "sip_status": null, "detail": null, "legs": [], "timeline": [],
        "flow": { "flow": "flow_x", "name": "Reception", "path": [], "outcome": null,
            "callbacks": [{ "number": "+12125550123", "queue": queue }] },
    }))
    .unwrap();
    let mut tx = rig.db.tenant(tenant.parse().unwrap(), rig.stamp()).await.unwrap();
    let told = book::keep(&tx, &record).await.unwrap();
    let id = told[0].entity_id.clone();
    tx.happened_all(told).await.unwrap();
    tx.commit().await.unwrap();
    id
}

impl Company {
    async fn step(&self, rig: &Rig, id: &str, step: CallbackStep) -> bool {
        let which = (self.tenant.parse().unwrap(), id.parse::<CallbackId>().unwrap());
        steps::take(&rig.db, rig.stamp(), which, step).await.unwrap()
    }
    async fn due(&self, rig: &Rig) -> usize {
        let tx = rig.db.tenant_read(self.tenant.parse().unwrap(), rig.stamp()).await.unwrap();
        book::due(&tx).await.unwrap().len()
    }
    async fn get(&self, rig: &Rig, id: &str) -> Value {
        let path = format!("/v1/callbacks/{id}");
        let answer = rig.get(&path, &self.owner).await;
        if answer.status != 401 {
            return answer.is(200).json;
        }
        // Time has passed.
        let owner = token(&rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await);
        rig.get(&path, &owner).await.is(200).json
    }
    async fn call(&self, rig: &Rig) -> (SeatId, CallId) {
        (self.seat.parse().unwrap(), rig.call(&self.tenant, None).await.parse().unwrap())
    }
}

async fn a_promise_is_kept_by_rule(rig: Rig) {
    let it = company(&rig).await;
    let id = promised(&rig, &it.tenant, &it.queue).await;
    let first = it.get(&rig, &id).await;
    assert_eq!((first["state"].as_str(), first["queue_name"].as_str()), (Some("waiting"), Some("Support")));
    assert_eq!((first["number"].as_str(), first["caller_name"].as_str()), (Some("+12125550123"), Some("Helena Zhang")));
    assert_eq!(it.due(&rig).await, 1);
    // Twice the customer is not reached, and it waits longer each time.
    for (tries, wait) in [(1, 300), (2, 900)] {
        let (seat, call) = it.call(&rig).await;
        assert!(it.step(&rig, &id, CallbackStep::Offered { seat, call }).await);
        assert!(it.step(&rig, &id, CallbackStep::Calling { seat, call }).await);
        let now = it.get(&rig, &id).await;
        assert_eq!((now["state"].as_str(), now["member"].as_str()), (Some("calling"), Some(it.member.as_str())));
        assert_eq!(it.due(&rig).await, 0, "one attempt at a time");
        assert!(it.step(&rig, &id, CallbackStep::Failed { seat, call, cause: EndCause::NoAnswer }).await);
        let now = it.get(&rig, &id).await;
        assert_eq!((now["tries"].as_i64(), now["last_cause"].as_str()), (Some(tries), Some("no_answer")));
        rig.clock.pass_s(wait - 1);
        assert_eq!(it.due(&rig).await, 0);
        rig.clock.pass_s(1);
        assert_eq!(it.due(&rig).await, 1);
    }
    let (seat, call) = it.call(&rig).await;
    assert!(it.step(&rig, &id, CallbackStep::Failed { seat, call, cause: EndCause::Busy }).await);
    let last = it.get(&rig, &id).await;
    assert_eq!((last["state"].as_str(), last["outcome"].as_str()), (Some("closed"), Some("unreached")));
    assert!(!it.step(&rig, &id, CallbackStep::Offered { seat, call }).await, "nothing more is to be done");
    // An attempt whose node is gone is made again once its call is over.
    let second = promised(&rig, &it.tenant, &it.queue).await;
    let (seat, call) = it.call(&rig).await;
    assert!(it.step(&rig, &second, CallbackStep::Calling { seat, call }).await);
    assert_eq!(it.due(&rig).await, 0);
    rig.clock.pass_s(120);
    assert_eq!(it.due(&rig).await, 1);
    assert!(it.step(&rig, &second, CallbackStep::Reached { seat, call }).await);
    assert_eq!(it.get(&rig, &second).await["outcome"], "reached");
    let owner = token(&rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await);
    let told = rig.get("/v1/events?kind=callback.*&limit=20", &owner).await.is(200).text;
    for kind in ["callback.requested", "callback.tried", "callback.closed"] {
        assert!(told.contains(kind), "{kind}: {told}");
    }
}

async fn a_promise_is_closed_by_hand_and_seen_by_its_queue(rig: Rig) {
    let it = company(&rig).await;
    let id = promised(&rig, &it.tenant, &it.queue).await;
    let nobodys = promised(&rig, &it.tenant, "").await;
    let ids = |list: Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(rig.get("/v1/callbacks", &it.agent).await.is(200).json), [id.as_str()]);
    assert_eq!(ids(rig.get("/v1/callbacks", &it.owner).await.is(200).json).len(), 2);
    assert_eq!(it.due(&rig).await, 1, "without a queue people call back by hand");
    let close = format!("/v1/callbacks/{id}/close");
    let (seat, call) = it.call(&rig).await;
    assert!(it.step(&rig, &id, CallbackStep::Calling { seat, call }).await);
    let ask = json!({ "outcome": "cancelled" });
    assert_eq!(rig.post(&close, &it.agent, ask.clone()).await.is(409).code(), "callback_under_way");
    assert!(it.step(&rig, &id, CallbackStep::Missed).await);
    let closed = rig.post(&close, &it.agent, ask.clone()).await.is(200).json;
    assert_eq!((closed["outcome"].as_str(), closed["member"].as_str()), (Some("cancelled"), Some(it.member.as_str())));
    assert_eq!(rig.post(&close, &it.agent, ask.clone()).await.is(409).code(), "callback_closed");
    rig.post(&format!("/v1/callbacks/{nobodys}/close"), &it.agent, ask).await.is(404);
    let done = json!({ "outcome": "done" });
    rig.post(&format!("/v1/callbacks/{nobodys}/close"), &it.owner, done).await.is(200);
    assert_eq!(it.due(&rig).await, 0);
    let page = rig.get("/v1/callbacks?open=false&limit=1", &it.owner).await.is(200).json;
    let next = page["next_cursor"].as_str().unwrap();
    let rest = rig.get(&format!("/v1/callbacks?open=false&limit=1&cursor={next}"), &it.owner).await.is(200).json;
    assert_ne!(ids(page), ids(rest));
}
