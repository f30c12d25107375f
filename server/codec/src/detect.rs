//! DTMF in the audio: which key is being pressed. Source: ITU-T Q.24 for what must and must not be taken for a key.

use crate::{
    measure,
    tone::{HIGH, KEYS, LOW},
};

/// Samples of one look: 25.6 ms, where the bins of all eight frequencies are well apart.
const BLOCK: usize = 205;
/// Samples between two looks: half of one, so that a tone of 40 ms fills two of them wherever it begins.
const HOP: usize = BLOCK / 2;
/// Softest tone taken for a key, dBFS of the whole block.
const SOFTEST: f32 = -36.0;
/// Share of the energy that the two frequencies must have: speech has much beside them.
const PURE: f64 = 0.75;
/// Most that one group may be louder than the other (Q.24: 8 dB, both ways), as a ratio of powers.
const TWIST: f64 = 6.3;
/// Equal looks before a key counts: 40 ms must be taken, shorter than 23 ms must not (Q.24).
const STEADY: u32 = 2;
/// Looks without the key after which it was let go: 40 ms of pause (Q.24) spoil four of them, a lost packet of 20 ms three.
const GONE: u32 = 4;

/// Listens for keys; each press is told once.
#[derive(Clone, Debug, Default)]
pub struct KeyListener {
    block: Vec<i16>,
    candidate: Option<char>,
    seen: u32,
    /// The key that is held, and looks in a row without it.
    held: Option<(char, u32)>,
}

impl KeyListener {
    /// Takes samples of any number; the keys that were recognised in them, in order.
    pub fn hear(&mut self, samples: &[i16]) -> Vec<char> {
        let mut keys = Vec::new();
        for sample in samples {
            self.block.push(*sample);
            if self.block.len() == BLOCK {
                let found = look(&self.block);
                self.block.drain(..HOP);
                keys.extend(self.count(found));
            }
        }
        keys
    }

    fn count(&mut self, found: Option<char>) -> Option<char> {
        if let Some((key, missed)) = &mut self.held {
            if found == Some(*key) {
                *missed = 0;
                return None;
            }
            *missed += 1;
            if *missed >= GONE {
                self.held = None;
            }
        }
        self.seen = if found == self.candidate { self.seen + 1 } else { 1 };
        self.candidate = found;
        let pressed = found.filter(|_| self.seen >= STEADY)?;
        self.seen = 0;
        self.held = Some((pressed, 0));
        Some(pressed)
    }
}

/// The key of one block.
fn look(block: &[i16]) -> Option<char> {
    if measure::level_dbfs(block) < SOFTEST {
        return None;
    }
    let (row, low) = loudest(block, LOW)?;
    let (column, high) = loudest(block, HIGH)?;
    let pure = (low + high) * 2.0 / (block.len() as f64 * measure::energy(block));
    let twisted = low > high * TWIST || high > low * TWIST;
    if twisted || pure < PURE { None } else { KEYS[row].chars().nth(column) }
}

