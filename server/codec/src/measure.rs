//! How loud something is, and how much of it is one frequency (Goertzel).

use std::f64::consts::TAU;

use crate::spec::RATE;

/// Level of silence: what [`level_dbfs`] says when every sample is zero.
pub const SILENCE_DBFS: f32 = -96.0;

/// Loudness in dB below the loudest sine (AES17: a full-scale sine is 0).
pub fn level_dbfs(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DBFS;
    }
    let mean = energy(samples) / samples.len() as f64;
    let level = 10.0 * (2.0 * mean / (32_767.0 * 32_767.0)).log10();
    (level as f32).max(SILENCE_DBFS)
}

/// Share of the energy that is at this frequency, 0 to 1; 0 for silence. Frequencies closer together than
/// 8000 / `samples.len()` Hz cannot be told apart.
pub fn share(samples: &[i16], hz: u16) -> f32 {
    let energy = energy(samples);
    if energy <= 0.0 {
        return 0.0;
    }
    // Energy of a sine over N samples is N A^2 / 2 and its bin has the power (N A / 2)^2.
    let at = power(samples, f64::from(hz)) * 2.0 / (samples.len() as f64 * energy);
    at.clamp(0.0, 1.0) as f32
}

/// Level of one frequency, dB below the loudest sine.
pub fn level_at(samples: &[i16], hz: u16) -> f32 {
    if samples.is_empty() {
        return SILENCE_DBFS;
    }
    let half = samples.len() as f64 / 2.0 * 32_767.0;
    ((10.0 * (power(samples, f64::from(hz)) / (half * half)).log10()) as f32).max(SILENCE_DBFS)
}

/// Sum of squares.
pub(crate) fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum()
}

/// Squared magnitude of the Fourier component at this frequency.
pub(crate) fn power(samples: &[i16], hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / f64::from(RATE)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) + turn * last - before;
        before = last;
        last = next;
    }
    last * last + before * before - turn * last * before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Sine;

    #[test]
    fn level_and_share_of_a_sine() {
        let mut samples = [0; 4_000];
        Sine::new(440, -20.0).fill(&mut samples);
        assert!((level_dbfs(&samples) + 20.0).abs() < 0.05);
        assert!((level_at(&samples, 440) + 20.0).abs() < 0.05);
        assert!(share(&samples, 440) > 0.999);
        assert!(share(&samples, 480) < 0.001);
    }

    #[test]
    fn two_tones_share_the_energy() {
        let (mut first, mut second) = ([0; 4_000], [0; 4_000]);
        Sine::new(600, -20.0).fill(&mut first);
        Sine::new(900, -26.0).fill(&mut second);
        let both: Vec<i16> = first.iter().zip(second).map(|(a, b)| a + b).collect();
        assert!((share(&both, 600) - 0.8).abs() < 0.01, "6 dB apart is four to one");
        assert!((share(&both, 900) - 0.2).abs() < 0.01);
    }

    #[test]
    fn silence_is_nothing() {
        assert_eq!(level_dbfs(&[0; 160]), SILENCE_DBFS);
        assert_eq!(share(&[0; 160], 440), 0.0);
        assert_eq!(level_dbfs(&[]), SILENCE_DBFS);
    }
}
