//! A call that one side cannot hear is told so in its story, with what is known of the reason.

use patchbay_plane::{LegRole, MomentKind, Quiet};

use crate::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_sends_no_audio_is_named_in_the_record() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let mut gateway = world.way_out().await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let far = gateway.answer(&incoming).await;
    seat.answered(&call).await;
    seat.sing(&call, 600).await;
    assert!(gateway.hears(&far, 600).await, "one way works");
    tokio::time::sleep(std::time::Duration::from_millis(7_500)).await;
    gateway.sing(&far, 1_400).await;
    assert!(seat.hears(&call, 1_400).await, "and then both");
    // It mutes itself: its reports go on and say that it rests.
    gateway.engine.stop_play(far.leg).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(7_500)).await;
    seat.hang_up(&call);
    gateway.ended(far.sip).await;
    let record = world.news.record().await;
    let line = record.legs.iter().find(|leg| leg.role == LegRole::Called).unwrap();
    assert!(line.gateway_port.is_some());
    let told: Vec<_> = record
        .timeline
        .iter()
        .filter(|moment| matches!(moment.kind, MomentKind::Silent { .. } | MomentKind::FirstAudio))
        .filter(|moment| moment.leg == Some(line.leg))
        .map(|moment| moment.kind.clone())
        .collect();
    let [MomentKind::Silent { for_ms: 5_000..10_000, why: Quiet::Never }, MomentKind::FirstAudio] = told[..] else {
        panic!("{told:?}")
    };
    let silences = record.timeline.iter().filter(|moment| matches!(moment.kind, MomentKind::Silent { .. })).count();
    assert_eq!(silences, 1, "{:?}", record.timeline);
    world.is_clean().await;
}
