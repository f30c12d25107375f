//! Small values of the session's extensions: option tags, Session-Expires and Min-SE (RFC 4028), RSeq and RAck (RFC 3262).

use super::{
    message::{Message, Method, number},
    name::Name,
};

/// Whether this list of option tags or methods (Supported, Require, Allow) has this one. Without case, as tokens are compared.
pub fn lists(message: &Message, header: Name, token: &str) -> bool {
    message.list(header).any(|it| it.eq_ignore_ascii_case(token.as_bytes()))
}

/// Who refreshes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The one who sent the request.
    Uac,
    /// The one who answered it.
    Uas,
}

/// Session-Expires: seconds and, where it is said, who refreshes. An unknown refresher counts as not said.
pub fn session_expires(message: &Message) -> Option<(u32, Option<Refresher>)> {
    let value = std::str::from_utf8(message.get(Name::SessionExpires)?).ok()?;
    let mut parts = value.split(';').map(str::trim);
    let seconds = number(parts.next()?.as_bytes())?;
    let refresher = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        if !key.trim().eq_ignore_ascii_case("refresher") {
            return None;
        }
        match value.trim() {
            who if who.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            who if who.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        }
    });
    Some((seconds, refresher))
}

/// Seconds of a header that is a number with optional parameters: Min-SE, Retry-After.
pub fn seconds(message: &Message, header: &str) -> Option<u32> {
    let value = message.other(header)?;
    number(value.split(|c: char| c == ';' || c == '(' || c.is_ascii_whitespace()).next()?.as_bytes())
}

/// Number of a reliable provisional response: 1 to 2^31 - 1 to begin with (RFC 3262 section 7.1).
pub fn rseq(message: &Message) -> Option<u32> {
    number(message.get(Name::RSeq)?).filter(|number| *number != 0)
}

/// What a PRACK acknowledges: RSeq, CSeq number, method.
pub fn rack(message: &Message) -> Option<(u32, u32, Method)> {
    let value = std::str::from_utf8(message.get(Name::RAck)?).ok()?;
    let mut parts = value.split_ascii_whitespace();
    let (rseq, cseq) = (number(parts.next()?.as_bytes())?, number(parts.next()?.as_bytes())?);
    let method = Method::of(parts.next()?.as_bytes());
    parts.next().is_none().then_some((rseq, cseq, method))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &str) -> Message {
        Message::parse(format!("PRACK sip:a SIP/2.0\r\n{headers}\r\n\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn values_in_every_writing() {
        assert_eq!(session_expires(&with("x: 1800")), Some((1800, None)));
        assert_eq!(
            session_expires(&with("Session-Expires: 90 ; x=1;Refresher = UAS")),
            Some((90, Some(Refresher::Uas)))
        );
        assert_eq!(session_expires(&with("Session-Expires: 90;refresher=both")), Some((90, None)));
        assert_eq!(session_expires(&with("Session-Expires: soon")), None);
        assert_eq!(seconds(&with("Min-SE: 120;x"), "Min-SE"), Some(120));
        assert_eq!(seconds(&with("Retry-After: 5 (busy);duration=9"), "Retry-After"), Some(5));
        assert_eq!(rack(&with("RAck: 7  1 INVITE")), Some((7, 1, Method::Invite)));
        assert_eq!(rack(&with("RAck: 7 1 INVITE x")), None);
        assert_eq!(rseq(&with("RSeq: 0")), None);
        assert_eq!((rseq(&with("RSeq: +7")), rack(&with("RAck: +7 1 INVITE"))), (None, None), "a sign is no digit");
        assert_eq!((session_expires(&with("x: +90")), seconds(&with("Min-SE: +90"), "Min-SE")), (None, None));
        assert!(lists(&with("k: path, 100REL"), Name::Supported, "100rel"));
    }
}
