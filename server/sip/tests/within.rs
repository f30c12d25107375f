//! Inside a session: hold from both sides, glare, INFO, REFER, order of requests, flows that break and come back.

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, invite, line, request, response, udp, ws};
use patchbay_sip::{Cmd, End, Event, FlowId, LegId, Name};

const LEG: LegId = LegId(1);

/// A request of the callee inside a call that we placed.
fn from_callee(
    invite: &patchbay_sip::Message,
    method: &str,
    cseq: u32,
    branch: &str,
    extra: &str,
    body: &str,
) -> String {
    request(method, cseq, branch, &header(invite, Name::From), extra, body)
        .replace("Call-ID: c1", &format!("Call-ID: {}", header(invite, Name::CallId)))
}

#[test]
fn we_hold_and_the_peer_holds() {
    let mut bench = Bench::new();
    let invite = bench.answered_out(1, udp(PEER), "sip:bob@192.0.2.7:5070");
    bench.order(Cmd::Offer { leg: LEG, sdp: b"v=0 hold".to_vec() });
    let (_, flow, change) = bench.sent.pop().unwrap();
    assert_eq!((line(&change), flow), ("INVITE sip:bob@192.0.2.7:5070".into(), udp("192.0.2.7:5070")));
    assert_eq!(header(&change, Name::CSeq), "2 INVITE");
    // A new target comes with the answer.
    bench.hear(udp(PEER), &response(&change, "200 OK", "", "Contact: <sip:bob@192.0.2.7:5071>\r\n", "v=0 held"));
    assert_eq!(bench.lines(), ["ACK sip:bob@192.0.2.7:5071"]);
    let Event::Accepted { sdp: Some(sdp), .. } = bench.event() else { panic!("not accepted") };
    assert_eq!(sdp, b"v=0 held");

    bench.hear(
        udp(PEER),
        &from_callee(&invite, "INVITE", 10, "h1", "Contact: <sip:bob@192.0.2.7:5072>\r\n", "v=0 hold"),
    );
    assert_eq!(bench.lines(), ["100 INVITE"]);
    let Event::Offer { sdp: Some(_), .. } = bench.event() else { panic!("no offer") };
    bench.order(Cmd::Accept { leg: LEG, sdp: Some(b"v=0 held".to_vec()) });
    let answer = bench.only();
    assert_eq!((answer.status(), answer.body()), (Some(200), b"v=0 held".as_slice()));
    bench.pass(500);
    assert_eq!(bench.lines(), ["200 INVITE"]);
    bench.hear(udp(PEER), &from_callee(&invite, "ACK", 10, "h1a", "", ""));
    bench.pass(40_000);
    assert!(bench.sent.is_empty() && bench.events.is_empty());

    bench.hear(
        udp(PEER),
        &from_callee(&invite, "UPDATE", 11, "u1", "Contact: <sip:bob@192.0.2.7:5072>\r\n", "v=0 again"),
    );
    assert!(matches!(bench.event(), Event::Offer { sdp: Some(_), .. }));
    bench.order(Cmd::Reject { leg: LEG, code: 488 });
    assert_eq!(bench.lines(), ["488 UPDATE"]);
    // Without an offer there is nothing to decide.
    bench.hear(udp(PEER), &from_callee(&invite, "UPDATE", 12, "u2", "Contact: <sip:bob@192.0.2.7:5073>\r\n", ""));
    assert_eq!(bench.lines(), ["200 UPDATE"]);
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    assert_eq!(bench.lines(), ["BYE sip:bob@192.0.2.7:5073"]);
    bench.ends_empty();
}

#[test]
fn a_reinvite_without_offer_gets_ours() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.hear(udp(PEER), &request("INVITE", 2, "r", &to, "Contact: <sip:bob@192.0.2.7>\r\n", ""));
    assert!(matches!(bench.event(), Event::Offer { sdp: None, .. }));
    bench.order(Cmd::Accept { leg, sdp: Some(SDP.into()) });
    bench.hear(udp(PEER), &request("ACK", 2, "ra", &to, "", "v=0 answer"));
    let Event::Acked { sdp: Some(sdp), .. } = bench.event() else { panic!("no answer") };
    assert_eq!(sdp, b"v=0 answer");
    bench.hear(udp(PEER), &request("BYE", 3, "b", &to, "", ""));
    bench.ends_empty();
}

