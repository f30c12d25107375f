//! Offers of real clients, and what we make of them.

use std::net::{IpAddr, Ipv4Addr};

use patchbay_codec::CodecId::{self, Opus, Pcma, Pcmu};
use patchbay_sdp::{
    Agreed, Author, Description, Direction, Events, LocalMedia, Policy, Refused, Security, Setup, Suite, accept,
    answer, offer,
};

const CHROMIUM: &str = include_str!("vectors/chromium.sdp");
const BARESIP: &str = include_str!("vectors/baresip.sdp");
const SIPP: &str = include_str!("vectors/sipp.sdp");
const LINPHONE: &str = include_str!("vectors/linphone_srtp.sdp");
const E1_BOX: &str = include_str!("vectors/e1_box.sdp");

fn local(security: Security) -> LocalMedia {
    LocalMedia {
        address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5)),
        udp_port: 30_000,
        rtcp_udp_port: Some(30_001),
        security,
        ssrc: 77,
        cname: "patchbay".to_owned(),
        author: Author::new(4_000),
    }
}

fn dtls() -> Security {
    Security::Dtls { ufrag: "ours".into(), pwd: "p".repeat(24), fingerprint: [0xab; 32] }
}

fn sdes(byte: u8) -> Security {
    Security::Sdes(Box::new([byte; 46]))
}

fn policy(codecs: &[CodecId]) -> Policy {
    Policy::new(codecs.to_vec())
}

fn take(text: &str, security: Security, codecs: &[CodecId]) -> (String, Agreed) {
    answer(text, &mut local(security), &policy(codecs)).expect("an answer")
}

#[test]
fn chromium_is_answered_in_the_form_that_browsers_take() {
    let (text, agreed) = take(CHROMIUM, dtls(), &[Pcmu, Pcma]);
    assert_eq!((agreed.codec, agreed.send_payload, agreed.receive_payload), (Pcmu, 0, 0));
    assert_eq!(agreed.events, Some(Events { send_payload: 126, receive_payload: 126, clock: 8_000 }));
    assert_eq!(agreed.setup, Some(Setup::Active));
    assert_eq!(agreed.ice.as_ref().map(|it| &*it.ufrag), Some("zBjd"));
    assert_eq!(agreed.fingerprint.map(|it| (it[0], it[31])), Some((0x5e, 0x83)));
    assert!(agreed.rtcp_mux && agreed.remote.is_none());
    let expected = [
        "a=group:BUNDLE 0",
        "a=ice-lite",
        "m=audio 30000 UDP/TLS/RTP/SAVPF 0 126",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:126 telephone-event/8000",
        "a=fmtp:126 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "a=mid:0",
        "a=rtcp-mux",
        "a=ice-ufrag:ours",
        "a=setup:active",
        "a=candidate:1 1 udp 2130706431 203.0.113.5 30000 typ host",
        "a=end-of-candidates",
        "a=msid:patchbay audio",
        "a=ssrc:77 cname:patchbay",
    ];
    let lines: Vec<&str> = text.split("\r\n").collect();
    for line in expected {
        assert!(lines.contains(&line), "{line} in\n{text}");
    }
    assert!(lines.iter().any(|line| line.starts_with("a=fingerprint:sha-256 AB:AB:")));
    assert!(lines.iter().position(|it| *it == "a=ice-lite") < lines.iter().position(|it| it.starts_with("m=")));
}

#[test]
fn opus_takes_the_events_of_its_own_clock() {
    let (text, agreed) = take(CHROMIUM, dtls(), &[Opus, Pcmu]);
    assert_eq!((agreed.codec, agreed.send_payload), (Opus, 111));
    assert_eq!(agreed.events, Some(Events { send_payload: 110, receive_payload: 110, clock: 48_000 }));
    assert!(text.contains("m=audio 30000 UDP/TLS/RTP/SAVPF 111 110\r\n"), "{text}");
    assert!(text.contains("a=rtpmap:111 opus/48000/2\r\n"));
}

#[test]
fn roles_follow_the_offer() {
    let asked = |role: &str| CHROMIUM.replace("a=setup:actpass", role);
    for (role, ours) in [("a=setup:active", Setup::Passive), ("a=setup:passive", Setup::Active)] {
        assert_eq!(take(&asked(role), dtls(), &[Pcmu]).1.setup, Some(ours));
    }
    let waiting = Policy { dtls_active: false, ..policy(&[Pcmu]) };
    assert_eq!(answer(CHROMIUM, &mut local(dtls()), &waiting).unwrap().1.setup, Some(Setup::Passive));
}

