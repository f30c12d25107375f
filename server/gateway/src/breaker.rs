//! A circuit breaker for a gateway: one that fails again and again rests, so that callers are not led into a wall; then one
//! call tries whether it works again.
//!
//! ```text
//! closed ── failures in a row ──> open ── rest over ──> half open ── a call comes through ──> closed
//!                                  ^                        └── fails: twice the rest ──┘
//! ```

use kernel::{Tick, time::Span};
use patchbay_kernel as kernel;

/// Failures in a row that open it.
pub const FAILURES: u32 = 5;
/// The first rest.
pub const FIRST_REST: Span = Span::secs(10);
/// The longest rest.
pub const LONGEST_REST: Span = Span::secs(300);
/// A trial that tells nothing for so long is over: its call was given up by the caller, or its node's work lost.
pub const TRIAL: Span = Span::secs(60);

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Calls go through.
    Closed,
    /// Calls go elsewhere until then.
    Open(Tick),
    /// One call is out to try; others go elsewhere until then.
    HalfOpen(Tick),
}

/// The breaker of one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    position: Position,
    failures: u32,
    rest: Span,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { position: Position::Closed, failures: 0, rest: FIRST_REST }
    }
}

impl Breaker {
    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }
    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }
    /// Whether calls go elsewhere now; during a trial they do, but the one that tries.
    pub fn rests(&self, now: Tick) -> bool {
        matches!(self.position, Position::Open(until) | Position::HalfOpen(until) if now < until)
    }
    /// Whether this call may go through; `Err` is for how long calls go elsewhere. After a rest the first that asks is the trial.
    pub fn ask(&mut self, now: Tick) -> Result<(), Span> {
        match self.position {
            Position::Closed => Ok(()),
            Position::Open(until) | Position::HalfOpen(until) if now < until => Err(until.since(now)),
            Position::Open(_) | Position::HalfOpen(_) => {
                self.position = Position::HalfOpen(now + TRIAL);
                Ok(())
            }
        }
    }
    /// A call came through: it rang, was answered, or was refused by who was called. True when that closes it.
    pub fn worked(&mut self) -> bool {
        let closes = self.position != Position::Closed;
        *self = Self::default();
        closes
    }
    /// The line or what is behind it failed. The rest that begins now, when one does.
    pub fn failed(&mut self, now: Tick) -> Option<Span> {
        self.failures = self.failures.saturating_add(1);
        let rest = match self.position {
            // A call that was under way when it opened adds nothing.
            Position::Open(_) => return None,
            Position::Closed if self.failures < FAILURES => return None,
            Position::Closed => FIRST_REST,
            Position::HalfOpen(_) => Span((self.rest.0 * 2).min(LONGEST_REST.0)),
        };
        self.rest = rest;
        self.position = Position::Open(now + rest);
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Tick {
        Tick::from_ms(seconds * 1_000)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_others_do_not() {
        let mut breaker = Breaker::default();
        for round in 0..FAILURES - 1 {
            assert_eq!(breaker.failed(at(round.into())), None);
        }
        assert!(!breaker.worked(), "it was closed all the time");
        for _ in 0..FAILURES - 1 {
            assert_eq!((breaker.failed(at(9)), breaker.ask(at(9))), (None, Ok(())));
        }
        assert_eq!(breaker.failed(at(9)), Some(FIRST_REST));
        assert_eq!(breaker.ask(at(12)), Err(Span::secs(7)));
    }

    #[test]
    fn one_call_tries_after_the_rest() {
        let mut breaker = opened();
        assert_eq!(breaker.ask(at(9)), Err(Span::secs(1)));
        assert_eq!(breaker.ask(at(10)), Ok(()));
        assert_eq!(breaker.ask(at(11)), Err(Span::secs(59)), "one is enough");
        assert!(breaker.worked());
        assert_eq!((breaker.position(), breaker.failures()), (Position::Closed, 0));
    }

    #[test]
    fn every_failed_trial_doubles_the_rest_up_to_the_longest() {
        let (mut breaker, mut now) = (opened(), 10);
        for rest in [20, 40, 80, 160, 300, 300] {
            assert_eq!(breaker.ask(at(now)), Ok(()));
            assert_eq!(breaker.failed(at(now)), Some(Span::secs(rest)));
            assert!(breaker.ask(at(now + rest - 1)).is_err());
            now += rest;
        }
        assert_eq!(breaker.ask(at(now)), Ok(()));
        breaker.worked();
        for _ in 0..FAILURES - 1 {
            breaker.failed(at(now));
        }
        assert_eq!(breaker.failed(at(now)), Some(FIRST_REST), "a line that worked begins anew");
    }

    #[test]
    fn a_trial_that_tells_nothing_does_not_close_the_line_for_ever() {
        let mut breaker = opened();
        assert_eq!(breaker.ask(at(10)), Ok(()));
        assert_eq!(breaker.ask(at(70)), Ok(()), "the next one tries");
    }

    #[test]
    fn a_late_failure_does_not_lengthen_a_rest() {
        let mut breaker = opened();
        assert_eq!(breaker.failed(at(5)), None);
        assert_eq!(breaker.position(), Position::Open(at(10)));
    }
}
