//! Calls placed and ended from pages and programs: for whom, by whom, and what stands in the way.

use patchbay_control::calls::row::call;
use patchbay_kernel::{CallId, EndCause, SeatId};
use patchbay_plane::{CallOrder, First, Hearer, Refusal, Signal, Unobeyed};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_call_is_placed_for_a_seat_in_reach,
    what_stands_in_the_way_of_a_call_is_said,
    a_seat_token_steers_its_own_calls,
    orders_reach_the_switch_for_a_seat_of_the_call,
    whoever_draws_flows_calls_a_draft,
    calls_are_narrowed_down_and_taken_away,
);

struct Scene {
    owner: String,
    agent: String,
    seat: String,
    other: String,
    tenant: String,
}

async fn scene(rig: &Rig) -> Scene {
    let owner = token(&rig.sign_up("Aster").await);
    let agent = rig.join(&owner, "ana@example.com", "agent").await;
    let seat = rig.post("/v1/seats", &owner, json!({ "member": agent.json["me"]["member"] })).await.is(201).id();
    let other = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    Scene { owner, agent: token(&agent), seat, other, tenant }
}

async fn a_call_is_placed_for_a_seat_in_reach(rig: Rig) {
    let scene = scene(&rig).await;
    let placed = rig.post("/v1/calls", &scene.agent, json!({ "called": "+1 (415) 555-0132" })).await.is(202).json;
    assert_eq!((placed["seat"].as_str(), placed["called"].as_str()), (Some(&*scene.seat), Some("+14155550132")));
    let order = rig.switch.placed.lock().unwrap()[0].clone();
    assert_eq!(
        (order.call.to_string(), order.first, order.auto_answer),
        (placed["id"].as_str().unwrap().into(), First::Seat, true)
    );
    assert_eq!(
        (order.seat.to_string(), order.tenant.to_string(), order.displayed),
        (scene.seat.clone(), scene.tenant.clone(), None)
    );
    let ask = json!({ "called": "102", "seat": scene.other, "first": "number", "displayed": "+14155550100", "answer": "ring" });
    rig.post("/v1/calls", &scene.agent, ask.clone()).await.is(404);
    rig.post("/v1/calls", &scene.owner, ask).await.is(202);
    let order = rig.switch.placed.lock().unwrap()[1].clone();
    assert_eq!(
        (order.first, order.auto_answer, order.displayed.as_deref()),
        (First::Called, false, Some("+14155550100"))
    );
    let seatless = rig.post("/v1/calls", &scene.owner, json!({ "called": "102" })).await.is(404);
    assert_eq!(seatless.code(), "no_seat", "the owner sits nowhere");
    let noted = rig.get("/v1/audit?limit=250", &scene.owner).await.is(200).text;
    assert_eq!(noted.matches("call.placed").count(), 2);
    let ask = json!({ "name": "CRM", "scopes": ["calls:operate"] });
    let key = rig.post("/v1/api-keys", &scene.owner, ask).await.is(201).json["secret"].as_str().unwrap().to_owned();
    rig.post("/v1/calls", &key, json!({ "called": "102", "seat": scene.seat })).await.is(202);
    let ask = json!({ "name": "Reader", "scopes": ["calls:read"] });
    let key = rig.post("/v1/api-keys", &scene.owner, ask).await.is(201).json["secret"].as_str().unwrap().to_owned();
    assert_eq!(
        rig.post("/v1/calls", &key, json!({ "called": "102", "seat": scene.seat })).await.is(403).code(),
        "scope_missing"
    );
}

async fn what_stands_in_the_way_of_a_call_is_said(rig: Rig) {
    let scene = scene(&rig).await;
    let place = |called: Value| {
        let (rig, agent) = (&rig, scene.agent.clone());
        async move { rig.post("/v1/calls", &agent, json!({ "called": called })).await }
    };
    for bad in ["", "call me", "+", &"1".repeat(33)] {
        let refused = place(json!(bad)).await.is(422).json;
        assert_eq!(refused["errors"][0]["code"], "not_dialable", "{bad}");
    }
    for (cause, status, code) in [
        (EndCause::NotFound, 422, "validation"),
        (EndCause::Forbidden, 403, "call_refused"),
        (EndCause::EmailUnverified, 403, "email_unverified"),
        (EndCause::Congested, 503, "calls_full"),
        (EndCause::Unreachable, 409, "seat_unreachable"),
        (EndCause::Overloaded, 503, "busy"),
        (EndCause::Busy, 409, "call_refused"),
    ] {
        let text = format!("Because of {cause:?}");
        *rig.switch.refuses.lock().unwrap() = Some(Refusal { cause, tenant: None, text: text.clone() });
        let refused = place(json!("102")).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{cause:?}");
        assert!(code == "busy" || refused.text.contains(&text), "{}", refused.text);
    }
    assert!(rig.switch.placed.lock().unwrap().is_empty());
    *rig.switch.refuses.lock().unwrap() = None;
    place(json!("102")).await.is(202);
}

