//! The last half second of what a party sent, kept as it came and looked at only when somebody asks.

use patchbay_codec::{CodecId, Decoder, FRAME, RATE, g711::Law, measure};
use patchbay_plane::Codec;

use crate::api::Heard;

/// Half a second of samples.
const KEPT: usize = RATE as usize / 2;
/// Below this a tone cannot be told from the noise of coding.
const LEAST: usize = 4 * FRAME;

/// Recent audio of one party.
#[derive(Default)]
pub struct Ear {
    /// One byte for each sample: G.711, a ring.
    ring: Vec<u8>,
    at: usize,
    law: Option<Law>,
    /// Decodes what is not G.711, from the first question on: nobody pays for answers that nobody wants.
    decoder: Option<Box<dyn Decoder>>,
    asked: bool,
    samples: Vec<i16>,
}

impl Ear {
    /// A packet of the party.
    pub fn take(&mut self, codec: Codec, payload: &[u8]) {
        match codec {
            Codec::Pcmu => self.keep(Law::Mu, payload),
            Codec::Pcma => self.keep(Law::A, payload),
            Codec::Opus if self.asked => {
                let mut samples = std::mem::take(&mut self.samples);
                samples.clear();
                self.decoder.get_or_insert_with(|| CodecId::Opus.spec().decoder()).decode(payload, &mut samples);
                self.keep_samples(&samples);
                self.samples = samples;
            }
            Codec::Opus => {}
        }
    }

    fn keep_samples(&mut self, samples: &[i16]) {
        let bytes: Vec<u8> = samples.iter().map(|sample| Law::Mu.encode(*sample)).collect();
        self.keep(Law::Mu, &bytes);
    }

    fn keep(&mut self, law: Law, bytes: &[u8]) {
        if self.law != Some(law) {
            self.law = Some(law);
            self.ring.clear();
            self.at = 0;
        }
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        if self.ring.len() < KEPT {
            self.ring.reserve_exact(KEPT - self.ring.len());
            let room = bytes.len().min(KEPT - self.ring.len());
            self.ring.extend_from_slice(&bytes[..room]);
            self.overwrite(&bytes[room..]);
        } else {
            self.overwrite(bytes);
        }
    }

    fn overwrite(&mut self, bytes: &[u8]) {
        let first = bytes.len().min(KEPT - self.at);
        if !bytes.is_empty() {
            self.ring[self.at..self.at + first].copy_from_slice(&bytes[..first]);
            self.ring[..bytes.len() - first].copy_from_slice(&bytes[first..]);
            self.at = (self.at + bytes.len()) % KEPT;
        }
    }

    /// What was kept, oldest first.
    fn recent(&self) -> Vec<i16> {
        let Some(law) = self.law else { return Vec::new() };
        let (newer, older) = self.ring.split_at(self.at);
        older.iter().chain(newer).map(|byte| law.decode(*byte)).collect()
    }

    /// What was kept before the packet at hand, oldest first; a packet that is no G.711 was kept only if somebody asks.
    pub fn before(&self) -> Vec<i16> {
        let mut recent = self.recent();
        if self.decoder.is_some() {
            recent.truncate(recent.len().saturating_sub(FRAME));
        }
        recent
    }

    /// Forgets, so that old audio is not taken for new: nothing came for a while.
    pub fn forget(&mut self) {
        self.ring.clear();
        self.at = 0;
    }

    /// Loudness of what was kept, dBFS.
    pub fn level_dbfs(&self) -> Option<f64> {
        let recent = self.recent();
        (!recent.is_empty()).then(|| f64::from(measure::level_dbfs(&recent)))
    }

    /// How much of what was kept is this frequency; `None` without enough audio.
    pub fn hear(&mut self, hz: u16) -> Option<Heard> {
        self.asked = true;
        let recent = self.recent();
        (recent.len() >= LEAST)
            .then(|| Heard { share: measure::share(&recent, hz), level_dbfs: measure::level_dbfs(&recent) })
    }
}

#[cfg(test)]
mod tests {
    use patchbay_codec::tone::Sine;

    use super::*;

    #[test]
    fn the_last_half_second_is_heard_in_every_codec() {
        for (codec, id) in [(Codec::Pcmu, CodecId::Pcmu), (Codec::Pcma, CodecId::Pcma), (Codec::Opus, CodecId::Opus)] {
            let (mut ear, mut encoder) = (Ear::default(), id.spec().encoder());
            assert_eq!(ear.hear(440), None);
            for hz in [1_000, 440] {
                let mut sine = Sine::new(hz, -10.0);
                for _ in 0..37 {
                    let mut frame = [0; FRAME];
                    sine.fill(&mut frame);
                    let mut payload = Vec::new();
                    encoder.encode(&frame, &mut payload);
                    ear.take(codec, &payload);
                }
            }
            let heard = ear.hear(440).unwrap();
            assert!(heard.share > 0.95, "{codec:?} {heard:?}");
            assert!((heard.level_dbfs + 10.0).abs() < 1.5, "{codec:?} {heard:?}");
            assert!(ear.hear(1_000).unwrap().share < 0.02);
            ear.forget();
            assert_eq!(ear.hear(440), None);
        }
    }
}
