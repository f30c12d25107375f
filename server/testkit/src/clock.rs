//! A clock that a test moves by hand, and the real one.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    time::{Duration, Instant},
};

use patchbay_kernel::{Clock, Tick, Wall};

/// 2026-01-01 00:00 UTC, in milliseconds since 1970: where test clocks begin.
pub const BEGIN_MS: i64 = 1_767_225_600_000;

/// Stands still until it is moved.
#[derive(Debug)]
pub struct HandClock {
    tick: AtomicU64,
    wall: AtomicI64,
}

impl HandClock {
    /// At the beginning of 2026, tick zero.
    pub const fn new() -> Self {
        Self { tick: AtomicU64::new(0), wall: AtomicI64::new(BEGIN_MS * 1_000) }
    }
    /// Moves both times forward.
    pub fn advance(&self, by: Duration) {
        let us = u64::try_from(by.as_micros()).expect("tests do not outlive the sun");
        self.tick.fetch_add(us, SeqCst);
        self.wall.fetch_add(us.cast_signed(), SeqCst);
    }
    /// Moves the wall alone, as an administrator does.
    pub fn set_wall(&self, wall: Wall) {
        self.wall.store(wall.0, SeqCst);
    }
}

impl Default for HandClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for HandClock {
    fn tick(&self) -> Tick {
        Tick(self.tick.load(SeqCst))
    }
    fn wall(&self) -> Wall {
        Wall(self.wall.load(SeqCst))
    }
}

/// Real monotonic time; the wall begins at 2026 so that nothing depends on the day of the test.
#[derive(Debug)]
pub struct RealClock(Instant);

impl RealClock {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for RealClock {
    fn tick(&self) -> Tick {
        Tick(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
    fn wall(&self) -> Wall {
        Wall(BEGIN_MS * 1_000 + i64::try_from(self.tick().0).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_clock_moves_only_by_hand() {
        let clock = HandClock::new();
        let before = (clock.tick(), clock.wall());
        assert_eq!((clock.tick(), clock.wall()), before);
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.tick().since(before.0).as_ms(), 1_500);
        assert_eq!(clock.wall().ms_since(before.1), 1_500);
        clock.set_wall(Wall(0));
        assert_eq!((clock.wall(), clock.tick().as_ms()), (Wall(0), 1_500));
    }
}
