//! REFER, its news (RFC 3515, RFC 4488), Replaces (RFC 3891).

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, header, invite, line, request, response, udp};
use patchbay_sip::{Cmd, Event, LegId, Name, Replaced, RequestId};

const LEG: LegId = LegId(1);

fn refer(bench: &mut Bench, cseq: u32, to: &str, extra: &str) -> (RequestId, Replaced) {
    bench.hear(udp(PEER), &request("REFER", cseq, &format!("r{cseq}"), to, extra, ""));
    let Event::Refer { request, replaces, .. } = bench.event() else { panic!("no refer") };
    (request, replaces)
}

fn news(bench: &mut Bench) -> (String, String, String) {
    let notify = bench.only();
    assert_eq!(line(&notify), "NOTIFY sip:bob@192.0.2.7");
    bench.hear(udp(PEER), &response(&notify, "200 OK", "", "", ""));
    let body = String::from_utf8_lossy(notify.body()).trim_end().to_owned();
    (header(&notify, Name::Event), notify.other("Subscription-State").unwrap_or_default().into_owned(), body)
}

#[test]
fn the_transferor_hears_how_it_goes() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    let (id, replaces) = refer(&mut bench, 2, &to, "Refer-To: <sip:carol@pbx.test>\r\n");
    assert_eq!(replaces, Replaced::Nothing);
    // One at a time.
    bench.hear(udp(PEER), &request("REFER", 3, "r3", &to, "Refer-To: <sip:dora@pbx.test>\r\n", ""));
    assert_eq!(bench.lines(), ["491 REFER"]);
    bench.order(Cmd::Notify { leg, code: 180 });
    assert!(bench.sent.is_empty(), "not before it was accepted");
    bench.order(Cmd::Respond { request: id, code: 202, extra: Vec::new() });
    assert_eq!(line(&bench.sent.remove(0).2), "202 REFER");
    let (event, state, body) = news(&mut bench);
    assert_eq!((event.as_str(), body.as_str()), ("refer", "SIP/2.0 100 Trying"));
    assert!(state.starts_with("active"));
    bench.order(Cmd::Notify { leg, code: 180 });
    assert_eq!(news(&mut bench).2, "SIP/2.0 180 Ringing");
    bench.order(Cmd::Notify { leg, code: 486 });
    let (_, state, body) = news(&mut bench);
    assert_eq!((state.as_str(), body.as_str()), ("terminated;reason=noresource", "SIP/2.0 486 Busy Here"));
    bench.order(Cmd::Notify { leg, code: 200 });
    assert!(bench.sent.is_empty(), "nothing follows the end");
    // The next transfer of the session says which one it is.
    let (id, _) = refer(&mut bench, 4, &to, "Refer-To: <sip:carol@pbx.test>\r\n");
    bench.order(Cmd::Respond { request: id, code: 202, extra: Vec::new() });
    bench.sent.remove(0);
    assert_eq!(news(&mut bench).0, "refer;id=4");
    bench.hear(udp(PEER), &request("BYE", 5, "b", &to, "", ""));
    bench.events.clear();
    bench.ends_empty();
}

#[test]
fn who_wants_silence_gets_it_and_who_loses_interest_keeps_the_call() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    let quiet = "Refer-To: <sip:carol@pbx.test>\r\nRequire: norefersub\r\nRefer-Sub: false\r\n";
    let (id, _) = refer(&mut bench, 2, &to, quiet);
    bench.order(Cmd::Respond { request: id, code: 202, extra: Vec::new() });
    let accepted = bench.only();
    assert_eq!(accepted.other("Refer-Sub").as_deref(), Some("false"));
    bench.order(Cmd::Notify { leg, code: 200 });
    assert!(bench.sent.is_empty());
    let (id, _) = refer(&mut bench, 3, &to, "Refer-To: <sip:carol@pbx.test>\r\n");
    bench.order(Cmd::Respond { request: id, code: 603, extra: Vec::new() });
    assert_eq!(bench.lines(), ["603 REFER"]);
    let (id, _) = refer(&mut bench, 4, &to, "Refer-To: <sip:carol@pbx.test>\r\n");
    bench.order(Cmd::Respond { request: id, code: 202, extra: Vec::new() });
    let notify = bench.sent.pop().expect("a message").2;
    bench.hear(udp(PEER), &response(&notify, "481 Subscription does not exist", "", "", ""));
    assert!(bench.events.is_empty(), "a phone without interest in news is still in its call");
    for bad in ["", "Refer-To: \"open\r\n", "Refer-To: <sip:a@b>, <sip:c@d>\r\n"] {
        bench.sent.clear();
        bench.hear(udp(PEER), &request("REFER", 9 + bad.len() as u32, &format!("bad{}", bad.len()), &to, bad, ""));
        assert_eq!(bench.lines(), ["400 REFER"], "{bad}");
    }
}

