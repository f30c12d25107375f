//! linphone as the hardware phone of a seat, over each transport. `infra/scripts/peers.sh` runs it.

use patchbay_tests::{
    peers::{Folder, linphone::Linphone, tone_file},
    story::hardware::{Desk, calls_go_both_ways, sends_a_caller_on},
};

#[tokio::test]
#[ignore = "in a network of its own: infra/scripts/peers.sh"]
async fn linphone_over_udp() {
    on_a_seat("udp").await;
}

#[tokio::test]
#[ignore = "in a network of its own: infra/scripts/peers.sh"]
async fn linphone_over_tcp() {
    on_a_seat("tcp").await;
}

#[tokio::test]
#[ignore = "in a network of its own: infra/scripts/peers.sh"]
async fn linphone_over_tls() {
    on_a_seat("tls").await;
}

#[tokio::test]
#[ignore = "in a network of its own: infra/scripts/peers.sh"]
async fn linphone_sends_a_caller_on() {
    let (_tone, mut desk, phone) = seated("udp").await;
    sends_a_caller_on(&mut desk, |what| phone.tell(&what), || phone.log()).await;
}

/// The tone that the phone speaks, the seat, the phone.
async fn seated(transport: &str) -> (Folder, Desk, Linphone) {
    let desk = Desk::set_up(transport).await;
    let folder = Folder::fresh("tone");
    let speaks = tone_file(&folder, 440);
    let account = (desk.account.0.as_str(), desk.account.1.as_str());
    let phone = Linphone::start(account, &desk.registrar, transport, &speaks);
    desk.is_online("linphone", || phone.log()).await;
    (folder, desk, phone)
}

async fn on_a_seat(transport: &str) {
    let (_tone, mut desk, phone) = seated(transport).await;
    calls_go_both_ways(&mut desk, |what| phone.tell(&what), || phone.log()).await;
    assert!(!desk.scene.server.log().contains("SNI"), "an address as server name is no news");
    let heard = phone.heard(1_000);
    assert!(heard.is_some_and(|share| share >= 0.9), "linphone heard 1 kHz as {heard:?} of everything");
}
