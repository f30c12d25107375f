//! Hold, resume, digits both ways, early media policies aside.

use std::time::Duration;

use patchbay_kernel::EndCause;
use patchbay_plane::{DtmfMode, LiveState, MomentKind, Switch};

use crate::support::{Phone, World, line, phone::Talk, plan, trunk};

/// A seat that talks through a gateway port whose digits travel like this.
async fn talking(world: &World, line_dtmf: DtmfMode, caller_dtmf: DtmfMode) -> ((Phone, Talk), (Phone, Talk)) {
    let mut seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let (tenant, mut out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    out.dtmf = line_dtmf;
    world.book.route_by(move |ask| {
        let mut plan = plan(tenant, ask, vec![vec![line(out.clone())]]);
        plan.caller_dtmf = caller_dtmf;
        Ok(plan)
    });
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let far = gateway.answer(&incoming).await;
    seat.answered(&call).await;
    ((seat, call), (gateway, far))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hold_silences_both_ways_and_resume_brings_audio_back() {
    let world = World::start().await;
    let ((mut seat, mut call), (mut gateway, far)) = talking(&world, DtmfMode::Rfc4733, DtmfMode::Rfc4733).await;
    seat.sing(&call, 600).await;
    gateway.sing(&far, 1_400).await;
    assert!(gateway.hears(&far, 600).await && seat.hears(&call, 1_400).await);
    seat.turn(&mut call, "sendonly").await;
    assert!(gateway.hears_not(&far, 600).await, "the held party hears nothing of the holder");
    assert!(seat.hears_not(&call, 1_400).await, "the holder hears nothing of the held party");
    assert_eq!(world.exchange.live(Some(world.tenant))[0].state, LiveState::Held);
    seat.turn(&mut call, "sendrecv").await;
    assert!(gateway.hears(&far, 600).await && seat.hears(&call, 1_400).await, "audio is back");
    assert_eq!(world.exchange.live(None)[0].state, LiveState::Talking);
    // The other side may hold as well.
    let mut far = far;
    gateway.turn(&mut far, "inactive").await;
    assert!(seat.hears_not(&call, 1_400).await);
    gateway.turn(&mut far, "sendrecv").await;
    assert!(seat.hears(&call, 1_400).await);
    seat.hang_up(&call);
    gateway.ended(far.sip).await;
    let record = world.news.record().await;
    let holds = record.timeline.iter().filter(|moment| moment.kind == MomentKind::Held).count();
    assert_eq!((holds, record.cause), (2, EndCause::CallerHungUp));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digits_travel_as_events_by_info_and_across() {
    let world = World::start().await;
    let ((mut seat, call), (mut gateway, far)) = talking(&world, DtmfMode::Rfc4733, DtmfMode::Rfc4733).await;
    seat.sing(&call, 600).await;
    assert!(gateway.hears(&far, 600).await);
    seat.engine.stop_play(call.leg).await.unwrap();
    seat.engine.send_digit(call.leg, '5', 160).await.unwrap();
    assert_eq!(gateway.digit().await, '5', "event to event");
    gateway.engine.send_digit(far.leg, '#', 160).await.unwrap();
    assert_eq!(seat.digit().await, '#', "event to event, back");
    // The far end hears a digit while it is pressed; it is noted when it is let go, 160 ms later.
    tokio::time::sleep(Duration::from_millis(400)).await;
    seat.send_info(&call, "Signal=7\r\nDuration=160\r\n");
    assert_eq!(gateway.digit().await, '7', "INFO to event");
    seat.hang_up(&call);
    gateway.ended(far.sip).await;
    let digits: Vec<char> = world
        .news
        .record()
        .await
        .timeline
        .iter()
        .filter_map(|moment| if let MomentKind::Digit { digit } = moment.kind { Some(digit) } else { None })
        .collect();
    assert_eq!(digits, ['5', '#', '7']);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_wants_info_gets_info() {
    let world = World::start().await;
    let ((mut seat, call), (mut gateway, far)) = talking(&world, DtmfMode::Info, DtmfMode::Rfc4733).await;
    seat.sing(&call, 600).await;
    assert!(gateway.hears(&far, 600).await);
    seat.engine.stop_play(call.leg).await.unwrap();
    seat.engine.send_digit(call.leg, '9', 160).await.unwrap();
    assert!(gateway.info().await.contains("Signal=9"), "event to INFO");
    assert_eq!(gateway.digit_within(std::time::Duration::from_millis(500)).await, None, "and not as an event too");
    gateway.send_info(&far, "Signal=4\r\nDuration=160\r\n");
    assert_eq!(seat.digit().await, '4', "INFO to event");
    seat.hang_up(&call);
    gateway.ended(far.sip).await;
    world.is_clean().await;
}
