//! DTMF in the audio: which key is being pressed. Source: ITU-T Q.24 for what must and must not be taken for a key.

use crate::{
    measure,
    tone::{HIGH, KEYS, LOW},
};

/// Samples of one look: 25.6 ms, where the bins of all eight frequencies are well apart.
const BLOCK: usize = 205;
/// Softest tone taken for a key, dBFS of the whole block.
const SOFTEST: f32 = -36.0;
/// Share of the energy that the two frequencies must have: speech has much beside them.
const PURE: f64 = 0.75;
/// Most that one group may be louder than the other (Q.24: 8 dB, both ways), as a ratio of powers.
const TWIST: f64 = 6.3;
/// Equal looks before a key counts: 40 ms must be taken, shorter than 23 ms must not.
const STEADY: u32 = 2;

/// Listens for keys; each press is told once.
#[derive(Clone, Debug, Default)]
pub struct KeyListener {
    block: Vec<i16>,
    candidate: Option<char>,
    seen: u32,
}

impl KeyListener {
    /// Takes samples of any number; the keys that were recognised in them, in order.
    pub fn hear(&mut self, samples: &[i16]) -> Vec<char> {
        let mut keys = Vec::new();
        for sample in samples {
            self.block.push(*sample);
            if self.block.len() == BLOCK {
                let found = look(&self.block);
                self.block.clear();
                keys.extend(self.count(found));
            }
        }
        keys
    }

    fn count(&mut self, found: Option<char>) -> Option<char> {
        if found != self.candidate {
            self.candidate = found;
            self.seen = 0;
        }
        self.seen = self.seen.saturating_add(1);
        found.filter(|_| self.seen == STEADY)
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
    use crate::tone::{Player, Signal};

    fn press(digit: char, ms: usize) -> Vec<i16> {
        let mut samples = vec![0; ms * 8];
        Player::new(Signal::key(digit).unwrap(), -10.0).fill(&mut samples);
        for sample in &mut samples[ms * 8..] {
            *sample = 0;
        }
        samples
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

    #[test]
    fn ringback_and_a_single_tone_are_no_keys() {
        for signal in [Signal::RINGBACK, Signal::BUSY, Signal::steady(941), Signal::steady(1_336)] {
            let mut audio = vec![0; 16_000];
            Player::new(signal, -10.0).fill(&mut audio);
            assert!(KeyListener::default().hear(&audio).is_empty(), "{signal:?}");
        }
    }
}