#[test]
fn a_change_that_is_never_acknowledged_ends_the_session() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.hear(udp(PEER), &request("INVITE", 2, "r", &to, "Contact: <sip:bob@192.0.2.7>\r\n", SDP));
    bench.events.clear();
    bench.order(Cmd::Accept { leg, sdp: Some(SDP.into()) });
    bench.pass(32_000);
    assert!(matches!(bench.event(), Event::Ended { how: End::NoAck, .. }));
    assert_eq!(bench.lines().last().map(String::as_str), Some("BYE sip:bob@192.0.2.7"));
    bench.ends_empty();
}

#[test]
fn glare_is_refused_on_both_sides() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.order(Cmd::Offer { leg, sdp: SDP.into() });
    let ours = bench.only();
    bench.hear(udp(PEER), &request("INVITE", 2, "r", &to, "Contact: <sip:bob@192.0.2.7>\r\n", SDP));
    assert_eq!(bench.lines(), ["491 INVITE"]);
    bench.hear(udp(PEER), &request("ACK", 2, "r", &to, "", ""));
    bench.hear(udp(PEER), &response(&ours, "491 Request Pending", "", "", ""));
    assert!(bench.events.is_empty(), "it is tried again");
    bench.sent.clear();
    // While theirs is open, ours is refused at once, and a second one of theirs waits.
    bench.hear(udp(PEER), &request("INVITE", 3, "r3", &to, "Contact: <sip:bob@192.0.2.7>\r\n", SDP));
    bench.events.clear();
    bench.order(Cmd::Offer { leg, sdp: SDP.into() });
    assert!(matches!(bench.event(), Event::Rejected { code: 491, .. }));
    bench.sent.clear();
    bench.hear(udp(PEER), &request("UPDATE", 4, "r4", &to, "Contact: <sip:bob@192.0.2.7>\r\n", SDP));
    let wait = bench.only();
    assert!(wait.status() == Some(500) && !header(&wait, Name::RetryAfter).is_empty());
    // The peer cancels its change; the session goes on.
    bench.hear(udp(PEER), &request("CANCEL", 3, "r3", &to, "", ""));
    assert_eq!(bench.lines(), ["200 CANCEL", "487 INVITE"]);
    bench.order(Cmd::Accept { leg, sdp: None });
    assert!(bench.sent.is_empty());
    bench.hear(udp(PEER), &request("BYE", 5, "b", &to, "", ""));
    assert!(matches!(bench.event(), Event::Ended { how: End::Bye, .. }));
    bench.ends_empty();
}

#[test]
fn a_change_that_gets_no_answer_or_481_ends_the_session() {
    for status in [None, Some("481 Call/Transaction Does Not Exist")] {
        let mut bench = Bench::new();
        let (leg, _) = bench.answered_in(udp(PEER));
        bench.order(Cmd::Offer { leg, sdp: SDP.into() });
        let change = bench.only();
        match status {
            Some(status) => bench.hear(udp(PEER), &response(&change, status, "", "", "")),
            None => bench.pass(32_000),
        }
        assert!(matches!(bench.event(), Event::Ended { how: End::Broken, .. }));
        assert!(bench.lines().contains(&"BYE sip:bob@192.0.2.7".to_owned()));
        bench.ends_empty();
    }
}

#[test]
fn requests_out_of_order_and_from_strangers_are_refused() {
    let mut bench = Bench::new();
    let (_, to) = bench.answered_in(udp(PEER));
    bench.hear(udp(PEER), &request("INFO", 7, "i7", &to, "", ""));
    bench.hear(udp(PEER), &request("INFO", 6, "i6", &to, "", ""));
    bench.hear(udp(PEER), &request("BYE", 7, "b7", &to, "", ""));
    assert_eq!(bench.lines(), ["200 INFO", "500 INFO", "500 BYE"]);
    bench.events.clear();
    for stranger in [
        request("BYE", 9, "s1", &to, "", "").replace("tag=b1", "tag=zz"),
        request("BYE", 9, "s2", &to, "", "").replace("Call-ID: c1", "Call-ID: c9"),
        request("BYE", 9, "s3", &format!("{to}0"), "", ""),
        request("BYE", 9, "s4", "<sip:100@pbx.test>;tag=0.0.0000000000000000", "", ""),
        request("BYE", 9, "s5", "<sip:100@pbx.test>", "", ""),
    ] {
        bench.hear(udp(PEER), &stranger);
    }
    assert_eq!(bench.lines(), ["481 BYE"; 5]);
    assert!(bench.events.is_empty());
    bench.hear(udp(PEER), &request("BYE", 10, "b", &to, "", ""));
    bench.ends_empty();
}

