//! The clock and the chance of a real process: the one place that asks the system for either.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patchbay_kernel::{Clock, Entropy, Tick, Wall};

/// The system's clocks; [`Tick`] counts from the making of this value.
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting ticks now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn tick(&self) -> Tick {
        Tick(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
    fn wall(&self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has randomness");
    }
}
