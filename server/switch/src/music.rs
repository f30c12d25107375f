//! What who is on hold hears: a few soft notes over and over, made here, so that nobody owns them.

use std::{f64::consts::TAU, sync::OnceLock};

use patchbay_media::Clip;

/// Samples a second of a clip.
const RATE: f64 = 8_000.0;
/// Hertz, four notes to a bar: G major, E minor, C major, D major.
const NOTES: [[f64; 4]; 4] = [
    [196.00, 246.94, 293.66, 392.00],
    [164.81, 196.00, 246.94, 329.63],
    [130.81, 164.81, 196.00, 261.63],
    [146.83, 185.00, 220.00, 293.66],
];
/// Seconds from note to note.
const STEP_S: f64 = 0.5;
/// Seconds in which a note fades to a third.
const FADE_S: f64 = 0.45;
/// Of full scale, each note: well below speech.
const LOUD: f64 = 0.09;

/// Eight seconds of it, made once.
pub(crate) fn on_hold() -> Clip {
    static CLIP: OnceLock<Clip> = OnceLock::new();
    CLIP.get_or_init(|| {
        let notes: Vec<f64> = NOTES.into_iter().flatten().collect();
        let length = (notes.len() as f64 * STEP_S * RATE) as usize;
        let sample = |at: usize| {
            let now = at as f64 / RATE;
            let all = notes.iter().enumerate().map(|(no, hz)| {
                // What rings on at the end is heard at the beginning: there is no seam.
                let age = (now - no as f64 * STEP_S).rem_euclid(length as f64 / RATE);
                let begin = (age / 0.01).min(1.0);
                let tone = (TAU * hz * age).sin() + 0.3 * (2.0 * TAU * hz * age).sin();
                begin * (-age / FADE_S).exp() * tone
            });
            (all.sum::<f64>() * LOUD * f64::from(i16::MAX)) as i16
        };
        Clip::new((0..length).map(sample).collect::<Vec<_>>())
    })
    .clone()
}

/// The tone after which one speaks, Hertz.
const BEEP_HZ: f64 = 1_000.0;
/// Its length in seconds.
const BEEP_S: f64 = 0.3;

/// The tone after which one speaks, made once.
pub(crate) fn beep() -> Clip {
    static CLIP: OnceLock<Clip> = OnceLock::new();
    CLIP.get_or_init(|| {
        let sample = |at: usize| ((TAU * BEEP_HZ * at as f64 / RATE).sin() * 0.25 * f64::from(i16::MAX)) as i16;
        Clip::new((0..(BEEP_S * RATE) as usize).map(sample).collect::<Vec<_>>())
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_eight_seconds_of_something_soft_without_a_seam() {
        let clip = on_hold();
        let samples = clip.samples();
        assert_eq!(clip.ms(), 8_000);
        let loudest = samples.iter().map(|it| it.unsigned_abs()).max().unwrap_or_default();
        assert!((2_000..12_000).contains(&loudest), "{loudest}");
        let seam = (i32::from(samples[0]) - i32::from(samples[samples.len() - 1])).abs();
        assert!(seam < 600, "a click of {seam} each time it begins anew");
    }
}
