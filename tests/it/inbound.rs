//! The world calls a number, and every device of its seat rings.

use patchbay_sip::End;
use patchbay_tests::{
    Store,
    story::{NUMBER, Scene, both_hear, device, registered},
};

#[tokio::test]
async fn all_devices_ring_and_the_first_to_answer_has_the_call() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let account = device(&scene.company.owner, &scene.company.seat).await;
    let mut second = registered(&scene.server, &account).await;
    let mut theirs = scene.call_in("Ada Lovelace", "+14155550177").await;
    let (mut desk, other) = (scene.desk.incoming().await, second.incoming().await);
    for ringing in [&desk, &other] {
        assert_eq!(ringing.caller().as_deref(), Some("+14155550177"));
        assert_eq!(ringing.caller_name().as_deref(), Some("Ada Lovelace"));
        assert_eq!(ringing.header("X-Called").as_deref(), Some(NUMBER));
        assert!(ringing.header("X-Call-Ref").unwrap().starts_with("call_"));
        ringing.ring();
    }
    assert!(theirs.ringing().await.0 >= 180);
    other.answer().await;
    assert_eq!(theirs.answered().await, Ok(()));
    assert_eq!(desk.ended().await, End::Cancel, "the phone that lost stops to ring");
    both_hear(&theirs, &other).await;
    theirs.hang_up();
    let mut other = other;
    assert_eq!(other.ended().await, End::Bye);
    let record = scene.only_record().await;
    let summary = &record["summary"];
    assert_eq!((&summary["direction"], &summary["cause"]), (&"inbound".into(), &"caller_hung_up".into()), "{summary}");
    assert_eq!(summary["caller_name"], "Ada Lovelace");
    assert_eq!(summary["seat"], scene.company.seat.as_str());
    let answered = record["legs"].as_array().unwrap().iter().filter(|leg| leg["answered_at"].is_string()).count();
    assert_eq!((record["legs"].as_array().unwrap().len(), answered), (3, 2), "{record}");
}

#[tokio::test]
async fn a_busy_seat_and_an_empty_one_say_so() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let mut theirs = scene.call_in("", "+14155550177").await;
    scene.desk.incoming().await.refuse(486);
    assert_eq!(theirs.answered().await, Err(486));
    assert_eq!(scene.desk.unregister().await, 200);
    let mut theirs = scene.call_in("", "+14155550177").await;
    assert_eq!(theirs.answered().await, Err(480));
}

#[tokio::test]
async fn a_stranger_s_call_is_not_let_in() {
    let scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let config = patchbay_testkit::PhoneConfig::new("nobody", "wrong", "patchbay.local", scene.server.sip_address());
    let stranger = patchbay_testkit::Phone::start(config).await;
    let mut call = stranger.dial_as(&format!("sip:{NUMBER}@patchbay.local"), "<sip:+14155550177@x>", Vec::new()).await;
    let refused = call.answered().await;
    assert!(matches!(refused, Err(401 | 403)), "{refused:?}");
}
