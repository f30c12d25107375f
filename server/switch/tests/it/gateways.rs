//! Failover, limits, probes, registrations in both directions.

use std::time::Duration;

use patchbay_kernel::{EndCause, GatewayId, Secret};
use patchbay_plane::{
    Destination, GatewayState, HeldRegistration, MomentKind, Principal, RegistrationState, Resource, Source, Switch,
};
use patchbay_sip::{Cmd, Event};

use crate::support::{PASSWORD, Phone, World, credential, device, id, line, plan, trunk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_fails_or_is_silent_is_followed_by_the_next() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let (mut broken, broken_id) = world.gateway().await;
    let (mut good, good_id) = world.gateway().await;
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let first = trunk(broken_id, broken.addr());
    let mut second = trunk(id(GatewayId::new), deaf.local_addr().unwrap());
    second.answer_within_s = 1;
    let third = trunk(good_id, good.addr());
    let tenant = world.tenant;
    world.book.route_by(move |ask| {
        Ok(plan(tenant, ask, vec![vec![line(first.clone())], vec![line(second.clone())], vec![line(third.clone())]]))
    });
    let call = seat.dial("+14155550132").await;
    let incoming = broken.incoming().await;
    broken.refuse(&incoming, 500);
    let incoming = good.incoming().await;
    assert_eq!(world.slots.taken(), 2, "the slots of the lines that failed are free again");
    let far = good.answer(&incoming).await;
    seat.answered(&call).await;
    seat.sing(&call, 600).await;
    assert!(good.hears(&far, 600).await);
    seat.hang_up(&call);
    good.ended(far.sip).await;
    let record = world.news.record().await;
    assert_eq!(record.timeline.iter().filter(|moment| moment.kind == MomentKind::FailedOver).count(), 2);
    let causes: Vec<Option<EndCause>> = record.legs[1..].iter().map(|leg| leg.cause).collect();
    assert_eq!(causes[..2], [Some(EndCause::CarrierFailed), Some(EndCause::CarrierSilent)]);
    assert_eq!(record.started.gateway, Some(good_id));
    world.news.gateway_says(|state| matches!(state, GatewayState::CallFailed { code: 500, .. })).await;
    world.news.gateway_says(|state| matches!(state, GatewayState::CallFailed { code: 408, .. })).await;
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_line_is_refused_by_name_with_503_and_cause_34() {
    let world = World::start().await;
    let (mut first, mut second) = (world.phone("101").await, world.phone("102").await);
    let mut gateway = world.way_out().await;
    let call = first.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let other = second.dial("+14155550133").await;
    let (code, reason) = second.refused(&other).await;
    assert_eq!(code, 503);
    assert!(reason.contains("Q.850;cause=34") && reason.contains("Line 7 of Kestrel"), "{reason}");
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::Congested);
    assert!(record.detail.is_some_and(|text| text.contains("Line 7 of Kestrel")));
    gateway.refuse(&incoming, 486);
    assert_eq!(first.refused(&call).await.0, 486);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_a_whole_gateway_hold_and_are_named() {
    let world = World::start().await;
    let (mut first, mut second) = (world.phone("101").await, world.phone("102").await);
    let (mut gateway, gateway_id) = world.gateway().await;
    let mut out = trunk(gateway_id, gateway.addr());
    out.resource.limit = 30;
    out.shared = vec![Resource { key: "gw:1".into(), label: "Kestrel".into(), limit: 1 }];
    let (tenant, shared) = (world.tenant, out.clone());
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(shared.clone())]])));
    let call = first.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let other = second.dial("+14155550133").await;
    let (code, reason) = second.refused(&other).await;
    assert!(code == 503 && reason.contains("Kestrel carries 1 call(s) at once"), "{code} {reason}");
    assert!(world.news.record().await.detail.is_some_and(|text| text.contains("Kestrel")));
    gateway.refuse(&incoming, 486);
    assert_eq!(first.refused(&call).await.0, 486);
    world.news.records_of(2).await;
    // Both slots are free again; now the pace stands in the way.
    out.shared.clear();
    out.calls_per_second = Some(1);
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let call = first.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let other = second.dial("+14155550133").await;
    let (code, reason) = second.refused(&other).await;
    assert!(code == 503 && reason.contains("begins 1 call(s) a second"), "{code} {reason}");
    gateway.refuse(&incoming, 486);
    assert_eq!(first.refused(&call).await.0, 486);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_of_a_gateway_registers_calls_and_is_called() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let gateway_id = id(GatewayId::new);
    let port_id = id(patchbay_kernel::GatewayPortId::new);
    let principal = Principal::Gateway { gateway: gateway_id, gateway_port: Some(port_id) };
    world.book.know(credential("line7", principal));
    assert!(!world.exchange.gateway_online(gateway_id));
    let mut gateway = Phone::start("line7", world.signaling.udp_addr()).await;
    gateway.register(PASSWORD, 300).await.unwrap();
    let registered = |state: &GatewayState| matches!(state, GatewayState::Account { username, registered: true, .. } if username == "line7");
    world.news.gateway_says(registered).await;
    assert!(world.exchange.gateway_online(gateway_id));
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("101")]])));
    let call = gateway.dial("+14155550101").await;
    let incoming = seat.incoming().await;
    seat.refuse(&incoming, 486);
    gateway.refused(&call).await;
    let asked = world.book.asked.lock().unwrap()[0].source;
    assert_eq!(asked, Source::Gateway { gateway: gateway_id, gateway_port: Some(port_id) });
    let mut out = trunk(gateway_id, gateway.addr());
    out.destination = Destination::Account("line7".into());
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    assert_eq!(incoming.message.request_uri(), format!("sip:+14155550132;tgrp=2@{}", gateway.addr()));
    gateway.refuse(&incoming, 486);
    seat.refused(&call).await;
    gateway.register(PASSWORD, 0).await.unwrap();
    world.news.gateway_says(|state| matches!(state, GatewayState::Account { registered: false, .. })).await;
    assert!(!world.exchange.gateway_online(gateway_id));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_account_was_renewed_is_reached_no_more() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let gateway_id = id(GatewayId::new);
    world.book.know(credential("line7", Principal::Gateway { gateway: gateway_id, gateway_port: None }));
    let mut gateway = Phone::start("line7", world.signaling.udp_addr()).await;
    gateway.register(PASSWORD, 300).await.unwrap();
    assert!(world.exchange.gateway_online(gateway_id));
    world.exchange.forget_gateway_account("line7");
    let gone = |state: &GatewayState| matches!(state, GatewayState::Account { username, registered: false, .. } if username == "line7");
    world.news.gateway_says(gone).await;
    assert!(!world.exchange.gateway_online(gateway_id));
    let tenant = world.tenant;
    let mut out = trunk(gateway_id, gateway.addr());
    out.destination = Destination::Account("line7".into());
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let call = seat.dial("+14155550132").await;
    seat.refused(&call).await;
    gateway.register(PASSWORD, 300).await.unwrap();
    assert!(world.exchange.gateway_online(gateway_id), "with a good password it is back");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_tell_latency_and_silence() {
    let world = World::start().await;
    let mut there = Phone::start("gateway", world.signaling.udp_addr()).await;
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (alive, dead) = (id(GatewayId::new), id(GatewayId::new));
    world.book.peer(alive, there.addr(), 30);
    world.book.peer(dead, deaf.local_addr().unwrap(), 1);
    world.reload().await;
    let request = there
        .wait("OPTIONS", |event| match event {
            Event::Request { request, message, .. } => {
                assert_eq!(message.method().map(patchbay_sip::Method::as_str), Some("OPTIONS"));
                Some(*request)
            }
            _ => None,
        })
        .await;
    there.signaling.command(Cmd::Respond { request, code: 200, extra: Vec::new() });
    world
        .news
        .gateway_says(|state| matches!(state, GatewayState::ProbeAnswered { latency_ms } if *latency_ms < 2_000))
        .await;
    world.news.gateway_says(|state| *state == GatewayState::ProbeFailed).await;
    assert!(world.exchange.gateway_online(alive));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!world.exchange.gateway_online(dead), "two probes without an answer");
}

