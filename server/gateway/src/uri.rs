//! The little of a SIP or tel URI that profiles look at: user, parameters of the user part, host, URI parameters.
//!
//! Whole SIP syntax is the business of the SIP crate; what arrives here has passed it. Sources: RFC 3261 section 19.1,
//! RFC 3966, RFC 4904.

use std::borrow::Cow;

/// A URI taken apart. Everything is as written but for percent-encoding, which is undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri<'a> {
    /// User part without its parameters; the number of a `tel:` URI.
    pub user: Cow<'a, str>,
    /// Parameters after the user (`;tgrp=span1`), as in RFC 4904; of a `tel:` URI all parameters.
    pub user_parameters: Vec<(&'a str, Cow<'a, str>)>,
    /// Host without port, lower case is not enforced.
    pub host: &'a str,
    /// Parameters after the host.
    pub parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Uri<'a> {
    /// From a URI or a whole header value: `"Ann" <sip:100@host;user=phone>;tag=1`. `None` when it is neither sip, sips nor tel.
    pub fn parse(text: &'a str) -> Option<Self> {
        let address = quoted(text).map_or(text, |(_, rest)| rest);
        let inner = address
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or(address.trim(), |(uri, _)| uri.trim());
        let (scheme, rest) = inner.split_once(':')?;
        match scheme.to_ascii_lowercase().as_str() {
            "sip" | "sips" => Some(Self::sip(rest)),
            "tel" => Some(Self::tel(rest)),
            _ => None,
        }
    }

    fn sip(rest: &'a str) -> Self {
        let rest = rest.split_once('?').map_or(rest, |(uri, _)| uri);
        let (user_part, host_part) = rest.rsplit_once('@').unwrap_or(("", rest));
        let user_part = user_part.split_once(':').map_or(user_part, |(user, _password)| user);
        let (user, user_parameters) = with_parameters(user_part);
        let (host_port, parameters) = with_parameters(host_part);
        Self { user: decoded(user), user_parameters, host: without_port(host_port), parameters }
    }

    fn tel(rest: &'a str) -> Self {
        let (user, user_parameters) = with_parameters(rest);
        Self { user: decoded(user), user_parameters, host: "", parameters: Vec::new() }
    }

    /// A parameter of the user part, by name in any case.
    pub fn user_parameter(&self, name: &str) -> Option<&str> {
        find(&self.user_parameters, name)
    }

    /// A parameter after the host, by name in any case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }
}

/// A quoted string at the front, escapes undone, and what follows it (RFC 3261 section 25.1).
pub(crate) fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut name, mut escaped) = (String::new(), false);
    let body = text.trim_start().strip_prefix('"')?;
    for (at, c) in body.char_indices() {
        match (escaped, c) {
            (false, '"') => return Some((name, &body[at + 1..])),
            (false, '\\') => escaped = true,
            (_, c) => {
                name.push(c);
                escaped = false;
            }
        }
    }
    None
}

fn find<'p>(parameters: &'p [(&str, Cow<'_, str>)], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
}

fn with_parameters(text: &str) -> (&str, Vec<(&str, Cow<'_, str>)>) {
    let mut pieces = text.split(';');
    let head = pieces.next().unwrap_or("");
    let parameters = pieces.filter(|piece| !piece.is_empty());
    (head, parameters.map(|piece| piece.split_once('=').map_or((piece, "".into()), |(k, v)| (k, decoded(v)))).collect())
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Percent-encoding undone; a broken escape stays as it is.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let escape =
            bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_hosts_are_found() {
        for (text, user, host) in [
            ("sip:+14155550132@gw.example.com:5060;user=phone", "+14155550132", "gw.example.com"),
            ("sip:%2B14155550132@192.0.2.7", "+14155550132", "192.0.2.7"),
            ("sips:ann:secret@[2001:db8::1]:5061", "ann", "2001:db8::1"),
            ("\"A <b>\" <sip:100@h>;tag=9", "100", "h"),
            ("<tel:+44-20-7946-0018;phone-context=uk>", "+44-20-7946-0018", ""),
            ("sip:gw.example.com", "", "gw.example.com"),
            ("sip:a%zz@h", "a%zz", "h"),
        ] {
            let uri = Uri::parse(text).unwrap();
            assert_eq!((uri.user.as_ref(), uri.host), (user, host), "{text}");
        }
        assert_eq!(Uri::parse("mailto:a@b"), None);
        assert_eq!(Uri::parse("anonymous"), None);
    }

    #[test]
    fn a_display_name_may_hold_anything() {
        assert_eq!(quoted(" \"A \\\"B\\\" <c>\" <sip:d>"), Some(("A \"B\" <c>".into(), " <sip:d>")));
        assert_eq!(quoted("\"open"), None);
        assert_eq!(quoted("Ann <sip:d>"), None);
    }

    #[test]
    fn trunk_groups_stand_in_the_user_part() {
        let uri = Uri::parse("<sip:4155550132;tgrp=span%201;trunk-context=example.com@gw;transport=udp>").unwrap();
        assert_eq!(uri.user, "4155550132");
        assert_eq!(uri.user_parameter("TGRP"), Some("span 1"));
        assert_eq!(uri.parameter("tgrp"), None);
        assert_eq!(uri.parameter("transport"), Some("udp"));
    }
}
