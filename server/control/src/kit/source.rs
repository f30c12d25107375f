//! Where a request comes from: the peer, or what a trusted proxy in front of us says it was.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use super::app::App;

/// The address a request is counted under. IPv6 is counted by its /64: one customer has that many addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(pub IpAddr);

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(counted(address(parts, app))))
    }
}

/// The exact address that a request comes from.
pub fn address(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    seen(peer, &parts.headers, &app.settings.trusted_proxies)
}

/// The rightmost address of `X-Forwarded-For` that is no trusted proxy; anything further left the client may have written itself.
fn seen(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut seen = peer;
    for hop in hops.into_iter().rev() {
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        seen = address.to_canonical();
        if !trusted.contains(&seen) {
            break;
        }
    }
    seen
}

fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => IpAddr::V6(Ipv6Addr::from_bits(long.to_bits() & (u128::MAX << 64))),
    }
}

/// What the client calls itself, at most 200 characters.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(line: &str) -> HeaderMap {
        HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), line.parse().unwrap())])
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let (proxy, stranger): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "192.0.2.9".parse().unwrap());
        let trusted = [proxy];
        assert_eq!(seen(stranger, &via("203.0.113.7"), &trusted), stranger);
        assert_eq!(seen(proxy, &via("198.51.100.1, 203.0.113.7"), &trusted).to_string(), "203.0.113.7");
        assert_eq!(seen(proxy, &via("203.0.113.7, 10.0.0.1"), &trusted).to_string(), "203.0.113.7");
        assert_eq!(seen(proxy, &via("nonsense"), &trusted), proxy);
    }

    #[test]
    fn ipv6_is_counted_by_network() {
        assert_eq!(counted("2001:db8::1:2:3:4".parse().unwrap()), counted("2001:db8::9".parse().unwrap()));
    }
}
