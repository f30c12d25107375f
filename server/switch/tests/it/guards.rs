//! Who may speak, what a guess learns, what a fault leaves behind.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use patchbay_kernel::{Blame, EndCause};
use patchbay_plane::{Refusal, Switch};
use patchbay_sip::{Event, FlowId, Message, Name};

use crate::support::{PASSWORD, Phone, World, device, line, plan, trunk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_user_and_a_wrong_password_look_the_same() {
    let world = World::start().await;
    let mut known = world.idle_phone("101").await;
    let mut unknown = Phone::start("999", world.signaling.udp_addr()).await;
    let (wrong, first) = known.register_as("101", "guess", 60).await;
    let (absent, second) = unknown.register_as("999", "guess", 60).await;
    assert_eq!((wrong, absent), (Err(401), Err(401)));
    let shape = |message: Option<std::sync::Arc<Message>>| {
        let message = message.expect("an answer");
        let names: Vec<String> = message.headers().map(|(name, _)| name.into_owned()).collect();
        (message.phrase().into_owned(), names, message.body().to_vec(), message.count(Name::WwwAuthenticate))
    };
    assert_eq!(shape(first), shape(second));
    assert_eq!(world.exchange.contacts("101"), 0);
    assert_eq!(known.register(PASSWORD, 60).await, Ok(()), "the right password is not made to wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_registers_for_somebody_else() {
    let world = World::start().await;
    let mut thief = world.phone("101").await;
    let _victim = world.idle_phone("102").await;
    assert_eq!(thief.register_as("102", PASSWORD, 60).await.0, Err(403));
    assert_eq!(world.exchange.contacts("102"), 0);
    assert_eq!(world.news.contacts.lock().unwrap().last().map(|state| state.contacts), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_without_proof_gets_a_challenge_and_no_route() {
    let world = World::start().await;
    let mut stranger = Phone::start("gateway", world.signaling.udp_addr()).await;
    let call = stranger.dial("+14155550101").await;
    assert_eq!(stranger.refused(&call).await.0, 401);
    assert!(world.book.asked.lock().unwrap().is_empty());
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_good_for_one_request() {
    let world = World::start().await;
    let _phone = world.idle_phone("101").await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let here = socket.local_addr().unwrap();
    let register = |n: u32, proof: &str| {
        format!(
            "REGISTER sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKr{n};rport\r\n\
            From: <sip:101@pbx.test>;tag=t\r\nTo: <sip:101@pbx.test>\r\nCall-ID: replay\r\nCSeq: {n} REGISTER\r\n\
            Max-Forwards: 70\r\nContact: <sip:101@{here}>\r\nExpires: 60\r\n{proof}Content-Length: 0\r\n\r\n"
        )
    };
    let ask = async |text: String| {
        socket.send_to(text.as_bytes(), world.signaling.udp_addr()).await.unwrap();
        let mut buffer = vec![0; 4_096];
        let got = tokio::time::timeout(Duration::from_secs(2), socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        Message::parse(&buffer[..got.0]).unwrap()
    };
    let challenge = ask(register(1, "")).await;
    assert_eq!(challenge.status(), Some(401));
    let auth = patchbay_sip::ClientAuth { username: "101".into(), password: PASSWORD.into(), realm: None };
    let value = patchbay_sip::digest::answer(
        challenge.all(Name::WwwAuthenticate),
        &auth,
        ("REGISTER", "sip:pbx.test"),
        "cnonce",
    );
    let proof = format!("Authorization: {}\r\n", value.unwrap());
    assert_eq!(ask(register(2, &proof)).await.status(), Some(200));
    let again = ask(register(3, &proof)).await;
    assert_eq!(again.status(), Some(401), "the same proof a second time");
    assert!(again.get_text(Name::WwwAuthenticate).unwrap().contains("stale=true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_connection_needs_no_digest_until_its_device_is_forgotten() {
    let world = World::start().await;
    let mut phone = world.idle_phone("101").await;
    let credential = world.book.credential_of("101");
    world.exchange.trust(FlowId::Udp(phone.addr()), credential.clone());
    assert_eq!(phone.register("no password at all", 60).await, Ok(()));
    assert_eq!(world.exchange.contacts("101"), 1);
    let patchbay_plane::Principal::Device { device, .. } = credential.principal else { panic!("a device") };
    world.exchange.forget_device(device, "101");
    assert_eq!(world.exchange.contacts("101"), 0);
    assert_eq!(phone.register("no password at all", 60).await, Err(401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_mean_nothing_here() {
    let world = World::start().await;
    let mut phone = Phone::start("101", world.signaling.udp_addr()).await;
    for (method, wanted) in [("OPTIONS", 200), ("MESSAGE", 405), ("SUBSCRIBE", 489), ("PUBLISH", 489), ("NOTIFY", 481)]
    {
        let request = phone.signaling.new_request();
        phone.signaling.command(patchbay_sip::Cmd::Send {
            request,
            method: method.into(),
            to: patchbay_sip::Route { request_uri: "sip:101@pbx.test".into(), flow: phone.flow, routes: Vec::new() },
            from: "<sip:101@pbx.test>".into(),
            to_address: "<sip:102@pbx.test>".into(),
            dialog: None,
            extra: vec![("Event".into(), "presence".into())],
            auth: None,
        });
        let code = phone
            .wait(method, |event| match event {
                Event::Reply { request: it, code, .. } if *it == request => Some(*code),
                _ => None,
            })
            .await;
        assert_eq!(code, wanted, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_call_leaves_one_record_and_nothing_else() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let (_gateway, gateway_id) = world.gateway().await;
    let (tenant, out) = (world.tenant, trunk(gateway_id, _gateway.addr()));
    *world.slots.poison.lock().unwrap() = Some(out.resource.key.clone());
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let call = seat.dial("+14155550132").await;
    assert_eq!(seat.refused(&call).await.0, 500);
    let record = world.news.record().await;
    assert_eq!((record.cause, record.blame), (EndCause::Internal, Blame::Us));
    assert_eq!(world.news.started.lock().unwrap()[0].call, record.started.call);
    world.is_clean().await;
    // And the next call is served.
    world.news.records.lock().unwrap().clear();
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("404")]])));
    let call = seat.dial("404").await;
    assert_eq!(seat.refused(&call).await.0, 480);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_a_known_company_is_recorded_and_others_are_not() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let tenant = world.tenant;
    let refuse = |tenant, text: &'static str| {
        move |_: &_| Err(Refusal { cause: EndCause::Suspended, tenant, text: text.into() })
    };
    world.book.route_by(refuse(None, "whose?"));
    let call = seat.dial("1").await;
    assert_eq!(seat.refused(&call).await.0, 403);
    world.book.route_by(refuse(Some(tenant), "The trial has ended"));
    let call = seat.dial("+14155550132").await;
    let (code, reason) = seat.refused(&call).await;
    assert_eq!(code, 403);
    assert!(reason.contains("The trial has ended"), "{reason}");
    let record = world.news.record().await;
    assert_eq!((record.cause, record.started.tenant), (EndCause::Suspended, tenant));
    assert_eq!(record.started.called, "+14155550132");
    assert_eq!(record.detail.as_deref(), Some("The trial has ended"));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ringing_without_a_durable_start_and_no_wait_for_a_stuck_directory() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    world.news.refuse_starts.store(true, SeqCst);
    let call = caller.dial("102").await;
    assert_eq!(caller.refused(&call).await.0, 500);
    let rang = called.wait_for(Duration::from_millis(200), |event| matches!(event, Event::Invite { .. }).then_some(()));
    assert!(rang.await.is_none());
    world.book.stuck.store(true, SeqCst);
    let call = caller.dial("102").await;
    assert_eq!(caller.refused(&call).await.0, 503);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_hangs_costs_a_quick_refusal_and_no_slot() {
    let world = World::start().await;
    let mut caller = world.phone("101").await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    *world.slots.late.lock().unwrap() = Duration::from_secs(3);
    let call = caller.dial("102").await;
    assert_eq!(caller.refused(&call).await.0, 503);
    assert_eq!(world.news.record().await.cause, EndCause::Overloaded);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    world.is_clean().await;
    *world.slots.late.lock().unwrap() = Duration::ZERO;
    world.news.hang_starts.store(true, SeqCst);
    let call = caller.dial("102").await;
    assert_eq!(caller.refused(&call).await.0, 500);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_node_refuses_new_calls_ends_the_rest_and_keeps_the_records() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    let incoming = called.incoming().await;
    let far = called.answer(&incoming).await;
    caller.answered(&call).await;
    assert_eq!(world.exchange.live(Some(tenant)).len(), 1);
    world.news.refuse_records.store(2, SeqCst);
    let exchange = world.exchange.clone();
    let draining = tokio::spawn(async move { exchange.drain(Duration::from_millis(500)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let late = caller.dial("102").await;
    assert_eq!(caller.refused(&late).await.0, 503);
    let (_, reason) = caller.ended(call.sip).await;
    assert!(reason.contains("cause=41"), "{reason}");
    called.ended(far.sip).await;
    assert_eq!(draining.await.unwrap(), (0, 0), "nothing unfinished, the record handed over at the third try");
    assert_eq!(world.news.record().await.cause, EndCause::Shutdown);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_ends_a_call_of_its_own_company_only() {
    let world = World::start().await;
    let (mut caller, mut called) = (world.phone("101").await, world.phone("102").await);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("102")]])));
    let call = caller.dial("102").await;
    let incoming = called.incoming().await;
    let far = called.answer(&incoming).await;
    caller.answered(&call).await;
    let live = world.exchange.live(Some(tenant))[0].call;
    let other = crate::support::id(patchbay_kernel::TenantId::new);
    assert!(!world.exchange.hang_up(other, live, EndCause::EndedByApi).await);
    assert!(world.exchange.live(Some(other)).is_empty());
    assert!(world.exchange.hang_up(tenant, live, EndCause::EndedByApi).await);
    caller.ended(call.sip).await;
    called.ended(far.sip).await;
    assert_eq!(world.news.record().await.cause, EndCause::EndedByApi);
    world.is_clean().await;
}
