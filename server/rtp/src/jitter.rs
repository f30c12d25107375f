//! A jitter buffer as a pure machine: packets go in when they come, and come out in their order when their turn has come.
//!
//! It holds packets back by the lateness that nearly all of them stay under, and follows that lateness up at once and down
//! slowly. The caller sets the pace: it pulls whenever it needs more audio.

use std::collections::BTreeMap;

use patchbay_kernel::Tick;

use crate::lateness::Lateness;

/// Milliseconds that playing may be ahead of the wanted delay before it waits.
const AHEAD_MS: f64 = 10.0;
/// And behind, before a packet is thrown away. Together they must be wider than a packet.
const BEHIND_MS: f64 = 30.0;
/// So far behind it leaps: packets were not pulled for a while.
const LEAP_MS: f64 = 250.0;
/// Pulls between two packets thrown away for being late on purpose: more would be heard.
const EVERY: u32 = 10;
/// Missing packets in a row after which the sender is taken to be silent, and the buffer fills anew.
const GIVE_UP: u32 = 10;
/// Packets held at most; a sender that floods loses its oldest.
const MOST: usize = 50;
/// A jump of the sequence numbers beyond this is a new start.
const JUMP: u64 = 200;

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The payload that is due.
    Frame(Vec<u8>),
    /// It did not come in time: conceal it. [`JitterBuffer::following`] may help.
    Lost,
    /// Nothing is being received, or something that is no audio.
    Silence,
}

#[derive(Clone, Debug)]
struct Held {
    /// `None`: no audio.
    payload: Option<Vec<u8>>,
    /// When the sender made it, in milliseconds of the stream's clock.
    made_ms: f64,
}

/// Holds packets back just long enough to hand them out evenly.
#[derive(Clone, Debug)]
pub struct JitterBuffer {
    clock: f64,
    held: BTreeMap<u64, Held>,
    highest: Option<u64>,
    /// The newest timestamp without wraps, in units of the clock.
    timestamp: Option<(u32, i64)>,
    next: Option<u64>,
    /// When the last one handed out or given up was made.
    played_ms: f64,
    /// Milliseconds of one packet.
    step_ms: f64,
    missing: u32,
    since_thrown: u32,
    lateness: Lateness,
    late: u64,
}

impl JitterBuffer {
    /// Empty; `clock` in Hz of the timestamps.
    pub fn new(clock: u32) -> Self {
        Self {
            clock: f64::from(clock.max(1)),
            held: BTreeMap::new(),
            highest: None,
            timestamp: None,
            next: None,
            played_ms: 0.0,
            step_ms: 20.0,
            missing: 0,
            since_thrown: 0,
            lateness: Lateness::default(),
            late: 0,
        }
    }

    /// A packet came. Duplicates and packets that are too late change nothing but the figures.
    pub fn push(&mut self, sequence: u16, timestamp: u32, payload: &[u8], at: Tick) {
        let made_ms = self.made(timestamp);
        if self.lateness.packet(ms(at) - made_ms) {
            self.held.clear();
            self.next = None;
        }
        self.keep(sequence, Held { payload: Some(payload.to_vec()), made_ms });
    }

    /// A packet came that is no audio (a digit): its number is used up and nothing is missing there.
    pub fn pass(&mut self, sequence: u16, at: Tick) {
        // The timestamp of a digit is that of its beginning; it counts as having come in time.
        let made_ms = ms(at) - self.lateness.base_ms().unwrap_or_default();
        self.keep(sequence, Held { payload: None, made_ms });
    }

    fn keep(&mut self, sequence: u16, held: Held) {
        let number = self.extend(sequence);
        if self.next.is_some_and(|next| number < next) {
            if held.made_ms <= self.played_ms {
                self.late += 1;
                return;
            }
            // A sender that was silent goes on with the next number: nothing was lost in its silence.
            self.next = Some(number);
        }
        self.held.entry(number).or_insert(held);
        if self.held.len() > MOST {
            self.held.pop_first();
        }
    }

    /// What is due now.
    pub fn pull(&mut self, now: Tick) -> Pulled {
        let first = self.held.first_key_value().map(|(number, held)| (*number, held.made_ms));
        let Some(next) = self.next else { return self.start(first, now) };
        self.since_thrown += 1;
        let made_ms = match first {
            Some((first, made_ms)) if first <= next => made_ms,
            Some((first, _)) if first - next > JUMP => return self.hand_out(first),
            Some((first, made_ms)) => self.played_ms + (made_ms - self.played_ms) / (first - next + 1) as f64,
            None => self.played_ms + self.step_ms,
        };
        let behind_ms = self.behind(made_ms, now);
        if behind_ms > LEAP_MS && first.is_some() {
            return self.leap(now);
        }
        let here = first.is_some_and(|(first, _)| first <= next);
        if behind_ms < -AHEAD_MS || !here {
            self.missing += 1;
            if self.missing > GIVE_UP {
                self.missing = 0;
                self.next = None;
                return Pulled::Silence;
            }
            // Before its turn it may still come; after it, it is given up.
            if behind_ms >= -AHEAD_MS {
                self.next = Some(next + 1);
                self.played_ms = made_ms;
            }
            return Pulled::Lost;
        }
        if behind_ms > BEHIND_MS && self.since_thrown >= EVERY && self.held.contains_key(&(next + 1)) {
            self.since_thrown = 0;
            self.held.pop_first();
            return self.hand_out(next + 1);
        }
        self.hand_out(next)
    }

