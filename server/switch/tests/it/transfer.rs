//! A seat's phone sends the other party elsewhere: to a number, to its second call, in vain, and where it may not.

use std::{sync::Arc, time::Duration};

use patchbay_kernel::EndCause;
use patchbay_plane::CallRecord;
use patchbay_sip::{Cmd, End, Event, LegId as SipLeg, Message, Name};

use crate::support::{
    Phone, Wire, World, device, line,
    phone::{Incoming, Talk, talk},
    plan, trunk,
};

impl Wire {
    /// The ringing that its caller got of a call which now rings at `incoming`: the one with another Call-ID.
    fn ringing_for(&self, user: &str, incoming: &Incoming) -> Message {
        let (seen, there) = (self.0.lock().unwrap(), incoming.message.get(Name::CallId).map(<[u8]>::to_vec));
        let to = format!("sip:{user}@");
        let own = |it: &&Message| {
            it.status() == Some(180)
                && it.get(Name::CallId) != there.as_deref()
                && it.get_text(Name::To).is_some_and(|text| text.contains(&to))
        };
        seen.iter().rev().find(own).expect("the caller heard it ring").clone()
    }
}

impl Phone {
    /// Sends the other party of this call elsewhere.
    fn refer(&self, talk: &Talk, to: &str) {
        self.signaling.command(Cmd::Refer { leg: talk.sip, refer_to: format!("<{to}>") });
    }

    /// The next news of the transfer: status, and whether it is the last.
    async fn news(&mut self, sip: SipLeg) -> (u16, bool) {
        self.wait("news of the transfer", |event| match event {
            Event::Referred { leg, code, last } if *leg == sip => Some((*code, *last)),
            _ => None,
        })
        .await
    }
}

/// The Refer-To that names the dialog of a call which this phone placed; both tags and the Call-ID as its answer has them.
fn named(answer: &Message) -> String {
    let tag = |name| {
        let address = patchbay_sip::Address::parse(answer.get(name).unwrap()).unwrap();
        address.tag().unwrap().to_owned()
    };
    let call_id = answer.get_text(Name::CallId).unwrap();
    format!("sip:b@pbx.test?Replaces={call_id}%3Bto-tag%3D{}%3Bfrom-tag%3D{}", tag(Name::To), tag(Name::From))
}

/// The records of the two calls that a transfer is made of.
async fn records(world: &World) -> [CallRecord; 2] {
    world.is_clean().await;
    let records = world.news.records.lock().unwrap().clone();
    records.try_into().expect("one record for each call")
}

/// A gateway calls seat 101; calls to 102 and 103 go to those seats.
async fn a_call_from_outside(world: &World) -> (Phone, Talk, Phone, Talk) {
    let mut seat = world.phone("101").await;
    let (mut gateway, _) = world.gateway().await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| {
        let user = ask.invite.request_uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
        let user = if user.starts_with('+') { "101".to_owned() } else { user };
        Ok(plan(tenant, ask, vec![vec![device(&user)]]))
    });
    let outside = gateway.dial("+14155550101").await;
    let incoming = seat.incoming().await;
    let near = seat.answer(&incoming).await;
    gateway.answered(&outside).await;
    (gateway, outside, seat, near)
}

