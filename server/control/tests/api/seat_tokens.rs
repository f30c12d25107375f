//! Seat tokens: one seat's softphone, and nothing else.

use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_seat_token_is_the_softphone_of_its_seat,
    a_seat_token_ends_with_time_revocation_key_and_seat,
    a_seat_token_is_used_by_its_pages_alone,
);

struct Scene {
    owner: String,
    seat: String,
    key: String,
    key_id: String,
}

async fn scene(rig: &Rig) -> Scene {
    let owner = token(&rig.sign_up("Aster").await);
    let seat = rig.post("/v1/seats", &owner, json!({ "label": "Front desk" })).await.is(201).id();
    let ask = json!({ "name": "CRM", "scopes": ["seat_tokens:write", "seat_tokens:read"] });
    let made = rig.post("/v1/api-keys", &owner, ask).await.is(201).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Scene { owner, seat, key: text(&made["secret"]), key_id: text(&made["key"]["id"]) }
}

async fn minted(rig: &Rig, scene: &Scene, ask: Value) -> (String, String) {
    let made = rig.post(&format!("/v1/seats/{}/tokens", scene.seat), &scene.key, ask).await.is(201).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["secret"]), text(&made["token"]["id"]))
}

async fn ticket(rig: &Rig, secret: &str) -> crate::rig::Answer {
    rig.send("POST", "/v1/softphone/ticket", secret, None, &[]).await
}

async fn a_seat_token_is_the_softphone_of_its_seat(rig: Rig) {
    let scene = scene(&rig).await;
    let colleague = rig.post("/v1/seats", &scene.owner, json!({})).await.is(201);
    let (secret, id) = minted(&rig, &scene, json!({ "label": "Ana's tab" })).await;
    assert!(secret.starts_with("pb_seat_"), "{secret}");
    let phone = rig.get("/v1/softphone", &secret).await.is(200).json;
    assert_eq!((phone["seat"].as_str(), phone["extension"].as_str()), (Some(scene.seat.as_str()), Some("101")));
    assert_eq!(phone["directory"][0]["extension"], colleague.json["extension"]);
    let sold = ticket(&rig, &secret).await.is(201).json;
    let grant = rig.control.redeem_softphone(sold["ticket"].as_str().unwrap()).unwrap();
    assert_eq!(grant.seat.to_string(), scene.seat);
    for path in ["/v1/seats", "/v1/calls", "/v1/me", "/v1/events", "/v1/api-keys/current"] {
        assert_eq!(rig.get(path, &secret).await.is(403).code(), "seat_token_limited", "{path}");
    }
    let more = rig.post(&format!("/v1/seats/{}/tokens", scene.seat), &secret, json!({})).await.is(403);
    assert_eq!(more.code(), "seat_token_limited", "a token makes no tokens");
    let list = rig.get(&format!("/v1/seats/{}/tokens", scene.seat), &scene.key).await.is(200);
    assert_eq!((list.json[0]["id"].as_str(), list.json[0]["api_key"].as_str()), (Some(&*id), Some(&*scene.key_id)));
    assert!(!list.text.contains(&secret[20..]), "shown once");
    let other = token(&rig.sign_up("Borage").await);
    rig.get(&format!("/v1/seats/{}/tokens", scene.seat), &other).await.is(404);
    rig.post(&format!("/v1/seats/{}/tokens", scene.seat), &other, json!({})).await.is(404);
}

async fn a_seat_token_ends_with_time_revocation_key_and_seat(rig: Rig) {
    let scene = scene(&rig).await;
    let (short, _) = minted(&rig, &scene, json!({ "expires_in_s": 60 })).await;
    let (long, id) = minted(&rig, &scene, json!({})).await;
    ticket(&rig, &short).await.is(201);
    rig.clock.pass_s(60);
    assert_eq!(ticket(&rig, &short).await.is(401).code(), "key_expired");
    ticket(&rig, &long).await.is(201);
    let path = format!("/v1/seat-tokens/{id}");
    rig.delete(&path, &scene.key).await.is(204);
    rig.delete(&path, &scene.key).await.is(404);
    assert_eq!(ticket(&rig, &long).await.is(401).code(), "key_revoked");
    assert_eq!(rig.switch.forgotten.lock().unwrap().len(), 1, "the browsers of the seat are cut off");
    let (by_key, _) = minted(&rig, &scene, json!({})).await;
    let seat = rig.post("/v1/seats", &scene.owner, json!({})).await.is(201).id();
    let of_seat = rig.post(&format!("/v1/seats/{seat}/tokens"), &scene.owner, json!({})).await.is(201).json;
    let of_seat = of_seat["secret"].as_str().unwrap();
    ticket(&rig, of_seat).await.is(201);
    rig.delete(&format!("/v1/api-keys/{}", scene.key_id), &scene.owner).await.is(204);
    assert_eq!(ticket(&rig, &by_key).await.is(401).code(), "key_revoked", "with the key that made it");
    rig.delete(&format!("/v1/seats/{seat}"), &scene.owner).await.is(204);
    assert_eq!(ticket(&rig, of_seat).await.is(401).code(), "seat_released");
    let bad = json!({ "expires_in_s": 59, "origins": ["crm.example.com"], "label": "x".repeat(81) });
    let seat = format!("/v1/seats/{}/tokens", scene.seat);
    let refused = rig.post(&seat, &scene.owner, bad).await.is(422).json;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused}");
}

async fn a_seat_token_is_used_by_its_pages_alone(rig: Rig) {
    let scene = scene(&rig).await;
    let (secret, _) = minted(&rig, &scene, json!({ "origins": ["https://crm.example.com"] })).await;
    let asked =
        async |origin: &str| rig.send("POST", "/v1/softphone/ticket", &secret, None, &[("origin", origin)]).await;
    let fine = asked("https://crm.example.com").await.is(201);
    assert_eq!(fine.headers["access-control-allow-origin"], "*");
    assert_eq!(asked("https://evil.example.com").await.is(403).code(), "origin_refused");
    let ask = [
        ("origin", "https://crm.example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    let preflight = rig.send("OPTIONS", "/v1/softphone/ticket", "", None, &ask).await.is(200);
    assert_eq!(preflight.headers["access-control-allow-headers"], "authorization,content-type,idempotency-key");
    let elsewhere = rig.send("OPTIONS", "/v1/seats", "", None, &ask).await;
    assert!(!elsewhere.headers.contains_key("access-control-allow-origin"), "only where a seat token opens something");
}
