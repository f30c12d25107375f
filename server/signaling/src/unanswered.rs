//! Calls that came in and of which nothing is decided yet. The age of the oldest says how far their owner is behind: the wait of
//! whoever comes now, wherever in the owner it is spent.

use std::collections::{HashSet, VecDeque};

use patchbay_kernel::{Tick, time::Span};
use patchbay_sip::{Cmd, Event, LegId};

/// So few that wait are no queue: each may have a reason of its own.
const FEW: usize = 8;

/// Those that wait, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Unanswered {
    came: VecDeque<(LegId, Tick)>,
    waiting: HashSet<LegId>,
}

impl Unanswered {
    /// The owner is told.
    pub fn told(&mut self, event: &Event, now: Tick) {
        match event {
            Event::Invite { leg, .. } => {
                self.came.push_back((*leg, now));
                self.waiting.insert(*leg);
            }
            // The caller gave up.
            Event::Ended { leg, .. } => self.decided(*leg),
            _ => {}
        }
    }

    /// The owner says something.
    pub fn obeyed(&mut self, command: &Cmd) {
        if let Cmd::Ring { leg, .. } | Cmd::Answer { leg, .. } | Cmd::Refuse { leg, .. } | Cmd::Hangup { leg, .. } =
            command
        {
            self.decided(*leg);
        }
    }

    /// What becomes of it does not depend on the owner any more.
    pub fn decided(&mut self, leg: LegId) {
        self.waiting.remove(&leg);
        // One that waits for ever does not keep those that came after it.
        if self.came.len() > 2 * self.waiting.len() + 64 {
            self.came.retain(|(leg, _)| self.waiting.contains(leg));
        }
        while self.came.front().is_some_and(|(leg, _)| !self.waiting.contains(leg)) {
            self.came.pop_front();
        }
    }

    /// How long the oldest has waited.
    pub fn age(&self, now: Tick) -> Span {
        match self.came.front() {
            Some((_, came)) if self.waiting.len() >= FEW => now.since(*came),
            _ => Span(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Tick {
        Tick::from_ms(ms)
    }

    /// As [`Unanswered::told`] of an INVITE, whose message does not matter here.
    fn comes(unanswered: &mut Unanswered, leg: u64, ms: u64) {
        unanswered.came.push_back((LegId(leg), at(ms)));
        unanswered.waiting.insert(LegId(leg));
    }

    #[test]
    fn the_oldest_that_waits_counts() {
        let mut unanswered = Unanswered::default();
        for leg in 0..20 {
            comes(&mut unanswered, leg, leg * 10);
        }
        assert_eq!(unanswered.age(at(300)), Span::ms(300));
        unanswered.obeyed(&Cmd::Refuse { leg: LegId(1), code: 401, extra: Vec::new() });
        assert_eq!(unanswered.age(at(300)), Span::ms(300), "the first still waits");
        unanswered.decided(LegId(0));
        assert_eq!(unanswered.age(at(300)), Span::ms(280), "and the second does not");
        assert_eq!(unanswered.came.len(), 18);
    }

    #[test]
    fn a_few_that_wait_long_are_no_queue() {
        let mut unanswered = Unanswered::default();
        for leg in 0..7 {
            comes(&mut unanswered, leg, 0);
        }
        assert_eq!(unanswered.age(at(5_000)), Span(0));
        comes(&mut unanswered, 7, 5_000);
        assert_eq!(unanswered.age(at(5_000)), Span::ms(5_000));
        for leg in 0..8 {
            unanswered.told(&Event::Ended { leg: LegId(leg), how: patchbay_sip::End::Cancel, reason: None }, at(5_000));
        }
        assert!(unanswered.came.is_empty() && unanswered.waiting.is_empty());
    }
}
