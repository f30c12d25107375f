//! RTCP compounds: reports, names and farewells, written and read. Source: RFC 3550 section 6.

use patchbay_kernel::Wall;

use crate::packet::word;

/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_EPOCH_S: i64 = 2_208_988_800;

/// What a sender says of its own stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// When, as NTP: seconds since 1900 in the upper half, their fraction in the lower.
    pub ntp: u64,
    /// The same instant on the stream's clock.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What a receiver says of a stream that it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Whose stream.
    pub ssrc: u32,
    /// Share lost since the last report, in 256ths.
    pub fraction: u8,
    /// Lost in all; negative when duplicates came. 24 bits on the wire.
    pub lost: i32,
    /// Highest sequence number with its cycles.
    pub highest: u32,
    /// Interarrival jitter in clock units.
    pub jitter: u32,
    /// Middle of the NTP time of the last sender report heard; 0 for none.
    pub last_report: u32,
    /// From hearing it to sending this, in 65536ths of a second.
    pub delay: u32,
}

impl Block {
    /// Round trip in milliseconds, when this block came in at `now` as NTP; `None` before the first sender report.
    pub fn rtt_ms(&self, now: u64) -> Option<f64> {
        if self.last_report == 0 {
            return None;
        }
        let trip = middle(now).wrapping_sub(self.last_report).wrapping_sub(self.delay);
        // A clock that was set in between makes this huge; half a minute is no round trip.
        (trip < 30 << 16).then(|| f64::from(trip) * 1_000.0 / 65_536.0)
    }
}

/// One packet of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// From somebody who sends.
    Sender {
        /// Who.
        ssrc: u32,
        /// On its own stream.
        info: SenderInfo,
        /// On streams that it hears.
        blocks: Vec<Block>,
    },
    /// From somebody who only listens.
    Receiver {
        /// Who.
        ssrc: u32,
        /// On streams that it hears.
        blocks: Vec<Block>,
    },
    /// Canonical names.
    Names(Vec<(u32, String)>),
    /// These leave.
    Bye(Vec<u32>),
    /// Something else, by packet type.
    Other(u8),
}

/// NTP time of an instant.
pub fn ntp(at: Wall) -> u64 {
    let us = at.0.saturating_add(NTP_EPOCH_S * 1_000_000).max(0) as u64;
    let (s, part) = (us / 1_000_000, us % 1_000_000);
    (s << 32) | ((part << 32) / 1_000_000)
}

/// The middle 32 bits of an NTP time, as `last_report` carries them.
pub const fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// Every packet of a compound; stops at the first that does not hold together.
pub fn parse(mut bytes: &[u8]) -> Vec<Report> {
    let mut reports = Vec::new();
    while let Some((report, rest)) = first(bytes) {
        reports.push(report);
        bytes = rest;
    }
    reports
}

fn first(bytes: &[u8]) -> Option<(Report, &[u8])> {
    if bytes.len() < 4 || bytes[0] >> 6 != 2 {
        return None;
    }
    let length = 4 * (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) + 1);
    let (packet, rest) = bytes.split_at_checked(length)?;
    let (count, body) = (usize::from(packet[0] & 0x1f), &packet[4..]);
    let report = match packet[1] {
        200 => sender(body, count)?,
        201 => Report::Receiver { ssrc: word(body.get(..4)?, 0), blocks: blocks(&body[4..], count) },
        202 => Report::Names(names(body, count)),
        203 => Report::Bye(body.chunks_exact(4).take(count).map(|four| word(four, 0)).collect()),
        other => Report::Other(other),
    };
    Some((report, rest))
}

fn sender(body: &[u8], count: usize) -> Option<Report> {
    let head = body.get(..24)?;
    let info = SenderInfo {
        ntp: u64::from(word(head, 4)) << 32 | u64::from(word(head, 8)),
        timestamp: word(head, 12),
        packets: word(head, 16),
        octets: word(head, 20),
    };
    Some(Report::Sender { ssrc: word(head, 0), info, blocks: blocks(&body[24..], count) })
}

// What follows the counted blocks is an extension of a profile (RFC 3550 section 6.4.3), not a block.
fn blocks(body: &[u8], count: usize) -> Vec<Block> {
    let read = |block: &[u8]| Block {
        ssrc: word(block, 0),
        fraction: block[4],
        // 24 bits with a sign: shifted up and back down.
        lost: ((word(block, 4) << 8) as i32) >> 8,
        highest: word(block, 8),
        jitter: word(block, 12),
        last_report: word(block, 16),
        delay: word(block, 20),
    };
    body.chunks_exact(24).take(count).map(read).collect()
}

fn names(mut body: &[u8], count: usize) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for _ in 0..count {
        let Some((ssrc, items)) = body.split_at_checked(4) else { break };
        let mut at = 0;
        while let (Some(kind), Some(length)) = (items.get(at), items.get(at + 1)) {
            let Some(text) = items.get(at + 2..at + 2 + usize::from(*length)) else { break };
            match *kind {
                0 => break,
                1 => found.push((word(ssrc, 0), String::from_utf8_lossy(text).into_owned())),
                _ => {}
            }
            at += 2 + text.len();
        }
        // The list ends with at least one zero and fills its last word.
        body = items.get((at / 4 + 1) * 4..).unwrap_or_default();
    }
    found
}

