//! Random days: what must always hold, and the goals of queues on a few seeds. `PATCHBAY_DAYS` says how
//! many of the first kind; `examples/days` plays many of the second.

mod world;

use patchbay_acd::{Reserve, Rules, Strategy};
use patchbay_kernel::time::Span;
use world::{
    day::World,
    measure::{Sum, mean},
    scenario,
};

const HEADS: [u64; 3] = [180, 60, 0];

#[test]
fn random_days_break_no_rule() {
    let days = std::env::var("PATCHBAY_DAYS").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    for seed in 0..days {
        let scenario = scenario::random(seed);
        let (ahead, hold_ahead) = (Span::secs(seed % 250), Span::secs(seed % 40));
        let reserve = Reserve { hold: Span::secs(45), ahead, hold_ahead };
        let strategy = [Strategy::LeastSkilled, Strategy::LongestIdle, Strategy::BestLevel][seed as usize % 3];
        let rare_percent = (seed % 60) as usize;
        let rare_head_start = Span::secs(seed % 90);
        let reserve = (seed % 4 != 0).then_some(reserve);
        let rules = Rules { strategy, reserve, rare_percent, rare_head_start, ..Rules::default() };
        let day = World::new(&scenario, rules, HEADS, seed).run();
        assert_eq!(day.without_skill, 0, "seed {seed}: paired without the skill");
        assert_eq!(day.double_offers, 0, "seed {seed}: one call offered twice");
        assert_eq!(day.idle_beside_waiting, 0, "seed {seed}: somebody idle could have served");
        assert_eq!(day.rose_twice, 0, "seed {seed}: an announced wait rose twice in a row");
    }
}

/// Per scenario the least share of important callers served in 20 s and of estimates that come near. Six days scatter by two points
/// around what many come to.
const LEAST: [(&str, f64, f64); 7] = [
    ("one pool", 0.92, 0.87),
    ("two skills", 0.86, 0.81),
    ("rare skill", 0.90, 0.82),
    ("spike", 0.90, 0.86),
    ("churn", 0.93, 0.87),
    ("four agents", 0.80, 0.54),
    ("overload", 0.72, 0.69),
];

#[test]
fn the_goals_of_queues_hold_over_six_days_of_each_kind() {
    for (scenario, (name, important, near)) in scenario::all().iter().zip(LEAST) {
        assert_eq!(scenario.name, name);
        let (mut ours, mut fifo) = (Sum::default(), Sum::default());
        for seed in 500..506 {
            ours.add(World::new(scenario, Rules::default(), HEADS, seed).run());
            let plain = Rules {
                strategy: Strategy::LongestIdle,
                reserve: None,
                rare_percent: 0,
                rare_head_start: Span::default(),
                ..Rules::default()
            };
            fifo.add(World::new(scenario, plain, [0; 3], seed).run());
        }
        assert_eq!((ours.broken, ours.rose_twice), (0, 0), "{name}");
        let served = ours.in_20_s(|_, class| class == 0);
        assert!(served >= important, "{name}: {served:.3} of the important in 20 s");
        let ratio = ours.quantile(2, 0.99) / fifo.quantile(2, 0.99);
        assert!(ratio <= 1.6, "{name}: the last class waits {ratio:.2} times as long as first come, first served");
        let share = ours.near as f64 / ours.estimates as f64;
        assert!(share >= near, "{name}: {share:.3} of the estimates came near");
        if name == "rare skill" {
            let (rare, common) = (ours.in_20_s(|queue, _| queue == 1), ours.in_20_s(|queue, _| queue == 0));
            assert!(rare >= 0.64 && common >= 0.79, "rare {rare:.3}, common {common:.3}");
        }
        if name == "one pool" {
            let uneven = mean(&ours.unevenness);
            assert!(uneven <= 0.035, "load of equal agents varies by {uneven:.3}");
            assert!(mean(&ours.occupancy) > 0.8 && ours.gave_up() > 0.01, "the day was too easy");
        }
    }
}
