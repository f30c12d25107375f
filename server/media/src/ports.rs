//! The range of UDP ports for RTP legs: even ones, each used by one leg and left alone for a while before the next. Sockets stay
//! open between two legs that follow soon: opening and closing them was a third of what media cost a call.

use std::{
    collections::VecDeque,
    net::UdpSocket,
    sync::{Mutex, MutexGuard, PoisonError},
};

use patchbay_kernel::{Tick, time::Span};

use crate::net;

/// How long a UDP port is left alone: what the last call's party still sends must not reach the next call.
pub const DRAIN: Span = Span::secs(5);
/// How long the sockets of a drained UDP port wait for the next leg.
const KEPT: Span = Span::secs(10);
/// Sets of sockets kept at most, and their share of the descriptors that the process may have.
const MOST_KEPT: u64 = 4_096;
const SHARE: u64 = 8;

/// The sockets of a leg.
pub struct Sockets {
    /// RTP, and RTCP where it is multiplexed.
    pub rtp: UdpSocket,
    /// RTCP on the UDP port above; only some parties want it.
    pub control: Option<UdpSocket>,
}

/// Free and draining UDP ports, shared by the workers; touched when legs open and close, never by packets.
pub struct UdpPorts {
    pool: Mutex<Pool>,
    most_kept: usize,
}

#[derive(Default)]
struct Pool {
    /// Nothing is open. With the time from which on they may be used.
    cold: VecDeque<(Tick, u16)>,
    /// Used before cold ones, so that few sockets serve.
    warm: VecDeque<(Tick, u16, Sockets)>,
}

impl UdpPorts {
    /// The even UDP ports from `first` to `last`; of so many `descriptors` a share may be kept open.
    pub fn new(first: u16, last: u16, descriptors: u64) -> Self {
        let even = (first..=last).filter(|udp_port| udp_port % 2 == 0 && *udp_port > 0);
        let pool = Pool { cold: even.map(|udp_port| (Tick::ZERO, udp_port)).collect(), warm: VecDeque::new() };
        let most_kept = usize::try_from(MOST_KEPT.min(descriptors / SHARE)).unwrap_or(0);
        Self { pool: Mutex::new(pool), most_kept }
    }

    /// One that is free, and its sockets when they are open still: asleep, see [`net::wake`]. `None`: all are in use or draining.
    pub fn take(&self, now: Tick) -> Option<(u16, Option<Sockets>)> {
        let mut pool = self.lock();
        if pool.warm.front().is_some_and(|(ready, ..)| *ready <= now) {
            return pool.warm.pop_front().map(|(_, udp_port, sockets)| (udp_port, Some(sockets)));
        }
        pool.cold.front().filter(|(ready, _)| *ready <= now)?;
        pool.cold.pop_front().map(|(_, udp_port)| (udp_port, None))
    }

    /// Gives a UDP port back after a leg, with its sockets; or without, when another program holds it.
    pub fn give_back(&self, udp_port: u16, sockets: Option<Sockets>, now: Tick) {
        if let Some(sockets) = &sockets {
            net::rest(&sockets.rtp);
            sockets.control.iter().for_each(net::rest);
        }
        let mut pool = self.lock();
        let left = match sockets {
            Some(sockets) if pool.warm.len() < self.most_kept => {
                pool.warm.push_back((now + DRAIN, udp_port, sockets));
                None
            }
            other => {
                pool.cold.push_back((now + DRAIN, udp_port));
                other
            }
        };
        drop(pool);
        // Closing takes its time: not while others wait for the lock.
        drop(left);
    }

    /// Closes the sockets that no leg wanted.
    pub fn retire(&self, now: Tick) {
        let mut left = Vec::new();
        let mut pool = self.lock();
        while pool.warm.front().is_some_and(|(ready, ..)| *ready + KEPT <= now) {
            let Some((ready, udp_port, sockets)) = pool.warm.pop_front() else { break };
            left.push(sockets);
            pool.cold.push_front((ready, udp_port));
        }
        drop(pool);
        drop(left);
    }

    /// When [`Self::retire`] has something to do.
    pub fn retires_at(&self) -> Option<Tick> {
        self.lock().warm.front().map(|(ready, ..)| *ready + KEPT)
    }

    /// How many are neither in use nor draining.
    pub fn free(&self, now: Tick) -> usize {
        let pool = self.lock();
        let cold = pool.cold.iter().filter(|(ready, _)| *ready <= now).count();
        cold + pool.warm.iter().filter(|(ready, ..)| *ready <= now).count()
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn at(ms: u64) -> Tick {
        Tick::from_ms(ms)
    }

    fn sockets() -> Sockets {
        Sockets { rtp: net::udp(LOCAL, 0, 65_536).unwrap(), control: None }
    }

    fn taken(ports: &UdpPorts, now: Tick) -> Option<(u16, bool)> {
        ports.take(now).map(|(udp_port, sockets)| (udp_port, sockets.is_some()))
    }

    #[test]
    fn a_used_port_rests_before_it_is_used_again() {
        let ports = UdpPorts::new(10_001, 10_005, 0);
        assert_eq!(taken(&ports, at(0)), Some((10_002, false)));
        assert_eq!(taken(&ports, at(0)), Some((10_004, false)));
        assert_eq!(taken(&ports, at(0)), None);
        ports.give_back(10_002, Some(sockets()), at(1_000));
        assert_eq!(taken(&ports, at(5_999)), None);
        assert_eq!(ports.free(at(6_000)), 1);
        assert_eq!(taken(&ports, at(6_000)), Some((10_002, false)), "none may be kept open");
    }

    #[test]
    fn sockets_wait_a_while_for_the_next_leg() {
        let ports = UdpPorts::new(10_000, 10_008, SHARE * 2);
        for _ in 0..3 {
            taken(&ports, at(0));
        }
        for udp_port in [10_000, 10_002, 10_004] {
            ports.give_back(udp_port, Some(sockets()), at(0));
        }
        assert_eq!(taken(&ports, at(4_999)), Some((10_006, false)), "what rests is not touched");
        assert_eq!(taken(&ports, at(5_000)), Some((10_000, true)), "what is open comes first");
        assert_eq!(ports.retires_at(), Some(at(15_000)));
        ports.retire(at(14_999));
        assert_eq!(taken(&ports, at(14_999)), Some((10_002, true)));
        assert_eq!(ports.retires_at(), None, "two were kept, the third was closed at once");
        ports.give_back(10_000, Some(sockets()), at(20_000));
        ports.retire(at(35_000));
        assert_eq!((ports.retires_at(), taken(&ports, at(35_000))), (None, Some((10_000, false))));
        assert_eq!(ports.free(at(35_000)), 2, "10,004 and 10,008");
    }
}
