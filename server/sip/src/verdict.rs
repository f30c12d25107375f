//! What a message deserves before any state is made.

use crate::wire::{
    address::Address,
    message::{Flaw, Message, Method, number},
    name::Name,
    uri::Uri,
    via::Via,
};

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it in.
    Pass,
    /// No answer can or may be given.
    Drop,
    /// Answer with this status and these headers, keep nothing.
    Reply(u16, Vec<(String, String)>),
}

/// Extensions that we understand; anything else in Require is answered with 420.
pub const SUPPORTED: [&str; 6] = ["outbound", "path", "100rel", "timer", "replaces", "norefersub"];

/// The same towards the peer of a session.
pub(crate) const SUPPORTED_IN_SESSIONS: &str = "100rel, timer, replaces, norefersub";

/// Methods that are routed or answered outside a dialog.
pub const ALLOW: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, SUBSCRIBE, REGISTER, MESSAGE";

/// Headers that may stand once. Source: RFC 3261 section 7.3.1.
const SINGLE: [Name; 8] = [
    Name::From,
    Name::To,
    Name::CallId,
    Name::CSeq,
    Name::MaxForwards,
    Name::ContentType,
    Name::Replaces,
    Name::ReferTo,
];

/// Judges a message. Responses are passed or dropped; a request may get an answer.
pub fn verdict(message: &Message) -> Verdict {
    let Some(method) = message.method() else { return response(message) };
    // Nothing can be answered without the way back, and an ACK is never answered (RFC 3261 section 17).
    match message.list(Name::Via).next().and_then(Via::parse_any_version) {
        None => return Verdict::Drop,
        Some((_, current)) if !current && *method != Method::Ack => return reply(505),
        Some(_) => {}
    }
    let verdict = request(message, method);
    if *method == Method::Ack && verdict != Verdict::Pass { Verdict::Drop } else { verdict }
}

fn response(message: &Message) -> Verdict {
    let broken = message.flaws().iter().any(|flaw| matches!(flaw, Flaw::Status | Flaw::Version | Flaw::Length));
    let whole = message.cseq().is_some() && message.get(Name::Via).is_some() && message.count(Name::CallId) == 1;
    if broken || !whole { Verdict::Drop } else { Verdict::Pass }
}

fn reply(status: u16) -> Verdict {
    Verdict::Reply(status, Vec::new())
}

fn warn(text: &str) -> Verdict {
    Verdict::Reply(400, vec![("Warning".into(), format!("399 patchbay \"{text}\""))])
}

fn request(message: &Message, method: &Method) -> Verdict {
    if message.flaws().contains(&Flaw::Version) {
        return reply(505);
    }
    if let Some(text) = broken(message, method) {
        return warn(text);
    }
    let uri = message.request_uri();
    let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(scheme.as_str(), "sip" | "sips" | "tel") {
        return reply(416);
    }
    match uri.parse::<Uri>() {
        Err(_) => return warn("Request-URI cannot be read"),
        // RFC 3261 section 19.1.1, table 1: headers are not allowed there, and would put words into our mouth.
        Ok(Uri { headers: Some(_), .. }) => return warn("Request-URI has headers"),
        Ok(_) => {}
    }
    if message.get(Name::MaxForwards).is_some_and(|hops| hops == b"0") && *method != Method::Register {
        return reply(483);
    }
    let unknown: Vec<String> = message
        .list(Name::Require)
        .chain(message.list(Name::ProxyRequire))
        .map(|tag| String::from_utf8_lossy(tag).into_owned())
        .filter(|tag| !SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .collect();
    // RFC 3261 section 8.2.2.3: never for ACK and CANCEL.
    if !unknown.is_empty() && !matches!(method, Method::Ack | Method::Cancel) {
        return Verdict::Reply(420, vec![("Unsupported".into(), unknown.join(", "))]);
    }
    if let Method::Other(_) = method {
        return Verdict::Reply(501, vec![("Allow".into(), ALLOW.into())]);
    }
    body(message, method)
}

fn body(message: &Message, method: &Method) -> Verdict {
    if *method == Method::Invite && message.count(Name::Accept) > 0 && !message.list(Name::Accept).any(takes_sdp) {
        return reply(406);
    }
    if message.body().is_empty() || *method != Method::Invite {
        return Verdict::Pass;
    }
    if message.get(Name::ContentEncoding).is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Verdict::Reply(415, vec![("Accept-Encoding".into(), "identity".into())]);
    }
    let kind = message.get(Name::ContentType).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    if kind.starts_with(b"application/sdp") || kind.starts_with(b"multipart/") {
        Verdict::Pass
    } else {
        Verdict::Reply(415, vec![("Accept".into(), "application/sdp".into())])
    }
}

