//! Seats, devices, softphone, calls.

use patchbay_control::{kit::digest::ha1, seats::row::device};
use patchbay_kernel::{CallId, DeviceId, SeatId, TenantId};
use patchbay_plane::{Direction, LiveCall, LiveState};
use serde_json::json;

use crate::rig::{Answer, DOMAIN, Rig, token};

on_both!(
    extensions_are_one_seat_s_each,
    a_phone_s_password_is_shown_once,
    a_repeated_request_is_answered_not_done,
    the_softphone_gets_one_device_and_tickets,
    agents_see_and_end_their_own_calls_only,
    a_released_seat_leaves_nothing_behind,
);

async fn extensions_are_one_seat_s_each(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let first = rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let second = rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let both = (first.json["extension"].as_str(), second.json["extension"].as_str());
    assert_eq!(both, (Some("101"), Some("102")));
    assert_eq!(rig.post("/v1/seats", &owner, json!({ "extension": "101" })).await.is(409).code(), "extension_taken");
    rig.post("/v1/seats", &owner, json!({ "extension": "911" })).await.is(422);
    let path = format!("/v1/seats/{}", second.id());
    assert_eq!(rig.patch(&path, &owner, json!({ "extension": "101" })).await.is(409).code(), "extension_taken");
    rig.patch(&path, &owner, json!({ "extension": "2000", "label": "Front desk" })).await.is(200);
    let other = token(&rig.sign_up("Borage").await);
    assert_eq!(
        rig.post("/v1/seats", &other, json!({})).await.is(201).json["extension"],
        "101",
        "another company's 101"
    );
    let member = rig.get("/v1/me", &owner).await.json["member"].clone();
    rig.patch(&path, &owner, json!({ "member": member })).await.is(200);
    let twice = rig.patch(&format!("/v1/seats/{}", first.id()), &owner, json!({ "member": member })).await.is(409);
    assert_eq!(twice.code(), "member_has_seat");
}

async fn stored(rig: &Rig, tenant: &str, device: &str) -> device::Model {
    let tenant: TenantId = tenant.parse().unwrap();
    let tx = rig.db.tenant_read(tenant, rig.stamp()).await.unwrap();
    tx.find_whole::<device::Entity>(device.parse::<DeviceId>().unwrap().uuid()).await.unwrap().unwrap()
}

async fn a_phone_s_password_is_shown_once(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap());
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let made = rig.post(&format!("/v1/seats/{seat}/devices"), &owner, json!({ "label": "Desk" })).await.is(201).json;
    let id = made["device"]["id"].as_str().unwrap();
    let (username, password) = (made["username"].as_str().unwrap(), made["password"].as_str().unwrap());
    assert!(username.starts_with("101-") && password.len() == 20, "{made}");
    let row = stored(&rig, tenant, id).await;
    let wanted = ha1(username, DOMAIN, password);
    assert_eq!((row.ha1_md5, row.ha1_sha256), (wanted.md5, wanted.sha256));
    assert!(!rig.get("/v1/seats", &owner).await.text.contains(password));
    let path = format!("/v1/devices/{id}/credentials");
    let again = rig.send("POST", &path, &owner, None, &[]).await.is(200).json;
    assert_eq!(again["username"], username);
    assert_ne!(again["password"], password);
    assert_eq!(*rig.switch.forgotten.lock().unwrap(), [username]);
    rig.delete(&format!("/v1/devices/{id}"), &owner).await.is(204);
    rig.delete(&format!("/v1/devices/{id}"), &owner).await.is(404);
    assert!(rig.db.system().device_by_username(username).await.unwrap().is_none());
}

async fn keyed(rig: &Rig, owner: &str, key: &str, body: serde_json::Value) -> Answer {
    rig.send("POST", "/v1/seats", owner, Some(body), &[("idempotency-key", key)]).await
}

async fn a_repeated_request_is_answered_not_done(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let first = keyed(&rig, &owner, "k1", json!({ "label": "One" })).await.is(201);
    let again = keyed(&rig, &owner, "k1", json!({ "label": "One" })).await.is(201);
    assert_eq!(
        (first.text.as_str(), again.headers["idempotency-replayed"].to_str().unwrap()),
        (again.text.as_str(), "true")
    );
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(keyed(&rig, &owner, "k1", json!({ "label": "Two" })).await.is(422).code(), "idempotency_mismatch");
    let (left, right) = tokio::join!(keyed(&rig, &owner, "k2", json!({})), keyed(&rig, &owner, "k2", json!({})));
    assert!([201, 409].contains(&left.status) && [201, 409].contains(&right.status), "{} {}", left.text, right.text);
    assert_eq!(rig.get("/v1/seats", &owner).await.json.as_array().unwrap().len(), 2);
    let other = token(&rig.sign_up("Borage").await);
    assert_ne!(
        keyed(&rig, &other, "k1", json!({ "label": "One" })).await.is(201).text,
        first.text,
        "keys are one company's"
    );
}

