//! RTP headers as this engine handles them: read once, kept apart from the bytes; and codecs by either of their names.

use std::ops::Range;

use patchbay_codec::{CodecId, g711::Law};
use patchbay_plane::Codec;
use patchbay_rtp::{Header, Packet};

use crate::outgoing::Stamp;

/// Bytes of the headers that we write.
pub const HEADER: usize = patchbay_rtp::packet::FIXED;

/// A header, and where the payload lies.
#[derive(Clone, Debug)]
pub struct Head {
    /// First packet of a talk spurt or of an event.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// In units of the codec's clock.
    pub timestamp: u32,
    /// The sender.
    pub ssrc: u32,
    /// Where the payload lies in the packet.
    pub payload: Range<usize>,
}

/// Reads a plain packet; `None` when it does not hold together.
pub fn parse(packet: &[u8]) -> Option<Head> {
    let view = Packet::parse(packet)?;
    let Header { marker, sequence, timestamp, ssrc, .. } = view.header();
    let start = view.header_len();
    Some(Head { marker, sequence, timestamp, ssrc, payload: start..start + view.payload().len() })
}

/// The payload type of what looks like RTP, sealed or not.
pub fn payload_type(packet: &[u8]) -> Option<u8> {
    patchbay_rtp::is_rtp(packet).then(|| packet[1] & 0x7f)
}

/// Puts a whole packet into `into`.
pub fn write(into: &mut Vec<u8>, payload_type: u8, stamp: Stamp, marker: bool, ssrc: u32, payload: &[u8]) {
    into.clear();
    let Stamp { sequence, timestamp, marker: joint } = stamp;
    Header { marker: marker || joint, payload_type, sequence, timestamp, ssrc }.write(payload, into);
}

/// The codec crate's name.
pub const fn codec_id(codec: Codec) -> CodecId {
    match codec {
        Codec::Pcmu => CodecId::Pcmu,
        Codec::Pcma => CodecId::Pcma,
        Codec::Opus => CodecId::Opus,
    }
}

/// The contract's name.
pub const fn codec_of(id: CodecId) -> Codec {
    match id {
        CodecId::Pcmu => Codec::Pcmu,
        CodecId::Pcma => Codec::Pcma,
        CodecId::Opus => Codec::Opus,
    }
}

/// The law of a G.711 codec.
pub const fn law(codec: Codec) -> Option<Law> {
    match codec {
        Codec::Pcmu => Some(Law::Mu),
        Codec::Pcma => Some(Law::A),
        Codec::Opus => None,
    }
}

/// RTP clock in Hz.
pub const fn clock_rate(codec: Codec) -> u32 {
    match codec {
        Codec::Pcmu | Codec::Pcma => 8_000,
        Codec::Opus => 48_000,
    }
}