    /// The payload after a lost packet, when it is there already: it may carry repair data.
    pub fn following(&self) -> Option<&[u8]> {
        self.held.get(&self.next?)?.payload.as_deref()
    }

    /// Milliseconds held back on purpose.
    pub fn delay_ms(&self) -> u64 {
        self.lateness.wanted_ms() as u64
    }

    /// Packets that came after their turn.
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// How far behind its turn a packet is, in milliseconds.
    fn behind(&self, made_ms: f64, now: Tick) -> f64 {
        ms(now) - made_ms - self.lateness.base_ms().unwrap_or_default() - self.lateness.wanted_ms()
    }

    fn start(&mut self, first: Option<(u64, f64)>, now: Tick) -> Pulled {
        match first {
            Some((first, made_ms)) if self.behind(made_ms, now) >= 0.0 || self.held.len() >= MOST => {
                self.hand_out(first)
            }
            _ => Pulled::Silence,
        }
    }

    /// Throws away what should have been played long ago, up to the packet whose turn it is.
    fn leap(&mut self, now: Tick) -> Pulled {
        while let Some((number, held)) = self.held.first_key_value() {
            let number = *number;
            if self.held.len() == 1 || self.behind(held.made_ms, now) <= BEHIND_MS {
                return self.hand_out(number);
            }
            self.held.pop_first();
        }
        Pulled::Lost
    }

