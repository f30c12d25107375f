//! Session timers (RFC 4028) and the waits of glare (RFC 3261 section 14.1).

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, invite, line, request, response, udp};
use patchbay_sip::{Cmd, End, Event, LegId, Message, Name};

const LEG: LegId = LegId(1);
const CONTACT: &str = "Contact: <sip:bob@192.0.2.7>\r\n";

/// A call of ours that the callee answers with these headers.
fn called(bench: &mut Bench, extra: &str) -> Message {
    bench.dial(1, udp(PEER), "sip:bob@192.0.2.7");
    let invite = bench.only();
    assert_eq!(header(&invite, Name::SessionExpires), "1800");
    bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", &format!("{CONTACT}{extra}"), SDP));
    assert!(matches!(bench.event(), Event::Answered { .. }));
    bench.sent.clear();
    invite
}

/// A call to us with these headers, answered; returns the answer.
fn answered(bench: &mut Bench, extra: &str) -> (LegId, Message) {
    bench.hear(udp(PEER), &invite(extra));
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let answer = bench.sent.pop().expect("a message").2;
    bench.hear(udp(PEER), &request("ACK", 1, "a", &header(&answer, Name::To), "", ""));
    bench.events.clear();
    bench.sent.clear();
    (leg, answer)
}

#[test]
fn we_refresh_by_update_at_half_time() {
    let mut bench = Bench::new();
    called(&mut bench, "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\nAllow: INVITE, UPDATE\r\n");
    bench.pass(299_000);
    assert!(bench.sent.is_empty());
    bench.pass(1_100);
    let update = bench.only();
    assert_eq!((line(&update), update.body()), ("UPDATE sip:bob@192.0.2.7".into(), &b""[..]));
    assert_eq!(header(&update, Name::SessionExpires), "600;refresher=uac");
    bench.hear(udp(PEER), &response(&update, "200 OK", "", "Session-Expires: 600;refresher=uac\r\n", ""));
    assert!(bench.events.is_empty(), "the owner has nothing to do with it");
    // The next one meets silence: the peer is gone.
    bench.pass(300_000);
    assert!(bench.lines().contains(&"UPDATE sip:bob@192.0.2.7".to_owned()));
    bench.pass(33_000);
    assert!(matches!(bench.event(), Event::Ended { how: End::Broken, .. }));
    bench.ends_empty();
}

#[test]
fn a_peer_without_update_gets_our_description_again() {
    let mut bench = Bench::new();
    called(&mut bench, "Session-Expires: 90;refresher=uac\r\nAllow: INVITE, ACK, BYE\r\n");
    bench.pass(45_100);
    let change = bench.only();
    assert_eq!((line(&change), change.body()), ("INVITE sip:bob@192.0.2.7".into(), SDP.as_bytes()));
    bench.hear(udp(PEER), &response(&change, "200 OK", "", CONTACT, SDP));
    assert_eq!(bench.lines(), ["ACK sip:bob@192.0.2.7"]);
    assert!(bench.events.is_empty());
    // A refusal that is no loss of the session leaves it until it expires.
    bench.pass(45_100);
    let change = bench.only();
    bench.hear(udp(PEER), &response(&change, "488 Not Acceptable Here", "", "", ""));
    bench.sent.clear();
    bench.pass(10_100);
    let change = bench.sent.pop().expect("a message").2;
    bench.hear(udp(PEER), &response(&change, "422 Session Interval Too Small", "", "Min-SE: 300\r\n", ""));
    bench.sent.clear();
    bench.pass(2_100);
    let change = bench.sent.pop().expect("a message").2;
    assert_eq!(header(&change, Name::SessionExpires), "300;refresher=uac");
    bench.hear(
        udp(PEER),
        &response(&change, "200 OK", "", &format!("{CONTACT}Session-Expires: 300;refresher=uas\r\n"), SDP),
    );
    assert!(bench.events.is_empty());
    // Now it is the peer's turn, and it does nothing.
    bench.pass(267_000);
    assert!(bench.events.is_empty());
    bench.pass(2_000);
    assert!(matches!(bench.event(), Event::Ended { how: End::Expired, .. }));
    assert!(bench.lines().contains(&"BYE sip:bob@192.0.2.7".to_owned()));
    bench.ends_empty();
}

