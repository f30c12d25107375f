//! The slow path: what one party says in its codec, said again in the other's. Entered only when codecs differ and neither
//! is a table away from the other.

use patchbay_codec::{Decoder, Encoder, FRAME};
use patchbay_plane::Codec;

use crate::wire::{self, Head};

/// Lost packets that are concealed; a longer gap is silence.
const MOST_CONCEALED: u16 = 5;

/// One direction between two codecs.
pub struct Transcoder {
    from: Codec,
    to: Codec,
    decoder: Box<dyn Decoder>,
    encoder: Box<dyn Encoder>,
    /// Decoded and not yet sent; less than a frame between packets.
    pending: Vec<i16>,
    /// Timestamp of the first pending sample, in the outgoing clock.
    position: u32,
    last: Option<Last>,
}

#[derive(Clone, Copy)]
struct Last {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The incoming timestamp without wraps.
    unwrapped: u64,
}

impl Transcoder {
    /// From one codec to another.
    pub fn new(from: Codec, to: Codec) -> Self {
        let (decoder, encoder) = (wire::codec_id(from).spec().decoder(), wire::codec_id(to).spec().encoder());
        Self { from, to, decoder, encoder, pending: Vec::with_capacity(8 * FRAME), position: 0, last: None }
    }
    /// Whether it is between these.
    pub fn is_between(&self, from: Codec, to: Codec) -> bool {
        self.from == from && self.to == to
    }
    /// What the receiver loses of what we send, 0 to 1.
    pub fn expect_loss(&mut self, share: f64) {
        self.encoder.expect_loss(share);
    }

    /// Takes a packet; calls `send` with timestamp and payload of each frame that is complete.
    pub fn run(&mut self, head: &Head, payload: &[u8], mut send: impl FnMut(u32, &[u8])) {
        let Some(gap) = self.note(head) else { return };
        let concealed = u32::from(if gap > MOST_CONCEALED { 0 } else { gap });
        if self.pending.is_empty() {
            let step = wire::clock_rate(self.to) / 50;
            self.position = self.timestamp().wrapping_sub(concealed * step);
        }
        for _ in 0..concealed {
            self.decoder.conceal(&mut self.pending);
        }
        self.decoder.decode(payload, &mut self.pending);
        let mut coded = Vec::with_capacity(FRAME);
        let whole = self.pending.len() / FRAME;
        for frame in self.pending.chunks_exact(FRAME) {
            coded.clear();
            self.encoder.encode(frame, &mut coded);
            if !coded.is_empty() {
                send(self.position, &coded);
            }
            self.position = self.position.wrapping_add(wire::clock_rate(self.to) / 50);
        }
        self.pending.drain(..whole * FRAME);
    }

    /// The last packet's timestamp in the outgoing clock.
    pub fn timestamp(&self) -> u32 {
        let Some(last) = self.last else { return 0 };
        let (from, to) = (u64::from(wire::clock_rate(self.from)), u64::from(wire::clock_rate(self.to)));
        (last.unwrapped * to / from) as u32
    }

    /// Notes a packet that only passes (a digit), so that it is not taken for a loss.
    pub fn pass(&mut self, head: &Head) -> Option<u32> {
        self.note(head).map(|_| self.timestamp())
    }

    /// How many packets are missing before this one; `None` when it is late or a repetition.
    fn note(&mut self, head: &Head) -> Option<u16> {
        let start = Last {
            ssrc: head.ssrc,
            sequence: head.sequence,
            timestamp: head.timestamp,
            unwrapped: u64::from(head.timestamp) + (1 << 32),
        };
        let Some(last) = self.last.filter(|last| last.ssrc == head.ssrc) else {
            self.last = Some(start);
            self.pending.clear();
            return Some(0);
        };
        let ahead = head.sequence.wrapping_sub(last.sequence);
        if ahead == 0 || ahead > 0x8000 {
            return None;
        }
        let passed = head.timestamp.wrapping_sub(last.timestamp) as i32;
        self.last = Some(Last { unwrapped: last.unwrapped.saturating_add_signed(i64::from(passed)), ..start });
        Some(ahead - 1)
    }
}

#[cfg(test)]
mod tests {
    use patchbay_codec::{measure, tone::Sine};

    use super::*;

    fn head(sequence: u16, timestamp: u32) -> Head {
        Head { marker: false, sequence, timestamp, ssrc: 5, payload: 12..12 }
    }

    #[test]
    fn a_tone_survives_both_ways_and_the_timestamp_keeps_step() {
        for (from, to) in [(Codec::Opus, Codec::Pcmu), (Codec::Pcma, Codec::Opus)] {
            let mut transcoder = Transcoder::new(from, to);
            let mut encoder = wire::codec_id(from).spec().encoder();
            let mut decoder = wire::codec_id(to).spec().decoder();
            let mut sine = Sine::new(700, -15.0);
            let (mut heard, mut stamps) = (Vec::new(), Vec::new());
            let step = wire::clock_rate(from) / 50;
            for at in 0..100u32 {
                let mut frame = [0; FRAME];
                sine.fill(&mut frame);
                let mut payload = Vec::new();
                encoder.encode(&frame, &mut payload);
                // Over the wrap of the timestamp.
                let timestamp = (u32::MAX - 40 * step).wrapping_add(at * step);
                transcoder.run(&head(at as u16, timestamp), &payload, |stamp, coded| {
                    stamps.push(stamp);
                    decoder.decode(coded, &mut heard);
                });
            }
            assert!(measure::share(&heard[20 * FRAME..], 700) > 0.95, "{from:?} to {to:?}");
            let out = wire::clock_rate(to) / 50;
            assert!(stamps.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == out), "{from:?} to {to:?}");
            assert_eq!(stamps.len(), 100);
        }
    }

    #[test]
    fn gaps_are_filled_and_late_packets_dropped() {
        let mut transcoder = Transcoder::new(Codec::Pcmu, Codec::Opus);
        let mut sent = Vec::new();
        for at in [0u16, 1, 4, 3, 4, 5] {
            transcoder.run(&head(at, u32::from(at) * 160), &[0xff; 160], |stamp, _| sent.push(stamp / 960));
        }
        let first = sent[0];
        let steps: Vec<u32> = sent.iter().map(|stamp| stamp - first).collect();
        assert_eq!(steps, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn thirty_millisecond_packets_become_twenty() {
        let mut transcoder = Transcoder::new(Codec::Pcmu, Codec::Opus);
        let mut sent = Vec::new();
        for at in 0..4u16 {
            transcoder.run(&head(at, u32::from(at) * 240), &[0xff; 240], |stamp, _| sent.push(stamp));
        }
        assert_eq!(sent.len(), 6);
        assert!(sent.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == 960));
    }
}
