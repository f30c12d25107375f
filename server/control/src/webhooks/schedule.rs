//! When a delivery is made again, and when an endpoint is switched off. A pure machine: outcome and time in, decision out.
//!
//! An endpoint's events go out in order, so it has one state, that of the event at the head. A receiver that is down (no answer, 5xx,
//! 408, 425, 429) holds the rest up until it is back: nothing is skipped. One that is there and does not want this event (any other
//! answer outside 2xx) is asked again for some hours, then the event is set aside and the next one gets its turn. Refusals are counted
//! for each event, apart from failures: who was away for long has refused nothing yet.

use patchbay_kernel::{Entropy, Wall};

/// Waits after the first failures; from then on the last one. Five seconds to an hour: whoever comes back does not wait for half a
/// day because they were away for one.
const WAITS_S: [i64; 7] = [5, 30, 120, 300, 900, 1_800, 3_600];
/// Failures in a row for so long switch the endpoint off: three days, long enough for a weekend.
pub const PATIENCE_S: i64 = 3 * 86_400;
/// An event is set aside after so many refusals: about four hours.
pub const REFUSALS: u32 = 9;
/// What a receiver may ask for with `Retry-After`, in seconds.
const RETRY_AFTER_MOST_S: i64 = 3_600;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx.
    Taken,
    /// No answer in time, no connection, or an answer that says "not now"; perhaps with how many seconds to wait.
    Away(Option<i64>),
    /// An answer that says "not this".
    Refused,
    /// 410: the receiver wants no more of anything.
    Gone,
}

impl Outcome {
    /// Of an HTTP status; `retry_after_s` is what the answer asks for.
    pub const fn of(status: u16, retry_after_s: Option<i64>) -> Self {
        match status {
            200..=299 => Self::Taken,
            410 => Self::Gone,
            408 | 425 | 429 | 500..=599 => Self::Away(retry_after_s),
            _ => Self::Refused,
        }
    }
}

/// State of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Attempts of the event at the head that failed.
    pub failures: u32,
    /// How many of them were refusals.
    pub refusals: u32,
    /// Since when nothing was taken.
    pub failing_since: Option<Wall>,
}

/// Why an endpoint was switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// It failed for days.
    Failing,
    /// It said 410.
    Gone,
}

impl Off {
    /// As stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// On to the next event.
    Next,
    /// The same again, not before then.
    Again(Wall),
    /// This one is set aside; on to the next, not before then.
    SetAside(Wall),
    /// No more until somebody switches it on.
    SwitchOff(Off),
}

/// After an attempt. The state that it leads to, and what to do.
pub fn judge(health: Health, outcome: Outcome, now: Wall, chance: &mut dyn Entropy) -> (Health, Verdict) {
    if outcome == Outcome::Taken {
        return (Health::default(), Verdict::Next);
    }
    let failures = health.failures.saturating_add(1);
    let since = health.failing_since.unwrap_or(now);
    let refusals = health.refusals.saturating_add(u32::from(outcome == Outcome::Refused));
    let failing = Health { failures, refusals, failing_since: Some(since) };
    if outcome == Outcome::Gone {
        return (failing, Verdict::SwitchOff(Off::Gone));
    }
    if now.ms_since(since) >= PATIENCE_S * 1_000 {
        return (failing, Verdict::SwitchOff(Off::Failing));
    }
    let asked_s = if let Outcome::Away(asked) = outcome { asked } else { None };
    let again = now.plus_ms(wait_ms(failures, asked_s, chance));
    if outcome == Outcome::Refused && refusals >= REFUSALS {
        return (Health { failures: 0, refusals: 0, failing_since: Some(since) }, Verdict::SetAside(again));
    }
    (failing, Verdict::Again(again))
}

