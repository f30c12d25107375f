//! Requests too large for a datagram go over TCP, and by datagram all the same to a peer that takes no TCP.
//!
//! Source: RFC 3261 section 18.1.1. The core writes for UDP; this turns its bytes, keeps CANCEL and ACK on the way of their INVITE,
//! and swallows the core's repeats, for a stream repeats by itself. Pure: the shell opens and closes.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use patchbay_kernel::{Tick, time::Span};
use patchbay_sip::FlowId;

/// Longer requests go over TCP: 1500 bytes of path MTU less 200.
const LARGEST_DATAGRAM: usize = 1_300;
/// A way is kept as long as its transaction may live: 64 * T1 of the INVITE, as much of its ACK, and a while of ringing.
const KEPT: Span = Span::secs(240);
/// A peer that took no TCP is not asked again for so long.
const NO_TCP: Span = Span::secs(600);
/// Ways and peers that are remembered.
const MOST: usize = 16_384;

/// How a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// As it is.
    Datagram,
    /// Over this connection, in these bytes.
    Stream(FlowId, Arc<[u8]>),
    /// Open a connection and say [`Large::opened`].
    Open,
    /// It went over a connection before, which loses nothing.
    Repeat,
}

/// Transactions that left their datagrams, by branch.
#[derive(Default)]
pub(crate) struct Large {
    ways: HashMap<Box<[u8]>, Taken>,
    no_tcp: HashMap<SocketAddr, Tick>,
}

struct Taken {
    /// `None`: back to datagrams.
    flow: Option<FlowId>,
    peer: SocketAddr,
    request: Arc<[u8]>,
    at: Tick,
}

impl Large {
    /// The way of a message that the core wants sent by datagram.
    pub fn carriage(&self, peer: SocketAddr, bytes: &Arc<[u8]>, now: Tick) -> Carriage {
        let large = bytes.len() > LARGEST_DATAGRAM;
        if (!large && self.ways.is_empty()) || bytes.starts_with(b"SIP/") {
            return Carriage::Datagram;
        }
        match branch(bytes).and_then(|branch| self.ways.get(branch)) {
            Some(Taken { flow: None, .. }) => Carriage::Datagram,
            Some(Taken { request, .. }) if *request == *bytes => Carriage::Repeat,
            Some(Taken { flow: Some(flow), .. }) => {
                over_tcp(bytes).map_or(Carriage::Datagram, |it| Carriage::Stream(*flow, it))
            }
            None if large && self.ways.len() < MOST && self.takes_tcp(peer, now) && over_tcp(bytes).is_some() => {
                Carriage::Open
            }
            None => Carriage::Datagram,
        }
    }

    fn takes_tcp(&self, peer: SocketAddr, now: Tick) -> bool {
        self.no_tcp.get(&peer).is_none_or(|at| now.since(*at) > NO_TCP)
    }

    /// A connection for [`Carriage::Open`]: what to say over it first.
    pub fn opened(&mut self, peer: SocketAddr, bytes: &Arc<[u8]>, flow: FlowId, now: Tick) -> Option<Arc<[u8]>> {
        let (branch, turned) = (branch(bytes)?, over_tcp(bytes)?);
        self.ways.insert(branch.into(), Taken { flow: Some(flow), peer, request: bytes.clone(), at: now });
        Some(turned)
    }

    /// A connection is gone: what went over it goes by datagram again, now and from now on.
    pub fn down(&mut self, flow: FlowId, now: Tick) -> Vec<(SocketAddr, Arc<[u8]>)> {
        let mut again = Vec::new();
        for way in self.ways.values_mut().filter(|way| way.flow == Some(flow)) {
            way.flow = None;
            again.push((way.peer, way.request.clone()));
        }
        for (peer, _) in &again {
            if self.no_tcp.len() < MOST {
                self.no_tcp.insert(*peer, now);
            }
        }
        again
    }

