//! Calls that go out, told step by step: schedule, CANCEL races, forks, credentials, lost answers.

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, line, response, udp};
use patchbay_sip::{ClientAuth, Cmd, Event, LegId, Message, Name, Route};

const URI: &str = "sip:bob@192.0.2.7";
const CONTACT: &str = "Contact: <sip:bob@192.0.2.7>\r\n";

fn hang_up(bench: &mut Bench) {
    bench.order(Cmd::Hangup { leg: LegId(1), code: None, extra: Vec::new() });
}

#[test]
fn the_invite_is_repeated_on_the_schedule_of_timer_a_and_given_up_at_b() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    bench.pass(31_999);
    assert_eq!(bench.schedule(), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert!(bench.events.is_empty());
    bench.pass(1);
    assert!(matches!(bench.event(), Event::Refused { code: 408, message: None, .. }));
    bench.ends_empty();
}

#[test]
fn the_invite_carries_what_it_must() {
    let mut bench = Bench::new();
    let to = Route {
        request_uri: "sip:+4930123456@192.0.2.7:5080;user=phone".into(),
        flow: udp(PEER),
        routes: vec!["<sip:edge.test;lr>".into()],
    };
    let extra =
        vec![("P-Asserted-Identity".into(), "<sip:+4930@pbx.test>".into()), ("Max-Forwards".into(), "41".into())];
    let from = "\"Ann\" <sip:100@pbx.test>".into();
    bench.order(Cmd::Dial { leg: LegId(1), to, from, extra, sdp: SDP.into(), auth: None });
    let invite = bench.only();
    assert_eq!(line(&invite), "INVITE sip:+4930123456@192.0.2.7:5080;user=phone");
    assert_eq!(header(&invite, Name::To), "<sip:+4930123456@192.0.2.7:5080>");
    assert_eq!((header(&invite, Name::MaxForwards).as_str(), invite.count(Name::MaxForwards)), ("41", 1));
    assert_eq!(header(&invite, Name::Route), "<sip:edge.test;lr>");
    assert_eq!(header(&invite, Name::Contact), "<sip:100@203.0.113.1>");
    assert_eq!(header(&invite, Name::AssertedIdentity), "<sip:+4930@pbx.test>");
    assert!(header(&invite, Name::Via).starts_with("SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK"));
    assert_eq!(invite.sdp(), Some(SDP.as_bytes()));
    bench.ends_empty();
}

#[test]
fn progress_stops_the_repeats_and_the_answer_is_acknowledged_again_and_again() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    bench.hear(udp(PEER), &response(&invite, "100 Trying", "", "", ""));
    bench.hear(udp(PEER), &response(&invite, "183 Session Progress", "b1", "", SDP));
    let Event::Progress { code: 183, sdp: Some(_), .. } = bench.event() else { panic!("no progress") };
    bench.pass(100_000);
    assert!(bench.sent.is_empty());
    let ok = response(&invite, "200 OK", "b1", CONTACT, SDP);
    bench.hear(udp(PEER), &ok);
    let ack = bench.only();
    assert_eq!((line(&ack), header(&ack, Name::CSeq)), ("ACK sip:bob@192.0.2.7".into(), "1 ACK".into()));
    assert_ne!(header(&ack, Name::Via), header(&invite, Name::Via));
    assert!(matches!(bench.event(), Event::Answered { .. }));
    bench.hear(udp(PEER), &ok);
    assert_eq!(header(&bench.only(), Name::Via), header(&ack, Name::Via));
    assert!(bench.events.is_empty());
    hang_up(&mut bench);
    let bye = bench.only();
    assert_eq!(header(&bye, Name::CSeq), "2 BYE");
    bench.hear(udp(PEER), &response(&bye, "200 OK", "", "", ""));
    bench.ends_empty();
}

#[test]
fn a_call_that_rings_without_news_is_cancelled_by_timer_c() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    bench.hear(udp(PEER), &response(&invite, "180 Ringing", "b1", "", ""));
    bench.events.clear();
    bench.pass(190_000);
    assert!(matches!(bench.event(), Event::Refused { code: 408, .. }));
    assert_eq!(line(&bench.only()), format!("CANCEL {URI}"));
    bench.ends_empty();
}