async fn a_seat_token_steers_its_own_calls(rig: Rig) {
    let scene = scene(&rig).await;
    let made = rig.post(&format!("/v1/seats/{}/tokens", scene.seat), &scene.owner, json!({})).await.is(201).json;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let placed = rig.post("/v1/calls", &secret, json!({ "called": "102" })).await.is(202).json;
    assert_eq!(placed["seat"], json!(scene.seat));
    rig.post("/v1/calls", &secret, json!({ "called": "102", "seat": scene.other })).await.is(404);
    let live = |seat: &str, other_seat: Option<&str>| {
        let call = rig.switch.ring(&scene.tenant);
        let mut up = rig.switch.up.lock().unwrap();
        let last = up.last_mut().unwrap();
        last.seat = Some(seat.parse::<SeatId>().unwrap());
        last.other_seat = other_seat.map(|seat| seat.parse().unwrap());
        call
    };
    let (own, theirs) = (live(&scene.seat, None), live(&scene.other, None));
    let between = live(&scene.other, Some(&scene.seat));
    let end = |call: CallId| {
        let (rig, secret) = (&rig, &secret);
        async move { rig.send("POST", &format!("/v1/calls/{call}/hang-up"), secret, None, &[]).await.status }
    };
    assert_eq!(end(theirs).await, 404);
    assert_eq!((end(own).await, end(between).await), (204, 204));
    assert_eq!(*rig.switch.ended.lock().unwrap(), [own, between]);
}

