//! Calls from a gateway.

use patchbay_control::inventory::caller_rules;
use patchbay_kernel::EndCause;
use patchbay_plane::{Codec, Direction, EarlyMedia, Target};
use sea_orm::ActiveValue::Set;

use crate::scene::{Scene, stamp};

on_both!(
    a_number_rings_its_seat,
    a_line_stands_for_its_number,
    what_leads_nowhere_says_so,
    blocked_callers_do_not_come_through,
    a_gateway_brings_calls_for_its_own_numbers_only,
);

async fn a_number_rings_its_seat(scene: Scene) {
    scene.lead(scene.a.tenant, "+14155550200", Some(scene.a.seats[0].seat)).await;
    let plan = scene.arrive(scene.falcon.0, None, "+14155550200", "+442079460018").await.unwrap();
    assert_eq!((plan.tenant, plan.direction), (scene.a.tenant, Direction::Inbound));
    assert_eq!((plan.caller.number.as_str(), plan.caller.name.as_deref()), ("+442079460018", Some("Grace")));
    assert_eq!((plan.called.number.as_str(), plan.called.seat), ("+14155550200", Some(scene.a.seats[0].seat)));
    assert_eq!(plan.number, Some(scene.number_id("+14155550200").await));
    let (company, span) = (scene.a.tenant.uuid(), scene.falcon.1[0]);
    let limits: Vec<_> = plan.resources.iter().map(|it| (it.key.clone(), it.limit)).collect();
    assert_eq!(
        limits,
        [(format!("ten:{company}"), 30), (format!("gwp:{}", span.uuid()), 30)],
        "company first, then gateway port"
    );
    assert_eq!(plan.caller_gateway_port, Some((scene.falcon.0, span)));
    assert_eq!(plan.caller_codecs, [Codec::Pcma, Codec::Pcmu]);
    assert_eq!(plan.early_media, EarlyMedia::None);
    let rung: Vec<_> = plan.stages[0]
        .targets
        .iter()
        .map(|target| match target {
            Target::Device(device) => (device.username.as_str(), device.codecs.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let codecs = vec![Codec::Pcma, Codec::Pcmu, Codec::Opus];
    assert_eq!(rung, [("aster-101-browser", codecs.clone()), ("aster-101-sip_phone", codecs)]);
    let anonymous = scene.arrive(scene.falcon.0, None, "+14155550200", "anonymous").await.unwrap();
    assert_eq!(anonymous.caller.number, "anonymous");
}

async fn a_line_stands_for_its_number(scene: Scene) {
    scene.lead(scene.a.tenant, "+14155550102", Some(scene.a.seats[1].seat)).await;
    let (box_, lines) = (scene.kestrel.0, &scene.kestrel.1);
    let plan = scene.arrive(box_, Some(lines[1]), "hotline", "2125550123").await.unwrap();
    assert_eq!((plan.called.number.as_str(), plan.caller.number.as_str()), ("+14155550102", "+12125550123"));
    assert_eq!(plan.resources[1].label, "Line 2 of Kestrel");
    let refusal = scene.arrive(box_, None, "hotline", "2125550123").await.unwrap_err();
    assert_eq!(refusal.text, "Kestrel does not say which line the call came in on");
    let refusal = scene.arrive(box_, Some(lines[0]), "hotline", "2125550123").await.unwrap_err();
    assert_eq!(
        (refusal.text.as_str(), refusal.tenant),
        ("+14155550101 leads nowhere: give it a seat", Some(scene.a.tenant))
    );
}

async fn what_leads_nowhere_says_so(scene: Scene) {
    for (called, tenant, text) in [
        ("+14155550202", None, "+14155550202 is not assigned to any company"),
        ("+14155559999", None, "+14155559999 is not a number of this platform"),
        ("7", None, "7 is not a number that Falcon brings calls for"),
        ("+14155550200", Some(scene.a.tenant), "+14155550200 leads nowhere: give it a seat"),
    ] {
        let refusal = scene.arrive(scene.falcon.0, None, called, "+442079460018").await.unwrap_err();
        assert_eq!((refusal.cause, refusal.tenant, refusal.text.as_str()), (EndCause::NotFound, tenant, text));
    }
    let refusal = scene.arrive(scene.falcon.0, None, "sales", "+442079460018").await.unwrap_err();
    assert_eq!(refusal.cause, EndCause::BadNumber);
    scene.lead(scene.b.tenant, "+14155550201", Some(scene.b.seats[0].seat)).await;
    scene.arrive(scene.falcon.0, None, "+14155550201", "+442079460018").await.unwrap();
    scene.set_tenant_state(scene.b.tenant, "suspended").await;
    let refusal = scene.arrive(scene.falcon.0, None, "+14155550201", "+442079460018").await.unwrap_err();
    assert_eq!((refusal.cause, refusal.tenant), (EndCause::Suspended, Some(scene.b.tenant)));
}

async fn a_gateway_brings_calls_for_its_own_numbers_only(scene: Scene) {
    scene.lead(scene.a.tenant, "+14155550200", Some(scene.a.seats[0].seat)).await;
    let refusal = scene.arrive(scene.carrier.0, None, "+14155550200", "+442079460018").await.unwrap_err();
    assert_eq!(refusal.text, "+14155550200 does not live on Carrier");
}

async fn blocked_callers_do_not_come_through(scene: Scene) {
    scene.lead(scene.a.tenant, "+14155550200", Some(scene.a.seats[0].seat)).await;
    let arrive = |caller: &'static str| scene.arrive(scene.falcon.0, None, "+14155550200", caller);
    assert!(arrive("+442079460018").await.is_ok());
    for (pattern, list) in [("+44*", "block"), ("+442079460019", "allow")] {
        let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
        let row = caller_rules::row::ActiveModel {
            id: Set(tx.new_id()),
            pattern: Set(pattern.into()),
            list: Set(list.into()),
            note: Set(String::new()),
            created_at: Set(tx.at()),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
    }
    let refusal = arrive("+442079460018").await.unwrap_err();
    assert_eq!((refusal.cause, refusal.tenant), (EndCause::Forbidden, Some(scene.a.tenant)), "it gets a record");
    assert_eq!(refusal.text, "Aster does not take calls from +442079460018: +44* is blocked");
    assert!(arrive("+442079460019").await.is_ok(), "the closer entry decides");
    assert!(arrive("+12125550123").await.is_ok());
}
