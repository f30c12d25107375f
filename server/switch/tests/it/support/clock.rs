//! The system's clocks, for tests that use real sockets.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patchbay_kernel::{Clock, Tick, Wall};

pub struct SystemClock(Instant);

impl SystemClock {
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64)
    }
}
