//! Calls that we place: the seat first, or the number first; both sides real phones, heard both ways.

use std::time::Duration;

use patchbay_kernel::{CallId, DeviceId, EndCause, GatewayId, SeatId};
use patchbay_plane::{
    DeviceKind, DeviceTarget, First, LegRole, LiveState, MomentKind, PlaceAsk, Placed, RoutePlan, Switch, Target,
};
use patchbay_sip::{End, Name};

use crate::support::{Phone, World, bare_plan, id, line, phone::talk, trunk};

fn ask(world: &World, seat: SeatId, first: First) -> PlaceAsk {
    PlaceAsk {
        call: id(CallId::new),
        tenant: world.tenant,
        seat,
        called: "+14155550132".parse().unwrap(),
        first,
        displayed: None,
        auto_answer: true,
        draft: None,
    }
}

/// The directory's plan, for a seat with phone 101 and a line.
fn plan(world: &World, ask: &PlaceAsk, out: Target) -> RoutePlan {
    let codecs = vec![patchbay_plane::Codec::Pcma, patchbay_plane::Codec::Pcmu];
    let (seat, device) = (ask.seat, id(DeviceId::new));
    let kind = DeviceKind::SipPhone;
    let own = vec![Target::Device(DeviceTarget { seat, device, username: "101".into(), kind, codecs })];
    let called_first = ask.first == First::Called;
    let stages = if called_first { vec![vec![out], own] } else { vec![own, vec![out]] };
    let mut plan = bare_plan(world.tenant, ask.call, stages);
    plan.caller.seat = Some(seat);
    plan.placed = Some(Placed { first_stages: 1, called_first, auto_answer: ask.auto_answer });
    plan
}

/// A seat's phone, a gateway, and a directory that lets the seat call out over it.
async fn scene(world: &World) -> (Phone, Phone, GatewayId) {
    let seat = world.phone("101").await;
    let (gateway, gateway_id) = world.gateway().await;
    (seat, gateway, gateway_id)
}

