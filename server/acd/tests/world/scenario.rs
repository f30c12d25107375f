//! The worlds of a day: how many agents with what skills, how many callers, and what goes wrong.

use patchbay_acd::{SkillId, Skills};
use patchbay_kernel::{Entropy, SeededEntropy};

/// Chance as numbers.
pub struct Chance(SeededEntropy);

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut chance = SeededEntropy::new(seed.wrapping_add(77));
        for _ in 0..8 {
            chance.next_u64();
        }
        Self(chance)
    }
    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.unit()).ln() * mean
    }
    /// Log-normal with this mean and coefficient of variation.
    pub fn call(&mut self, mean: f64, variation: f64) -> f64 {
        let sigma2 = (1.0 + variation * variation).ln();
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        (mean.ln() - sigma2 / 2.0 + sigma2.sqrt() * normal).exp()
    }
}

/// Agents leave and come back.
#[derive(Clone, Copy)]
pub struct Churn {
    pub stays_s: f64,
    pub away_s: f64,
}

#[derive(Clone)]
pub struct Scenario {
    pub name: &'static str,
    /// Agents who are alike.
    pub groups: Vec<(usize, Skills)>,
    /// Per queue: its skill and its arrivals per hour.
    pub queues: Vec<(Skills, f64)>,
    /// From, until (seconds), factor on the arrivals.
    pub spike: Option<(f64, f64, f64)>,
    pub churn: Option<Churn>,
    pub call_s: f64,
    pub variation: f64,
    pub patience_s: f64,
    pub hours: f64,
    /// Shares of the classes.
    pub classes: [f64; 3],
    /// Share of offers that nobody answers.
    pub missed: f64,
}

pub fn skills(held: &[u8]) -> Skills {
    held.iter().map(|skill| (SkillId(*skill), 1)).collect()
}

impl Scenario {
    fn pool(name: &'static str, agents: usize, load: f64) -> Self {
        let call_s = 180.0;
        Self {
            name,
            groups: vec![(agents, skills(&[0]))],
            queues: vec![(skills(&[0]), per_hour(agents, load, call_s))],
            spike: None,
            churn: None,
            call_s,
            variation: 0.8,
            patience_s: 240.0,
            hours: 4.0,
            classes: [0.15, 0.35, 0.5],
            missed: 0.0,
        }
    }
}

fn per_hour(agents: usize, load: f64, call_s: f64) -> f64 {
    agents as f64 * load * 3_600.0 / call_s
}

/// The seven of the goals.
pub fn all() -> Vec<Scenario> {
    let pool = Scenario::pool("one pool", 20, 0.92);
    let two = Scenario {
        name: "two skills",
        groups: vec![(8, skills(&[0])), (8, skills(&[1])), (6, skills(&[0, 1]))],
        queues: vec![(skills(&[0]), per_hour(11, 0.92, 180.0)), (skills(&[1]), per_hour(11, 0.92, 180.0))],
        ..pool.clone()
    };
    let rare = Scenario {
        name: "rare skill",
        groups: vec![(16, skills(&[0])), (4, skills(&[0, 1]))],
        queues: vec![(skills(&[0]), per_hour(20, 0.80, 180.0)), (skills(&[1]), per_hour(20, 0.09, 180.0))],
        ..pool.clone()
    };
    let spike = Scenario { name: "spike", spike: Some((5_400.0, 6_600.0, 1.6)), ..Scenario::pool("", 20, 0.85) };
    let churn = Churn { stays_s: 2_400.0, away_s: 480.0 };
    let churn = Scenario { name: "churn", churn: Some(churn), ..Scenario::pool("", 24, 0.76) };
    let four = Scenario::pool("four agents", 4, 0.62);
    let overload = Scenario::pool("overload", 20, 1.4);
    vec![pool, two, rare, spike, churn, four, overload]
}

/// A short day of anything: for what must always hold.
pub fn random(seed: u64) -> Scenario {
    let mut chance = Chance::new(seed);
    let skill_count = 1 + chance.below(8);
    let pick = |chance: &mut Chance, most: u64| {
        let held: Vec<u8> = (0..=chance.below(most)).map(|_| chance.below(skill_count) as u8).collect();
        skills(&held)
    };
    let groups: Vec<_> =
        (0..=chance.below(5)).map(|_| (1 + chance.below(6) as usize, pick(&mut chance, skill_count))).collect();
    let agents: usize = groups.iter().map(|(count, _)| count).sum();
    let queue_count = 1 + chance.below(skill_count);
    let call_s = 30.0 + chance.unit() * 200.0;
    let load = 0.4 + chance.unit();
    let queues =
        (0..queue_count).map(|_| (pick(&mut chance, 2), per_hour(agents, load, call_s) / queue_count as f64)).collect();
    Scenario {
        name: "random",
        groups,
        queues,
        spike: (chance.below(3) == 0).then_some((300.0, 600.0, 3.0)),
        churn: (chance.below(2) == 0).then_some(Churn { stays_s: 300.0, away_s: 100.0 }),
        call_s,
        variation: 0.3 + chance.unit(),
        patience_s: 30.0 + chance.unit() * 300.0,
        hours: 0.3,
        classes: [0.2, 0.3, 0.5],
        missed: if chance.below(2) == 0 { 0.1 } else { 0.0 },
    }
}
