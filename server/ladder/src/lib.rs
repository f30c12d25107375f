//! Floor 4: the SIP messages of calls, kept within bounds, and how they may be shown.
//!
//! Pure: [`Book`] is told every message that passes and which Call-ID belongs to which call; [`mask`] takes secrets out of a
//! message, [`hide`] takes the addresses of a gateway out of it; [`Captures`] keeps those of one gateway for packet tools. Nothing here opens a socket or asks a clock.

mod book;
mod capture;
mod hide;
mod mask;
pub mod pcap;
mod sip;

pub use book::{Book, Limits, Passing};
pub use capture::Captures;
pub use hide::hide;
pub use mask::mask;
