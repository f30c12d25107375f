//! RFC 4475 and RFC 5118: what the whole core does with each of the torture messages.

use std::{collections::BTreeMap, path::Path};

use patchbay_kernel::Tick;
use patchbay_sip::{Event, FlowId, Message, Method, Name, Net, Output, Stack, StackConfig, Uri, Via};

/// What must come of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A call rings: 100 and the event.
    Rings,
    /// A request outside of sessions is handed up.
    Handed,
    /// Refused with this status, nothing kept.
    Refused(u16),
    /// Not a word.
    Silence,
}

use Fate::{Handed, Refused, Rings, Silence};

/// RFC 4475, in its order.
const TORTURE: &[(&str, Fate)] = &[
    // 3.1.1: valid. `wsinv` has a To tag, and a dialog that nobody knows.
    ("wsinv", Refused(481)),
    ("intmeth", Refused(501)),
    ("esc01", Rings),
    ("escnull", Handed),
    ("esc02", Refused(501)),
    ("lwsdisp", Handed),
    ("longreq", Rings),
    ("dblreq", Handed),
    ("semiuri", Handed),
    ("transports", Handed),
    ("mpart01", Handed),
    ("unreason", Silence),
    ("noreason", Silence),
    // 3.1.2: invalid. Dates, padded brackets and display names without quotes are read as they are meant.
    ("badinv01", Refused(400)),
    ("clerr", Refused(400)),
    ("ncl", Refused(400)),
    ("scalar02", Refused(400)),
    ("scalarlg", Silence),
    ("quotbal", Refused(400)),
    ("ltgtruri", Refused(400)),
    ("lwsruri", Refused(400)),
    ("lwsstart", Refused(400)),
    ("trws", Handed),
    ("escruri", Refused(400)),
    ("baddate", Rings),
    ("regbadct", Refused(400)),
    ("badaspec", Handed),
    ("baddn", Handed),
    ("badvers", Refused(505)),
    ("mismatch01", Refused(400)),
    ("mismatch02", Refused(400)),
    ("bigcode", Silence),
    // 3.2 and 3.3: for the transaction and above.
    ("badbranch", Handed),
    ("insuf", Refused(400)),
    ("unkscm", Refused(416)),
    ("novelsc", Refused(416)),
    ("unksm2", Handed),
    ("bext01", Refused(420)),
    ("invut", Refused(415)),
    ("regaut01", Handed),
    ("multi01", Refused(400)),
    ("mcl01", Refused(400)),
    ("bcast", Silence),
    ("zeromf", Refused(483)),
    ("cparam01", Handed),
    ("cparam02", Handed),
    ("regescrt", Handed),
    ("sdp01", Refused(406)),
    // 3.4: RFC 2543 without branch, tag, Contact and Max-Forwards.
    ("inv2543", Rings),
];

/// RFC 5118: IPv6. Two are in-dialog requests of dialogs that nobody knows; the three colons stand where nobody acts on them.
const IPV6: &[(&str, Fate)] = &[
    ("ipv6-good", Handed),
    ("ipv6-bad", Refused(400)),
    ("port-ambiguous", Handed),
    ("port-unambiguous", Handed),
    ("via-received-param-with-delim", Refused(481)),
    ("via-received-param-no-delim", Handed),
    ("ipv6-in-sdp", Rings),
    ("mult-ip-in-header", Refused(481)),
    ("mult-ip-in-sdp", Rings),
    ("ipv4-mapped-ipv6", Rings),
    ("ipv6-bug-abnf-3-colons", Handed),
    ("ipv6-correct-abnf-2-colons", Handed),
];

