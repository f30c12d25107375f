//! What people do when they are called.

use std::time::Duration;

use patchbay_simulator::{Outcome, Persona, Speech};
use patchbay_sip::End;
use patchbay_testkit::Saying;

use crate::support::{World, cause, persona};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_echo_sends_back_what_it_hears() {
    let world = World::start(vec![persona("quick", "77")]).await;
    let mut call = world.trunk("+12025550177").await;
    assert_eq!(call.ringing().await, (180, false), "a trunk says that it rings, and sends no audio");
    assert_eq!(call.answered().await, Ok(()));
    call.say(Saying::Tone(600)).await;
    call.hears(600).await.expect("the tone comes back");
    call.say(Saying::Tone(1_000)).await;
    call.hears(1_000).await.expect("the new tone comes back");
    call.hears_no_more(600).await.expect("the old one does not");
    call.listen_anew().await;
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    let heard = call.heard(1_000).await;
    assert!((40..=56).contains(&heard.packets), "about fifty packets a second: {heard:?}");
    assert!(heard.longest_gap_ms < 200, "{heard:?}");
    call.hang_up();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_line_is_heard_ringing_before_the_answer() {
    let world = World::start(vec![Persona { ring_ms: 2_000, ..persona("quick", "77") }]).await;
    let mut call = world.call("fxo", "2025550177", ";line=1").await;
    assert_eq!(call.ringing().await, (183, true));
    let early = call.heard(440).await;
    let ringback = loop {
        let heard = call.heard(440).await;
        if heard.packets > 40 {
            break heard;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(early.packets < ringback.packets && ringback.level_dbfs > -20.0, "{ringback:?}");
    assert!(ringback.share > 0.4, "half of it is 440 Hz, half 480 Hz: {ringback:?}");
    assert_eq!(call.answered().await, Ok(()));
    call.say(Saying::Tone(700)).await;
    call.hears(700).await.expect("then the person echoes");
    call.hang_up();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tones_keys_and_silence() {
    let quick = |key: &str, suffix: &str| persona(key, suffix);
    let world = World::start(vec![
        Persona { speech: Speech::Tone { hz: 850 }, ..quick("singer", "881") },
        Persona { digits: "15#*9".into(), ..quick("typist", "882") },
        Persona { speech: Speech::Nothing, ..quick("mute", "883") },
    ])
    .await;
    let mut singer = world.call("gsm", "8020012025550881", "").await;
    assert_eq!(singer.answered().await, Ok(()));
    singer.hears(850).await.expect("the tone of the person");
    singer.hang_up();

    let mut typist = world.trunk("+12025550882").await;
    assert_eq!(typist.answered().await, Ok(()));
    assert_eq!(typist.keys(5).await, "15#*9");
    typist.hang_up();

    let mut mute = world.trunk("+12025550883").await;
    assert_eq!(mute.answered().await, Ok(()));
    mute.say(Saying::Tone(600)).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(mute.heard(600).await.packets, 0, "audio flows one way only");
    mute.hang_up();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_carry_their_cause() {
    let world = World::start(Vec::new()).await;
    let refused = [("17", 486, "17"), ("34", 503, "34"), ("00", 404, "1"), ("21", 603, "21")];
    for (suffix, status, q850) in refused {
        let mut call = world.trunk(&format!("+120255501{suffix}")).await;
        assert_eq!(call.answered().await, Err(status), "{suffix}");
        assert_eq!(cause(&call), Some(format!("Q.850;cause={q850}")));
    }
    let mut nowhere = world.call("gsm", "+12025550143", "").await;
    assert_eq!(nowhere.answered().await, Err(404), "a GSM box without a slot before the number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_hangs_up_after_the_talk() {
    let world = World::start(vec![
        Persona { talk_ms: Some(600), ..persona("hasty", "991") },
        Persona { outcome: Outcome::RingsOut, ..persona("gone", "992") },
    ])
    .await;
    let mut call = world.trunk("+12025550991").await;
    assert_eq!(call.answered().await, Ok(()));
    assert_eq!(call.ended().await, End::Bye);

    let mut gone = world.trunk("+12025550992").await;
    assert_eq!(gone.ringing().await.0, 180);
    let answer = gone.wait_within(Duration::from_millis(1_500), |it| Some(it.clone())).await;
    assert_eq!(answer, None, "it only rings");
    gone.hang_up();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holding_stops_the_echo_and_resuming_brings_it_back() {
    let world = World::start(vec![persona("quick", "77")]).await;
    let mut call = world.trunk("+12025550177").await;
    assert_eq!(call.answered().await, Ok(()));
    call.say(Saying::Tone(600)).await;
    call.hears(600).await.expect("before");
    assert!(call.hold().await);
    call.hears_no_more(600).await.expect("held");
    assert!(call.resume().await);
    call.listen_anew().await;
    call.hears(600).await.expect("after");
    call.hang_up();
}
