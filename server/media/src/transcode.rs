//! The slow path: what one party says in its codec, said again in the other's. Entered only when codecs differ and neither
//! is a table away from the other. Packets wait in a jitter buffer, losses are hidden, frames leave by the worker's clock.

use patchbay_codec::{Decoder, Encoder, FRAME, g711::Law};
use patchbay_kernel::Tick;
use patchbay_plane::Codec;
use patchbay_rtp::{JitterBuffer, Pulled};

use crate::{
    outgoing::{Outgoing, Stamp},
    wire::{self, Head},
};

/// One direction between two codecs.
pub struct Transcoder {
    from: Codec,
    to: Codec,
    decoder: Box<dyn Decoder>,
    encoder: Box<dyn Encoder>,
    buffer: JitterBuffer,
    ssrc: Option<u32>,
    /// Decoded and not yet sent; less than a frame between two frames.
    pending: Vec<i16>,
    /// The digit that passes: its timestamp, and ours for it.
    digit: Option<(u32, u32)>,
    /// The party heard this source until now, and nothing of it has come through here yet.
    joins: bool,
}

/// Samples over which the process path is faded out when it is left: 10 ms.
const FADE: usize = FRAME / 2;

impl Transcoder {
    /// From one codec to another.
    pub fn new(from: Codec, to: Codec) -> Self {
        let (decoder, encoder) = (wire::codec_id(from).spec().decoder(), wire::codec_id(to).spec().encoder());
        let buffer = JitterBuffer::new(wire::clock_rate(from));
        Self {
            from,
            to,
            decoder,
            encoder,
            buffer,
            ssrc: None,
            pending: Vec::with_capacity(8 * FRAME),
            digit: None,
            joins: false,
        }
    }
    /// Whether it is between these.
    pub fn is_between(&self, from: Codec, to: Codec) -> bool {
        self.from == from && self.to == to
    }
    /// Whether its frames are of this codec.
    pub fn makes(&self, codec: Codec) -> bool {
        self.to == codec
    }
    /// What the receiver loses of what we send, 0 to 1.
    pub fn expect_loss(&mut self, share: f64) {
        self.encoder.expect_loss(share);
    }

    /// The party heard `before` of this source, by the forward path: until the first packet has its turn it hears what would
    /// have followed, and then a blend.
    pub fn join(&mut self, before: &[i16]) {
        if !before.is_empty() {
            self.decoder.join(before);
            self.joins = true;
        }
    }

    /// Blends the first payload of the forward path, in this law, out of what would have followed here.
    pub fn part(mut self, law: Law, payload: &mut [u8]) {
        if self.pending.len() < FADE {
            self.decoder.conceal(&mut self.pending);
        }
        for (at, (byte, ours)) in payload.iter_mut().zip(&self.pending).take(FADE).enumerate() {
            let share = (at + 1) as f32 / (FADE + 1) as f32;
            let theirs = f32::from(law.decode(*byte));
            *byte = law.encode((theirs * share + f32::from(*ours) * (1.0 - share)).round() as i16);
        }
    }

    /// Takes a packet of the source.
    pub fn push(&mut self, head: &Head, payload: &[u8], now: Tick) {
        self.follow(head.ssrc);
        self.buffer.push(head.sequence, head.timestamp, payload, now);
    }

    /// Appends the payload of the next 20 ms; nothing while nothing is received.
    pub fn frame(&mut self, now: Tick, into: &mut Vec<u8>) {
        while self.pending.len() < FRAME {
            match self.buffer.pull(now) {
                Pulled::Frame(payload) => {
                    self.joins = false;
                    self.decoder.decode(&payload, &mut self.pending);
                }
                Pulled::Lost => match self.buffer.following() {
                    Some(following) => self.decoder.recover(following, &mut self.pending),
                    None => self.decoder.conceal(&mut self.pending),
                },
                Pulled::Silence if self.joins => self.decoder.conceal(&mut self.pending),
                Pulled::Silence => {
                    self.pending.clear();
                    return;
                }
            }
        }
        self.encoder.encode(&self.pending[..FRAME], into);
        self.pending.drain(..FRAME);
    }

    /// The stamp for a packet of a digit, which passes at once: its repetitions are what it has against loss. `None`: it
    /// belongs to an earlier digit and comes too late. `clock` in Hz of what is sent.
    pub fn digit(&mut self, head: &Head, out: &mut Outgoing, now: Tick, clock: u32) -> Option<Stamp> {
        self.follow(head.ssrc);
        self.buffer.pass(head.sequence, now);
        match self.digit {
            Some((theirs, ours)) if theirs == head.timestamp => Some(out.event(ours, false)),
            Some((theirs, _)) if (head.timestamp.wrapping_sub(theirs) as i32) < 0 => None,
            _ => {
                let ours = out.begin_event(now, clock);
                self.digit = Some((head.timestamp, ours));
                Some(out.event(ours, true))
            }
        }
    }

    /// Another source has other numbers and another clock.
    fn follow(&mut self, ssrc: u32) {
        if self.ssrc.replace(ssrc) != Some(ssrc) {
            self.buffer = JitterBuffer::new(wire::clock_rate(self.from));
            self.pending.clear();
            self.digit = None;
            self.joins = false;
        }
    }
}

#[cfg(test)]
#[path = "transcode_tests.rs"]
mod tests;