/// A compound being written. It must begin with a report (section 6.1): call [`Self::sender`] or [`Self::receiver`] first.
#[derive(Clone, Debug, Default)]
pub struct Compound {
    bytes: Vec<u8>,
}

impl Compound {
    /// Empty.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// A sender report.
    pub fn sender(mut self, ssrc: u32, info: &SenderInfo, blocks: &[Block]) -> Self {
        self.head(blocks.len(), 200, 6 + 6 * blocks.len());
        self.word(ssrc);
        self.bytes.extend(info.ntp.to_be_bytes());
        for value in [info.timestamp, info.packets, info.octets] {
            self.word(value);
        }
        self.blocks(blocks)
    }

    /// A receiver report.
    pub fn receiver(mut self, ssrc: u32, blocks: &[Block]) -> Self {
        self.head(blocks.len(), 201, 1 + 6 * blocks.len());
        self.word(ssrc);
        self.blocks(blocks)
    }

    /// A canonical name, at most 255 bytes of it.
    pub fn name(mut self, ssrc: u32, cname: &str) -> Self {
        let text = &cname.as_bytes()[..cname.len().min(255)];
        let words = (2 + text.len()) / 4 + 1;
        self.head(1, 202, 1 + words);
        self.word(ssrc);
        self.bytes.extend([1, text.len() as u8]);
        self.bytes.extend(text);
        self.bytes.resize(self.bytes.len() + words * 4 - 2 - text.len(), 0);
        self
    }

    /// A farewell.
    pub fn bye(mut self, ssrc: u32) -> Self {
        self.head(1, 203, 1);
        self.word(ssrc);
        self
    }

    /// What to send.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn head(&mut self, count: usize, kind: u8, words: usize) {
        self.bytes.extend([0x80 | (count as u8 & 0x1f), kind]);
        self.bytes.extend((words as u16).to_be_bytes());
    }

    fn word(&mut self, value: u32) {
        self.bytes.extend(value.to_be_bytes());
    }

    fn blocks(mut self, blocks: &[Block]) -> Self {
        for block in blocks {
            self.word(block.ssrc);
            let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
            self.word(u32::from(block.fraction) << 24 | lost);
            for value in [block.highest, block.jitter, block.last_report, block.delay] {
                self.word(value);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLOCK: Block =
        Block { ssrc: 7, fraction: 26, lost: -3, highest: 0x0001_0005, jitter: 80, last_report: 5, delay: 6 };

    #[test]
    fn a_compound_is_read_as_written() {
        let info = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 160, packets: 2, octets: 320 };
        let bytes = Compound::new().sender(1, &info, &[BLOCK]).name(1, "patchbay").bye(1).into_bytes();
        assert_eq!(bytes.len() % 4, 0);
        let expected = [
            Report::Sender { ssrc: 1, info, blocks: vec![BLOCK] },
            Report::Names(vec![(1, "patchbay".into())]),
            Report::Bye(vec![1]),
        ];
        assert_eq!(parse(&bytes), expected);
        for cname in ["", "a", "ab", "abc", "abcd"] {
            let bytes = Compound::new().receiver(3, &[]).name(3, cname).bye(3).into_bytes();
            assert_eq!(parse(&bytes)[1], Report::Names(vec![(3, cname.into())]), "{cname}");
            assert_eq!(parse(&bytes)[2], Report::Bye(vec![3]), "{cname}");
        }
    }

    #[test]
    fn an_extension_behind_the_blocks_is_no_block() {
        let mut bytes = Compound::new().receiver(3, &[BLOCK, BLOCK]).into_bytes();
        bytes[0] = 0x81;
        assert_eq!(parse(&bytes), [Report::Receiver { ssrc: 3, blocks: vec![BLOCK] }]);
    }

    #[test]
    fn a_round_trip_is_the_time_less_the_delay() {
        let sent = ntp(Wall(1_700_000_000_000_000));
        // Heard, held for 250 ms and answered; back after 300 ms in all.
        let block = Block { last_report: middle(sent), delay: 65_536 / 4, ..BLOCK };
        let rtt = block.rtt_ms(ntp(Wall(1_700_000_000_300_000))).unwrap();
        assert!((rtt - 50.0).abs() < 0.1, "{rtt}");
        assert_eq!(Block { last_report: 0, ..BLOCK }.rtt_ms(sent), None);
        assert_eq!(block.rtt_ms(ntp(Wall(1_600_000_000_000_000))), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 4..120), kind in 200u8..205, length in 0u8..30) {
            bytes[0] = 0x80 | (bytes[0] & 0x3f);
            bytes[1] = kind;
            (bytes[2], bytes[3]) = (0, length);
            parse(&bytes);
        }
    }
}
