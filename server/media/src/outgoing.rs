//! What a party receives: one source (SSRC), one unbroken row of sequence numbers and timestamps, wherever it comes from.
//!
//! A sequence number never leaves twice: under SRTP that would use a key stream twice.

use patchbay_kernel::{Tick, time::Span};

/// Names what is being sent on: a leg and its party's SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceKey {
    /// Slot of the leg it comes from.
    pub slot: usize,
    /// The party's SSRC.
    pub ssrc: u32,
}

/// Header fields of one packet to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in units of the codec's clock.
    pub timestamp: u32,
    /// The row was joined to another source here (RFC 3551 section 4.1).
    pub marker: bool,
}

/// A jump of a source's sequence numbers beyond this is a new start (RFC 3550 A.1, MAX_DROPOUT).
const MOST_AHEAD: i16 = 3_000;
/// Frames of our own further apart than this are joined anew: nothing was sent in between, and nothing is made up for.
const PAUSE: Span = Span::ms(125);
/// Late packets are let through so far behind.
const WINDOW: i16 = 64;

#[derive(Clone, Copy, Debug)]
struct Map {
    source: SourceKey,
    sequence: u16,
    timestamp: u32,
}

/// The outgoing side of one leg.
#[derive(Debug)]
pub struct Outgoing {
    /// Our SSRC towards this party.
    pub ssrc: u32,
    highest: u16,
    seen: u64,
    timestamp: u32,
    at: Option<Tick>,
    map: Option<Map>,
    /// Packets sent.
    pub packets: u64,
    /// Payload bytes sent.
    pub octets: u64,
}

