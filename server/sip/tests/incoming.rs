//! Calls that come in, told step by step: ring, answer, CANCEL, lost ACK, BYE in every order.

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, invite, request, response, udp};
use patchbay_sip::{Cmd, End, Event, LegId, Name};

fn arrives(bench: &mut Bench) -> LegId {
    bench.hear(udp(PEER), &invite(""));
    match bench.event() {
        Event::Invite { leg, .. } => leg,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_rings_is_answered_and_ends_by_the_peer() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    assert!(leg.0 & LegId::INCOMING != 0);
    assert_eq!(bench.lines(), ["100 INVITE"]);
    bench.order(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
    let ringing = bench.only();
    assert!(
        header(&ringing, Name::To).contains(";tag=") && header(&ringing, Name::Contact).contains("100@203.0.113.1")
    );
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: vec![("X-A".into(), "1".into())] });
    let answer = bench.only();
    assert_eq!(
        (answer.status(), answer.sdp(), answer.other("x-a").as_deref()),
        (Some(200), Some(SDP.as_bytes()), Some("1"))
    );
    let to = header(&answer, Name::To);
    assert_eq!(to, header(&ringing, Name::To));
    bench.hear(udp(PEER), &request("ACK", 1, "ack", &to, "", ""));
    assert!(matches!(bench.event(), Event::Acked { sdp: None, .. }));
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "Reason: Q.850;cause=16\r\n", ""));
    assert_eq!(bench.lines(), ["200 BYE"]);
    let Event::Ended { leg: ended, how: End::Bye, reason } = bench.event() else { panic!("not ended") };
    assert_eq!((ended, reason.as_deref()), (leg, Some("Q.850;cause=16")));
    // Orders about a leg that is gone do nothing; the BYE's repeat gets the same answer; a new request gets 481.
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    bench.hear(udp(PEER), &request("INFO", 3, "info", &to, "", ""));
    assert_eq!(bench.lines(), ["200 BYE", "481 INFO"]);
    bench.ends_empty();
}

#[test]
fn repeats_of_the_invite_get_the_last_answer_and_no_second_call() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.hear(udp(PEER), &invite(""));
    bench.order(Cmd::Ring { leg, code: 183, sdp: Some(SDP.into()), extra: Vec::new() });
    bench.hear(udp(PEER), &invite(""));
    assert_eq!(bench.lines(), ["100 INVITE", "100 INVITE", "183 INVITE", "183 INVITE"]);
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.only(), Name::To);
    bench.hear(udp(PEER), &request("ACK", 1, "ack", &to, "", ""));
    bench.events.clear();
    // A late duplicate after the ACK: the same 200 with the same tag, not a new call.
    bench.hear(udp(PEER), &invite(""));
    assert_eq!(header(&bench.only(), Name::To), to);
    assert!(bench.events.is_empty());
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    bench.ends_empty();
}

