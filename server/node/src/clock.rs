//! The clock and the chance of a real process: the one place that asks the system for either.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patchbay_kernel::{Clock, Entropy, Tick, Wall};
use rand::Rng as _;

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

/// Unpredictable bytes of a cipher that the operating system seeds, on each thread its own: six system calls less for each call.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}
