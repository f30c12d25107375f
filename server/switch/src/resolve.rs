//! Host names to addresses, remembered for a minute; a name that cannot be looked up now keeps its last addresses.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Mutex,
    time::Duration,
};

use patchbay_kernel::{Tick, time::Span};
use patchbay_sip::Net;

use crate::exchange::lock;

/// How long an answer is used without asking again.
const FRESH: Span = Span::secs(60);
/// The system's resolver must answer within this time.
const WITHIN: Duration = Duration::from_secs(2);

/// Answers so far.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<String, (Vec<IpAddr>, Tick)>>);

impl Names {
    /// Addresses of a host, those of our own socket's family first.
    pub async fn resolve(&self, host: &str, v4_first: bool, now: Tick) -> Vec<IpAddr> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            return vec![address];
        }
        let before = lock(&self.0).get(host).cloned();
        if let Some((addresses, at)) = &before
            && now.since(*at) < FRESH
        {
            return addresses.clone();
        }
        match tokio::time::timeout(WITHIN, tokio::net::lookup_host((host, 0))).await {
            Ok(Ok(found)) => {
                let mut addresses: Vec<IpAddr> = found.map(|it| it.ip()).collect();
                addresses.dedup();
                addresses.sort_by_key(|address| address.is_ipv4() != v4_first);
                lock(&self.0).insert(host.to_owned(), (addresses.clone(), now));
                addresses
            }
            _ => before.map(|(addresses, _)| addresses).unwrap_or_default(),
        }
    }
}

/// `udp`, `tcp`, `tls` as the plane writes them; anything else is UDP.
pub(crate) fn net(transport: &str) -> Net {
    match transport.to_ascii_lowercase().as_str() {
        "tcp" => Net::Tcp,
        "tls" => Net::Tls,
        _ => Net::Udp,
    }
}

/// The number a transport listens at when nothing else is said. Source: RFC 3261 section 19.1.2.
pub(crate) const fn usual(net: Net) -> u16 {
    match net {
        Net::Tls => 5061,
        Net::Udp | Net::Tcp | Net::Ws => 5060,
    }
}

/// Address and number, with the usual number for 0.
pub(crate) fn at(address: IpAddr, udp_port: u16, net: Net) -> SocketAddr {
    SocketAddr::new(address, if udp_port == 0 { usual(net) } else { udp_port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn literals_need_no_resolver_and_names_are_remembered() {
        let names = Names::default();
        assert_eq!(names.resolve("[::1]", true, Tick::ZERO).await, ["::1".parse::<IpAddr>().unwrap()]);
        assert_eq!(names.resolve("192.0.2.7", true, Tick::ZERO).await, ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        let found = names.resolve("localhost", true, Tick::ZERO).await;
        assert_eq!(found.first(), Some(&"127.0.0.1".parse().unwrap()));
        assert_eq!(names.resolve("localhost", true, Tick::from_ms(59_000)).await, found);
    }
}
