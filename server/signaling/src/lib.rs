//! Floor 4: sockets and flows that drive the SIP core.
//!
//! UDP, TCP, TLS and WebSocket bring bytes; one task owns the [`Stack`](patchbay_sip::Stack) and feeds it; what comes out goes
//! to bounded queues, so that no peer can hold up another. Whoever uses it sends [`Cmd`](patchbay_sip::Cmd)s and receives
//! [`Event`](patchbay_sip::Event)s. Never here: what a message means, who a user is, a log of contents.

mod admission;
mod config;
mod dns;
mod gate;
mod health;
mod large;
mod locate;
mod overload;
mod peek;
mod places;
mod pulse;
mod queue;
mod shell;
mod signaling;
mod socket;
mod stats;
mod stream;
mod tap;
mod tcp;
mod unanswered;
mod watch;
mod websocket;

pub use config::{Limits, SignalingConfig};
pub use locate::{Target, Wanted};
pub use overload::Load;
pub use signaling::Signaling;
pub use socket::tune as tune_connection;
pub use stats::Stats;
pub use tap::{Tap, Way};
pub use tokio_rustls::rustls;
pub use websocket::WebSocketFrame;
