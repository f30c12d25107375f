//! A jitter buffer as a pure machine: packets go in when they come, one frame comes out each 20 ms.

use std::collections::BTreeMap;

use patchbay_kernel::Tick;

/// Milliseconds of one frame.
const FRAME_MS: u64 = 20;
/// Least and most that is held back, in frames: 20 to 120 ms.
const DEPTH: (usize, usize) = (1, 6);
/// Frames above the wanted depth before one is thrown away.
const SLACK: usize = 2;
/// Missing frames in a row after which the sender is taken to be silent, and the buffer fills anew.
const GIVE_UP: u32 = 10;
/// Packets held at most; a sender that floods loses its oldest.
const MOST: usize = 50;

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The payload that is due.
    Frame(Vec<u8>),
    /// It did not come in time: conceal it.
    Lost,
    /// Nothing is being received.
    Silence,
}

/// Holds packets back just long enough to hand them out evenly. The depth follows the measured jitter.
#[derive(Clone, Debug, Default)]
pub struct JitterBuffer {
    held: BTreeMap<u64, Vec<u8>>,
    highest: Option<u64>,
    next: Option<u64>,
    missing: u32,
    last_arrival: Option<(u64, Tick)>,
    spread_ms: f64,
    late: u64,
}

impl JitterBuffer {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// A packet of 20 ms came. Duplicates and packets that are too late change nothing but the figures.
    pub fn push(&mut self, sequence: u16, payload: &[u8], at: Tick) {
        let number = self.extend(sequence);
        self.measure(number, at);
        if self.next.is_some_and(|next| number < next) {
            self.late += 1;
            return;
        }
        self.held.insert(number, payload.to_vec());
        if self.held.len() > MOST {
            self.held.pop_first();
        }
    }

    /// The frame that is due now. Call it each 20 ms.
    pub fn pull(&mut self) -> Pulled {
        let depth = self.depth();
        let Some(next) = self.next else {
            return self.start(depth);
        };
        if self.held.len() > depth + SLACK {
            self.held.pop_first();
        }
        let first = self.held.first_key_value().map(|(number, _)| *number);
        match first {
            // Enough came after the one that is missing: it is lost, and what was thrown away is not waited for.
            Some(first) if first == next || self.held.len() >= depth => self.hand_out(first),
            _ if self.missing >= GIVE_UP => {
                self.next = None;
                self.missing = 0;
                self.start(depth)
            }
            // It may still come: conceal and wait, which makes the buffer deeper by one frame.
            _ => {
                self.missing += 1;
                Pulled::Lost
            }
        }
    }

    /// Frames held back now on purpose.
    pub fn depth(&self) -> usize {
        let wanted = (2.0 * self.spread_ms / FRAME_MS as f64).ceil() as usize + 1;
        wanted.clamp(DEPTH.0, DEPTH.1)
    }

    /// Milliseconds that it adds.
    pub fn delay_ms(&self) -> u64 {
        self.depth() as u64 * FRAME_MS
    }

    /// Packets that came after their turn.
    pub const fn late(&self) -> u64 {
        self.late
    }

    fn start(&mut self, depth: usize) -> Pulled {
        match self.held.first_key_value() {
            Some((first, _)) if self.held.len() >= depth => {
                let first = *first;
                self.hand_out(first)
            }
            _ => Pulled::Silence,
        }
    }

    fn hand_out(&mut self, number: u64) -> Pulled {
        self.missing = 0;
        self.next = Some(number + 1);
        self.held.remove(&number).map_or(Pulled::Lost, Pulled::Frame)
    }

    /// The sequence number with its cycles; the first begins high enough that late ones before it stay positive.
    fn extend(&mut self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else {
            let number = (1 << 32) | u64::from(sequence);
            self.highest = Some(number);
            return number;
        };
        let ahead = sequence.wrapping_sub(highest as u16) as i16;
        let number = highest.saturating_add_signed(i64::from(ahead));
        self.highest = Some(highest.max(number));
        number
    }