#[test]
fn cancel_waits_for_the_first_answer_and_carries_the_reason() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    let extra = vec![("Reason".into(), "SIP;cause=200".into())];
    bench.order(Cmd::Hangup { leg: LegId(1), code: None, extra });
    assert!(bench.sent.is_empty());
    bench.hear(udp(PEER), &response(&invite, "180 Ringing", "b1", "", ""));
    let cancel = bench.only();
    assert_eq!((line(&cancel), header(&cancel, Name::CSeq)), (format!("CANCEL {URI}"), "1 CANCEL".into()));
    assert_eq!(header(&cancel, Name::Via), header(&invite, Name::Via));
    assert_eq!(header(&cancel, Name::Reason), "SIP;cause=200");
    // It is a request like any other and is repeated until answered.
    bench.pass(500);
    assert_eq!(bench.lines(), [format!("CANCEL {URI}")]);
    bench.hear(udp(PEER), &response(&cancel, "200 OK", "b1", "", ""));
    bench.pass(2_000);
    assert!(bench.sent.is_empty());
    bench.hear(udp(PEER), &response(&invite, "487 Request Terminated", "b1", "", ""));
    let ack = bench.only();
    assert_eq!((header(&ack, Name::Via), header(&ack, Name::CSeq)), (header(&invite, Name::Via), "1 ACK".into()));
    assert!(header(&ack, Name::To).ends_with(";tag=b1"));
    assert!(bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn an_answer_that_crosses_the_cancel_is_taken_and_ended() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    bench.hear(udp(PEER), &response(&invite, "180 Ringing", "b1", "", ""));
    bench.events.clear();
    hang_up(&mut bench);
    bench.sent.clear();
    bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", CONTACT, SDP));
    assert_eq!(bench.lines(), [format!("ACK {URI}"), format!("BYE {URI}")]);
    assert!(bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn of_two_forks_the_first_wins_and_the_other_is_ended() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", "Contact: <sip:b1@192.0.2.7>\r\n", SDP));
    assert_eq!(bench.lines(), ["ACK sip:b1@192.0.2.7"]);
    assert!(matches!(bench.event(), Event::Answered { .. }));
    let late = response(&invite, "200 OK", "b2", "Contact: <sip:b2@192.0.2.8>\r\n", SDP);
    bench.hear(udp(PEER), &late);
    let places: Vec<_> = bench.sent.drain(..).map(|(_, flow, message)| (flow, message)).collect();
    assert_eq!(
        places.iter().map(|it| line(&it.1)).collect::<Vec<_>>(),
        ["ACK sip:b2@192.0.2.8", "BYE sip:b2@192.0.2.8"]
    );
    // The Contact is an address: datagrams of the dialog go there.
    assert!(places.iter().all(|it| it.0 == udp("192.0.2.8:5060")));
    assert!(header(&places[1].1, Name::To).ends_with("tag=b2"));
    bench.hear(udp(PEER), &late);
    assert_eq!(bench.lines(), ["ACK sip:b2@192.0.2.8"]);
    assert!(bench.events.is_empty());
    hang_up(&mut bench);
    bench.ends_empty();
}

fn with_auth(bench: &mut Bench, realm: Option<&str>) -> Message {
    let to = Route { request_uri: URI.into(), flow: udp(PEER), routes: Vec::new() };
    let auth = ClientAuth { username: "trunk7".into(), password: "secret".into(), realm: realm.map(Into::into) };
    let from = "<sip:100@pbx.test>".into();
    bench.order(Cmd::Dial { leg: LegId(1), to, from, extra: Vec::new(), sdp: SDP.into(), auth: Some(auth) });
    bench.only()
}

const CHALLENGE: &str =
    "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth,auth-int\", algorithm=SHA-256\r\n";

#[test]
fn a_challenge_is_answered_once() {
    let mut bench = Bench::new();
    let invite = with_auth(&mut bench, Some("carrier"));
    assert_eq!(invite.count(Name::ProxyAuthorization), 0);
    bench.hear(udp(PEER), &response(&invite, "407 Proxy Authentication Required", "p", CHALLENGE, ""));
    let [(_, _, ack), (_, _, second)] = &bench.sent[..] else { panic!("{:?}", bench.lines()) };
    assert_eq!((line(ack), header(second, Name::CSeq)), (format!("ACK {URI}"), "2 INVITE".into()));
    let proof = header(second, Name::ProxyAuthorization);
    assert!(proof.contains("realm=\"carrier\"") && proof.contains("algorithm=SHA-256") && proof.contains("qop=auth"));
    assert_eq!((header(second, Name::From), second.sdp()), (header(&invite, Name::From), Some(SDP.as_bytes())));
    assert_ne!(header(second, Name::Via), header(&invite, Name::Via));
    let second = second.clone();
    bench.sent.clear();
    bench.hear(udp(PEER), &response(&second, "407 Proxy Authentication Required", "p", CHALLENGE, ""));
    assert_eq!(bench.lines(), [format!("ACK {URI}")]);
    assert!(matches!(bench.event(), Event::Refused { code: 407, message: Some(_), .. }));
    bench.ends_empty();
}

#[test]
fn no_proof_goes_to_a_foreign_realm_or_with_a_bye() {
    let mut bench = Bench::new();
    let invite = with_auth(&mut bench, Some("other"));
    bench.hear(udp(PEER), &response(&invite, "407 Proxy Authentication Required", "p", CHALLENGE, ""));
    assert_eq!(bench.lines(), [format!("ACK {URI}")]);
    assert!(matches!(bench.event(), Event::Refused { code: 407, .. }));

    let invite = with_auth(&mut bench, None);
    bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", CONTACT, SDP));
    bench.events.clear();
    bench.sent.clear();
    // Neither a re-INVITE nor a BYE gives anything away.
    bench.order(Cmd::Offer { leg: LegId(1), sdp: SDP.into() });
    let change = bench.only();
    bench.hear(udp(PEER), &response(&change, "407 Proxy Authentication Required", "", CHALLENGE, ""));
    assert_eq!(bench.lines(), [format!("ACK {URI}")]);
    assert!(matches!(bench.event(), Event::Rejected { code: 407, .. }));
    hang_up(&mut bench);
    let bye = bench.only();
    bench.hear(udp(PEER), &response(&bye, "407 Proxy Authentication Required", "", CHALLENGE, ""));
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.ends_empty();
}

#[test]
fn a_registration_is_challenged_and_refreshed() {
    let mut bench = Bench::new();
    let auth = ClientAuth { username: "u".into(), password: "p".into(), realm: None };
    let send = |bench: &mut Bench, number: u32, id: u64| {
        let to = Route { request_uri: "sip:carrier.test".into(), flow: udp(PEER), routes: Vec::new() };
        bench.order(Cmd::Send {
            request: patchbay_sip::RequestId(id),
            method: "REGISTER".into(),
            to,
            from: "<sip:u@carrier.test>".into(),
            to_address: "<sip:u@carrier.test>".into(),
            dialog: Some(("reg-1".into(), number)),
            extra: vec![("Contact".into(), "<sip:u@203.0.113.1>".into()), ("Expires".into(), "300".into())],
            auth: Some(auth.clone()),
        });
        bench.only()
    };
    let register = send(&mut bench, 1, 1);
    let challenge = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\"\r\n";
    bench.hear(udp(PEER), &response(&register, "401 Unauthorized", "r", challenge, ""));
    let second = bench.only();
    assert_eq!((header(&second, Name::CSeq), header(&second, Name::CallId)), ("2 REGISTER".into(), "reg-1".into()));
    assert!(header(&second, Name::Authorization).starts_with("Digest username=\"u\""));
    assert_eq!(header(&second, Name::Expires), "300");
    bench.hear(udp(PEER), &response(&second, "200 OK", "r", "", ""));
    assert!(matches!(bench.event(), Event::Reply { code: 200, message: Some(_), .. }));
    // Unanswered: repeated on the schedule of timer E, given up at F.
    send(&mut bench, 3, 2);
    let from = bench.clock();
    bench.pass(32_000);
    let times: Vec<u64> = bench.schedule().into_iter().map(|at| at - from).collect();
    assert_eq!(times, [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(matches!(bench.event(), Event::Reply { code: 408, message: None, .. }));
    bench.ends_empty();
}

#[test]
fn forged_responses_are_not_heard() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), URI);
    let invite = bench.only();
    let via = header(&invite, Name::Via);
    let good = response(&invite, "200 OK", "x", CONTACT, SDP);
    // Another random part, another slot, a second Via: not ours.
    let branch = via.split("branch=").nth(1).unwrap().split(';').next().unwrap();
    let (place, _) = branch.rsplit_once('.').unwrap();
    for forged in [
        good.replace(branch, &format!("{place}.00000000")),
        good.replace(branch, "z9hG4bK7.7.01234567"),
        good.replace("Via: ", "Via: SIP/2.0/UDP a;branch=z9hG4bKx\r\nVia: "),
        good.replace("1 INVITE", "1 BYE"),
    ] {
        bench.hear(udp(PEER), &forged);
    }
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.hear(udp(PEER), &response(&invite, "404 Not Found", "x", "", ""));
    assert!(matches!(bench.event(), Event::Refused { code: 404, .. }));
    bench.ends_empty();
}
