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
    /// Stream connections, WebSockets included.
    pub connections: usize,
    /// TCP and TLS connections that one source address may have open.
    pub connections_per_source: usize,
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_s: 500,
            burst: 1_000,
            known_factor: 100,
            connections: 20_000,
            connections_per_source: 200,
            queue_bytes: 512 * 1024,
            write_within: Duration::from_secs(5),
            message_within: Duration::from_secs(10),
            first_message_within: Duration::from_secs(10),
            // Longer than the longest registration that is granted, so that a phone without keep-alive stays reachable.
            idle: Duration::from_secs(3_700),
            connect_within: Duration::from_secs(4),
        }
    }
}
