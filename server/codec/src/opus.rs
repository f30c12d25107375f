//! Opus through libopus, at 8 kHz: the other side of a telephone call has no more to give. Source: RFC 6716, RFC 7587.

use opus::{Application, Bitrate, Channels};

use crate::{
    plc::Concealer,
    spec::{Decoder, Encoder, FRAME, RATE},
};

/// Bits a second.
const PLAIN: i32 = 16_000;
/// With repair data: below some 20 kbit/s libopus leaves them out, whatever it was told.
const WITH_REPAIR: i32 = 24_000;
/// Longest Opus packet that we write, bytes. 16 kbit/s gives 40 for 20 ms.
const LONGEST: usize = 400;
/// Longest packet that can arrive: 120 ms (RFC 6716 section 3.2.5).
const LONGEST_SAMPLES: usize = 6 * FRAME;
/// Share of loss from which repair data pays (`media.md` section 4).
const FEC_FROM: f64 = 0.02;

/// Samples to Opus.
pub struct OpusEncoder {
    inner: Option<opus::Encoder>,
}

impl OpusEncoder {
    /// Speech, 16 kbit/s, complexity 5, no discontinuous transmission.
    pub fn new() -> Self {
        let inner = opus::Encoder::new(RATE, Channels::Mono, Application::Voip).and_then(|mut encoder| {
            encoder.set_bitrate(Bitrate::Bits(PLAIN))?;
            encoder.set_complexity(5)?;
            encoder.set_dtx(false)?;
            Ok(encoder)
        });
        Self { inner: inner.ok() }
    }
}

impl Default for OpusEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder for OpusEncoder {
    fn encode(&mut self, samples: &[i16], into: &mut Vec<u8>) {
        let Some(encoder) = &mut self.inner else { return };
        let start = into.len();
        into.resize(start + LONGEST, 0);
        let length = encoder.encode(samples, &mut into[start..]).unwrap_or(0);
        into.truncate(start + length);
    }

    fn expect_loss(&mut self, share: f64) {
        if let Some(encoder) = &mut self.inner {
            // A codec that refuses a hint still codes.
            let repair = share > FEC_FROM;
            let _ = encoder.set_inband_fec(repair);
            let _ = encoder.set_bitrate(Bitrate::Bits(if repair { WITH_REPAIR } else { PLAIN }));
            let _ = encoder.set_packet_loss_perc((share.clamp(0.0, 0.3) * 100.0) as i32);
        }
    }
}

/// Opus to samples.
///
/// What is lost and not repaired is made up by [`Concealer`]: libopus conceals steady sounds as noise, which takes twice as much
/// of a tone as the loss itself. Its own concealment still runs, for what the decoder remembers.
pub struct OpusDecoder {
    inner: Option<opus::Decoder>,
    concealer: Concealer,
}

impl OpusDecoder {
    /// Mono at 8 kHz, whatever the sender encodes.
    pub fn new() -> Self {
        Self { inner: opus::Decoder::new(RATE, Channels::Mono).ok(), concealer: Concealer::default() }
    }

    fn run(&mut self, payload: &[u8], longest: usize, repair: bool, into: &mut Vec<i16>) -> bool {
        let Some(decoder) = &mut self.inner else { return false };
        let start = into.len();
        into.resize(start + longest, 0);
        let decoded = decoder.decode(payload, &mut into[start..], repair);
        into.truncate(start + *decoded.as_ref().unwrap_or(&0));
        decoded.is_ok()
    }
}

impl Default for OpusDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for OpusDecoder {
    fn decode(&mut self, payload: &[u8], into: &mut Vec<i16>) {
        let start = into.len();
        if payload.is_empty() || !self.run(payload, LONGEST_SAMPLES, false, into) {
            self.conceal(into);
        } else {
            self.concealer.received(&mut into[start..]);
        }
    }

    fn conceal(&mut self, into: &mut Vec<i16>) {
        // libopus takes an empty packet for a lost one and fills exactly the room it is given.
        let start = into.len();
        self.run(&[], FRAME, false, into);
        into.truncate(start);
        self.concealer.conceal(FRAME, into);
    }

