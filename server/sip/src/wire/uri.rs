//! SIP, SIPS and tel URIs. Escapes are kept as they came; comparison unescapes.

use std::fmt;

use super::{message::number, params::Params};

/// A URI: `sip:user@host:5060;transport=tcp` or `tel:+14155550132`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// Lower case: `sip`, `sips`, `tel`, or another.
    pub scheme: String,
    /// User part, still escaped, without password; for `tel` the number.
    pub user: Option<String>,
    /// Host name or address, IPv6 in brackets; empty for `tel`.
    pub host: String,
    /// UDP or TCP port.
    pub port: Option<u16>,
    /// Parameters in order.
    pub params: Params,
    /// What follows `?`, without it.
    pub headers: Option<String>,
}

/// Text that is no URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URI")]
pub struct NotAUri;

impl Uri {
    /// The value of a parameter; `Some("")` when it stands without value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The user part, unescaped. `None` without one or when escapes are broken.
    pub fn user_text(&self) -> Option<String> {
        unescape(self.user.as_deref()?)
    }

    /// Whether both name the same resource. Source: RFC 3261 section 19.1.4 (user, host, port, and the parameters that must
    /// match where both have them).
    pub fn same_as(&self, other: &Self) -> bool {
        let pairs = ["user", "ttl", "method", "maddr", "transport"];
        self.scheme == other.scheme
            && self.user_text() == other.user_text()
            && self.host.eq_ignore_ascii_case(&other.host)
            && self.port == other.port
            && pairs.iter().all(|name| match (self.param(name), other.param(name)) {
                (None, None) => true,
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                _ => false,
            })
    }
}

/// Percent-escapes taken out; `None` when one is broken or the result is no text.
pub fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            // `from_str_radix` alone takes `+1` for a number.
            let digits = std::str::from_utf8(&digits).ok().filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

impl std::str::FromStr for Uri {
    type Err = NotAUri;

    fn from_str(text: &str) -> Result<Self, NotAUri> {
        let (scheme, rest) = text.split_once(':').ok_or(NotAUri)?;
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if scheme.is_empty() || !scheme.chars().all(is_scheme) || rest.is_empty() {
            return Err(NotAUri);
        }
        let scheme = scheme.to_ascii_lowercase();
        if scheme == "tel" {
            let (number, params) = split_params(rest);
            if number.is_empty() {
                return Err(NotAUri);
            }
            return Ok(Self {
                scheme,
                user: Some(number.to_owned()),
                host: String::new(),
                port: None,
                params: Params::new(params),
                headers: None,
            });
        }
        // The user part may hold `;` and `?`; the last `@` before any header part ends it.
        let (user, rest) = match rest.rfind('@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let user = user.map(|user| user.split_once(':').map_or(user, |(name, _)| name).to_owned());
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers.to_owned())),
            None => (rest, None),
        };
        let (host, params) = split_params(rest);
        let (host, port) = host_port(host)?;
        Ok(Self { scheme, user, host, port, params: Params::new(params), headers })
    }
}

fn split_params(text: &str) -> (&str, &str) {
    text.find(';').map_or((text, ""), |at| (&text[..at], &text[at..]))
}

/// Host and optional port; IPv6 only in brackets.
pub fn host_port(text: &str) -> Result<(String, Option<u16>), NotAUri> {
    let text = text.trim();
    let split = if text.starts_with('[') {
        let close = text.find(']').ok_or(NotAUri)?;
        (&text[..=close], text[close + 1..].strip_prefix(':'))
    } else {
        text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    let port = split.1.map(|port| number::<u16>(port.trim().as_bytes()).ok_or(NotAUri)).transpose()?;
    let host = split.0.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '[' | ']' | ':');
    if host.is_empty() || !host.chars().all(fits) {
        return Err(NotAUri);
    }
    Ok((host.to_owned(), port))
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if self.scheme != "tel" {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        if let Some(headers) = &self.headers {
            write!(f, "?{headers}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_come_back_as_they_were() {
        for text in [
            "sip:alice@example.com",
            "tel:+4930123456",
            "sip:%61lice@x",
            "sip:user;par=u%40x@host:5070;transport=tcp;lr?subject=a",
            "sip:[2001:db8::1]:5060",
            "sip:1234@gw;tgrp=2;trunk-context=x",
            "sip:*21%23@10.0.0.1",
        ] {
            assert_eq!(text.parse::<Uri>().map(|uri| uri.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn equal_uris_are_equal_and_others_not() {
        let same = |a: &str, b: &str| a.parse::<Uri>().unwrap().same_as(&b.parse().unwrap());
        assert!(same("sip:%61lice@Atlanta.com", "sip:alice@atlanta.com"));
        assert!(!same("sip:alice@atlanta.com", "sip:Alice@atlanta.com"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for bad in ["", "sip:", "alice@example.com", "sip:a@b:99999", "sip:a@b:+5060", "sip:a@b c", "sip:@", "tel:;x"] {
            assert!(bad.parse::<Uri>().is_err(), "{bad}");
        }
        assert_eq!((unescape("%+1"), unescape("%6"), unescape("%61")), (None, None, Some("a".into())));
    }
}
