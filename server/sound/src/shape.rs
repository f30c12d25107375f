//! What a telephone plays: one loudness for all prompts, at the two rates that calls have.

use crate::{
    decode::{DecodeFault, Recording},
    resample::resample,
};

/// Loudness of speech within the prompt, dB below the loudest sine.
const SPEECH_DBFS: f32 = -19.0;
/// No sample comes nearer to full scale than this.
const PEAK: f32 = 0.89;
/// Quiet recordings are raised by so much at most: what is quieter is mostly noise.
const RAISE_DB: f32 = 24.0;
/// Below this nothing is to be heard.
const SILENCE_DBFS: f32 = -55.0;
/// Blocks more than this below the loudest are pauses.
const PAUSE_DB: f32 = 20.0;
/// Places of the drawn wave.
pub const WAVE: usize = 240;

/// A prompt ready to be played.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// 8 kHz, for G.711.
    pub narrow: Vec<i16>,
    /// 16 kHz, for Opus and for browsers.
    pub wide: Vec<i16>,
    /// What was added to its loudness, dB.
    pub gain_db: f32,
    /// How loud it is from place to place, 0 to 100, [`WAVE`] places.
    pub wave: Vec<u8>,
}

impl Shaped {
    /// Its length in milliseconds.
    pub fn ms(&self) -> u32 {
        (self.narrow.len() / 8) as u32
    }
}

/// Brings a recording to one loudness and to both rates.
///
/// # Errors
/// [`DecodeFault::Silent`] when there is nothing to be heard.
pub fn shape(recording: &Recording) -> Result<Shaped, DecodeFault> {
    let wide = resample(&recording.samples, recording.rate, 16_000);
    let loud = loudness_dbfs(&wide, 16_000).filter(|it| *it > SILENCE_DBFS).ok_or(DecodeFault::Silent)?;
    let peak = wide.iter().fold(0.0f32, |most, it| most.max(it.abs())).max(1e-6);
    let wanted = 10f32.powf((SPEECH_DBFS - loud).min(RAISE_DB) / 20.0);
    let gain = wanted.min(PEAK / peak);
    let narrow = resample(&wide, 16_000, 8_000);
    let wide = level(&wide, gain);
    let wave = wave(&wide);
    Ok(Shaped { narrow: level(&narrow, gain), wave, wide, gain_db: 20.0 * gain.log10() })
}

fn level(samples: &[f32], gain: f32) -> Vec<i16> {
    // A cast saturates.
    samples.iter().map(|it| (it * gain * 32_767.0).round() as i16).collect()
}

/// Loudness of what is not a pause: the mean over blocks of 100 ms near the loudest one. `None` for nothing at all.
fn loudness_dbfs(samples: &[f32], rate: usize) -> Option<f32> {
    let mean = |block: &[f32]| block.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>() / block.len() as f64;
    let blocks: Vec<f64> = samples.chunks(rate / 10).map(mean).collect();
    let most = blocks.iter().copied().fold(0.0, f64::max);
    let gate = most / 10f64.powf(f64::from(PAUSE_DB) / 10.0);
    let loud: Vec<f64> = blocks.into_iter().filter(|it| *it >= gate && *it > 0.0).collect();
    let energy = loud.iter().sum::<f64>() / loud.len().max(1) as f64;
    (energy > 0.0).then(|| (10.0 * (2.0 * energy).log10()) as f32)
}

/// The loudest sample of each place.
pub fn wave(samples: &[i16]) -> Vec<u8> {
    let place = samples.len().div_ceil(WAVE).max(1);
    let share = |of: &[i16]| of.iter().map(|it| it.unsigned_abs()).max().unwrap_or(0);
    samples.chunks(place).map(|of| (f32::from(share(of)) / 327.67).round().min(100.0) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Kind;
    use patchbay_codec::measure;

    fn tone(amplitude: f32, seconds: usize, pause: usize) -> Recording {
        let rate = 44_100;
        let sound = (0..seconds * rate).map(|at| (at as f32 * 0.1).sin() * amplitude);
        let samples = sound.chain(std::iter::repeat_n(0.0, pause * rate)).collect();
        Recording { kind: Kind::Wav, rate: rate as u32, samples }
    }

    #[test]
    fn loud_and_quiet_recordings_come_out_alike_and_pauses_do_not_count() {
        for recording in [tone(0.9, 2, 0), tone(0.1, 2, 0), tone(0.05, 1, 3)] {
            let shaped = shape(&recording).unwrap();
            let heard = &shaped.narrow[800..7_200];
            assert!((measure::level_dbfs(heard) - SPEECH_DBFS).abs() < 0.5, "{}", measure::level_dbfs(heard));
            assert_eq!(shaped.wide.len().abs_diff(shaped.narrow.len() * 2), 0);
            assert!(shaped.wave.len() <= WAVE && shaped.wave[0] > 10);
        }
        assert_eq!(shape(&tone(0.9, 2, 0)).unwrap().ms(), 2_000);
    }

    #[test]
    fn silence_is_no_prompt_and_noise_is_not_raised_to_a_roar() {
        assert_eq!(shape(&tone(0.0, 1, 0)).err(), Some(DecodeFault::Silent));
        assert_eq!(shape(&tone(0.000_5, 1, 0)).err(), Some(DecodeFault::Silent));
        assert!(shape(&tone(0.003, 1, 0)).unwrap().gain_db <= RAISE_DB + 0.01);
    }
}
