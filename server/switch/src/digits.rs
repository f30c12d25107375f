//! Digits in SIP INFO: `application/dtmf-relay` and `application/dtmf`.
//!
//! There is no RFC for either; the relay form is what gateways of all makes send (`Signal=5`, `Duration=160`).

/// Content type of what we send.
pub const RELAY: &str = "application/dtmf-relay";

/// The digit of an INFO body, if it carries one.
pub fn parse(content_type: &str, body: &[u8]) -> Option<char> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = std::str::from_utf8(body).ok()?;
    let signal = match kind.as_str() {
        "application/dtmf-relay" => text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?,
        "application/dtmf" => text.trim(),
        _ => return None,
    };
    digit(signal)
}

/// The body that carries this digit for `ms` milliseconds.
pub fn relay_body(digit: char, ms: u32) -> String {
    format!("Signal={digit}\r\nDuration={ms}\r\n")
}

/// Whether a description takes digits as RFC 4733 events.
pub fn takes_events(sdp: &str) -> bool {
    sdp.contains("telephone-event/")
}

/// A description without RFC 4733 events: for a line whose digits travel by INFO or as tones, so that none arrives twice.
pub fn without_events(sdp: &str) -> String {
    let format = |line: &str| {
        let (number, rest) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        rest.trim_start().to_ascii_lowercase().starts_with("telephone-event/").then(|| number.to_owned())
    };
    let events: Vec<String> = sdp.lines().filter_map(format).collect();
    let about_events = |line: &&str| {
        let number = line.strip_prefix("a=rtpmap:").or_else(|| line.strip_prefix("a=fmtp:"));
        number.and_then(|rest| rest.split(' ').next()).is_none_or(|number| !events.iter().any(|it| it == number))
    };
    let mut out = String::with_capacity(sdp.len());
    for line in sdp.lines().filter(about_events) {
        if line.starts_with("m=audio ") {
            // The first three words are port and transport; formats follow.
            let kept = line.split(' ').enumerate().filter(|(at, word)| *at < 3 || !events.iter().any(|it| it == word));
            out.push_str(&kept.map(|(_, word)| word).collect::<Vec<_>>().join(" "));
        } else {
            out.push_str(line);
        }
        out.push_str("\r\n");
    }
    out
}

fn digit(signal: &str) -> Option<char> {
    let mut chars = signal.chars();
    let first = chars.next()?.to_ascii_uppercase();
    // Some boxes write the event code of RFC 4733 instead of the key: 10 is the star, 11 the hash.
    match signal {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    (chars.next().is_none() && matches!(first, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_odd_spacing_are_read() {
        assert_eq!(parse("application/dtmf-relay", b"Signal= 5\r\nDuration= 160\r\n"), Some('5'));
        assert_eq!(parse("Application/DTMF-Relay; x=y", b"signal=10\n"), Some('*'));
        assert_eq!(parse("application/dtmf", b"#"), Some('#'));
        assert_eq!(parse("application/dtmf", b"55"), None);
        assert_eq!(parse("text/plain", b"5"), None);
    }

    #[test]
    fn events_go_out_of_a_description_and_nothing_else_does() {
        let sdp = "v=0\r\nm=audio 101 RTP/AVP 8 101 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
            a=fmtp:101 0-16\r\na=sendrecv\r\n";
        let without = without_events(sdp);
        assert_eq!(without, "v=0\r\nm=audio 101 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n");
        assert!(takes_events(sdp) && !takes_events(&without));
        assert_eq!(without_events(&without), without);
    }

    #[test]
    fn what_we_send_we_can_read() {
        assert_eq!(parse(RELAY, relay_body('*', 100).as_bytes()), Some('*'));
    }
}
