//! Where bytes come from and go to. The shell owns sockets; the core knows only these names.

use std::net::SocketAddr;

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Net {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
    /// A WebSocket (RFC 7118).
    Ws,
}

impl Net {
    /// Whether it repeats lost bytes by itself.
    pub const fn reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }
    /// As Via writes it.
    pub const fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
        }
    }
    /// As a URI parameter.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
        }
    }
}

/// One UDP peer or one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlowId {
    /// A peer of the UDP socket.
    Udp(SocketAddr),
    /// A connection: number, transport, peer.
    Stream(u64, Net, SocketAddr),
}

impl FlowId {
    /// The transport.
    pub const fn net(self) -> Net {
        match self {
            Self::Udp(_) => Net::Udp,
            Self::Stream(_, net, _) => net,
        }
    }
    /// The other end.
    pub const fn peer(self) -> SocketAddr {
        match self {
            Self::Udp(peer) | Self::Stream(_, _, peer) => peer,
        }
    }
}
