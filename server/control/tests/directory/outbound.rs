//! Calls from a seat.

use patchbay_control::{inventory::numbers::row as tenant_number, seats::row::device};
use patchbay_kernel::{EndCause, Secret, Uuid};
use patchbay_plane::{Codec, Destination, Direction, EarlyMedia, RoutePlan, Service, Target};
use patchbay_tenancy::system::{gateway, gateway_port, sim, user_account};
use sea_orm::ActiveValue::Set;

use crate::scene::{DOMAIN, Scene, stamp, trunks};

on_both!(
    the_default_number_goes_out_through_its_own_line,
    a_span_gets_what_its_profile_wants,
    a_carrier_gets_our_account,
    only_owned_and_allowed_numbers_are_displayed,
    numbers_are_dialled_as_people_do,
    colleagues_echo_and_mistakes,
    other_gateway_ports_follow,
    a_seat_without_a_number_shows_the_company_s,
    a_card_that_has_had_enough_rests,
    the_operator_s_order_comes_first,
    limits_of_a_gateway_ride_along,
    only_simulated_gateways_before_the_owner_is_verified,
    suspension_and_trial,
    a_change_is_noticed_at_once,
);

async fn with_numbers(scene: &Scene, e164: &[&str]) {
    for number in e164 {
        scene.give(&scene.a, &scene.a.seats[0], number).await;
    }
}

fn shown(plan: &RoutePlan) -> &str {
    plan.displayed.as_ref().unwrap().as_str()
}

async fn the_default_number_goes_out_through_its_own_line(scene: Scene) {
    with_numbers(&scene, &["+14155550102", "+14155550101"]).await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!((plan.direction, shown(&plan)), (Direction::Outbound, "+14155550102"), "the first given is the default");
    assert_eq!(plan.number, Some(scene.number_id("+14155550102").await));
    assert_eq!((plan.caller.number.as_str(), plan.caller.name.as_deref()), ("101", Some("Agent 101")));
    assert_eq!(plan.called.number, "+12125550123");
    assert_eq!(plan.early_media, EarlyMedia::PassThrough);
    assert_eq!(
        plan.caller_codecs,
        [Codec::Pcmu, Codec::Pcma, Codec::Opus],
        "no transcoding where the line has no Opus"
    );
    let limits: Vec<_> = plan.resources.iter().map(|it| (it.key.clone(), it.limit)).collect();
    assert_eq!(limits, [(format!("ten:{}", scene.a.tenant.uuid()), 30)]);
    let first = trunks(&plan)[0];
    assert_eq!((first.gateway, first.gateway_port), (scene.kestrel.0, scene.kestrel.1[1]));
    assert_eq!((first.request_user.as_str(), first.from_user.as_str()), ("12125550123", "4155550102"));
    assert!(matches!(&first.destination, Destination::Account(name) if name == "kestrel-02"));
    let (resource, port) = (&first.resource, scene.kestrel.1[1].uuid());
    assert_eq!((resource.key.as_str(), resource.limit), (format!("gwp:{port}").as_str(), 1));
    assert_eq!(resource.label, "Line 2 of Kestrel");
    assert!(first.auth.is_none() && first.latch_within_host);
}

async fn a_span_gets_what_its_profile_wants(scene: Scene) {
    with_numbers(&scene, &["+14155550200"]).await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    let span = trunks(&plan)[0];
    assert_eq!((span.request_user.as_str(), span.from_user.as_str()), ("+12125550123", "+14155550200"));
    assert_eq!(span.user_parameters, format!(";tgrp=span1;trunk-context={DOMAIN}"));
    let identity = span.headers.iter().find(|(name, _)| name == "P-Asserted-Identity").unwrap();
    assert!(identity.1.contains("+14155550200"));
    assert!(
        matches!(&span.destination, Destination::Address { host, udp_port: 0, transport } if host == "192.0.2.9" && transport == "udp")
    );
    assert_eq!(span.resource.limit, 30);
}