#[test]
fn phones_and_boxes_are_answered_in_their_own_numbers() {
    let (text, agreed) = take(BARESIP, Security::Plain, &[Pcma, Pcmu]);
    assert_eq!((agreed.codec, agreed.send_payload), (Pcma, 8));
    assert_eq!(agreed.events.map(|it| it.send_payload), Some(101));
    assert_eq!(agreed.remote, Some("192.0.2.9:19754".parse().unwrap()));
    assert_eq!(agreed.remote_rtcp, Some("192.0.2.9:19755".parse().unwrap()));
    assert!(text.contains("m=audio 30000 RTP/AVP 8 101\r\n"));
    assert!(!text.contains("rtcp"), "UDP port + 1 goes without saying:\n{text}");

    let (_, agreed) = take(SIPP, Security::Plain, &[Pcmu]);
    assert_eq!((agreed.codec, agreed.events), (Pcmu, None));

    let (text, agreed) = take(E1_BOX, Security::Plain, &[Pcma, Pcmu]);
    assert_eq!(agreed.remote, Some("198.51.100.21:6160".parse().unwrap()), "the stream's address, not the session's");
    assert_eq!(agreed.events.map(|it| it.receive_payload), Some(96));
    assert!(text.contains("m=audio 30000 RTP/AVP 8 96\r\n"));
    assert!(text.contains("m=image 0 udptl t38\r\n"), "a stream that we do not take is declined, not dropped");
}

#[test]
fn the_stream_that_fits_the_protection_is_taken() {
    let (text, agreed) = take(LINPHONE, sdes(9), &[Pcmu, Pcma]);
    let keys = agreed.sdes.unwrap();
    assert_eq!((keys.suite, keys.send), (Suite::Aes128Sha80, vec![9; 30]));
    assert_eq!(keys.receive.len(), 30);
    assert_eq!(agreed.events.map(|it| it.send_payload), Some(100));
    assert!(
        text.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ\r\n"),
        "{text}"
    );
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(heads, ["m=audio 30000 RTP/SAVP 0 100", "m=audio 0 RTP/AVP 0 8 100", "m=video 0 RTP/SAVP 96"]);

    let (text, agreed) = take(LINPHONE, Security::Plain, &[Pcmu]);
    assert!(agreed.sdes.is_none());
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("m=audio")).collect();
    assert_eq!(heads, ["m=audio 0 RTP/SAVP 96 97 98 0 8 101 99 100", "m=audio 30000 RTP/AVP 0 100"]);
}

#[test]
fn refusals_have_names() {
    let refuse =
        |text: &str, security, codecs: &[CodecId]| answer(text, &mut local(security), &policy(codecs)).unwrap_err();
    assert_eq!(refuse(SIPP, Security::Plain, &[Pcma]), Refused::NoCommonCodec);
    assert!(matches!(refuse(SIPP, sdes(1), &[Pcmu]), Refused::Security(_)));
    assert!(matches!(refuse(CHROMIUM, Security::Plain, &[Pcmu]), Refused::Security(_)));
    assert!(matches!(refuse(SIPP, dtls(), &[Pcmu]), Refused::Security(_)));
    assert_eq!(refuse(&SIPP.replace("m=audio 6000", "m=audio 0"), Security::Plain, &[Pcmu]), Refused::NoAudio);
    assert_eq!(
        refuse(&SIPP.replace("IP4 127.0.0.1\nt", "IP4 pbx.example\nt"), Security::Plain, &[Pcmu]),
        Refused::Address
    );
    assert!(matches!(refuse("hello", Security::Plain, &[Pcmu]), Refused::Unreadable(_)));
    let no_hash = CHROMIUM.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1");
    assert!(matches!(refuse(&no_hash, dtls(), &[Pcmu]), Refused::Security(_)));
}

#[test]
fn holding_is_understood_in_every_dialect() {
    let cases = [
        ("a=sendonly", Direction::RecvOnly, true),
        ("a=inactive", Direction::Inactive, true),
        ("a=recvonly", Direction::SendOnly, false),
        ("a=sendrecv", Direction::SendRecv, false),
    ];
    for (line, ours, held) in cases {
        let (text, agreed) = take(&BARESIP.replace("a=sendrecv", line), Security::Plain, &[Pcmu]);
        assert_eq!((agreed.direction, agreed.held()), (ours, held), "{line}");
        assert!(text.contains(&format!("a={}\r\n", ours.as_str())));
    }
    let (_, agreed) = take(&BARESIP.replace("c=IN IP4 192.0.2.9", "c=IN IP4 0.0.0.0"), Security::Plain, &[Pcmu]);
    assert!(agreed.held() && agreed.remote.is_none());
    assert_eq!(agreed.direction, Direction::RecvOnly);
    // At session level it counts for every stream that says nothing itself.
    let (_, agreed) = take(&SIPP.replace("t=0 0", "t=0 0\na=sendonly"), Security::Plain, &[Pcmu]);
    assert!(agreed.held());
}

