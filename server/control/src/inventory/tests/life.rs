//! Numbers are held, given back and taken again, ported in; and what became of them is told to whom it concerns.

use serde_json::{Value, json};

use super::{gateway, numbers_on, site};
use crate::inventory::rig::{Company::*, Rig, Who, on_both};

/// Paths of numbers on a shared span.
async fn numbers(rig: &Rig, count: i64) -> Vec<String> {
    let site = site(rig).await;
    let made = gateway(
        rig,
        json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
        "gateway_ports": 1, "host": "192.0.2.7", "rental": "shared" }),
    )
    .await;
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap().to_owned();
    let made = numbers_on(rig, &port, "+14155550100", count).await.ok(201);
    made.as_array().unwrap().iter().map(|one| format!("/v1/numbers/{}", one["id"].as_str().unwrap())).collect()
}

async fn post(rig: &Rig, who: Who, path: &str, deed: &str) -> crate::inventory::rig::Answer {
    rig.ask(who, "POST", &format!("{path}/{deed}"), None).await
}

async fn list(rig: &Rig, who: Who, path: &str) -> Value {
    rig.ask(who, "GET", path, None).await.ok(200)
}

fn steps(history: &Value) -> Vec<(&str, &str, &str)> {
    history
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (step["from"].as_str().unwrap_or(""), step["to"].as_str().unwrap(), step["actor"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_held_number_waits_for_who_holds_it() {
    on_both(|rig| async move {
        let path = &numbers(&rig, 12).await[0];
        let held = post(&rig, Who::Owner(One), path, "hold").await.ok(200);
        assert!(held["until"].is_string());
        assert_eq!(post(&rig, Who::Owner(Two), path, "claim").await.told(), (409, "number_unavailable"));
        assert_eq!(post(&rig, Who::Owner(Two), path, "hold").await.told(), (409, "number_unavailable"));
        let other = rig.ask(Who::Owner(Two), "DELETE", &format!("{path}/hold"), None).await;
        assert_eq!(other.told(), (404, "not_found"));
        let shop = |who| list(&rig, who, "/v1/numbers/shop?pattern=%2B14155550100");
        let mine = shop(Who::Owner(One)).await;
        assert_eq!(mine["items"][0]["held_until"], held["until"]);
        assert_eq!(shop(Who::Owner(Two)).await["items"], json!([]));
        rig.ask(Who::Owner(One), "DELETE", &format!("{path}/hold"), None).await.ok(204);
        assert!(shop(Who::Owner(Two)).await["items"][0]["held_until"].is_null());
        post(&rig, Who::Owner(One), path, "hold").await.ok(200);
        rig.pass_days(1);
        post(&rig, Who::Owner(Two), path, "claim").await.ok(201);
        assert_eq!(post(&rig, Who::Owner(One), path, "claim").await.told(), (409, "number_unavailable"));
    })
    .await;
}

#[tokio::test]
async fn nobody_holds_the_whole_shop() {
    on_both(|rig| async move {
        let paths = numbers(&rig, 12).await;
        for path in &paths[..10] {
            post(&rig, Who::Owner(One), path, "hold").await.ok(200);
        }
        assert_eq!(post(&rig, Who::Owner(One), &paths[10], "hold").await.told(), (409, "too_many_holds"));
        post(&rig, Who::Owner(One), &paths[3], "hold").await.ok(200);
        post(&rig, Who::Owner(One), &paths[10], "claim").await.ok(201);
        post(&rig, Who::Owner(Two), &paths[11], "hold").await.ok(200);
    })
    .await;
}

#[tokio::test]
async fn what_was_given_back_can_be_taken_again() {
    on_both(|rig| async move {
        let path = &numbers(&rig, 2).await[0];
        post(&rig, Who::Owner(One), path, "claim").await.ok(201);
        let seat = rig.ask(Who::Owner(One), "POST", "/v1/seats", Some(json!({ "label": "Front" }))).await.ok(201);
        let seat = seat["id"].as_str().unwrap();
        let number = path.trim_start_matches("/v1/numbers/");
        let to = json!({ "label": "Sales", "destination_kind": "seat", "destination_seat": seat });
        rig.ask(Who::Owner(One), "PATCH", path, Some(to)).await.ok(200);
        let shows = Some(json!({ "displayed_numbers": [number] }));
        rig.ask(Who::Owner(One), "PATCH", &format!("/v1/seats/{seat}"), shows).await.ok(200);
        post(&rig, Who::Owner(One), path, "release").await.ok(204);
        let resting = list(&rig, Who::Owner(One), "/v1/numbers/released").await;
        assert_eq!((&resting[0]["e164"], &resting[0]["label"]), (&json!("+14155550100"), &json!("Sales")));
        assert_eq!(list(&rig, Who::Owner(Two), "/v1/numbers/released").await, json!([]));
        assert_eq!(post(&rig, Who::Owner(Two), path, "take-back").await.told(), (404, "not_found"));
        let back = post(&rig, Who::Owner(One), path, "take-back").await.ok(200);
        assert_eq!((&back["label"], &back["destination_seat"]), (&json!("Sales"), &json!(seat)));
        let seat = list(&rig, Who::Owner(One), &format!("/v1/seats/{seat}")).await;
        assert_eq!(seat["displayed_numbers"].as_array().unwrap().len(), 1, "{seat}");
        assert_eq!(list(&rig, Who::Owner(One), "/v1/numbers/released").await, json!([]));
        assert_eq!(post(&rig, Who::Owner(One), path, "take-back").await.told(), (404, "not_found"));
        // Opened to everybody by the operator, it is out of reach; and after its rest too.
        post(&rig, Who::Owner(One), path, "release").await.ok(204);
        let open = Some(json!({ "state": "available" }));
        rig.ask(Who::Operator, "PATCH", &format!("/v1/operator/numbers/{number}"), open).await.ok(200);
        assert_eq!(list(&rig, Who::Owner(One), "/v1/numbers/released").await, json!([]));
        assert_eq!(post(&rig, Who::Owner(One), path, "take-back").await.told(), (404, "not_found"));
        post(&rig, Who::Owner(Two), path, "claim").await.ok(201);
        assert_eq!(post(&rig, Who::Owner(One), path, "take-back").await.told(), (404, "not_found"));
    })
    .await;
}

#[tokio::test]
async fn a_number_tells_its_story_to_whom_it_concerns() {
    on_both(|rig| async move {
        let path = &numbers(&rig, 1).await[0];
        post(&rig, Who::Owner(One), path, "claim").await.ok(201);
        post(&rig, Who::Owner(One), path, "release").await.ok(204);
        rig.pass_days(31);
        post(&rig, Who::Owner(Two), path, "hold").await.ok(200);
        post(&rig, Who::Owner(Two), path, "claim").await.ok(201);
        let own = list(&rig, Who::Owner(Two), &format!("{path}/history")).await;
        assert_eq!(steps(&own), [("reserved", "assigned", "person"), ("quarantined", "reserved", "person")]);
        assert!(own[0]["actor_name"].is_string() && own[0]["company"].is_null());
        let other = rig.ask(Who::Owner(One), "GET", &format!("{path}/history"), None).await;
        assert_eq!(other.told(), (404, "not_found"));
        let whole = list(&rig, Who::Operator, &format!("{}/history", path.replace("/v1/", "/v1/operator/"))).await;
        assert_eq!(whole.as_array().unwrap().len(), 5, "{whole}");
    })
    .await;
}

#[tokio::test]
async fn a_number_is_ported_in_for_a_company() {
    on_both(|rig| async move {
        let path = &numbers(&rig, 1).await[0];
        let operated = path.replace("/v1/", "/v1/operator/");
        let change = |body: Value| rig.ask(Who::Operator, "PATCH", &operated, Some(body));
        let unknown = format!("ten_{}", "0".repeat(26));
        let bad = change(json!({ "state": "porting_in", "porting_for": unknown })).await;
        assert_eq!(bad.told(), (422, "validation"));
        let coming = json!({ "state": "porting_in", "porting_for": rig.tenant(One).to_string(),
            "status_line": "The losing carrier agreed; it moves on Monday." });
        let shown = change(coming).await.ok(200);
        assert_eq!(shown["state"], "porting_in");
        assert!(shown["kept_for"].is_string());
        let waits = list(&rig, Who::Owner(One), "/v1/numbers/porting").await;
        assert_eq!(waits[0]["status_line"], "The losing carrier agreed; it moves on Monday.");
        assert_eq!(list(&rig, Who::Owner(Two), "/v1/numbers/porting").await, json!([]));
        assert_eq!(post(&rig, Who::Owner(One), path, "claim").await.told(), (409, "number_unavailable"));
        change(json!({ "state": "reserved", "status_line": "It is here." })).await.ok(200);
        assert_eq!(post(&rig, Who::Owner(Two), path, "claim").await.told(), (409, "number_unavailable"));
        let waits = list(&rig, Who::Owner(One), "/v1/numbers/porting").await;
        assert!(waits[0]["claim_until"].is_string(), "{waits}");
        post(&rig, Who::Owner(One), path, "claim").await.ok(201);
        assert_eq!(list(&rig, Who::Owner(One), "/v1/numbers/porting").await, json!([]));
        let story = list(&rig, Who::Operator, &format!("{operated}/history")).await;
        assert_eq!(
            steps(&story),
            [
                ("reserved", "assigned", "person"),
                ("porting_in", "reserved", "operator"),
                ("available", "porting_in", "operator"),
                ("", "available", "operator"),
            ]
        );
        assert!(story[0]["company"].is_string() && story[1]["actor_name"].is_string());
    })
    .await;
}
