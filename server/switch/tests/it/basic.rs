//! Ordinary calls, with tones both ways, and their records.

use std::time::Duration;

use patchbay_kernel::EndCause;
use patchbay_plane::{CallEventKind, Direction, EarlyMedia, LegRole, MomentKind};
use patchbay_sip::End;

use crate::support::{Phone, World, device, line, phone::talk, plan, trunk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_calls_out_through_a_gateway() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let mut gateway = world.way_out().await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    assert!(incoming.message.request_uri().starts_with("sip:+14155550132;tgrp=2@127.0.0.1"));
    assert_eq!(incoming.message.other("X-Line").as_deref(), Some("7"));
    assert_eq!(world.slots.taken(), 2, "the company's slot and the line's");
    gateway.ring(&incoming);
    assert_eq!(seat.rings(&call).await.0, 180);
    let far = gateway.answer(&incoming).await;
    let answer = seat.answered(&call).await;
    talk((&seat, &call), (&gateway, &far)).await;
    seat.hang_up(&call);
    assert_eq!(gateway.ended(far.sip).await.0, End::Bye);
    let record = world.news.record().await;
    let told = answer.other("X-Call-Ref").map(|it| it.into_owned());
    assert_eq!(told, Some(record.started.call.to_string()), "the seat knows its record");
    assert_eq!((record.cause, record.started.direction), (EndCause::CallerHungUp, Direction::Outbound));
    assert!(record.ringing_at.is_some() && record.answered_at.is_some() && record.talk_ms > 0);
    let roles: Vec<LegRole> = record.legs.iter().map(|leg| leg.role).collect();
    assert_eq!(roles, [LegRole::Caller, LegRole::Called]);
    for leg in &record.legs {
        let figures = leg.figures.as_ref().expect("figures of each leg");
        assert!(figures.received > 5 && figures.sent > 5, "{figures:?}");
        assert!(leg.codec.is_some() && leg.answered_at.is_some());
    }
    let kinds: Vec<CallEventKind> = world.news.events.lock().unwrap().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [CallEventKind::Ringing, CallEventKind::Answered, CallEventKind::Ended(EndCause::CallerHungUp)]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_calls_a_seat_and_the_seat_hangs_up() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("101")]])));
    let call = gateway.dial("+14155550101").await;
    let incoming = seat.incoming().await;
    assert!(incoming.message.other("X-Call-Ref").is_some_and(|it| it.starts_with("call_")));
    assert_eq!(incoming.message.other("X-Called").as_deref(), Some("+14155550132"));
    seat.ring(&incoming);
    gateway.rings(&call).await;
    let near = seat.answer(&incoming).await;
    let answer = gateway.answered(&call).await;
    assert_eq!(answer.other("X-Call-Ref"), None, "a carrier learns nothing of our records");
    talk((&seat, &near), (&gateway, &call)).await;
    seat.hang_up(&near);
    let (how, reason) = gateway.ended(call.sip).await;
    assert_eq!(how, End::Bye);
    assert!(reason.contains("Q.850;cause=16"), "{reason}");
    assert_eq!(world.news.record().await.cause, EndCause::CalleeHungUp);
    let asked = world.book.asked.lock().unwrap().clone();
    assert!(matches!(asked[0].source, patchbay_plane::Source::Gateway { gateway, .. } if gateway == gateway_id));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_contact_of_a_seat_rings_and_the_first_to_answer_wins() {
    let world = World::start().await;
    let mut caller = world.phone("101").await;
    let mut desk = world.phone("102").await;
    let mut home = Phone::start("102", world.signaling.udp_addr()).await;
    home.register(crate::support::PASSWORD, 300).await.unwrap();
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    let (at_desk, at_home) = (desk.incoming().await, home.incoming().await);
    desk.ring(&at_desk);
    caller.rings(&call).await;
    let far = home.answer(&at_home).await;
    caller.answered(&call).await;
    assert_eq!(desk.ended(at_desk.sip).await.0, End::Cancel);
    talk((&caller, &call), (&home, &far)).await;
    caller.hang_up(&call);
    home.ended(far.sip).await;
    assert_eq!(world.news.record().await.legs.len(), 3);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_gives_up_stops_the_ringing() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    let incoming = called.incoming().await;
    called.ring(&incoming);
    caller.rings(&call).await;
    caller.hang_up(&call);
    assert_eq!(called.ended(incoming.sip).await.0, End::Cancel);
    let record = world.news.record().await;
    assert_eq!((record.cause, record.talk_ms), (EndCause::CallerCancelled, 0));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_gives_up_before_the_route_is_known_rings_nobody_for_long() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    *world.book.late.lock().unwrap() = Duration::from_millis(400);
    let call = caller.dial("102").await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    caller.hang_up(&call);
    assert_eq!(world.news.record().await.cause, EndCause::CallerCancelled);
    let rang = called.wait_for(Duration::from_millis(300), |event| {
        matches!(event, patchbay_sip::Event::Invite { .. }).then_some(())
    });
    assert!(rang.await.is_none(), "nobody is rung for a caller who is gone");
    assert!(caller.wait_for(Duration::from_millis(10), |_| None::<()>).await.is_none());
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_is_told_and_recorded() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    let incoming = called.incoming().await;
    called.refuse(&incoming, 486);
    let (code, reason) = caller.refused(&call).await;
    assert_eq!(code, 486);
    assert!(reason.contains("Q.850;cause=17"), "{reason}");
    let record = world.news.record().await;
    assert_eq!((record.cause, record.sip_status), (EndCause::Busy, Some(486)));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_answers() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| {
        let mut plan = plan(tenant, ask, vec![vec![device("102")]]);
        plan.ring_timeout_s = 1;
        Ok(plan)
    });
    let call = caller.dial("102").await;
    let incoming = called.incoming().await;
    called.ring(&incoming);
    let (code, told) = caller.leg_refused_with(call.sip, "X-Call-Ref").await;
    assert_eq!(code, 480);
    assert!(told.starts_with("call_"), "a seat finds the record of its refused call: {told}");
    assert_eq!(called.ended(incoming.sip).await.0, End::Cancel);
    assert_eq!(world.news.record().await.cause, EndCause::NoAnswer);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_in() {
    let world = World::start().await;
    let mut caller = world.phone("101").await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("404")]])));
    let call = caller.dial("404").await;
    assert_eq!(caller.refused(&call).await.0, 480);
    assert_eq!(world.news.record().await.cause, EndCause::Unreachable);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_audio_of_the_far_end_passes_and_own_ringback_is_made() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let (tenant, out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    let far = out.clone();
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(far.clone())]])));
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let early = gateway.take(&incoming).await;
    let sdp = Some(early.mine.clone().into_bytes());
    gateway.signaling.command(patchbay_sip::Cmd::Ring { leg: early.sip, code: 183, sdp, extra: Vec::new() });
    gateway.sing(&early, 1_400).await;
    let (code, sdp) = seat.rings(&call).await;
    assert_eq!(code, 183);
    seat.engine.leg_accept(call.leg, &String::from_utf8(sdp.expect("early audio")).unwrap()).await.unwrap();
    assert!(seat.hears(&call, 1_400).await, "the announcement before the answer is heard");
    seat.hang_up(&call);
    gateway.ended(early.sip).await;
    let record = world.news.record().await;
    assert!(record.timeline.iter().any(|moment| moment.kind == MomentKind::EarlyMedia));
    world.is_clean().await;

    world.news.records.lock().unwrap().clear();
    world.book.route_by(move |ask| {
        let mut plan = plan(tenant, ask, vec![vec![line(out.clone())]]);
        plan.early_media = EarlyMedia::OwnRingback;
        Ok(plan)
    });
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    gateway.ring(&incoming);
    let (code, sdp) = seat.rings(&call).await;
    assert_eq!(code, 183);
    seat.engine.leg_accept(call.leg, &String::from_utf8(sdp.expect("our ringback")).unwrap()).await.unwrap();
    let heard = seat.hears(&call, 440).await || seat.hears(&call, 425).await || seat.hears(&call, 480).await;
    assert!(heard, "ringback is heard");
    seat.hang_up(&call);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_of_both_sides_ends_the_call_after_thirty_seconds() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let mut gateway = world.way_out().await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let far = gateway.answer(&incoming).await;
    seat.answered(&call).await;
    seat.engine.leg_close(call.leg).await.unwrap();
    gateway.engine.leg_close(far.leg).await.unwrap();
    let ended = |sip| {
        move |event: &patchbay_sip::Event| {
            matches!(event, patchbay_sip::Event::Ended { leg, .. } if *leg == sip).then_some(())
        }
    };
    assert!(seat.wait_for(Duration::from_secs(25), ended(call.sip)).await.is_none(), "not before its time");
    assert!(seat.wait_for(Duration::from_secs(15), ended(call.sip)).await.is_some());
    assert!(gateway.wait_for(Duration::from_secs(1), ended(far.sip)).await.is_some());
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::MediaTimeout);
    assert!((28_000..38_000).contains(&record.talk_ms), "{}", record.talk_ms);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_whose_connection_is_gone_is_unreachable() {
    let world = World::start().await;
    let mut caller = world.phone("101").await;
    let mut called = world.idle_phone("102").await;
    called.flow = called.signaling.open(patchbay_sip::Net::Tcp, world.signaling.tcp_addr(), None);
    called.register(crate::support::PASSWORD, 300).await.unwrap();
    assert_eq!(patchbay_plane::Switch::contacts(&*world.exchange, "102"), 1);
    called.signaling.close(called.flow);
    called
        .wait("the end of the connection", |event| matches!(event, patchbay_sip::Event::FlowDown { .. }).then_some(()))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(patchbay_plane::Switch::contacts(&*world.exchange, "102"), 0, "the contact went with its connection");
    assert_eq!(world.news.contacts.lock().unwrap().last().map(|state| state.contacts), Some(0));
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    assert_eq!(caller.refused(&call).await.0, 480);
    assert_eq!(world.news.record().await.cause, EndCause::Unreachable);
    world.is_clean().await;
}

