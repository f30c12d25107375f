//! Named limits on what strangers may try, per source and, for passwords, per account.

use std::{net::IpAddr, num::NonZeroU32};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::{problem::Problem, source::Source};

/// Attempts a minute; as many may come at once.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Sign-ins from one source.
    pub sign_in_per_source: NonZeroU32,
    /// Sign-ins to one account.
    pub sign_in_per_account: NonZeroU32,
    /// Sign-ups from one source.
    pub sign_up_per_source: NonZeroU32,
    /// Links (address checks, invitations) tried from one source.
    pub link_per_source: NonZeroU32,
    /// Session refreshes from one source.
    pub refresh_per_source: NonZeroU32,
    /// Requests of one key or seat token.
    pub program: NonZeroU32,
    /// Requests of all keys and seat tokens of one company.
    pub company_programs: NonZeroU32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let a_minute = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            sign_in_per_source: a_minute(30),
            sign_in_per_account: a_minute(10),
            sign_up_per_source: a_minute(20),
            link_per_source: a_minute(60),
            refresh_per_source: a_minute(240),
            program: a_minute(600),
            company_programs: a_minute(3_000),
        }
    }
}

/// The limiters of this process.
pub struct Limits {
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
    account: DefaultKeyedRateLimiter<String>,
    sign_up: DefaultKeyedRateLimiter<IpAddr>,
    link: DefaultKeyedRateLimiter<IpAddr>,
    refresh: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Limits {
    /// With these settings.
    pub fn new(settings: &LimitSettings) -> Self {
        let by_source = |rate| RateLimiter::keyed(Quota::per_minute(rate));
        Self {
            sign_in: by_source(settings.sign_in_per_source),
            account: RateLimiter::keyed(Quota::per_minute(settings.sign_in_per_account)),
            sign_up: by_source(settings.sign_up_per_source),
            link: by_source(settings.link_per_source),
            refresh: by_source(settings.refresh_per_source),
            clock: DefaultClock::default(),
        }
    }
    /// A password is about to be tried. 429 with the wait.
    pub fn sign_in(&self, source: Source, account: &str) -> Result<(), Problem> {
        self.ask(&self.sign_in, &source.0)?;
        self.ask(&self.account, &account.to_owned())
    }
    /// A signed-in account gives its password as proof, or asks for mail.
    pub fn password(&self, account: &str) -> Result<(), Problem> {
        self.ask(&self.account, &account.to_owned())
    }
    /// A long walk through one's own log is about to begin.
    pub fn walk(&self, whose: impl std::fmt::Display) -> Result<(), Problem> {
        self.ask(&self.account, &format!("walk {whose}"))
    }
    /// A company is about to be made.
    pub fn sign_up(&self, source: Source) -> Result<(), Problem> {
        self.ask(&self.sign_up, &source.0)
    }
    /// A link is about to be tried.
    pub fn link(&self, source: Source) -> Result<(), Problem> {
        self.ask(&self.link, &source.0)
    }
    /// A session is about to be refreshed.
    pub fn refresh(&self, source: Source) -> Result<(), Problem> {
        self.ask(&self.refresh, &source.0)
    }
    /// Forget sources that have been quiet: the tables grow otherwise.
    pub fn sweep(&self) {
        self.sign_in.retain_recent();
        self.account.retain_recent();
        self.sign_up.retain_recent();
        self.link.retain_recent();
        self.refresh.retain_recent();
    }

    fn ask<K: std::hash::Hash + Eq + Clone>(&self, limit: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Problem> {
        limit.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::too_many(u32::try_from(wait.as_secs()).unwrap_or(60).saturating_add(1))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_is_guarded_from_many_sources() {
        let limits = Limits::new(&LimitSettings::default());
        let source = |n| Source(IpAddr::from([192, 0, 2, n]));
        let tried = (0..20).filter(|n| limits.sign_in(source(*n), "ana@example.com").is_ok()).count();
        assert_eq!(tried, 10);
        assert!(limits.sign_in(source(1), "bo@example.com").is_ok());
    }
}
