//! Challenges inside a session: answered for the realm of the INVITE, once for each request, never for another.

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, line, request, response, udp};
use patchbay_sip::{ClientAuth, Cmd, End, Event, LegId, Message, Name, Route};

const LEG: LegId = LegId(1);
const URI: &str = "sip:bob@192.0.2.7";
const CONTACT: &str = "Contact: <sip:bob@192.0.2.7>\r\n";
const NEEDED: &str = "407 Proxy Authentication Required";

fn challenge(realm: &str, nonce: &str) -> String {
    format!("Proxy-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"\r\n")
}

/// A call that a proxy of realm `carrier` let pass, or that nobody asked about.
fn up(realm: Option<&str>, challenged: bool) -> Bench {
    let mut bench = Bench::new();
    let to = Route { request_uri: URI.into(), flow: udp(PEER), routes: Vec::new() };
    let auth = ClientAuth { username: "trunk7".into(), password: "secret".into(), realm: realm.map(Into::into) };
    let from = "<sip:100@pbx.test>".into();
    bench.order(Cmd::Dial { leg: LEG, to, from, extra: Vec::new(), sdp: SDP.into(), auth: Some(auth) });
    let mut invite = bench.only();
    if challenged {
        bench.hear(udp(PEER), &response(&invite, NEEDED, "p", &challenge("carrier", "n1"), ""));
        invite = bench.sent.pop().expect("a message").2;
    }
    bench.sent.clear();
    bench.hear(udp(PEER), &response(&invite, "200 OK", "b1", &format!("{CONTACT}Allow: UPDATE\r\n"), SDP));
    let ack = bench.only();
    assert_eq!(
        header(&ack, Name::ProxyAuthorization),
        header(&invite, Name::ProxyAuthorization),
        "an ACK is let in too"
    );
    bench.events.clear();
    bench
}

/// Challenges the one request that was sent; what is sent again.
fn again(bench: &mut Bench, realm: &str) -> (Message, Vec<Message>) {
    let first = bench.only();
    assert_eq!(first.count(Name::ProxyAuthorization), 0);
    bench.hear(udp(PEER), &response(&first, NEEDED, "", &challenge(realm, "n2"), ""));
    (first, bench.sent.drain(..).map(|(_, _, message)| message).collect())
}

fn proves(first: &Message, second: &Message) {
    assert_eq!(line(first), line(second));
    let number = |message: &Message| message.cseq().expect("a number").0;
    assert_eq!(number(second), number(first) + 1);
    let proof = header(second, Name::ProxyAuthorization);
    assert!(proof.contains("realm=\"carrier\"") && proof.contains("nonce=\"n2\""), "{proof}");
    assert_eq!((second.body(), header(second, Name::To)), (first.body(), header(first, Name::To)));
}

#[test]
fn every_request_of_a_session_is_proven() {
    let mut bench = up(None, true);
    bench.order(Cmd::Offer { leg: LEG, sdp: SDP.into() });
    let (first, sent) = again(&mut bench, "carrier");
    let [ack, second] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(line(ack), format!("ACK {URI}"));
    proves(&first, second);
    bench.hear(udp(PEER), &response(second, "200 OK", "", CONTACT, SDP));
    assert!(bench.only().count(Name::ProxyAuthorization) == 1, "the ACK of a re-INVITE is let in too");
    assert!(matches!(bench.event(), Event::Accepted { sdp: Some(_), .. }));

    for order in [
        Cmd::Update { leg: LEG, sdp: SDP.into() },
        Cmd::Info { leg: LEG, content_type: "application/dtmf-relay".into(), body: b"Signal=1".to_vec() },
        Cmd::Refer { leg: LEG, refer_to: "<sip:carol@pbx.test>".into() },
    ] {
        bench.order(order);
        let (first, sent) = again(&mut bench, "carrier");
        let [second] = &sent[..] else { panic!("{sent:?}") };
        proves(&first, second);
        bench.hear(udp(PEER), &response(second, "200 OK", "", CONTACT, ""));
    }
    assert!(matches!(bench.events.drain(..).next(), Some(Event::Accepted { sdp: None, .. })));
    // The numbers of the dialog went on with each try.
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: vec![("Reason".into(), "Q.850;cause=16".into())] });
    let (first, sent) = again(&mut bench, "carrier");
    proves(&first, &sent[0]);
    assert_eq!(sent[0].other("Reason").as_deref(), Some("Q.850;cause=16"));
    assert_eq!(header(&first, Name::CSeq), "11 BYE");
    bench.hear(udp(PEER), &response(&sent[0], "200 OK", "", "", ""));
    bench.ends_empty();
}

