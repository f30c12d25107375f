//! People who call the platform.

use patchbay_plane::Lab;
use patchbay_testkit::Saying;

use crate::support::{LINE_1, LINE_2, SLOT_2, TRUNK, World, persona};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_box_reports_a_call_in_its_own_way_and_carries_audio() {
    let mut world = World::start(vec![persona("quick", "77")]).await;
    for (number, uri, caller) in [
        (TRUNK, "sip:+14155550101;tgrp=span1@pbx.test", "+12025550177"),
        (LINE_2, "sip:hotline@pbx.test", "2025550177"),
        (SLOT_2, "sip:80216465550102@pbx.test", "+12025550177"),
    ] {
        let simulator = world.simulator.clone();
        let placed = tokio::spawn(async move { simulator.ring(number, "quick").await });
        let call = world.platform.incoming().await;
        assert_eq!(call.request_uri().as_deref(), Some(uri));
        assert_eq!(call.caller().as_deref(), Some(caller));
        call.ring();
        placed.await.unwrap().expect("it rings");
        call.answer().await;
        call.say(Saying::Tone(500)).await;
        call.hears(500).await.expect("the caller echoes");
        call.hang_up();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_said_in_words() {
    let mut world = World::start(vec![persona("quick", "77")]).await;
    let nobody = world.simulator.ring(LINE_1, "nobody").await.unwrap_err();
    assert!(nobody.0.contains("nobody"), "{nobody}");
    let unknown = world.simulator.ring("+19995550100", "echo").await.unwrap_err();
    assert!(unknown.0.contains("+19995550100"), "{unknown}");
    let simulator = world.simulator.clone();
    let placed = tokio::spawn(async move { simulator.ring(LINE_1, "quick").await });
    let call = world.platform.incoming().await;
    let busy = world.simulator.ring(LINE_1, "echo").await.unwrap_err();
    assert!(busy.0.contains("in use"), "one call on a line: {busy}");
    call.refuse(480);
    let refused = placed.await.unwrap().unwrap_err();
    assert!(refused.0.contains("480"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_listed_and_the_echo_number_reaches_the_echo() {
    let world = World::start(Vec::new()).await;
    let people = world.simulator.personas();
    assert!(people.iter().any(|(key, _)| key == "congested") && people.iter().all(|(_, does)| !does.is_empty()));
    let mut call = world.trunk(&world.simulator.echo_number()).await;
    assert_eq!(call.answered().await, Ok(()));
    call.say(Saying::Tone(900)).await;
    call.hears(900).await.expect("the echo");
}
