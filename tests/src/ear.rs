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

/// Watches for holes in a tone, in frames of 20 ms by the listener's own beat.
#[derive(Clone, Copy, Debug)]
pub struct Holes {
    hz: u16,
    since: u64,
    longest: u64,
}

impl Holes {
    /// From now on; the tone is there.
    pub const fn watch(hz: u16) -> Self {
        Self { hz, since: 0, longest: 0 }
    }

    /// A beat has passed.
    pub fn beat(&mut self) {
        self.since += 1;
        self.longest = self.longest.max(self.since);
    }

    /// A frame was heard.
    pub fn hear(&mut self, samples: &[i16]) {
        if measure::level_dbfs(samples) > -40.0 && measure::share(samples, self.hz) > 0.8 {
            self.since = 0;
        }
    }

    /// The longest hole until now, one that still goes on included, milliseconds.
    pub const fn longest_ms(&self) -> u64 {
        self.longest * 20
    }
}

#[cfg(test)]
mod tests {
    use patchbay_codec::tone::Sine;

    use super::*;

    #[test]
    fn a_hole_is_as_long_as_the_tone_is_away_whatever_else_is_heard() {
        let (mut tone, mut other) = (Sine::new(1_000, -10.0), Sine::new(392, -10.0));
        let (mut holes, mut frame) = (Holes::watch(1_000), [0; 160]);
        for at in 0..100 {
            holes.beat();
            let playing = if (40..65).contains(&at) { &mut other } else { &mut tone };
            playing.fill(&mut frame);
            holes.hear(&frame);
        }
        assert_eq!(holes.longest_ms(), 26 * 20);
    }

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
