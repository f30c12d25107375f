//! Cuts a byte stream into messages (RFC 3261 section 18.3), without trusting it.

/// What stands at the head of a stream's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not enough yet.
    Need,
    /// A whole message of so many bytes.
    Message(usize),
    /// CRLF keep-alive of so many bytes; four bytes are a ping that wants two back (RFC 5626 section 4.4.1).
    KeepAlive(usize),
    /// The stream cannot be read any further and must be closed: no length, two lengths, or too long.
    Close,
}

/// Longest head and longest body that are read from a stream.
pub const LONGEST_HEAD: usize = 32 * 1024;
/// Longest body.
pub const LONGEST_BODY: usize = 64 * 1024;

/// Looks at the head of the buffer.
pub fn frame(bytes: &[u8]) -> Frame {
    if bytes.starts_with(b"\r\n\r\n") {
        return Frame::KeepAlive(4);
    }
    if bytes == b"\r\n\r" || bytes == b"\r" {
        return Frame::Need;
    }
    if bytes.starts_with(b"\r\n") {
        return Frame::KeepAlive(2);
    }
    let Some(head) = head_length(bytes) else {
        return if bytes.len() > LONGEST_HEAD { Frame::Close } else { Frame::Need };
    };
    match content_length(&bytes[..head]) {
        Some(length) if length <= LONGEST_BODY => {
            if bytes.len() >= head + length {
                Frame::Message(head + length)
            } else {
                Frame::Need
            }
        }
        _ => Frame::Close,
    }
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    let window = &bytes[..bytes.len().min(LONGEST_HEAD + 4)];
    // An empty line after a line end of either kind: where the reader of messages sees it (two readers that see two ends are how
    // messages are smuggled).
    let strict = window.windows(3).position(|three| three == b"\n\r\n").map(|at| at + 3);
    let loose = window.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    match (strict, loose) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The one length of this head. Two lines that differ, a folded or non-numeric value: `None`, because the next reader might
/// cut elsewhere (request smuggling).
fn content_length(head: &[u8]) -> Option<usize> {
    let mut found = None;
    let mut lines = head.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let name = line[..colon].trim_ascii();
        if !name.eq_ignore_ascii_case(b"content-length") && !name.eq_ignore_ascii_case(b"l") {
            continue;
        }
        if lines.peek().is_some_and(|next| matches!(next.first(), Some(b' ' | b'\t'))) {
            return None;
        }
        let value = std::str::from_utf8(line[colon + 1..].trim_ascii()).ok()?;
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let value: usize = value.parse().ok()?;
        if found.is_some_and(|before| before != value) {
            return None;
        }
        found = Some(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_at_its_length() {
        let bytes = b"OPTIONS sip:a SIP/2.0\r\nContent-Length : 4\r\n\r\nabcdNEXT";
        assert_eq!(frame(bytes), Frame::Message(bytes.len() - 4));
        assert_eq!(frame(&bytes[..bytes.len() - 5]), Frame::Need);
        let mixed = b"OPTIONS sip:a SIP/2.0\r\nl: 0\n\r\nBYE sip:a SIP/2.0\r\nl: 0\r\n\r\n";
        assert_eq!(frame(mixed), Frame::Message(30), "a head that ends in a lone line feed and an empty line");
    }

    #[test]
    fn shapes_that_smuggle_close_the_stream() {
        for head in [
            "X sip:a SIP/2.0\r\n\r\n",
            "X sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n",
            "X sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
            "X sip:a SIP/2.0\r\nContent-Length:\r\n 5\r\n\r\n",
            "X sip:a SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
        ] {
            assert_eq!(frame(head.as_bytes()), Frame::Close, "{head}");
        }
    }

    #[test]
    fn pings_are_told_from_messages() {
        assert_eq!(frame(b"\r\n\r\n"), Frame::KeepAlive(4));
        assert_eq!(frame(b"\r\nOPTIONS"), Frame::KeepAlive(2));
        assert_eq!(frame(b"\r"), Frame::Need);
        assert_eq!(frame(&vec![b'x'; LONGEST_HEAD + 1]), Frame::Close);
    }
}