fn held(gateway: GatewayId, carrier: &Phone, password: &str, expires_s: u32) -> HeldRegistration {
    HeldRegistration {
        gateway,
        gateway_port: None,
        registrar: carrier.addr().to_string(),
        transport: "udp".into(),
        username: "acct".into(),
        password: Secret::new(password.into()),
        realm: None,
        expires_s,
    }
}

/// A registrar of the far side, played by another switch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_is_held_refreshed_and_given_up() {
    let (world, carrier) = (World::start().await, World::start().await);
    let far_side = Principal::Gateway { gateway: id(GatewayId::new), gateway_port: None };
    carrier.book.know(credential("acct", far_side));
    let gateway = id(GatewayId::new);
    let mut wanted = held(gateway, &Phone::start("x", carrier.signaling.udp_addr()).await, PASSWORD, 60);
    wanted.registrar = carrier.signaling.udp_addr().to_string();
    world.book.held.lock().unwrap().push(wanted);
    world.reload().await;
    let registered = |state: &GatewayState| matches!(state, GatewayState::Held { state: RegistrationState::Registered { expires_s }, .. } if (50..=60).contains(expires_s));
    world.news.gateway_says(registered).await;
    assert!(world.exchange.gateway_online(gateway));
    assert_eq!(carrier.exchange.contacts("acct"), 1);
    world.book.held.lock().unwrap().clear();
    world.reload().await;
    let gone = |state: &GatewayState| matches!(state, GatewayState::Held { state: RegistrationState::Removed, .. });
    world.news.gateway_says(gone).await;
    assert_eq!(carrier.exchange.contacts("acct"), 0, "un-registered at the far side too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_registration_says_so_and_a_short_one_is_refreshed() {
    let world = World::start().await;
    let mut carrier = Phone::start("carrier", world.signaling.udp_addr()).await;
    let gateway = id(GatewayId::new);
    world.book.held.lock().unwrap().push(held(gateway, &carrier, "x", 60));
    world.reload().await;
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let (request, message) = carrier
            .wait("REGISTER", |event| match event {
                Event::Request { request, message, .. } => Some((*request, message.clone())),
                _ => None,
            })
            .await;
        numbers.push((message.get(patchbay_sip::Name::CallId).unwrap().to_vec(), message.cseq().unwrap().0));
        // Ten seconds are the shortest that is believed, so the refresh comes after eight.
        let extra = vec![("Expires".to_owned(), "10".to_owned())];
        carrier.signaling.command(Cmd::Respond { request, code: 200, extra });
        if numbers.len() == 1 {
            let early =
                carrier.wait_for(Duration::from_secs(7), |event| matches!(event, Event::Request { .. }).then_some(()));
            assert!(early.await.is_none(), "not before 80 % of its life");
        }
    }
    assert_eq!(numbers[0].0, numbers[1].0, "one Call-ID for all refreshes");
    assert!(numbers[1].1 > numbers[0].1, "CSeq grows");
}
