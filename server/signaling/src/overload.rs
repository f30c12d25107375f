//! When to refuse new work: before what is there already suffers. Pure; fed with how long the queues have not been empty.
//!
//! A queue that is never empty for long is one that grows: the length of that busy time is at least the wait of whoever comes
//! now. A server that was merely stopped for a moment has a queue, but a short busy time, and refuses nothing. What waits behind
//! the queues, in the owner of the calls, is told by the age of the oldest call that nothing was decided about.

use patchbay_kernel::{Tick, time::Span};

/// How much is refused; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// Nothing.
    #[default]
    Calm,
    /// Strangers, all of them: it is they who fill the queues.
    Crowded,
    /// New calls of phones too.
    High,
    /// New calls of gateways too. Calls that are up go on.
    Full,
}

/// Busy for so long: high, or crowded.
const HIGH: Span = Span::ms(200);
/// Busy for so long: full.
const FULL: Span = Span::ms(600);
/// A level is left when the queues were empty again and again for this time. Not longer: while everybody is refused the work
/// that was let in runs out.
const CALM_AFTER: Span = Span::ms(200);
/// The oldest call that nothing was decided about has waited so long: high, or full.
const BEHIND: (Span, Span) = (Span::ms(250), Span::ms(500));
/// And that for so long: who was stopped for a moment catches up sooner.
const LASTS: Span = Span::ms(100);

/// The load and since when.
#[derive(Debug, Default)]
pub(crate) struct Overload {
    load: Load,
    confirmed_at: Tick,
}

impl Overload {
    /// The queues have been busy for so long. `crowd`: mostly with strangers; to refuse others would help nobody then.
    pub fn observe(&mut self, busy: Span, crowd: bool, now: Tick) {
        let seen = match busy {
            busy if busy >= HIGH && crowd => Load::Crowded,
            busy if busy >= FULL => Load::Full,
            busy if busy >= HIGH => Load::High,
            _ => Load::Calm,
        };
        if seen >= self.load {
            self.load = seen;
            self.confirmed_at = now;
        } else if now.since(self.confirmed_at) >= CALM_AFTER {
            // One step at a time: what was refused comes back at once.
            self.load = match self.load {
                Load::Full => Load::High,
                Load::High => Load::Crowded,
                Load::Crowded | Load::Calm => Load::Calm,
            };
            self.confirmed_at = now;
        }
    }

    /// Now.
    pub const fn load(&self) -> Load {
        self.load
    }
}

/// How far the owner of the calls is behind. Ends at once: what it has to do already keeps it busy until the next comes.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    since: Option<Tick>,
    load: Load,
}

impl Behind {
    /// The oldest call that nothing was decided about has waited for so long.
    pub fn observe(&mut self, age: Span, now: Tick) {
        if age < BEHIND.0 {
            *self = Self::default();
        } else if now.since(*self.since.get_or_insert(now)) >= LASTS {
            self.load = if age < BEHIND.1 { Load::High } else { Load::Full };
        }
    }

    /// Now.
    pub const fn load(&self) -> Load {
        self.load
    }
}

/// Since when a queue has not been seen empty.
#[derive(Debug, Default)]
pub(crate) struct Busy(Option<Tick>);

impl Busy {
    /// The queue was looked at.
    pub fn seen(&mut self, empty: bool, now: Tick) {
        self.0 = if empty { None } else { self.0.or(Some(now)) };
    }

    /// How long it has been busy.
    pub fn length(&self, now: Tick) -> Span {
        self.0.map_or(Span(0), |since| now.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Tick {
        Tick::from_ms(ms)
    }

    #[test]
    fn it_rises_at_once_and_falls_step_by_step() {
        let mut overload = Overload::default();
        overload.observe(Span::ms(199), false, at(0));
        assert_eq!(overload.load(), Load::Calm);
        overload.observe(Span::ms(700), false, at(1));
        assert_eq!(overload.load(), Load::Full);
        overload.observe(Span(0), false, at(150));
        assert_eq!(overload.load(), Load::Full, "a breath is not the end");
        overload.observe(Span(0), false, at(201));
        assert_eq!(overload.load(), Load::High);
        overload.observe(Span::ms(300), false, at(300));
        overload.observe(Span(0), false, at(450));
        assert_eq!(overload.load(), Load::High, "it was busy 150 ms ago");
        overload.observe(Span(0), false, at(500));
        assert_eq!(overload.load(), Load::Crowded);
        overload.observe(Span(0), false, at(700));
        assert_eq!(overload.load(), Load::Calm);
    }

    #[test]
    fn who_is_behind_for_more_than_a_moment_takes_no_more() {
        let mut behind = Behind::default();
        let mut load = |age, ms| {
            behind.observe(Span::ms(age), at(ms));
            behind.load()
        };
        assert_eq!(load(900, 0), Load::Calm, "stopped for a moment");
        assert_eq!(load(300, 60), Load::Calm);
        assert_eq!(load(0, 80), Load::Calm, "and caught up");
        assert_eq!([load(260, 1_000), load(300, 1_100), load(510, 1_200)], [Load::Calm, Load::High, Load::Full]);
        assert_eq!(load(499, 1_210), Load::High);
        assert_eq!(load(249, 1_220), Load::Calm, "at once");
        assert_eq!(load(251, 1_230), Load::Calm, "and not again before it lasts");
    }

    #[test]
    fn a_crowd_at_the_door_costs_nobody_else() {
        let mut overload = Overload::default();
        overload.observe(Span::ms(5_000), true, at(0));
        assert_eq!(overload.load(), Load::Crowded);
        overload.observe(Span::ms(5_200), false, at(200));
        assert_eq!(overload.load(), Load::Full);
    }

    #[test]
    fn a_moment_of_standstill_is_no_overload() {
        let (mut busy, mut overload) = (Busy::default(), Overload::default());
        busy.seen(true, at(0));
        // Stopped from 0 to 900 ms; then the queue is worked off in 80 ms.
        for ms in (900..980).step_by(5) {
            busy.seen(false, at(ms));
            overload.observe(busy.length(at(ms)), false, at(ms));
        }
        busy.seen(true, at(980));
        assert_eq!((overload.load(), busy.length(at(2_000))), (Load::Calm, Span(0)));
    }
}
