//! RTP packets where they lie: read as a view, rewritten in place. Source: RFC 3550 section 5, RFC 8285 for extensions.

/// Bytes of a header without contributing sources and extension.
pub const FIXED: usize = 12;

/// Whether a datagram is RTP (RFC 7983: first byte 128 to 191, and no RTCP type in the second).
pub fn is_rtp(bytes: &[u8]) -> bool {
    bytes.len() >= FIXED && matches!(bytes[0], 128..=191) && !is_rtcp(bytes)
}

/// Whether a datagram is RTCP (RFC 5761 section 4: packet types 192 to 223).
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && matches!(bytes[0], 128..=191) && matches!(bytes[1], 192..=223)
}

/// What a header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// First packet of a talk spurt or of an event.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// One more with each packet.
    pub sequence: u16,
    /// In units of the codec's clock.
    pub timestamp: u32,
    /// The sender.
    pub ssrc: u32,
}

impl Header {
    /// Appends header and payload to `into`.
    pub fn write(&self, payload: &[u8], into: &mut Vec<u8>) {
        into.extend(self.bytes());
        into.extend(payload);
    }

    /// The twelve bytes.
    pub fn bytes(&self) -> [u8; FIXED] {
        let mut bytes = [0; FIXED];
        bytes[0] = 0x80;
        bytes[1] = (self.payload_type & 0x7f) | (u8::from(self.marker) << 7);
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

/// A packet that holds together: contributing sources, extension and padding lie within it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Packet<'a> {
    /// `None` when it is no RTP of version 2 or claims more than is there.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (start, end) = bounds(bytes)?;
        Some(Self { bytes, start, end })
    }

    /// The header.
    pub fn header(&self) -> Header {
        Header {
            marker: self.bytes[1] & 0x80 != 0,
            payload_type: self.bytes[1] & 0x7f,
            sequence: u16::from_be_bytes([self.bytes[2], self.bytes[3]]),
            timestamp: word(self.bytes, 4),
            ssrc: word(self.bytes, 8),
        }
    }

    /// Bytes before the payload.
    pub fn header_len(&self) -> usize {
        self.start
    }

    /// The payload, without padding.
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// Contributing sources.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + 'a {
        let list = &self.bytes[FIXED..FIXED + 4 * usize::from(self.bytes[0] & 0x0f)];
        list.chunks_exact(4).map(|four| word(four, 0))
    }

    /// The header extension: its profile and its bytes.
    pub fn extension(&self) -> Option<(u16, &'a [u8])> {
        if self.bytes[0] & 0x10 == 0 {
            return None;
        }
        let at = FIXED + 4 * usize::from(self.bytes[0] & 0x0f);
        let profile = u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]);
        Some((profile, &self.bytes[at + 4..self.start]))
    }
}

/// A packet that is rewritten where it lies. Reading goes through [`Packet`].
#[derive(Debug)]
pub struct PacketMut<'a> {
    bytes: &'a mut [u8],
    start: usize,
    end: usize,
}

impl<'a> PacketMut<'a> {
    /// As [`Packet::parse`].
    pub fn parse(bytes: &'a mut [u8]) -> Option<Self> {
        let (start, end) = bounds(bytes)?;
        Some(Self { bytes, start, end })
    }

    /// To read it.
    pub fn view(&self) -> Packet<'_> {
        Packet { bytes: self.bytes, start: self.start, end: self.end }
    }

    /// Puts in another header; contributing sources, extension, padding and payload stay.
    pub fn set_header(&mut self, header: &Header) {
        self.bytes[1..FIXED].copy_from_slice(&header.bytes()[1..]);
    }

    /// The payload, to change it in place.
    pub fn payload_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Moves a fixed header right before the payload, so that contributing sources and extension disappear, and cuts the
    /// padding: the bytes to send. Extensions are numbered by agreement with one party and mean nothing to another.
    pub fn bare(self, header: &Header) -> &'a mut [u8] {
        let from = self.start - FIXED;
        self.bytes[from..self.start].copy_from_slice(&header.bytes());
        &mut self.bytes[from..self.end]
    }
}

/// Where the payload starts and ends.
fn bounds(bytes: &[u8]) -> Option<(usize, usize)> {
    if bytes.len() < FIXED || bytes[0] >> 6 != 2 {
        return None;
    }
    let mut start = FIXED + 4 * usize::from(bytes[0] & 0x0f);
    if bytes[0] & 0x10 != 0 {
        let length = bytes.get(start + 2..start + 4)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    let padding = if bytes[0] & 0x20 != 0 { usize::from(*bytes.last()?).max(1) } else { 0 };
    let end = bytes.len().checked_sub(padding)?;
    (start <= end).then_some((start, end))
}

pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full() -> Vec<u8> {
        // Version 2, padding, extension, two contributing sources.
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 2, 0x80 | 96, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4];
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 2]);
        bytes.extend([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]);
        bytes.extend(b"sound");
        bytes.extend([0, 0, 3]);
        bytes
    }

    #[test]
    fn extension_sources_and_padding_are_no_payload() {
        let bytes = full();
        let packet = Packet::parse(&bytes).unwrap();
        let header = Header { marker: true, payload_type: 96, sequence: 7, timestamp: 160, ssrc: 0x0102_0304 };
        assert_eq!(packet.header(), header);
        assert_eq!(packet.payload(), b"sound");
        assert_eq!(packet.csrcs().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(packet.extension(), Some((0xbede, &[0x10, 0xff, 0, 0][..])));
    }

    #[test]
    fn a_header_is_rewritten_in_place() {
        let mut bytes = full();
        let new = Header { marker: false, payload_type: 8, sequence: 65_535, timestamp: u32::MAX, ssrc: 9 };
        let mut packet = PacketMut::parse(&mut bytes).unwrap();
        packet.set_header(&new);
        assert_eq!(packet.view().header(), new);
        assert_eq!(packet.view().payload(), b"sound");
        let bare = packet.bare(&new);
        assert_eq!(bare.len(), FIXED + 5);
        assert_eq!(Packet::parse(bare).unwrap().header(), new);
        assert_eq!(Packet::parse(bare).unwrap().payload(), b"sound");
    }

    #[test]
    fn what_claims_more_than_is_there_is_nothing() {
        let bytes = full();
        assert!(Packet::parse(&bytes[..20]).is_none());
        let mut padded = bytes.clone();
        *padded.last_mut().unwrap() = 200;
        assert!(Packet::parse(&padded).is_none());
        assert!(Packet::parse(&[0x40; 20]).is_none());
    }

    #[test]
    fn rtcp_is_told_apart() {
        assert!(is_rtcp(&[0x80, 200, 0, 1, 0, 0, 0, 0]));
        let bytes = Header { marker: true, payload_type: 127, ..Header::default() }.bytes();
        assert!(is_rtp(&bytes) && !is_rtcp(&bytes));
        assert!(!is_rtp(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "a STUN request");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(first) = bytes.first_mut() {
                *first = 0x80 | (*first & 0x3f);
            }
            if let Some(packet) = Packet::parse(&bytes) {
                let _ = (packet.header(), packet.payload(), packet.extension(), packet.csrcs().count());
            }
            if let Some(packet) = PacketMut::parse(&mut bytes) {
                packet.bare(&Header::default());
            }
        }
    }
}
