//! The event log over HTTP: order, filters, and who sees what of it.

use patchbay_kernel::Clock;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_log_is_read_page_by_page,
    a_log_is_filtered,
    a_log_shows_what_one_may_read,
    whoever_reads_on_hears_of_what_was_forgotten
);

async fn seqs(rig: &Rig, path: &str, who: &str) -> Vec<i64> {
    let page = rig.get(path, who).await.is(200).json;
    page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()).collect()
}

async fn a_log_is_read_page_by_page(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    for _ in 0..7 {
        rig.post("/v1/seats", &owner, json!({})).await.is(201);
    }
    let mut all = Vec::new();
    let mut after = String::from("0");
    loop {
        let page = rig.get(&format!("/v1/events?limit=3&after={after}"), &owner).await.is(200).json;
        all.extend(page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        after = next.to_owned();
    }
    assert_eq!(all, (1..=8).collect::<Vec<_>>(), "without a gap, from the first");
    assert_eq!(seqs(&rig, "/v1/events?newest_first=true&limit=3", &owner).await, [8, 7, 6]);
    assert_eq!(seqs(&rig, "/v1/events?newest_first=true&limit=3&before=6", &owner).await, [5, 4, 3]);
    let first = rig.get("/v1/events?limit=1", &owner).await.json["items"][0].clone();
    assert_eq!(first["kind"], "company.created");
    let path = format!("/v1/events/{}", first["id"].as_str().unwrap());
    assert_eq!(rig.get(&path, &owner).await.is(200).json, first);
    let other = token(&rig.sign_up("Borage").await);
    rig.get(&path, &other).await.is(404);
}

async fn whoever_reads_on_hears_of_what_was_forgotten(rig: Rig) {
    let (owner, quiet) = (token(&rig.sign_up("Aster").await), token(&rig.sign_up("Borage").await));
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    rig.clock.pass_s(300);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    rig.clock.pass_s(60);
    let forget = || async {
        let tx = rig.db.system().begin(rig.stamp()).await.unwrap();
        let gone = tx.forget_events(rig.clock.wall().plus_s(-200)).await.unwrap();
        tx.commit_aside().await.unwrap();
        gone
    };
    assert_eq!(
        forget().await,
        2,
        "of the one company all but what is new, of the other nothing: it has no newer event"
    );
    assert_eq!(forget().await, 0);
    assert_eq!(seqs(&rig, "/v1/events", &owner).await, [3]);
    assert_eq!(seqs(&rig, "/v1/events?after=0", &owner).await, [3], "from the very beginning is no reading on");
    assert_eq!(seqs(&rig, "/v1/events?after=2", &owner).await, [3], "nothing is missed");
    let refused = rig.get("/v1/events?after=1", &owner).await.is(410).json;
    assert_eq!(refused["code"], "events_forgotten");
    assert!(refused["detail"].as_str().unwrap().contains("event 3"), "{refused}");
    assert_eq!(seqs(&rig, "/v1/events", &quiet).await, [1]);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    assert_eq!(seqs(&rig, "/v1/events?after=3", &owner).await, [4], "numbers go on");
}

async fn a_log_is_filtered(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    rig.clock.pass_s(60);
    rig.patch(&format!("/v1/seats/{seat}"), &owner, json!({ "label": "Front desk" })).await.is(200);
    rig.clock.pass_s(60);
    rig.call(&tenant, Some(&seat)).await;
    assert_eq!(seqs(&rig, "/v1/events?kind=seat.created", &owner).await, [2]);
    assert_eq!(seqs(&rig, "/v1/events?kind=seat.*,call.ended", &owner).await, [2, 3, 4]);
    assert_eq!(seqs(&rig, &format!("/v1/events?subject={seat}"), &owner).await, [2, 3]);
    let answer = rig.get("/v1/events?kind=seat.painted", &owner).await.is(422);
    assert_eq!(answer.json["errors"][0]["field"], "kind");
    let of = |page: &Value, at: usize| page["items"][at]["at"].as_str().unwrap().to_owned();
    let page = rig.get("/v1/events", &owner).await.json;
    let (second, third) = (of(&page, 2), of(&page, 3));
    assert_eq!(seqs(&rig, &format!("/v1/events?since={second}"), &owner).await, [3, 4]);
    assert_eq!(seqs(&rig, &format!("/v1/events?since={second}&until={third}"), &owner).await, [3]);
    assert!(seqs(&rig, "/v1/events?since=2099-01-01T00:00:00Z", &owner).await.is_empty());
    rig.get("/v1/events?since=yesterday", &owner).await.is(400);
}

async fn a_log_shows_what_one_may_read(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let supervisor = token(&rig.join(&owner, "sue@example.com", "supervisor").await);
    let kinds = |page: Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    let all = kinds(rig.get("/v1/events", &owner).await.json);
    assert_eq!(all, ["company.created", "seat.created", "invitation.created", "member.joined"]);
    let seen = kinds(rig.get("/v1/events", &supervisor).await.json);
    assert_eq!(seen, ["company.created", "seat.created", "member.joined"], "invitations are not theirs to read");
    let hidden = rig.get("/v1/events?kind=invitation.created", &owner).await.json["items"][0]["id"].clone();
    rig.get(&format!("/v1/events/{}", hidden.as_str().unwrap()), &supervisor).await.is(404);
    let ask = json!({ "name": "Calls alone", "scopes": ["events:read", "seats:read"] });
    let key = rig.post("/v1/api-keys", &owner, ask).await.is(201).json["secret"].as_str().unwrap().to_owned();
    assert_eq!(kinds(rig.get("/v1/events", &key).await.is(200).json), ["seat.created"]);
    let types = rig.get("/v1/event-types", &owner).await.is(200).json;
    let seat = types.as_array().unwrap().iter().find(|of| of["kind"] == "seat.created").unwrap();
    assert_eq!(seat["permission"], "seats:read");
    assert_eq!(seat["fields"][2], json!({ "name": "member", "shape": "id", "optional": true }));
}