impl Outgoing {
    /// Begins at these values. `sequence` is halved, so that the first turn of the counter is far away.
    pub const fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        let highest = sequence / 2;
        Self { ssrc, highest, seen: !0, timestamp, at: None, map: None, packets: 0, octets: 0 }
    }

    /// The stamp for a packet of `source` that came with `sequence` and `timestamp` (already in our clock); gaps and small
    /// disorder of the source are kept. `None`: it was sent before, or is too old.
    pub fn follow(&mut self, source: SourceKey, sequence: u16, timestamp: u32, now: Tick, rate: u32) -> Option<Stamp> {
        let mut marker = false;
        let ahead = |map: &Map, highest: u16| sequence.wrapping_add(map.sequence).wrapping_sub(highest) as i16;
        let map = match self.map {
            Some(map) if map.source == source && ahead(&map, self.highest).unsigned_abs() <= MOST_AHEAD as u16 => map,
            _ => {
                marker = true;
                self.join(source, sequence, timestamp, now, rate)
            }
        };
        let out = sequence.wrapping_add(map.sequence);
        let distance = ahead(&map, self.highest);
        if distance <= 0 {
            let bit = 1u64.checked_shl(u32::from(distance.unsigned_abs())).filter(|_| distance > -WINDOW)?;
            if self.seen & bit != 0 {
                return None;
            }
            self.seen |= bit;
            return Some(Stamp { sequence: out, timestamp: timestamp.wrapping_add(map.timestamp), marker });
        }
        self.advance(distance as u32);
        self.timestamp = timestamp.wrapping_add(map.timestamp);
        self.at = Some(now);
        Some(Stamp { sequence: out, timestamp: self.timestamp, marker })
    }

    /// The stamp for a frame of our own; `step` is what one frame advances the timestamp by.
    pub fn own(&mut self, step: u32, now: Tick, rate: u32) -> Stamp {
        let paused = self.at.is_none_or(|at| now.since(at) > PAUSE);
        let marker = self.map.take().is_some() || paused;
        let timestamp = if marker { self.resume(now, rate) } else { self.timestamp.wrapping_add(step) };
        self.advance(1);
        self.timestamp = timestamp;
        self.at = Some(now);
        Stamp { sequence: self.highest, timestamp, marker }
    }

    /// The timestamp for an event (RFC 4733) that begins now; its packets are stamped by [`Self::event`].
    pub fn begin_event(&mut self, now: Tick, rate: u32) -> u32 {
        self.map = None;
        self.timestamp = self.resume(now, rate);
        self.at = Some(now);
        self.timestamp
    }

    /// The stamp of the next packet of an event: all of them carry the timestamp of its beginning.
    pub fn event(&mut self, timestamp: u32, marker: bool) -> Stamp {
        self.advance(1);
        Stamp { sequence: self.highest, timestamp, marker }
    }

    /// Where the timestamp stands now, had we sent all the time.
    pub fn timestamp_at(&self, now: Tick, rate: u32) -> u32 {
        let passed = self.at.map_or(0, |at| now.since(at).0);
        self.timestamp.wrapping_add((u128::from(passed) * u128::from(rate) / 1_000_000) as u32)
    }

    /// Forgets the source, so that the next one begins with a marker: the bridge changed.
    pub const fn part(&mut self) {
        self.map = None;
    }

    /// Counts a packet with so many payload bytes as sent.
    pub const fn count(&mut self, payload: usize) {
        self.packets += 1;
        self.octets += payload as u64;
    }

    fn advance(&mut self, by: u32) {
        self.seen = self.seen.checked_shl(by).unwrap_or(0) | 1;
        self.highest = self.highest.wrapping_add(by as u16);
    }

    fn resume(&self, now: Tick, rate: u32) -> u32 {
        let frame = rate / 50;
        let passed = self.timestamp_at(now, rate).wrapping_sub(self.timestamp);
        self.timestamp.wrapping_add(passed.max(frame))
    }

    fn join(&mut self, source: SourceKey, sequence: u16, timestamp: u32, now: Tick, rate: u32) -> Map {
        let map = Map {
            source,
            sequence: self.highest.wrapping_add(1).wrapping_sub(sequence),
            timestamp: self.resume(now, rate).wrapping_sub(timestamp),
        };
        self.map = Some(map);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: SourceKey = SourceKey { slot: 0, ssrc: 1 };
    const B: SourceKey = SourceKey { slot: 1, ssrc: 2 };

    #[test]
    fn a_switch_of_sources_keeps_the_row_and_marks_the_joint() {
        let mut out = Outgoing::new(9, 200, 1_000);
        let first = out.follow(A, 50, 8_000, Tick::from_ms(0), 8_000).unwrap();
        assert!(first.marker);
        let second = out.follow(A, 51, 8_160, Tick::from_ms(20), 8_000).unwrap();
        assert_eq!((second.sequence, second.marker), (first.sequence + 1, false));
        assert_eq!(second.timestamp, first.timestamp + 160);
        let joint = out.follow(B, 40_000, 7, Tick::from_ms(120), 8_000).unwrap();
        assert_eq!((joint.sequence, joint.marker), (second.sequence + 1, true));
        assert_eq!(joint.timestamp, second.timestamp + 800, "100 ms passed");
        let own = out.own(160, Tick::from_ms(140), 8_000);
        assert_eq!((own.sequence, own.timestamp, own.marker), (joint.sequence + 1, joint.timestamp + 160, true));
        assert!(!out.own(160, Tick::from_ms(160), 8_000).marker);
        let later = out.own(160, Tick::from_ms(1_160), 8_000);
        assert_eq!((later.timestamp, later.marker), (own.timestamp + 160 + 8_000, true), "a second of nothing");
    }

    #[test]
    fn gaps_and_disorder_stay_and_nothing_leaves_twice() {
        let mut out = Outgoing::new(9, 65_535, 0);
        let now = Tick::from_ms(1);
        let at = |out: &mut Outgoing, n: u16| out.follow(A, n, u32::from(n) * 160, now, 8_000).map(|s| s.sequence);
        let base = at(&mut out, 65_530).unwrap();
        assert_eq!(at(&mut out, 65_533), Some(base + 3));
        assert_eq!(at(&mut out, 65_531), Some(base + 1), "late");
        assert_eq!(at(&mut out, 65_531), None, "again");
        assert_eq!(at(&mut out, 65_533), None, "again");
        assert_eq!(at(&mut out, 2), Some(base + 8), "over the wrap");
        assert_eq!(at(&mut out, 65_400), None, "too old");
    }

    #[test]
    fn no_number_leaves_twice_whatever_the_sources_do() {
        let mut chance = patchbay_kernel::SeededEntropy::new(3);
        let mut out = Outgoing::new(9, 100, 0);
        let mut sent = std::collections::HashSet::new();
        for step in 0..40_000u64 {
            let number = patchbay_kernel::Entropy::below(&mut chance, 65_536) as u16;
            let now = Tick::from_ms(step);
            let stamp = match step % 5 {
                0 => out.follow(A, number, 0, now, 8_000),
                1 => out.follow(B, (step / 5) as u16, 0, now, 8_000),
                2 => Some(out.own(160, now, 8_000)),
                3 => Some(out.event(0, false)),
                _ => out.follow(A, (step / 3) as u16, 0, now, 8_000),
            };
            if let Some(stamp) = stamp {
                assert!(sent.insert(stamp.sequence), "{step}: {} again", stamp.sequence);
            }
            if sent.len() > 50_000 {
                break;
            }
            // After a turn of the counter numbers are free again.
            if step % 100 == 0 {
                let far = out.highest.wrapping_add(30_000);
                sent.retain(|n| n.wrapping_sub(far) as i16 > 0 || far.wrapping_sub(*n) > 20_000);
            }
        }
    }
}
