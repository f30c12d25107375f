//! From one sample rate to another: a windowed sinc, so that what a lower rate cannot hold is taken out and not folded back.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side.
const WINGS: usize = 16;
/// Places of the kernel between two crossings; between two of them a line is drawn.
const STEPS: usize = 64;
/// Share of the lower rate's band that is kept; the filter's edge needs the rest.
const BAND: f64 = 0.92;

/// The samples at `to` Hz; both rates above zero.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let kernel = kernel();
    let (ratio, step) = (f64::from(to) / f64::from(from), f64::from(from) / f64::from(to));
    let cut = ratio.min(1.0) * BAND;
    let reach = (WINGS as f64 / cut).ceil() as i64;
    let wanted = (samples.len() as f64 * ratio).round() as usize;
    let sample = |at: i64| usize::try_from(at).ok().and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
    (0..wanted)
        .map(|out| {
            let place = out as f64 * step;
            let (middle, part) = (place.floor() as i64, place.fract());
            let mut sum = 0.0;
            for at in -reach + 1..=reach {
                let distance = ((at as f64 - part) * cut).abs() * STEPS as f64;
                let (left, share) = (distance as usize, distance.fract() as f32);
                let Some([near, far]) = kernel.get(left..left + 2).and_then(|pair| <&[f32; 2]>::try_from(pair).ok())
                else {
                    continue;
                };
                sum += sample(middle + at) * (near + (far - near) * share);
            }
            sum * cut as f32
        })
        .collect()
}

/// Half of a sinc under a Blackman window, from its middle on.
fn kernel() -> Vec<f32> {
    let last = WINGS * STEPS;
    (0..=last)
        .map(|at| {
            let x = at as f64 / STEPS as f64;
            let sinc = if at == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let turn = PI * at as f64 / last as f64;
            (sinc * (0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos())) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_codec::measure;

    fn sine(hz: f64, rate: u32, length: usize) -> Vec<f32> {
        (0..length).map(|at| (2.0 * PI * hz * at as f64 / f64::from(rate)).sin() as f32 * 0.5).collect()
    }
    fn heard(samples: &[f32]) -> Vec<i16> {
        samples.iter().map(|it| (it * 32_767.0) as i16).collect()
    }

    #[test]
    fn a_tone_stays_itself_from_every_usual_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            let out = heard(&resample(&sine(1_000.0, rate, rate as usize), rate, 8_000));
            assert!(out.len().abs_diff(8_000) <= 1, "{rate}");
            let middle = &out[400..7_600];
            assert!(measure::share(middle, 1_000) > 0.999, "{rate}: {}", measure::share(middle, 1_000));
            assert!((measure::level_dbfs(middle) + 6.02).abs() < 0.2, "{rate}: {}", measure::level_dbfs(middle));
        }
    }

    #[test]
    fn what_8_khz_cannot_hold_is_gone() {
        for hz in [5_000.0, 7_000.0, 15_000.0] {
            let out = heard(&resample(&sine(hz, 48_000, 48_000), 48_000, 8_000));
            assert!(measure::level_dbfs(&out[400..7_600]) < -50.0, "{hz}: {}", measure::level_dbfs(&out));
        }
    }
}
