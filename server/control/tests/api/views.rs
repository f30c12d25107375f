//! Views of lists: one's own, and those that others share.

use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(a_view_is_its_owner_s_until_it_is_shared, a_view_is_small_and_named_once);

fn view(name: &str) -> Value {
    json!({ "list": "members", "name": name,
        "content": { "filter": { "state": "suspended" }, "sort": "-last_seen", "columns": ["name", "role"] } })
}

async fn names(rig: &Rig, by: &str, list: &str) -> Vec<String> {
    let all = rig.get(&format!("/v1/views?list={list}"), by).await.is(200).json;
    all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_view_is_its_owner_s_until_it_is_shared(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let other = token(&rig.sign_up("Borage").await);
    let agent = rig.join(&owner, "ann@example.com", "agent").await;
    let (ann, member) = (token(&agent), agent.json["me"]["member"].as_str().unwrap().to_owned());
    let made = rig.post("/v1/views", &ann, view("Away")).await.is(201);
    assert_eq!((&made.json["mine"], &made.json["owner"]), (&json!(true), &json!("Mia Member")));
    assert_eq!(made.json["content"], view("Away")["content"]);
    let path = format!("/v1/views/{}", made.id());
    assert_eq!(names(&rig, &ann, "members").await, ["Away"]);
    assert!(names(&rig, &ann, "numbers").await.is_empty() && names(&rig, &owner, "members").await.is_empty());
    rig.patch(&path, &owner, json!({ "shared": true })).await.is(404);
    rig.patch(&path, &ann, json!({ "shared": true, "name": " Gone " })).await.is(200);
    let seen = rig.get("/v1/views?list=members", &owner).await.is(200).json;
    assert_eq!((&seen[0]["name"], &seen[0]["mine"]), (&json!("Gone"), &json!(false)), "{seen}");
    rig.patch(&path, &owner, json!({ "name": "Theirs" })).await.is(404);
    rig.delete(&path, &owner).await.is(404);
    assert!(names(&rig, &other, "members").await.is_empty());
    rig.delete(&path, &other).await.is(404);
    rig.post("/v1/views", &ann, view("Away")).await.is(201);
    rig.delete(&path, &ann).await.is(204);
    assert_eq!(names(&rig, &ann, "members").await, ["Away"]);
    rig.delete(&format!("/v1/members/{member}"), &owner).await.is(204);
}

async fn a_view_is_small_and_named_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    rig.post("/v1/views", &owner, view("Away")).await.is(201);
    assert_eq!(rig.post("/v1/views", &owner, view("Away")).await.is(409).code(), "name_taken");
    let next = rig.post("/v1/views", &owner, view("Here")).await.is(201).id();
    let path = format!("/v1/views/{next}");
    assert_eq!(rig.patch(&path, &owner, json!({ "name": "Away" })).await.is(409).code(), "name_taken");
    for bad in [
        json!({ "list": "members", "name": " ", "content": {} }),
        json!({ "list": "nonsense", "name": "X", "content": {} }),
        json!({ "list": "members", "name": "X", "content": { "else": 1 } }),
        json!({ "list": "members", "name": "X", "content": { "columns": vec!["x"; 41] } }),
        json!({ "list": "members", "name": "X", "content": { "filter": { "q": "x".repeat(501) } } }),
    ] {
        rig.post("/v1/views", &owner, bad).await.is(422);
    }
    rig.get("/v1/views?list=nonsense", &owner).await.is(400);
}
