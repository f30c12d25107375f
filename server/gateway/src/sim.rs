//! Rules of a SIM card: what it may carry a day and how it rests, so that the network does not lock it and no prepaid money
//! runs out unseen. Lawful use is the operator's to attest; nothing here hides what a card does.

use kernel::Wall;
use patchbay_kernel as kernel;

const DAY_US: i64 = 86_400 * 1_000_000;

/// What a card may do. `None`: no such limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SimRules {
    /// Minutes of talk a day, begun ones counted.
    pub minutes_a_day: Option<u32>,
    /// Calls a day.
    pub calls_a_day: Option<u32>,
    /// Seconds between the end of a call and the next.
    pub rest_s: u32,
    /// Failed calls in a row after which it rests.
    pub failures: Option<u32>,
    /// Seconds of that rest.
    pub failure_rest_s: u32,
}

/// What a card has done; kept in the store, so that a start forgets nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SimUse {
    /// Days since 1970 (UTC) that the figures of the day are of.
    pub day: i64,
    /// Calls of that day.
    pub calls: u32,
    /// Minutes of talk of that day, begun ones counted.
    pub minutes: u32,
    /// Failed calls in a row.
    pub failures: u32,
    /// Until when it rests.
    pub rests_until: Option<Wall>,
}

/// Why a card may not be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimRest {
    /// Its minutes are used up.
    #[error("has talked its {0} minutes of today")]
    Minutes(u32),
    /// Its calls are used up.
    #[error("has made its {0} calls of today")]
    Calls(u32),
    /// It rests after a call or after failures.
    #[error("rests for {0} more seconds")]
    Resting(i64),
    /// It rests because calls failed again and again.
    #[error("rests for {1} more seconds after {0} failed calls in a row")]
    Failing(u32, i64),
}

/// The day of a time, in days since 1970, UTC.
pub const fn day(now: Wall) -> i64 {
    now.0.div_euclid(DAY_US)
}

impl SimRules {
    /// Whether the card may begin a call now.
    pub fn may_call(&self, used: &SimUse, now: Wall) -> Result<(), SimRest> {
        let (calls, minutes) = if used.day == day(now) { (used.calls, used.minutes) } else { (0, 0) };
        if let Some(most) = self.minutes_a_day.filter(|most| minutes >= *most) {
            return Err(SimRest::Minutes(most));
        }
        if let Some(most) = self.calls_a_day.filter(|most| calls >= *most) {
            return Err(SimRest::Calls(most));
        }
        let Some(until) = used.rests_until.filter(|until| *until > now) else { return Ok(()) };
        let seconds = until.ms_since(now).div_euclid(1_000) + 1;
        let failing = self.failures.is_some_and(|most| used.failures > 0 && used.failures.is_multiple_of(most.max(1)));
        Err(if failing { SimRest::Failing(used.failures, seconds) } else { SimRest::Resting(seconds) })
    }

    /// What the card has done after a call that ended now: `talk_ms` of talk, and whether it failed for the line's sake.
    pub fn after_call(&self, used: &SimUse, talk_ms: u64, failed: bool, now: Wall) -> SimUse {
        let today = day(now);
        let (calls, minutes) = if used.day == today { (used.calls, used.minutes) } else { (0, 0) };
        let talked = u32::try_from(talk_ms.div_ceil(60_000)).unwrap_or(u32::MAX);
        let failures = if failed { used.failures.saturating_add(1) } else { 0 };
        let tired = failed && self.failures.is_some_and(|most| failures.is_multiple_of(most.max(1)));
        let rest = if tired { self.failure_rest_s.max(self.rest_s) } else { self.rest_s };
        let rests_until = Some(Wall(now.0 + i64::from(rest) * 1_000_000)).filter(|_| rest > 0);
        SimUse {
            day: today,
            calls: calls.saturating_add(1),
            minutes: minutes.saturating_add(talked),
            failures,
            rests_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Wall = Wall(20_000 * DAY_US + DAY_US / 2);

    fn after_s(seconds: i64) -> Wall {
        Wall(NOON.0 + seconds * 1_000_000)
    }

    #[test]
    fn a_day_s_minutes_and_calls_are_counted_and_forgotten_at_midnight() {
        let rules = SimRules { minutes_a_day: Some(3), calls_a_day: Some(10), ..SimRules::default() };
        let used = rules.after_call(&SimUse::default(), 61_000, false, NOON);
        assert_eq!((used.minutes, used.calls), (2, 1), "a begun minute is a minute");
        assert_eq!(rules.may_call(&used, NOON), Ok(()));
        let used = rules.after_call(&used, 1, false, NOON);
        assert_eq!(rules.may_call(&used, NOON), Err(SimRest::Minutes(3)));
        assert_eq!(rules.may_call(&used, after_s(12 * 3_600)), Ok(()), "another day");
        let mut used = SimUse::default();
        for _ in 0..10 {
            assert_eq!(rules.may_call(&used, NOON), Ok(()));
            used = rules.after_call(&used, 0, false, NOON);
        }
        assert_eq!(rules.may_call(&used, NOON), Err(SimRest::Calls(10)));
    }

    #[test]
    fn a_card_rests_between_calls() {
        let rules = SimRules { rest_s: 20, ..SimRules::default() };
        let used = rules.after_call(&SimUse::default(), 5_000, false, NOON);
        assert_eq!(rules.may_call(&used, after_s(5)), Err(SimRest::Resting(16)));
        assert_eq!(rules.may_call(&used, after_s(20)), Ok(()));
        assert_eq!(SimRules::default().after_call(&used, 0, false, NOON).rests_until, None);
    }

    #[test]
    fn failures_in_a_row_make_a_longer_rest() {
        let rules = SimRules { failures: Some(3), failure_rest_s: 600, rest_s: 10, ..SimRules::default() };
        let mut used = SimUse::default();
        for _ in 0..2 {
            used = rules.after_call(&used, 0, true, NOON);
            assert_eq!(rules.may_call(&used, after_s(10)), Ok(()));
        }
        used = rules.after_call(&used, 0, true, NOON);
        assert_eq!(rules.may_call(&used, after_s(10)), Err(SimRest::Failing(3, 591)));
        assert_eq!(rules.may_call(&used, after_s(600)), Ok(()));
        used = rules.after_call(&used, 0, true, NOON);
        assert_eq!(rules.may_call(&used, after_s(10)), Ok(()), "the count begins anew");
        assert_eq!(rules.after_call(&used, 9_000, false, NOON).failures, 0);
    }

    #[test]
    fn without_rules_nothing_is_refused() {
        let mut used = SimUse::default();
        for _ in 0..1_000 {
            used = SimRules::default().after_call(&used, 600_000, true, NOON);
            assert_eq!(SimRules::default().may_call(&used, NOON), Ok(()));
        }
    }
}
