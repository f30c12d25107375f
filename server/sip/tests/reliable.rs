//! Provisional answers that are acknowledged (RFC 3262), from both sides, and offers before the answer (RFC 3311).

#[expect(dead_code, clippy::unwrap_used, reason = "a bench for tests, of which each story uses its part")]
#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, PEER, SDP, header, invite, line, request, response, udp};
use patchbay_sip::{Cmd, End, Event, LegId, Message, Name, Route};

const LEG: LegId = LegId(1);
const RELIABLE: &str = "Supported: 100rel\r\n";

fn ring(bench: &mut Bench, leg: LegId, code: u16, sdp: Option<&str>) {
    bench.order(Cmd::Ring { leg, code, sdp: sdp.map(Into::into), extra: Vec::new() });
}

fn answer(bench: &mut Bench, leg: LegId) {
    bench.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
}

fn incoming(bench: &mut Bench, text: &str) -> LegId {
    bench.hear(udp(PEER), text);
    let Event::Invite { leg, .. } = bench.event() else { panic!("no call") };
    bench.sent.clear();
    leg
}

/// PRACK of the caller for this provisional answer.
fn prack(progress: &Message, cseq: u32, sdp: &str) -> String {
    let rack = format!("RAck: {} 1 INVITE\r\n", header(progress, Name::RSeq));
    request("PRACK", cseq, &format!("p{cseq}"), &header(progress, Name::To), &rack, sdp)
}

#[test]
fn the_callee_repeats_its_progress_until_the_prack() {
    let mut bench = Bench::new();
    let leg = incoming(&mut bench, &invite(RELIABLE));
    ring(&mut bench, leg, 183, Some(SDP));
    let progress = bench.sent[0].2.clone();
    assert_eq!((header(&progress, Name::Require), progress.body()), ("100rel".into(), SDP.as_bytes()));
    let first: u32 = header(&progress, Name::RSeq).parse().expect("a number");
    assert!((1..1 << 31).contains(&first));
    bench.pass(4_000);
    assert_eq!(bench.schedule(), [0, 500, 1_500, 3_500]);
    // The answer may not overtake the description; a PRACK of something else is none.
    answer(&mut bench, leg);
    bench.hear(udp(PEER), &prack(&progress, 2, "").replace(&first.to_string(), &(first + 1).to_string()));
    assert_eq!(bench.lines(), ["481 PRACK"]);
    bench.hear(udp(PEER), &prack(&progress, 3, ""));
    let done = bench.sent.pop().expect("a message").2;
    assert_eq!(bench.lines(), ["200 PRACK"]);
    assert_eq!((line(&done), done.body()), ("200 INVITE".into(), &b""[..]), "what is agreed is not described again");
    bench.hear(udp(PEER), &request("ACK", 1, "a", &header(&done, Name::To), "", ""));
    assert!(matches!(bench.event(), Event::Acked { sdp: None, .. }));
    bench.hear(udp(PEER), &request("BYE", 4, "b", &header(&done, Name::To), "", ""));
    bench.ends_empty();
}

#[test]
fn one_reliable_answer_is_under_way_at_a_time() {
    let mut bench = Bench::new();
    let leg = incoming(&mut bench, &invite("Require: 100rel\r\n"));
    ring(&mut bench, leg, 180, None);
    ring(&mut bench, leg, 183, Some(SDP));
    let ringing = bench.only();
    assert_eq!(ringing.status(), Some(180));
    bench.hear(udp(PEER), &prack(&ringing, 2, ""));
    let progress = bench.sent.pop().expect("a message").2;
    assert_eq!(progress.status(), Some(183));
    let number = |message: &Message| header(message, Name::RSeq).parse::<u32>().expect("a number");
    assert_eq!(number(&progress), number(&ringing) + 1);
    // The same PRACK in a new transaction acknowledges nothing any more (RFC 3262 section 3).
    bench.sent.clear();
    bench.hear(udp(PEER), &prack(&ringing, 3, ""));
    assert_eq!(bench.lines(), ["481 PRACK"]);
    // The caller gives up in the middle of it.
    let cancel = invite("Require: 100rel\r\n").replace("INVITE sip", "CANCEL sip").replace("1 INVITE", "1 CANCEL");
    bench.hear(udp(PEER), &cancel);
    assert!(matches!(bench.event(), Event::Ended { how: End::Cancel, .. }));
    bench.ends_empty();
}

