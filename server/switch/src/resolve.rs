//! Where the hosts of gateways and carriers are: names by RFC 3263, asked through the signalling.

use std::net::SocketAddr;

use patchbay_signaling::Wanted;
use patchbay_sip::Net;

use crate::exchange::Exchange;

impl Exchange {
    /// Addresses of a host over this transport, best first, as far as our own socket reaches them; those that were silent lately
    /// come last. Port 0: the one that its SRV record or custom says.
    pub(crate) async fn locate(&self, host: &str, udp_port: u16, net: Net) -> Vec<SocketAddr> {
        let port = (udp_port != 0).then_some(udp_port);
        let found = self.signaling.locate(&Wanted { host: host.to_owned(), port, net: Some(net) }).await;
        // The UDP socket speaks one family only.
        let v4 = self.signaling.udp_addr().is_ipv4();
        let reached = |address: &SocketAddr| net != Net::Udp || address.is_ipv4() == v4;
        found.into_iter().map(|target| target.address).filter(reached).collect()
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
