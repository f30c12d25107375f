//! The demo's inventory: made once, found again.

use patchbay_tenancy::system::{gateway, gateway_port, number, sip_account};

use crate::{
    inventory::{
        demo::{Demo, DemoPeer, seed_demo},
        gateway_new::Realm,
        rig::{Company::*, Rig, Who, on_both},
    },
    kit::digest::ha1,
};

async fn seed(rig: &Rig, udp_port: u16) -> Demo {
    let realm = Realm { domain: "sip.example.com", registrar: "127.0.0.1:5060", sealer: &rig.sealer };
    let mut tx = rig.database.system().begin(rig.stamp()).await.unwrap();
    let demo = seed_demo(&mut tx, &realm, &DemoPeer { host: "127.0.0.1".into(), udp_port }).await.unwrap();
    tx.commit().await.unwrap();
    demo
}

#[tokio::test]
async fn the_demo_is_seeded_once_and_renewed_after() {
    on_both(|rig| async move {
        let first = seed(&rig, 6_001).await;
        assert_eq!((first.analog.len(), first.trunk.numbers.len(), first.wireless.numbers.len()), (16, 100, 4));
        assert_eq!(first.trunk.channels, 30);
        assert_eq!(first.analog[15].number.as_str(), "+12125550116");
        assert_eq!(first.trunk.numbers[99].as_str(), "+14155550199");
        let second = seed(&rig, 6_002).await;
        assert_eq!(first.analog[6].username, second.analog[6].username);
        assert!(first.analog[6].password != second.analog[6].password);
        let system = rig.database.system();
        let counts = (
            system.select::<gateway::Entity>().count().await.unwrap(),
            system.select::<gateway_port::Entity>().count().await.unwrap(),
            system.select::<number::Entity>().count().await.unwrap(),
            system.select::<sip_account::Entity>().count().await.unwrap(),
        );
        assert_eq!(counts, (3, 21, 120, 17));
        let boxes = system.select::<gateway::Entity>().all().await.unwrap();
        assert!(boxes.iter().all(|gateway| gateway.simulated), "who is on trial may call through the demo");
        let line = &second.analog[6];
        let row = system.find::<gateway_port::Entity>(line.gateway_port.uuid()).await.unwrap().unwrap();
        assert_eq!(row.ha1_sha256, Some(ha1(&line.username, "sip.example.com", line.password.expose()).sha256));
        let falcon = system.find::<gateway::Entity>(second.trunk.gateway.uuid()).await.unwrap().unwrap();
        assert_eq!((falcon.host.as_deref(), falcon.udp_port), (Some("127.0.0.1"), Some(6_002)));
    })
    .await;
}

#[tokio::test]
async fn everything_of_the_demo_is_for_rent() {
    on_both(|rig| async move {
        seed(&rig, 6_001).await;
        let shop = rig.ask(Who::Owner(One), "GET", "/v1/numbers/shop?limit=250", None).await.ok(200);
        assert_eq!(shop["items"].as_array().unwrap().len(), 120);
        let mobile = rig.ask(Who::Owner(One), "GET", "/v1/numbers/shop?kind=mobile", None).await.ok(200);
        assert_eq!(mobile["items"].as_array().unwrap().len(), 4);
        let ports = rig.ask(Who::Owner(One), "GET", "/v1/gateway-ports/shop", None).await.ok(200);
        assert_eq!(ports.as_array().unwrap().len(), 20);
        assert!(ports.as_array().unwrap().iter().all(|port| port["monthly"]["micros"].as_i64() > Some(0)));
    })
    .await;
}
