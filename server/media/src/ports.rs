//! The range of UDP ports for RTP legs: even ones, each used by one leg and left alone for a while before the next.

use std::{collections::VecDeque, sync::Mutex};

use patchbay_kernel::{Tick, time::Span};

/// How long a UDP port is left alone: what the last call's party still sends must not reach the next call.
pub const DRAIN: Span = Span::secs(5);

/// Free and draining UDP ports, shared by the workers; touched when legs open and close, never by packets.
pub struct UdpPorts {
    ports: Mutex<VecDeque<(Tick, u16)>>,
}

impl UdpPorts {
    /// The even UDP ports from `first` to `last`.
    pub fn new(first: u16, last: u16) -> Self {
        let even = (first..=last).filter(|udp_port| udp_port % 2 == 0 && *udp_port > 0);
        Self { ports: Mutex::new(even.map(|udp_port| (Tick::ZERO, udp_port)).collect()) }
    }

    /// The one that has been free for longest. `None`: all are in use or draining.
    pub fn take(&self, now: Tick) -> Option<u16> {
        let mut ports = self.lock();
        let (ready, _) = *ports.front()?;
        if ready > now {
            return None;
        }
        ports.pop_front().map(|(_, udp_port)| udp_port)
    }

    /// Gives a UDP port back after a leg, or one that another program holds.
    pub fn give_back(&self, udp_port: u16, now: Tick) {
        self.lock().push_back((now + DRAIN, udp_port));
    }

    /// How many are neither in use nor draining.
    pub fn free(&self, now: Tick) -> usize {
        self.lock().iter().filter(|(ready, _)| *ready <= now).count()
    }

    /// How many are not in use.
    #[cfg(test)]
    pub fn all(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Tick, u16)>> {
        self.ports.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_port_rests_before_it_is_used_again() {
        let ports = UdpPorts::new(10_001, 10_005);
        assert_eq!(ports.take(Tick::ZERO), Some(10_002));
        assert_eq!(ports.take(Tick::ZERO), Some(10_004));
        assert_eq!(ports.take(Tick::ZERO), None);
        ports.give_back(10_002, Tick::from_ms(1_000));
        assert_eq!(ports.take(Tick::from_ms(5_999)), None);
        assert_eq!(ports.free(Tick::from_ms(6_000)), 1);
        assert_eq!(ports.take(Tick::from_ms(6_000)), Some(10_002));
    }
}
