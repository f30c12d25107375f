//! Who may read the metrics: an operator, whoever holds the configured token, or a program on this very machine.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts as _, Request},
    http::{HeaderMap, header},
};
use patchbay_control::{Control, kit::caller::OperatorCaller};
use patchbay_kernel::{Secret, secret::same};

/// Who may read.
#[derive(Clone)]
pub struct Guard {
    /// Knows operators.
    pub control: Control,
    /// The configured token.
    pub token: Option<Secret<String>>,
}

impl Guard {
    /// Whether this request may read.
    pub async fn admits(&self, request: Request) -> bool {
        let (mut parts, _) = request.into_parts();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        if peer.is_some_and(|peer| is_local(peer, &parts.headers)) {
            return true;
        }
        match bearer(&parts.headers) {
            None => false,
            Some(given) if self.token.as_ref().is_some_and(|token| same(token.expose(), given)) => true,
            Some(_) => OperatorCaller::from_request_parts(&mut parts, self.control.app()).await.is_ok(),
        }
    }
}

/// A program of this machine that speaks to us directly. A reverse proxy on this machine speaks for strangers, and says so; a
/// page that a browser was made to believe lives here (DNS rebinding) names another host.
fn is_local(peer: IpAddr, headers: &HeaderMap) -> bool {
    let proxied = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let here = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    peer.is_loopback() && here && !proxied.iter().any(|name| headers.contains_key(*name))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_a_program_of_this_machine_is_local() {
        let here = IpAddr::from([127, 0, 0, 1]);
        assert!(is_local(here, &headers(&[("host", "127.0.0.1:8080")])));
        assert!(is_local(here, &headers(&[("host", "localhost")])));
        assert!(is_local(IpAddr::from(std::net::Ipv6Addr::LOCALHOST), &headers(&[("host", "[::1]:8080")])));
        assert!(!is_local(IpAddr::from([192, 0, 2, 1]), &headers(&[("host", "127.0.0.1:8080")])));
        assert!(!is_local(here, &headers(&[("host", "pbx.example.com")])), "a proxy, or a rebound name");
        assert!(!is_local(here, &headers(&[("host", "127.0.0.1"), ("x-forwarded-for", "192.0.2.1")])));
        assert!(!is_local(here, &headers(&[])));
    }

    #[test]
    fn an_empty_token_opens_nothing() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", ""));
    }
}
