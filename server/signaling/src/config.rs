//! Where to listen and how much to bear.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use patchbay_sip::StackConfig;
use tokio_rustls::rustls;

/// What [`Signaling::start`](crate::Signaling::start) needs.
#[derive(Clone)]
pub struct SignalingConfig {
    /// UDP and TCP listen here. With UDP port 0 a free one is taken, the same for both, and put into the stack's contact host.
    pub listen: SocketAddr,
    /// TLS listens here, with this certificate (a resolver in it may reload).
    pub tls: Option<(SocketAddr, Arc<rustls::ServerConfig>)>,
    /// Roots and credentials for TLS connections that we open.
    pub tls_client: Arc<rustls::ClientConfig>,
    /// The SIP core's own settings.
    pub stack: StackConfig,
    /// Bounds.
    pub limits: Limits,
}

/// Bounds against floods, stalled readers and slow writers (`safety.md` C7).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Messages a second from one source address, before anything is parsed.
    pub messages_per_s: u32,
    /// Messages that one source may send at once.
    pub burst: u32,
    /// How many times that much a known source may send (gateways by address, see
    /// [`Signaling::know_sources`](crate::Signaling::know_sources)).
    pub known_factor: u32,
    /// New calls a second of one source that has signed in, and how many at once; known sources have
    /// [`Self::known_factor`] times as many.
    pub calls: (u32, u32),
    /// New calls and other beginnings a second of all strangers together, and how many at once. None while the queues do
    /// not get empty. Whoever was let in lately is no stranger.
    pub strangers: (u32, u32),
    /// Registrations a second of everybody, and how many at once; a fifth of it while the load is high. More are told when to
    /// come again.
    pub registers: (u32, u32),
    /// Stream connections, WebSockets included.
    pub connections: usize,
    /// TCP and TLS connections that one source address may have open.
    pub connections_per_source: usize,
    /// Of these, connections that have not signed in.
    pub strange_connections_per_source: usize,
    /// Connections of everybody that have not signed in; the oldest makes room for the next.
    pub strange_connections: usize,
    /// A connection that has not signed in within this time is closed.
    pub sign_in_within: Duration,
    /// Bytes of one message of a connection that has not signed in.
    pub strange_message_bytes: usize,
    /// Bytes that may wait for one connection's reader; more closes it.
    pub queue_bytes: usize,
    /// One write must be taken by the peer within this time, or the connection is closed.
    pub write_within: Duration,
    /// A message that has begun must be whole within this time.
    pub message_within: Duration,
    /// The first message of an accepted connection, TLS handshake included, must be whole within this time.
    pub first_message_within: Duration,
    /// A connection without a byte for so long is closed.
    pub idle: Duration,
    /// A connection that we open must be up within this time.
    pub connect_within: Duration,
    /// A WebSocket that says nothing for so long is pinged.
    pub ping_every: Duration,
    /// A ping is answered within this time; after two that were not, the page is gone (`safety.md` F13: 30 s in all).
    pub pong_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_s: 500,
            burst: 1_000,
            known_factor: 100,
            calls: (50, 200),
            strangers: (500, 1_000),
            registers: (500, 1_000),
            connections: 20_000,
            connections_per_source: 2_000,
            strange_connections_per_source: 100,
            strange_connections: 4_096,
            sign_in_within: Duration::from_secs(90),
            strange_message_bytes: 16 * 1024,
            queue_bytes: 512 * 1024,
            write_within: Duration::from_secs(5),
            message_within: Duration::from_secs(10),
            first_message_within: Duration::from_secs(10),
            // Longer than the longest registration that is granted, so that a phone without keep-alive stays reachable.
            idle: Duration::from_secs(3_700),
            connect_within: Duration::from_secs(4),
            ping_every: Duration::from_secs(15),
            pong_within: Duration::from_secs(7),
        }
    }
}
