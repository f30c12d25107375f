//! Hides lost packets of a codec that has no means of its own: repeats the last pitch period, ever more softly. After ITU-T
//! G.711 Appendix I, without its 3.75 ms of delay: instead of blending the start of a gap into audio held back, the period
//! that is repeated is blended into itself, and the first packet after the gap is blended in from what was made up.

use crate::spec::RATE;

/// Samples in a millisecond.
const MS: usize = RATE as usize / 1_000;
/// Pitch periods that are looked for: 200 to 66 Hz (Appendix I), in samples.
const SHORTEST: usize = 5 * MS;
const LONGEST: usize = 15 * MS;
/// Samples that are compared to find the period: 20 ms.
const COMPARED: usize = 20 * MS;
/// What is remembered: three of the longest periods and a quarter of one, or what the comparison needs.
const HISTORY: usize = 3 * LONGEST + LONGEST / 4 + MS;
/// Full loudness lasts so long; then it falls by a fifth each 10 ms.
const FULL: usize = 10 * MS;
/// Silence from here on: a longer repeat sounds like a machine.
const SILENT: usize = 60 * MS;
/// Blending in the first packet after a gap takes this, and as much more for each 10 ms of gap.
const BLEND: usize = 4 * MS;
/// But never more.
const LONGEST_BLEND: usize = 10 * MS;

/// The memory of one stream.
#[derive(Clone, Debug)]
pub struct Concealer {
    history: [i16; HISTORY],
    /// The history when this gap began: what is made up is no source for more of it.
    before: [i16; HISTORY],
    /// The period being repeated, blended into itself; empty outside of a gap.
    period: Vec<f32>,
    pitch: usize,
    at: usize,
    /// Samples made up in this gap.
    made: usize,
}

impl Default for Concealer {
    fn default() -> Self {
        Self { history: [0; HISTORY], before: [0; HISTORY], period: Vec::new(), pitch: SHORTEST, at: 0, made: 0 }
    }
}

impl Concealer {
    /// Samples that came. The first ones after a gap are changed: blended in from what was made up.
    pub fn received(&mut self, samples: &mut [i16]) {
        if self.made > 0 {
            let more = (self.made / (10 * MS)).saturating_sub(1) * BLEND;
            let length = (BLEND + more).min(LONGEST_BLEND).min(samples.len());
            for (at, sample) in samples[..length].iter_mut().enumerate() {
                let share = (at + 1) as f32 / (length + 1) as f32;
                let made = self.next_sample();
                *sample = (f32::from(*sample) * share + made * (1.0 - share)).round() as i16;
            }
            self.made = 0;
            self.period.clear();
        }
        self.remember(samples);
    }

    /// Begins in the middle of a stream that went another way until now: the first samples are blended in from what would have
    /// followed `before`.
    pub fn join(&mut self, before: &[i16]) {
        self.remember(before);
        self.before = self.history;
        self.pitch = pitch(&self.before);
        self.at = 0;
        self.made = 1;
        self.prepare(1);
    }

    /// Appends samples in place of some that did not come.
    pub fn conceal(&mut self, count: usize, into: &mut Vec<i16>) {
        let start = into.len();
        for _ in 0..count {
            if self.made == 0 {
                self.before = self.history;
                self.pitch = pitch(&self.before);
                self.at = 0;
                self.prepare(1);
            } else if self.made == FULL || self.made == 2 * FULL {
                // One period over and over is a buzz; two, then three of them are less of one (Appendix I).
                self.prepare(1 + self.made / FULL);
            }
            into.push(self.next_sample().round() as i16);
        }
        self.remember(&into[start..]);
    }

    fn next_sample(&mut self) -> f32 {
        if self.period.is_empty() || self.made >= SILENT {
            self.made += 1;
            return 0.0;
        }
        let loudness = 1.0 - self.made.saturating_sub(FULL) as f32 / (SILENT - FULL) as f32;
        let value = self.period[self.at] * loudness;
        self.at = (self.at + 1) % self.period.len();
        self.made += 1;
        value
    }

    /// Makes the last `periods` pitch periods ready to be repeated. Their last quarter is blended into the quarter before
    /// their first, so that end and beginning meet.
    fn prepare(&mut self, periods: usize) {
        let length = (self.pitch * periods).min(HISTORY - LONGEST / 4);
        let (end, quarter) = (HISTORY, self.pitch / 4);
        let start = end - length;
        let phase = self.at % self.pitch;
        self.period.clear();
        self.period.extend(self.before[start..].iter().map(|sample| f32::from(*sample)));
        for step in 0..quarter {
            let share = (step + 1) as f32 / (quarter + 1) as f32;
            let before = f32::from(self.before[start - quarter + step]);
            let last = &mut self.period[length - quarter + step];
            *last = *last * (1.0 - share) + before * share;
        }
        self.at = phase;
    }

