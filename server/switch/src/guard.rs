//! Guessing passwords must be slow and must tell nothing (`safety.md` C11).

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    sync::Mutex,
    time::Duration,
};

use patchbay_kernel::{Tick, time::Span};
use patchbay_sip::digest::StoredHa1;

use crate::exchange::lock;

/// Failures are counted over this time.
const WINDOW: Span = Span::secs(300);
/// Failures of one source before its failures are answered late.
const PER_SOURCE: u32 = 10;
/// Failures of one user name before failures with it are answered late.
const PER_USER: u32 = 50;
/// How late.
const LATE: Duration = Duration::from_secs(3);
/// Late answers that one source may wait for; further requests of it are not looked at.
const MOST_LATE: u32 = 20;
/// Entries of one table.
const MOST: usize = 20_000;

/// Counts failures and remembers proofs that were used. A right password is never made to wait.
pub(crate) struct Guard {
    dummy: StoredHa1,
    sources: Mutex<HashMap<IpAddr, Count>>,
    users: Mutex<HashMap<String, Count>>,
    late: Mutex<HashMap<IpAddr, u32>>,
    used: Mutex<HashMap<u64, Tick>>,
}

#[derive(Clone, Copy)]
struct Count {
    failures: u32,
    since: Tick,
}

impl Guard {
    /// `dummy` makes the proof that stands in for users who do not exist.
    pub fn new(dummy: [u8; 32]) -> Self {
        let hex: String = dummy.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            dummy: StoredHa1 { md5: hex[..32].to_owned(), sha256: hex },
            sources: Mutex::default(),
            users: Mutex::default(),
            late: Mutex::default(),
            used: Mutex::default(),
        }
    }

    /// What a user who does not exist is checked against, so that the check costs the same.
    pub fn dummy(&self) -> &StoredHa1 {
        &self.dummy
    }

    /// Whether a request from here is looked at now.
    pub fn looks_at(&self, source: IpAddr) -> bool {
        lock(&self.late).get(&source).is_none_or(|late| *late < MOST_LATE)
    }

    /// A proof was wrong. How long its answer waits; call [`Self::answered_late`] after a wait.
    pub fn failed(&self, source: IpAddr, username: &str, now: Tick) -> Option<Duration> {
        let by_source = count(&mut lock(&self.sources), source, now);
        let by_user = count(&mut lock(&self.users), username.to_owned(), now);
        if by_source <= PER_SOURCE && by_user <= PER_USER {
            return None;
        }
        *lock(&self.late).entry(source).or_default() += 1;
        Some(LATE)
    }

    /// The late answer is out.
    pub fn answered_late(&self, source: IpAddr) {
        let mut late = lock(&self.late);
        if let Some(count) = late.get_mut(&source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                late.remove(&source);
            }
        }
    }

    /// Whether this proof is used for the first time. A retransmission never comes so far, so a second use is a replay.
    pub fn first_use(&self, response: &str, now: Tick) -> bool {
        let mut hasher = DefaultHasher::new();
        response.hash(&mut hasher);
        let mut used = lock(&self.used);
        if used.len() >= MOST {
            used.retain(|_, at| now.since(*at) <= WINDOW);
        }
        match used.insert(hasher.finish(), now) {
            Some(before) => now.since(before) > WINDOW,
            None => true,
        }
    }
}

fn count<K: Hash + Eq>(table: &mut HashMap<K, Count>, key: K, now: Tick) -> u32 {
    if table.len() >= MOST {
        table.retain(|_, count| now.since(count.since) <= WINDOW);
        if table.len() >= MOST {
            table.clear();
        }
    }
    let count = table.entry(key).or_insert(Count { failures: 0, since: now });
    if now.since(count.since) > WINDOW {
        *count = Count { failures: 0, since: now };
    }
    count.failures += 1;
    count.failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_waits_and_others_do_not() {
        let guard = Guard::new([1; 32]);
        let (thief, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let waits = (0..11).map(|n| guard.failed(thief, &format!("u{n}"), Tick::ZERO)).collect::<Vec<_>>();
        assert!(waits[..10].iter().all(Option::is_none));
        assert_eq!(waits[10], Some(LATE));
        assert_eq!(guard.failed(other, "u", Tick::ZERO), None);
        assert_eq!(guard.failed(thief, "u", Tick::ZERO + Span::secs(301)), None, "the window has passed");
    }

    #[test]
    fn many_sources_against_one_user_are_slowed_too() {
        let guard = Guard::new([1; 32]);
        let wait = |n: u8| guard.failed(IpAddr::from([10, 0, 0, n]), "victim", Tick::ZERO);
        assert_eq!((0..60).filter(|n| wait(*n).is_some()).count(), 10);
    }

    #[test]
    fn a_source_with_many_late_answers_is_not_looked_at() {
        let guard = Guard::new([1; 32]);
        let thief = "192.0.2.1".parse().unwrap();
        for _ in 0..30 {
            guard.failed(thief, "u", Tick::ZERO);
        }
        assert!(!guard.looks_at(thief));
        guard.answered_late(thief);
        assert!(guard.looks_at(thief));
    }

    #[test]
    fn a_proof_is_good_once() {
        let guard = Guard::new([1; 32]);
        assert!(guard.first_use("abc", Tick::ZERO));
        assert!(!guard.first_use("abc", Tick::from_ms(1_000)));
        assert!(guard.first_use("def", Tick::from_ms(1_000)));
    }
}