    /// Mean deviation from an even 20 ms per packet.
    fn measure(&mut self, number: u64, at: Tick) {
        if let Some((before, then)) = self.last_arrival
            && number > before
            && number - before < 50
        {
            let due = (number - before) * FRAME_MS;
            let off = (at.since(then).0 as f64 / 1_000.0 - due as f64).abs();
            self.spread_ms += (off - self.spread_ms) / 16.0;
        }
        if self.last_arrival.is_none_or(|(before, _)| number > before) {
            self.last_arrival = Some((number, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::{Entropy, SeededEntropy};

    /// Sends `count` packets with delays from `delay`, pulls each 20 ms, and gives back what came out.
    fn play(count: u64, mut delay: impl FnMut(u64) -> Option<u64>) -> (Vec<Pulled>, JitterBuffer) {
        let mut arrivals: Vec<(u64, u16)> =
            (0..count).filter_map(|n| Some((n * 20 + delay(n)?, (n as u16).wrapping_add(65_500)))).collect();
        arrivals.sort_unstable();
        let (mut buffer, mut out, mut arrived) = (JitterBuffer::new(), Vec::new(), arrivals.into_iter().peekable());
        for ms in (0..count * 20 + 200).step_by(20) {
            while let Some((at, sequence)) = arrived.next_if(|(at, _)| *at <= ms) {
                buffer.push(sequence, &sequence.to_be_bytes(), Tick::from_ms(at));
            }
            out.push(buffer.pull());
        }
        (out, buffer)
    }

    fn frames(out: &[Pulled]) -> Vec<u16> {
        let number = |it: &Pulled| match it {
            Pulled::Frame(bytes) => Some(u16::from_be_bytes([bytes[0], bytes[1]])),
            Pulled::Lost | Pulled::Silence => None,
        };
        out.iter().filter_map(number).collect()
    }

    #[test]
    fn an_even_stream_passes_whole_and_quickly() {
        let (out, buffer) = play(100, |_| Some(1));
        assert_eq!(frames(&out).len(), 100);
        assert_eq!(out[..100].iter().filter(|it| **it == Pulled::Lost).count(), 0);
        assert!(buffer.delay_ms() <= 40);
    }

    #[test]
    fn disorder_within_the_depth_is_put_right() {
        let mut chance = SeededEntropy::new(7);
        let (out, buffer) = play(500, |_| Some(chance.below(45)));
        let heard = frames(&out);
        let in_order = heard.windows(2).all(|pair| (pair[1].wrapping_sub(pair[0]) as i16) > 0);
        assert!(in_order);
        assert!(heard.len() > 480, "{} of 500, {} late", heard.len(), buffer.late());
        assert!((20..=120).contains(&buffer.delay_ms()));
    }

    #[test]
    fn a_lost_packet_is_one_gap() {
        let (out, _) = play(100, |n| (n != 50).then_some(1));
        assert_eq!(out[..100].iter().filter(|it| **it == Pulled::Lost).count(), 1);
        assert_eq!(frames(&out).len(), 99);
    }

    #[test]
    fn silence_ends_and_begins_without_stale_gaps() {
        let (out, _) = play(200, |n| (!(50..150).contains(&n)).then_some(1));
        assert!(out.iter().filter(|it| **it == Pulled::Lost).count() <= 2 * GIVE_UP as usize + 2);
        assert_eq!(frames(&out).len(), 100);
    }

    #[test]
    fn a_flood_is_thrown_away_and_the_newest_kept() {
        let mut buffer = JitterBuffer::new();
        for n in 0..200 {
            buffer.push(n, &[n as u8], Tick::ZERO);
        }
        let out: Vec<Pulled> = (0..60).map(|_| buffer.pull()).collect();
        let heard: Vec<u8> =
            out.iter().filter_map(|it| if let Pulled::Frame(bytes) = it { Some(bytes[0]) } else { None }).collect();
        assert!(heard[0] >= 150 && heard.last() == Some(&199), "{heard:?}");
        assert!(heard.len() < 40, "two leave at a time until it is as deep as it should be");
    }
}
