//! Whether somebody is still there: pings into silence (RFC 6455 section 5.5.2). Pure; the connection's task keeps its time.

use std::time::Duration;

use patchbay_kernel::Tick;

use crate::config::Limits;

/// Pings without an answer after which nobody is there.
const MISSED: u32 = 2;

/// What silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing yet: wait for [`Pulse::wait`].
    Fine,
    /// Ask.
    Ping,
    /// Nobody is there.
    Dead,
}

/// The pulse of one connection. Whatever it says is a sign of life, not the answer to a ping alone.
#[derive(Debug)]
pub(crate) struct Pulse {
    every: Duration,
    within: Duration,
    due: Tick,
    asked: u32,
}

impl Pulse {
    /// Alive now.
    pub fn new(limits: &Limits, now: Tick) -> Self {
        let mut pulse = Self { every: limits.ping_every, within: limits.pong_within, due: now, asked: 0 };
        pulse.heard(now);
        pulse
    }

    /// It said something.
    pub fn heard(&mut self, now: Tick) {
        self.asked = 0;
        self.due = after(now, self.every);
    }

    /// How long to listen before asking [`Self::silent`].
    pub fn wait(&self, now: Tick) -> Duration {
        Duration::from_micros(self.due.since(now).0)
    }

    /// Nothing came until now. Only a listener that has just looked may ask: what it did not read counts as silence.
    pub fn silent(&mut self, now: Tick) -> Silence {
        if now < self.due {
            return Silence::Fine;
        }
        if self.asked == MISSED {
            return Silence::Dead;
        }
        self.asked += 1;
        self.due = after(now, self.within);
        Silence::Ping
    }
}

fn after(now: Tick, wait: Duration) -> Tick {
    Tick(now.0.saturating_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Tick {
        Tick::from_ms(s * 1_000)
    }

    fn pulse() -> Pulse {
        let limits =
            Limits { ping_every: Duration::from_secs(15), pong_within: Duration::from_secs(7), ..Limits::default() };
        Pulse::new(&limits, Tick::ZERO)
    }

    #[test]
    fn two_pings_into_silence_and_nobody_is_there() {
        let mut pulse = pulse();
        assert_eq!((pulse.silent(at(14)), pulse.silent(at(15))), (Silence::Fine, Silence::Ping));
        assert_eq!(pulse.wait(at(16)), Duration::from_secs(6));
        assert_eq!((pulse.silent(at(21)), pulse.silent(at(22))), (Silence::Fine, Silence::Ping));
        assert_eq!((pulse.silent(at(28)), pulse.silent(at(29))), (Silence::Fine, Silence::Dead));
    }

    #[test]
    fn any_word_is_a_sign_of_life() {
        let mut pulse = pulse();
        for round in 0..100 {
            let now = round * 22;
            assert_eq!(pulse.silent(at(now + 15)), Silence::Ping);
            pulse.heard(at(now + 22));
        }
    }

    #[test]
    fn a_listener_that_was_held_up_asks_before_it_judges() {
        let mut pulse = pulse();
        assert_eq!(pulse.silent(at(1_000)), Silence::Ping);
        assert_eq!(pulse.silent(at(1_000)), Silence::Fine);
    }
}
