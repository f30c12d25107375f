//! Calls back that were promised: offered at their place, the agent first, tried again, called off.

use std::time::Duration;

use patchbay_kernel::{CallbackId, Clock, EndCause, Wall};
use patchbay_plane::{
    CallbackDue, CallbackStep, First, Placed, QueueNews, Switch, Target,
    acd::distributor::{Outcome, Person, Wish},
};
use patchbay_sip::End;

use crate::{
    queues::{Floor, person},
    support::{Phone, SystemClock, World, bare_plan, device, id, line, phone::talk, trunk},
};

fn now() -> Wall {
    SystemClock::start().wall()
}

/// An agent with phone 101 in a queue, a line, and a promise that is due.
async fn scene(world: &World) -> (Phone, Phone, Floor, CallbackId) {
    let seat = world.phone("101").await;
    let (gateway, gateway_id) = world.gateway().await;
    let (tenant, at) = (world.tenant, gateway.addr());
    world.book.place_by(move |ask| {
        assert_eq!((ask.first, ask.called.as_str()), (First::Seat, "+14155550132"));
        let out = line(trunk(gateway_id, at));
        let mut own = device("101");
        if let Target::Device(own) = &mut own {
            own.seat = ask.seat;
        }
        let mut plan = bare_plan(tenant, ask.call, vec![vec![own], vec![out]]);
        plan.caller.seat = Some(ask.seat);
        plan.placed = Some(Placed { first_stages: 1, called_first: false, auto_answer: false });
        Ok(plan)
    });
    let mut floor = Floor::of(vec![person()]);
    let promise = id(CallbackId::new);
    let asked = Wall(now().0 - 600_000_000);
    floor.floor.callbacks = vec![CallbackDue { id: promise, queue: floor.queue, number: "+14155550132".into(), asked }];
    floor.put(world);
    world.exchange.queues_changed(world.tenant);
    (seat, gateway, floor, promise)
}

/// What was told of the promise so far.
fn steps(world: &World) -> Vec<CallbackStep> {
    world.book.steps.lock().unwrap().iter().map(|(_, step)| *step).collect()
}

/// No call is up, and no leg is left of one. The lease of the queues stays with their owner for a while.
async fn nothing_is_up(world: &World) {
    for _ in 0..100 {
        if world.exchange.live(None).is_empty() && world.exchange.sip_legs() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", world.exchange.live(None));
}

async fn until(world: &World, what: impl Fn(&CallbackStep) -> bool) {
    for _ in 0..250 {
        if steps(world).iter().any(&what) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", steps(world));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_is_rung_first_and_the_customer_when_the_agent_accepts() {
    let world = World::start().await;
    let (mut seat, mut gateway, floor, _) = scene(&world).await;
    // The first time the agent declines, and is asked again as nobody else is there.
    let incoming = seat.incoming().await;
    seat.refuse(&incoming, 486);
    until(&world, |step| matches!(step, CallbackStep::Missed)).await;
    let incoming = seat.incoming().await;
    assert!(gateway.wait_for(Duration::from_millis(300), |_| Some(())).await.is_none(), "nobody is dialled yet");
    let near = seat.answer(&incoming).await;
    let incoming = gateway.incoming().await;
    let far = gateway.answer(&incoming).await;
    talk((&seat, &near), (&gateway, &far)).await;
    let board = world.exchange.queue_board(world.tenant).await;
    assert_eq!((board.queues[0].talking, board.queues[0].waiting.len()), (1, 0));
    seat.hang_up(&near);
    assert_eq!(gateway.ended(far.sip).await.0, End::Bye);
    until(&world, |step| matches!(step, CallbackStep::Reached { .. })).await;
    let told = steps(&world);
    assert!(
        matches!(
            told[..],
            [
                CallbackStep::Offered { .. },
                CallbackStep::Missed,
                CallbackStep::Offered { .. },
                CallbackStep::Calling { .. },
                CallbackStep::Reached { .. }
            ]
        ),
        "{told:?}"
    );
    let visits = world.news.queues.lock().unwrap().clone();
    let outcomes = visits.iter().filter_map(|news| match news {
        QueueNews::Visit(it) => Some(it.visit.outcome),
        _ => None,
    });
    assert!(outcomes.clone().all(|outcome| outcome == Outcome::Answered), "nobody gave up");
    let CallbackStep::Reached { seat: by, call } = told[4] else { panic!("{told:?}") };
    assert_eq!(by, floor.people[0].seat);
    assert!(world.news.records.lock().unwrap().iter().any(|record| record.started.call == call));
    nothing_is_up(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_who_is_not_reached_is_a_try() {
    let world = World::start().await;
    let (mut seat, mut gateway, floor, _) = scene(&world).await;
    let incoming = seat.incoming().await;
    let near = seat.answer(&incoming).await;
    let incoming = gateway.incoming().await;
    gateway.refuse(&incoming, 486);
    seat.ended(near.sip).await;
    until(&world, |step| matches!(step, CallbackStep::Failed { cause: EndCause::Busy, .. })).await;
    // It is due no more: nothing rings.
    let mut empty = floor.floor.clone();
    empty.callbacks.clear();
    *world.book.floor.lock().unwrap() = empty;
    world.exchange.queues_changed(world.tenant);
    let rings = seat
        .wait_for(Duration::from_secs(1), |event| matches!(event, patchbay_sip::Event::Invite { .. }).then_some(()));
    assert!(rings.await.is_none());
    nothing_is_up(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_off_rings_nobody() {
    let world = World::start().await;
    let _phone = world.idle_phone("101").await;
    // Somebody is there and takes a break: a queue without anybody takes no callers.
    let mut floor = Floor::of(vec![Person { wish: Wish::NotReady(None), ..person() }]);
    let promise = id(CallbackId::new);
    let asked = now();
    floor.floor.callbacks = vec![CallbackDue { id: promise, queue: floor.queue, number: "+14155550132".into(), asked }];
    floor.put(&world);
    world.exchange.queues_changed(world.tenant);
    for _ in 0..100 {
        if world.exchange.queues.sizes().1 == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.exchange.queues.sizes().1, 1, "it waits like a caller");
    floor.floor.callbacks.clear();
    floor.put(&world);
    world.exchange.queues_changed(world.tenant);
    for _ in 0..100 {
        if world.exchange.queues.sizes().1 == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.exchange.queues.sizes().1, 0);
    assert!(steps(&world).is_empty());
}
