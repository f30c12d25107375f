//! Kamailio as the carrier that we register with: digests both ways of proving it, and a proxy that stays in the path.

use std::{net::SocketAddr, time::Duration};

use patchbay_sip::End;
use patchbay_testkit::{Phone, PhoneConfig};
use patchbay_tests::{
    Server, Store,
    peers::{
        kamailio::{Account, Kamailio, Ways},
        sipp::Sipp,
    },
    process::{free_both, free_udp_port},
    story::{ABROAD, DOMAIN, NUMBER, Scene, both_hear, eventually, rack},
};
use serde_json::json;

const LOOPBACK: &str = "127.0.0.1";
const ACCOUNT: Account = Account { username: "acme-trunk", password: "carrier secret", realm: "carrier.example" };

/// A registration held with Kamailio, and a person beyond it.
async fn registered_with_a_carrier(ways: Ways) -> (Kamailio, Scene) {
    let server = Server::start(Store::Sqlite, false).await;
    let operator = server.operator().await;
    let sip = free_both();
    let carrier = SocketAddr::from(([127, 0, 0, 1], sip));
    // The person beyond speaks to the carrier, not to us.
    let beyond = Phone::start(PhoneConfig::new("beyond", "none", DOMAIN, carrier)).await;
    let mut kamailio = Kamailio::carrier(LOOPBACK, sip, ACCOUNT, beyond.address(), ways);
    kamailio.ready(LOOPBACK).await;
    let new = json!({"label": "Carrier", "profile": "generic_sip_trunk", "connection": "we_register",
        "gateway_ports": 1, "channels": 10, "host": LOOPBACK, "udp_port": sip, "transport": "udp",
        "username": ACCOUNT.username, "password": ACCOUNT.password, "realm": ACCOUNT.realm});
    let trunk = rack(&operator, new).await;
    let light = format!("/v1/operator/gateways/{}", trunk.gateway);
    eventually("we are registered", async || operator.get(&light).await["light"] == "online").await;
    let scene = Scene::with(server, operator, trunk, beyond).await;
    (kamailio, scene)
}

#[tokio::test]
async fn a_call_goes_out_through_a_proxy_that_wants_a_digest() {
    let (kamailio, mut scene) = registered_with_a_carrier(Ways::default()).await;
    let mut ours = scene.desk.dial(ABROAD).await;
    let mut theirs = scene.far.incoming().await;
    assert_eq!(theirs.caller().as_deref(), Some(NUMBER));
    assert!(theirs.header("Record-Route").is_some(), "the proxy stays in the path");
    assert!(theirs.header("Proxy-Authorization").is_none());
    theirs.answer().await;
    assert_eq!(ours.answered().await, Ok(()), "{}", kamailio.log());
    both_hear(&ours, &theirs).await;
    ours.hang_up();
    assert_eq!(theirs.ended().await, End::Bye, "BYE follows the recorded route");
    assert_eq!(scene.only_record().await["summary"]["cause"], "caller_hung_up");
    kamailio.stop().await;
}

#[tokio::test]
async fn a_call_comes_in_over_the_registration() {
    let (kamailio, mut scene) = registered_with_a_carrier(Ways::default()).await;
    let to = format!("sip:{NUMBER}@{LOOPBACK}:{}", kamailio.sip);
    let mut theirs = scene.far.dial_as(&to, "\"Ada\" <sip:+14155550177@carrier.example>", Vec::new()).await;
    let mut desk = scene.desk.incoming().await;
    assert_eq!(desk.caller().as_deref(), Some("+14155550177"));
    assert_eq!(desk.header("X-Called").as_deref(), Some(NUMBER), "from P-Called-Party-ID");
    desk.answer().await;
    assert_eq!(theirs.answered().await, Ok(()), "{}", kamailio.log());
    both_hear(&desk, &theirs).await;
    desk.hang_up();
    assert_eq!(theirs.ended().await, End::Bye);
    let mut again = scene.far.dial_as(&to, "<sip:+14155550177@carrier.example>", Vec::new()).await;
    desk = scene.desk.incoming().await;
    desk.answer().await;
    assert_eq!(again.answered().await, Ok(()));
    again.hang_up();
    assert_eq!(desk.ended().await, End::Bye);
    kamailio.stop().await;
}

#[tokio::test]
async fn of_two_answers_the_first_is_the_call_and_the_second_is_ended() {
    let late = free_udp_port();
    let mut sipp = Sipp::start_at("fork-late.xml", LOOPBACK, late, &["-m", "1"]);
    sipp.listens().await;
    let forks_to = Some(SocketAddr::from(([127, 0, 0, 1], late)));
    let (kamailio, mut scene) = registered_with_a_carrier(Ways { forks_to, ..Ways::default() }).await;
    let mut ours = scene.desk.dial(ABROAD).await;
    let theirs = scene.far.incoming().await;
    theirs.ring();
    // The other branch rings too by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    theirs.answer().await;
    assert_eq!(ours.answered().await, Ok(()), "{}", kamailio.log());
    both_hear(&ours, &theirs).await;
    sipp.finished(Duration::from_secs(15)).await.expect("the late answer is acknowledged and ended by BYE");
    both_hear(&ours, &theirs).await;
    theirs.hang_up();
    assert_eq!(ours.ended().await, End::Bye);
    assert_eq!(scene.only_record().await["summary"]["cause"], "callee_hung_up");
    kamailio.stop().await;
}

#[tokio::test]
async fn a_carrier_that_trusts_nobody_gets_a_digest_for_each_request() {
    let (kamailio, mut scene) = registered_with_a_carrier(Ways { distrusts: true, ..Ways::default() }).await;
    let mut ours = scene.desk.dial(ABROAD).await;
    let mut theirs = scene.far.incoming().await;
    theirs.answer().await;
    assert_eq!(ours.answered().await, Ok(()), "{}", kamailio.log());
    both_hear(&ours, &theirs).await;
    ours.hang_up();
    assert_eq!(theirs.ended().await, End::Bye, "the BYE was asked for a digest and had one: {}", kamailio.log());
    assert_eq!(scene.only_record().await["summary"]["cause"], "caller_hung_up");
    kamailio.stop().await;
}