fn allow(world: &World, ask: &PlaceAsk, out: Target) {
    let made = plan(world, ask, out);
    world.book.place_by(move |_| Ok(made.clone()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seat_s_phone_rings_and_then_the_number_is_dialled() {
    let world = World::start().await;
    let (mut seat, mut gateway, gateway_id) = scene(&world).await;
    let ask = ask(&world, id(SeatId::new), First::Seat);
    allow(&world, &ask, line(trunk(gateway_id, gateway.addr())));
    world.exchange.place(ask.clone()).await.unwrap();
    assert_eq!(world.exchange.live(Some(world.tenant))[0].state, LiveState::Ringing);
    assert_eq!(world.news.started.lock().unwrap()[0].call, ask.call, "its start is on disk when the order returns");
    let incoming = seat.incoming().await;
    let header = |name: &str| incoming.message.other(name).map(|it| it.into_owned());
    assert_eq!(header("Answer-Mode").as_deref(), Some("Auto"));
    assert_eq!(header("X-Placed").as_deref(), Some("seat-first"));
    let from = incoming.message.get_text(Name::From).unwrap();
    assert!(from.contains("+14155550132"), "the phone shows who will be talked to: {from}");
    let near = seat.answer(&incoming).await;
    let out = gateway.incoming().await;
    gateway.ring(&out);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let heard = seat.engine.leg_figures(near.leg).await.map(|figures| figures.received);
    assert!(heard.is_some_and(|packets| packets > 0), "who waits hears it ring: {heard:?}");
    let far = gateway.answer(&out).await;
    talk((&seat, &near), (&gateway, &far)).await;
    assert_eq!(world.exchange.live(None)[0].state, LiveState::Talking);
    seat.hang_up(&near);
    assert_eq!(gateway.ended(far.sip).await.0, End::Bye);
    let record = world.news.record().await;
    assert_eq!((record.cause, record.started.seat), (EndCause::CallerHungUp, Some(ask.seat)));
    assert_eq!(record.legs.iter().map(|leg| leg.role).collect::<Vec<_>>(), [LegRole::Caller, LegRole::Called]);
    assert!(record.legs.iter().all(|leg| leg.answered_at.is_some()), "{:?}", record.legs);
    assert!(record.legs[0].answered_at < record.answered_at, "the talk begins when both are there");
    assert!(record.timeline.iter().any(|moment| moment.kind == MomentKind::FirstAnswered));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_first_and_the_seat_when_it_has_answered() {
    let world = World::start().await;
    let (mut seat, mut gateway, gateway_id) = scene(&world).await;
    let ask = ask(&world, id(SeatId::new), First::Called);
    allow(&world, &ask, line(trunk(gateway_id, gateway.addr())));
    world.exchange.place(ask.clone()).await.unwrap();
    let out = gateway.incoming().await;
    assert!(world.slots.taken() > 1, "the line is taken before it is dialled");
    let far = gateway.answer(&out).await;
    let incoming = seat.incoming().await;
    seat.ring(&incoming);
    let near = seat.answer(&incoming).await;
    talk((&seat, &near), (&gateway, &far)).await;
    gateway.hang_up(&far);
    assert_eq!(seat.ended(near.sip).await.0, End::Bye);
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::CalleeHungUp, "the customer hung up, in whatever order they were dialled");
    assert_eq!(record.legs.iter().map(|leg| leg.role).collect::<Vec<_>>(), [LegRole::Called, LegRole::Caller]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_that_declines_dials_nobody() {
    let world = World::start().await;
    let (mut seat, mut gateway, gateway_id) = scene(&world).await;
    let ask = ask(&world, id(SeatId::new), First::Seat);
    allow(&world, &ask, line(trunk(gateway_id, gateway.addr())));
    world.exchange.place(ask.clone()).await.unwrap();
    let incoming = seat.incoming().await;
    seat.refuse(&incoming, 603);
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::Declined);
    let detail = record.detail.unwrap_or_default();
    assert_eq!(detail, "extension 101 was not reached, so that +14155550132 was not dialled");
    let never = gateway.wait_for(Duration::from_millis(200), |event| {
        matches!(event, patchbay_sip::Event::Invite { .. }).then_some(())
    });
    assert!(never.await.is_none());
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_number_and_an_order_to_hang_up_free_the_seat() {
    let world = World::start().await;
    let (mut seat, mut gateway, gateway_id) = scene(&world).await;
    let first = ask(&world, id(SeatId::new), First::Seat);
    allow(&world, &first, line(trunk(gateway_id, gateway.addr())));
    world.exchange.place(first).await.unwrap();
    let incoming = seat.incoming().await;
    let near = seat.answer(&incoming).await;
    let out = gateway.incoming().await;
    gateway.refuse(&out, 486);
    let (how, reason) = seat.ended(near.sip).await;
    assert_eq!(how, End::Bye);
    assert!(reason.contains("cause=17"), "{reason}");
    assert_eq!(world.news.record().await.cause, EndCause::Busy);
    let second = ask(&world, id(SeatId::new), First::Seat);
    allow(&world, &second, line(trunk(gateway_id, gateway.addr())));
    world.exchange.place(second.clone()).await.unwrap();
    let incoming = seat.incoming().await;
    let near = seat.answer(&incoming).await;
    gateway.incoming().await;
    assert!(world.exchange.hang_up(world.tenant, second.call, EndCause::EndedByApi).await);
    assert_eq!(seat.ended(near.sip).await.0, End::Bye);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_is_said_at_once() {
    let world = World::start().await;
    let (_seat, gateway, gateway_id) = scene(&world).await;
    let wanted = ask(&world, id(SeatId::new), First::Seat);
    let mut made = plan(&world, &wanted, line(trunk(gateway_id, gateway.addr())));
    made.resources[0].limit = 0;
    world.book.place_by(move |_| Ok(made.clone()));
    let refusal = world.exchange.place(wanted).await.unwrap_err();
    assert_eq!(refusal.cause, EndCause::Congested);
    assert!(refusal.text.contains("Company"), "the limit has a name: {}", refusal.text);
    world.is_clean().await;
}
