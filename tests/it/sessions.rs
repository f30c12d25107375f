//! Session extensions on the wire, against SIPp: acknowledged progress, UPDATE, delayed offers, session timers, glare, transfers.

use std::{net::SocketAddr, time::Duration};

use patchbay_sip::{Address, End, Message, Name};
use patchbay_testkit::{Call, Happened, Saying};
use patchbay_tests::{
    Store,
    peers::sipp::Sipp,
    process::free_udp_port,
    story::{ABROAD, NUMBER, Scene, both_hear, device},
};

const LOOPBACK: &str = "127.0.0.1";
const PATIENCE: Duration = Duration::from_secs(15);

fn at(udp_port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], udp_port))
}

/// SIPp as the far end of the trunk, and a call of the desk to it that is answered.
async fn called_by_desk(scenario: &str) -> (Scene, Sipp, Call) {
    let sip = free_udp_port();
    let scene = Scene::unseen(Store::Sqlite, at(sip)).await;
    let sipp = Sipp::start_at(scenario, LOOPBACK, sip, &["-m", "1", "-rtp_echo"]);
    sipp.listens().await;
    let mut call = scene.desk.dial(ABROAD).await;
    assert_eq!(call.answered().await, Ok(()), "{}", sipp.errors());
    (scene, sipp, call)
}

/// SIPp calls the company's number over the trunk; the desk's phone rings.
async fn calls_desk(scenario: &str) -> (Scene, Sipp, Call) {
    let sip = free_udp_port();
    let mut scene = Scene::unseen(Store::Sqlite, at(sip)).await;
    let server = scene.server.sip_address().to_string();
    let sipp = Sipp::start_at(scenario, LOOPBACK, sip, &[&server, "-s", NUMBER, "-m", "1", "-rtp_echo"]);
    let call = scene.desk.incoming().await;
    (scene, sipp, call)
}

#[tokio::test]
async fn progress_is_acknowledged_and_the_session_changes_before_the_answer() {
    let (_scene, mut sipp, call) = called_by_desk("prack-called.xml").await;
    call.say(Saying::Tone(700)).await;
    call.hears(700).await.expect("what was agreed before the answer carries the audio");
    call.hang_up();
    sipp.finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_requires_acknowledged_progress_gets_it() {
    let (_scene, mut sipp, mut desk) = calls_desk("prack-caller.xml").await;
    desk.ring();
    tokio::time::sleep(Duration::from_millis(300)).await;
    desk.answer().await;
    assert_eq!(desk.ended().await, End::Bye, "{}", sipp.errors());
    sipp.finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_caller_without_an_offer_gets_ours_and_answers_it() {
    let (_scene, mut sipp, mut desk) = calls_desk("delayed-offer.xml").await;
    desk.answer().await;
    desk.say(Saying::Tone(700)).await;
    desk.hears(700).await.expect("SIPp sends back what it hears");
    assert_eq!(desk.ended().await, End::Bye, "{}", sipp.errors());
    sipp.finished(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_session_that_nobody_refreshes_ends() {
    let (scene, mut sipp, mut desk) = calls_desk("timer-caller.xml").await;
    desk.answer().await;
    // Two who are silent for half a minute would be parted for that.
    desk.say(Saying::Tone(700)).await;
    let ended = desk.wait_within(Duration::from_secs(80), |it| matches!(it, Happened::Ended(..)).then_some(()));
    assert!(ended.await.is_some(), "{}", sipp.errors());
    sipp.finished(PATIENCE).await.unwrap();
    assert_eq!(scene.only_record().await["summary"]["cause"], "flow_lost");
}

#[tokio::test]
async fn a_refresh_that_meets_a_change_is_tried_again() {
    let (_scene, mut sipp, call) = called_by_desk("glare-called.xml").await;
    call.say(Saying::Tone(700)).await;
    // The refresh comes at half of the 90 seconds, the next try 2.1 to 4 seconds later.
    tokio::time::sleep(Duration::from_secs(51)).await;
    call.listen_anew().await;
    call.hears(700).await.expect("the call goes on");
    call.hang_up();
    sipp.finished(PATIENCE).await.unwrap();
}

/// A second phone of the desk's seat, played by SIPp: calls `ABROAD`, and refers the other party to `target`.
async fn referring(scene: &Scene, scenario: &str, target: &str) -> Sipp {
    let (user, password) = device(&scene.company.owner, &scene.company.seat).await;
    let server = scene.server.sip_address().to_string();
    let more = [&server, "-s", ABROAD, "-m", "1", "-au", &user, "-ap", &password, "-key", "target", target];
    Sipp::start(scenario, LOOPBACK, &more)
}

/// The call that SIPp places arrives at the far end.
async fn arrives(scene: &mut Scene, sipp: &Sipp) -> Call {
    let call = scene.far.incoming_within(PATIENCE).await;
    call.unwrap_or_else(|| panic!("no call arrived: {}", sipp.errors()))
}

#[tokio::test]
async fn a_phone_sends_the_other_party_to_a_number() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let mut sipp = referring(&scene, "refer.xml", "sip:+442079460019@patchbay.local").await;
    let mut first = arrives(&mut scene, &sipp).await;
    first.answer().await;
    let second = scene.far.incoming().await;
    assert!(second.request_uri().unwrap_or_default().contains("442079460019"), "{:?}", second.request_uri());
    second.ring();
    tokio::time::sleep(Duration::from_millis(300)).await;
    second.answer().await;
    sipp.finished(PATIENCE).await.unwrap();
    both_hear(&first, &second).await;
    second.hang_up();
    assert_eq!(first.ended().await, End::Bye, "who hangs up ends both");
}

#[tokio::test]
async fn a_phone_joins_the_other_party_with_the_seat_s_second_call() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let (mut consulted, mut third) = scene.talk("+442079460019").await;
    let answer = consulted.response.clone().expect("the answer");
    let mut sipp = referring(&scene, "refer-replaces.xml", &named(&answer)).await;
    let first = arrives(&mut scene, &sipp).await;
    first.answer().await;
    sipp.finished(PATIENCE).await.unwrap();
    assert_eq!(consulted.ended().await, End::Bye, "the seat is out of both calls");
    both_hear(&first, &third).await;
    first.hang_up();
    assert_eq!(third.ended().await, End::Bye);
}

/// The Refer-To that names the dialog of a call which was answered so.
fn named(answer: &Message) -> String {
    let tag = |name| {
        let address = Address::parse(answer.get(name).expect("an address")).expect("an address");
        address.tag().expect("a tag").to_owned()
    };
    let call_id = answer.get_text(Name::CallId).expect("a Call-ID");
    format!("sip:x@patchbay.local?Replaces={call_id}%3Bto-tag%3D{}%3Bfrom-tag%3D{}", tag(Name::To), tag(Name::From))
}