#[test]
fn info_options_refer_and_the_rest() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    let dtmf = "Content-Type: application/dtmf-relay\r\n";
    bench.hear(udp(PEER), &request("INFO", 2, "i", &to, dtmf, "Signal=5\r\n"));
    let Event::Info { content_type, body, .. } = bench.event() else { panic!("no info") };
    assert_eq!((content_type.as_str(), body.as_slice()), ("application/dtmf-relay", b"Signal=5\r\n".as_slice()));
    bench.hear(udp(PEER), &request("OPTIONS", 3, "o", &to, "", ""));
    bench.hear(udp(PEER), &request("SUBSCRIBE", 4, "s", &to, "", ""));
    bench.hear(udp(PEER), &request("PRACK", 5, "p", &to, "", ""));
    bench.hear(udp(PEER), &request("MESSAGE", 6, "m", &to, "", ""));
    assert_eq!(bench.lines(), ["200 INFO", "200 OPTIONS", "489 SUBSCRIBE", "481 PRACK", "405 MESSAGE"]);
    bench.hear(udp(PEER), &request("REFER", 7, "r", &to, "Refer-To: <sip:carol@pbx.test>\r\n", ""));
    let Event::Refer { request: id, refer_to, .. } = bench.event() else { panic!("no refer") };
    assert_eq!(refer_to, "<sip:carol@pbx.test>");
    bench.order(Cmd::Respond { request: id, code: 202, extra: Vec::new() });
    let (_, _, notify) = bench.sent.pop().unwrap();
    assert_eq!((line(&notify), notify.body()), ("NOTIFY sip:bob@192.0.2.7".into(), &b"SIP/2.0 100 Trying\r\n"[..]));
    bench.hear(udp(PEER), &response(&notify, "200 OK", "", "", ""));
    let accepted = bench.only();
    assert_eq!((accepted.status(), header(&accepted, Name::To)), (Some(202), to.clone()));
    bench.order(Cmd::Info { leg, content_type: "application/dtmf-relay".into(), body: b"Signal=9".to_vec() });
    let info = bench.only();
    assert_eq!((line(&info), info.body()), ("INFO sip:bob@192.0.2.7".into(), b"Signal=9".as_slice()));
    bench.hear(udp(PEER), &response(&info, "481 Call/Transaction Does Not Exist", "", "", ""));
    assert!(matches!(bench.event(), Event::Ended { how: End::Broken, .. }));
    bench.ends_empty();
}

