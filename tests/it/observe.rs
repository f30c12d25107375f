//! What operators and companies see of calls: figures, readiness, and the messages of a call.

use std::time::Duration;

use patchbay_tests::{
    Collector, Metrics, Server, Store,
    story::{ABROAD, Scene, eventually, within},
};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn a_call_is_counted_and_its_messages_are_shown_to_those_who_may_see_them() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    let up = Metrics::of(&scene.server).await;
    assert_eq!((up.get("patchbay_calls"), up.get("patchbay_media_legs")), (1.0, 2.0));
    assert_eq!(up.get("patchbay_sip_dialogs"), 2.0);
    let live = scene.company.owner.get("/v1/calls/live").await;
    let id = live[0]["call"].as_str().unwrap().to_owned();
    let path = format!("/v1/calls/{id}/ladder");
    let while_up = scene.company.owner.get(&path).await;
    assert!(while_up["messages"].as_array().unwrap().len() >= 8, "{while_up}");
    ours.hang_up();
    let _ = theirs.ended().await;
    let record = scene.only_record().await;
    assert_eq!(record["summary"]["id"], id.as_str());

    let over = Metrics::of(&scene.server).await;
    let ended = ["direction=\"outbound\"", "cause=\"caller_hung_up\"", "blame=\"caller\""];
    assert_eq!(over.sum("patchbay_calls_ended_total", &ended), 1.0);
    assert_eq!(over.sum("patchbay_calls_answered_total", &[]), 1.0);
    assert_eq!(over.sum("patchbay_legs_total", &["kind=\"gateway\"", "answered=\"true\""]), 1.0);
    assert!(over.sum("patchbay_sip_messages_total", &["kind=\"INVITE\""]) >= 2.0);
    assert!(
        over.sum("patchbay_http_request_seconds_count", &["route=\"/v1/calls/{id}/ladder\"", "method=\"GET\""]) >= 1.0
    );
    let tenant = &scene.company.id;
    for name in over.names() {
        assert!(!name.contains(tenant) && !name.contains("ten_"), "{name}");
    }

    // The rest of the conversation comes after the record: BYE is answered, then the messages go to the store.
    let stored = async || Metrics::of(&scene.server).await.sum("patchbay_ladders_total", &["what=\"kept\""]) >= 1.0;
    within("the messages are stored", Duration::from_secs(15), stored).await;
    let ladder = scene.company.owner.get(&path).await;
    shown_to_the_company(&ladder, &scene.far.address().to_string());
    let asked = format!("/v1/operator/calls/{id}/ladder");
    let full = scene.operator.get(&asked).await;
    let text = full["ladder"].to_string();
    assert!(text.contains(&scene.far.address().to_string()), "operators see where the gateway is");
    no_secret(&text);
    let (status, _) = scene.company.owner.call(Method::GET, &asked, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    scene.server.restart_in_place().await;
    assert_eq!(scene.company.owner.get(&path).await["messages"], ladder["messages"], "kept over a restart");
}

fn shown_to_the_company(ladder: &serde_json::Value, gateway: &str) {
    let text = ladder.to_string();
    assert!(!text.contains(gateway), "{text}");
    no_secret(&text);
    let lanes = ladder["lanes"].as_array().unwrap();
    assert_eq!((&lanes[0]["role"], &lanes[0]["kind"]), (&"caller".into(), &"sip_phone".into()));
    assert_eq!((&lanes[1]["role"], &lanes[1]["kind"]), (&"called".into(), &"gateway".into()));
    assert!(lanes[1]["label"].as_str().unwrap().starts_with("Trunk"), "{}", lanes[1]);
    let messages = ladder["messages"].as_array().unwrap();
    let said = |lane: usize, ours: bool, title: &str| {
        let leg = &lanes[lane]["leg"];
        let found = messages.iter().position(|it| it["leg"] == *leg && it["ours"] == ours && it["title"] == title);
        found.unwrap_or_else(|| panic!("{title} by {} is missing: {text}", if ours { "us" } else { "them" }))
    };
    let story = [
        said(0, false, "INVITE"),
        said(0, true, "100 Trying"),
        said(1, true, "INVITE"),
        said(1, false, "200 OK"),
        said(1, true, "ACK"),
        said(0, false, "BYE"),
    ];
    assert!(story.is_sorted(), "{story:?}");
    said(0, true, "401 Unauthorized");
    assert!(messages.iter().any(|it| it["method"] == "INVITE" && it["sdp"] == true));
}

/// The phone answered a challenge: its proof is a secret.
fn no_secret(text: &str) {
    assert!(text.contains("[masked]"), "something was masked: {text}");
    assert!(!text.contains("response=") && !text.contains("cnonce="), "{text}");
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_lets_a_call_end_and_takes_no_new_ones() {
    let mut scene = Scene::drained_in(Store::Sqlite, 20).await;
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    let url = format!("{}/readyz", scene.server.url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    scene.server.process().ask_to_stop();
    eventually("it is not ready any more", async || {
        reqwest::get(&url).await.is_ok_and(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE)
    })
    .await;
    let live = reqwest::get(format!("{}/healthz", scene.server.url())).await.unwrap();
    assert_eq!(live.status(), 200, "the process itself is well");
    assert_eq!(scene.desk.dial(ABROAD).await.answered().await, Err(503));
    // Well within the limit: the call goes on, and its end ends the process.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(scene.server.process().is_running());
    patchbay_tests::story::both_hear(&ours, &theirs).await;
    ours.hang_up();
    let _ = theirs.ended().await;
    let exit = scene.server.process().wait(Duration::from_secs(12)).await.expect("it ends by itself");
    assert!(exit.success(), "{exit}");
}

#[tokio::test]
async fn requests_and_calls_are_traced_when_a_collector_is_set() {
    let collector = Collector::start().await;
    let server = Server::start_with(Store::Sqlite, false, &[("OTLP_ENDPOINT", &collector.url())]).await;
    let trunk = serde_json::json!({"label": "Trunk", "profile": "generic_sip_trunk", "channels": 10});
    let mut scene = Scene::on(server, trunk).await;
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    ours.hang_up();
    let _ = theirs.ended().await;
    let id = scene.only_record().await["summary"]["id"].as_str().unwrap().to_owned();
    // What waits at the end is sent before the process is gone.
    assert!(scene.server.process().terminate(Duration::from_secs(30)).await.is_some_and(|exit| exit.success()));
    for text in ["GET /v1/calls/{id}", "call outbound", "caller_hung_up", "leg caller", "leg called", "answered", &id] {
        assert!(collector.has(text), "{text}");
    }
    assert!(!collector.has(ABROAD), "whom somebody called is nothing for a collector");
}
