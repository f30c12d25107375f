//! What agents do: their own switch, the supervisor's list, and the time spent in each state.

use serde_json::{Value, json};

use crate::rig::{Answer, Rig, token};

on_both!(
    an_agent_goes_through_a_day_and_the_times_add_up,
    a_break_has_a_reason_where_the_company_tells_them_apart,
    calls_are_taken_at_a_seat,
    a_supervisor_sees_everybody_and_signs_somebody_out,
    a_scope_bounds_the_list_and_the_switch,
    what_came_of_a_call_is_said_before_the_next_one,
    a_wish_waits_for_the_end_of_a_call,
);

struct Somebody {
    token: String,
    member: String,
}

async fn somebody(rig: &Rig, owner: &str, name: &str, role: &str) -> Somebody {
    let session = rig.join(owner, &format!("{name}@example.com"), role).await;
    let member = session.json["me"]["member"].as_str().unwrap().to_owned();
    Somebody { token: token(&session), member }
}

async fn agent(rig: &Rig, owner: &str, name: &str) -> Somebody {
    let who = somebody(rig, owner, name, "agent").await;
    rig.post("/v1/seats", owner, json!({ "member": who.member })).await.is(201);
    who
}

async fn go(rig: &Rig, who: &Somebody, ask: Value) -> Answer {
    rig.post("/v1/agents/me/state", &who.token, ask).await
}

async fn an_agent_goes_through_a_day_and_the_times_add_up(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ann = agent(&rig, &owner, "ann").await;
    let lunch = rig.post("/v1/reason-codes", &owner, json!({ "name": "Lunch" })).await.is(201).id();
    let before = rig.get("/v1/agents/me", &ann.token).await.is(200).json;
    assert_eq!((&before["now"]["state"], &before["now"]["since"]), (&json!("offline"), &Value::Null));
    assert_eq!((&before["has_seat"], &before["reasons"][0]["name"]), (&json!(true), &json!("Lunch")));
    for (ask, seconds) in [
        (json!({ "state": "ready" }), 200),
        (json!({ "state": "not_ready", "reason": lunch }), 150),
        (json!({ "state": "ready" }), 60),
        (json!({ "state": "ready" }), 40),
    ] {
        go(&rig, &ann, ask).await.is(200);
        rig.clock.pass_s(seconds);
    }
    let times = rig.get(&format!("/v1/agents/{}/times", ann.member), &owner).await.is(200).json;
    let total = |state: &str| {
        let totals = times["totals"].as_array().unwrap();
        totals.iter().find(|one| one["state"] == state).map(|one| one["seconds"].as_i64().unwrap())
    };
    assert_eq!((total("ready"), total("not_ready")), (Some(300), Some(150)));
    let stretches = times["times"].as_array().unwrap();
    assert_eq!(stretches.len(), 3, "the same state again begins nothing");
    assert_eq!((&stretches[0]["until"], &stretches[1]["reason"]), (&Value::Null, &json!("Lunch")));
    rig.delete(&format!("/v1/reason-codes/{lunch}"), &owner).await.is(204);
    let times = rig.get(&format!("/v1/agents/{}/times", ann.member), &owner).await.is(200).json;
    assert_eq!(times["times"][1]["reason"], json!("Lunch"), "the past keeps its words");
    let bad = format!("/v1/agents/{}/times?from=2020-01-01T00:00:00Z", ann.member);
    rig.get(&bad, &owner).await.is(422);
}

async fn a_break_has_a_reason_where_the_company_tells_them_apart(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ann = agent(&rig, &owner, "ann").await;
    go(&rig, &ann, json!({ "state": "not_ready" })).await.is(200);
    let lunch = rig.post("/v1/reason-codes", &owner, json!({ "name": "Lunch" })).await.is(201).id();
    go(&rig, &ann, json!({ "state": "ready" })).await.is(200);
    go(&rig, &ann, json!({ "state": "not_ready" })).await.is(422);
    go(&rig, &ann, json!({ "state": "ready", "reason": lunch })).await.is(422);
    let other = format!("rsn_{}", "0".repeat(26));
    go(&rig, &ann, json!({ "state": "not_ready", "reason": other })).await.is(422);
    go(&rig, &ann, json!({ "state": "on_call" })).await.is(422);
    let now = go(&rig, &ann, json!({ "state": "not_ready", "reason": lunch })).await.is(200).json;
    assert_eq!(now["now"]["reason"]["name"], json!("Lunch"));
    rig.delete(&format!("/v1/reason-codes/{lunch}"), &owner).await.is(204);
    let now = rig.get("/v1/agents/me", &ann.token).await.is(200).json;
    assert_eq!((&now["now"]["state"], &now["now"]["reason"]), (&json!("not_ready"), &Value::Null), "still away");
}

async fn calls_are_taken_at_a_seat(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let bob = somebody(&rig, &owner, "bob", "agent").await;
    assert_eq!(rig.get("/v1/agents/me", &bob.token).await.is(200).json["has_seat"], json!(false));
    assert_eq!(go(&rig, &bob, json!({ "state": "ready" })).await.is(409).code(), "seat_required");
    assert_eq!(rig.get("/v1/agents", &owner).await.is(200).json, json!([]));
}