    /// Forgets what is over.
    pub fn sweep(&mut self, now: Tick) {
        self.ways.retain(|_, way| now.since(way.at) <= KEPT);
        self.no_tcp.retain(|_, at| now.since(*at) <= NO_TCP);
    }
}

const VIA: &[u8] = b"\r\nVia: SIP/2.0/UDP ";

fn via(bytes: &[u8]) -> Option<usize> {
    bytes.windows(VIA.len()).position(|window| window == VIA)
}

/// The branch of the first Via, which is ours.
fn branch(bytes: &[u8]) -> Option<&[u8]> {
    let line = &bytes[via(bytes)? + 2..];
    let line = &line[..line.iter().position(|byte| *byte == b'\r')?];
    let at = line.windows(8).position(|window| window == b";branch=")? + 8;
    line[at..].split(|byte| *byte == b';').next()
}

fn over_tcp(bytes: &[u8]) -> Option<Arc<[u8]>> {
    let mut turned = bytes.to_vec();
    let at = via(bytes)? + VIA.len() - 4;
    turned[at..at + 3].copy_from_slice(b"TCP");
    Some(turned.into())
}

#[cfg(test)]
mod tests {
    use patchbay_sip::Net;

    use super::*;

    fn request(method: &str, branch: &str, length: usize) -> Arc<[u8]> {
        let head = format!(
            "{method} sip:x@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch={branch};rport\r\nX: {}\r\n\r\n",
            "x".repeat(length)
        );
        head.into_bytes().into()
    }

    fn peer() -> SocketAddr {
        "192.0.2.1:5060".parse().unwrap()
    }

    fn tcp(n: u64) -> FlowId {
        FlowId::Stream(n, Net::Tcp, peer())
    }

    #[test]
    fn a_large_invite_and_what_belongs_to_it_go_over_tcp() {
        let (mut large, now) = (Large::default(), Tick::ZERO);
        let (invite, small) = (request("INVITE", "z9hG4bK1", 1_400), request("INVITE", "z9hG4bK2", 10));
        assert_eq!(large.carriage(peer(), &small, now), Carriage::Datagram);
        assert_eq!(large.carriage(peer(), &invite, now), Carriage::Open);
        let said = large.opened(peer(), &invite, tcp(1), now).unwrap();
        assert!(String::from_utf8_lossy(&said).contains("Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1;rport\r\n"));
        assert_eq!(said.len(), invite.len());
        assert_eq!(large.carriage(peer(), &invite, now), Carriage::Repeat);
        assert!(
            matches!(large.carriage(peer(), &request("CANCEL", "z9hG4bK1", 5), now), Carriage::Stream(flow, _) if flow == tcp(1))
        );
        assert_eq!(large.carriage(peer(), &small, now), Carriage::Datagram);
        assert_eq!(large.carriage(peer(), &b"SIP/2.0 200 OK\r\n".to_vec().into(), now), Carriage::Datagram);
    }

    #[test]
    fn a_peer_without_tcp_gets_datagrams_and_is_not_asked_again_for_a_while() {
        let (mut large, now) = (Large::default(), Tick::ZERO);
        let invite = request("INVITE", "z9hG4bK1", 1_400);
        large.opened(peer(), &invite, tcp(1), now);
        assert_eq!(large.down(tcp(1), now), [(peer(), invite.clone())]);
        assert!(large.down(tcp(1), now).is_empty());
        assert_eq!(large.carriage(peer(), &invite, now), Carriage::Datagram, "its repeats too");
        assert_eq!(large.carriage(peer(), &request("INVITE", "z9hG4bK3", 1_400), now), Carriage::Datagram);
        let later = Tick::from_ms(700_000);
        large.sweep(later);
        assert!(large.ways.is_empty() && large.no_tcp.is_empty());
        assert_eq!(large.carriage(peer(), &request("INVITE", "z9hG4bK3", 1_400), later), Carriage::Open);
    }
}
