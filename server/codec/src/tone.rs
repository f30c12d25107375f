//! Tones: one sine, the signals of a telephone network, and the pairs of DTMF. All at 8 kHz.

use std::f64::consts::TAU;

use crate::spec::RATE;

/// Loudest sine of 16-bit samples.
const FULL: f64 = 32_767.0;

/// One sine that goes on where it stopped.
#[derive(Clone, Debug)]
pub struct Sine {
    phase: f64,
    step: f64,
    amplitude: f64,
}

impl Sine {
    /// `hz` up to 4000; `dbfs` is its level below the loudest sine.
    pub fn new(hz: u16, dbfs: f64) -> Self {
        let step = TAU * f64::from(hz) / f64::from(RATE);
        Self { phase: 0.0, step, amplitude: FULL * 10f64.powf(dbfs.min(0.0) / 20.0) }
    }

    /// The next sample.
    pub fn next_sample(&mut self) -> f64 {
        let value = self.phase.sin() * self.amplitude;
        self.phase = (self.phase + self.step) % TAU;
        value
    }

    /// Fills the whole slice.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = self.next_sample().round() as i16;
        }
    }
}

/// A signal: frequencies together, then silence, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Hertz; 0 for no second one.
    pub hz: (u16, u16),
    /// Milliseconds of tone.
    pub on_ms: u32,
    /// Milliseconds of silence; 0: the tone never stops.
    pub off_ms: u32,
}

impl Signal {
    /// It rings at the far end (North America, ANSI T1.401).
    pub const RINGBACK: Self = Self { hz: (440, 480), on_ms: 2_000, off_ms: 4_000 };
    /// The called party is busy.
    pub const BUSY: Self = Self { hz: (480, 620), on_ms: 500, off_ms: 500 };
    /// The network is full, or the number does not exist.
    pub const REORDER: Self = Self { hz: (480, 620), on_ms: 250, off_ms: 250 };

    /// One frequency without end.
    pub const fn steady(hz: u16) -> Self {
        Self { hz: (hz, 0), on_ms: 1_000, off_ms: 0 }
    }

    /// The pair of a key: `0`-`9`, `*`, `#`, `A`-`D`. Source: ITU-T Q.23.
    pub fn key(digit: char) -> Option<Self> {
        let (row, column) = KEYS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(digit)?)))?;
        Some(Self { hz: (LOW[row], HIGH[column]), on_ms: 100, off_ms: 0 })
    }
}

/// The keys, row by row.
pub(crate) const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];
/// Frequency of each row, hertz.
pub(crate) const LOW: [u16; 4] = [697, 770, 852, 941];
/// Frequency of each column, hertz.
pub(crate) const HIGH: [u16; 4] = [1_209, 1_336, 1_477, 1_633];

/// A signal being played.
#[derive(Clone, Debug)]
pub struct Player {
    sines: [Sine; 2],
    on: u32,
    period: u32,
    at: u32,
}

impl Player {
    /// Each frequency at this level.
    pub fn new(signal: Signal, dbfs: f64) -> Self {
        let per_ms = RATE / 1_000;
        let second = Sine::new(signal.hz.1, if signal.hz.1 == 0 { f64::NEG_INFINITY } else { dbfs });
        Self {
            sines: [Sine::new(signal.hz.0, dbfs), second],
            on: signal.on_ms * per_ms,
            period: (signal.on_ms + signal.off_ms) * per_ms,
            at: 0,
        }
    }

    /// Fills the whole slice with what comes next.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            let [first, second] = &mut self.sines;
            let value = first.next_sample() + second.next_sample();
            *sample = if self.at < self.on { value.round().clamp(-FULL, FULL) as i16 } else { 0 };
            self.at += 1;
            if self.at >= self.period {
                self.at = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;

    #[test]
    fn ringback_sounds_two_seconds_and_is_silent_four() {
        let mut player = Player::new(Signal::RINGBACK, -19.0);
        let mut heard = vec![0; 8_000 * 7];
        player.fill(&mut heard);
        assert!(measure::share(&heard[..8_000], 440) + measure::share(&heard[..8_000], 480) > 0.99);
        assert!(heard[16_000..48_000].iter().all(|sample| *sample == 0));
        assert!(measure::level_dbfs(&heard[48_000..]) > -20.0);
    }

    #[test]
    fn every_key_has_its_pair() {
        assert_eq!(Signal::key('5').unwrap().hz, (770, 1_336));
        assert_eq!(Signal::key('D').unwrap().hz, (941, 1_633));
        assert!(Signal::key('x').is_none());
    }

    #[test]
    fn a_sine_goes_on_where_it_stopped() {
        let (mut whole, mut parts) = ([0; 320], [0; 320]);
        Sine::new(1_004, -6.0).fill(&mut whole);
        let mut sine = Sine::new(1_004, -6.0);
        sine.fill(&mut parts[..100]);
        sine.fill(&mut parts[100..]);
        assert_eq!(whole, parts);
    }
}
