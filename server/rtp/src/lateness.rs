//! How late the packets of a stream come, beside the one that travelled fastest: a decaying histogram, of which nearly all
//! must lie within the delay of a jitter buffer.

/// Width of one step of the histogram in milliseconds.
const STEP_MS: f64 = 10.0;
/// Steps: lateness up to 300 ms is followed.
const STEPS: usize = 31;
/// Share of packets that come in time.
const IN_TIME: f64 = 0.985;
/// What a packet still weighs at the next one: about five seconds of memory.
const FADE: f64 = 0.996;
/// Packets after which the fastest one of the past is forgotten: a path can become longer, and clocks drift.
const WINDOW: u32 = 250;
/// Least delay: what two unsynchronised 20 ms clocks need.
const LEAST_MS: f64 = 20.0;
/// A change of this much is another clock, not lateness.
const ANEW_MS: f64 = 1_000.0;

/// The lateness of one stream.
#[derive(Clone, Debug)]
pub struct Lateness {
    weights: [f64; STEPS],
    /// Fastest transit of this window and of the one before.
    fastest: (f64, f64),
    seen: u32,
    wanted_ms: f64,
}

impl Default for Lateness {
    fn default() -> Self {
        Self { weights: [0.0; STEPS], fastest: (f64::INFINITY, f64::INFINITY), seen: 0, wanted_ms: LEAST_MS }
    }
}

impl Lateness {
    /// A packet needed `transit_ms` by the difference of two clocks. `true`: another clock than before, all begins anew.
    pub fn packet(&mut self, transit_ms: f64) -> bool {
        let anew = self.base_ms().is_some_and(|base| (transit_ms - base).abs() > ANEW_MS);
        if anew {
            *self = Self::default();
        }
        self.seen += 1;
        if self.seen == WINDOW {
            self.seen = 0;
            self.fastest = (f64::INFINITY, self.fastest.0);
        }
        self.fastest.0 = self.fastest.0.min(transit_ms);
        let late = ((transit_ms - self.base_ms().unwrap_or(transit_ms)) / STEP_MS) as usize;
        for weight in &mut self.weights {
            *weight *= FADE;
        }
        self.weights[late.min(STEPS - 1)] += 1.0;
        self.wanted_ms = self.quantile();
        anew
    }

    /// The delay within which nearly all packets come, in milliseconds.
    pub const fn wanted_ms(&self) -> f64 {
        self.wanted_ms
    }

    /// The fastest transit of late; `None` before the first packet.
    pub fn base_ms(&self) -> Option<f64> {
        Some(self.fastest.0.min(self.fastest.1)).filter(|base| base.is_finite())
    }

    fn quantile(&self) -> f64 {
        let most = self.weights.iter().sum::<f64>() * IN_TIME;
        let mut sum = 0.0;
        let enough = self.weights.iter().position(|weight| {
            sum += weight;
            sum >= most
        });
        (enough.unwrap_or(STEPS - 1) as f64 * STEP_MS + STEP_MS).max(LEAST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_covers_nearly_all_packets() {
        let mut even = Lateness::default();
        for _ in 0..500 {
            even.packet(4_711.0);
        }
        assert!((even.wanted_ms() - LEAST_MS).abs() < 0.1);
        let mut uneven = Lateness::default();
        for at in 0..500 {
            uneven.packet(-1_000.0 + f64::from(at * 7_919 % 200));
        }
        assert!((190.0..=210.0).contains(&uneven.wanted_ms()), "{}", uneven.wanted_ms());
        for _ in 0..2_500 {
            uneven.packet(-1_000.0);
        }
        assert!(uneven.wanted_ms() < 60.0, "calm again: {}", uneven.wanted_ms());
    }

    #[test]
    fn a_longer_path_becomes_the_new_measure_and_another_clock_begins_anew() {
        let mut lateness = Lateness::default();
        for _ in 0..1_000 {
            lateness.packet(100.0);
        }
        for _ in 0..2_500 {
            lateness.packet(180.0);
        }
        assert!(!lateness.packet(180.0));
        assert!((lateness.base_ms().unwrap() - 180.0).abs() < 0.1);
        assert!(lateness.wanted_ms() < 40.0, "{}", lateness.wanted_ms());
        assert!(lateness.packet(9_000.0));
        assert!((lateness.base_ms().unwrap() - 9_000.0).abs() < 0.1);
    }
}
