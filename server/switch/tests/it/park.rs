//! A call that is parked waits with music, and whoever picks it up talks: by dialling the slot, or by an order.

use std::time::Duration;

use patchbay_kernel::{EndCause, SeatId};
use patchbay_plane::{CallEventKind, CallOrder, LiveState, MomentKind, OrderAsk, Principal, Refusal, Switch, Unobeyed};
use patchbay_sip::End;

use crate::{
    steer::talking,
    support::{World, phone::talk},
};

fn seat_of(world: &World, username: &str) -> SeatId {
    let Principal::Device { seat, .. } = world.book.credential_of(username).principal else { unreachable!() };
    seat
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dials_the_slot_talks_and_a_colleague_is_rung_by_an_order() {
    let mut scene = talking().await;
    talk((&scene.seat, &scene.near), (&scene.gateway, &scene.far)).await;
    assert_eq!(scene.order(CallOrder::Park(None)).await, Ok(Some(scene.call)));
    assert_eq!(scene.seat.ended(scene.near.sip).await.0, End::Bye, "who parks is free");
    assert!(scene.gateway.hears_not(&scene.far, 600).await, "and heard no more");
    let (world, first) = (&scene.world, seat_of(&scene.world, "101"));
    let [parked] = &world.exchange.parked(world.tenant)[..] else { panic!("one is parked") };
    assert_eq!((parked.slot, parked.call, parked.by), (1, scene.call, first));
    assert_eq!(parked.number, "+14155550132", "the one who waits");
    let live = world.exchange.live(None)[0].clone();
    assert_eq!((live.state, live.seat, live.other_seat), (LiveState::Held, None, None));
    assert_eq!(scene.order(CallOrder::Hold).await, Err(Unobeyed::NotTalking), "nobody is there to give orders");
    // A stranger's company has no such slot, and an empty slot nobody in it.
    assert!(world.exchange.parked(crate::support::id(patchbay_kernel::TenantId::new)).is_empty());
    let mut second = world.phone("102").await;
    let nothing = second.dial("*852").await;
    assert_eq!(second.refused(&nothing).await.0, 404);
    let picked = second.dial("*851").await;
    second.answered(&picked).await;
    talk((&second, &picked), (&scene.gateway, &scene.far)).await;
    assert!(world.exchange.parked(world.tenant).is_empty(), "the slot is free");
    let (mine, live) = (seat_of(world, "102"), world.exchange.live(None)[0].clone());
    assert_eq!((live.state, live.seat), (LiveState::Talking, Some(mine)));
    // It parks in turn, at a slot of its choice; a third phone is rung for it.
    let order = |seat, order| OrderAsk { tenant: world.tenant, call: scene.call, seat, order };
    world.exchange.order(order(mine, CallOrder::Park(Some(42)))).await.unwrap();
    second.ended(picked.sip).await;
    let mut third = world.phone("103").await;
    let nobody = world.exchange.pick_up(world.tenant, 7, seat_of(world, "103")).await;
    assert_eq!(nobody, Err(Unobeyed::NoCall));
    let away = world.exchange.pick_up(world.tenant, 42, crate::support::id(SeatId::new)).await;
    assert!(matches!(away, Err(Unobeyed::Refused(Refusal { cause: EndCause::Unreachable, .. }))), "{away:?}");
    assert_eq!(world.exchange.pick_up(world.tenant, 42, seat_of(world, "103")).await, Ok(scene.call));
    let incoming = third.incoming().await;
    let last = third.answer(&incoming).await;
    talk((&third, &last), (&scene.gateway, &scene.far)).await;
    scene.gateway.hang_up(&scene.far);
    third.ended(last.sip).await;
    scene.world.is_clean().await;
    let record = scene.world.news.record().await;
    assert_eq!(record.cause, EndCause::CalleeHungUp);
    let seats: Vec<_> = record.legs.iter().filter(|leg| leg.seat.is_some()).map(|leg| leg.party.as_str()).collect();
    assert_eq!(seats, ["101", "102", "103"], "one record, every leg of it");
    let told: Vec<_> = record.timeline.iter().map(|moment| moment.kind.clone()).collect();
    let of_park = |kind: &&MomentKind| matches!(kind, MomentKind::Parked { .. } | MomentKind::PickedUp);
    assert_eq!(
        told.iter().filter(of_park).cloned().collect::<Vec<_>>(),
        [MomentKind::Parked { slot: 1 }, MomentKind::PickedUp, MomentKind::Parked { slot: 42 }, MomentKind::PickedUp]
    );
    let events = scene.world.news.events.lock().unwrap().clone();
    let parks = events.iter().filter(|event| event.kind == CallEventKind::Parked).count();
    assert_eq!(parks, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_parked_may_hang_up_and_a_slot_holds_one() {
    let mut scene = talking().await;
    talk((&scene.seat, &scene.near), (&scene.gateway, &scene.far)).await;
    scene.order(CallOrder::Park(Some(3))).await.unwrap();
    scene.seat.ended(scene.near.sip).await;
    let mut colleague = scene.world.phone("102").await;
    let again = scene.seat.dial("102").await;
    let incoming = colleague.incoming().await;
    let far = colleague.answer(&incoming).await;
    scene.seat.answered(&again).await;
    let calls = scene.world.exchange.live(None);
    let other = calls.iter().map(|live| live.call).find(|call| *call != scene.call).unwrap();
    let seat = seat_of(&scene.world, "101");
    let order = |order| OrderAsk { tenant: scene.world.tenant, call: other, seat, order };
    let taken = scene.world.exchange.order(order(CallOrder::Park(Some(3)))).await;
    assert!(matches!(taken, Err(Unobeyed::Refused(Refusal { cause: EndCause::Busy, .. }))), "{taken:?}");
    talk((&scene.seat, &again), (&colleague, &far)).await;
    scene.gateway.hang_up(&scene.far);
    tokio::time::timeout(Duration::from_secs(5), async {
        while !scene.world.exchange.parked(scene.world.tenant).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the slot is free when who waited has left");
    scene.seat.hang_up(&again);
    colleague.ended(far.sip).await;
    scene.world.is_clean().await;
}