async fn a_supervisor_sees_everybody_and_signs_somebody_out(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let sue = somebody(&rig, &owner, "sue", "supervisor").await;
    let (ann, bob) = (agent(&rig, &owner, "ann").await, agent(&rig, &owner, "bob").await);
    rig.post("/v1/queues", &owner, json!({ "name": "Sales", "members": [ann.member] })).await.is(201);
    go(&rig, &ann, json!({ "state": "ready" })).await.is(200);
    let all = rig.get("/v1/agents", &sue.token).await.is(200).json;
    let of = |who: &Somebody| all.as_array().unwrap().iter().find(|one| one["member"] == json!(who.member)).unwrap();
    assert_eq!((&of(&ann)["now"]["state"], &of(&bob)["now"]["state"]), (&json!("ready"), &json!("offline")));
    assert_eq!((&of(&ann)["queues"], &of(&ann)["reachable"]), (&json!(["Sales"]), &json!(false)));
    let path = format!("/v1/agents/{}/state", ann.member);
    rig.post(&path, &bob.token, json!({ "state": "offline" })).await.is(403);
    rig.get("/v1/agents", &bob.token).await.is(403);
    let now = rig.post(&path, &sue.token, json!({ "state": "offline" })).await.is(200).json;
    assert_eq!(now["state"], json!("offline"));
}

async fn what_came_of_a_call_is_said_before_the_next_one(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let ann = agent(&rig, &owner, "ann").await;
    let ask = json!({ "name": "Sales", "members": [ann.member], "disposition_required": true });
    let queue = rig.post("/v1/queues", &owner, ask).await.is(201).id();
    let other = rig.post("/v1/queues", &owner, json!({ "name": "Help" })).await.is(201).id();
    let made = |name: &'static str, queue: Option<String>| {
        let (rig, owner) = (&rig, &owner);
        async move { rig.post("/v1/dispositions", owner, json!({ "name": name, "queue": queue })).await.is(201).id() }
    };
    let (sold, helped) = (made("Sold", Some(queue.clone())).await, made("Helped", Some(other)).await);
    made("Wrong number", None).await;
    go(&rig, &ann, json!({ "state": "ready" })).await.is(200);
    let path = "/v1/agents/me/wrap-up";
    assert_eq!(rig.post(path, &ann.token, json!({ "done": true })).await.is(409).code(), "not_in_wrap_up");
    let call = rig.writes_up(&tenant, &ann.member, &queue).await;
    let mine = rig.get("/v1/agents/me", &ann.token).await.is(200).json;
    let wrap = &mine["wrap_up"];
    assert_eq!(
        (&wrap["call"], &wrap["queue"], &wrap["caller"]),
        (&json!(call), &json!("Sales"), &json!("+12125550123"))
    );
    let names: Vec<_> =
        wrap["dispositions"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((names, &wrap["disposition_required"]), (vec!["Sold", "Wrong number"], &json!(true)));
    let refused = rig.post(path, &ann.token, json!({ "done": true })).await.is(422);
    assert_eq!(refused.json["errors"][0]["field"], "disposition");
    rig.post(path, &ann.token, json!({ "disposition": helped })).await.is(422);
    rig.post(path, &ann.token, json!({ "extend_s": 5 })).await.is(422);
    let said = rig.post(path, &ann.token, json!({ "disposition": sold, "note": " Two of them " })).await.is(200).json;
    assert_eq!((&said["wrap_up"]["disposition"], &said["wrap_up"]["note"]), (&json!(sold), &json!("Two of them")));
    rig.post(path, &ann.token, json!({ "extend_s": 60, "done": true })).await.is(200);
    use patchbay_plane::acd::distributor::WrapUp;
    let told = rig.switch.wrapped.lock().unwrap().clone();
    let disposed = WrapUp::Disposed(call.parse().unwrap());
    let longer = WrapUp::Extend(patchbay_kernel::time::Span::secs(60));
    assert_eq!(told, [disposed, disposed, longer, WrapUp::Done]);
    let log = rig.get("/v1/events?kind=call.disposed", &owner).await.is(200).json;
    assert_eq!(log["items"][0]["body"]["disposition"], "Sold");
}

async fn a_wish_waits_for_the_end_of_a_call(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let ann = agent(&rig, &owner, "ann").await;
    let queue = rig.post("/v1/queues", &owner, json!({ "name": "Sales", "members": [ann.member] })).await.is(201).id();
    go(&rig, &ann, json!({ "state": "ready" })).await.is(200);
    rig.writes_up(&tenant, &ann.member, &queue).await;
    let now = go(&rig, &ann, json!({ "state": "not_ready" })).await.is(200).json;
    assert_eq!((&now["now"]["state"], &now["now"]["next"]), (&json!("wrap_up"), &json!("not_ready")));
    let now = go(&rig, &ann, json!({ "state": "ready" })).await.is(200).json;
    assert_eq!((&now["now"]["state"], &now["now"]["next"]), (&json!("wrap_up"), &json!("ready")));
}

async fn a_scope_bounds_the_list_and_the_switch(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (ann, bob) = (agent(&rig, &owner, "ann").await, agent(&rig, &owner, "bob").await);
    let sales = rig.post("/v1/departments", &owner, json!({ "name": "Sales" })).await.is(201).id();
    rig.patch(&format!("/v1/members/{}", ann.member), &owner, json!({ "department": sales })).await.is(200);
    let head = somebody(&rig, &owner, "head", "supervisor").await;
    let narrow = json!({ "department": sales, "scope": "subtree" });
    rig.patch(&format!("/v1/members/{}", head.member), &owner, narrow).await.is(200);
    let seen = rig.get("/v1/agents", &head.token).await.is(200).json;
    assert_eq!(seen.as_array().unwrap().len(), 1);
    for end in ["state", "times"] {
        let path = format!("/v1/agents/{}/{end}", bob.member);
        let answer = if end == "state" {
            rig.post(&path, &head.token, json!({ "state": "offline" })).await
        } else {
            rig.get(&path, &head.token).await
        };
        answer.is(404);
    }
    rig.get(&format!("/v1/agents/{}/times", ann.member), &head.token).await.is(200);
}
