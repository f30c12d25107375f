//! Floor 1: RTP and RTCP as bytes and figures.
//!
//! Views over packets that are read and rewritten where they lie, reports (RFC 3550), telephone events (RFC 4733), the
//! figures of a received stream, and a jitter buffer; all pure, with time and bytes as arguments. Never here: sockets,
//! encryption, codecs, whose packet it is.

pub mod dtmf;
pub mod figures;
pub mod jitter;
pub mod lateness;
pub mod packet;
pub mod rtcp;

pub use dtmf::{EventReceiver, EventSender, Pressed};
pub use figures::{Reception, mos};
pub use jitter::{JitterBuffer, Pulled};
pub use packet::{Header, Packet, PacketMut, is_rtcp, is_rtp};
pub use rtcp::{Block, Compound, Report, SenderInfo};