#[test]
fn our_own_refer_is_followed_to_its_end() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.order(Cmd::Refer { leg, refer_to: "<sip:carol@pbx.test>".into() });
    let ours = bench.only();
    assert_eq!(
        (line(&ours), header(&ours, Name::ReferTo)),
        ("REFER sip:bob@192.0.2.7".into(), "<sip:carol@pbx.test>".into())
    );
    bench.hear(udp(PEER), &response(&ours, "202 Accepted", "", "", ""));
    let mut tell = |cseq: u32, event: &str, state: &str, body: &str| {
        let extra = format!("Event: {event}\r\nSubscription-State: {state}\r\nContent-Type: message/sipfrag\r\n");
        bench.hear(udp(PEER), &request("NOTIFY", cseq, &format!("n{cseq}"), &to, &extra, body));
        (bench.lines(), bench.events.pop())
    };
    let ok = vec!["200 NOTIFY".to_owned()];
    let (lines, event) = tell(2, "refer", "active;expires=60", "SIP/2.0 180 Ringing\r\n");
    assert_eq!(lines, ok);
    assert!(matches!(event, Some(Event::Referred { code: 180, last: false, .. })));
    assert_eq!(tell(3, "presence", "active", "").0, ["489 NOTIFY"]);
    let (lines, event) = tell(4, "refer;id=1", "terminated;reason=noresource", "SIP/2.0 200 OK\r\nContact: <x>\r\n");
    assert_eq!(lines, ok);
    assert!(matches!(event, Some(Event::Referred { code: 200, last: true, .. })));
    assert_eq!(tell(5, "refer", "active", "SIP/2.0 200 OK").0, ["481 NOTIFY"]);
    bench.order(Cmd::Refer { leg, refer_to: "<sip:carol@pbx.test>".into() });
    let ours = bench.only();
    bench.hear(udp(PEER), &response(&ours, "501 Not Implemented", "", "", ""));
    assert!(matches!(bench.event(), Event::Referred { code: 501, last: true, .. }));
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    bench.ends_empty();
}

/// The Replaces of a call that we placed and that the peer answered, as the peer's own words.
fn named(invite: &patchbay_sip::Message, to_tag: &str) -> String {
    format!("{};to-tag={to_tag};from-tag=b1", header(invite, Name::CallId))
}

fn own_tag(invite: &patchbay_sip::Message) -> String {
    header(invite, Name::From).split(";tag=").nth(1).expect("a tag").to_owned()
}

