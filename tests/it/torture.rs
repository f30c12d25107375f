//! RFC 4475 and RFC 5118 on the wire, byte for byte: over UDP and TCP as a stranger, over a WebSocket as the page of a seat.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use patchbay_sip::{
    Message, Method, Name, Via,
    wire::frame::{Frame, frame},
};
use patchbay_tests::{Server, Store, story::sign_up};

use crate::raw::Wire;

/// What the RFC wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// A call that is good: it is taken up (100), then refused to a stranger (401).
    Call,
    /// A good request outside of calls: answered by its method.
    Request,
    /// This status.
    Refused(u16),
    /// Not a word: a response that nobody waits for.
    Silence,
}

use Want::{Call, Refused, Request, Silence};

const MESSAGES: [(&str, Want); 61] = [
    ("rfc4475/wsinv", Refused(481)),
    ("rfc4475/intmeth", Refused(501)),
    ("rfc4475/esc01", Call),
    ("rfc4475/escnull", Request),
    ("rfc4475/esc02", Refused(501)),
    ("rfc4475/lwsdisp", Request),
    ("rfc4475/longreq", Call),
    ("rfc4475/dblreq", Request),
    ("rfc4475/semiuri", Request),
    ("rfc4475/transports", Request),
    ("rfc4475/mpart01", Request),
    ("rfc4475/unreason", Silence),
    ("rfc4475/noreason", Silence),
    ("rfc4475/badinv01", Refused(400)),
    ("rfc4475/clerr", Refused(400)),
    ("rfc4475/ncl", Refused(400)),
    ("rfc4475/scalar02", Refused(400)),
    ("rfc4475/scalarlg", Silence),
    ("rfc4475/quotbal", Refused(400)),
    ("rfc4475/ltgtruri", Refused(400)),
    ("rfc4475/lwsruri", Refused(400)),
    ("rfc4475/lwsstart", Refused(400)),
    ("rfc4475/trws", Request),
    ("rfc4475/escruri", Refused(400)),
    ("rfc4475/baddate", Call),
    ("rfc4475/regbadct", Refused(400)),
    ("rfc4475/badaspec", Request),
    ("rfc4475/baddn", Request),
    ("rfc4475/badvers", Refused(505)),
    ("rfc4475/mismatch01", Refused(400)),
    ("rfc4475/mismatch02", Refused(400)),
    ("rfc4475/bigcode", Silence),
    ("rfc4475/badbranch", Request),
    ("rfc4475/insuf", Refused(400)),
    ("rfc4475/unkscm", Refused(416)),
    ("rfc4475/novelsc", Refused(416)),
    ("rfc4475/unksm2", Request),
    ("rfc4475/bext01", Refused(420)),
    ("rfc4475/invut", Refused(415)),
    ("rfc4475/regaut01", Request),
    ("rfc4475/multi01", Refused(400)),
    ("rfc4475/mcl01", Refused(400)),
    ("rfc4475/bcast", Silence),
    ("rfc4475/zeromf", Refused(483)),
    ("rfc4475/cparam01", Request),
    ("rfc4475/cparam02", Request),
    ("rfc4475/regescrt", Request),
    ("rfc4475/sdp01", Refused(406)),
    ("rfc4475/inv2543", Call),
    ("rfc5118/ipv6-good", Request),
    ("rfc5118/ipv6-bad", Refused(400)),
    ("rfc5118/port-ambiguous", Request),
    ("rfc5118/port-unambiguous", Request),
    ("rfc5118/via-received-param-with-delim", Refused(481)),
    ("rfc5118/via-received-param-no-delim", Request),
    ("rfc5118/ipv6-in-sdp", Call),
    ("rfc5118/mult-ip-in-header", Refused(481)),
    ("rfc5118/mult-ip-in-sdp", Call),
    ("rfc5118/ipv4-mapped-ipv6", Call),
    ("rfc5118/ipv6-bug-abnf-3-colons", Request),
    ("rfc5118/ipv6-correct-abnf-2-colons", Request),
];

/// Messages that the two RFCs tell twice under one branch and Call-ID: a server sees a repeat where the RFC means two stories.
const TWINS: [&str; 7] = [
    "rfc4475/cparam02",
    "rfc4475/regescrt",
    "rfc4475/unkscm",
    "rfc5118/port-ambiguous",
    "rfc5118/port-unambiguous",
    "rfc5118/ipv6-bad",
    "rfc5118/ipv6-bug-abnf-3-colons",
];

fn read(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/sip/tests/vectors").join(format!("{name}.dat"));
    let bytes = std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let Some(twin) = TWINS.iter().position(|it| *it == name) else { return bytes };
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let at = line.windows(7).position(|window| window == b"z9hG4bK").map(|at| at + 7);
        let at = at.or_else(|| line.starts_with(b"Call-ID: ").then_some(9));
        let (before, after) = line.split_at(at.unwrap_or_default());
        out.extend_from_slice(before);
        if at.is_some() {
            out.extend_from_slice(format!("{twin}").as_bytes());
        }
        out.extend_from_slice(after);
    }
    out
}

