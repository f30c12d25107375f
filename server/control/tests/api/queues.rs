//! Queues, skills, reason codes and dispositions as a company sets them up.

use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_queue_is_made_with_what_is_usual_and_changed,
    callers_that_overflow_never_come_back,
    what_is_asked_of_agents_falls_with_the_wait,
    skills_have_levels_and_stay_while_they_are_asked_for,
    who_is_out_of_sight_stays_in_the_queue,
    reason_codes_and_dispositions_have_names,
    supervisors_read_and_agents_do_not,
);

async fn made(rig: &Rig, path: &str, by: &str, ask: Value) -> String {
    rig.post(path, by, ask).await.is(201).id()
}

async fn member(rig: &Rig, owner: &str, name: &str) -> (String, String) {
    let session = rig.join(owner, &format!("{name}@example.com"), "agent").await;
    (session.json["me"]["member"].as_str().unwrap().to_owned(), token(&session))
}

fn fault(answer: &crate::rig::Answer) -> (String, String) {
    let first = &answer.json["errors"][0];
    (first["field"].as_str().unwrap_or_default().to_owned(), first["code"].as_str().unwrap_or_default().to_owned())
}

async fn a_queue_is_made_with_what_is_usual_and_changed(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (ann, _) = member(&rig, &owner, "ann").await;
    let queue = rig.post("/v1/queues", &owner, json!({ "name": " Sales ", "members": [ann, ann] })).await.is(201);
    assert_eq!((&queue.json["name"], &queue.json["strategy"]), (&json!("Sales"), &json!("least_skilled")));
    assert_eq!((&queue.json["ring_s"], &queue.json["service_level_s"]), (&json!(20), &json!(20)));
    assert_eq!(queue.json["members"].as_array().unwrap().len(), 1, "each once");
    let path = format!("/v1/queues/{}", queue.id());
    let ask = json!({ "max_length": 12, "strategy": "best_level", "announce_wait": true, "members": [] });
    rig.patch(&path, &owner, ask).await.is(200);
    let now = rig.get(&path, &owner).await.is(200).json;
    assert_eq!((&now["max_length"], &now["announce_wait"], &now["members"]), (&json!(12), &json!(true), &json!([])));
    let now = rig.patch(&path, &owner, json!({ "max_length": null })).await.is(200).json;
    assert_eq!((&now["max_length"], &now["strategy"]), (&Value::Null, &json!("best_level")), "absent fields stay");
    let refused = rig.post("/v1/queues", &owner, json!({ "name": "Sales" })).await.is(409);
    assert_eq!(refused.code(), "name_taken");
    let refused = rig.post("/v1/queues", &owner, json!({})).await.is(422);
    assert_eq!(fault(&refused), ("name".into(), "required".into()));
    let refused = rig.patch(&path, &owner, json!({ "ring_s": 3 })).await.is(422);
    assert_eq!(fault(&refused), ("ring_s".into(), "out_of_range".into()));
    rig.delete(&path, &owner).await.is(204);
    rig.get(&path, &owner).await.is(404);
    rig.delete(&path, &owner).await.is(404);
}

async fn callers_that_overflow_never_come_back(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let one = made(&rig, "/v1/queues", &owner, json!({ "name": "One" })).await;
    let to_one = json!({ "name": "Two", "overflow": "queue", "overflow_queue": one });
    let two = made(&rig, "/v1/queues", &owner, to_one).await;
    let path = format!("/v1/queues/{one}");
    for (target, code) in [(&one, "loop"), (&two, "loop")] {
        let ask = json!({ "overflow": "queue", "overflow_queue": target });
        assert_eq!(fault(&rig.patch(&path, &owner, ask).await.is(422)), ("overflow_queue".into(), code.into()));
    }
    let refused = rig.patch(&path, &owner, json!({ "overflow": "queue" })).await.is(422);
    assert_eq!(fault(&refused), ("overflow_queue".into(), "required".into()));
    assert_eq!(rig.delete(&path, &owner).await.is(409).code(), "queue_in_use");
    let changed = rig.patch(&format!("/v1/queues/{two}"), &owner, json!({ "overflow": "hang_up" })).await.is(200).json;
    assert_eq!(changed["overflow_queue"], Value::Null);
    rig.delete(&path, &owner).await.is(204);
}

async fn what_is_asked_of_agents_falls_with_the_wait(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let skill = made(&rig, "/v1/skills", &owner, json!({ "name": "French" })).await;
    let line = |after: i32, level: i32| json!({ "skill": skill, "after_s": after, "level": level });
    let ask = json!({ "name": "Sales", "skills": [line(30, 1), line(0, 3), line(90, 0)] });
    let queue = rig.post("/v1/queues", &owner, ask).await.is(201);
    assert_eq!(queue.json["skills"], json!([line(0, 3), line(30, 1), line(90, 0)]));
    let path = format!("/v1/queues/{}", queue.id());
    for bad in [json!([line(30, 1)]), json!([line(0, 1), line(30, 2)]), json!([line(0, 9)])] {
        rig.patch(&path, &owner, json!({ "skills": bad })).await.is(422);
    }
    assert_eq!(rig.delete(&format!("/v1/skills/{skill}"), &owner).await.is(409).code(), "skill_in_use");
    rig.patch(&path, &owner, json!({ "skills": [] })).await.is(200);
    rig.delete(&format!("/v1/skills/{skill}"), &owner).await.is(204);
}

