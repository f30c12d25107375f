//! How many calls a second one account and one company may begin: a stolen phone dials no faster than a busy one, and one
//! company's runaway program takes nothing from the others (`safety.md` C7, C9).

use std::{collections::HashMap, hash::Hash, sync::Mutex};

use patchbay_kernel::{Bucket, DeviceId, TenantId, Tick};
use patchbay_plane::Principal;

use crate::exchange::lock;

/// A pause is paid back: so many seconds' worth of calls may begin at once.
const BURST_S: u32 = 10;
/// Entries of one table; full buckets are forgotten first.
const MOST: usize = 20_000;

/// Calls a second; 0: as many as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceLimits {
    /// Of one SIP account.
    pub account: u32,
    /// Of all devices of one company.
    pub company: u32,
}

impl Default for PaceLimits {
    fn default() -> Self {
        Self { account: 20, company: 100 }
    }
}

/// What accounts and companies have left.
pub(crate) struct Pace {
    limits: PaceLimits,
    accounts: Mutex<HashMap<DeviceId, Bucket>>,
    companies: Mutex<HashMap<TenantId, Bucket>>,
}

impl Pace {
    /// All may begin.
    pub fn new(limits: PaceLimits) -> Self {
        Self { limits, accounts: Mutex::default(), companies: Mutex::default() }
    }

    /// Takes one call of whoever speaks; `Err` says whose pace it is. Gateways bring calls of many people and are held by their
    /// channels.
    pub fn take(&self, principal: &Principal, now: Tick) -> Result<(), &'static str> {
        let Principal::Device { tenant, device, .. } = principal else { return Ok(()) };
        if !take(&mut lock(&self.accounts), *device, self.limits.account, now) {
            return Err("this phone begins too many calls");
        }
        self.take_of(*tenant, now)
    }

    /// Takes one call of a company that a program of its places.
    pub fn take_of(&self, tenant: TenantId, now: Tick) -> Result<(), &'static str> {
        let may = take(&mut lock(&self.companies), tenant, self.limits.company, now);
        if may { Ok(()) } else { Err("this company begins too many calls") }
    }
}

fn take<K: Eq + Hash>(table: &mut HashMap<K, Bucket>, key: K, per_s: u32, now: Tick) -> bool {
    if per_s == 0 {
        return true;
    }
    let burst = per_s.saturating_mul(BURST_S);
    if table.len() >= MOST {
        table.retain(|_, bucket| !bucket.is_full(per_s, burst, now));
        if table.len() >= MOST {
            table.clear();
        }
    }
    table.entry(key).or_insert_with(|| Bucket::full(burst, now)).take(per_s, burst, now).is_ok()
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::{SeatId, SeededEntropy, Wall};
    use patchbay_plane::DeviceKind;

    use super::*;

    fn phones(count: usize) -> Vec<Principal> {
        let mut chance = SeededEntropy::new(3);
        let tenant = TenantId::new(Wall::default(), &mut chance);
        let mut phone = || Principal::Device {
            tenant,
            seat: SeatId::new(Wall::default(), &mut chance),
            device: DeviceId::new(Wall::default(), &mut chance),
            kind: DeviceKind::SipPhone,
            name: "Ada".into(),
        };
        (0..count).map(|_| phone()).collect()
    }

    #[test]
    fn a_phone_may_begin_so_many_and_its_company_so_many() {
        let pace = Pace::new(PaceLimits { account: 2, company: 5 });
        let phones = phones(3);
        let begun = |phone: &Principal, ms| (0..100).filter(|_| pace.take(phone, Tick::from_ms(ms)).is_ok()).count();
        assert_eq!((begun(&phones[0], 0), begun(&phones[0], 1_000)), (20, 2));
        assert_eq!(begun(&phones[1], 1_000), 20);
        assert_eq!(begun(&phones[2], 1_000), 13, "fifty of the company, five of the second that passed");
        assert_eq!(pace.take(&phones[2], Tick::from_ms(1_000)), Err("this phone begins too many calls"));
        assert_eq!(pace.take(&phones[0], Tick::from_ms(2_000)), Ok(()));
    }

    #[test]
    fn zero_is_no_limit_and_tables_end() {
        let free = Pace::new(PaceLimits { account: 0, company: 0 });
        let pace = Pace::new(PaceLimits::default());
        for phone in &phones(25_000) {
            assert_eq!(free.take(phone, Tick::ZERO), Ok(()));
            let _ = pace.take(phone, Tick::ZERO);
        }
        assert!(lock(&pace.accounts).len() <= MOST && lock(&free.accounts).is_empty());
    }
}
