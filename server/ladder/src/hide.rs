//! The addresses of a gateway out of a message: a company sees that it spoke with "Falcon E1", not where that box stands.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `text` with every foreign host and address replaced by `[name]`. `own` are hosts and addresses of ours, which stay.
/// `peer` is where the message came from or went to (`host:udp_port`), hidden even when it is on a host of ours. `theirs`: the
/// peer wrote it, and names its maker.
pub fn hide(text: &str, (peer, theirs): (&str, bool), own: &[String], name: &str) -> String {
    let shown = format!("[{name}]");
    let mut out = String::with_capacity(text.len());
    let mut in_body = false;
    for line in text.split_inclusive('\n') {
        let end = line.trim_end_matches(['\r', '\n']).len();
        let (content, tail) = line.split_at(end);
        in_body |= content.is_empty();
        let banner = theirs && !in_body && is_banner(content);
        if banner && let Some((header, _)) = content.split_once(':') {
            // Maker and version of a box help whoever wants to break into it.
            out.push_str(&format!("{header}: {shown}"));
        } else {
            out.push_str(&hosts(&peerless(content, peer, &shown), own, &shown));
        }
        out.push_str(tail);
    }
    out
}

fn peerless(line: &str, peer: &str, shown: &str) -> String {
    if peer.is_empty() { line.to_owned() } else { line.replace(peer, shown) }
}

fn is_banner(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim();
    ["user-agent", "server", "organization"].iter().any(|banner| name.eq_ignore_ascii_case(banner))
}

/// A run of characters is a host when it is an address, or stands where only a host can.
fn hosts(line: &str, own: &[String], shown: &str) -> String {
    let ours = |host: &str| own.iter().any(|one| one.eq_ignore_ascii_case(host));
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let colons = run(rest, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
        let word = run(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if colons.matches(':').count() >= 2 && colons.parse::<Ipv6Addr>().is_ok() {
            out.push_str(if ours(colons) { colons } else { shown });
            rest = &rest[colons.len()..];
        } else if word.is_empty() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let after = &rest[word.len()..];
            let foreign = word.parse::<Ipv4Addr>().is_ok() || is_host_here(&out, word, after);
            out.push_str(if foreign && !ours(word) { shown } else { word });
            rest = after;
        }
    }
    out
}

fn run(text: &str, of: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !of(c)).unwrap_or(text.len())]
}

/// After `@`; after `sip:` unless a user follows; in a Via after the transport.
fn is_host_here(before: &str, word: &str, after: &str) -> bool {
    let via = |before: &str| {
        let protocol = before.trim_end().rsplit([' ', ':', ',']).next().unwrap_or_default();
        before.ends_with(' ') && protocol.to_ascii_uppercase().starts_with("SIP/2.0/")
    };
    let scheme = (before.ends_with("sip:") || before.ends_with("sips:")) && !after.starts_with('@');
    before.ends_with('@') || word.contains('.') && scheme || via(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "INVITE sip:+14155550101@gw.carrier.example:5080;tgrp=2 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 198.51.100.7:5080;branch=z9hG4bK1;received=198.51.100.8\r\n\
        Via: SIP/2.0/TCP inner.carrier.example;branch=z9hG4bK0\r\n\
        Record-Route: <sip:edge.carrier.example;lr>, <sip:[2001:db8::7]:5060;lr>\r\n\
        From: \"Ada 1.2\" <sip:+14155550199@carrier.example>;tag=1.2.x\r\nTo: <sip:+14155550101@pbx.example>\r\n\
        Call-ID: 77ab@198.51.100.7\r\nCSeq: 1 INVITE\r\nContact: <sip:198.51.100.7:5080>\r\nUser-Agent: Falcon/4.1\r\n\r\n\
        v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\nc=IN IP6 2001:db8::9\r\nm=audio 4000 RTP/AVP 0\r\na=rtcp:4001 IN IP4 198.51.100.9\r\n";

    #[test]
    fn nothing_tells_where_the_gateway_is() {
        let shown = hide(TEXT, ("198.51.100.7:5080", true), &["pbx.example".into()], "Falcon E1");
        for part in ["198.51", "2001:db8", "carrier.example", "Falcon/4.1"] {
            assert!(!shown.contains(part), "{part} in {shown}");
        }
        for part in [
            "sip:+14155550101@[Falcon E1]",
            "@pbx.example>",
            "\"Ada 1.2\"",
            "tag=1.2.x",
            "m=audio 4000 RTP/AVP 0",
            "CSeq: 1 INVITE",
        ] {
            assert!(shown.contains(part), "{part} not in {shown}");
        }
        assert_eq!(shown.lines().count(), TEXT.lines().count());
    }

    #[test]
    fn our_own_addresses_stay_and_a_box_beside_us_is_still_hidden() {
        let text = "Via: SIP/2.0/UDP 127.0.0.1:5060\r\nUser-Agent: Patchbay\r\nContact: <sip:127.0.0.1:5070>\r\n\r\nc=IN IP4 127.0.0.1\r\n";
        let shown = hide(text, ("127.0.0.1:5070", false), &["127.0.0.1".into()], "Wren");
        assert_eq!(shown, text.replace("127.0.0.1:5070", "[Wren]"));
        for strange in ["", "@", "sip:", "[::", "a@ü", "::::::"] {
            let _ = hide(strange, ("", true), &[], "x");
        }
    }
}
