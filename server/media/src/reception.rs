//! What came from a party over the life of its leg, in numbers; streams change, the leg's figures go on.

use patchbay_kernel::{Tick, time::Span};
use patchbay_rtp::{Block, mos};

use crate::wire::Head;

/// Quality is judged in steps of this.
const STEP: Span = Span::secs(5);
/// Steps that are kept: a call of eight hours.
const MOST_STEPS: usize = 5_760;
/// Delay besides network and jitter: packet, and the least that a receiver buffers.
const FIXED_DELAY_MS: f64 = 40.0;

/// Sums of one leg.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Packets that came.
    pub received: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Jitter of the present stream in milliseconds.
    pub jitter_ms: f64,
}

/// Everything received.
#[derive(Default)]
pub struct Reception {
    stream: Option<(u32, patchbay_rtp::Reception)>,
    past: (u64, u64),
    last: Option<Tick>,
    /// Since when, with the sums of that moment.
    step: Option<(Tick, u64, u64)>,
    steps: Vec<f64>,
    /// Steps judged, their sum, the worst: also of those that are not kept.
    judged: (u32, f64, f64),
    /// Sum and number of the jitters seen in this step: the last one alone would be chance.
    jitters: (f64, u32),
}

impl Reception {
    /// A packet; `in_time`: its timestamp tells when it was made (not so for digits). `clock` in Hz.
    pub fn packet(&mut self, head: &Head, in_time: bool, now: Tick, clock: u32) {
        if self.stream.as_ref().is_none_or(|(ssrc, _)| *ssrc != head.ssrc) {
            self.past = self.sums();
            self.stream = Some((head.ssrc, patchbay_rtp::Reception::new(clock)));
        }
        if let Some((_, stream)) = &mut self.stream {
            stream.packet(head.sequence, head.timestamp, in_time, now);
        }
        self.last = Some(now);
        if self.step.is_none() {
            self.step = Some((now, 0, 0));
        }
    }

    /// When the last packet came.
    pub const fn last(&self) -> Option<Tick> {
        self.last
    }

    /// Received and expected.
    fn sums(&self) -> (u64, u64) {
        let (received, expected) = self.stream.as_ref().map_or((0, 0), |(_, s)| (s.received(), s.expected()));
        (self.past.0 + received, self.past.1 + expected)
    }

    /// The sums.
    pub fn quality(&self) -> Quality {
        let (received, expected) = self.sums();
        Quality { received, lost: expected.saturating_sub(received), jitter_ms: self.jitter_ms() }
    }

    /// The report block about the present stream.
    pub fn block(&mut self, last_report: u32, delay: u32) -> Option<Block> {
        self.stream.as_mut().map(|(ssrc, stream)| stream.block(*ssrc, last_report, delay))
    }

    /// Judges a step when one is over. A step in which nothing was sent is not judged.
    pub fn look(&mut self, now: Tick, rtt_ms: Option<f64>) {
        let Some((since, received, expected)) = self.step else { return };
        self.jitters = (self.jitters.0 + self.jitter_ms(), self.jitters.1 + 1);
        if now.since(since) < STEP {
            return;
        }
        let sums = self.sums();
        self.step = Some((since + STEP, sums.0, sums.1));
        let (came, due) = (sums.0 - received, sums.1.saturating_sub(expected));
        let (jitter_ms, looks) = std::mem::take(&mut self.jitters);
        if due == 0 {
            return;
        }
        let loss = due.saturating_sub(came) as f64 / due as f64;
        let score = mos(delay_ms(rtt_ms, jitter_ms / f64::from(looks.max(1))), loss);
        let (count, sum, worst) = self.judged;
        self.judged = (count + 1, sum + score, if count == 0 { score } else { worst.min(score) });
        if self.steps.len() < MOST_STEPS {
            self.steps.push((score * 100.0).round() / 100.0);
        }
    }

    /// The worst of the steps.
    pub fn worst(&self) -> Option<f64> {
        (self.judged.0 > 0).then_some(self.judged.2)
    }

