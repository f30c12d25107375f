//! Channel slots of an installation whose database is a file: one process, so its memory is the truth.
//!
//! Slots die with the process, which is what rows held by a dead life amount to as well: nothing stays taken after a crash. A
//! second process on the same file begins a new life of the node, and the [`NodeLease`] of the first one stops it from granting.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::CallId;
use patchbay_kernel as kernel;
use patchbay_plane::{Capacity, CapacityError, Later, LimitHit, Resource};

use crate::NodeLease;

/// Who holds what; pure.
#[derive(Debug, Default)]
pub struct Slots {
    held: HashMap<String, BTreeMap<u32, CallId>>,
    /// What a call holds, so that giving back does not search.
    of_call: HashMap<CallId, Vec<(String, u32)>>,
}

impl Slots {
    /// One slot of each resource, all or none; the limit that stood in the way otherwise. Held slots beyond a limit that was
    /// lowered count too, for as long as they last.
    pub fn take(&mut self, call: CallId, resources: &[Resource]) -> Result<Vec<u32>, LimitHit> {
        let mut slots = Vec::with_capacity(resources.len());
        for resource in resources {
            let held = self.held.entry(resource.key.clone()).or_default();
            let free = (held.len() < resource.limit as usize).then(|| lowest_free(held, resource.limit)).flatten();
            let Some(slot) = free else {
                for (resource, slot) in resources.iter().zip(&slots) {
                    self.give_back(call, &resource.key, Some(*slot));
                }
                return Err(LimitHit(resource.clone()));
            };
            held.insert(slot, call);
            self.of_call.entry(call).or_default().push((resource.key.clone(), slot));
            slots.push(slot);
        }
        Ok(slots)
    }

    /// Give back this slot of a resource, or the one that the call took last. Nothing held is no error.
    pub fn give_back(&mut self, call: CallId, key: &str, slot: Option<u32>) {
        let Some(all) = self.of_call.get_mut(&call) else { return };
        let is_it = |(held, at): &(String, u32)| held == key && slot.is_none_or(|slot| slot == *at);
        let Some(place) = all.iter().rposition(is_it) else { return };
        let (_, slot) = all.remove(place);
        if all.is_empty() {
            self.of_call.remove(&call);
        }
        self.free(key, slot);
    }

    /// Give back everything that a call holds.
    pub fn give_back_all(&mut self, call: CallId) {
        for (key, slot) in self.of_call.remove(&call).unwrap_or_default() {
            self.free(&key, slot);
        }
    }

    /// Held slots of a resource, lowest first.
    pub fn in_use(&self, key: &str) -> Vec<(u32, CallId)> {
        self.held.get(key).map(|held| held.iter().map(|(slot, call)| (*slot, *call)).collect()).unwrap_or_default()
    }

    /// How many are held.
    pub fn used(&self, key: &str) -> u32 {
        self.held.get(key).and_then(|held| u32::try_from(held.len()).ok()).unwrap_or(0)
    }

    /// Resources of which something is held, and calls that hold something: both 0 when all is given back.
    pub fn sizes(&self) -> (usize, usize) {
        (self.held.len(), self.of_call.len())
    }

    fn free(&mut self, key: &str, slot: u32) {
        if let Some(held) = self.held.get_mut(key) {
            held.remove(&slot);
            if held.is_empty() {
                self.held.remove(key);
            }
        }
    }
}

/// The lowest slot below the limit that nobody holds; usually the first guess.
fn lowest_free(held: &BTreeMap<u32, CallId>, limit: u32) -> Option<u32> {
    let next = held.last_key_value().map_or(0, |(slot, _)| slot + 1);
    if next < limit && held.len() == next as usize {
        return Some(next);
    }
    (0..limit).find(|slot| !held.contains_key(slot))
}

/// Slots of this process, under its lease.
pub struct LocalCapacity {
    lease: Arc<NodeLease>,
    slots: Mutex<Slots>,
}