#[test]
fn a_call_whose_progress_nobody_acknowledges_is_refused() {
    let mut bench = Bench::new();
    let leg = incoming(&mut bench, &invite(RELIABLE));
    ring(&mut bench, leg, 183, Some(SDP));
    answer(&mut bench, leg);
    bench.pass(40_000);
    assert!(matches!(bench.event(), Event::Ended { how: End::NoAck, .. }));
    assert!(bench.lines().contains(&"504 INVITE".to_owned()));
    bench.ends_empty();
}

#[test]
fn plain_ringing_stays_plain() {
    let mut bench = Bench::new();
    let leg = incoming(&mut bench, &invite(RELIABLE));
    ring(&mut bench, leg, 180, None);
    assert_eq!(bench.only().get(Name::RSeq), None);
    answer(&mut bench, leg);
    assert_eq!(bench.only().body(), SDP.as_bytes());
}

#[test]
fn an_offer_in_progress_is_answered_by_the_prack() {
    let mut bench = Bench::new();
    let bare =
        request("INVITE", 1, "inv", "<sip:100@pbx.test>", "Contact: <sip:bob@192.0.2.7>\r\nRequire: 100rel\r\n", "");
    let leg = incoming(&mut bench, &bare);
    ring(&mut bench, leg, 183, Some(SDP));
    let progress = bench.only();
    bench.hear(udp(PEER), &prack(&progress, 2, "v=0 answer"));
    let Event::Acked { sdp: Some(sdp), .. } = bench.event() else { panic!("no answer") };
    assert_eq!((sdp.as_slice(), bench.lines()), (&b"v=0 answer"[..], vec!["200 PRACK".to_owned()]));
    // Both have agreed: an UPDATE may come before the answer, and one of ours may go.
    bench.hear(udp(PEER), &request("UPDATE", 3, "u", &header(&progress, Name::To), "", "v=0 hold"));
    assert!(matches!(bench.event(), Event::Offer { sdp: Some(_), .. }));
    bench.order(Cmd::Accept { leg, sdp: Some(b"v=0 held".to_vec()) });
    assert_eq!(bench.only().body(), b"v=0 held");
    bench.order(Cmd::Update { leg, sdp: b"v=0 new".to_vec() });
    let update = bench.only();
    assert_eq!(line(&update), "UPDATE sip:bob@192.0.2.7");
    bench.hear(udp(PEER), &response(&update, "200 OK", "", "", "v=0 fine"));
    let Event::Accepted { sdp: Some(sdp), .. } = bench.event() else { panic!("not accepted") };
    assert_eq!(sdp, b"v=0 fine");
    answer(&mut bench, leg);
    assert_eq!(bench.only().body(), b"");
    bench.hear(udp(PEER), &request("BYE", 4, "b", &header(&progress, Name::To), "", ""));
    bench.ends_empty();
}

#[test]
fn an_offer_never_goes_unreliably() {
    let mut bench = Bench::new();
    let bare = request("INVITE", 1, "inv", "<sip:100@pbx.test>", "Contact: <sip:bob@192.0.2.7>\r\n", "");
    let leg = incoming(&mut bench, &bare);
    ring(&mut bench, leg, 183, Some(SDP));
    assert_eq!(bench.only().body(), b"");
    answer(&mut bench, leg);
    assert_eq!(bench.only().body(), SDP.as_bytes());
}

#[test]
fn a_second_offer_comes_in_the_prack() {
    let mut bench = Bench::new();
    let leg = incoming(&mut bench, &invite(RELIABLE));
    ring(&mut bench, leg, 183, Some(SDP));
    let progress = bench.only();
    // Before our description is acknowledged an offer is one too many (RFC 3311 section 5.2).
    bench.hear(udp(PEER), &request("UPDATE", 2, "u", &header(&progress, Name::To), "", "v=0 early"));
    let refused = bench.only();
    assert_eq!((line(&refused), header(&refused, Name::RetryAfter)), ("500 UPDATE".into(), "1".into()));
    bench.hear(udp(PEER), &prack(&progress, 3, "v=0 again"));
    assert!(matches!(bench.event(), Event::Offer { sdp: Some(_), .. }));
    bench.order(Cmd::Accept { leg, sdp: Some(b"v=0 yes".to_vec()) });
    let accepted = bench.only();
    assert_eq!((line(&accepted), accepted.body()), ("200 PRACK".into(), &b"v=0 yes"[..]));
}

