//! Messages that callers leave: greeting and beep at the caller's ear, what is said on the tape and nothing else, every way to end.

use std::{sync::Arc, time::Duration};

use patchbay_codec::measure;
use patchbay_ivr::Target;
use patchbay_kernel::{EndCause, RecordingId};
use patchbay_plane::{MessageAsk, RecordingFault};
use serde_json::{Value, json};

use crate::{
    flows::{dialled, presses, prompt, way},
    support::{Phone, Tape, World, id, phone::Talk},
};

/// As heard at the beep.
const BEEP: u16 = 1_000;

fn nodes(settings: Value) -> Value {
    let mut all = json!({"mailbox": {"kind": "extension", "extension": "101"}, "greeting": prompt(700), "silence_s": 2,
        "max_s": 60});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    json!({
        "in": {"kind": "start", "exits": {"next": "box"}},
        "box": {"kind": "voicemail", "settings": all, "exits": {"recorded": "thanks", "empty": "bye"}},
        "thanks": {"kind": "play", "settings": {"sounds": [prompt(1_800)]}, "exits": {"next": "bye"}},
        "bye": {"kind": "hangup"},
    })
}

async fn invited(world: &World, settings: Value) -> (Phone, Talk, Arc<Tape>) {
    world.prompts(&[700, 1_800], 800);
    let tape = Arc::<Tape>::default();
    *world.tapes.box_of.lock().unwrap() = Some((id(RecordingId::new), tape.clone()));
    let mut gateway = world.led_into(nodes(settings)).await;
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await, "the greeting");
    assert!(beeps(&gateway, &talk).await, "the beep");
    (gateway, talk, tape)
}

/// Whether the beep is heard: it is shorter than what is listened to at once.
async fn beeps(gateway: &Phone, talk: &Talk) -> bool {
    for _ in 0..60 {
        if gateway.engine.hear(talk.leg, BEEP).await.is_some_and(|it| it.share > 0.2) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    false
}

/// Milliseconds of this tone on the tape, the same in both ears.
fn on(tape: &Tape, hz: u16) -> usize {
    let stereo = tape.stereo.lock().unwrap();
    let sides = [0, 1].map(|side| stereo.iter().skip(side).step_by(2).copied().collect::<Vec<i16>>());
    assert_eq!(sides[0], sides[1]);
    sides[0].chunks(400).filter(|look| measure::share(look, hz) > 0.9).count() * 50
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_after_the_beep_is_kept_until_the_key() {
    let world = World::start().await;
    let (mut gateway, talk, tape) = invited(&world, json!({})).await;
    gateway.sing(&talk, 1_400).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    presses(&gateway, &talk, '#').await;
    assert!(gateway.hears(&talk, 1_800).await, "the flow goes on");
    gateway.ended(talk.sip).await;
    let how = tape.ended().await;
    assert_eq!(how.fault, None);
    let said = on(&tape, 1_400);
    assert!((2_300..3_600).contains(&said), "{said} ms");
    assert_eq!((on(&tape, 700), on(&tape, 1_000)), (0, 0), "neither greeting nor beep");
    assert!(how.ms.abs_diff(said as u64) < 800, "{how:?}");
    let record = world.news.record().await;
    assert_eq!(way(&record)[1], ("box", "#", Some("recorded")));
    let asked = world.tapes.messages.lock().unwrap().clone();
    let mailbox = Target::Extension { extension: "101".into() };
    assert_eq!(asked, [MessageAsk { tenant: world.tenant, call: record.started.call, mailbox }]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_a_message_and_who_hangs_up_has_left_one() {
    let world = World::start().await;
    let (mut gateway, talk, tape) = invited(&world, json!({})).await;
    gateway.sing(&talk, 1_400).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    gateway.engine.stop_play(talk.leg).await.unwrap();
    gateway.ended(talk.sip).await;
    let (how, said) = (tape.ended().await, on(&tape, 1_400));
    assert_eq!(how.fault, None);
    assert!((900..2_200).contains(&said), "{said} ms");
    assert!(how.ms < said as u64 + 900, "the silence is not kept: {how:?}");
    let record = world.news.record().await;
    assert_eq!((way(&record)[1].2, record.cause), (Some("recorded"), EndCause::CalleeHungUp));
    world.is_clean().await;

    world.news.records.lock().unwrap().clear();
    let tape = Arc::<Tape>::default();
    *world.tapes.box_of.lock().unwrap() = Some((id(RecordingId::new), tape.clone()));
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await && beeps(&gateway, &talk).await);
    gateway.sing(&talk, 1_400).await;
    tokio::time::sleep(Duration::from_millis(2_000)).await;
    gateway.hang_up(&talk);
    assert_eq!(world.news.record().await.cause, EndCause::CallerHungUp);
    assert_eq!(tape.ended().await.fault, None);
    let said = on(&tape, 1_400);
    assert!((1_300..2_700).contains(&said), "{said} ms");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_leaves_nothing_and_a_box_that_is_gone_takes_nothing() {
    let world = World::start().await;
    let (mut gateway, talk, tape) = invited(&world, json!({})).await;
    gateway.ended(talk.sip).await;
    assert_eq!(tape.ended().await.fault, Some(RecordingFault::Empty));
    assert!(tape.stereo.lock().unwrap().is_empty());
    assert_eq!(way(&world.news.record().await)[1], ("box", "", Some("empty")));
    world.is_clean().await;

    world.news.records.lock().unwrap().clear();
    let talk = dialled(&mut gateway).await;
    gateway.ended(talk.sip).await;
    assert_eq!(way(&world.news.record().await)[1], ("box", "", Some("empty")));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_no_longer_than_the_flow_says() {
    let world = World::start().await;
    let (mut gateway, talk, tape) = invited(&world, json!({"max_s": 5})).await;
    gateway.sing(&talk, 1_400).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(gateway.hears(&talk, 1_800).await, "the flow goes on while the caller speaks");
    gateway.ended(talk.sip).await;
    let how = tape.ended().await;
    assert_eq!((how.fault, how.ms), (None, 5_000));
    world.is_clean().await;
}
