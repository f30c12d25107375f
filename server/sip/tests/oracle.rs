//! What we write, read by an independent parser: rsip must see the same fields.

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, invite, request, response, udp};
use patchbay_sip::{ClientAuth, Cmd, Event, LegId, Message, Name, RequestId, Route, Writer};
use rsip::{SipMessage, prelude::*};

/// Ours and theirs agree on every header that rsip knows, one by one and in order, and on the body.
fn agree(ours: &Message, bytes: &[u8]) {
    let theirs = SipMessage::try_from(bytes).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(bytes)));
    match &theirs {
        SipMessage::Request(theirs) => {
            assert_eq!(Some(theirs.method.to_string().as_str()), ours.method().map(patchbay_sip::Method::as_str));
            assert_eq!(theirs.uri.to_string(), ours.request_uri());
        }
        SipMessage::Response(theirs) => assert_eq!(Some(theirs.status_code.code()), ours.status()),
    }
    let fields = theirs.headers().iter().map(|header| header.to_string()).collect::<Vec<_>>();
    let written = ours.headers().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>();
    assert_eq!(fields, written);
    assert_eq!(theirs.body().as_slice(), ours.body());
    typed(ours, &theirs);
}

fn typed(ours: &Message, theirs: &SipMessage) {
    let via = theirs.via_header().expect("a Via").typed().expect("a Via that can be read");
    let mine = patchbay_sip::Via::parse(ours.get(Name::Via).expect("a Via")).expect("our own Via");
    assert_eq!((via.transport.to_string(), via.uri.host().to_string()), (mine.transport.clone(), mine.host.clone()));
    assert_eq!(via.branch().map(|branch| branch.value().to_owned()).as_deref(), mine.branch());
    let cseq = theirs.cseq_header().expect("a CSeq").typed().expect("a CSeq that can be read");
    let (number, method) = ours.cseq().expect("our own CSeq");
    assert_eq!((cseq.seq, cseq.method.to_string().as_str()), (number, method.as_str()));
    let from = theirs.from_header().expect("a From").typed().expect("a From that can be read");
    let mine = patchbay_sip::Address::parse(ours.get(Name::From).expect("a From")).expect("our own From");
    assert_eq!(from.uri.to_string(), mine.uri_text);
    assert_eq!(from.tag().map(|tag| tag.value().to_owned()).as_deref(), mine.tag());
    let to = theirs.to_header().expect("a To").typed().expect("a To that can be read");
    let mine = patchbay_sip::Address::parse(ours.get(Name::To).expect("a To")).expect("our own To");
    assert_eq!(
        (to.uri.to_string(), to.tag().map(|tag| tag.value().to_owned()).as_deref()),
        (mine.uri_text.clone(), mine.tag())
    );
    if let Ok(contact) = theirs.contact_header() {
        let contact = contact.typed().expect("a Contact that can be read");
        let mine = patchbay_sip::Address::parse(ours.get(Name::Contact).expect("a Contact")).expect("our own Contact");
        assert_eq!(contact.uri.to_string(), mine.uri_text);
    }
}

/// Everything that the bench sent, through both parsers.
fn judge(bench: &mut Bench) -> usize {
    let sent: Vec<_> = bench.raw.drain(..).collect();
    for bytes in &sent {
        agree(&Message::parse(bytes).expect("we write SIP"), bytes);
    }
    sent.len()
}

#[test]
fn a_whole_call_in_both_directions() {
    let mut bench = Bench::new();
    let (leg, to) = bench.answered_in(udp(PEER));
    bench.order(Cmd::Offer { leg, sdp: SDP.into() });
    bench.hear(udp(PEER), &request("OPTIONS", 2, "o", &to, "", ""));
    bench.hear(udp(PEER), &request("BYE", 3, "b", &to, "", ""));
    bench.sent.clear();
    bench.events.clear();
    bench.answered_out(1, udp(PEER), "sip:bob@192.0.2.7:5070");
    bench.order(Cmd::Info {
        leg: LegId(1),
        content_type: "application/dtmf-relay".into(),
        body: b"Signal=1\r\n".to_vec(),
    });
    bench.order(Cmd::Hangup { leg: LegId(1), code: None, extra: vec![("Reason".into(), "Q.850;cause=16".into())] });
    assert_eq!(judge(&mut bench), 9);
}