async fn skills_have_levels_and_stay_while_they_are_asked_for(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (ann, _) = member(&rig, &owner, "ann").await;
    let (bob, _) = member(&rig, &owner, "bob").await;
    let ask = json!({ "name": "French", "agents": [{ "member": ann, "level": 2 }] });
    let skill = format!("/v1/skills/{}", made(&rig, "/v1/skills", &owner, ask).await);
    let both = json!({ "agents": [{ "member": ann, "level": 5 }, { "member": bob, "level": 1 }] });
    let now = rig.patch(&skill, &owner, both).await.is(200).json;
    let levels: Vec<i64> = now["agents"].as_array().unwrap().iter().map(|one| one["level"].as_i64().unwrap()).collect();
    assert_eq!(levels.iter().sum::<i64>(), 6);
    let refused = rig.patch(&skill, &owner, json!({ "agents": [{ "member": ann, "level": 6 }] })).await.is(422);
    assert_eq!(fault(&refused), ("agents".into(), "out_of_range".into()));
    rig.delete(&format!("/v1/members/{bob}"), &owner).await.is(204);
    let left = rig.get("/v1/skills", &owner).await.is(200).json;
    assert_eq!(left[0]["agents"].as_array().unwrap().len(), 1, "who leaves the company leaves the skill");
}

async fn who_is_out_of_sight_stays_in_the_queue(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (ann, _) = member(&rig, &owner, "ann").await;
    let (bob, _) = member(&rig, &owner, "bob").await;
    let sales = made(&rig, "/v1/departments", &owner, json!({ "name": "Sales" })).await;
    let head = rig.join(&owner, "head@example.com", "admin").await;
    let head_id = head.json["me"]["member"].as_str().unwrap();
    rig.patch(&format!("/v1/members/{ann}"), &owner, json!({ "department": sales })).await.is(200);
    let narrow = json!({ "department": sales, "scope": "subtree" });
    rig.patch(&format!("/v1/members/{head_id}"), &owner, narrow).await.is(200);
    let head = token(&head);
    let queue = made(&rig, "/v1/queues", &owner, json!({ "name": "Sales", "members": [ann, bob] })).await;
    let path = format!("/v1/queues/{queue}");
    let seen = rig.get(&path, &head).await.is(200).json;
    assert_eq!(seen["members"].as_array().unwrap().len(), 1);
    rig.patch(&path, &head, json!({ "members": [bob] })).await.is(422);
    rig.patch(&path, &head, json!({ "members": [] })).await.is(200);
    let left = rig.get(&path, &owner).await.is(200).json;
    assert_eq!(left["members"][0]["member"], json!(bob), "the head took out whom they see");
}

async fn reason_codes_and_dispositions_have_names(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let lunch = json!({ "name": "Lunch", "longest_s": 3_600 });
    let reason = format!("/v1/reason-codes/{}", made(&rig, "/v1/reason-codes", &owner, lunch.clone()).await);
    assert_eq!(rig.post("/v1/reason-codes", &owner, lunch).await.is(409).code(), "name_taken");
    let now = rig.patch(&reason, &owner, json!({ "longest_s": null })).await.is(200).json;
    assert_eq!((&now["name"], &now["longest_s"]), (&json!("Lunch"), &Value::Null));
    rig.patch(&reason, &owner, json!({ "longest_s": 5 })).await.is(422);
    rig.delete(&reason, &owner).await.is(204);

    let queue = made(&rig, "/v1/queues", &owner, json!({ "name": "Sales" })).await;
    let sold = |queue: Value| json!({ "name": "Sold", "queue": queue });
    made(&rig, "/v1/dispositions", &owner, sold(Value::Null)).await;
    let own = made(&rig, "/v1/dispositions", &owner, sold(json!(queue))).await;
    for taken in [Value::Null, json!(queue)] {
        assert_eq!(rig.post("/v1/dispositions", &owner, sold(taken)).await.is(409).code(), "name_taken");
    }
    rig.patch(&format!("/v1/dispositions/{own}"), &owner, json!({ "name": "Sold twice" })).await.is(200);
    rig.delete(&format!("/v1/queues/{queue}"), &owner).await.is(204);
    let left = rig.get("/v1/dispositions", &owner).await.is(200).json;
    assert_eq!(left.as_array().unwrap().len(), 1, "those of a queue go with it");
}

async fn supervisors_read_and_agents_do_not(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let supervisor = token(&rig.join(&owner, "sue@example.com", "supervisor").await);
    let (_, agent) = member(&rig, &owner, "ann").await;
    for path in ["/v1/queues", "/v1/skills", "/v1/reason-codes", "/v1/dispositions"] {
        rig.get(path, &supervisor).await.is(200);
        rig.post(path, &supervisor, json!({ "name": "Mine" })).await.is(403);
        rig.get(path, &agent).await.is(403);
    }
}