#[test]
fn the_answer_is_repeated_until_the_ack_then_bye() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.pass(1_000);
    bench.sent.clear();
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    bench.pass(31_999);
    // RFC 3261 section 13.3.1.4: T1, doubling up to T2.
    let times: Vec<u64> = bench.schedule().into_iter().map(|at| at - 1_000).collect();
    assert_eq!(times, [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    bench.pass(1);
    let bye = bench.only();
    assert_eq!(bench::line(&bye), "BYE sip:bob@192.0.2.7");
    assert!(matches!(bench.event(), Event::Ended { how: End::NoAck, .. }));
    bench.hear(udp(PEER), &response(&bye, "200 OK", "", "", ""));
    bench.ends_empty();
}

#[test]
fn a_bye_that_overtakes_the_ack_stops_the_repeats() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    bench.sent.clear();
    bench.pass(60_000);
    assert!(bench.sent.is_empty());
    bench.ends_empty();
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.sent.clear();
    bench.order(Cmd::Hangup { leg, code: None, extra: vec![("Reason".into(), "Q.850;cause=31".into())] });
    assert!(bench.sent.is_empty());
    bench.hear(udp(PEER), &request("ACK", 1, "ack", &to, "", ""));
    let bye = bench.only();
    assert_eq!(header(&bye, Name::Reason), "Q.850;cause=31");
    bench.events.clear();
    bench.hear(udp(PEER), &response(&bye, "200 OK", "", "", ""));
    assert!(bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn cancel_ends_a_ringing_call_and_not_an_answered_one() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.sent.clear();
    let cancel = request("CANCEL", 1, "inv", "<sip:100@pbx.test>", "Reason: SIP;cause=200;text=\"elsewhere\"\r\n", "");
    bench.hear(udp(PEER), &cancel);
    assert_eq!(bench.lines(), ["200 CANCEL", "487 INVITE"]);
    let Event::Ended { leg: ended, how: End::Cancel, reason: Some(reason) } = bench.event() else {
        panic!("not ended")
    };
    assert_eq!((ended, reason.as_str()), (leg, "SIP;cause=200;text=\"elsewhere\""));
    // The refusal is repeated until its ACK (timer G).
    bench.pass(600);
    let refusal = bench.only();
    bench.hear(udp(PEER), &request("ACK", 1, "inv", &header(&refusal, Name::To), "", ""));
    bench.pass(60_000);
    assert!(bench.sent.is_empty());
    bench.ends_empty();

    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.sent.clear();
    bench.hear(udp(PEER), &cancel);
    assert_eq!(bench.lines(), ["200 CANCEL"]);
    assert!(bench.events.is_empty());
    bench.hear(udp(PEER), &request("ACK", 1, "ack", &to, "", ""));
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    bench.ends_empty();
}

#[test]
fn a_refusal_keeps_its_repeats_to_the_schedule_of_timer_g() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.sent.clear();
    bench.order(Cmd::Refuse { leg, code: 486, extra: Vec::new() });
    bench.pass(40_000);
    assert_eq!(bench.schedule(), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn a_call_that_rings_long_is_kept_alive_every_minute() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.order(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
    bench.sent.clear();
    bench.pass(185_000);
    assert_eq!(bench.schedule(), [60_000, 120_000, 180_000]);
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    assert_eq!(bench.lines(), ["480 INVITE"]);
    bench.ends_empty();
}

#[test]
fn the_same_request_by_two_ways_is_one_call() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.sent.clear();
    bench.hear(udp("192.0.2.8:5060"), &invite("").replace("z9hG4bKinv", "z9hG4bKother"));
    assert_eq!(bench.lines(), ["482 INVITE"]);
    assert!(bench.events.is_empty());
    bench.order(Cmd::Refuse { leg, code: 404, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn a_caller_may_bye_before_the_answer() {
    let mut bench = Bench::new();
    let leg = arrives(&mut bench);
    bench.order(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.sent.clear();
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    assert_eq!(bench.lines(), ["200 BYE", "487 INVITE"]);
    assert!(matches!(bench.event(), Event::Ended { how: End::Bye, .. }));
    bench.ends_empty();
}

#[test]
fn an_invite_without_offer_gets_ours_and_its_answer_comes_with_the_ack() {
    let mut bench = Bench::new();
    let bare = request("INVITE", 1, "inv", "<sip:100@pbx.test>", "Contact: <sip:bob@192.0.2.7>\r\n", "");
    bench.hear(udp(PEER), &bare);
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.hear(udp(PEER), &request("ACK", 1, "ack", &to, "", "v=0 answer"));
    let Event::Acked { sdp: Some(sdp), .. } = bench.event() else { panic!("no answer") };
    assert_eq!(sdp, b"v=0 answer");
    bench.hear(udp(PEER), &request("BYE", 2, "bye", &to, "", ""));
    bench.ends_empty();
}

#[test]
fn the_limits_refuse_and_say_when_to_try_again() {
    let mut bench = Bench::new();
    let mut config = patchbay_sip::StackConfig::new("pbx.test", "203.0.113.1");
    config.most_legs = 1;
    bench.stack = patchbay_sip::Stack::new(config, [1; 32]);
    let leg = arrives(&mut bench);
    bench.sent.clear();
    bench.hear(udp(PEER), &invite("").replace("Call-ID: c1", "Call-ID: c2").replace("z9hG4bKinv", "z9hG4bKinv2"));
    let refusal = bench.only();
    assert_eq!((refusal.status(), header(&refusal, Name::RetryAfter).as_str()), (Some(503), "5"));
    bench.order(Cmd::Refuse { leg, code: 404, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn answers_go_to_the_sent_by_port_or_back_to_the_source_when_asked() {
    let mut bench = Bench::new();
    let options =
        |via: &str| request("OPTIONS", 1, "o", "<sip:100@pbx.test>", "", "").replace("192.0.2.7;branch=z9hG4bKo", via);
    bench.hear(udp("192.0.2.7:9999"), &options("192.0.2.7:5062;branch=z9hG4bKo1"));
    bench.hear(udp("192.0.2.7:9999"), &options("10.0.0.5;rport;branch=z9hG4bKo2").replace("CSeq: 1", "CSeq: 2"));
    let events: Vec<Event> = bench.events.drain(..).collect();
    for event in events {
        let Event::Request { request, .. } = event else { panic!("{event:?}") };
        bench.order(Cmd::Respond { request, code: 200, extra: Vec::new() });
    }
    let places: Vec<_> = bench.sent.iter().map(|(_, flow, message)| (*flow, header(message, Name::Via))).collect();
    assert_eq!(places[0], (udp("192.0.2.7:5062"), "SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKo1".into()));
    let via = "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKo2;received=192.0.2.7;rport=9999";
    assert_eq!(places[1], (udp("192.0.2.7:9999"), via.into()));
    bench.ends_empty();
}