async fn a_carrier_gets_our_account(scene: Scene) {
    with_numbers(&scene, &["+442079460018"]).await;
    let plan = scene.dial(&scene.a, 0, "+442079460999", None).await.unwrap();
    let trunk = trunks(&plan)[0];
    assert_eq!(trunk.gateway, scene.carrier.0);
    let auth = trunk.auth.as_ref().unwrap();
    assert_eq!((auth.username.as_str(), auth.realm.as_deref()), ("account9", Some("carrier.example")));
    assert_eq!(auth.password, Secret::new("s3cret".to_owned()));
}

async fn only_owned_and_allowed_numbers_are_displayed(scene: Scene) {
    let refusal = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap_err();
    assert_eq!((refusal.cause, refusal.tenant), (EndCause::Forbidden, Some(scene.a.tenant)));
    assert!(refusal.text.contains("no number to display"), "{}", refusal.text);
    with_numbers(&scene, &["+14155550101", "+14155550200"]).await;
    for (chosen, answer) in [
        ("+14155550200", Ok("+14155550200")),
        (" +1 (415) 555-0200 ", Ok("+14155550200")),
        ("", Ok("+14155550101")),
        ("+14155550102", Err("Extension 101 may not display +14155550102")),
        ("+14155550201", Err("+14155550201 is not a number of Aster")),
        ("+19995550100", Err("+19995550100 is not a number of Aster")),
        ("anything", Err("anything is not a number of Aster")),
    ] {
        let plan = scene.dial(&scene.a, 0, "+12125550123", Some(chosen)).await;
        match (plan, answer) {
            (Ok(plan), Ok(number)) => assert_eq!(shown(&plan), number),
            (Err(refusal), Err(text)) => {
                assert_eq!((refusal.cause, refusal.text.as_str()), (EndCause::Forbidden, text))
            }
            other => panic!("{chosen}: {other:?}"),
        }
    }
    // The other seat of the company has none of them, until a number leads to it.
    assert!(scene.dial(&scene.a, 1, "+12125550123", Some("+14155550101")).await.is_err());
    scene.lead(scene.a.tenant, "+14155550102", Some(scene.a.seats[1].seat)).await;
    assert_eq!(shown(&scene.dial(&scene.a, 1, "+12125550123", None).await.unwrap()), "+14155550102");
}

async fn numbers_are_dialled_as_people_do(scene: Scene) {
    with_numbers(&scene, &["+14155550200"]).await;
    for (dialled, number) in [
        ("2125550123", "+12125550123"),
        ("1-212-555-0123", "+12125550123"),
        ("(212) 555 0123", "+12125550123"),
        ("%2B12125550123", "+12125550123"),
        ("011442079460018", "+442079460018"),
        ("+442079460018", "+442079460018"),
    ] {
        let dialled = dialled.replace(' ', "%20");
        let plan = scene.dial(&scene.a, 0, &dialled, None).await.unwrap();
        assert_eq!(plan.called.number, number, "{dialled}");
    }
}

