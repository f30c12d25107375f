//! Floor 4: sockets and flows that drive the SIP core.
//!
//! UDP, TCP, TLS and WebSocket bring bytes; one task owns the [`Stack`](patchbay_sip::Stack) and feeds it; what comes out goes
//! to bounded queues, so that no peer can hold up another. Whoever uses it sends [`Cmd`](patchbay_sip::Cmd)s and receives
//! [`Event`](patchbay_sip::Event)s. Never here: what a message means, who a user is, a log of contents.

mod config;
mod gate;
mod queue;
mod shell;
mod signaling;
mod socket;
mod stats;
mod stream;
mod tcp;
mod websocket;

pub use config::{Limits, SignalingConfig};
pub use signaling::Signaling;
pub use stats::Stats;
pub use tokio_rustls::rustls;
