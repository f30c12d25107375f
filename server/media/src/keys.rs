//! Digits that a party presses as tones: analog gateways whose profile says so send no events. On the process path: packets wait
//! in a jitter buffer, losses are hidden, and the worker's clock sets the pace.

use patchbay_codec::{Decoder, detect::KeyListener};
use patchbay_kernel::Tick;
use patchbay_plane::Codec;
use patchbay_rtp::{JitterBuffer, Pulled};

use crate::wire::{self, Head};

/// One source as it is decoded.
struct Source {
    ssrc: u32,
    codec: Codec,
    buffer: JitterBuffer,
    decoder: Box<dyn Decoder>,
}

/// Listens to one party.
#[derive(Default)]
pub struct Keys {
    source: Option<Source>,
    listener: KeyListener,
    samples: Vec<i16>,
}

impl Keys {
    /// Takes a packet of the party. Another source or codec begins anew.
    pub fn push(&mut self, codec: Codec, head: &Head, payload: &[u8], now: Tick) {
        let source = match &mut self.source {
            Some(source) if source.ssrc == head.ssrc && source.codec == codec => source,
            other => other.insert(Source {
                ssrc: head.ssrc,
                codec,
                buffer: JitterBuffer::new(wire::clock_rate(codec)),
                decoder: wire::codec_id(codec).spec().decoder(),
            }),
        };
        source.buffer.push(head.sequence, head.timestamp, payload, now);
    }

    /// Listens to the next 20 ms: the keys that were recognised, in order.
    pub fn frame(&mut self, now: Tick) -> Vec<char> {
        let Some(source) = &mut self.source else { return Vec::new() };
        self.samples.clear();
        match source.buffer.pull(now) {
            Pulled::Frame(payload) => source.decoder.decode(&payload, &mut self.samples),
            Pulled::Lost => source.decoder.conceal(&mut self.samples),
            Pulled::Silence => self.samples.resize(patchbay_codec::FRAME, 0),
        }
        self.listener.hear(&self.samples)
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

    /// What is recognised when each packet comes in time.
    fn recognised(codec: Codec) -> String {
        let (mut keys, clock, mut told) = (Keys::default(), wire::clock_rate(codec), String::new());
        let packets = pressed(codec);
        for number in 0..packets.len() as u16 + 20 {
            let now = Tick::from_ms(u64::from(number) * 20);
            if let Some(payload) = packets.get(usize::from(number)) {
                let timestamp = u32::from(number) * (clock / 50);
                let head = Head { marker: false, sequence: number, timestamp, ssrc: 1, payload: 0..payload.len() };
                keys.push(codec, &head, payload, now);
            }
            told.extend(keys.frame(Tick(now.0 + 3_000)));
        }
        told
    }

    #[test]
    fn every_key_of_a_list_is_heard_in_every_codec() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::Opus] {
            assert_eq!(recognised(codec), LIST, "{codec:?}");
        }
    }
}
