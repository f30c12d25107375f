//! Answers of callers: kept once with the record of their call, listed and counted for whom they concern.

use patchbay_control::surveys::book;
use patchbay_plane::CallRecord;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(answers_are_kept_with_their_call_and_counted);

struct Company {
    owner: String,
    tenant: String,
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
    let queue = rig.post("/v1/queues", &owner, json!({ "name": "Support" })).await.is(201).id();
    Company { owner, tenant, member, seat, queue }
}

impl Company {
    /// A call whose caller answered these questions.
    async fn answered(&self, rig: &Rig, answers: &[(&str, u8)], talked: bool) -> String {
        let call = rig.call(&self.tenant, None).await;
        let whom = |kind: &str, id: &str| if talked { json!({ kind: id }) } else { json!({}) };
        let answers: Vec<Value> = answers
            .iter()
            .map(|(question, score)| {
                let mut one = json!({ "question": question, "score": score });
                for more in [whom("seat", &self.seat), whom("queue", &self.queue)] {
                    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                }
                one
            })
            .collect();
        let now = rig.stamp().now;
        let record: CallRecord = serde_json::from_value(json!({
            "started": { "call": call, "tenant": self.tenant, "direction": "inbound", "caller": "+12125550123",
                "caller_name": null, "called": "+14155550100", "displayed": null, "seat": null, "number": null,
                "gateway": null, "gateway_port": null, "at": now },
            "ringing_at": null, "answered_at": now, "ended_at": now, "talk_ms": 1_000, "cause": "caller_hung_up",
            "blame": "caller", "sip_status": null, "detail": null, "legs": [], "timeline": [],
            "flow": { "flow": format!("flow_{}", "0".repeat(26)), "name": "Reception", "path": [], "outcome": null,
                "answers": answers },
        }))
        .unwrap();
        let mut tx = rig.db.tenant(self.tenant.parse().unwrap(), rig.stamp()).await.unwrap();
        let told = book::keep(&tx, &record).await.unwrap();
        tx.happened_all(told).await.unwrap();
        tx.commit().await.unwrap();
        call
    }
}

async fn answers_are_kept_with_their_call_and_counted(rig: Rig) {
    let it = company(&rig).await;
    let first = it.answered(&rig, &[("friendly", 5), ("again", 1)], true).await;
    it.answered(&rig, &[("friendly", 2)], true).await;
    it.answered(&rig, &[("friendly", 5)], false).await;
    let list = rig.get(&format!("/v1/survey-answers?call={first}"), &it.owner).await.is(200).json;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let one = items.iter().find(|one| one["question"] == "friendly").unwrap();
    assert_eq!((one["score"].as_i64(), one["queue_name"].as_str()), (Some(5), Some("Support")));
    assert_eq!((one["member"].as_str(), one["flow_name"].as_str()), (Some(it.member.as_str()), Some("Reception")));
    assert!(one["member_name"].as_str().is_some_and(|name| !name.is_empty()));
    let summary = rig.get("/v1/survey-summary", &it.owner).await.is(200).json;
    let friendly = &summary["questions"][0];
    assert_eq!((friendly["question"].as_str(), friendly["answers"].as_i64()), (Some("friendly"), Some(3)));
    assert_eq!((friendly["average"].as_f64(), friendly["distribution"][5].as_i64()), (Some(4.0), Some(2)));
    let agent = summary["agents"].as_array().unwrap().iter().find(|one| one["question"] == "friendly").unwrap();
    assert_eq!((agent["id"].as_str(), agent["average"].as_f64()), (Some(it.member.as_str()), Some(3.5)));
    let queue = summary["queues"].as_array().unwrap().iter().find(|one| one["question"] == "friendly").unwrap();
    assert_eq!((queue["id"].as_str(), queue["name"].as_str()), (Some(it.queue.as_str()), Some("Support")));
    // Filters, and pages.
    let of = format!("/v1/survey-summary?member={}&question=again", it.member);
    assert_eq!(rig.get(&of, &it.owner).await.is(200).json["questions"][0]["answers"], 1);
    let later = rig.get("/v1/survey-answers?from=2999-01-01T00:00:00Z", &it.owner).await.is(200).json;
    assert_eq!(later["items"], json!([]));
    rig.get("/v1/survey-answers?from=yesterday", &it.owner).await.is(422);
    let page = rig.get("/v1/survey-answers?limit=3", &it.owner).await.is(200).json;
    let next = page["next_cursor"].as_str().unwrap();
    let rest = rig.get(&format!("/v1/survey-answers?limit=3&cursor={next}"), &it.owner).await.is(200).json;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let told = rig.get("/v1/events?kind=survey.answered", &it.owner).await.is(200).json;
    assert_eq!(told["items"].as_array().unwrap().len(), 4);
    // Who sees a team alone sees what was said of its people: nobody's answer is not among them.
    let lead = json!({ "name": "Lead", "permissions": ["surveys:read"], "scope": "team" });
    let role = rig.post("/v1/roles", &it.owner, lead).await.is(201).id();
    let lead = rig.join(&it.owner, "lead@aster.example.com", "agent").await;
    let lead_member = lead.json["me"]["member"].as_str().unwrap().to_owned();
    rig.patch(&format!("/v1/members/{lead_member}"), &it.owner, json!({ "custom_role": role })).await.is(200);
    let lead = token(&rig.sign_in("lead@aster.example.com", crate::rig::PASSWORD).await);
    assert_eq!(rig.get("/v1/survey-answers", &lead).await.is(200).json["items"], json!([]));
    let team = json!({ "name": "Morning", "members": [it.member, lead_member] });
    rig.post("/v1/teams", &it.owner, team).await.is(201);
    assert_eq!(rig.get("/v1/survey-answers", &lead).await.is(200).json["items"].as_array().unwrap().len(), 3);
}