    fn remember(&mut self, samples: &[i16]) {
        let tail = &samples[samples.len().saturating_sub(HISTORY)..];
        self.history.copy_within(tail.len().., 0);
        self.history[HISTORY - tail.len()..].copy_from_slice(tail);
    }
}

/// The lag at which the last 20 ms resemble what was before them most, by normalised correlation: every second sample first,
/// then its neighbours.
fn pitch(history: &[i16; HISTORY]) -> usize {
    let coarse = best(history, (SHORTEST..=LONGEST).step_by(2), 2);
    best(history, coarse.saturating_sub(1).max(SHORTEST)..=(coarse + 1).min(LONGEST), 1)
}

fn best(history: &[i16; HISTORY], lags: impl Iterator<Item = usize>, step: usize) -> usize {
    let likeness = |lag: usize| {
        let recent = &history[HISTORY - COMPARED..];
        let earlier = &history[HISTORY - COMPARED - lag..HISTORY - lag];
        let (mut product, mut energy) = (0.0f32, 1.0f32);
        for (now, then) in recent.iter().zip(earlier).step_by(step) {
            product += f32::from(*now) * f32::from(*then);
            energy += f32::from(*then) * f32::from(*then);
        }
        product / energy.sqrt()
    };
    // Of equals the first, the shortest, is taken.
    let mut found = (SHORTEST, f32::MIN);
    for lag in lags {
        let like = likeness(lag);
        if like > found.1 {
            found = (lag, like);
        }
    }
    found.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{measure, spec::FRAME, tone::Sine};

    /// A tone of which some frames never come.
    fn heard(hz: u16, frames: usize, lost: impl Fn(usize) -> bool) -> Vec<i16> {
        let (mut sine, mut concealer, mut out) = (Sine::new(hz, -12.0), Concealer::default(), Vec::new());
        for at in 0..frames {
            let mut frame = [0; FRAME];
            sine.fill(&mut frame);
            if lost(at) {
                concealer.conceal(FRAME, &mut out);
            } else {
                concealer.received(&mut frame);
                out.extend(frame);
            }
        }
        out
    }

    #[test]
    fn a_tone_goes_on_through_losses_with_its_loudness_and_without_a_step() {
        for hz in [300, 440, 697, 1_000, 1_633] {
            let clean = heard(hz, 200, |_| false);
            let torn = heard(hz, 200, |at| at % 7 == 6);
            assert_eq!(torn.len(), clean.len());
            let part = |samples: &[i16]| -> f64 { samples.chunks(400).map(|it| measure::power(it, hz.into())).sum() };
            let kept = part(&torn) / part(&clean);
            assert!(kept > 0.9, "{hz} Hz: {kept}");
            let steepest = |samples: &[i16]| samples.windows(2).map(|it| (it[1] - it[0]).abs()).max().unwrap();
            assert!(steepest(&torn) < steepest(&clean) * 3 / 2, "{hz} Hz: {} {}", steepest(&torn), steepest(&clean));
        }
    }

    #[test]
    fn a_long_gap_falls_silent_and_the_return_is_blended_in() {
        let out = heard(500, 20, |at| (10..15).contains(&at));
        let level = |frame: usize| measure::level_dbfs(&out[frame * FRAME..(frame + 1) * FRAME]);
        assert!((level(10) + 12.0).abs() < 1.0, "{}", level(10));
        assert!(level(12) < level(11) && level(11) < level(10));
        assert_eq!(level(13), measure::SILENCE_DBFS, "after 60 ms");
        assert!(out[15 * FRAME].abs() < 1_000 && (level(16) + 12.0).abs() < 0.5, "blended in over 10 ms");
    }

    #[test]
    fn nothing_known_is_silence_and_odd_lengths_are_taken() {
        let (mut concealer, mut out) = (Concealer::default(), Vec::new());
        concealer.conceal(33, &mut out);
        assert_eq!(out, [0; 33]);
        for length in [0, 1, 7, 80, 2_000] {
            concealer.received(&mut vec![i16::MIN; length]);
            concealer.conceal(length, &mut out);
        }
        assert_eq!(out.len(), 33 + 2_088);
    }
}
