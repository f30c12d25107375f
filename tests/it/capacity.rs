//! A gateway port carries what it has channels for, whoever fights for them and whatever dies.

use std::{collections::BTreeMap, time::Duration};

use patchbay_testkit::Call;
use patchbay_tests::{
    Store,
    story::{ABROAD, Scene, within},
};
use serde_json::json;

/// Channels of one E1.
const E1: usize = 30;

async fn one_span() -> Scene {
    let scene = Scene::begin(Store::Sqlite, json!({"label": "Falcon", "profile": "falcon_e1"})).await;
    scene.allow_calls(200).await;
    scene
}

/// The Reason header of a refusal.
fn reason(call: &Call) -> String {
    let response = call.response.as_ref().expect("the refusal came as a response");
    let found = response.headers().find(|(name, _)| name.eq_ignore_ascii_case("reason"));
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn call_31_finds_the_span_full() {
    let mut scene = one_span().await;
    let mut up = Vec::new();
    for _ in 0..E1 {
        up.push(scene.talk(ABROAD).await);
    }
    let mut refused = scene.desk.dial(ABROAD).await;
    assert_eq!(refused.answered().await, Err(503));
    let reason = reason(&refused);
    assert!(reason.starts_with("Q.850;cause=34") && reason.contains("Span 1 of Falcon"), "{reason}");
    let mut theirs = scene.call_in("", "+14155550177").await;
    assert_eq!(theirs.answered().await, Err(503), "a call that comes in needs a channel too");

    let ports = scene.operator.get(&format!("/v1/operator/gateways/{}", scene.trunk.gateway)).await;
    assert_eq!(ports["gateway_ports"][0]["in_use"], E1, "{ports}");
    let (ours, mut other) = up.pop().unwrap();
    ours.hang_up();
    other.ended().await;
    within("the channel is free again", Duration::from_secs(3), async || {
        let again = scene.operator.get(&format!("/v1/operator/gateways/{}", scene.trunk.gateway)).await;
        again["gateway_ports"][0]["in_use"] == E1 - 1
    })
    .await;
    scene.talk(ABROAD).await;
}

#[tokio::test]
async fn sixty_four_callers_never_get_more_than_thirty_channels() {
    let mut scene = one_span().await;
    // What is up, in no order: who won which channel does not matter.
    let (mut callers, mut called) = (Vec::new(), Vec::new());
    for free in [E1, 12] {
        for call in callers.drain(E1.min(callers.len()).saturating_sub(12)..) {
            Call::hang_up(&call);
        }
        // What a hang-up gave back is free a moment after.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut ours = Vec::new();
        for _ in 0..64 {
            ours.push(scene.desk.dial(ABROAD).await);
        }
        let before = called.len();
        while let Some(call) = scene.far.incoming_within(Duration::from_secs(3)).await {
            call.answer().await;
            called.push(call);
        }
        let (mut won, mut lost) = (Vec::new(), BTreeMap::<_, usize>::new());
        for mut call in ours {
            match call.answered().await {
                Ok(()) => won.push(call),
                Err(code) => *lost.entry(format!("{code} {}", reason(&call))).or_default() += 1,
            }
        }
        let reached = called.len() - before;
        assert_eq!((won.len(), reached), (free, free), "won by callers, seen at the far end; lost: {lost:?}");
        callers.extend(won);
    }
}

#[tokio::test]
async fn an_analog_line_and_a_sim_carry_one_call() {
    let boxes = [("kestrel_fxo", "Kestrel", "Line 1 of Kestrel"), ("wren_gsm", "Wren", "Slot 1 of Wren")];
    for (profile, label, port) in boxes {
        let new = json!({"label": label, "profile": profile, "gateway_ports": 4});
        let mut scene = Scene::with_account(Store::Sqlite, new).await;
        let (ours, mut theirs) = scene.talk(ABROAD).await;
        let mut second = scene.desk.dial(ABROAD).await;
        assert_eq!(second.answered().await, Err(503), "{profile}");
        let reason = reason(&second);
        assert!(reason.starts_with("Q.850;cause=34") && reason.contains(port), "{profile}: {reason}");
        ours.hang_up();
        theirs.ended().await;
        scene.talk(ABROAD).await;
    }
}

#[tokio::test]
async fn a_killed_server_holds_no_channel() {
    let mut scene = one_span().await;
    let mut up = Vec::new();
    for _ in 0..E1 {
        up.push(scene.talk(ABROAD).await);
    }
    scene.server.crash_and_restart().await;
    let took = within("all channels are free", Duration::from_secs(20), async || {
        let ports = scene.operator.get(&format!("/v1/operator/gateways/{}", scene.trunk.gateway)).await;
        ports["gateway_ports"][0]["in_use"] == 0
    })
    .await;
    for _ in 0..E1 {
        up.push(scene.talk(ABROAD).await);
    }
    assert!(took < Duration::from_secs(20));
}
