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
    fn what_we_send_we_can_read() {
        assert_eq!(parse(RELAY, relay_body('*', 100).as_bytes()), Some('*'));
    }
}