/// Seat 101 calls out over a gateway; calls to 102 go to that seat.
async fn a_call_to_outside(world: &World) -> (Phone, Talk, Phone, Talk) {
    let mut seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let (tenant, out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    world.book.route_by(move |ask| {
        let target = if ask.invite.request_uri.contains("102") { device("102") } else { line(out.clone()) };
        Ok(plan(tenant, ask, vec![vec![target]]))
    });
    let near = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let outside = gateway.answer(&incoming).await;
    seat.answered(&near).await;
    (gateway, outside, seat, near)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_sends_its_caller_to_a_colleague() {
    let world = World::start().await;
    let (mut gateway, outside, mut seat, near) = a_call_from_outside(&world).await;
    let mut colleague = world.phone("102").await;
    seat.refer(&near, "sip:102@pbx.test");
    assert_eq!(seat.news(near.sip).await, (100, false));
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    assert_eq!(seat.news(near.sip).await, (180, false));
    let far = colleague.answer(&incoming).await;
    assert_eq!(seat.news(near.sip).await, (200, true));
    assert_eq!(seat.ended(near.sip).await.0, End::Bye, "the phone that sent it on is free again");
    talk((&gateway, &outside), (&colleague, &far)).await;
    colleague.hang_up(&far);
    assert_eq!(gateway.ended(outside.sip).await.0, End::Bye);
    let records = records(&world).await;
    assert!(records.iter().all(|record| record.talk_ms > 0), "each call has its record: {records:?}");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_wait_for_the_news_loses_nothing() {
    let world = World::start().await;
    let (mut gateway, outside, mut seat, near) = a_call_from_outside(&world).await;
    let mut colleague = world.phone("102").await;
    seat.refer(&near, "sip:102@pbx.test");
    assert_eq!(seat.news(near.sip).await, (100, false));
    seat.hang_up(&near);
    let incoming = colleague.incoming().await;
    let far = colleague.answer(&incoming).await;
    talk((&gateway, &outside), (&colleague, &far)).await;
    gateway.hang_up(&outside);
    assert_eq!(colleague.ended(far.sip).await.0, End::Bye);
    world.is_clean().await;
    // And a transfer that fails then ends the call of the one who is left.
    let outside = gateway.dial("+14155550101").await;
    let incoming = seat.incoming().await;
    let near = seat.answer(&incoming).await;
    gateway.answered(&outside).await;
    seat.refer(&near, "sip:102@pbx.test");
    let incoming = colleague.incoming().await;
    seat.hang_up(&near);
    tokio::time::sleep(Duration::from_millis(200)).await;
    colleague.refuse(&incoming, 486);
    assert_eq!(gateway.ended(outside.sip).await.0, End::Bye);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_fails_leaves_the_two_together() {
    let world = World::start().await;
    let (gateway, outside, mut seat, near) = a_call_from_outside(&world).await;
    let mut colleague = world.phone("102").await;
    seat.refer(&near, "sip:102@pbx.test");
    assert_eq!(seat.news(near.sip).await, (100, false));
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    assert_eq!(seat.news(near.sip).await, (180, false));
    colleague.refuse(&incoming, 486);
    assert_eq!(seat.news(near.sip).await, (486, true));
    talk((&gateway, &outside), (&seat, &near)).await;
    // The caller hangs up while the next try rings: that try ends too.
    seat.refer(&near, "sip:102@pbx.test");
    let incoming = colleague.incoming().await;
    gateway.hang_up(&outside);
    assert_eq!(colleague.ended(incoming.sip).await.0, End::Cancel);
    assert_eq!(seat.ended(near.sip).await.0, End::Bye);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_joins_its_two_calls() {
    let world = World::start().await;
    let (mut gateway, outside, mut seat, mut first) = a_call_to_outside(&world).await;
    let mut colleague = world.phone("102").await;
    seat.turn(&mut first, "sendonly").await;
    let second = seat.dial("102").await;
    let incoming = colleague.incoming().await;
    let far = colleague.answer(&incoming).await;
    let answer = seat.answered(&second).await;
    talk((&seat, &second), (&colleague, &far)).await;
    seat.refer(&first, &named(&answer));
    assert_eq!(seat.news(first.sip).await, (100, false));
    assert_eq!(seat.news(first.sip).await, (200, true));
    assert_eq!(seat.ended(first.sip).await.0, End::Bye);
    assert_eq!(seat.ended(second.sip).await.0, End::Bye);
    talk((&gateway, &outside), (&colleague, &far)).await;
    assert_eq!(world.slots.taken(), 3, "the line stays taken while it is talked on");
    colleague.sing(&far, 1_400).await;
    colleague.engine.send_digit(far.leg, '7', 160).await.unwrap();
    assert_eq!(gateway.digit().await, '7', "digits cross from call to call");
    gateway.hang_up(&outside);
    assert_eq!(colleague.ended(far.sip).await.0, End::Bye);
    let causes = records(&world).await.map(|record| record.cause);
    assert_eq!(causes, [EndCause::CalleeHungUp, EndCause::CalleeHungUp]);
    world.is_clean().await;
}

/// The seat talks with somebody outside and rings a colleague: (gateway, outside), (seat, its two calls), (colleague, incoming),
/// and the Refer-To that names the call which rings.
async fn a_second_call_rings(
    world: &World,
    wire: &Wire,
) -> ((Phone, Talk), (Phone, Talk, Talk), (Phone, Incoming), String) {
    let (gateway, outside, mut seat, near) = a_call_to_outside(world).await;
    let mut colleague = world.phone("102").await;
    let second = seat.dial("102").await;
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    assert_eq!(seat.rings(&second).await.0, 180);
    let refer_to = named(&wire.ringing_for("102", &incoming));
    ((gateway, outside), (seat, near, second), (colleague, incoming), refer_to)
}

async fn watched() -> (World, Arc<Wire>) {
    let (world, wire) = (World::start().await, Arc::new(Wire::default()));
    world.signaling.tap(wire.clone());
    (world, wire)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_sent_to_a_call_that_still_rings() {
    let (world, wire) = watched().await;
    let ((mut gateway, outside), (mut seat, near, second), (mut colleague, incoming), refer_to) =
        a_second_call_rings(&world, &wire).await;
    seat.refer(&near, &refer_to);
    assert_eq!(seat.news(near.sip).await, (100, false));
    assert_eq!(seat.refused(&second).await.0, 487, "the phone waits no longer");
    assert_eq!(seat.news(near.sip).await, (180, false), "and hears that it rings");
    let far = colleague.answer(&incoming).await;
    assert_eq!(seat.news(near.sip).await, (200, true));
    assert_eq!(seat.ended(near.sip).await.0, End::Bye);
    talk((&gateway, &outside), (&colleague, &far)).await;
    colleague.hang_up(&far);
    assert_eq!(gateway.ended(outside.sip).await.0, End::Bye);
    let records = records(&world).await;
    assert!(records.iter().all(|record| record.talk_ms > 0), "each call has its record: {records:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_who_is_busy_after_all_leaves_the_two_together() {
    let (world, wire) = watched().await;
    let ((gateway, outside), (mut seat, near, second), (colleague, incoming), refer_to) =
        a_second_call_rings(&world, &wire).await;
    seat.refer(&near, &refer_to);
    assert_eq!(seat.refused(&second).await.0, 487);
    colleague.refuse(&incoming, 486);
    let last = loop {
        let (code, last) = seat.news(near.sip).await;
        if last {
            break code;
        }
    };
    assert_eq!(last, 486);
    talk((&gateway, &outside), (&seat, &near)).await;
    seat.hang_up(&near);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_rings_for_a_caller_ends_with_the_caller() {
    let (world, wire) = watched().await;
    let ((gateway, outside), (mut seat, near, second), (mut colleague, incoming), refer_to) =
        a_second_call_rings(&world, &wire).await;
    seat.refer(&near, &refer_to);
    assert_eq!(seat.refused(&second).await.0, 487);
    gateway.hang_up(&outside);
    assert_eq!(colleague.ended(incoming.sip).await.0, End::Cancel);
    assert_eq!(seat.ended(near.sip).await.0, End::Bye);
    let records = records(&world).await;
    assert!(records.iter().any(|record| record.talk_ms == 0), "one was never answered: {records:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_seat_transfers_and_only_its_own_calls() {
    let world = World::start().await;
    let (mut gateway, outside, mut seat, near) = a_call_from_outside(&world).await;
    gateway.refer(&outside, "sip:+19005550100@pbx.test");
    assert_eq!(gateway.news(outside.sip).await, (403, true), "a carrier does not dial at the company's cost");
    // The dialog of two other people.
    let (mut ann, mut bob) = (world.phone("102").await, world.phone("103").await);
    let theirs = ann.dial("103").await;
    let incoming = bob.incoming().await;
    let on_bob = bob.answer(&incoming).await;
    let answer = ann.answered(&theirs).await;
    seat.refer(&near, &named(&answer));
    assert_eq!(seat.news(near.sip).await, (100, false));
    assert_eq!(seat.news(near.sip).await, (603, true), "another seat's call is not taken");
    seat.refer(&near, "sip:b@pbx.test?Replaces=none%3Bto-tag%3D1%3Bfrom-tag%3D2");
    assert_eq!(seat.news(near.sip).await, (404, true));
    talk((&gateway, &outside), (&seat, &near)).await;
    talk((&ann, &theirs), (&bob, &on_bob)).await;
    ann.hang_up(&theirs);
    gateway.hang_up(&outside);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hops_are_counted_down_through_the_switch() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    caller.dial("102").await;
    let incoming = called.incoming().await;
    assert_eq!(incoming.message.get(Name::MaxForwards), Some(&b"69"[..]));
    called.refuse(&incoming, 486);
    world.is_clean().await;
}