    fn join(&mut self, before: &[i16]) {
        self.concealer.join(before);
    }

    fn recover(&mut self, following: &[u8], into: &mut Vec<i16>) {
        let start = into.len();
        if has_repair(following) && self.run(following, FRAME, true, into) {
            self.concealer.received(&mut into[start..]);
        } else {
            self.conceal(into);
        }
    }
}

/// Whether a packet carries repair data for the one before it: the flag after the voice flags of its SILK frames (RFC 6716
/// sections 3.1 and 4.2.3), of which a frame of 20 ms has one.
fn has_repair(packet: &[u8]) -> bool {
    let [toc, rest @ ..] = packet else { return false };
    let config = toc >> 3;
    let frames = match config {
        0..=11 => [1, 1, 2, 3][usize::from(config) % 4],
        12..=15 => 1,
        // CELT has none.
        _ => return false,
    };
    // Packets of several frames say their lengths first; nobody sends calls so.
    toc & 3 == 0 && rest.first().is_some_and(|flags| flags >> (7 - frames) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_concealed_and_never_panics() {
        let mut decoder = OpusDecoder::new();
        let mut heard = Vec::new();
        for length in 0..64u8 {
            let payload: Vec<u8> = (0..length).map(|at| at.wrapping_mul(73).wrapping_add(length)).collect();
            let before = heard.len();
            decoder.decode(&payload, &mut heard);
            assert!((1..=LONGEST_SAMPLES).contains(&(heard.len() - before)));
        }
    }

    #[test]
    fn a_loss_yields_one_frame() {
        let mut heard = Vec::new();
        OpusDecoder::new().conceal(&mut heard);
        assert_eq!(heard.len(), FRAME);
    }

    #[test]
    fn repair_data_of_the_next_packet_restores_a_lost_one() {
        let mut encoder = OpusEncoder::new();
        encoder.expect_loss(0.2);
        // Syllables: what was before an onset tells nothing of it.
        let onset = |at: usize| at % 20 == 10;
        let packets: Vec<Vec<u8>> = (0..101)
            .map(|at| {
                let mut frame = [0i16; FRAME];
                for (step, sample) in frame.iter_mut().enumerate().filter(|_| at % 20 >= 10) {
                    let time = (at * FRAME + step) as f64 / f64::from(RATE);
                    let voice: f64 = (1..12).map(|h| (std::f64::consts::TAU * 150.0 * f64::from(h) * time).sin()).sum();
                    *sample = (voice * 1_500.0) as i16;
                }
                let mut payload = Vec::new();
                encoder.encode(&frame, &mut payload);
                payload
            })
            .collect();
        let level = |repair: bool| {
            let (mut decoder, mut lost) = (OpusDecoder::new(), Vec::new());
            for at in 0..100 {
                let mut out = Vec::new();
                match (onset(at), repair) {
                    (true, true) => decoder.recover(&packets[at + 1], &mut out),
                    (true, false) => decoder.conceal(&mut out),
                    _ => decoder.decode(&packets[at], &mut out),
                }
                assert_eq!(out.len(), FRAME);
                if onset(at) {
                    lost.extend(out);
                }
            }
            crate::measure::level_dbfs(&lost)
        };
        assert!(level(true) > level(false) + 10.0, "{} {}", level(true), level(false));
        let mut out = Vec::new();
        OpusDecoder::new().recover(&[], &mut out);
        assert_eq!(out.len(), FRAME);
    }

    #[test]
    fn repair_data_makes_packets_longer() {
        let mut lengths = Vec::new();
        for share in [0.0, 0.2] {
            let mut encoder = OpusEncoder::new();
            encoder.expect_loss(share);
            let mut sine = crate::tone::Sine::new(300, -10.0);
            let mut payload = Vec::new();
            for _ in 0..20 {
                let mut frame = [0; FRAME];
                sine.fill(&mut frame);
                payload.clear();
                encoder.encode(&frame, &mut payload);
                assert!(!payload.is_empty() && payload.len() < LONGEST);
            }
            lengths.push(payload.len());
        }
        assert_ne!(lengths[0], lengths[1]);
    }
}