    fn hand_out(&mut self, number: u64) -> Pulled {
        self.missing = 0;
        let before = self.next.replace(number + 1);
        let Some(held) = self.held.remove(&number) else { return Pulled::Lost };
        let step_ms = held.made_ms - self.played_ms;
        if before == Some(number) && (5.0..=60.0).contains(&step_ms) {
            self.step_ms = step_ms;
        }
        self.played_ms = held.made_ms;
        held.payload.map_or(Pulled::Silence, Pulled::Frame)
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

    /// When a packet with this timestamp was made, in milliseconds since the first one.
    fn made(&mut self, timestamp: u32) -> f64 {
        let unwrapped = match self.timestamp {
            Some((before, unwrapped)) => unwrapped + i64::from(timestamp.wrapping_sub(before) as i32),
            None => 0,
        };
        if self.timestamp.is_none_or(|(_, newest)| unwrapped > newest) {
            self.timestamp = Some((timestamp, unwrapped));
        }
        unwrapped as f64 * 1_000.0 / self.clock
    }
}

const fn ms(at: Tick) -> f64 {
    at.0 as f64 / 1_000.0
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
        let (mut buffer, mut out, mut arrived) =
            (JitterBuffer::new(8_000), Vec::new(), arrivals.into_iter().peekable());
        for ms in (7..count * 20 + 400).step_by(20) {
            while let Some((at, sequence)) = arrived.next_if(|(at, _)| *at <= ms) {
                let timestamp = (u32::from(sequence.wrapping_sub(65_500)) * 160).wrapping_sub(9_999);
                buffer.push(sequence, timestamp, &sequence.to_be_bytes(), Tick::from_ms(at));
            }
            out.push(buffer.pull(Tick::from_ms(ms)));
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

    fn lost(out: &[Pulled]) -> usize {
        out.iter().filter(|it| **it == Pulled::Lost).count()
    }

    fn in_order(heard: &[u16]) -> bool {
        heard.windows(2).all(|pair| (pair[1].wrapping_sub(pair[0]) as i16) > 0)
    }

    #[test]
    fn an_even_stream_passes_whole_and_quickly() {
        let (out, buffer) = play(100, |_| Some(1));
        assert_eq!(frames(&out).len(), 100);
        assert_eq!(lost(&out[..101]), 0, "{out:?}");
        assert!(buffer.delay_ms() <= 20);
        assert!(out[..3].contains(&Pulled::Frame(65_500u16.to_be_bytes().to_vec())), "heard within 60 ms");
    }

    #[test]
    fn disorder_within_the_depth_is_put_right() {
        for spread in [45, 100, 200] {
            let mut chance = SeededEntropy::new(7);
            let (out, buffer) = play(1_000, |_| Some(chance.below(spread)));
            let heard = frames(&out[50..]);
            assert!(in_order(&heard));
            assert!(heard.len() > 925, "{spread} ms: {} of 950, {} late", heard.len(), buffer.late());
            assert!((20..=spread + 20).contains(&buffer.delay_ms()), "{spread} ms: {}", buffer.delay_ms());
        }
    }

    #[test]
    fn a_twentieth_lost_of_an_uneven_stream_stays_a_twentieth() {
        let mut chance = SeededEntropy::new(11);
        let (out, _) = play(3_000, |_| (chance.below(20) != 0).then(|| chance.below(200)));
        let (heard, gaps) = (frames(&out[100..]), lost(&out[100..3_000]));
        assert!(in_order(&heard));
        assert!((100..230).contains(&gaps), "{gaps} concealed of 2,900, of which 145 are lost");
    }

    #[test]
    fn a_lost_packet_is_one_gap_and_its_repair_is_found() {
        let (out, _) = play(100, |n| (n != 50).then_some(1));
        assert_eq!(lost(&out[..100]), 1);
        assert_eq!(frames(&out).len(), 99);
        let mut buffer = JitterBuffer::new(8_000);
        for n in [0u16, 1, 3] {
            buffer.push(n, u32::from(n) * 160, &[n as u8], Tick::from_ms(u64::from(n) * 20));
        }
        let pulled: Vec<_> = [40, 60].map(|at| buffer.pull(Tick::from_ms(at))).into();
        assert_eq!(pulled, [Pulled::Frame(vec![0]), Pulled::Frame(vec![1])]);
        assert_eq!(buffer.pull(Tick::from_ms(80)), Pulled::Lost);
        assert_eq!(buffer.following(), Some(&[3u8][..]));
    }

    #[test]
    fn silence_ends_and_begins_without_stale_gaps() {
        let (out, _) = play(200, |n| (!(50..150).contains(&n)).then_some(1));
        assert!(lost(&out) <= 2 * GIVE_UP as usize + 2);
        assert_eq!(frames(&out).len(), 100);
    }

    #[test]
    fn a_sender_that_pauses_without_using_numbers_loses_nothing() {
        for pause in [60u64, 140, 2_000] {
            let mut buffer = JitterBuffer::new(8_000);
            let mut heard = 0;
            for n in 0..400u64 {
                // Twenty packets, a pause in which the clock runs and the numbers stand, twenty packets.
                let at = n * 20;
                let number = if at < 400 { Some(n) } else { (at >= 400 + pause).then(|| n - pause / 20) };
                if let Some(number) = number.filter(|number| *number < 40) {
                    buffer.push(number as u16, (at * 8) as u32, &[1], Tick::from_ms(at));
                }
                heard += usize::from(matches!(buffer.pull(Tick::from_ms(at + 7)), Pulled::Frame(_)));
            }
            assert_eq!(heard, 40, "after {pause} ms");
        }
    }

    #[test]
    fn digits_are_no_losses() {
        let mut buffer = JitterBuffer::new(8_000);
        let mut out = Vec::new();
        for n in 0..60u16 {
            let at = Tick::from_ms(u64::from(n) * 20);
            match n {
                20..27 => buffer.pass(n, at),
                _ => buffer.push(n, u32::from(n) * 160, &[n as u8], at),
            }
            out.push(buffer.pull(Tick(at.0 + 7_000)));
        }
        assert_eq!(lost(&out), 0, "{out:?}");
        assert!(
            frames(&out.iter().filter(|it| !matches!(it, Pulled::Frame(_))).cloned().collect::<Vec<_>>()).is_empty()
        );
    }

    #[test]
    fn after_a_time_without_pulls_it_leaps_to_now() {
        let mut buffer = JitterBuffer::new(8_000);
        let mut out = Vec::new();
        for n in 0..150u16 {
            let at = Tick::from_ms(u64::from(n) * 20);
            buffer.push(n, u32::from(n) * 160, &[n as u8], at);
            if !(30..60).contains(&n) {
                out.push((n, buffer.pull(Tick(at.0 + 7_000))));
            }
        }
        let after: Vec<_> = out.iter().filter(|(n, _)| *n >= 60).collect();
        for (n, pulled) in after {
            let Pulled::Frame(payload) = pulled else { panic!("{n}: {pulled:?}") };
            assert!(n - u16::from(payload[0]) <= 2, "{n}: {payload:?}");
        }
    }

    #[test]
    fn a_flood_is_thrown_away_and_another_clock_begins_anew() {
        let mut buffer = JitterBuffer::new(8_000);
        for n in 0..200 {
            buffer.push(n, u32::from(n) * 160, &[n as u8], Tick::ZERO);
        }
        assert!(buffer.held.len() <= MOST);
        let mut heard = 0;
        for n in 0..100u64 {
            let at = Tick::from_ms(10_000 + n * 20);
            buffer.push(40_000 + n as u16, 3_000_000_000 + n as u32 * 160, &[7], at);
            heard += usize::from(buffer.pull(Tick(at.0 + 5_000)) == Pulled::Frame(vec![7]));
        }
        assert!(heard > 95, "{heard}");
    }
}
