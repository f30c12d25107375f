//! Digits that a party presses as tones: analog gateways whose profile says so send no events.
//!
//! Nobody waits for this audio, so no clock sets its pace: packets are heard in their order as they come. However late and uneven
//! they are, a key is as long as the party pressed it; only what is lost is guessed at.

use std::collections::BTreeMap;

use patchbay_codec::{Decoder, FRAME, detect::KeyListener};
use patchbay_kernel::{Tick, time::Span};
use patchbay_plane::Codec;

use crate::wire::{self, Head};

/// Later packets that may be there before one that is missing is given up.
const OVERTAKEN: usize = 10;
/// So long without a packet, and what was held back is heard and the pause that ends a key with it.
const STOPPED: Span = Span::ms(200);
/// Frames of a pause or a loss that are heard at most: enough to tell one key from the next.
const GAP: u64 = 5;
/// A jump of the sequence numbers beyond this is a new start.
const JUMP: u64 = 200;

/// One source as it is decoded.
struct Source {
    ssrc: u32,
    codec: Codec,
    decoder: Box<dyn Decoder>,
    /// Packets that came before their turn.
    early: BTreeMap<u64, (u32, Vec<u8>)>,
    /// Whose turn it is.
    next: u64,
    /// When it was made, by the sender's clock.
    due: u32,
    last: Tick,
}

/// Listens to one party.
#[derive(Default)]
pub struct Keys {
    source: Option<Source>,
    listener: KeyListener,
    samples: Vec<i16>,
    told: Vec<char>,
}

impl Keys {
    /// Takes a packet of the party. Another source or codec begins anew.
    pub fn push(&mut self, codec: Codec, head: &Head, payload: &[u8], now: Tick) {
        let number = self.source.as_ref().map(|source| source.number(head.sequence));
        let known = self.source.as_ref().zip(number).is_some_and(|(source, number)| {
            source.ssrc == head.ssrc && source.codec == codec && number.abs_diff(source.next) <= JUMP
        });
        if !known {
            self.source = Some(Source::new(codec, head, now));
        }
        let Some(source) = &mut self.source else { return };
        source.last = now;
        let number = source.number(head.sequence);
        if number >= source.next {
            source.early.entry(number).or_insert_with(|| (head.timestamp, payload.to_vec()));
        }
        self.catch_up(OVERTAKEN);
    }

    /// The keys that were recognised since, in order. To be asked now and then, also while nothing comes.
    pub fn take(&mut self, now: Tick) -> Vec<char> {
        if let Some(source) = &mut self.source
            && now.since(source.last) >= STOPPED
        {
            source.last = now;
            self.catch_up(0);
            self.pause(GAP);
        }
        std::mem::take(&mut self.told)
    }

    /// Hears what has its turn; what is missing is given up once more than `patience` packets wait for it.
    fn catch_up(&mut self, patience: usize) {
        while let Some(source) = &mut self.source
            && let Some((&first, &(timestamp, _))) = source.early.first_key_value()
        {
            if first > source.next && source.early.len() <= patience {
                return;
            }
            let missing = first - source.next;
            let frame = wire::clock_rate(source.codec) / 50;
            let silent = u64::from(timestamp.wrapping_sub(source.due) / frame).saturating_sub(missing);
            self.samples.clear();
            for _ in 0..missing.min(GAP) {
                source.decoder.conceal(&mut self.samples);
            }
            // A sender that is silent on purpose leaves no gap in the numbers, but one in its clock.
            let silent = if silent > u64::from(u16::MAX) { 0 } else { silent.min(GAP) };
            self.samples.resize(self.samples.len() + silent as usize * FRAME, 0);
            let Some((number, (timestamp, payload))) = source.early.pop_first() else { return };
            let before = self.samples.len();
            source.decoder.decode(&payload, &mut self.samples);
            let made = (self.samples.len() - before) as u32;
            source.next = number + 1;
            source.due = timestamp.wrapping_add(made.wrapping_mul(frame) / FRAME as u32);
            self.told.extend(self.listener.hear(&self.samples));
        }
    }

    fn pause(&mut self, frames: u64) {
        for _ in 0..frames {
            self.told.extend(self.listener.hear(&[0; FRAME]));
        }
    }
}

impl Source {
    fn new(codec: Codec, head: &Head, now: Tick) -> Self {
        let decoder = wire::codec_id(codec).spec().decoder();
        // Far from zero, so that what came before the first packet has a number too.
        let next = u64::from(head.sequence) + (1 << 20);
        Self { ssrc: head.ssrc, codec, decoder, early: BTreeMap::new(), next, due: head.timestamp, last: now }
    }

