//! Token buckets per source: what a source sends too much is refused before it costs a parse.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv6Addr},
};

use patchbay_kernel::{Bucket, Tick};

/// More sources than this are not told apart: the newcomers share one bucket.
const MOST_SOURCES: usize = 65_536;

/// The buckets of all sources, for one kind of thing.
pub(crate) struct Gate {
    buckets: HashMap<IpAddr, Bucket>,
    shared: Bucket,
    known: HashSet<IpAddr>,
    swept_at: Tick,
    per_s: u32,
    burst: u32,
    factor: u32,
}

impl Gate {
    /// All full. Known sources have `factor` times as much.
    pub fn new((per_s, burst): (u32, u32), factor: u32, now: Tick) -> Self {
        Self {
            buckets: HashMap::new(),
            shared: Bucket::full(burst, now),
            known: HashSet::new(),
            swept_at: now,
            per_s,
            burst,
            factor: factor.max(1),
        }
    }

    /// These sources may send more, and no others.
    pub fn know(&mut self, sources: impl IntoIterator<Item = IpAddr>) {
        self.known = sources.into_iter().map(network).collect();
    }

    /// Whether this source may send more.
    pub fn knows(&self, source: IpAddr) -> bool {
        self.known.contains(&network(source))
    }

    /// Whether one more from here may come in.
    pub fn admits(&mut self, source: IpAddr, now: Tick) -> bool {
        let source = network(source);
        let factor = if self.known.contains(&source) { self.factor } else { 1 };
        let (per_s, burst) = (self.per_s.saturating_mul(factor), self.burst.saturating_mul(factor));
        if self.buckets.len() >= MOST_SOURCES && !self.buckets.contains_key(&source) {
            self.sweep(now);
            if self.buckets.len() >= MOST_SOURCES {
                return self.shared.take(self.per_s, self.burst, now).is_ok();
            }
        }
        self.buckets.entry(source).or_insert_with(|| Bucket::full(burst, now)).take(per_s, burst, now).is_ok()
    }

    fn sweep(&mut self, now: Tick) {
        // A sweep walks the whole table: once a second is what a flood of forged sources may cost.
        if now.since(self.swept_at).as_ms() < 1_000 {
            return;
        }
        self.swept_at = now;
        let (per_s, burst) = (self.per_s, self.burst);
        self.buckets.retain(|_, bucket| !bucket.is_full(per_s, burst, now));
    }
}

/// One household or host: an IPv4 address, or the /64 of an IPv6 one.
pub(crate) fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new((10, 5), 10, Tick::ZERO)
    }

    #[test]
    fn a_burst_passes_and_the_flood_behind_it_does_not() {
        let (mut gate, source) = (gate(), "192.0.2.1".parse().unwrap());
        let passed = (0..100).filter(|_| gate.admits(source, Tick::ZERO)).count();
        assert_eq!(passed, 5);
        assert!(gate.admits("192.0.2.2".parse().unwrap(), Tick::ZERO), "another source is not concerned");
        let later = (0..100).filter(|_| gate.admits(source, Tick::from_ms(300))).count();
        assert_eq!(later, 3);
    }

    #[test]
    fn a_known_source_may_send_more_and_one_v6_network_is_one_source() {
        let mut gate = gate();
        gate.know(["192.0.2.1".parse().unwrap()]);
        assert_eq!((0..100).filter(|_| gate.admits("192.0.2.1".parse().unwrap(), Tick::ZERO)).count(), 50);
        let hosts = (0..100).filter(|n| gate.admits(format!("2001:db8::{n:x}").parse().unwrap(), Tick::ZERO)).count();
        assert_eq!(hosts, 5);
    }

    #[test]
    fn the_table_of_sources_is_bounded() {
        let mut gate = gate();
        for n in 0..100_000_u32 {
            gate.admits(IpAddr::from(n.to_be_bytes()), Tick::ZERO);
        }
        assert!(gate.buckets.len() <= MOST_SOURCES);
        assert!(gate.admits("250.0.0.1".parse().unwrap(), Tick::from_ms(5_000)), "full buckets are forgotten");
    }
}
