//! The one thread that moves all audio: every end each 20 ms, a quarter of them each 5 ms.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::end::End;

const PHASES: usize = 4;
const STEP: Duration = Duration::from_millis(5);
/// So late, the thread does not try to catch up any more.
const HOPELESS: Duration = Duration::from_millis(500);

/// An end that signalling and audio share.
pub type Shared = Arc<Mutex<End>>;

/// The end, for a moment.
pub fn lock(end: &Mutex<End>) -> MutexGuard<'_, End> {
    end.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread, which ends with the process. How often it was hopelessly late: then it was the machine that stood still.
pub fn start(ends: Vec<Shared>) -> Arc<AtomicU64> {
    let stalls = Arc::new(AtomicU64::new(0));
    let counted = stalls.clone();
    std::thread::spawn(move || {
        let (mut due, mut bytes) = (Instant::now(), [0; 2_048]);
        for step in 0_usize.. {
            for end in ends.iter().skip(step % PHASES).step_by(PHASES) {
                lock(end).beat(&mut bytes);
            }
            due += STEP;
            let now = Instant::now();
            if due + HOPELESS < now {
                due = now;
                counted.fetch_add(1, Relaxed);
            }
            std::thread::sleep(due.saturating_duration_since(now));
        }
    });
    stalls
}
