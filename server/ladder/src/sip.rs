//! As much of SIP as is needed to know which call a message belongs to; it may be anything.

/// Longest Call-ID that is looked for; RFC 3261 sets no limit, a book does.
const LONGEST: usize = 256;

/// Whether a call begins with it.
pub fn is_invite(bytes: &[u8]) -> bool {
    bytes.starts_with(b"INVITE ")
}

/// The value of Call-ID, or of its short form `i` (RFC 3261 section 7.3.3).
pub fn call_id(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        rest = &rest[end + 1..];
        if matches!(rest.first(), None | Some(b'\r' | b'\n')) {
            return None;
        }
        if !matches!(rest[0], b'C' | b'c' | b'i' | b'I') {
            continue;
        }
        let line = &rest[..rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())];
        let Some(colon) = line.iter().take(12).position(|byte| *byte == b':') else { continue };
        let name = line[..colon].trim_ascii();
        if name.eq_ignore_ascii_case(b"call-id") || name.eq_ignore_ascii_case(b"i") {
            let value = line[colon + 1..].trim_ascii();
            return (!value.is_empty() && value.len() <= LONGEST).then_some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_is_found_in_every_spelling_and_never_in_a_body() {
        let with = |line: &str| {
            format!("INVITE sip:a@b SIP/2.0\r\nContact: <sip:x>\r\n{line}\r\nCSeq: 1 INVITE\r\n\r\nCall-ID: no\r\n")
        };
        for line in ["Call-ID: a1@h", "call-id:a1@h", "i: a1@h", "I :a1@h", "CALL-ID :  a1@h  "] {
            assert_eq!(call_id(with(line).as_bytes()), Some(&b"a1@h"[..]), "{line}");
        }
        assert_eq!(call_id(with("X: y").as_bytes()), None);
        assert_eq!(call_id(with("Call-ID:").as_bytes()), None);
        assert_eq!(call_id(with(&format!("Call-ID: {}", "x".repeat(300))).as_bytes()), None);
        for strange in [&b""[..], b"\r\n\r\n", b"\n", b"i", b"INVITE\r\ni"] {
            assert_eq!(call_id(strange), None);
        }
    }
}