/// Answers to a message: those to the good OPTIONS behind it are apart.
struct Heard {
    statuses: Vec<u16>,
    closed: bool,
}

/// Says a message and a good OPTIONS, and listens until the answer that is wanted is there, or for a while.
async fn tell(wire: &mut Wire, bytes: &[u8], want: Want, n: usize) -> Heard {
    wire.say(bytes).await;
    wire.say(wire.options(n).as_bytes()).await;
    let (mut heard, mut alive) = (Heard { statuses: Vec::new(), closed: false }, false);
    loop {
        let done = match want {
            Call | Request => heard.statuses.iter().any(|status| *status >= 200),
            Refused(_) => !heard.statuses.is_empty(),
            Silence => false,
        };
        let patience = if alive && (done || want == Silence) { 60 } else { 1_500 };
        match wire.hear(Duration::from_millis(patience)).await {
            Ok(answer) if answer.get(Name::CallId).is_some_and(|id| id.starts_with(b"good")) => alive = true,
            Ok(answer) => {
                let status = answer.status().expect("only answers are expected");
                if heard.statuses.last() != Some(&status) {
                    heard.statuses.push(status);
                }
                if status >= 300 {
                    wire.acknowledge(&answer).await;
                }
            }
            Err(closed) => {
                heard.closed = closed;
                return heard;
            }
        }
    }
}

/// Whether the answers are those that this message deserves from somebody who is `known` (a page) or not.
fn is_right(bytes: &[u8], want: Want, known: bool, heard: &[u16]) -> bool {
    let method = Message::parse(bytes).and_then(|message| message.method().cloned());
    match (want, method) {
        (Silence, _) => heard.is_empty(),
        (Refused(status), _) => *heard == [status],
        // A stranger is asked who it is; the page's call goes on to somewhere that does not exist, or is refused for its SDP.
        (Call, _) if !known => *heard == [100, 401],
        (Call, _) => matches!(heard, [100, 400..=499]),
        (Request, Some(Method::Options)) => *heard == [200],
        (Request, Some(Method::Register)) if !known => *heard == [401],
        // A page registers itself and nobody else.
        (Request, Some(Method::Register)) => *heard == [403],
        (Request, _) => matches!(heard, [405 | 489 | 481]),
    }
}

/// The port that answers to this message go to (RFC 3261 section 18.2.2).
fn reply_port(bytes: &[u8]) -> u16 {
    let message = Message::parse(bytes);
    let via = message.as_ref().and_then(|message| message.list(Name::Via).next().and_then(Via::parse_any_version));
    via.and_then(|(via, _)| via.port).unwrap_or(5060)
}

#[tokio::test]
async fn all_of_them_over_udp() {
    let server = Server::start(Store::Sqlite, false).await;
    let mut wrong = Vec::new();
    for (n, (name, want)) in MESSAGES.into_iter().enumerate() {
        let bytes = read(name);
        let source = Ipv4Addr::new(127, 20, 0, u8::try_from(n + 1).unwrap());
        let mut wire = Wire::udp((source, reply_port(&bytes)), server.sip_address()).await;
        let heard = tell(&mut wire, &bytes, want, n).await;
        if !is_right(&bytes, want, false, &heard.statuses) {
            wrong.push((name, want, heard.statuses));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), MESSAGES.len());
}

#[tokio::test]
async fn all_of_them_over_tcp() {
    let server = Server::start(Store::Sqlite, false).await;
    let mut wrong = Vec::new();
    for (n, (name, want)) in MESSAGES.into_iter().enumerate() {
        let bytes = read(name);
        let source = Ipv4Addr::new(127, 21, 0, u8::try_from(n + 1).unwrap());
        let mut wire = Wire::tcp(source, server.sip_address()).await;
        let heard = tell(&mut wire, &bytes, want, n).await;
        // Where no reader can say where the message ends, the connection must not be believed any further.
        let right = match frame(&bytes) {
            Frame::Close => heard.closed && heard.statuses.is_empty(),
            Frame::Need => matches!(heard.statuses[..], [] | [400]),
            // What stands behind the first message is a second one: an INVITE.
            Frame::Message(length) if length < bytes.len() => {
                heard.statuses.contains(&100) && heard.statuses.contains(&401)
            }
            _ => is_right(&bytes, want, false, &heard.statuses),
        };
        if !right {
            wrong.push((name, want, heard.statuses));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), MESSAGES.len());
}

#[tokio::test]
async fn all_of_them_over_a_websocket() {
    let server = Server::start(Store::Sqlite, false).await;
    let (owner, _) = sign_up(&server, "Acme").await;
    let mut wire = Wire::page(&server, &owner).await;
    let mut wrong = Vec::new();
    for (n, (name, want)) in MESSAGES.into_iter().enumerate() {
        let bytes = read(name);
        let heard = tell(&mut wire, &bytes, want, n).await;
        assert!(!heard.closed, "{name} closed the connection of the page");
        if !is_right(&bytes, want, true, &heard.statuses) {
            wrong.push((name, want, heard.statuses));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), MESSAGES.len());
}