    /// Their mean.
    pub fn mean(&self) -> Option<f64> {
        (self.judged.0 > 0).then(|| self.judged.1 / f64::from(self.judged.0))
    }

    /// Opinion score over the life of the leg; `None` before the first packet.
    pub fn mos(&self, rtt_ms: Option<f64>) -> Option<f64> {
        let (received, expected) = self.sums();
        let loss = expected.saturating_sub(received) as f64 / expected.max(1) as f64;
        (received > 0).then(|| mos(delay_ms(rtt_ms, self.jitter_ms()), loss))
    }

    /// Opinion scores of each five seconds.
    pub fn steps(&self) -> &[f64] {
        &self.steps
    }

    fn jitter_ms(&self) -> f64 {
        self.stream.as_ref().map_or(0.0, |(_, stream)| stream.jitter_ms())
    }
}

/// From mouth to ear: half of the round trip, a jitter buffer of twice the jitter, and what is there always.
fn delay_ms(rtt_ms: Option<f64>, jitter_ms: f64) -> f64 {
    rtt_ms.unwrap_or(0.0) / 2.0 + 2.0 * jitter_ms + FIXED_DELAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(ssrc: u32, sequence: u16) -> Head {
        Head { marker: false, sequence, timestamp: u32::from(sequence) * 160, ssrc, payload: 12..172 }
    }

    #[test]
    fn a_new_stream_adds_to_the_sums_and_loss_lowers_the_score() {
        let mut reception = Reception::default();
        for at in 0..500u16 {
            let now = Tick::from_ms(u64::from(at) * 20);
            if at < 250 || at % 5 != 0 {
                reception.packet(&head(u32::from(at / 250), at), true, now, 8_000);
            }
            reception.look(now, Some(20.0));
        }
        reception.look(Tick::from_ms(10_000), Some(20.0));
        let quality = reception.quality();
        assert_eq!(quality.received, 450);
        assert!((48..=50).contains(&quality.lost), "{quality:?}");
        let [good, bad] = *reception.steps() else { panic!("{:?}", reception.steps()) };
        assert!(good > 4.2 && bad < 3.0, "{good} {bad}");
        let (worst, mean) = (reception.worst().unwrap(), reception.mean().unwrap());
        assert!((worst - bad).abs() < 0.01 && (mean - (good + bad) / 2.0).abs() < 0.01, "{worst} {mean}");
    }

    #[test]
    fn delay_and_jitter_lower_the_score_too() {
        let score = |rtt_ms: f64, spread_ms: u64| {
            let mut reception = Reception::default();
            for at in 0..600u64 {
                let now = Tick::from_ms(at * 20 + (at % 2) * spread_ms);
                reception.packet(&head(1, at as u16), true, now, 8_000);
                reception.look(now, Some(rtt_ms));
            }
            reception.mean().unwrap()
        };
        let good = score(20.0, 0);
        assert!(score(600.0, 0) < good - 0.4, "a far party: {} {good}", score(600.0, 0));
        assert!(score(20.0, 120) < good - 0.4, "an uneven path: {} {good}", score(20.0, 120));
    }

    #[test]
    fn a_day_of_steps_is_kept_in_part_and_judged_whole() {
        let mut reception = Reception::default();
        let mut sequence = 0u16;
        for step in 0..6_000u64 {
            // One packet of two is lost in the very last steps.
            let stride = if step > 5_990 { 2 } else { 1 };
            for at in 0..20u64 {
                sequence = sequence.wrapping_add(stride);
                reception.packet(&head(1, sequence), false, Tick::from_ms(step * 5_000 + at * 250), 8_000);
            }
            reception.look(Tick::from_ms((step + 1) * 5_000), None);
        }
        assert_eq!(reception.steps().len(), MOST_STEPS);
        assert!(reception.steps().iter().all(|score| *score > 4.0));
        assert!(reception.worst().unwrap() < 2.5 && reception.mean().unwrap() > 4.0, "{:?}", reception.worst());
    }
}
