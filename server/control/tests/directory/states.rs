//! Lights of gateways and registrations of devices.

use patchbay_control::{
    inventory::{
        reason::{GatewayError, LightReason},
        words::{GatewayErrorCode, LightCode},
    },
    live::News,
    seats::row::device,
};
use patchbay_kernel::{CallId, GatewayId};
use patchbay_plane::{CallEvent, CallEventKind, ContactState, GatewayState, RegistrationState, Sink as _};
use patchbay_tenancy::system::{gateway, gateway_port};

use crate::scene::{Scene, eventually, new_call, stamp};

on_both!(devices_come_and_go, gateways_show_their_lights, news_reach_consoles);

async fn light_is(scene: &Scene, id: GatewayId, light: &str, reason: LightReason) -> gateway::Model {
    eventually(|| async {
        let row = scene.db.system().find::<gateway::Entity>(id.uuid()).await.unwrap().unwrap();
        (row.light == light && LightReason::read(&row.light_reason) == reason).then_some(row)
    })
    .await
}

fn of_two(up: i64) -> LightReason {
    LightReason { up: Some(up), of: Some(2), ..LightReason::plain(LightCode::GatewayPortsRegistered) }
}

async fn devices_come_and_go(scene: Scene) {
    let seat = &scene.a.seats[0];
    let state = |contacts| ContactState {
        tenant: scene.a.tenant,
        seat: seat.seat,
        device: seat.phone,
        contacts,
        user_agent: Some("Desk phone 1.0".into()),
    };
    for contacts in [1, 2] {
        scene.directory.contact_state(state(contacts));
    }
    let row = eventually(|| async {
        let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
        tx.find_whole::<device::Entity>(seat.phone.uuid()).await.unwrap().filter(|row| row.contacts == 2)
    })
    .await;
    assert_eq!(row.user_agent.as_deref(), Some("Desk phone 1.0"));
    assert!(row.last_seen_at.is_some());
}

async fn gateways_show_their_lights(scene: Scene) {
    let (kestrel, falcon, carrier) = (scene.kestrel.0, scene.falcon.0, scene.carrier.0);
    let account = |username: &str, registered| GatewayState::Account {
        username: username.into(),
        registered,
        contact: Some("192.0.2.7:5060".into()),
        user_agent: Some("Kestrel/2".into()),
    };
    scene.directory.gateway_state(kestrel, account("kestrel-01", true));
    scene.directory.gateway_state(kestrel, account("kestrel-02", false));
    let row = light_is(&scene, kestrel, "online", of_two(1)).await;
    assert_eq!(row.user_agent.as_deref(), Some("Kestrel/2"));
    let port = |index: usize| {
        let scene = &scene;
        async move { scene.db.system().find::<gateway_port::Entity>(scene.kestrel.1[index].uuid()).await.unwrap().unwrap() }
    };
    assert_eq!((port(0).await.light.as_str(), port(1).await.light.as_str()), ("online", "offline"));
    scene.directory.gateway_state(kestrel, account("kestrel-01", false));
    light_is(&scene, kestrel, "offline", of_two(0)).await;

    scene.directory.gateway_state(falcon, GatewayState::ProbeFailed);
    light_is(&scene, falcon, "offline", LightReason::plain(LightCode::Silent)).await;
    scene.directory.gateway_state(falcon, GatewayState::ProbeAnswered { latency_ms: 12 });
    assert_eq!(light_is(&scene, falcon, "online", LightReason::plain(LightCode::Answers)).await.latency_ms, Some(12));
    let span = scene.db.system().find::<gateway_port::Entity>(scene.falcon.1[0].uuid()).await.unwrap().unwrap();
    assert_eq!(span.light, "online", "a gateway port without an account is as well as its box");

    let refused = RegistrationState::Refused { code: 403, phrase: "Forbidden".into() };
    scene.directory.gateway_state(carrier, GatewayState::Held { gateway_port: None, state: refused });
    let reason = LightReason {
        sip_code: Some(403),
        phrase: Some("Forbidden".into()),
        ..LightReason::plain(LightCode::RegistrationRefused)
    };
    let row = light_is(&scene, carrier, "fault", reason).await;
    let told = GatewayError::read(row.last_error.as_ref()).unwrap();
    assert_eq!((told.code, told.sip_code), (GatewayErrorCode::RegistrationRefused, Some(403)));
    let failed =
        GatewayState::CallFailed { gateway_port: scene.kestrel.1[0], code: 502, text: "502 Bad Gateway".into() };
    scene.directory.gateway_state(kestrel, failed);
    let told = eventually(|| async { GatewayError::read(port(0).await.last_error.as_ref()) }).await;
    assert_eq!((told.code, told.sip_code), (GatewayErrorCode::CallFailed, Some(502)));
}

async fn news_reach_consoles(scene: Scene) {
    let mut console = scene.feed.listen();
    let call: CallId = new_call();
    let event = CallEvent {
        call,
        tenant: scene.a.tenant,
        seat: Some(scene.a.seats[0].seat),
        at: patchbay_kernel::Wall(1),
        kind: CallEventKind::Ringing,
    };
    scene.directory.call_event(event.clone());
    assert_eq!(*console.try_recv().unwrap(), News::Call(event));
}
