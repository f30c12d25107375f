//! A token bucket: so many at once, so many a second after that.

use crate::Tick;

/// What one source, account or company has left. Rate and burst are given with each question, so a table of buckets keeps 16
/// bytes a row and limits can be changed while it stands.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    micro_tokens: u64,
    filled_at: Tick,
}

impl Bucket {
    /// A full one, of `burst` tokens.
    pub fn full(burst: u32, now: Tick) -> Self {
        Self { micro_tokens: u64::from(burst) * 1_000_000, filled_at: now }
    }

    /// Takes one token; `Err` with the microseconds until there is one.
    pub fn take(&mut self, per_s: u32, burst: u32, now: Tick) -> Result<(), u64> {
        self.micro_tokens = self.filled(per_s, burst, now);
        self.filled_at = now;
        match self.micro_tokens.checked_sub(1_000_000) {
            Some(left) => {
                self.micro_tokens = left;
                Ok(())
            }
            None => Err((1_000_000 - self.micro_tokens) / u64::from(per_s.max(1)) + 1),
        }
    }

    /// Whether it would be full by now: then it says no more than a new one.
    pub fn is_full(&self, per_s: u32, burst: u32, now: Tick) -> bool {
        self.filled(per_s, burst, now) >= u64::from(burst) * 1_000_000
    }

    /// Whole tokens now, and the microseconds until it would be full.
    pub fn left(&self, per_s: u32, burst: u32, now: Tick) -> (u32, u64) {
        let filled = self.filled(per_s, burst, now);
        let missing = (u64::from(burst) * 1_000_000).saturating_sub(filled);
        (u32::try_from(filled / 1_000_000).unwrap_or(burst), missing.div_ceil(u64::from(per_s.max(1))))
    }

    fn filled(&self, per_s: u32, burst: u32, now: Tick) -> u64 {
        let gained = now.since(self.filled_at).0.saturating_mul(u64::from(per_s));
        self.micro_tokens.saturating_add(gained).min(u64::from(burst) * 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate_and_the_wait_is_told() {
        let mut bucket = Bucket::full(5, Tick::ZERO);
        let mut taken = |ms| (0..100).filter(|_| bucket.take(10, 5, Tick::from_ms(ms)).is_ok()).count();
        assert_eq!((taken(0), taken(300), taken(60_000)), (5, 3, 5));
        assert_eq!(bucket.take(10, 5, Tick::from_ms(60_000)), Err(100_001), "a tenth of a second");
        assert_eq!(bucket.left(10, 5, Tick::from_ms(60_000)), (0, 500_000));
        assert_eq!(bucket.left(10, 5, Tick::from_ms(60_250)), (2, 250_000));
        assert_eq!(bucket.left(10, 5, Tick::from_ms(99_000)), (5, 0));
        assert!(!bucket.is_full(10, 5, Tick::from_ms(60_400)) && bucket.is_full(10, 5, Tick::from_ms(60_500)));
    }
}
