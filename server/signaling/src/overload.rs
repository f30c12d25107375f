//! When to refuse new work: before what is there already suffers. Pure; fed with how long the queues have not been empty.
//!
//! A queue that is never empty for long is one that grows: the length of that busy time is at least the wait of whoever comes
//! now. A server that was merely stopped for a moment has a queue, but a short busy time, and refuses nothing.

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
/// A level is left when the queues were empty again and again for this time.
const CALM_AFTER: Span = Span::ms(1_000);

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
        overload.observe(Span(0), false, at(500));
        assert_eq!(overload.load(), Load::Full, "a breath is not the end");
        overload.observe(Span(0), false, at(1_001));
        assert_eq!(overload.load(), Load::High);
        overload.observe(Span::ms(300), false, at(1_500));
        overload.observe(Span(0), false, at(2_400));
        assert_eq!(overload.load(), Load::High, "it was busy 900 ms ago");
        overload.observe(Span(0), false, at(2_500));
        assert_eq!(overload.load(), Load::Crowded);
        overload.observe(Span(0), false, at(3_500));
        assert_eq!(overload.load(), Load::Calm);
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
