//! SIP messages and how they are cut out of a stream.

use std::net::SocketAddr;

use patchbay_sip::{
    Address, Message, Method, Name, Replaces, Via, Writer,
    verdict::{Verdict, verdict},
    wire::{
        frame::{Frame, frame},
        message::text,
        option,
    },
};

/// More header lines than this are not read: what is written must stay below it to be comparable.
const MOST: usize = 200;

/// A message reads back as it was written, the answer to it is sound, and its numbers are numbers.
pub fn message_check(bytes: &[u8]) {
    let Some(message) = Message::parse(bytes) else { return };
    assert!(message.body().len() <= bytes.len(), "a body longer than what came");
    every_reader(&message);
    let verdict = verdict(&message);
    if message.flaws().is_empty() && message.headers().count() <= MOST {
        written_again(&message);
    }
    if let Some(method) = message.method() {
        let pieces = message.list(Name::Via).count() + message.headers().count();
        if pieces <= MOST && *method != Method::Ack && verdict != Verdict::Drop {
            answered(&message, &verdict);
        }
    }
}

/// No reader panics, and those of numbers take digits only: another reader would stop at a sign.
fn every_reader(message: &Message) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let first = |name| message.get_text(name).unwrap_or_default().trim().to_owned();
    if let Some((number, method)) = message.cseq() {
        let value = first(Name::CSeq);
        let word = value.split_ascii_whitespace().next().unwrap_or_default();
        assert!(digits(word) && word.parse() == Ok(number), "CSeq {value:?} read as {number}");
        assert!(method.as_str().bytes().all(patchbay_sip::wire::message::is_token), "{value:?} has no method");
    }
    if !message.flaws().contains(&patchbay_sip::wire::message::Flaw::Length) {
        for value in message.all(Name::ContentLength) {
            assert!(digits(&text(value)), "Content-Length {:?} is taken", text(value));
        }
    }
    if option::rseq(message).is_some() {
        assert!(digits(&first(Name::RSeq)), "RSeq {:?}", first(Name::RSeq));
    }
    if option::rack(message).is_some() {
        let value = first(Name::RAck);
        assert!(value.split_ascii_whitespace().take(2).all(digits), "RAck {value:?}");
    }
    if option::session_expires(message).is_some() {
        let value = first(Name::SessionExpires);
        assert!(digits(value.split(';').next().unwrap_or_default().trim()), "Session-Expires {value:?}");
    }
    let _ = (option::seconds(message, "Min-SE"), option::lists(message, Name::Supported, "100rel"), message.sdp());
    for name in [Name::From, Name::To, Name::Contact, Name::Route, Name::RecordRoute, Name::ReferTo] {
        for address in message.list(name).filter_map(Address::parse) {
            let _ = (address.tag(), address.quoted_param("+sip.instance"), address.uri().map(|uri| uri.user_text()));
        }
    }
    let _ = message.get(Name::Replaces).and_then(Replaces::parse);
}

/// What is written from its parts is the same message.
fn written_again(message: &Message) {
    let Some(method) = message.method() else { return };
    let plain = |text: &str| !text.contains(|c: char| c.is_control() && c != '\t');
    let uri = message.request_uri();
    let body = |name: &str| matches!(Name::of(name.as_bytes()), Name::ContentLength | Name::ContentType);
    let headers: Vec<(String, String)> = message
        .headers()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .filter(|(name, _)| !body(name))
        .collect();
    // What would be a line end or a null in our writing became a space on purpose.
    if !plain(&uri) || !headers.iter().all(|(_, value)| plain(value)) {
        return;
    }
    let kind = message.get_text(Name::ContentType).unwrap_or_default().into_owned();
    let mut writer = Writer::request(method, &uri);
    writer.extra(&headers);
    let bytes = writer.body(&kind, message.body());
    let again = Message::parse(&bytes).expect("what we write is SIP");
    assert!(again.flaws().is_empty(), "what we write has flaws: {:?}", again.flaws());
    assert_eq!((again.method(), again.request_uri(), again.body()), (message.method(), uri, message.body()));
    let back: Vec<(String, String)> = again
        .headers()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .filter(|it| !body(&it.0))
        .collect();
    assert_eq!(back, headers);
}

/// The answer carries what RFC 3261 section 8.2.6.2 wants, and nothing that the request smuggled in.
fn answered(request: &Message, verdict: &Verdict) {
    let source = SocketAddr::from(([192, 0, 2, 9], 4_000));
    let bytes = Writer::response(request, 200, Some("ours"), source).done();
    let answer = Message::parse(&bytes).expect("our answer is SIP");
    assert!(answer.flaws().is_empty(), "our answer has flaws: {:?}", answer.flaws());
    assert_eq!((answer.status(), answer.body()), (Some(200), &b""[..]));
    for name in [Name::From, Name::CallId, Name::CSeq] {
        assert_eq!(answer.get(name).map(clean), request.get(name).map(clean), "{name:?}");
        assert_eq!(answer.count(name), usize::from(request.get(name).is_some()), "{name:?}");
    }
    let (ours, theirs) = (answer.list(Name::Via).count(), request.list(Name::Via).count());
    assert_eq!(ours, theirs, "our answer goes another way back");
    if *verdict == Verdict::Pass {
        let via = |message: &Message| {
            message.list(Name::Via).next().and_then(Via::parse).map(|via| (via.host, via.transport))
        };
        assert_eq!(via(&answer), via(request), "the topmost Via");
        let tag = |message: &Message| message.get(Name::To).and_then(Address::parse)?.tag().map(str::to_owned);
        assert_eq!(tag(&answer), tag(request).or_else(|| Some("ours".into())), "the tag of To");
    }
}

fn clean(value: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = value.iter().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { *b }).collect();
    spaced.trim_ascii().to_vec()
}

/// A message is cut from a stream where the reader of messages sees its end, and not before all of it is there.
pub fn frame_check(bytes: &[u8]) {
    match frame(bytes) {
        Frame::Message(length) => {
            assert!(length <= bytes.len());
            for cut in [1, 2, 3, 5, length / 3, length / 2].into_iter().filter(|cut| *cut < length) {
                let early = frame(&bytes[..length - cut]);
                assert_eq!(early, Frame::Need, "{cut} bytes before the end of {length}");
            }
            let Some(message) = Message::parse(&bytes[..length]) else { return };
            let head = head(bytes).expect("a message that was cut has a head");
            assert_eq!(head + message.body().len(), length, "two readers see two ends");
        }
        Frame::KeepAlive(length) => {
            assert!(length <= bytes.len() && bytes[..length].iter().all(|b| b"\r\n".contains(b)))
        }
        Frame::Need | Frame::Close => {}
    }
}

/// Where the first empty line ends; line ends before the start line do not count.
fn head(bytes: &[u8]) -> Option<usize> {
    let skip = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let mut at = skip;
    while at < bytes.len() {
        let length = bytes[at..].iter().position(|b| *b == b'\n')?;
        let line = &bytes[at..at + length];
        at += length + 1;
        if line.is_empty() || line == b"\r" {
            return Some(at);
        }
    }
    None
}