async fn orders_reach_the_switch_for_a_seat_of_the_call(rig: Rig) {
    let scene = scene(&rig).await;
    let call = rig.switch.ring(&scene.tenant);
    {
        let mut up = rig.switch.up.lock().unwrap();
        let last = up.last_mut().unwrap();
        (last.seat, last.other_seat) = (Some(scene.other.parse().unwrap()), Some(scene.seat.parse().unwrap()));
    }
    let path = |what: &str| format!("/v1/calls/{call}/{what}");
    for what in ["hold", "resume", "stop-play", "swap", "merge", "complete", "cancel-consult"] {
        rig.send("POST", &path(what), &scene.agent, None, &[]).await.is(204);
    }
    let second = rig.post(&path("consult"), &scene.agent, json!({ "called": "102" })).await.is(202).id();
    assert!(second.starts_with("call_"), "{second}");
    rig.post(&path("transfer"), &scene.agent, json!({ "called": "+1 415 555 0132" })).await.is(202);
    let flow = patchbay_kernel::FlowId::from_uuid(patchbay_kernel::Uuid::from_u128(9));
    rig.post(&path("transfer"), &scene.agent, json!({ "flow": flow })).await.is(202);
    rig.post(&path("transfer"), &scene.agent, json!({ "flow": flow, "called": "102" })).await.is(422);
    let queue = patchbay_kernel::QueueId::from_uuid(patchbay_kernel::Uuid::from_u128(10));
    rig.post(&path("transfer"), &scene.agent, json!({ "queue": queue })).await.is(202);
    rig.post(&path("transfer"), &scene.agent, json!({ "flow": flow, "queue": queue })).await.is(422);
    rig.post(&path("transfer"), &scene.agent, json!({})).await.is(422);
    let parked = rig.post(&path("park"), &scene.agent, json!({ "slot": 7 })).await.is(200).json;
    assert_eq!(
        (&parked["slot"], &parked["seat"], &parked["call"]),
        (&json!(7), &json!(scene.seat), &json!(call.to_string()))
    );
    rig.post(&path("park"), &scene.agent, json!({ "slot": 100 })).await.is(422);
    let lot = rig.get("/v1/parked-calls", &scene.agent).await.is(200).json;
    assert_eq!(lot.as_array().unwrap(), &[parked]);
    let picked = rig.send("POST", &path("pick-up"), &scene.agent, None, &[]).await.is(202);
    assert_eq!(picked.id(), call.to_string());
    rig.switch.parked.lock().unwrap().clear();
    rig.send("POST", &path("pick-up"), &scene.agent, None, &[]).await.is(404);
    rig.post(&path("digits"), &scene.owner, json!({ "digits": "12#" })).await.is(204);
    let tone = json!({ "signal": "tone", "hz": 600, "to": "both" });
    rig.post(&format!("{}?seat={}", path("play"), scene.seat), &scene.owner, tone).await.is(204);
    let orders = rig.switch.orders.lock().unwrap().clone();
    let what: Vec<_> = orders.iter().map(|ask| (ask.seat.to_string(), ask.order.clone())).collect();
    let (own, other) = (scene.seat.clone(), scene.other.clone());
    assert_eq!(
        what,
        [
            (own.clone(), CallOrder::Hold),
            (own.clone(), CallOrder::Resume),
            (own.clone(), CallOrder::StopPlay),
            (own.clone(), CallOrder::Swap),
            (own.clone(), CallOrder::Merge),
            (own.clone(), CallOrder::Complete),
            (own.clone(), CallOrder::CancelConsult),
            (own.clone(), CallOrder::Consult("102".parse().unwrap())),
            (own.clone(), CallOrder::Transfer("+14155550132".parse().unwrap())),
            (own.clone(), CallOrder::ToFlow(flow)),
            (own.clone(), CallOrder::ToQueue(queue)),
            (own.clone(), CallOrder::Park(Some(7))),
            (other, CallOrder::Digits("12#".parse().unwrap())),
            (own, CallOrder::Play(Signal::Tone(600), Hearer::Both)),
        ]
    );
    rig.send("POST", &format!("{}?seat={}", path("hold"), scene.other), &scene.agent, None, &[]).await.is(404);
    rig.post(&path("digits"), &scene.agent, json!({ "digits": "abc" })).await.is(422);
    rig.post(&path("play"), &scene.agent, json!({ "signal": "tone", "hz": 20 })).await.is(422);
    for (why, status, code) in [
        (Unobeyed::NoCall, 404, "not_found"),
        (Unobeyed::NotTalking, 409, "not_talking"),
        (Unobeyed::UnderWay, 409, "transfer_under_way"),
    ] {
        *rig.switch.disobeys.lock().unwrap() = Some(why);
        let answer = rig.send("POST", &path("hold"), &scene.agent, None, &[]).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    let mut news = rig.control.app().feed.listen();
    rig.send("POST", &path("answer"), &scene.agent, None, &[]).await.is(202);
    let told = format!("{:?}", news.try_recv().unwrap());
    assert!(told.contains("Answer"), "{told}");
}

async fn whoever_draws_flows_calls_a_draft(rig: Rig) {
    let scene = scene(&rig).await;
    let other = token(&rig.sign_up("Birch").await);
    let make = |who: String| {
        let rig = &rig;
        async move { rig.post("/v1/flows", &who, json!({ "name": "Front door" })).await.is(201).id() }
    };
    let (flow, foreign) = (make(scene.owner.clone()).await, make(other).await);
    let ask = |flow: &str| json!({ "draft": flow, "seat": scene.seat });
    rig.post("/v1/calls", &scene.owner, ask(&flow)).await.is(202);
    let order = rig.switch.placed.lock().unwrap()[0].clone();
    assert_eq!(
        (order.draft.map(|id| id.to_string()), order.seat.to_string()),
        (Some(flow.clone()), scene.seat.clone())
    );
    rig.post("/v1/calls", &scene.owner, ask(&foreign)).await.is(404);
    assert_eq!(rig.post("/v1/calls", &scene.agent, json!({ "draft": flow })).await.is(403).code(), "forbidden");
    assert_eq!(rig.switch.placed.lock().unwrap().len(), 1);
    // An agent may send a caller to a flow that is live, and sees which there are.
    let shown = |json: &Value| json["flows"].as_array().unwrap().len();
    assert_eq!(shown(&rig.get("/v1/softphone", &scene.agent).await.is(200).json), 0, "a draft answers nobody");
    let nodes = json!({ "in": { "kind": "start", "exits": { "next": "bye" } }, "bye": { "kind": "hangup" } });
    let bye = json!({ "schema": 1, "start": "in", "zone": "UTC", "nodes": nodes });
    rig.patch(&format!("/v1/flows/{flow}"), &scene.owner, json!({ "draft": bye, "revision": 1 })).await.is(200);
    rig.post(&format!("/v1/flows/{flow}/publish"), &scene.owner, json!({ "revision": 2 })).await.is(201);
    let listed = rig.get("/v1/softphone", &scene.agent).await.is(200).json;
    assert_eq!(listed["flows"], json!([{ "id": flow, "name": "Front door" }]));
}

/// Of a list: the calls, oldest first, by the names that the test gave them.
async fn narrowed(rig: &Rig, owner: &str, words: &str, names: &[(&str, &str)]) -> Vec<String> {
    let list = rig.get(&format!("/v1/calls?{words}"), owner).await.is(200).json;
    let ids = list["items"].as_array().unwrap().iter().rev().map(|one| one["id"].as_str().unwrap());
    ids.map(|id| names.iter().find(|(_, call)| *call == id).unwrap().0.to_owned()).collect()
}

async fn calls_are_narrowed_down_and_taken_away(rig: Rig) {
    let scene = scene(&rig).await;
    let (owner, tenant) = (&scene.owner, &scene.tenant);
    let me = rig.get("/v1/members", owner).await.is(200).json[0]["id"].as_str().unwrap().to_owned();
    rig.post("/v1/seats", owner, json!({ "member": me })).await.is(201);
    let queue = rig.post("/v1/queues", owner, json!({ "name": "Sales", "members": [me] })).await.is(201).id();
    let before = rig.control.app().now().plus_s(-1).to_offset();
    let heard = rig.call(tenant, Some(&scene.seat)).await;
    rig.clock.pass_s(1);
    let missed = rig.call(tenant, Some(&scene.other)).await;
    rig.clock.pass_s(300);
    let broken = rig.call(tenant, Some(&scene.seat)).await;
    rig.clock.pass_s(1);
    rig.post("/v1/agents/me/state", owner, json!({ "state": "ready" })).await;
    let waited = rig.writes_up(tenant, &me, &queue).await;
    let tx = rig.db.tenant(tenant.parse().unwrap(), rig.stamp()).await.unwrap();
    for (id, blame, name) in [(&missed, Some("callee"), "=1+1"), (&broken, Some("carrier"), "Lü, \"Kim\"")] {
        let id = id.parse::<CallId>().unwrap().uuid();
        let row = tx.whole::<call::Entity>().is(call::Column::Id, id).one().await.unwrap().unwrap();
        let mut row = row.into_active_model();
        (row.answered_at, row.talk_ms) = (Set(None), Set(0));
        (row.blame, row.caller_name) = (Set(blame.map(str::to_owned)), Set(Some(name.into())));
        tx.update(row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let names = [("heard", &*heard), ("missed", &*missed), ("broken", &*broken), ("waited", &*waited)];
    let text = |at: time::OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap();
    let (before, later) = (text(before), text(rig.control.app().now().plus_s(-60).to_offset()));
    for (words, wanted) in [
        ("", vec!["heard", "missed", "broken", "waited"]),
        ("outcome=answered", vec!["heard", "waited"]),
        ("outcome=unanswered", vec!["missed"]),
        ("outcome=failed", vec!["broken"]),
        (&format!("queue={queue}"), vec!["waited"]),
        (&format!("seat={}&outcome=answered", scene.seat), vec!["heard"]),
        ("recorded=true", vec![]),
        ("recorded=false&outcome=failed", vec!["broken"]),
        (&format!("since={later}"), vec!["broken", "waited"]),
        (&format!("until={later}"), vec!["heard", "missed"]),
        (&format!("until={before}"), vec![]),
    ] {
        assert_eq!(narrowed(&rig, owner, words, &names).await, wanted, "{words}");
    }
    let wrong = rig.get("/v1/calls?since=yesterday", owner).await.is(422);
    assert_eq!(wrong.json["errors"][0]["field"], "since");
    rig.get("/v1/calls/export?queue=seat_1", owner).await.is(404);
    let file = rig.get("/v1/calls/export?outcome=failed", owner).await.is(200).text;
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{feff}id,direction,caller,caller_name"), "{file}");
    assert!(lines[1].starts_with(&format!("{broken},inbound,+12125550123,\"Lü, \"\"Kim\"\"\",")), "{file}");
    assert_eq!(lines[2..], [""], "one line of head, one call");
    let all = rig.get("/v1/calls/export", owner).await.is(200).text;
    assert_eq!(all.matches("call_").count(), 4);
    assert!(all.contains(",\"'=1+1\","), "no name is a formula: {all}");
    let theirs = rig.get("/v1/calls/export", &scene.agent).await.is(200).text;
    assert_eq!(theirs.matches("call_").count(), 2, "of one's own seat alone: {theirs}");
    let noted = rig.get("/v1/audit?action=calls.&limit=250", owner).await.is(200).text;
    assert_eq!(noted.matches("calls.exported").count(), 3);
}
