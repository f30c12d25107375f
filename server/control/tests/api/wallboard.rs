//! Who waits, who is there, how the day went; and why a caller was given to this agent: what the queues tell, as pages show it.

use patchbay_control::queues::row::queue_visit;
use patchbay_kernel::{CallId, MemberId, QueueId, Wall};
use patchbay_plane::{QueueBoard, QueueLine, WaitingLine};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_wallboard_counts_what_the_books_say,
    a_call_says_why_it_was_given_to_this_agent,
    wishes_reach_the_queues_at_once
);

struct Scene {
    owner: String,
    tenant: String,
    member: String,
    seat: String,
    agent: String,
    queue: String,
}

async fn scene(rig: &Rig) -> Scene {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let session = rig.join(&owner, "ann@example.com", "agent").await;
    let member = session.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let queue = rig.post("/v1/queues", &owner, json!({ "name": "Sales", "members": [member] })).await.is(201).id();
    Scene { owner, tenant, member, seat, agent: token(&session), queue }
}

async fn stay(rig: &Rig, scene: &Scene, call: &str, outcome: &str, waited_s: i64, turns: Value) {
    let tx = rig.db.tenant(scene.tenant.parse().unwrap(), rig.stamp()).await.unwrap();
    let left = tx.now();
    let row = queue_visit::ActiveModel {
        id: Set(tx.new_id()),
        call_id: Set(call.parse::<CallId>().unwrap().uuid()),
        queue_id: Set(scene.queue.parse::<QueueId>().unwrap().uuid()),
        queue_name: Set("Sales".into()),
        caller: Set("+12125550123".into()),
        entered_at: Set(left.plus_s(-waited_s).to_offset()),
        left_at: Set(left.to_offset()),
        waited_ms: Set(waited_s * 1_000),
        level_s: Set(20),
        outcome: Set(outcome.into()),
        member_id: Set((outcome == "answered").then(|| scene.member.parse::<MemberId>().unwrap().uuid())),
        turns: Set(turns),
        turns_lost: Set(0),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_wallboard_counts_what_the_books_say(rig: Rig) {
    let scene = scene(&rig).await;
    let call = rig.call(&scene.tenant, None).await;
    for (outcome, waited_s) in
        [("answered", 10), ("answered", 20), ("answered", 90), ("abandoned", 4), ("abandoned", 40), ("overflowed", 120)]
    {
        stay(&rig, &scene, &call, outcome, waited_s, json!([])).await;
    }
    let since = Wall::from_unix_ms(1_764_000_000_000);
    let queue: QueueId = scene.queue.parse().unwrap();
    let waiting =
        |offered_to| WaitingLine { call: call.parse().unwrap(), caller: "+12125550123".into(), since, offered_to };
    let line = QueueLine {
        queue,
        waiting: vec![waiting(Some(scene.member.parse().unwrap())), waiting(None)],
        talking: 1,
        estimate_ms: Some(61_500),
    };
    *rig.switch.board.lock().unwrap() = QueueBoard { queues: vec![line], agents: Vec::new() };
    rig.post("/v1/agents/me/state", &scene.agent, json!({ "state": "ready" })).await.is(200);
    let live = rig.get("/v1/queues/live", &scene.owner).await.is(200).json;
    let [now] = &live.as_array().unwrap()[..] else { panic!("{live}") };
    let day = &now["today"];
    let told = [
        "came",
        "answered",
        "in_time",
        "abandoned",
        "given_back",
        "service_level_percent",
        "longest_wait_s",
        "mean_wait_s",
    ];
    assert_eq!(told.map(|name| day[name].as_i64().unwrap()), [5, 3, 2, 1, 1, 40, 120, 40]);
    assert_eq!((&now["agents"]["ready"], &now["talking"], &now["estimate_s"]), (&json!(1), &json!(1), &json!(61)));
    assert_eq!(
        (&now["waiting"][0]["offered_to"], &now["waiting"][1]["offered_to"]),
        (&json!("Mia Member"), &Value::Null)
    );
    assert_eq!(now["waiting"][1]["caller"], "+12125550123");
    // Somebody whose sight is bounded sees how many wait, not who.
    let head = rig.join(&scene.owner, "head@example.com", "supervisor").await;
    let member = head.json["me"]["member"].as_str().unwrap();
    rig.patch(&format!("/v1/members/{member}"), &scene.owner, json!({ "scope": "own" })).await.is(200);
    let live = rig.get("/v1/queues/live", &token(&head)).await.is(200).json;
    assert_eq!(live[0]["waiting"].as_array().unwrap().len(), 2);
    assert_eq!((&live[0]["waiting"][0]["caller"], &live[0]["waiting"][0]["offered_to"]), (&Value::Null, &Value::Null));
    assert_eq!(live[0]["agents"]["ready"], 0, "nor agents out of sight");
    rig.get("/v1/queues/live", &scene.agent).await.is(403);
    let other = token(&rig.sign_up("Birch").await);
    assert_eq!(rig.get("/v1/queues/live", &other).await.is(200).json, json!([]));
}

async fn a_call_says_why_it_was_given_to_this_agent(rig: Rig) {
    let scene = scene(&rig).await;
    let call = rig.call(&scene.tenant, Some(&scene.seat)).await;
    let stranger = MemberId::from_uuid(patchbay_kernel::Uuid::from_u128(7)).to_string();
    let census = json!({ "ready": 2, "offered": 0, "on_call": 1, "wrap_up": 0, "not_ready": 0, "reconnecting": 0, "offline": 3 });
    let turns = json!([
        { "at_ms": 5, "kind": "offered", "agent": scene.member, "score_ms": 61_000, "known": false,
          "others": [{ "agent": stranger, "why": "less_idle" }], "counts": [{ "why": "less_idle", "count": 1 }],
          "passed": [{ "call": call, "why": "nobody_idle_can_serve" }], "census": census },
        { "at_ms": 4_000, "kind": "answered", "agent": scene.member },
    ]);
    stay(&rig, &scene, &call, "answered", 4, turns).await;
    let told = rig.get(&format!("/v1/calls/{call}"), &scene.owner).await.is(200).json;
    let [stay] = &told["queues"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!(
        (&stay["name"], &stay["outcome"], &stay["agent"]),
        (&json!("Sales"), &json!("answered"), &json!("Mia Member"))
    );
    let offer = &stay["turns"][0];
    assert_eq!(
        (&offer["kind"], &offer["agent"], &offer["score_ms"]),
        (&json!("offered"), &json!("Mia Member"), &json!(61_000))
    );
    assert_eq!((&offer["others"][0]["why"], &offer["others"][0]["agent"]), (&json!("less_idle"), &Value::Null));
    assert_eq!((&offer["agents"]["on_call"], &offer["passed"][0]["why"]), (&json!(1), &json!("nobody_idle_can_serve")));
    assert_eq!(stay["turns"][1]["kind"], "answered");
}

async fn wishes_reach_the_queues_at_once(rig: Rig) {
    let scene = scene(&rig).await;
    let told = || rig.switch.queues_told.lock().unwrap().len();
    let before = told();
    rig.post("/v1/agents/me/state", &scene.agent, json!({ "state": "ready" })).await.is(200);
    assert_eq!(told(), before + 1);
    let path = format!("/v1/agents/{}/state", scene.member);
    rig.post(&path, &scene.owner, json!({ "state": "offline" })).await.is(200);
    assert_eq!(told(), before + 2);
    assert_eq!(rig.switch.queues_told.lock().unwrap()[before].to_string(), scene.tenant);
}