/// What we add to a call: from the caller's INVITE to the called side's INVITE, and back for the 200. Printed, and bounded
/// widely, because the machine that runs the tests is busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_add_to_the_delay_of_a_call_is_little() {
    let world = World::start().await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let mut other = Phone::start("gateway", world.signaling.udp_addr()).await;
    let (tenant, out) = (world.tenant, trunk(gateway_id, other.addr()));
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let clock = crate::support::SystemClock::start();
    let now = || patchbay_kernel::Clock::tick(&clock).0;
    let mut delays = Vec::new();
    for _ in 0..40 {
        let call = gateway.dial("+14155550132").await;
        let began = now();
        let incoming = other.incoming().await;
        let arrived = now();
        let talk = other.take(&incoming).await;
        let answered = now();
        other.say_yes(&talk);
        gateway.answered(&call).await;
        delays.push(arrived - began + now() - answered);
        gateway.hang_up(&call);
        other.ended(talk.sip).await;
        other.engine.leg_close(talk.leg).await.unwrap();
        gateway.engine.leg_close(call.leg).await.unwrap();
        while !patchbay_plane::Switch::live(&*world.exchange, None).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    delays.sort_unstable();
    println!("added to INVITE and 200 together: median {} us, p90 {} us", delays[20], delays[36]);
    assert!(delays[20] < 50_000, "{delays:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_echo_service_answers_by_itself() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| {
        Ok(plan(tenant, ask, vec![vec![patchbay_plane::Target::Service(patchbay_plane::Service::Echo)]]))
    });
    let call = seat.dial("*43").await;
    seat.answered(&call).await;
    seat.sing(&call, 900).await;
    assert!(seat.hears(&call, 900).await, "our own tone comes back");
    seat.hang_up(&call);
    assert_eq!(world.news.record().await.cause, EndCause::CallerHungUp);
    world.is_clean().await;
}