#[test]
fn a_notify_is_proven_and_a_wrong_password_loses_no_session() {
    let mut bench = up(Some("carrier"), false);
    let local =
        bench.raw.iter().filter_map(|it| Message::parse(it)).find(|it| line(it).starts_with("ACK")).expect("sent");
    let (us, them) = (header(&local, Name::From), header(&local, Name::To));
    let text = request("REFER", 2, "r2", &us, "Refer-To: <sip:carol@pbx.test>\r\n", "")
        .replace("From: <sip:bob@192.0.2.7>;tag=b1", &format!("From: {them}"))
        .replace("Call-ID: c1", &format!("Call-ID: {}", header(&local, Name::CallId)));
    bench.hear(udp(PEER), &text);
    let Event::Refer { request, .. } = bench.event() else { panic!("no refer") };
    bench.order(Cmd::Respond { request, code: 202, extra: Vec::new() });
    bench.sent.remove(0);
    let (first, sent) = again(&mut bench, "carrier");
    proves(&first, &sent[0]);
    // Wrong: asked for once more, and that is the end of it.
    bench.hear(udp(PEER), &response(&sent[0], NEEDED, "", &challenge("carrier", "n3"), ""));
    assert!(bench.sent.is_empty() && bench.events.is_empty());
    bench.order(Cmd::Update { leg: LEG, sdp: SDP.into() });
    let (_, sent) = again(&mut bench, "carrier");
    bench.hear(udp(PEER), &response(&sent[0], NEEDED, "", &challenge("carrier", "n3"), ""));
    assert!(bench.sent.is_empty());
    assert!(matches!(bench.event(), Event::Rejected { code: 407, .. }), "the session goes on as it was");
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.sent.clear();
    bench.ends_empty();
}

#[test]
fn a_stranger_behind_the_carrier_gets_no_digest() {
    // The realm that was agreed, that of the INVITE, and none at all: nobody else is answered.
    for (realm, challenged) in [(Some("carrier"), false), (None, true), (None, false)] {
        let mut bench = up(realm, challenged);
        bench.order(Cmd::Update { leg: LEG, sdp: SDP.into() });
        let (_, sent) = again(&mut bench, "evil");
        assert!(sent.is_empty(), "{sent:?}");
        assert!(matches!(bench.event(), Event::Rejected { code: 407, .. }));
        bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
        let (_, sent) = again(&mut bench, "evil");
        assert!(sent.is_empty(), "{sent:?}");
        bench.ends_empty();
    }
}

#[test]
fn a_call_that_came_in_is_proven_when_the_carrier_s_realm_is_agreed() {
    for (realm, expected) in [(Some("carrier"), 1), (Some("other"), 0), (None, 0)] {
        let mut bench = Bench::new();
        let (leg, _) = bench.answered_in(udp(PEER));
        let auth = ClientAuth { username: "trunk7".into(), password: "secret".into(), realm: realm.map(Into::into) };
        bench.order(Cmd::Prove { leg, auth });
        bench.order(Cmd::Hangup { leg, code: None, extra: Vec::new() });
        let (first, sent) = again(&mut bench, "carrier");
        assert_eq!(sent.len(), expected, "{realm:?}");
        if let Some(second) = sent.first() {
            proves(&first, second);
        }
        bench.ends_empty();
    }
}

#[test]
fn a_session_that_is_gone_at_the_far_end_is_not_asked_again() {
    let mut bench = up(Some("carrier"), true);
    bench.order(Cmd::Update { leg: LEG, sdp: SDP.into() });
    let (_, sent) = again(&mut bench, "carrier");
    bench.hear(udp(PEER), &response(&sent[0], "481 Gone", "", "", ""));
    assert!(matches!(bench.event(), Event::Ended { how: End::Broken, .. }));
    bench.sent.clear();
    bench.ends_empty();
}
