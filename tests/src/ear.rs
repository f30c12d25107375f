//! What a simulated person hears: the last second, ready to be measured.

use std::collections::VecDeque;

use patchbay_codec::{RATE, measure};

/// Keeps the last second of audio.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    samples: VecDeque<i16>,
    heard: u64,
}

/// How much of what is heard is one tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Share of the energy, 0 to 1.
    pub share: f32,
    /// Loudness, dBFS; [`measure::SILENCE_DBFS`] for silence.
    pub level_dbfs: f32,
    /// Samples received since the beginning: tells silence from nothing.
    pub samples: u64,
}

impl Ear {
    /// Takes decoded samples.
    pub fn hear(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        self.heard += samples.len() as u64;
        let over = self.samples.len().saturating_sub(RATE as usize);
        self.samples.drain(..over);
    }

    /// Forgets, so that the next measure is of what comes from now on.
    pub fn forget(&mut self) {
        self.samples.clear();
    }

    /// Measures the last `ms` milliseconds; nothing received counts as silence.
    pub fn measure(&self, hz: u16, ms: usize) -> Heard {
        let want = (RATE as usize * ms / 1_000).min(self.samples.len());
        let recent: Vec<i16> = self.samples.iter().skip(self.samples.len() - want).copied().collect();
        if recent.is_empty() {
            return Heard { share: 0.0, level_dbfs: measure::SILENCE_DBFS, samples: self.heard };
        }
        Heard { share: measure::share(&recent, hz), level_dbfs: measure::level_dbfs(&recent), samples: self.heard }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_codec::tone::Sine;

    use super::*;

    #[test]
    fn only_the_last_second_counts() {
        let (mut ear, mut tone) = (Ear::default(), [0; 8_000]);
        Sine::new(1_000, -10.0).fill(&mut tone);
        ear.hear(&tone);
        assert!(ear.measure(1_000, 500).share > 0.99);
        ear.hear(&[0; 8_000]);
        assert!(ear.measure(1_000, 500).level_dbfs <= measure::SILENCE_DBFS);
        assert_eq!(ear.measure(1_000, 500).samples, 16_000);
    }
}
