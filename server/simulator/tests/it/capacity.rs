//! Each line carries what it carries.

use crate::support::{World, cause, persona};
use patchbay_testkit::Saying;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_line_carries_one_call_and_is_then_busy() {
    let world = World::start(vec![persona("quick", "77")]).await;
    let mut first = world.call("fxo", "2025550177", ";line=2").await;
    assert_eq!(first.answered().await, Ok(()));
    let mut second = world.call("fxo", "2025550177", ";line=2").await;
    assert_eq!(second.answered().await, Err(486));
    let mut other = world.call("fxo", "2025550177", ";line=1").await;
    assert_eq!(other.answered().await, Ok(()), "the next line is free");
    first.hang_up();
    let mut again = Err(0);
    for _ in 0..40 {
        again = world.call("fxo", "2025550177", ";line=2").await.answered().await;
        if again.is_ok() {
            break;
        }
    }
    assert_eq!(again, Ok(()), "free again after the call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_carries_thirty_and_the_next_hears_cause_34() {
    let world = World::start(vec![persona("quick", "77")]).await;
    let mut calls = Vec::new();
    for _ in 0..30 {
        calls.push(world.trunk("+12025550177").await);
    }
    for call in &mut calls {
        assert_eq!(call.answered().await, Ok(()));
    }
    let mut next = world.trunk("+12025550177").await;
    assert_eq!(next.answered().await, Err(503));
    assert_eq!(cause(&next).as_deref(), Some("Q.850;cause=34"));
    // The thirty still talk, each with its own tone.
    for (call, hz) in calls.iter().zip((400..).step_by(50)) {
        call.say(Saying::Tone(hz)).await;
    }
    for (call, hz) in calls.iter().zip((400..).step_by(50)) {
        call.hears(hz).await.unwrap_or_else(|heard| panic!("{hz} Hz: {heard:?}"));
    }
}
