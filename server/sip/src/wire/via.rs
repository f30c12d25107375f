//! The topmost Via: where a response goes and which transaction it belongs to.

use std::net::{IpAddr, SocketAddr};

use super::{
    message::{is_token, text},
    params::Params,
    uri::host_port,
};

/// One Via value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS`, upper case.
    pub transport: String,
    /// Host of sent-by.
    pub host: String,
    /// UDP or TCP port of sent-by.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
}

impl Via {
    /// Reads one value; white space around the slashes is allowed (RFC 4475 `wsinv`).
    pub fn parse(value: &[u8]) -> Option<Self> {
        Self::parse_any_version(value).filter(|(_, current)| *current).map(|(via, _)| via)
    }

    /// The same for any version, and whether it is 2.0: also who speaks another one is told so (505).
    pub fn parse_any_version(value: &[u8]) -> Option<(Self, bool)> {
        let value = text(value);
        let mut parts = value.splitn(3, '/');
        let (protocol, version) = (parts.next()?.trim(), parts.next()?.trim());
        if !protocol.eq_ignore_ascii_case("SIP") {
            return None;
        }
        let rest = parts.next()?.trim();
        let space = rest.find(|c: char| c.is_ascii_whitespace())?;
        let (sent_by, params) = rest[space..].find(';').map_or((&rest[space..], ""), |at| {
            let at = space + at;
            (&rest[space..at], &rest[at..])
        });
        let sent_by = sent_by.trim();
        let (host, port) = if sent_by.contains(|c: char| c.is_ascii_whitespace()) {
            host_port(&sent_by.split_ascii_whitespace().collect::<String>()).ok()?
        } else {
            host_port(sent_by).ok()?
        };
        let transport = rest[..space].to_ascii_uppercase();
        if !transport.bytes().all(is_token) {
            return None;
        }
        Some((Self { transport, host, port, params: Params::new(params) }, version == "2.0"))
    }

    /// A parameter; `Some("")` when it stands without value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The transaction id.
    pub fn branch(&self) -> Option<&str> {
        self.param("branch").filter(|branch| !branch.is_empty())
    }
}

/// The value with `received` and `rport` filled in (RFC 3261 section 18.2.1, RFC 3581 section 4). Whatever the sender wrote into
/// `received` itself is taken out.
pub(crate) fn stamped(value: &[u8], source: SocketAddr) -> Vec<u8> {
    let Some((via, _)) = Via::parse_any_version(value) else { return value.to_vec() };
    let literal: Option<IpAddr> = via.host.trim_matches(['[', ']']).parse().ok();
    let asked = via.param("rport").is_some();
    let mut out = Vec::with_capacity(value.len() + 48);
    for (at, part) in split_params(value).enumerate() {
        let key = part.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
        if at > 0 && (key.eq_ignore_ascii_case(b"rport") || key.eq_ignore_ascii_case(b"received")) {
            continue;
        }
        if at > 0 {
            out.push(b';');
        }
        out.extend_from_slice(part.trim_ascii());
    }
    if asked || literal != Some(source.ip()) {
        out.extend_from_slice(format!(";received={}", source.ip()).as_bytes());
    }
    if asked {
        out.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    out
}

/// Parts between semicolons outside quotes.
fn split_params(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    value.split(move |byte| {
        quoted ^= *byte == b'"';
        *byte == b';' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::stamped;

    use super::Via;

    #[test]
    fn odd_spacing_is_read() {
        let via = Via::parse(b"SIP  / 2.0\t / UDP   192.0.2.2 : 5070 ; branch=z9hG4bKx ;rport").unwrap();
        assert_eq!((via.transport.as_str(), via.host.as_str(), via.port), ("UDP", "192.0.2.2", Some(5070)));
        assert_eq!((via.branch(), via.param("rport")), (Some("z9hG4bKx"), Some("")));
        assert!(Via::parse(b"SIP/3.0/UDP h;branch=x").is_none());
        assert!(Via::parse(b"SIP/2.0/\0UDP h;branch=x").is_none(), "a transport is a token");
    }

    #[test]
    fn where_it_came_from_is_written_in() {
        let stamp = |via: &str| String::from_utf8(stamped(via.as_bytes(), "192.0.2.9:4000".parse().unwrap())).unwrap();
        assert_eq!(stamp("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"), "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1");
        assert_eq!(
            stamp("SIP/2.0/UDP 192.0.2.9 ; rport;branch=z9hG4bK1"),
            "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;received=192.0.2.9;rport=4000"
        );
        assert_eq!(
            stamp("SIP/2.0/WSS x.invalid;branch=z9hG4bK1;received=10.0.0.1"),
            "SIP/2.0/WSS x.invalid;branch=z9hG4bK1;received=192.0.2.9"
        );
    }
}