fn read(folder: &str, name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(folder).join(format!("{name}.dat"));
    std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn fate(bytes: &[u8], net: Net) -> (Fate, Option<Message>) {
    let mut stack = Stack::new(StackConfig::new("example.com", "203.0.113.1"), [3; 32]);
    let peer = "192.0.2.1:5060".parse().expect("an address");
    let flow = if net == Net::Udp { FlowId::Udp(peer) } else { FlowId::Stream(1, net, peer) };
    stack.datagram(flow, bytes, Tick::from_ms(1));
    let (mut sent, mut event) = (None, None);
    while let Some(output) = stack.poll() {
        match output {
            Output::Send { bytes, .. } => {
                assert!(sent.is_none(), "two answers");
                sent = Message::parse(&bytes);
            }
            Output::Event(happened) => event = Some(happened),
            Output::Close { .. } => panic!("a datagram closes nothing"),
        }
    }
    let fate = match (&sent, event) {
        (Some(sent), Some(Event::Invite { .. })) if sent.status() == Some(100) => Rings,
        (None, Some(Event::Request { .. })) => Handed,
        (Some(sent), None) => Refused(sent.status().expect("a status")),
        (None, None) => Silence,
        (sent, event) => panic!("{sent:?} {event:?}"),
    };
    if let Refused(_) | Silence = fate {
        assert!(stack.stats().is_idle(), "nothing is kept of what was refused");
    }
    (fate, sent)
}

fn judge(folder: &str, table: &[(&str, Fate)]) {
    let mut wrong = BTreeMap::new();
    for (name, expected) in table {
        for net in [Net::Udp, Net::Tcp] {
            let (got, _) = fate(&read(folder, name), net);
            if got != *expected {
                wrong.insert(*name, (*expected, got));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong (expected, got): {wrong:#?}", wrong.len(), table.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(folder);
    assert_eq!(std::fs::read_dir(path).expect("the vectors").count(), table.len(), "every file is judged");
}

#[test]
fn rfc_4475() {
    assert_eq!(TORTURE.len(), 49);
    judge("rfc4475", TORTURE);
}

#[test]
fn rfc_5118() {
    judge("rfc5118", IPV6);
}

#[test]
fn refusals_say_what_they_must() {
    let answer = |name: &str| fate(&read("rfc4475", name), Net::Udp).1.unwrap();
    let text = |message: &Message, name| message.get_text(name).unwrap_or_default().into_owned();
    let bad = answer("bext01");
    assert_eq!(
        text(&bad, Name::Unsupported),
        "nothingSupportsThis, nothingSupportsThisEither, noProxiesSupportThis, norDoAnyProxiesSupportThis"
    );
    assert!(text(&answer("invut"), Name::Accept).contains("application/sdp"));
    assert!(text(&answer("intmeth"), Name::Allow).contains("INVITE"));
    let strange = answer("intmeth");
    assert_eq!(strange.cseq().unwrap().1, Method::Other("!interesting-Method0123456789_*+`.%indeed'~".into()));
    assert_eq!(text(&answer("multi01"), Name::Via), "SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw;received=192.0.2.1");
}

#[test]
fn the_tortuous_invite_is_read_to_the_last_header() {
    let message = Message::parse(&read("rfc4475", "wsinv")).unwrap();
    assert!(message.flaws().is_empty(), "{:?}", message.flaws());
    assert_eq!(message.cseq(), Some((9, Method::Invite)));
    let vias: Vec<Via> = message.list(Name::Via).map(|via| Via::parse(via).unwrap()).collect();
    let hops: Vec<_> = vias.iter().map(|via| (via.transport.as_str(), via.host.as_str(), via.branch())).collect();
    assert_eq!(
        hops,
        [
            ("UDP", "192.0.2.2", Some("390skdjuw")),
            ("TCP", "spindle.example.com", Some("z9hG4bK9ikj8")),
            ("UDP", "192.168.255.111", Some("z9hG4bK30239")),
        ]
    );
    assert_eq!(message.other("newfangledheader").as_deref(), Some("newfangled value   continued newfangled value"));
    assert_eq!(message.other("UnknownHeaderWithUnusualValue").as_deref(), Some(";;,,;;,;"));
    assert_eq!(message.body().len(), 150);
    let uri: Uri = Message::parse(&read("rfc4475", "esc01")).unwrap().request_uri().parse().unwrap();
    assert_eq!(uri.user_text().as_deref(), Some("sips:user@example.com"));
}
