//! SIPp as a trunk: odd headers, its own audio loop, refusals.

use std::{net::SocketAddr, time::Duration};

use patchbay_testkit::Saying;
use patchbay_tests::{
    Store,
    peers::sipp::Sipp,
    process::free_udp_port,
    story::{ABROAD, NUMBER, Scene},
};

const LOOPBACK: &str = "127.0.0.1";
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test]
async fn sipp_calls_with_a_latin_1_name_and_echoes() {
    let sip = free_udp_port();
    let mut scene = Scene::unseen(Store::Sqlite, at(sip)).await;
    let server = scene.server.sip_address().to_string();
    let mut sipp = Sipp::start_at("caller.xml", LOOPBACK, sip, &[&server, "-s", NUMBER, "-m", "1", "-rtp_echo"]);
    let mut desk = scene.desk.incoming().await;
    assert_eq!(desk.caller().as_deref(), Some("+14155550177"));
    assert_eq!(desk.caller_name().as_deref(), Some("J\u{fc}rgen"), "Latin-1 becomes UTF-8");
    desk.answer().await;
    desk.say(Saying::Tone(700)).await;
    desk.hears(700).await.expect("SIPp sends back what it hears");
    desk.ended().await;
    sipp.finished(PATIENCE).await.unwrap();
    assert_eq!(scene.only_record().await["summary"]["caller_name"], "J\u{fc}rgen");
}

#[tokio::test]
async fn sipp_answers_and_echoes() {
    let sip = free_udp_port();
    let scene = Scene::unseen(Store::Sqlite, at(sip)).await;
    let mut sipp = Sipp::start_at("called.xml", LOOPBACK, sip, &["-m", "1", "-rtp_echo"]);
    sipp.listens().await;
    let mut call = scene.desk.dial(ABROAD).await;
    assert_eq!(call.answered().await, Ok(()), "{}", sipp.errors());
    call.say(Saying::Tone(700)).await;
    call.hears(700).await.expect("SIPp sends back what it hears");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(call.heard(700).await.share >= 0.95);
    call.hang_up();
    sipp.finished(PATIENCE).await.unwrap();
    let record = scene.only_record().await;
    assert!(record["legs"][1]["figures"]["received"].as_u64().unwrap() > 20, "{record}");
}

#[tokio::test]
async fn a_busy_far_end_is_busy_for_the_caller() {
    let sip = free_udp_port();
    let scene = Scene::unseen(Store::Sqlite, at(sip)).await;
    let mut sipp = Sipp::start_at("busy.xml", LOOPBACK, sip, &["-m", "1"]);
    sipp.listens().await;
    let mut call = scene.desk.dial(ABROAD).await;
    assert_eq!(call.answered().await, Err(486), "{}", sipp.errors());
    sipp.finished(PATIENCE).await.unwrap();
    assert_eq!(scene.only_record().await["summary"]["cause"], "busy");
}

fn at(udp_port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], udp_port))
}