    /// The sequence number without wraps, the one nearest to what is due.
    fn number(&self, sequence: u16) -> u64 {
        let ahead = sequence.wrapping_sub(self.next as u16) as i16;
        self.next.saturating_add_signed(i64::from(ahead))
    }
}

#[cfg(test)]
mod tests {
    use patchbay_codec::{
        FRAME,
        tone::{Player, Signal},
    };

    use super::*;

    const LIST: &str = "0123456789*#ABCD00112233#*9876543210DCBA";

    /// What a gateway sends of this list: 70 ms of each key, 70 ms between them, in packets of the codec.
    fn pressed(codec: Codec) -> Vec<Vec<u8>> {
        let mut audio = vec![0; 8_000];
        for digit in LIST.chars() {
            let mut tone = [0; 560];
            Player::new(Signal::key(digit).unwrap(), -10.0).fill(&mut tone);
            audio.extend(tone);
            audio.extend([0; 560]);
        }
        audio.extend([0; 4_000]);
        let mut encoder = wire::codec_id(codec).spec().encoder();
        let frame = |samples: &[i16]| {
            let mut payload = Vec::new();
            encoder.encode(samples, &mut payload);
            payload
        };
        audio.chunks_exact(FRAME).map(frame).collect()
    }

    /// What is recognised of packets that come at these times, in this order.
    fn recognised(codec: Codec, coming: &[(u16, u64)]) -> String {
        let (mut keys, clock, mut told) = (Keys::default(), wire::clock_rate(codec), String::new());
        let (packets, mut at) = (pressed(codec), 0);
        for (number, ms) in coming {
            for ms in (at..*ms).step_by(20) {
                told.extend(keys.take(Tick::from_ms(ms)));
            }
            at = *ms;
            let payload = &packets[usize::from(*number)];
            // Numbers and clock pass their ends in the middle of it.
            let timestamp = (u32::from(*number) * (clock / 50)).wrapping_sub(80_000);
            let sequence = number.wrapping_sub(100);
            let head = Head { marker: false, sequence, timestamp, ssrc: 1, payload: 0..payload.len() };
            keys.push(codec, &head, payload, Tick::from_ms(at));
        }
        told.extend(keys.take(Tick::from_ms(at + 1_000)));
        told
    }

    fn in_time(codec: Codec) -> Vec<(u16, u64)> {
        (0..pressed(codec).len() as u16).map(|number| (number, u64::from(number) * 20)).collect()
    }

    #[test]
    fn every_key_of_a_list_is_heard_in_every_codec() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::Opus] {
            assert_eq!(recognised(codec, &in_time(codec)), LIST, "{codec:?}");
        }
    }

    #[test]
    fn a_network_that_stalls_and_swaps_packets_makes_no_key_shorter() {
        let mut coming = in_time(Codec::Pcma);
        for (at, (_, ms)) in coming.iter_mut().enumerate() {
            *ms = ms.next_multiple_of(if at % 3 == 0 { 400 } else { 160 });
        }
        coming.sort_by_key(|(_, ms)| *ms);
        assert_eq!(recognised(Codec::Pcma, &coming), LIST);
    }

    #[test]
    fn a_lost_packet_here_and_there_neither_loses_nor_doubles_a_key() {
        let mut coming = in_time(Codec::Pcmu);
        coming.retain(|(number, _)| number % 20 != 7);
        assert_eq!(recognised(Codec::Pcmu, &coming), LIST);
    }

    #[test]
    fn a_sender_that_says_nothing_in_its_pauses_still_presses_each_key() {
        let quiet = pressed(Codec::Pcma)[0].clone();
        let packets = pressed(Codec::Pcma);
        let (mut keys, mut told, mut sequence) = (Keys::default(), String::new(), 0u16);
        for (number, payload) in packets.iter().enumerate() {
            let now = Tick::from_ms(number as u64 * 20);
            if *payload != quiet {
                let head = Head {
                    marker: false,
                    sequence,
                    timestamp: number as u32 * 160,
                    ssrc: 1,
                    payload: 0..payload.len(),
                };
                keys.push(Codec::Pcma, &head, payload, now);
                sequence += 1;
            }
            told.extend(keys.take(now));
        }
        assert_eq!(told, LIST);
    }
}