/// Whether an element of Accept covers a session description.
fn takes_sdp(range: &[u8]) -> bool {
    let kind = range.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    matches!(kind.as_slice(), b"application/sdp" | b"application/*" | b"*/*")
}

/// Whether From or To has a URI of any scheme; those that we act on must be whole.
fn is_address(value: &[u8]) -> bool {
    let Some(address) = Address::parse(value) else { return false };
    // Behind a tag without a value, or inside an open quote, nobody would find ours; a control character does not survive.
    let lost = |tag: &str| tag.is_empty() || tag.contains(char::is_control);
    if address.param("tag").is_some_and(lost) || has_open_quote(value) {
        return false;
    }
    let Some((scheme, rest)) = address.uri_text.split_once(':') else { return false };
    let ours = matches!(scheme.to_ascii_lowercase().as_str(), "sip" | "sips" | "tel");
    let named = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if ours { address.uri().is_some() } else { named && !rest.is_empty() }
}

/// A quote that is not closed; a backslash takes the meaning of what follows inside of quotes only.
fn has_open_quote(value: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in value {
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && quoted && !escaped;
    }
    quoted
}

/// A parameter list with holes: `host;;x`. A lone semicolon at the end is forgiven.
fn has_holes(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|b| *b == b';').collect();
    parts.iter().take(parts.len() - 1).any(|part| part.trim_ascii().is_empty())
}

/// RFC 3261 section 20.10: a URI with a question mark must stand in brackets.
fn is_contact(value: &[u8]) -> bool {
    value == b"*" || Address::parse(value).is_some_and(|it| value.contains(&b'<') || !it.uri_text.contains('?'))
}

/// What makes a request unreadable, in words.
fn broken(message: &Message, method: &Method) -> Option<&'static str> {
    for flaw in message.flaws() {
        match flaw {
            Flaw::Length => return Some("Content-Length is wrong"),
            Flaw::RequestUri => return Some("Request-URI has spaces or brackets"),
            Flaw::StartLine | Flaw::HeaderLine | Flaw::Version | Flaw::Status => {}
        }
    }
    for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
        if message.count(name) == 0 {
            return Some("a required header is missing");
        }
    }
    if SINGLE.iter().any(|name| message.count(*name) > 1) {
        return Some("a header that may stand once stands twice");
    }
    match message.cseq() {
        Some((_, named)) if named == *method => {}
        Some(_) => return Some("CSeq names another method"),
        None => return Some("CSeq cannot be read"),
    }
    for name in [Name::From, Name::To] {
        if !message.get(name).is_some_and(is_address) {
            return Some("From or To cannot be read");
        }
    }
    let hops = message.get(Name::MaxForwards).map(number::<u8>);
    if hops == Some(None) {
        return Some("Max-Forwards is no number from 0 to 255");
    }
    if message.list(Name::Via).any(has_holes) {
        return Some("Via has empty parameters");
    }
    if matches!(method, Method::Invite | Method::Register) && !message.list(Name::Contact).all(is_contact) {
        return Some("Contact cannot be read");
    }
    None
}