/// The loudest of four, when the others are far softer.
fn loudest(block: &[i16], group: [u16; 4]) -> Option<(usize, f64)> {
    let powers = group.map(|hz| measure::power(block, f64::from(hz)));
    let at = (0..4).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
    let alone = powers.iter().enumerate().all(|(other, power)| other == at || *power * 4.0 < powers[at]);
    alone.then_some((at, powers[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Player, Signal, Sine};

    fn press(digit: char, ms: usize) -> Vec<i16> {
        pair(digit, ms, -10.0, -10.0)
    }

    /// The two frequencies of a key, each at its own level.
    fn pair(digit: char, ms: usize, low_dbfs: f64, high_dbfs: f64) -> Vec<i16> {
        let (low, high) = Signal::key(digit).unwrap().hz;
        let (mut low, mut high) = (Sine::new(low, low_dbfs), Sine::new(high, high_dbfs));
        (0..ms * 8).map(|_| (low.next_sample() + high.next_sample()).round() as i16).collect()
    }

    #[test]
    fn every_key_is_heard_once() {
        let all = "1234567890*#ABCD";
        let mut audio = Vec::new();
        for digit in all.chars() {
            audio.extend(press(digit, 90));
            audio.extend(vec![0; 60 * 8]);
        }
        let mut listener = KeyListener::default();
        let heard: String = audio.chunks(160).flat_map(|frame| listener.hear(frame)).collect();
        assert_eq!(heard, all);
    }

    #[test]
    fn a_key_pressed_twice_is_two_keys() {
        let mut audio = press('7', 100);
        audio.extend(vec![0; 100 * 8]);
        audio.extend(press('7', 100));
        assert_eq!(KeyListener::default().hear(&audio), ['7', '7']);
    }

    /// 40 ms of tone and 40 ms of pause are enough, at any place of the looks, softly, and with one group louder (Q.24).
    #[test]
    fn the_shortest_and_the_most_twisted_keys_are_heard() {
        for shift in 0..BLOCK {
            for (low_dbfs, high_dbfs) in [(-10.0, -10.0), (-20.0, -27.0), (-24.0, -17.0), (-6.5, -6.5)] {
                let mut audio = vec![0; shift];
                for digit in "147#".chars().chain("99".chars()) {
                    audio.extend(pair(digit, 40, low_dbfs, high_dbfs));
                    audio.extend([0; 40 * 8]);
                }
                let heard: String = KeyListener::default().hear(&audio).into_iter().collect();
                assert_eq!(heard, "147#99", "{shift} samples, {low_dbfs} and {high_dbfs} dBFS");
            }
        }
    }

    #[test]
    fn what_is_too_short_is_no_key() {
        for shift in 0..BLOCK {
            let mut audio = vec![0; shift];
            audio.extend(pair('5', 22, -10.0, -10.0));
            audio.extend([0; 800]);
            assert!(KeyListener::default().hear(&audio).is_empty(), "{shift}");
        }
    }

    #[test]
    fn a_hole_of_twenty_milliseconds_is_no_second_key() {
        for at in 300..460 {
            let mut audio = pair('8', 150, -10.0, -10.0);
            audio[at..at + 160].fill(0);
            audio.extend([0; 800]);
            assert_eq!(KeyListener::default().hear(&audio), ['8'], "{at}");
        }
    }

    /// Twenty minutes of voices: a pitch that wanders with its harmonics, vowels that turn, syllables and rests, hissing between them.
    #[test]
    fn voices_are_no_keys() {
        let mut chance = 77u32;
        let mut next = move || {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(chance >> 8) / f64::from(1u32 << 24)
        };
        let mut heard = Vec::new();
        for _ in 0..20 {
            let (base, slow) = (80.0 + 180.0 * next(), 1.0 + next());
            let formants: [f64; 6] = std::array::from_fn(|_| 250.0 + 2_300.0 * next());
            let mut listener = KeyListener::default();
            let mut phase = 0.0;
            let audio: Vec<i16> = (0..8_000 * 60)
                .map(|at| {
                    let time = f64::from(at) / 8_000.0;
                    let pitch = base * (1.0 + 0.12 * (time * slow * 2.3).sin());
                    phase += pitch / 8_000.0;
                    let vowel = ((time * 3.1 * slow) as usize) % 3 * 2;
                    let (first, second) = (formants[vowel], formants[vowel + 1]);
                    let voice: f64 = (1..14)
                        .map(|n| {
                            let hz = pitch * f64::from(n);
                            let near = |to: f64| 1.0 / (1.0 + ((hz - to) / 120.0).powi(2));
                            (near(first) + 0.5 * near(second)) * (phase * f64::from(n) * std::f64::consts::TAU).sin()
                        })
                        .sum();
                    let loud = (time * 4.3 * slow * std::f64::consts::PI).sin().max(0.0);
                    ((voice * loud * 9_000.0) + (next() - 0.5) * 600.0).clamp(-32_000.0, 32_000.0) as i16
                })
                .collect();
            heard.extend(listener.hear(&audio));
        }
        assert!(heard.is_empty(), "{heard:?}");
    }

    #[test]
    fn ringback_and_a_single_tone_are_no_keys() {
        for signal in [Signal::RINGBACK, Signal::BUSY, Signal::steady(941), Signal::steady(1_336)] {
            let mut audio = vec![0; 16_000];
            Player::new(signal, -10.0).fill(&mut audio);
            assert!(KeyListener::default().hear(&audio).is_empty(), "{signal:?}");
        }
    }
}
