//! `cargo run --release -p patchbay-acd --example days [DAYS] [FIRST_SEED]`: the goals of queues over many random days, as a table.

#[expect(dead_code, reason = "short random days are for the tests")]
#[path = "../tests/world/mod.rs"]
mod world;

use std::io::Write as _;

use patchbay_acd::{Rules, Strategy};
use world::{
    day::World,
    measure::{Sum, mean},
    scenario,
};

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (days, first) = (args.next().unwrap_or(20), args.next().unwrap_or(1));
    let fifo_rules = Rules { strategy: Strategy::LongestIdle, reserve: None, rare_percent: 0, ..Rules::default() };
    let (rules, heads) = (Rules::default(), [180, 60, 0]);
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "{:<12} {:>5} {:>5} | {:>6} {:>6} {:>6} | {:>6} {:>6} {:>5} | {:>6} {:>6} | {:>6} {:>6} {:>5} | {:>6} {:>6}",
        "scenario",
        "occ",
        "gone",
        "vip20",
        "fifo",
        "all20",
        "p99low",
        "fifo",
        "ratio",
        "rare20",
        "comm20",
        "ewt",
        "first",
        "twice",
        "cv",
        "broken"
    );
    for scenario in scenario::all() {
        let (mut ours, mut fifo) = (Sum::default(), Sum::default());
        for seed in first..first + days {
            ours.add(World::new(&scenario, rules, heads, seed).run());
            fifo.add(World::new(&scenario, fifo_rules, [0; 3], seed).run());
        }
        let (low, plain) = (ours.quantile(2, 0.99), fifo.quantile(2, 0.99));
        let _ = writeln!(
            out,
            "{:<12} {:>5.3} {:>5.3} | {:>6.3} {:>6.3} {:>6.3} | {:>6.0} {:>6.0} {:>5.2} | {:>6.3} {:>6.3} | {:>6.3} {:>6.3} {:>5} | {:>6.4} {:>6}",
            scenario.name,
            mean(&ours.occupancy),
            ours.gave_up(),
            ours.in_20_s(|_, class| class == 0),
            fifo.in_20_s(|_, class| class == 0),
            ours.in_20_s(|_, _| true),
            low,
            plain,
            low / plain,
            ours.in_20_s(|queue, _| queue == 1),
            ours.in_20_s(|queue, _| queue == 0),
            ours.near as f64 / ours.estimates.max(1) as f64,
            ours.first_near as f64 / ours.firsts.max(1) as f64,
            ours.rose_twice,
            mean(&ours.unevenness),
            ours.broken
        );
    }
}
