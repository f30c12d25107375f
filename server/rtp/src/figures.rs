//! The figures of one received stream: how many, how many not, how unevenly. Source: RFC 3550 sections 6.4.1, A.1, A.3, A.8.

use patchbay_kernel::Tick;

use crate::rtcp::Block;

/// A jump forward that is still loss and not a sender that began anew (RFC 3550 A.1).
const JUMP: u16 = 3_000;
/// How late a packet may be and still belong (RFC 3550 A.1).
const LATE: u16 = 100;

/// What is known of a stream. One per SSRC: a new one begins anew.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    clock: u32,
    started: bool,
    base: u32,
    highest: u32,
    received: u64,
    expected_before: u64,
    transit: i64,
    jitter: f64,
    reported: (u64, u64),
    restart: Option<u16>,
}

impl Reception {
    /// `clock` of the codec in Hz.
    pub fn new(clock: u32) -> Self {
        Self { clock: clock.max(1), ..Self::default() }
    }

    /// A packet came. Give `in_time = false` for telephone events, whose timestamps stand still and say nothing of jitter.
    pub fn packet(&mut self, sequence: u16, timestamp: u32, in_time: bool, at: Tick) {
        if !self.started {
            self.started = true;
            self.begin(sequence);
        } else if !self.follow(sequence) {
            return;
        }
        self.received += 1;
        if in_time {
            self.spread(timestamp, at);
        }
    }

    /// Packets that came, duplicates included.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Packets that should have come.
    pub fn expected(&self) -> u64 {
        if self.started { self.expected_before + u64::from(self.highest - self.base) + 1 } else { 0 }
    }

    /// Packets that never came; 0 when duplicates outnumber them.
    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// Interarrival jitter in milliseconds (A.8).
    pub fn jitter_ms(&self) -> f64 {
        self.jitter * 1_000.0 / f64::from(self.clock.max(1))
    }

    /// Share lost since the last call of [`Self::block`], 0 to 1, without asking for a block.
    pub fn recent_loss(&self) -> f64 {
        let (expected, received) = self.since_reported();
        if expected == 0 { 0.0 } else { expected.saturating_sub(received) as f64 / expected as f64 }
    }

    /// The report block about this stream; begins a new interval. `last_report` and `delay` as [`Block`] describes them.
    pub fn block(&mut self, ssrc: u32, last_report: u32, delay: u32) -> Block {
        let (expected, received) = self.since_reported();
        self.reported = (self.expected(), self.received);
        let lost = expected.saturating_sub(received);
        let fraction = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        let in_all = (self.expected() as i64 - self.received as i64).clamp(-0x80_0000, 0x7f_ffff) as i32;
        Block { ssrc, fraction, lost: in_all, highest: self.highest, jitter: self.jitter as u32, last_report, delay }
    }

    fn since_reported(&self) -> (u64, u64) {
        (self.expected().saturating_sub(self.reported.0), self.received.saturating_sub(self.reported.1))
    }

    fn begin(&mut self, sequence: u16) {
        self.base = u32::from(sequence);
        self.highest = self.base;
    }

    /// Whether this packet belongs: forward a little, backward a little, or the second of a sender that began anew.
    fn follow(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < JUMP {
            self.highest = self.highest.saturating_add(u32::from(ahead));
            self.restart = None;
            true
        } else if ahead > u16::MAX - LATE {
            true
        } else if self.restart == Some(sequence) {
            self.expected_before = self.expected();
            self.begin(sequence);
            self.restart = None;
            true
        } else {
            self.restart = Some(sequence.wrapping_add(1));
            false
        }
    }

    fn spread(&mut self, timestamp: u32, at: Tick) {
        let arrival = (u128::from(at.0) * u128::from(self.clock) / 1_000_000) as u32;
        let transit = i64::from(arrival.wrapping_sub(timestamp) as i32);
        if self.received > 1 {
            let change = (transit - self.transit).unsigned_abs() as f64;
            // A sender that jumps by more than a second has been switched, not delayed.
            if change < f64::from(self.clock) {
                self.jitter += (change - self.jitter) / 16.0;
            }
        }
        self.transit = transit;
    }
}

/// Mean opinion score of G.711, 1 to 4.5, from the mouth-to-ear delay in milliseconds (half a round trip, jitter buffer and
/// 20 ms of packet) and the share lost, 0 to 1. Source: the E-model (ITU-T G.107) with the impairment of G.711 (G.113).
pub fn mos(delay_ms: f64, loss: f64) -> f64 {
    let late = if delay_ms > 177.3 { 0.11 * (delay_ms - 177.3) } else { 0.0 };
    let percent = loss.clamp(0.0, 1.0) * 100.0;
    let r = (93.2 - (0.024 * delay_ms + late) - 95.0 * percent / (percent + 25.0)).clamp(0.0, 100.0);
    (1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Tick {
        Tick::from_ms(ms)
    }

    #[test]
    fn an_even_stream_has_no_jitter_and_no_loss() {
        let mut reception = Reception::new(8_000);
        for n in 0..200u16 {
            reception.packet(n.wrapping_add(65_500), u32::from(n) * 160, true, at(u64::from(n) * 20));
        }
        assert_eq!((reception.received(), reception.expected(), reception.lost()), (200, 200, 0));
        assert!(reception.jitter_ms() < 0.01);
        assert_eq!(reception.block(1, 0, 0).highest, 65_500 + 199);
    }

    #[test]
    fn losses_are_counted_per_interval_and_in_all() {
        let mut reception = Reception::new(8_000);
        for n in (0..100u16).filter(|n| n % 10 != 3) {
            reception.packet(n, u32::from(n) * 160, true, at(u64::from(n) * 20));
        }
        assert!((reception.recent_loss() - 0.1).abs() < 0.001);
        let block = reception.block(1, 0, 0);
        assert_eq!((block.lost, block.fraction), (10, 25));
        for n in 100..200u16 {
            reception.packet(n, u32::from(n) * 160, true, at(u64::from(n) * 20));
        }
        let block = reception.block(1, 0, 0);
        assert_eq!((block.lost, block.fraction), (10, 0));
    }

    #[test]
    fn jitter_is_that_of_the_standard() {
        // Packets alternate between 0 and 10 ms late, so the difference is always 80 units; the filter closes in on it.
        let mut reception = Reception::new(8_000);
        for n in 0..400u64 {
            reception.packet(n as u16, n as u32 * 160, true, at(n * 20 + (n % 2) * 10));
        }
        assert!((reception.jitter_ms() - 10.0).abs() < 0.1, "{}", reception.jitter_ms());
    }

    #[test]
    fn a_late_packet_belongs_and_a_new_start_is_no_loss() {
        let mut reception = Reception::new(8_000);
        for sequence in [1, 2, 4, 3, 5] {
            reception.packet(sequence, 0, false, at(0));
        }
        assert_eq!(reception.lost(), 0);
        for sequence in [40_000, 40_001, 40_002] {
            reception.packet(sequence, 0, false, at(0));
        }
        assert_eq!(
            (reception.received(), reception.expected()),
            (7, 7),
            "the first packet of a new start is not yet trusted"
        );
    }

    #[test]
    fn scores_are_those_of_the_e_model() {
        assert!((mos(20.0, 0.0) - 4.4).abs() < 0.02);
        assert!((mos(100.0, 0.05) - 3.82).abs() < 0.02);
        assert!(mos(400.0, 0.0) < mos(150.0, 0.0));
        assert!(mos(20.0, 1.0) < 2.0 && mos(20.0, 1.0) >= 1.0);
    }
}