fn progress(invite: &Message, code: &str, tag: &str, rseq: u32, sdp: &str) -> String {
    let extra = format!(
        "Contact: <sip:{tag}@192.0.2.7:5070>\r\nRequire: 100rel\r\nRSeq: {rseq}\r\nRecord-Route: <sip:192.0.2.8;lr>\r\n"
    );
    response(invite, code, tag, &extra, sdp)
}

#[test]
fn the_caller_acknowledges_each_in_order_and_each_fork_by_itself() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), "sip:bob@192.0.2.7");
    let invite = bench.only();
    assert!(header(&invite, Name::Supported).contains("100rel"));
    bench.hear(udp(PEER), &progress(&invite, "183 Session Progress", "t1", 7, SDP));
    assert!(matches!(bench.event(), Event::Progress { code: 183, sdp: Some(_), .. }));
    let (_, flow, prack) = bench.sent.pop().expect("a message");
    assert_eq!((line(&prack), header(&prack, Name::RAck)), ("PRACK sip:t1@192.0.2.7:5070".into(), "7 1 INVITE".into()));
    assert_eq!((header(&prack, Name::CSeq), flow), ("2 PRACK".into(), udp("192.0.2.8:5060")));
    assert!(header(&prack, Name::To).ends_with(";tag=t1"));
    // A repeat, and one from the future: no news, no PRACK.
    for number in [7, 9] {
        bench.hear(udp(PEER), &progress(&invite, "180 Ringing", "t1", number, ""));
        assert!(bench.events.is_empty() && bench.sent.is_empty(), "{number}");
    }
    bench.hear(udp(PEER), &progress(&invite, "180 Ringing", "t1", 8, ""));
    bench.hear(udp(PEER), &progress(&invite, "180 Ringing", "t2", 1, ""));
    let pracks: Vec<_> =
        bench.sent.drain(..).map(|(_, _, it)| (header(&it, Name::CSeq), header(&it, Name::RAck))).collect();
    let pair = |cseq: &str, rack: &str| (cseq.to_owned(), rack.to_owned());
    assert_eq!(pracks, [pair("3 PRACK", "8 1 INVITE"), pair("2 PRACK", "1 1 INVITE")]);
    bench.events.clear();
    // UPDATE goes into the branch that has agreed; the other's offer is refused.
    bench.order(Cmd::Update { leg: LEG, sdp: b"v=0 new".to_vec() });
    let update = bench.only();
    assert_eq!(
        (line(&update), header(&update, Name::CSeq)),
        ("UPDATE sip:t1@192.0.2.7:5070".into(), "4 UPDATE".into())
    );
    bench.hear(udp(PEER), &response(&update, "200 OK", "t1", "", "v=0 fine"));
    assert!(matches!(bench.event(), Event::Accepted { .. }));
    // The first branch answers without a description, the other later: acknowledged and ended.
    bench.hear(udp(PEER), &response(&invite, "200 OK", "t1", "Contact: <sip:t1@192.0.2.7:5071>\r\n", ""));
    let Event::Answered { sdp: Some(sdp), .. } = bench.event() else { panic!("no answer") };
    assert_eq!(sdp, SDP.as_bytes(), "what was agreed reliably");
    let ack = bench.only();
    assert_eq!((line(&ack), header(&ack, Name::CSeq)), ("ACK sip:t1@192.0.2.7:5071".into(), "1 ACK".into()));
    bench.hear(udp(PEER), &response(&invite, "200 OK", "t2", "Contact: <sip:t2@192.0.2.7>\r\n", SDP));
    assert_eq!(bench.lines(), ["ACK sip:t2@192.0.2.7", "BYE sip:t2@192.0.2.7"]);
    // Numbers go on where the early dialog left them.
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    assert_eq!(header(&bench.only(), Name::CSeq), "5 BYE");
    bench.ends_empty();
}

