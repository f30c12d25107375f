//! The system's clocks for tests.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patchbay_kernel::{Clock, Tick, Wall};

/// Ticks from its making.
pub struct TestClock(Instant);

impl TestClock {
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TestClock {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as i64)
    }
}
