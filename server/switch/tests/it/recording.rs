//! Recordings of calls: who is on which side, through a hand-over and a pause; a store that fails disturbs nobody.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use patchbay_codec::measure;
use patchbay_kernel::RecordingId;
use patchbay_plane::{CallOrder, Keep, RecordOrder, RecordingFault, Switch};
use patchbay_sip::End;

use crate::{
    steer::{talking, talking_in},
    support::{Tape, World, id},
};

async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_call_is_kept_with_the_customer_left_and_whoever_talks_to_them_right() {
    let world = World::start().await;
    let (tape, recording) = (Arc::<Tape>::default(), id(RecordingId::new));
    *world.tapes.next.lock().unwrap() = Some((recording, tape.clone()));
    let scene = talking_in(world).await;
    let asked = scene.world.tapes.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].call, asked[0].tenant, asked[0].why), (scene.call, scene.world.tenant, Keep::Answered));
    scene.seat.sing(&scene.near, 600).await;
    scene.gateway.sing(&scene.far, 1_400).await;
    assert!(scene.gateway.hears(&scene.far, 600).await);
    pass(1_500).await;
    // A pause, in which they hear each other.
    let order = |order| scene.world.exchange.record(scene.world.tenant, scene.call, recording, order);
    assert!(order(RecordOrder::Pause));
    pass(1_500).await;
    assert!(scene.gateway.hears(&scene.far, 600).await && scene.seat.hears(&scene.near, 1_400).await);
    assert!(order(RecordOrder::Resume));
    pass(1_200).await;
    // Sent on to a colleague.
    let mut colleague = scene.world.phone("102").await;
    scene.order(CallOrder::Transfer("102".parse().unwrap())).await.unwrap();
    let incoming = colleague.incoming().await;
    let there = colleague.answer(&incoming).await;
    colleague.sing(&there, 2_100).await;
    assert!(scene.gateway.hears(&scene.far, 2_100).await, "the customer hears the colleague");
    pass(2_000).await;
    scene.gateway.hang_up(&scene.far);
    assert_eq!(colleague.ended(there.sip).await.0, End::Bye);
    let how = tape.ended().await;
    assert_eq!((how.fault, how.lost), (None, 0));
    let stereo = tape.stereo.lock().unwrap().clone();
    let looks = |side: usize, hz: u16| -> usize {
        let heard: Vec<i16> = stereo.iter().skip(side).step_by(2).copied().collect();
        heard.chunks(800).filter(|look| measure::share(look, hz) > 0.9).count()
    };
    // Tenths of a second: the seat before and after the pause, the colleague after the hand-over, the customer through both.
    let (seat, colleague, customer) = (looks(1, 600), looks(1, 2_100), looks(0, 1_400));
    assert!((20..50).contains(&seat), "{seat}");
    assert!((15..45).contains(&colleague), "{colleague}");
    assert!(customer > seat + 10, "{customer}");
    assert_eq!((looks(0, 600), looks(0, 2_100), looks(1, 1_400)), (0, 0, 0), "nobody is on the other's side");
    let silent = stereo.chunks(1_600).filter(|look| look.iter().all(|it| *it == 0)).count();
    assert!((11..24).contains(&silent), "{silent} tenths are silent");
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_full_ends_the_recording_and_the_call_goes_on() {
    let mut scene = talking().await;
    scene.seat.sing(&scene.near, 600).await;
    scene.gateway.sing(&scene.far, 1_400).await;
    let (tape, second, late) = (Arc::<Tape>::default(), Arc::<Tape>::default(), Arc::<Tape>::default());
    let (one, two) = (id(RecordingId::new), id(RecordingId::new));
    let begin = |id, tape: &Arc<Tape>| {
        scene.world.exchange.record(scene.world.tenant, scene.call, id, RecordOrder::Begin(tape.out()))
    };
    assert!(begin(one, &tape) && begin(two, &second));
    assert_eq!(second.ended().await.fault, Some(RecordingFault::Already), "one at a time");
    pass(500).await;
    tape.full.store(true, SeqCst);
    assert_eq!(tape.ended().await.fault, Some(RecordingFault::StoreFull));
    assert!(
        scene.gateway.hears(&scene.far, 600).await && scene.seat.hears(&scene.near, 1_400).await,
        "the call goes on"
    );
    // Another company's order finds no call.
    let foreign = id(patchbay_kernel::TenantId::new);
    assert!(!scene.world.exchange.record(foreign, scene.call, two, RecordOrder::Begin(late.out())));
    scene.seat.hang_up(&scene.near);
    assert_eq!(scene.gateway.ended(scene.far.sip).await.0, End::Bye);
    scene.world.is_clean().await;
    assert!(!scene.world.exchange.record(scene.world.tenant, scene.call, two, RecordOrder::Stop), "it is over");
}