#[test]
fn cancel_refusals_and_verdicts() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), "sip:+4930123456@192.0.2.7;user=phone");
    let ours = bench.only();
    bench.hear(udp(PEER), &response(&ours, "180 Ringing", "b1", "", ""));
    bench.order(Cmd::Hangup { leg: LegId(1), code: None, extra: Vec::new() });
    bench.hear(udp(PEER), &response(&ours, "487 Request Terminated", "b1", "", ""));
    bench.hear(udp(PEER), &invite(""));
    let Some(Event::Invite { leg, .. }) = bench.events.pop() else { panic!("no call") };
    bench.order(Cmd::Ring { leg, code: 183, sdp: Some(SDP.into()), extra: Vec::new() });
    bench.order(Cmd::Refuse { leg, code: 603, extra: Vec::new() });
    bench.hear(udp(PEER), &invite("Require: nobody\r\n").replace("z9hG4bKinv", "z9hG4bKinv2"));
    assert!(judge(&mut bench) >= 7);
}

#[test]
fn registrations_with_credentials() {
    let mut bench = Bench::new();
    let to =
        Route { request_uri: "sip:carrier.test".into(), flow: udp(PEER), routes: vec!["<sip:edge.test;lr>".into()] };
    bench.order(Cmd::Send {
        request: RequestId(1),
        method: "REGISTER".into(),
        to,
        from: "<sip:u@carrier.test>".into(),
        to_address: "<sip:u@carrier.test>".into(),
        dialog: Some(("reg-1".into(), 1)),
        extra: vec![("Contact".into(), "<sip:u@203.0.113.1>".into()), ("Expires".into(), "300".into())],
        auth: Some(ClientAuth { username: "u".into(), password: "p".into(), realm: None }),
    });
    let register = bench.only();
    let challenge = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n";
    bench.hear(udp(PEER), &response(&register, "401 Unauthorized", "r", challenge, ""));
    let sent = bench.raw.last().cloned().expect("the second REGISTER");
    let SipMessage::Request(theirs) = SipMessage::try_from(&sent[..]).expect("rsip reads it") else {
        panic!("no request")
    };
    let proof = theirs.authorization_header().expect("credentials").typed().expect("credentials that can be read");
    assert_eq!((proof.username.as_str(), proof.realm.as_str(), proof.nonce.as_str()), ("u", "c", "n"));
    assert_eq!(proof.uri.to_string(), "sip:carrier.test");
    // The proof, made by rsip's own generator from the same parts.
    let generator = rsip::services::DigestGenerator::from(&proof, "p", &rsip::Method::Register);
    assert!(generator.verify(&proof.response), "rsip computes another digest");
    assert_eq!(judge(&mut bench), 2);
}

#[test]
fn nothing_smuggles_a_header_past_the_writer() {
    let mut writer = Writer::request(&patchbay_sip::Method::Options, "sip:a@b");
    writer.header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1");
    writer.header(Name::From, "<sip:a@b>;tag=1").header(Name::To, "<sip:c@d>\r\nX-Evil: 2");
    writer.header(Name::CallId, "c").header(Name::CSeq, "1 OPTIONS").named("X-Note", "a\nX-Evil: 3\0");
    let bytes = writer.done();
    let torn = Writer::request(&patchbay_sip::Method::Options, "sip:a@b\r\nX-Evil: 1").done();
    assert!(torn.starts_with(b"OPTIONS sip:a@b  X-Evil: 1 SIP/2.0\r\n"));
    let theirs = SipMessage::try_from(&bytes[..]).expect("rsip reads it");
    assert!(!theirs.headers().iter().any(|header| header.to_string().starts_with("X-Evil")));
}