#[test]
fn an_answer_that_crosses_our_cancel_is_ended_by_a_bye_that_counts() {
    let mut bench = Bench::new();
    bench.dial(1, udp(PEER), "sip:bob@192.0.2.7");
    let invite = bench.only();
    bench.hear(udp(PEER), &progress(&invite, "183 Session Progress", "t1", 1, SDP));
    let used = bench.only().cseq().expect("a number").0;
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.sent.clear();
    bench.hear(udp(PEER), &response(&invite, "200 OK", "t1", "Contact: <sip:bob@192.0.2.7>\r\n", SDP));
    let bye = bench.sent.pop().expect("a BYE").2;
    assert_eq!(line(&bye), "BYE sip:bob@192.0.2.7");
    assert!(bye.cseq().expect("a number").0 > used, "or the callee refuses it as out of order");
}

fn dial_bare(bench: &mut Bench) -> Message {
    let to = Route { request_uri: "sip:bob@192.0.2.7".into(), flow: udp(PEER), routes: Vec::new() };
    let from = "<sip:100@pbx.test>".into();
    bench.order(Cmd::Dial { leg: LEG, to, from, extra: Vec::new(), sdp: Vec::new(), auth: None });
    let invite = bench.only();
    assert_eq!(invite.get(Name::ContentType), None);
    invite
}

#[test]
fn a_delayed_offer_is_answered_in_the_ack() {
    let mut bench = Bench::new();
    let invite = dial_bare(&mut bench);
    let answer = response(&invite, "200 OK", "t1", "Contact: <sip:bob@192.0.2.7>\r\n", "v=0 offer");
    bench.hear(udp(PEER), &answer);
    assert!(matches!(bench.event(), Event::Answered { sdp: Some(_), .. }));
    bench.hear(udp(PEER), &answer);
    assert!(bench.sent.is_empty(), "the owner has not answered yet");
    bench.order(Cmd::Accept { leg: LEG, sdp: Some(b"v=0 answer".to_vec()) });
    let ack = bench.only();
    assert_eq!((line(&ack), ack.body()), ("ACK sip:bob@192.0.2.7".into(), &b"v=0 answer"[..]));
    bench.hear(udp(PEER), &answer);
    assert_eq!(bench.only().body(), b"v=0 answer", "each repeat of the 2xx is acknowledged alike");
    // The same in a re-INVITE.
    bench.order(Cmd::Offer { leg: LEG, sdp: Vec::new() });
    let change = bench.only();
    bench.hear(udp(PEER), &response(&change, "200 OK", "", "", "v=0 offer 2"));
    assert!(matches!(bench.event(), Event::Accepted { sdp: Some(_), .. }));
    assert!(bench.sent.is_empty());
    bench.order(Cmd::Accept { leg: LEG, sdp: Some(b"v=0 answer 2".to_vec()) });
    let ack = bench.only();
    assert_eq!((header(&ack, Name::CSeq), ack.body()), ("2 ACK".into(), &b"v=0 answer 2"[..]));
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    bench.ends_empty();
}

#[test]
fn a_delayed_offer_that_nobody_answers_is_ended_in_order() {
    let mut bench = Bench::new();
    let invite = dial_bare(&mut bench);
    bench.hear(udp(PEER), &response(&invite, "200 OK", "t1", "Contact: <sip:bob@192.0.2.7>\r\n", "v=0 offer"));
    bench.order(Cmd::Hangup { leg: LEG, code: None, extra: Vec::new() });
    assert_eq!(bench.lines(), ["ACK sip:bob@192.0.2.7", "BYE sip:bob@192.0.2.7"]);
    bench.ends_empty();
}

#[test]
fn a_delayed_offer_in_progress_is_answered_in_the_prack() {
    let mut bench = Bench::new();
    let invite = dial_bare(&mut bench);
    bench.hear(udp(PEER), &progress(&invite, "183 Session Progress", "t1", 1, "v=0 offer"));
    assert!(matches!(bench.event(), Event::Progress { sdp: Some(_), .. }));
    assert!(bench.sent.is_empty());
    bench.order(Cmd::Accept { leg: LEG, sdp: Some(b"v=0 answer".to_vec()) });
    let prack = bench.only();
    assert_eq!((header(&prack, Name::RAck), prack.body()), ("1 1 INVITE".into(), &b"v=0 answer"[..]));
    bench.hear(udp(PEER), &response(&prack, "200 OK", "", "", ""));
    bench.hear(udp(PEER), &response(&invite, "200 OK", "t1", "Contact: <sip:bob@192.0.2.7>\r\n", ""));
    assert_eq!(bench.only().body(), b"");
    assert!(matches!(bench.event(), Event::Answered { .. }));
}
