//! How much programs may ask: each key and seat token for itself, and all of a company together. What is left is told with every
//! answer (`RateLimit`, `RateLimit-Policy`), so that a client can slow down before it is refused.
//! Source: draft-ietf-httpapi-ratelimit-headers, where `q` is the quota, `w` its window, `r` what is left and `t` the time until
//! all of it is there again, in seconds. Counted in each process for itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use patchbay_kernel::{Bucket, Tick, Uuid};

use super::{limits::LimitSettings, problem::Problem};

/// Quotas are so many requests in this time, in seconds; all of them may come at once.
const WINDOW_S: u32 = 60;

/// A named quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quota {
    name: &'static str,
    per_s: u32,
}

impl Quota {
    const fn burst(self) -> u32 {
        self.per_s.saturating_mul(WINDOW_S)
    }
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    quota: Quota,
    requests: u32,
    full_in_s: u64,
}

/// Where the extractor that knows the key tells the layer around it what is left.
#[derive(Clone, Default)]
struct Note(Arc<Mutex<Vec<Left>>>);

/// The buckets of this process.
pub struct Rates {
    program: Quota,
    company: Quota,
    buckets: Mutex<HashMap<(Uuid, &'static str), Bucket>>,
}

impl Rates {
    /// With these settings, whose minutes are rounded up to whole requests a second.
    pub fn new(settings: &LimitSettings) -> Self {
        let quota = |name, a_minute: u32| Quota { name, per_s: a_minute.div_ceil(WINDOW_S) };
        Self {
            program: quota("key", settings.program.get()),
            company: quota("company", settings.company_programs.get()),
            buckets: Mutex::default(),
        }
    }

    /// A program asks. 429 with the wait when the key or its company has used up its quota.
    pub fn program(&self, parts: &Parts, key: Uuid, company: Uuid, now: Tick) -> Result<(), Problem> {
        let (told, wait) = self.ask(key, company, now);
        if let Some(note) = parts.extensions.get::<Note>() {
            *note.0.lock().unwrap_or_else(PoisonError::into_inner) = told;
        }
        match wait {
            None => Ok(()),
            Some(us) => Err(Problem::rate_limited(u32::try_from(us.div_ceil(1_000_000)).unwrap_or(u32::MAX))),
        }
    }

    fn ask(&self, key: Uuid, company: Uuid, now: Tick) -> (Vec<Left>, Option<u64>) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut told, mut wait) = (Vec::with_capacity(2), None::<u64>);
        for (quota, id) in [(self.program, key), (self.company, company)] {
            let bucket = buckets.entry((id, quota.name)).or_insert_with(|| Bucket::full(quota.burst(), now));
            // A request that the first quota refuses takes nothing from the second.
            if wait.is_none() {
                wait = bucket.take(quota.per_s, quota.burst(), now).err();
            }
            let (requests, full_in_us) = bucket.left(quota.per_s, quota.burst(), now);
            told.push(Left { quota, requests, full_in_s: full_in_us.div_ceil(1_000_000) });
        }
        (told, wait)
    }

    /// Requests that the programs of a company have used up now, and how many there are in all.
    pub fn of_company(&self, company: Uuid, now: Tick) -> (u32, u32) {
        let (quota, buckets) = (self.company, self.buckets.lock().unwrap_or_else(PoisonError::into_inner));
        let left = buckets.get(&(company, quota.name)).map(|bucket| bucket.left(quota.per_s, quota.burst(), now).0);
        (quota.burst() - left.unwrap_or(quota.burst()), quota.burst())
    }

    /// Forget those that are full again: the table grows otherwise.
    pub fn sweep(&self, now: Tick) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = |name| if name == self.program.name { self.program } else { self.company };
        buckets.retain(|(_, name), bucket| {
            let quota = quota(*name);
            !bucket.is_full(quota.per_s, quota.burst(), now)
        });
    }
}

/// The layer that puts what is left on the answer, good or bad.
pub async fn told(mut request: Request, next: Next) -> Response {
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let mut response = next.run(request).await;
    let told = std::mem::take(&mut *note.0.lock().unwrap_or_else(PoisonError::into_inner));
    if told.is_empty() {
        return response;
    }
    let list = |show: fn(&Left) -> String| told.iter().map(show).collect::<Vec<_>>().join(", ");
    let policy = list(|left| format!("\"{}\";q={};w={WINDOW_S}", left.quota.name, left.quota.burst()));
    let standing = list(|left| format!("\"{}\";r={};t={}", left.quota.name, left.requests, left.full_in_s));
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", standing)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn rates(program: u32, company: u32) -> Rates {
        let a_minute = |n| NonZeroU32::new(n).unwrap();
        Rates::new(&LimitSettings {
            program: a_minute(program),
            company_programs: a_minute(company),
            ..LimitSettings::default()
        })
    }

    #[test]
    fn one_key_cannot_use_up_what_is_another_s() {
        let (rates, company) = (rates(60, 120), Uuid::from_u128(9));
        let taken =
            |key: u128, at| (0..200).filter(|_| rates.ask(Uuid::from_u128(key), company, at).1.is_none()).count();
        assert_eq!((taken(1, Tick::ZERO), taken(2, Tick::ZERO)), (60, 60));
        assert_eq!(taken(3, Tick::ZERO), 0, "the company's quota is used up");
        let (told, wait) = rates.ask(Uuid::from_u128(1), company, Tick::from_ms(500));
        assert_eq!((told[0].requests, told[0].full_in_s, wait), (0, 60, Some(500_001)));
        assert_eq!(taken(1, Tick::from_ms(1_000)), 1);
    }

    #[test]
    fn quiet_keys_are_forgotten() {
        let rates = rates(60, 600);
        rates.ask(Uuid::from_u128(1), Uuid::from_u128(2), Tick::ZERO);
        rates.sweep(Tick::from_ms(500));
        assert_eq!(rates.buckets.lock().unwrap().len(), 1, "the company's is full again");
        rates.sweep(Tick::from_ms(1_000));
        assert!(rates.buckets.lock().unwrap().is_empty());
    }
}