#[test]
fn the_version_rises_only_with_a_change() {
    let mut local = local(Security::Plain);
    let origin = |text: &str| text.lines().find(|line| line.starts_with("o=")).unwrap().to_owned();
    let first = origin(&answer(BARESIP, &mut local, &policy(&[Pcmu])).unwrap().0);
    let same = origin(&answer(BARESIP, &mut local, &policy(&[Pcmu])).unwrap().0);
    let held = origin(&answer(&BARESIP.replace("a=sendrecv", "a=sendonly"), &mut local, &policy(&[Pcmu])).unwrap().0);
    assert_eq!([&*first, &*same, &*held], ["o=- 1000 1 IN IP4 203.0.113.5", &first, "o=- 1000 2 IN IP4 203.0.113.5"]);
}

/// Our offer, answered by our own answer with other means, read back by the offerer.
fn round(ours: Security, theirs: Security, wanted: &[CodecId], known: &[CodecId]) -> (Agreed, Agreed) {
    let mut here = local(ours);
    let text = offer(&mut here, &policy(wanted));
    let mut there = LocalMedia { udp_port: 40_000, rtcp_udp_port: None, ..local(theirs) };
    let (answered, far) = answer(&text, &mut there, &policy(known)).expect("an answer");
    (accept(&text, &answered, &here, &policy(wanted)).expect("an agreement"), far)
}

#[test]
fn both_sides_read_the_same_agreement() {
    let (near, far) = round(Security::Plain, Security::Plain, &[Opus, Pcmu, Pcma], &[Pcma, Opus]);
    assert_eq!((near.codec, far.codec), (Pcma, Pcma));
    assert_eq!(near.events, far.events);
    assert_eq!(near.remote.map(|it| it.port()), Some(40_000));
    assert_eq!(near.remote_rtcp.map(|it| it.port()), Some(40_001));

    let (near, far) = round(sdes(1), sdes(2), &[Pcmu], &[Pcmu]);
    let (near, far) = (near.sdes.unwrap(), far.sdes.unwrap());
    assert_eq!((near.suite, &near.send, &near.receive), (far.suite, &far.receive, &far.send));

    let (near, far) = round(dtls(), dtls(), &[Pcmu], &[Pcmu]);
    assert_eq!((near.setup, far.setup), (Some(Setup::Passive), Some(Setup::Active)));
    assert!(near.rtcp_mux && far.rtcp_mux);
}

fn opportunistic(byte: u8) -> Security {
    Security::Opportunistic(Box::new([byte; 46]))
}

#[test]
fn protection_where_the_other_side_can_is_agreed_in_the_open_or_not_at_all() {
    // Both can: keys in a description of the plain profile (RFC 8643).
    let (near, far) = round(opportunistic(1), opportunistic(2), &[Pcmu], &[Pcmu]);
    let (near, far) = (near.sdes.unwrap(), far.sdes.unwrap());
    assert_eq!((near.suite, &near.send, &near.receive), (far.suite, &far.receive, &far.send));
    let mut here = local(opportunistic(1));
    let text = offer(&mut here, &policy(&[Pcmu]));
    assert!(
        text.contains(" RTP/AVP 0 101\r\n") && text.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"),
        "{text}"
    );
    // The other side cannot.
    let (near, far) = round(opportunistic(1), Security::Plain, &[Pcmu], &[Pcmu]);
    assert_eq!((near.sdes, far.sdes), (None, None));
    assert_eq!(take(BARESIP, opportunistic(1), &[Pcmu]).1.sdes, None);
    // The other side requires it.
    let (text, agreed) = take(LINPHONE, opportunistic(1), &[Pcmu]);
    assert!(agreed.sdes.is_some() && text.contains("a=crypto:"), "{text}");
    // Keys that we cannot use are a refusal, never plain audio.
    let unknown = "a=rtcp-mux\na=crypto:1 F8_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
    let offered = BARESIP.replace("a=sendrecv", unknown);
    let refusal = answer(&offered, &mut local(opportunistic(1)), &policy(&[Pcmu]));
    assert!(matches!(refusal, Err(Refused::Security(_))), "{refusal:?}");
    let mut here = local(opportunistic(1));
    let ours = offer(&mut here, &policy(&[Pcmu]));
    let answered = BARESIP.replace("RTP/AVP 0 8 96 101", "RTP/AVP 0 101").replace("a=sendrecv", unknown);
    assert!(matches!(accept(&ours, &answered, &here, &policy(&[Pcmu])), Err(Refused::Security(_))));
    let answered = answered.replace("RTP/AVP", "RTP/SAVP").replace(unknown, "a=sendrecv");
    assert!(matches!(accept(&ours, &answered, &here, &policy(&[Pcmu])), Err(Refused::Security(_))));
}