impl LocalCapacity {
    /// Grants under this lease.
    pub fn new(lease: Arc<NodeLease>) -> Self {
        Self { lease, slots: Mutex::default() }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Capacity for LocalCapacity {
    fn acquire<'a>(&'a self, call: CallId, resources: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async move {
            if !self.lease.may_admit() {
                return Err(CapacityError::Fenced);
            }
            self.slots().take(call, resources).map_err(CapacityError::from)
        })
    }

    fn release<'a>(&'a self, call: CallId, key: &'a str) -> Later<'a, Result<(), CapacityError>> {
        self.slots().give_back(call, key, None);
        Box::pin(std::future::ready(Ok(())))
    }

    fn release_all(&self, call: CallId) -> Later<'_, Result<(), CapacityError>> {
        self.slots().give_back_all(call);
        Box::pin(std::future::ready(Ok(())))
    }

    fn in_use<'a>(&'a self, key: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        Box::pin(std::future::ready(Ok(self.slots().in_use(key))))
    }

    fn used<'a>(&'a self, keys: &'a [String]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        let slots = self.slots();
        Box::pin(std::future::ready(Ok(keys.iter().map(|key| slots.used(key)).collect())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kernel::{SeededEntropy, Wall};

    use super::*;

    fn call(seed: u64) -> CallId {
        CallId::new(Wall(0), &mut SeededEntropy::new(seed))
    }

    fn resource(key: &str, limit: u32) -> Resource {
        Resource { key: key.into(), label: key.into(), limit }
    }

    #[test]
    fn all_or_none_and_the_limit_is_named() {
        let mut slots = Slots::default();
        let (company, line) = (resource("ten:1", 3), resource("gwp:1", 1));
        let both = [company.clone(), line.clone()];
        assert_eq!(slots.take(call(1), &both), Ok(vec![0, 0]));
        assert_eq!(slots.take(call(2), &both), Err(LimitHit(line.clone())));
        assert_eq!(slots.used("ten:1"), 1, "the company's slot was given back");
        slots.give_back(call(1), "gwp:1", None);
        assert_eq!(slots.take(call(2), &both), Ok(vec![1, 0]));
        slots.give_back_all(call(1));
        slots.give_back_all(call(2));
        slots.give_back_all(call(2));
        assert_eq!(slots.sizes(), (0, 0));
    }

    #[test]
    fn a_lowered_limit_counts_what_is_still_held_above_it() {
        let mut slots = Slots::default();
        for seed in 0..5 {
            slots.take(call(seed), &[resource("span", 5)]).unwrap();
        }
        slots.give_back_all(call(0));
        slots.give_back_all(call(1));
        assert!(slots.take(call(9), &[resource("span", 3)]).is_err(), "three are held: 2, 3 and 4");
        slots.give_back_all(call(4));
        assert_eq!(slots.take(call(9), &[resource("span", 3)]), Ok(vec![0]));
        assert!(slots.take(call(10), &[resource("span", 0)]).is_err());
    }

    #[test]
    fn any_order_of_taking_and_giving_back_never_exceeds_the_limit() {
        let mut seed = 7_u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        let mut slots = Slots::default();
        for _ in 0..20_000 {
            let (who, what) = (call(next() % 40), resource(["a", "b"][(next() % 2) as usize], 1 + (next() % 9) as u32));
            match next() % 3 {
                0 | 1 => {
                    let before = slots.used(&what.key);
                    let got = slots.take(who, std::slice::from_ref(&what));
                    assert_eq!(got.is_ok(), before < what.limit && got.as_ref().is_ok_and(|it| it[0] < what.limit));
                }
                _ => slots.give_back(who, &what.key, None),
            }
            for key in ["a", "b"] {
                let held = slots.in_use(key);
                let distinct: HashSet<u32> = held.iter().map(|(slot, _)| *slot).collect();
                assert_eq!(distinct.len(), held.len());
            }
        }
        (0..40).for_each(|seed| slots.give_back_all(call(seed)));
        assert_eq!(slots.sizes(), (0, 0));
    }
}