/// The plain wait and up to a fifth more: many that failed together do not come back together.
fn wait_ms(failures: u32, asked_s: Option<i64>, chance: &mut dyn Entropy) -> i64 {
    let step = (failures.max(1) as usize - 1).min(WAITS_S.len() - 1);
    let wait_ms = WAITS_S[step].max(asked_s.unwrap_or(0).min(RETRY_AFTER_MOST_S)) * 1_000;
    let more = chance.next_u64() % (wait_ms.unsigned_abs() / 5 + 1);
    wait_ms + i64::try_from(more).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    const START: Wall = Wall::from_unix_ms(1_764_000_000_000);

    /// Plays an endpoint that answers so until it is switched off or `most` attempts were made.
    fn play(answer: impl Fn(Wall) -> Outcome, most: usize) -> Vec<(i64, Verdict)> {
        let (mut health, mut now, mut chance) = (Health::default(), START, SeededEntropy::new(7));
        let mut all = Vec::new();
        for _ in 0..most {
            let (next, verdict) = judge(health, answer(now), now, &mut chance);
            all.push((now.ms_since(START) / 1_000, verdict));
            health = next;
            match verdict {
                Verdict::Next => {}
                Verdict::Again(at) | Verdict::SetAside(at) => now = at,
                Verdict::SwitchOff(_) => break,
            }
        }
        all
    }

    #[test]
    fn whoever_is_away_for_three_days_is_switched_off_and_nothing_is_skipped() {
        let all = play(|_| Outcome::Away(None), 1_000);
        let (at, last) = all.last().copied().unwrap();
        assert_eq!(last, Verdict::SwitchOff(Off::Failing));
        assert!((PATIENCE_S..PATIENCE_S + 4_400).contains(&at), "after {at} s");
        assert!((60..80).contains(&all.len()), "{} attempts", all.len());
        assert!(all[..all.len() - 1].iter().all(|(_, verdict)| matches!(verdict, Verdict::Again(_))));
    }

    #[test]
    fn waits_grow_to_an_hour_with_jitter() {
        let all = play(|_| Outcome::Away(None), 20);
        for (at, pair) in all.windows(2).enumerate() {
            let (waited, plain) = (pair[1].0 - pair[0].0, WAITS_S[at.min(WAITS_S.len() - 1)]);
            assert!(waited >= plain - 1 && waited <= plain * 6 / 5 + 1, "{waited} s after failure {at}");
        }
        let waits: std::collections::BTreeSet<i64> = all[8..].windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(waits.len() > 5, "all the same: {waits:?}");
    }

    #[test]
    fn a_receiver_that_comes_back_waits_an_hour_at_most() {
        let back = START.plus_s(6 * 3_600);
        let all = play(|now| if now < back { Outcome::Away(None) } else { Outcome::Taken }, 40);
        let (at, _) = all.iter().find(|(_, verdict)| *verdict == Verdict::Next).unwrap();
        assert!((6 * 3_600..7 * 3_600 + 720).contains(at), "taken after {at} s");
    }

    #[test]
    fn what_is_refused_is_set_aside_after_some_hours() {
        let all = play(|_| Outcome::Refused, usize::from(u8::MAX));
        let aside: Vec<i64> =
            all.iter().filter(|(_, verdict)| matches!(verdict, Verdict::SetAside(_))).map(|(at, _)| *at).collect();
        assert!((3 * 3_600..5 * 3_600).contains(&aside[0]), "{} s", aside[0]);
        assert!(aside.len() > 5, "the next ones got their turn");
        assert_eq!(all.last().unwrap().1, Verdict::SwitchOff(Off::Failing), "a receiver that refuses everything");
    }

    #[test]
    fn who_was_away_has_refused_nothing_yet() {
        let back = START.plus_s(24 * 3_600);
        let all = play(|now| if now < back { Outcome::Away(None) } else { Outcome::Refused }, 60);
        let (refused, _) = all.iter().find(|(_, verdict)| matches!(verdict, Verdict::SetAside(_))).copied().unwrap();
        let first = all.iter().map(|(at, _)| *at).find(|at| *at >= 24 * 3_600).unwrap();
        let tries = all.iter().filter(|(at, _)| (first..=refused).contains(at)).count();
        assert_eq!(tries, REFUSALS as usize, "as many as for one that was never away");
    }

    #[test]
    fn gone_is_gone_at_once_and_a_success_forgets() {
        let mut chance = SeededEntropy::new(1);
        let bad = Health { failures: 5, refusals: 2, failing_since: Some(START) };
        assert_eq!(judge(bad, Outcome::Taken, START.plus_s(9), &mut chance), (Health::default(), Verdict::Next));
        assert_eq!(judge(Health::default(), Outcome::Gone, START, &mut chance).1, Verdict::SwitchOff(Off::Gone));
    }

    #[test]
    fn a_receiver_may_ask_for_time_but_not_for_ever() {
        let mut chance = SeededEntropy::new(1);
        for (asked, least, most) in [(60, 60, 72), (1_000_000, 3_600, 4_320), (-5, 5, 6)] {
            let (_, verdict) = judge(Health::default(), Outcome::of(429, Some(asked)), START, &mut chance);
            let Verdict::Again(at) = verdict else { panic!("{verdict:?}") };
            assert!((least * 1_000..=most * 1_000).contains(&at.ms_since(START)), "{asked}");
        }
    }

    #[test]
    fn answers_are_sorted() {
        let sorted = [200, 204, 301, 400, 404, 408, 410, 425, 429, 500, 503].map(|status| Outcome::of(status, None));
        use Outcome::{Away, Gone, Refused, Taken};
        let away = Away(None);
        assert_eq!(sorted, [Taken, Taken, Refused, Refused, Refused, away, Gone, away, away, away, away]);
    }
}