#[test]
fn an_answer_may_not_name_what_was_not_offered() {
    let mut here = local(Security::Plain);
    let text = offer(&mut here, &policy(&[Pcmu]));
    let answered = |with: &str| BARESIP.replace("RTP/AVP 0 8 96 101", with);
    let read = |sdp: &str| accept(&text, sdp, &here, &policy(&[Pcmu]));
    assert!(read(&answered("RTP/AVP 0 101")).is_ok());
    assert_eq!(read(&answered("RTP/AVP 8 101")), Err(Refused::NoCommonCodec));
    assert!(matches!(read(&answered("RTP/SAVP 0 101")), Err(Refused::Security(_))));
    assert_eq!(read(&BARESIP.replace("m=audio 19754", "m=audio 0")), Err(Refused::NoAudio));

    let mut secure = local(sdes(3));
    let text = offer(&mut secure, &policy(&[Pcmu]));
    let other_suite = LINPHONE.replace("a=crypto:1 AES_CM_128_HMAC_SHA1_80", "a=crypto:9 AES_CM_128_HMAC_SHA1_80");
    assert!(accept(&text, LINPHONE, &secure, &policy(&[Pcmu])).is_ok());
    assert!(matches!(accept(&text, &other_suite, &secure, &policy(&[Pcmu])), Err(Refused::Security(_))));
}

#[test]
fn other_payload_numbers_in_an_answer_are_used_towards_the_answerer() {
    let mut here = local(Security::Plain);
    let text = offer(&mut here, &policy(&[Opus, Pcmu]));
    let answered = BARESIP
        .replace("RTP/AVP 0 8 96 101", "RTP/AVP 96 101")
        .replace("101 telephone-event/8000", "101 telephone-event/48000");
    let agreed = accept(&text, &answered, &here, &policy(&[Opus, Pcmu])).unwrap();
    assert_eq!((agreed.codec, agreed.send_payload, agreed.receive_payload), (Opus, 96, 111));
    assert_eq!(agreed.events, Some(Events { send_payload: 101, receive_payload: 110, clock: 48_000 }));
}

#[test]
fn an_rtcp_port_of_its_own_is_said() {
    let mut apart = LocalMedia { rtcp_udp_port: Some(30_101), ..local(Security::Plain) };
    assert!(offer(&mut apart, &policy(&[Pcmu])).contains("a=rtcp:30101\r\n"));
    let mut shared = LocalMedia { rtcp_udp_port: None, ..local(Security::Plain) };
    assert!(offer(&mut shared, &policy(&[Pcmu])).contains("a=rtcp-mux\r\n"));
}

#[test]
fn what_is_not_understood_is_kept() {
    for text in [CHROMIUM, BARESIP, SIPP, LINPHONE, E1_BOX] {
        let written = Description::parse(text).unwrap().write();
        assert_eq!(written, text.trim_end().replace('\n', "\r\n") + "\r\n");
    }
}

#[test]
fn whoever_answers_with_less_may_still_send_what_we_offered() {
    let mut here = local(Security::Plain);
    let ours = offer(&mut here, &policy(&[Pcmu, Pcma, Opus]));
    let mut there = local(Security::Plain);
    let (answered, _) = answer(&ours, &mut there, &policy(&[Opus])).expect("an answer");
    let agreed = accept(&ours, &answered, &here, &policy(&[Pcmu, Pcma, Opus])).expect("an agreement");
    assert_eq!((agreed.codec, agreed.send_payload), (Opus, 111), "we keep to the answer");
    assert_eq!(agreed.receivable, [(0, Pcmu), (8, Pcma), (111, Opus)]);
}