#[test]
fn replaces_names_a_leg_in_both_places() {
    let mut bench = Bench::new();
    let placed = bench.answered_out(1, udp(PEER), "sip:bob@192.0.2.7");
    let replaces = named(&placed, &own_tag(&placed));
    let (_, to) = bench.answered_in(udp(PEER));
    let escaped = replaces.replace(';', "%3B").replace('=', "%3D");
    let (id, found) = refer(&mut bench, 2, &to, &format!("Refer-To: <sip:bob@h?Replaces={escaped}>\r\n"));
    assert_eq!(found, Replaced::Leg(LEG));
    bench.order(Cmd::Respond { request: id, code: 603, extra: Vec::new() });
    let (_, found) = refer(&mut bench, 3, &to, "Refer-To: <sip:bob@h?Replaces=c9%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n");
    assert_eq!(found, Replaced::Unknown);
    bench.sent.clear();

    let take = |branch: &str, replaces: &str| {
        invite(&format!("Replaces: {replaces}\r\nRequire: replaces\r\n"))
            .replace("z9hG4bKinv", &format!("z9hG4bK{branch}"))
            .replace("Call-ID: c1", &format!("Call-ID: {branch}"))
    };
    bench.hear(udp(PEER), &take("t1", &replaces));
    assert!(matches!(bench.event(), Event::Invite { replaces: Some(LEG), .. }));
    bench.sent.clear();
    for (branch, replaces, code) in [
        ("t2", named(&placed, "0.0.0000000000000000"), "481 INVITE"),
        ("t3", replaces.replace("from-tag=b1", "from-tag=b2"), "481 INVITE"),
        ("t4", replaces.replacen(';', "x;", 1), "481 INVITE"),
        ("t5", format!("{replaces};early-only"), "486 INVITE"),
        ("t6", "nonsense".to_owned(), "400 INVITE"),
    ] {
        bench.hear(udp(PEER), &take(branch, &replaces));
        assert_eq!(bench.lines(), [code], "{replaces}");
        assert!(bench.events.is_empty());
    }
    // A call that just ends is declined.
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.sent.clear();
    bench.hear(udp(PEER), &take("t7", &replaces));
    assert_eq!(bench.lines(), ["603 INVITE"]);
}

#[test]
fn a_ringing_call_of_ours_may_be_taken_over_but_not_one_that_rings_here() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), "sip:bob@192.0.2.7");
    let placed = bench.only();
    bench.hear(udp(PEER), &response(&placed, "180 Ringing", "b1", "", ""));
    bench.events.clear();
    let text = invite(&format!("Replaces: {};early-only\r\n", named(&placed, &own_tag(&placed))));
    bench.hear(udp(PEER), &text);
    assert!(matches!(bench.event(), Event::Invite { replaces: Some(LEG), .. }));
    let ringing = bench.sent.pop().expect("a message").2;
    assert_eq!(line(&ringing), "100 INVITE");
    bench.order(Cmd::Ring { leg: LegId(LegId::INCOMING | 1), code: 180, sdp: None, extra: Vec::new() });
    let to = header(&bench.sent.pop().expect("a message").2, Name::To);
    let tag = to.split(";tag=").nth(1).expect("a tag");
    let text = invite(&format!("Replaces: c1;to-tag={tag};from-tag=b1\r\n"))
        .replace("z9hG4bKinv", "z9hG4bKx")
        .replace("Call-ID: c1", "Call-ID: c2");
    bench.hear(udp(PEER), &text);
    assert_eq!(bench.lines(), ["481 INVITE"]);
}

#[test]
fn a_refer_may_name_a_call_that_rings_here() {
    let mut bench = Bench::new();
    let (_, to) = bench.answered_in(udp(PEER));
    let second = invite("").replace("z9hG4bKinv", "z9hG4bKx").replace("Call-ID: c1", "Call-ID: c2");
    bench.hear(udp(PEER), &second);
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
    let ringing = header(&bench.sent.pop().expect("a message").2, Name::To);
    let tag = ringing.split(";tag=").nth(1).expect("a tag").to_owned();
    let target =
        |tag: &str, from: &str| format!("Refer-To: <sip:c@h?Replaces=c2%3Bto-tag%3D{tag}%3Bfrom-tag%3D{from}>\r\n");
    for (cseq, extra, expected) in [
        (2, target(&tag, "b1"), Replaced::Leg(leg)),
        (3, target(&tag, "b2"), Replaced::Unknown),
        (4, target("0.0.0000000000000000", "b1"), Replaced::Unknown),
    ] {
        let (id, found) = refer(&mut bench, cseq, &to, &extra);
        assert_eq!(found, expected);
        bench.order(Cmd::Respond { request: id, code: 603, extra: Vec::new() });
    }
    bench.sent.clear();
    // Inside the call that rings nobody can be sent elsewhere yet.
    let early = request("REFER", 2, "early", &ringing, "Refer-To: <sip:carol@pbx.test>\r\n", "")
        .replace("Call-ID: c1", "Call-ID: c2");
    bench.hear(udp(PEER), &early);
    assert_eq!(bench.lines(), ["491 REFER"]);
    bench.order(Cmd::Hangup { leg, code: Some(487), extra: Vec::new() });
    assert_eq!(bench.lines(), ["487 INVITE"]);
}
