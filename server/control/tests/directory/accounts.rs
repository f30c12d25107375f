//! Who SIP user names are, and what the switch must know of gateways.

use std::sync::atomic::Ordering;

use patchbay_control::seats::row::device;
use patchbay_kernel::{GatewayPortId, Tick, Uuid};
use patchbay_plane::{Destination, DeviceKind, Direction, Directory as _, Principal, TestCallAsk};
use sea_orm::ActiveValue::Set;

use crate::scene::{DOMAIN, Scene, new_call, stamp, trunks};

on_both!(user_names_are_found, changes_are_noticed, gateways_are_told, a_test_call_goes_through_one_gateway_port);

async fn user_names_are_found(scene: Scene) {
    let phone = scene.directory.credential("aster-101-sip_phone").await.unwrap().unwrap();
    assert_eq!((phone.realm.as_str(), phone.ha1_md5.expose().as_str()), (DOMAIN, "md5 of aster-101-sip_phone"));
    let seat = &scene.a.seats[0];
    let wanted = Principal::Device {
        tenant: scene.a.tenant,
        seat: seat.seat,
        device: seat.phone,
        kind: DeviceKind::SipPhone,
        name: "Agent 101 (101)".into(),
    };
    assert_eq!(phone.principal, wanted);
    let line = scene.directory.credential("kestrel-02").await.unwrap().unwrap();
    assert_eq!(line.principal, Principal::Gateway { gateway: scene.kestrel.0, gateway_port: Some(scene.kestrel.1[1]) });
    assert!(scene.directory.credential("nobody").await.unwrap().is_none());
    assert!(scene.directory.credential("account9").await.unwrap().is_none(), "our account with a carrier is no way in");
    let browser = scene.directory.device(scene.a.tenant, seat.browser).await.unwrap().unwrap();
    assert!(matches!(browser.principal, Principal::Device { kind: DeviceKind::Browser, .. }));
    assert!(scene.directory.device(scene.b.tenant, seat.browser).await.unwrap().is_none(), "not B's device");
}

async fn changes_are_noticed(scene: Scene) {
    let ask =
        || async { scene.directory.credential("aster-101-sip_phone").await.unwrap().map(|it| it.ha1_md5.into_inner()) };
    let old = ask().await.unwrap();
    let change = |md5: &'static str, tell: bool| {
        let scene = &scene;
        async move {
            let mut tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
            let id = scene.a.seats[0].phone;
            let row = device::ActiveModel { id: Set(id.uuid()), ha1_md5: Set(md5.into()), ..Default::default() };
            tx.update(row).await.unwrap();
            if tell {
                let body = serde_json::json!({ "seat": scene.a.seats[0].seat });
                tx.changed("device.credentials_reset", "device", &id.to_string(), body).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    };
    change("second", false).await;
    assert_eq!(ask().await.unwrap(), old, "remembered");
    scene.clock.0.store(Tick::from_ms(5_001).0, Ordering::Relaxed);
    assert_eq!(ask().await.unwrap(), "second", "but not for long");
    change("third", true).await;
    let seen = crate::scene::eventually(|| async { ask().await.filter(|md5| md5 == "third") }).await;
    assert_eq!(seen, "third", "and an event ends it at once");
    change("fourth", false).await;
    scene.directory.forget_credentials();
    assert_eq!(ask().await.unwrap(), "fourth");
}

async fn gateways_are_told(scene: Scene) {
    let mut peers = scene.directory.peers().await.unwrap();
    peers.sort_by_key(|peer| peer.udp_port);
    let found: Vec<_> =
        peers.iter().map(|peer| (peer.gateway, peer.host.as_str(), peer.udp_port, peer.probe_every_s)).collect();
    assert_eq!(found, [(scene.falcon.0, "192.0.2.9", 5060, 15), (scene.carrier.0, "192.0.2.9", 5080, 30)]);
    let held = scene.directory.held_registrations().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].gateway, held[0].gateway_port, held[0].registrar.as_str()),
        (scene.carrier.0, None, "192.0.2.9:5080")
    );
    assert_eq!((held[0].username.as_str(), held[0].password.expose().as_str()), ("account9", "s3cret"));
    assert_eq!((held[0].realm.as_deref(), held[0].expires_s), (Some("carrier.example"), 300));
}

async fn a_test_call_goes_through_one_gateway_port(scene: Scene) {
    let ask =
        |gateway_port, called: &str| TestCallAsk { call: new_call(), gateway_port, called: called.into(), code: None };
    let plan = scene.directory.test_plan(ask(scene.kestrel.1[0], "212 555 0123")).await.unwrap();
    assert_eq!((plan.direction, plan.stages.len()), (Direction::Test, 1));
    let line = trunks(&plan)[0];
    assert_eq!((line.request_user.as_str(), line.from_user.as_str()), ("12125550123", "4155550101"));
    assert!(matches!(&line.destination, Destination::Account(name) if name == "kestrel-01"));
    let short = scene.directory.test_plan(ask(scene.falcon.1[0], "*43")).await.unwrap();
    assert_eq!(trunks(&short)[0].request_user, "*43");
    let nowhere = GatewayPortId::from_uuid(Uuid::from_u128(1));
    assert_eq!(scene.directory.test_plan(ask(nowhere, "1")).await.unwrap_err().text, "There is no such gateway port");
    assert!(scene.directory.test_plan(ask(scene.falcon.1[0], "sales")).await.is_err());
}
