//! Which of a carrier's addresses answer. One that is silent is tried last for a while (RFC 3263 section 4.3). Pure.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use patchbay_kernel::{Tick, time::Span};

/// A request unanswered for so long, three repeats included: the address is silent.
const SILENT: Span = Span::secs(4);
/// A silent address is tried last for so long; twice as long each time it is silent again.
const AVOIDED: Span = Span::secs(30);
/// The longest is the first one, doubled so often: 8 minutes.
const MOST_DOUBLED: u32 = 4;
/// Addresses that are watched.
const MOST: usize = 4_096;

#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    /// Since when a request waits for any word.
    asked_at: Option<Tick>,
    avoided_until: Tick,
    strikes: u32,
}

/// The addresses that names stand for. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Health(Arc<Mutex<HashMap<SocketAddr, Peer>>>);

impl Health {
    fn with<T>(&self, peer: SocketAddr, look: impl FnOnce(&mut Peer) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&peer).map(look)
    }

    /// From now on this address is watched.
    pub fn watch(&self, peer: SocketAddr) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= MOST && !peers.contains_key(&peer) {
            peers.clear();
        }
        peers.entry(peer).or_default();
    }

    /// It is asked something.
    pub fn asked(&self, peer: SocketAddr, now: Tick) {
        self.with(peer, |it| it.asked_at = it.asked_at.or(Some(now)));
    }

    /// It said something.
    pub fn heard(&self, peer: SocketAddr) {
        self.with(peer, |it| *it = Peer::default());
    }

    /// A connection to it did not come up, or broke. One that was closed while nothing waited says nothing.
    pub fn broke(&self, peer: SocketAddr, now: Tick) {
        self.with(peer, |it| {
            if it.asked_at.is_some() {
                it.strike(now)
            }
        });
    }

    /// Whether others are tried before it.
    pub fn is_avoided(&self, peer: SocketAddr, now: Tick) -> bool {
        let look = |it: &mut Peer| {
            if let Some(at) = it.asked_at
                && now.since(at) >= SILENT
            {
                it.strike(at + SILENT);
            }
            it.avoided_until > now
        };
        self.with(peer, look).unwrap_or_default()
    }
}

impl Peer {
    fn strike(&mut self, now: Tick) {
        self.avoided_until = now + Span(AVOIDED.0 << self.strikes.min(MOST_DOUBLED));
        self.strikes += 1;
        self.asked_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Tick {
        Tick::from_ms(s * 1_000)
    }

    fn peer(n: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, n], 5060))
    }

    #[test]
    fn a_silent_address_is_avoided_longer_each_time_until_it_speaks() {
        let health = Health::default();
        health.watch(peer(1));
        health.asked(peer(1), at(0));
        health.asked(peer(1), at(3));
        assert!(!health.is_avoided(peer(1), at(3)) && health.is_avoided(peer(1), at(4)));
        assert!(health.is_avoided(peer(1), at(33)) && !health.is_avoided(peer(1), at(34)));
        health.asked(peer(1), at(40));
        assert!(health.is_avoided(peer(1), at(44 + 59)) && !health.is_avoided(peer(1), at(44 + 60)));
        health.broke(peer(1), at(199));
        assert!(!health.is_avoided(peer(1), at(199)), "nothing waited");
        health.asked(peer(1), at(200));
        health.broke(peer(1), at(200));
        assert!(health.is_avoided(peer(1), at(201)));
        health.heard(peer(1));
        assert!(!health.is_avoided(peer(1), at(201)));
    }

    #[test]
    fn only_what_names_stand_for_is_watched() {
        let health = Health::default();
        health.asked(peer(2), at(0));
        assert!(!health.is_avoided(peer(2), at(100)));
        for n in 0..10_000_u16 {
            health.watch(SocketAddr::from(([192, 0, 2, 1], n)));
        }
        assert!(health.0.lock().unwrap().len() <= MOST);
    }
}
