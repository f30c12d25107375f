//! kill -9 in the middle of calls: every call has one record, every registration is held again.

use std::{collections::HashSet, time::Duration};

use patchbay_tests::{
    Store,
    registrar::Registrar,
    story::{ABROAD, Scene, both_hear, eventually, rack, within},
};
use serde_json::json;

/// Calls that are up when the server dies.
const CALLS: usize = 20;

#[tokio::test]
async fn twenty_calls_leave_twenty_records_and_registrations_come_back() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 40).await;
    scene.allow_calls(40).await;
    let carrier = Registrar::start().await;
    let held = rack(&scene.operator, we_register(&carrier)).await;
    let light = format!("/v1/operator/gateways/{}", held.gateway);
    eventually("the registration is held", async || scene.operator.get(&light).await["light"] == "online").await;
    let before = carrier.taken();

    let mut up = Vec::new();
    for _ in 0..CALLS {
        up.push(scene.talk(ABROAD).await);
    }
    scene.server.crash_and_restart().await;

    let owner = scene.company.owner.clone();
    within("all records are closed", Duration::from_secs(25), async || {
        let calls = owner.get("/v1/calls?limit=100").await;
        calls["items"].as_array().unwrap().iter().filter(|call| call["cause"] == "node_lost").count() >= CALLS
    })
    .await;
    eventually("the registration is held again", async || carrier.taken() > before).await;
    eventually("and seen as such", async || scene.operator.get(&light).await["light"] == "online").await;

    // A second look would make a second record, if anything did.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calls = owner.get("/v1/calls?limit=100").await;
    let calls = calls["items"].as_array().unwrap();
    let ids: HashSet<_> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
    assert_eq!((calls.len(), ids.len()), (CALLS, CALLS));
    for call in calls {
        assert_eq!((&call["cause"], &call["blame"]), (&"node_lost".into(), &"us".into()), "{call}");
        assert!(call["ended_at"].is_string(), "{call}");
    }
    let (ours, theirs) = scene.talk(ABROAD).await;
    both_hear(&ours, &theirs).await;
}

fn we_register(carrier: &Registrar) -> serde_json::Value {
    json!({"label": "Carrier", "profile": "generic_sip_trunk", "connection": "we_register", "gateway_ports": 1,
        "channels": 10, "host": "127.0.0.1", "udp_port": carrier.address().port(), "transport": "udp",
        "username": "acme", "password": "carrier secret", "realm": "carrier.example"})
}
