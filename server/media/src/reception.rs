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
    step: Option<(Tick, u64, u64)>,
    steps: Vec<f64>,
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
        let jitter_ms = self.stream.as_ref().map_or(0.0, |(_, stream)| stream.jitter_ms());
        Quality { received, lost: expected.saturating_sub(received), jitter_ms }
    }

    /// The report block about the present stream.
    pub fn block(&mut self, last_report: u32, delay: u32) -> Option<Block> {
        self.stream.as_mut().map(|(ssrc, stream)| stream.block(*ssrc, last_report, delay))
    }

    /// Judges a step when one is over. A step in which nothing was sent is not judged.
    pub fn look(&mut self, now: Tick, rtt_ms: Option<f64>) {
        let Some((since, received, expected)) = self.step else { return };
        if now.since(since) < STEP {
            return;
        }
        let sums = self.sums();
        self.step = Some((since + STEP, sums.0, sums.1));
        let (came, due) = (sums.0 - received, sums.1.saturating_sub(expected));
        if due > 0 && self.steps.len() < MOST_STEPS {
            let loss = due.saturating_sub(came) as f64 / due as f64;
            self.steps.push(mos(self.delay_ms(rtt_ms), loss));
        }
    }

    /// Opinion score over the life of the leg; `None` before the first packet.
    pub fn mos(&self, rtt_ms: Option<f64>) -> Option<f64> {
        let (received, expected) = self.sums();
        let loss = expected.saturating_sub(received) as f64 / expected.max(1) as f64;
        (received > 0).then(|| mos(self.delay_ms(rtt_ms), loss))
    }

    /// Opinion scores of each five seconds.
    pub fn steps(&self) -> &[f64] {
        &self.steps
    }

    fn delay_ms(&self, rtt_ms: Option<f64>) -> f64 {
        let jitter = self.stream.as_ref().map_or(0.0, |(_, stream)| stream.jitter_ms());
        rtt_ms.unwrap_or(0.0) / 2.0 + 2.0 * jitter + FIXED_DELAY_MS
    }
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
    }
}
