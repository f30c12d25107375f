//! Timers of RFC 3261 section 17 and table 4, and the queue they wait in.

use std::{cmp::Reverse, collections::BinaryHeap};

use patchbay_kernel::{Tick, time::Span};

/// Round-trip estimate.
pub const T1: Span = Span::ms(500);
/// Longest interval between repeats of a request or a 2xx.
pub const T2: Span = Span::ms(4_000);
/// Longest time that a message stays in the network.
pub const T4: Span = Span::ms(5_000);
/// 64 * T1: timers B, D (UDP), F, H, J, L, M and the life of an unacknowledged 2xx.
pub const GIVE_UP: Span = Span::ms(32_000);

/// Timer C: how long an INVITE may ring without news (RFC 3261 section 16.6 step 11 asks for more than three minutes).
pub const TIMER_C: Span = Span::ms(190_000);
/// How often the last provisional answer is repeated while an incoming call rings (RFC 3261 section 13.3.1).
pub const RING_AGAIN: Span = Span::ms(60_000);

/// The furthest that a session's deadline lies ahead in the queue; what is further is approached in steps.
pub const FAR: Span = Span::secs(60);

/// Deadlines in order. Entries are never taken out: what is no longer wanted is recognised when it comes due.
#[derive(Debug)]
pub struct Timers<K> {
    heap: BinaryHeap<Reverse<(Tick, u64, K)>>,
    order: u64,
}

impl<K: Ord + Copy> Timers<K> {
    /// None armed.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), order: 0 }
    }
    /// Wake `key` at this time.
    pub fn arm(&mut self, at: Tick, key: K) {
        self.order += 1;
        self.heap.push(Reverse((at, self.order, key)));
    }
    /// One that is due.
    pub fn due(&mut self, now: Tick) -> Option<K> {
        let Reverse((at, ..)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, key))| key)
    }
    /// When the next is due.
    pub fn next(&self) -> Option<Tick> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }
    /// How many wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }
}

impl<K: Ord + Copy> Default for Timers<K> {
    fn default() -> Self {
        Self::new()
    }
}