#[test]
fn both_hang_up_at_once() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    let bye = bench.only();
    bench.hear(udp(PEER), &request("BYE", 2, "b", &to, "", ""));
    bench.hear(udp(PEER), &response(&bye, "200 OK", "", "", ""));
    assert_eq!(bench.lines(), ["200 BYE"]);
    assert!(bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn the_route_set_is_followed() {
    let mut bench = Bench::new();
    let records = "Record-Route: <sip:192.0.2.20;lr>, <sip:192.0.2.21;lr>\r\n";
    bench.hear(udp("192.0.2.20:5060"), &invite(records).replace("UDP 192.0.2.7", "UDP 192.0.2.20"));
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let answer = &bench.sent.last().unwrap().2;
    assert_eq!(header(answer, Name::RecordRoute), "<sip:192.0.2.20;lr>, <sip:192.0.2.21;lr>");
    let to = header(answer, Name::To);
    bench.hear(udp("192.0.2.20:5060"), &request("ACK", 1, "a", &to, "", ""));
    bench.sent.clear();
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    let (_, flow, bye) = bench.sent.pop().unwrap();
    assert_eq!((line(&bye), flow), ("BYE sip:bob@192.0.2.7".into(), udp("192.0.2.20:5060")));
    let routes: Vec<_> = bye.all(Name::Route).map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    assert_eq!(routes, ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr>"]);
    bench.ends_empty();
}

#[test]
fn a_phone_behind_translation_is_reached_over_its_flow() {
    let mut bench = Bench::new();
    let nat = udp("198.51.100.9:31000");
    let natted = |text: String| text.replace("UDP 192.0.2.7;", "UDP 192.168.1.5:5060;rport;");
    bench.hear(nat, &natted(invite("").replace("<sip:bob@192.0.2.7>\r\nContent", "<sip:bob@192.168.1.5>\r\nContent")));
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let to = header(&bench.sent.last().unwrap().2, Name::To);
    bench.hear(nat, &natted(request("ACK", 1, "a", &to, "", "")));
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    assert!(bench.sent.iter().all(|(_, flow, _)| *flow == nat));
    bench.ends_empty();
}

fn browser_call(bench: &mut Bench, flow: FlowId) -> (LegId, String) {
    let text =
        |text: String| text.replace("UDP 192.0.2.7", "WSS x1.invalid").replace("bob@192.0.2.7", "bob@x1.invalid");
    bench.hear(flow, &text(invite("")));
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
    let answer = &bench.sent.last().expect("an answer").2;
    assert_eq!(header(answer, Name::Contact), "<sip:100@203.0.113.1;transport=ws;ob>");
    let to = header(answer, Name::To);
    bench.hear(flow, &text(request("ACK", 1, "a", &to, "", "")));
    bench.events.clear();
    bench.sent.clear();
    (leg, to)
}

#[test]
fn a_browser_is_reached_over_its_websocket_and_comes_back_over_another() {
    let mut bench = Bench::new();
    let (leg, to) = browser_call(&mut bench, ws(1));
    bench.order(Cmd::Info { leg, content_type: "text/plain".into(), body: b"x".to_vec() });
    let (_, flow, info) = bench.sent.pop().unwrap();
    assert_eq!((flow, line(&info)), (ws(1), "INFO sip:bob@x1.invalid".into()));
    assert!(header(&info, Name::Via).starts_with("SIP/2.0/WS 203.0.113.1;"));
    bench.hear(ws(1), &response(&info, "200 OK", "", "", ""));
    bench.down(ws(1));
    assert!(matches!(bench.event(), Event::FlowDown { .. }));
    bench.pass(9_000);
    let back = request("INVITE", 2, "r", &to, "Contact: <sip:bob@x2.invalid>\r\n", SDP)
        .replace("UDP 192.0.2.7", "WSS x2.invalid");
    bench.hear(ws(2), &back.replace("bob@192.0.2.7", "bob@x1.invalid"));
    assert!(matches!(bench.event(), Event::Offer { .. }));
    bench.order(Cmd::Accept { leg, sdp: Some(SDP.into()) });
    let ack = request("ACK", 2, "ra", &to, "", "").replace("UDP 192.0.2.7", "WSS x2.invalid");
    bench.hear(ws(2), &ack.replace("bob@192.0.2.7", "bob@x1.invalid"));
    bench.sent.clear();
    bench.pass(60_000);
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    let (_, flow, bye) = bench.sent.pop().unwrap();
    assert_eq!((flow, line(&bye)), (ws(2), "BYE sip:bob@x2.invalid".into()));
    bench.ends_empty();
}

#[test]
fn a_browser_that_does_not_come_back_is_given_up() {
    let mut bench = Bench::new();
    let (leg, _) = browser_call(&mut bench, ws(1));
    bench.down(ws(1));
    bench.events.clear();
    bench.pass(59_999);
    assert!(bench.events.is_empty());
    bench.pass(1);
    let Event::Ended { leg: ended, how: End::FlowLost, .. } = bench.event() else { panic!("not ended") };
    assert_eq!(ended, leg);
    bench.ends_empty();
}

#[test]
fn what_rings_over_a_broken_flow_ends_at_once() {
    let mut bench = Bench::new();
    bench.dial(1, ws(1), "sip:bob@x1.invalid");
    bench.hear(ws(1), &invite("").replace("UDP 192.0.2.7", "WSS x1.invalid"));
    bench.events.clear();
    bench.down(ws(1));
    let ended: Vec<String> = bench.events.drain(..).map(|event| format!("{event:?}")).collect();
    assert!(ended[0].contains("Refused") && ended[0].contains("503"), "{ended:?}");
    assert!(ended[1].contains("FlowLost") && ended[2].contains("FlowDown"), "{ended:?}");
    bench.ends_empty();
}

#[test]
fn streams_are_cut_answered_and_closed() {
    let mut bench = Bench::new();
    let flow = FlowId::Stream(3, patchbay_sip::Net::Tcp, "192.0.2.7:40000".parse().unwrap());
    let text = invite("").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    let both = format!("\r\n\r\n{text}{}", &text[..50]);
    let taken = bench.stack.stream(flow, both.as_bytes(), bench.now);
    assert_eq!(taken, 4 + text.len());
    bench.pass(0);
    let outputs: Vec<_> = std::iter::from_fn(|| bench.stack.poll()).map(|output| format!("{output:?}")).collect();
    assert_eq!(outputs.len(), 3, "{outputs:?}");
    assert!(outputs[2].contains("Invite"));
    let torn = b"INVITE x SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n";
    assert_eq!(bench.stack.stream(flow, torn, bench.now), torn.len());
    assert!(matches!(bench.stack.poll(), Some(patchbay_sip::Output::Close { .. })));
}
