//! Calls per second of one gateway: a bucket that holds a second's worth and fills evenly.

use kernel::{Tick, time::Span};
use patchbay_kernel as kernel;

const SECOND: u64 = 1_000_000;

/// How many calls a gateway has begun lately. The limit may change at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// When the bucket would be full, in the future of the last call: the generic cell rate algorithm. Source: ITU-T I.371.
    full_at: Tick,
}

impl Default for Pace {
    fn default() -> Self {
        Self { full_at: Tick::ZERO }
    }
}

impl Pace {
    /// Whether one more call may begin at `per_second`; `Err` is how long until one may. At 0 none ever does.
    pub fn take(&mut self, per_second: u32, now: Tick) -> Result<(), Span> {
        if per_second == 0 {
            return Err(Span::secs(1));
        }
        let each = SECOND / u64::from(per_second);
        let from = self.full_at.max(now);
        let next = from + Span(each);
        let ahead = next.since(now).0;
        if ahead > SECOND {
            return Err(Span(ahead - SECOND));
        }
        self.full_at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_at_once_and_then_evenly() {
        for per_second in [1, 3, 10, 50] {
            let mut pace = Pace::default();
            let start = Tick::from_ms(7_000);
            let mut begun = 0;
            // Ten seconds, asked every millisecond.
            for ms in 0..10_000 {
                begun += u32::from(pace.take(per_second, start + Span::ms(ms)).is_ok());
            }
            let most = per_second * 11;
            assert!(begun <= most && begun + 2 >= most - per_second / 10, "{per_second}: {begun}");
        }
    }

    #[test]
    fn who_is_told_to_wait_so_long_may_then() {
        let mut pace = Pace::default();
        let now = Tick::from_ms(1_000);
        for _ in 0..4 {
            pace.take(4, now).unwrap();
        }
        let wait = pace.take(4, now).unwrap_err();
        assert_eq!(wait, Span::ms(250));
        assert!(pace.take(4, now + Span(wait.0 - 1)).is_err());
        assert!(pace.take(4, now + wait).is_ok());
        assert!(pace.take(0, now + Span::secs(9)).is_err());
    }
}