async fn agent_on_a_seat(rig: &Rig) -> (String, String, String, String) {
    let session = rig.sign_up("Aster").await;
    let owner = token(&session);
    let agent = rig.join(&owner, "ana@example.com", "agent").await;
    let seat = rig.post("/v1/seats", &owner, json!({ "member": agent.json["me"]["member"] })).await.is(201).id();
    (owner, token(&agent), seat, session.json["me"]["company"]["id"].as_str().unwrap().to_owned())
}

async fn the_softphone_gets_one_device_and_tickets(rig: Rig) {
    let (owner, agent, seat, _) = agent_on_a_seat(&rig).await;
    assert_eq!(rig.get("/v1/softphone", &owner).await.is(404).code(), "no_seat");
    let phone = rig.get("/v1/softphone", &agent).await.is(200).json;
    assert_eq!((phone["extension"].as_str(), phone["echo_number"].as_str()), (Some("101"), Some("*43")));
    let sell = || rig.send("POST", "/v1/softphone/ticket", &agent, None, &[]);
    let (one, two) = (sell().await.is(201).json, sell().await.is(201).json);
    assert_eq!(one["username"], two["username"], "one browser device");
    assert_eq!(
        (one["ws_url"].as_str(), one["display_name"].as_str()),
        (Some("wss://calls.example.com/sip"), Some("Mia Member"))
    );
    let ticket = one["ticket"].as_str().unwrap();
    let grant = rig.control.redeem_softphone(ticket).unwrap();
    assert_eq!((grant.seat.to_string(), Some(grant.username.as_str())), (seat, one["username"].as_str()));
    assert!(rig.control.redeem_softphone(ticket).is_none(), "used");
    rig.clock.pass_s(31);
    assert!(rig.control.redeem_softphone(two["ticket"].as_str().unwrap()).is_none(), "too old");
}

async fn agents_see_and_end_their_own_calls_only(rig: Rig) {
    let (owner, agent, seat, tenant) = agent_on_a_seat(&rig).await;
    let other = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let (mine, theirs) = (rig.call(&tenant, Some(&seat)).await, rig.call(&tenant, Some(&other)).await);
    let seen = |list: Answer| -> Vec<String> {
        list.is(200).json["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = seen(rig.get("/v1/calls", &owner).await);
    all.sort();
    let mut wanted = [mine.clone(), theirs.clone()];
    wanted.sort();
    assert_eq!(all, wanted);
    assert_eq!(seen(rig.get("/v1/calls", &agent).await), std::slice::from_ref(&mine));
    let first = rig.get("/v1/calls?limit=1", &owner).await.is(200).json;
    let next = format!("/v1/calls?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_ne!(seen(rig.get(&next, &owner).await)[0], first["items"][0]["id"].as_str().unwrap());
    let told = rig.get(&format!("/v1/calls/{mine}"), &agent).await.is(200).json;
    assert_eq!(told["sentence"], "Answered by Mia Member after 6 s, talked 1:12, customer hung up");
    rig.get(&format!("/v1/calls/{theirs}"), &agent).await.is(404);
    for (call, on) in [(&mine, &seat), (&theirs, &other)] {
        rig.switch.up.lock().unwrap().push(LiveCall {
            call: call.parse::<CallId>().unwrap(),
            tenant: tenant.parse().unwrap(),
            direction: Direction::Inbound,
            state: LiveState::Talking,
            caller: "+12125550123".into(),
            called: "101".into(),
            seat: Some(on.parse::<SeatId>().unwrap()),
            other_seat: None,
            gateway_port: None,
            since: rig.control.app().now(),
        });
    }
    assert_eq!(rig.get("/v1/calls/live", &agent).await.is(200).json.as_array().unwrap().len(), 1);
    assert_eq!(rig.get("/v1/calls/live", &owner).await.is(200).json.as_array().unwrap().len(), 2);
    let end = |call: String, by: String| {
        let rig = &rig;
        async move { rig.send("POST", &format!("/v1/calls/{call}/hang-up"), &by, None, &[]).await.status }
    };
    assert_eq!(end(theirs.clone(), agent.clone()).await, 404);
    assert_eq!(end(mine.clone(), agent).await, 204);
    assert_eq!(rig.switch.ended.lock().unwrap().len(), 1);
}

async fn a_released_seat_leaves_nothing_behind(rig: Rig) {
    let (owner, agent, seat, tenant) = agent_on_a_seat(&rig).await;
    rig.send("POST", "/v1/softphone/ticket", &agent, None, &[]).await.is(201);
    rig.call(&tenant, Some(&seat)).await;
    let path = format!("/v1/seats/{seat}");
    rig.delete(&path, &owner).await.is(204);
    rig.delete(&path, &owner).await.is(404);
    assert_eq!(rig.switch.forgotten.lock().unwrap().len(), 1);
    assert_eq!(rig.get("/v1/softphone", &agent).await.is(404).code(), "no_seat");
    assert_eq!(rig.post("/v1/seats", &owner, json!({})).await.is(201).json["extension"], "101", "free again");
    let calls = rig.get("/v1/calls", &owner).await.is(200).json;
    assert_eq!(calls["items"][0]["seat"], seat, "the log remembers");
}
