//! What a message is, read from its first line and one header: enough to let it in or not, before it costs a parse.

/// A message that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new call.
    Invite,
    /// A registration.
    Register,
    /// Another request that begins something.
    Other,
    /// A response, an ACK, a CANCEL, or a request inside a dialog: part of what was let in before.
    Within,
    /// No SIP.
    Garbage,
}

/// What this is.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.starts_with(b"SIP/") {
        return Kind::Within;
    }
    if !line.windows(5).any(|part| part == b" SIP/") {
        return Kind::Garbage;
    }
    let kind = match line.split(|byte| *byte == b' ').next().unwrap_or_default() {
        b"ACK" | b"CANCEL" => return Kind::Within,
        b"REGISTER" => return Kind::Register,
        b"INVITE" => Kind::Invite,
        _ => Kind::Other,
    };
    let tagged =
        header(bytes, b"to", b't').is_some_and(|to| to.windows(5).any(|part| part.eq_ignore_ascii_case(b";tag=")));
    if tagged { Kind::Within } else { kind }
}

/// Status and method of a response of ours; `None` for anything else.
pub(crate) fn answer(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let status = bytes.strip_prefix(b"SIP/2.0 ")?.get(..3)?;
    let status = std::str::from_utf8(status).ok()?.parse().ok()?;
    let cseq = header(bytes, b"cseq", 0)?.trim_ascii();
    Some((status, cseq.rsplit(|byte| *byte == b' ').next()?))
}

/// The first value of a header by its name in small letters or its one-letter form, without folding.
fn header<'a>(bytes: &'a [u8], name: &[u8], short: u8) -> Option<&'a [u8]> {
    for line in bytes.split(|byte| *byte == b'\n').skip(1) {
        if line.is_empty() || line == b"\r" {
            return None;
        }
        let Some(colon) = line.iter().take(name.len() + 4).position(|byte| *byte == b':') else { continue };
        let named = line[..colon].trim_ascii_end();
        if named.eq_ignore_ascii_case(name) || (named.len() == 1 && named[0].eq_ignore_ascii_case(&short)) {
            return Some(&line[colon + 1..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, to: &str) -> Kind {
        kind(format!("{method} sip:x@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n{to}\r\n\r\nbody").as_bytes())
    }

    #[test]
    fn what_begins_and_what_belongs() {
        assert_eq!(request("INVITE", "To: <sip:x@h>"), Kind::Invite);
        assert_eq!(request("INVITE", "t : <sip:x@h>;TAG=7"), Kind::Within);
        assert_eq!(request("BYE", "TO: <sip:x@h>;tag=7"), Kind::Within);
        assert_eq!(request("REGISTER", "To: <sip:x@h>;tag=7"), Kind::Register);
        assert_eq!(request("OPTIONS", "To: <sip:tag=7@h>"), Kind::Other);
        assert_eq!(request("OPTIONS", "X-To: <sip:x@h>;tag=7"), Kind::Other);
        assert_eq!((request("ACK", ""), request("CANCEL", "")), (Kind::Within, Kind::Within));
        assert_eq!(kind(b"SIP/2.0 200 OK\r\n\r\n"), Kind::Within);
        assert_eq!((kind(b"GET / HTTP/1.1\r\n\r\n"), kind(b"")), (Kind::Garbage, Kind::Garbage));
    }

    #[test]
    fn our_answers_are_read_back() {
        let text = b"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h\r\nCSeq: 4 REGISTER\r\n\r\n";
        assert_eq!(answer(text), Some((401, &b"REGISTER"[..])));
        assert_eq!(answer(b"INVITE sip:x SIP/2.0\r\nCSeq: 4 INVITE\r\n\r\n"), None);
        assert_eq!(answer(b"SIP/2.0 2"), None);
    }
}