async fn colleagues_echo_and_mistakes(scene: Scene) {
    let plan = scene.dial(&scene.a, 0, "102", None).await.unwrap();
    assert_eq!((plan.direction, plan.called.seat), (Direction::Internal, Some(scene.a.seats[1].seat)));
    let rung: Vec<_> = plan.stages[0]
        .targets
        .iter()
        .map(|target| match target {
            Target::Device(device) => (device.device, device.username.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let (browser, phone) = (scene.a.seats[1].browser, scene.a.seats[1].phone);
    assert_eq!(
        rung,
        [(browser, "aster-102-browser"), (phone, "aster-102-sip_phone")],
        "all devices of A's 102, none of B's"
    );
    let plan = scene.dial(&scene.a, 0, "*43", None).await.unwrap();
    assert!(matches!(plan.stages[0].targets[..], [Target::Service(Service::Echo)]));
    assert_eq!(plan.resources.len(), 1);
    for (dialled, cause, text) in [
        ("101", EndCause::Busy, "101 is your own extension"),
        ("103", EndCause::NotFound, "103 is neither an extension of Aster nor a telephone number"),
        ("911", EndCause::Forbidden, "911 cannot be called from here: use a telephone that help can locate"),
        ("sales", EndCause::BadNumber, "\"sales\" cannot be dialled"),
        ("", EndCause::BadNumber, "\"\" cannot be dialled"),
    ] {
        let refusal = scene.dial(&scene.a, 0, dialled, None).await.unwrap_err();
        assert_eq!((refusal.cause, refusal.text.as_str()), (cause, text), "{dialled}");
    }
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    for device in [browser, phone] {
        assert!(tx.delete::<device::Entity>(device.uuid()).await.unwrap());
    }
    tx.commit().await.unwrap();
    let refusal = scene.dial(&scene.a, 0, "102", None).await.unwrap_err();
    assert_eq!((refusal.cause, refusal.text.as_str()), (EndCause::Unreachable, "Extension 102 has no device to ring"));
    let refusal = scene.dial(&scene.a, 1, "101", None).await.unwrap_err();
    assert_eq!((refusal.cause, refusal.text.as_str()), (EndCause::Forbidden, "This device was removed"));
}

async fn other_gateway_ports_follow(scene: Scene) {
    with_numbers(&scene, &["+14155550101"]).await;
    let ways = |plan: &RoutePlan| trunks(plan).iter().map(|trunk| trunk.gateway_port).collect::<Vec<_>>();
    let (lines, span, carrier) = (&scene.kestrel.1, scene.falcon.1[0], scene.carrier.1[0]);
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(ways(&plan), [lines[0], carrier, span], "line 2 would show a number that the seat may not");
    assert!(trunks(&plan)[1..].iter().all(|trunk| trunk.from_user.ends_with("4155550101")));
    with_numbers(&scene, &["+14155550102"]).await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(ways(&plan), [lines[0], lines[1], carrier, span], "the same box next");
    assert_eq!(trunks(&plan)[1].from_user, "4155550102", "a line shows its own number");
    scene.light(scene.carrier.0, "offline").await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(ways(&plan), [lines[0], lines[1], span, carrier], "what is known to be away comes last");
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    for port in [lines[0], lines[1], carrier, span] {
        let off = gateway_port::ActiveModel { id: Set(port.uuid()), enabled: Set(false), ..Default::default() };
        tx.update(off).await.unwrap();
    }
    tx.commit().await.unwrap();
    let refusal = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap_err();
    assert_eq!(refusal.text, "No gateway port of Aster can carry a call that shows +14155550101");
}

async fn a_seat_without_a_number_shows_the_company_s(scene: Scene) {
    scene.lead(scene.a.tenant, "+14155550200", None).await;
    let refusal = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap_err();
    assert_eq!(refusal.cause, EndCause::Forbidden, "{}", refusal.text);
    let number = scene.number_id("+14155550200").await;
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let row = tenant_number::ActiveModel { id: Set(number.uuid()), shown_by_default: Set(true), ..Default::default() };
    tx.update(row).await.unwrap();
    tx.commit().await.unwrap();
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(shown(&plan), "+14155550200");
    with_numbers(&scene, &["+14155550101"]).await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(shown(&plan), "+14155550101", "its own comes first");
}

async fn a_card_that_has_had_enough_rests(scene: Scene) {
    with_numbers(&scene, &["+14155550101"]).await;
    let (line, gateway) = (scene.kestrel.1[0], scene.kestrel.0);
    let card = sim::ActiveModel {
        id: Set(line.uuid()),
        minutes_a_day: Set(Some(2)),
        failures: Set(Some(2)),
        failure_rest_s: Set(600),
        ..Default::default()
    };
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    tx.insert(card).await.unwrap();
    for port in [scene.falcon.1[0], scene.carrier.1[0]] {
        let off = gateway_port::ActiveModel { id: Set(port.uuid()), enabled: Set(false), ..Default::default() };
        tx.update(off).await.unwrap();
    }
    tx.commit().await.unwrap();
    let dial = || scene.dial(&scene.a, 0, "+12125550123", None);
    let end = async |talk_s: i64, cause: Option<EndCause>| {
        let record = scene.tried_on(gateway, line, talk_s, cause);
        patchbay_plane::Sink::call_ended(scene.directory.as_ref(), &record).await.unwrap();
    };
    assert_eq!(trunks(&dial().await.unwrap())[0].gateway_port, line);
    end(61, None).await;
    let refusal = dial().await.unwrap_err();
    assert_eq!(refusal.text, "Line 1 of Kestrel has talked its 2 minutes of today");
    assert_eq!(refusal.cause, EndCause::Congested);
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    let more = sim::ActiveModel { id: Set(line.uuid()), minutes_a_day: Set(None), ..Default::default() };
    tx.update(more).await.unwrap();
    tx.commit().await.unwrap();
    assert!(dial().await.is_ok());
    for _ in 0..2 {
        end(0, Some(EndCause::CarrierFailed)).await;
    }
    let refusal = dial().await.unwrap_err();
    assert!(refusal.text.contains("after 2 failed calls in a row"), "{}", refusal.text);
}

async fn the_operator_s_order_comes_first(scene: Scene) {
    with_numbers(&scene, &["+14155550101"]).await;
    let ways = |plan: &RoutePlan| trunks(plan).iter().map(|trunk| trunk.gateway_port).collect::<Vec<_>>();
    let (line, span, carrier) = (scene.kestrel.1[0], scene.falcon.1[0], scene.carrier.1[0]);
    let change = async |row: gateway_port::ActiveModel| {
        let tx = scene.db.system().begin(stamp()).await.unwrap();
        tx.update(row).await.unwrap();
        tx.commit().await.unwrap();
        ways(&scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap())
    };
    let of =
        |id: patchbay_kernel::GatewayPortId| gateway_port::ActiveModel { id: Set(id.uuid()), ..Default::default() };
    let priced = gateway_port::ActiveModel { cost_micros: Set(Some(9_000)), ..of(span) };
    assert_eq!(change(priced).await, [span, line, carrier], "a known price before unknown ones");
    let dear = gateway_port::ActiveModel { cost_micros: Set(Some(8_000)), ..of(carrier) };
    assert_eq!(change(dear).await, [carrier, span, line]);
    let first = gateway_port::ActiveModel { priority: Set(1), ..of(line) };
    assert_eq!(change(first).await, [line, carrier, span], "priority before price");
}

async fn limits_of_a_gateway_ride_along(scene: Scene) {
    with_numbers(&scene, &["+14155550200"]).await;
    let (falcon, span) = (scene.falcon.0, scene.falcon.1[0]);
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    let habits = serde_json::json!({ "called": [{ "starts": "+1", "strip": 2, "prepend": "9" }] });
    let row = gateway_port::ActiveModel {
        id: Set(span.uuid()),
        inbound_reserve: Set(5),
        rules: Set(Some(habits)),
        ..Default::default()
    };
    tx.update(row).await.unwrap();
    let row = gateway::ActiveModel {
        id: Set(falcon.uuid()),
        max_calls: Set(Some(12)),
        calls_per_second: Set(Some(3)),
        ..Default::default()
    };
    tx.update(row).await.unwrap();
    tx.commit().await.unwrap();
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    let trunk = trunks(&plan)[0];
    assert_eq!((trunk.gateway_port, trunk.request_user.as_str()), (span, "92125550123"));
    assert_eq!((trunk.resource.limit, trunk.calls_per_second), (25, Some(3)));
    assert_eq!(trunk.resource.label, "Span 1 of Falcon, less 5 channel(s) kept for calls in,");
    let shared: Vec<_> = trunk.shared.iter().map(|it| (it.key.clone(), it.limit)).collect();
    assert_eq!(shared, [(format!("gw:{}", falcon.uuid()), 12)]);
}

/// Sets or takes back that a person's address is verified.
async fn verified(scene: &Scene, user: Uuid, yes: bool) {
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    let at = yes.then(|| tx.at());
    let change = user_account::ActiveModel { id: Set(user), email_verified_at: Set(at), ..Default::default() };
    tx.update(change).await.unwrap();
    tx.commit().await.unwrap();
}

async fn only_simulated_gateways_before_the_owner_is_verified(scene: Scene) {
    with_numbers(&scene, &["+14155550101", "+14155550200"]).await;
    scene.give(&scene.a, &scene.a.seats[1], "+14155550101").await;
    let owner = scene.a.seats[0].user;
    verified(&scene, owner, false).await;
    for seat in [0, 1] {
        let refusal = scene.dial(&scene.a, seat, "+12125550123", None).await.unwrap_err();
        assert_eq!(refusal.cause, EndCause::EmailUnverified, "seat {seat}: {}", refusal.text);
        assert!(refusal.text.contains("Aster") && refusal.text.contains("Confirm your e-mail"), "{}", refusal.text);
        assert_eq!(refusal.tenant, Some(scene.a.tenant), "it goes into the company's records");
    }
    let tx = scene.db.system().begin(stamp()).await.unwrap();
    let played = gateway::ActiveModel { id: Set(scene.falcon.0.uuid()), simulated: Set(true), ..Default::default() };
    tx.update(played).await.unwrap();
    tx.commit().await.unwrap();
    let ways = |plan: &RoutePlan| trunks(plan).iter().map(|trunk| trunk.gateway).collect::<Vec<_>>();
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert_eq!(ways(&plan), [scene.falcon.0], "never the real ones, not even as a second choice");
    assert_eq!(plan.resources.iter().map(|it| it.limit).collect::<Vec<_>>(), [30, 2]);
    verified(&scene, owner, true).await;
    let plan = scene.dial(&scene.a, 0, "+12125550123", None).await.unwrap();
    assert!(ways(&plan).contains(&scene.kestrel.0), "the real ones too");
    assert_eq!(plan.resources.len(), 1);
}

async fn suspension_and_trial(scene: Scene) {
    scene.set_tenant_state(scene.a.tenant, "suspended").await;
    let refusal = scene.dial(&scene.a, 0, "102", None).await.unwrap_err();
    assert_eq!((refusal.cause, refusal.text.as_str()), (EndCause::Suspended, "Aster is suspended"));
    scene.set_tenant_state(scene.a.tenant, "active").await;
    let (owner, colleague) = (scene.a.seats[0].user, scene.a.seats[1].user);
    verified(&scene, colleague, false).await;
    let plan = scene.dial(&scene.a, 1, "101", None).await.unwrap();
    assert_eq!(plan.resources.iter().map(|it| it.limit).collect::<Vec<_>>(), [30, 2]);
    assert_eq!(scene.dial(&scene.a, 0, "102", None).await.unwrap().resources.len(), 1, "the owner is known");
    verified(&scene, colleague, true).await;
    verified(&scene, owner, false).await;
    for (seat, called) in [(0, "102"), (1, "101")] {
        assert_eq!(
            scene.dial(&scene.a, seat, called, None).await.unwrap().resources.len(),
            2,
            "the company is on trial"
        );
    }
    use patchbay_control::people::row::member;
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let set = vec![(member::Column::State, sea_orm::sea_query::Expr::value("suspended"))];
    let all = sea_orm::Condition::all();
    assert_eq!(tx.update_many::<member::Entity>(set, all).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let refusal = scene.dial(&scene.a, 0, "102", None).await.unwrap_err();
    assert_eq!((refusal.cause, refusal.text.as_str()), (EndCause::Forbidden, "Your membership is suspended"));
}

/// What was asked before is remembered; what changes meanwhile is not missed.
async fn a_change_is_noticed_at_once(scene: Scene) {
    with_numbers(&scene, &["+14155550102"]).await;
    let call = || scene.dial(&scene.a, 0, "+12125550123", Some("+14155550101"));
    assert_eq!(call().await.unwrap_err().cause, EndCause::Forbidden);
    with_numbers(&scene, &["+14155550101"]).await;
    assert_eq!(shown(&call().await.unwrap()), "+14155550101");
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    tx.delete::<device::Entity>(scene.a.seats[0].browser.uuid()).await.unwrap();
    assert!(call().await.is_ok(), "not committed yet");
    tx.commit().await.unwrap();
    assert_eq!(call().await.unwrap_err().cause, EndCause::Forbidden, "the device is gone");
}
