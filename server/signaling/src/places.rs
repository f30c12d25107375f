//! How many connections there may be, and who makes room: a connection that has not signed in holds its place on sufferance.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio::sync::Notify;

use crate::{
    config::Limits,
    gate::network,
    stats::{Counters, add, sub},
};

/// All places.
pub(crate) struct Places {
    limits: Arc<Limits>,
    counters: Arc<Counters>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    sources: HashMap<IpAddr, Count>,
    /// Those that have not signed in, oldest first.
    strangers: BTreeMap<u64, (IpAddr, Arc<Standing>)>,
    numbers: u64,
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    strange: usize,
}

/// Whether a connection has signed in, and whether it must go.
#[derive(Default)]
pub(crate) struct Standing {
    signed_in: AtomicBool,
    /// Woken when it must make room.
    pub leave: Notify,
    stranger: Mutex<Option<(Arc<Places>, u64)>>,
}

impl Standing {
    /// Of a connection that need not sign in: we opened it, or it has shown a ticket.
    pub fn proven() -> Arc<Self> {
        Arc::new(Self { signed_in: AtomicBool::new(true), ..Self::default() })
    }

    /// Whether it has signed in.
    pub fn is_signed_in(&self) -> bool {
        self.signed_in.load(Relaxed)
    }

    /// It has.
    pub fn sign_in(&self) {
        if !self.signed_in.swap(true, Relaxed) {
            self.no_stranger();
        }
    }

    fn no_stranger(&self) {
        let stranger = self.stranger.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((places, number)) = stranger {
            places.open().no_stranger(number);
        }
    }
}

/// One of the connections that may be open, given back on drop.
pub(crate) struct Place {
    places: Arc<Places>,
    source: Option<IpAddr>,
    /// Its standing.
    pub standing: Arc<Standing>,
}

impl Places {
    /// All free.
    pub fn new(limits: Arc<Limits>, counters: Arc<Counters>) -> Self {
        Self { limits, counters, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection of ours or one that has shown a ticket; `None` when there is none.
    pub fn take_proven(self: &Arc<Self>) -> Option<Place> {
        let mut open = self.open();
        if open.all >= self.limits.connections {
            return None;
        }
        open.all += 1;
        add(&self.counters.connections);
        Some(Place { places: self.clone(), source: None, standing: Standing::proven() })
    }

    /// A place for whoever comes from here. `known`: a gateway, which need not sign in.
    pub fn take(self: &Arc<Self>, source: IpAddr, known: bool) -> Option<Place> {
        let source = network(source);
        let mut open = self.open();
        let count = open.sources.get(&source).copied().unwrap_or_default();
        let full = open.all >= self.limits.connections || count.all >= self.limits.connections_per_source;
        if full || (!known && count.strange >= self.limits.strange_connections_per_source) {
            return None;
        }
        open.all += 1;
        open.sources.entry(source).or_default().all += 1;
        add(&self.counters.connections);
        if known {
            return Some(Place { places: self.clone(), source: Some(source), standing: Standing::proven() });
        }
        if open.strangers.len() >= self.limits.strange_connections
            && let Some((number, (_, oldest))) = open.strangers.iter().next().map(|(n, it)| (*n, it.clone()))
        {
            open.no_stranger(number);
            oldest.leave.notify_one();
        }
        let number = open.numbers;
        open.numbers += 1;
        let standing = Arc::new(Standing { stranger: Mutex::new(Some((self.clone(), number))), ..Standing::default() });
        open.strangers.insert(number, (source, standing.clone()));
        open.sources.entry(source).or_default().strange += 1;
        Some(Place { places: self.clone(), source: Some(source), standing })
    }
}

impl Open {
    fn no_stranger(&mut self, number: u64) {
        if let Some((source, _)) = self.strangers.remove(&number)
            && let Some(count) = self.sources.get_mut(&source)
        {
            count.strange -= 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.standing.no_stranger();
        let mut open = self.places.open();
        open.all -= 1;
        if let Some(source) = self.source
            && let Some(count) = open.sources.get_mut(&source)
        {
            count.all -= 1;
            if count.all == 0 {
                open.sources.remove(&source);
            }
        }
        sub(&self.places.counters.connections);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Arc<Places> {
        let limits = Limits {
            connections: 10,
            connections_per_source: 4,
            strange_connections_per_source: 2,
            strange_connections: 3,
            ..Limits::default()
        };
        Arc::new(Places::new(Arc::new(limits), Arc::default()))
    }

    fn ip(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn strangers_of_one_source_are_few_until_they_sign_in() {
        let places = places();
        let first = places.take(ip(1), false).unwrap();
        let second = places.take(ip(1), false).unwrap();
        assert!(places.take(ip(1), false).is_none());
        first.standing.sign_in();
        let third = places.take(ip(1), false).unwrap();
        second.standing.sign_in();
        third.standing.sign_in();
        let fourth = places.take(ip(1), false).unwrap();
        fourth.standing.sign_in();
        assert!(places.take(ip(1), false).is_none(), "four in all");
        drop((first, second, third, fourth));
        let open = places.open();
        assert_eq!((open.all, open.sources.len(), open.strangers.len()), (0, 0, 0));
    }

    #[test]
    fn the_oldest_stranger_makes_room() {
        let places = places();
        let kept: Vec<Place> = (1..=3).map(|n| places.take(ip(n), false).unwrap()).collect();
        kept[0].standing.sign_in();
        let _fourth = places.take(ip(4), false).unwrap();
        let _fifth = places.take(ip(5), false).unwrap();
        // The first has signed in: the second was the oldest.
        let told = |place: &Place| {
            let waiting = std::pin::pin!(place.standing.leave.notified());
            futures::FutureExt::now_or_never(waiting).is_some()
        };
        assert_eq!(kept.iter().map(told).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(places.open().strangers.len(), 3);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let places = places();
        let kept: Vec<Place> = (0..10).map(|_| places.take_proven().unwrap()).collect();
        assert!(places.take_proven().is_none() && places.take(ip(1), true).is_none());
        drop(kept);
        assert!(places.take(ip(1), true).is_some());
    }
}