#[test]
fn without_a_word_of_timers_there_is_none() {
    let mut bench = Bench::new();
    called(&mut bench, "");
    bench.pass(4_000_000);
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn a_callers_timer_is_agreed_and_watched() {
    let mut bench = Bench::new();
    let (_, answer) = answered(&mut bench, "Supported: timer\r\nSession-Expires: 90\r\n");
    assert_eq!(header(&answer, Name::SessionExpires), "90;refresher=uac");
    assert_eq!(header(&answer, Name::Require), "timer");
    let to = header(&answer, Name::To);
    bench.pass(50_000);
    bench.hear(
        udp(PEER),
        &request("UPDATE", 2, "u", &to, "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n", ""),
    );
    let fresh = bench.only();
    assert_eq!((line(&fresh), header(&fresh, Name::SessionExpires)), ("200 UPDATE".into(), "90;refresher=uac".into()));
    bench.pass(59_000);
    assert!(bench.events.is_empty());
    bench.pass(2_000);
    assert!(matches!(bench.event(), Event::Ended { how: End::Expired, .. }));
    bench.ends_empty();
}

#[test]
fn a_proxys_timer_is_ours_to_refresh() {
    let mut bench = Bench::new();
    let (leg, answer) = answered(&mut bench, "Session-Expires: 7200\r\nAllow: UPDATE\r\n");
    assert_eq!(header(&answer, Name::SessionExpires), "1800;refresher=uas");
    assert_eq!(answer.get(Name::Require), None, "the caller does not know the extension");
    bench.pass(900_100);
    let update = bench.only();
    assert_eq!(header(&update, Name::SessionExpires), "1800;refresher=uac");
    // It met a change of the peer's, and goes again.
    bench.hear(udp(PEER), &response(&update, "491 Request Pending", "", "", ""));
    bench.sent.clear();
    bench.pass(2_100);
    assert_eq!(bench.lines()[0], "UPDATE sip:bob@192.0.2.7");
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn too_short_a_timer_is_refused_and_ours_is_made_longer() {
    let mut bench = Bench::new();
    bench.hear(udp(PEER), &invite("Supported: timer\r\nSession-Expires: 60\r\n"));
    let refused = bench.only();
    assert_eq!((line(&refused), refused.other("Min-SE").as_deref()), ("422 INVITE".into(), Some("90")));
    assert!(bench.events.is_empty());

    bench.dial(1, udp(PEER), "sip:bob@192.0.2.7");
    let first = bench.only();
    bench.hear(udp(PEER), &response(&first, "422 Session Interval Too Small", "x", "Min-SE: 3600\r\n", ""));
    let second = bench.sent.pop().expect("a message").2;
    assert_eq!(bench.lines().len(), 1, "the ACK");
    assert_eq!(
        (header(&second, Name::SessionExpires), second.other("Min-SE").as_deref()),
        ("3600".into(), Some("3600"))
    );
    assert_eq!(
        (header(&second, Name::CSeq), header(&second, Name::CallId)),
        ("2 INVITE".into(), header(&first, Name::CallId))
    );
    // Once is enough.
    bench.hear(udp(PEER), &response(&second, "422 Session Interval Too Small", "x", "Min-SE: 7200\r\n", ""));
    assert!(matches!(bench.event(), Event::Refused { code: 422, .. }));
    bench.ends_empty();
}

#[test]
fn timers_of_ended_calls_do_not_pile_up() {
    let mut bench = Bench::new();
    for number in 0..50 {
        bench.dial(number + 10, udp(PEER), "sip:bob@192.0.2.7");
        let invite = bench.sent.pop().expect("a message").2;
        let timer = "Session-Expires: 86400;refresher=uas\r\n";
        bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", &format!("{CONTACT}{timer}"), SDP));
        bench.order(Cmd::Hangup { leg: LegId(number + 10), code: None, extra: Vec::new() });
        let bye = bench.sent.pop().expect("a message").2;
        bench.hear(udp(PEER), &response(&bye, "200 OK", "", "", ""));
    }
    bench.pass(61_000);
    assert!(bench.stack.stats().is_idle(), "{:?}", bench.stack.stats());
}

fn met_at(bench: &mut Bench, change: &Message) -> u64 {
    let from = bench.clock();
    bench.hear(udp(PEER), &response(change, "491 Request Pending", "", "", ""));
    bench.sent.clear();
    bench.pass(5_000);
    let (at, _, again) = bench.sent.remove(0);
    assert_eq!((line(&again), again.body()), ("INVITE sip:bob@192.0.2.7".into(), &b"v=0 hold"[..]));
    bench.hear(udp(PEER), &response(&again, "200 OK", "", CONTACT, "v=0 held"));
    assert!(matches!(bench.events.pop(), Some(Event::Accepted { .. })));
    bench.sent.clear();
    at - from
}

#[test]
fn who_made_the_call_id_waits_longer() {
    let mut bench = Bench::new();
    let (leg, _) = bench.answered_in(udp(PEER));
    bench.answered_out(1, udp(PEER), "sip:bob@192.0.2.7");
    for _ in 0..20 {
        bench.order(Cmd::Offer { leg, sdp: b"v=0 hold".to_vec() });
        let theirs = bench.only();
        assert!(met_at(&mut bench, &theirs) <= 2_000);
        bench.order(Cmd::Offer { leg: LEG, sdp: b"v=0 hold".to_vec() });
        let ours = bench.only();
        let waited = met_at(&mut bench, &ours);
        assert!((2_100..=4_000).contains(&waited), "{waited}");
    }
}

#[test]
fn an_offer_that_always_meets_another_is_given_up() {
    let mut bench = Bench::new();
    bench.answered_out(1, udp(PEER), "sip:bob@192.0.2.7");
    bench.order(Cmd::Offer { leg: LEG, sdp: SDP.into() });
    for _ in 0..5 {
        let change = bench.sent.pop().expect("a message").2;
        bench.hear(udp(PEER), &response(&change, "491 Request Pending", "", "", ""));
        assert!(bench.events.is_empty());
        bench.sent.clear();
        // The newest description is the one that is sent.
        bench.order(Cmd::Offer { leg: LEG, sdp: b"v=0 newest".to_vec() });
        bench.pass(4_100);
        assert_eq!(bench.sent[0].2.body(), b"v=0 newest");
    }
    let change = bench.sent.pop().expect("a message").2;
    bench.hear(udp(PEER), &response(&change, "491 Request Pending", "", "", ""));
    assert!(matches!(bench.event(), Event::Rejected { code: 491, .. }));
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn an_offer_waits_for_the_ack() {
    let mut bench = Bench::new();
    bench.hear(udp(PEER), &invite(""));
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.sent.clear();
    bench.order(Cmd::Offer { leg, sdp: SDP.into() });
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.hear(udp(PEER), &request("ACK", 1, "a", &to, "", ""));
    bench.pass(1);
    assert_eq!(bench.lines(), ["INVITE sip:bob@192.0.2.7"]);
}
