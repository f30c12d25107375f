//! What a day came to.

use patchbay_acd::Skills;
use patchbay_kernel::time::{Span, Tick};

pub struct Estimate {
    pub said: Span,
    pub came: Span,
    pub first: bool,
}

impl Estimate {
    /// Within 30 s or 30 per cent of what it came to.
    pub fn is_near(&self) -> bool {
        let (said, came) = (self.said.0 as f64 / 1e6, self.came.0 as f64 / 1e6);
        (said - came).abs() <= (0.3 * came).max(30.0)
    }
}

/// Figures of one day; callers who hung up count with the wait they would have had.
pub struct Day {
    /// Queue, class, wait in seconds, hung up.
    pub waits: Vec<(usize, usize, f64, bool)>,
    pub estimates: Vec<Estimate>,
    pub rose_twice: usize,
    pub pairs: usize,
    pub without_skill: usize,
    pub double_offers: usize,
    pub idle_beside_waiting: usize,
    groups: Vec<usize>,
    busy: Vec<f64>,
    present: Vec<f64>,
}

impl Day {
    pub fn new(groups: &[(usize, Skills)]) -> Self {
        let groups: Vec<usize> = groups.iter().map(|(count, _)| *count).collect();
        let agents = groups.iter().sum();
        Self {
            waits: Vec::new(),
            estimates: Vec::new(),
            rose_twice: 0,
            pairs: 0,
            without_skill: 0,
            double_offers: 0,
            idle_beside_waiting: 0,
            groups,
            busy: vec![0.0; agents],
            present: vec![0.0; agents],
        }
    }

    pub fn served(&mut self, queue: usize, class: usize, waited: Span, hung_up: bool) {
        self.waits.push((queue, class, waited.0 as f64 / 1e6, hung_up));
    }

    pub fn busy(&mut self, agent: usize, call: Span, now: Tick, end: Span) {
        let until = (now + call).min(Tick::ZERO + end);
        self.busy[agent] += until.since(now).0 as f64 / 1e6;
    }

    pub fn present(&mut self, agent: usize, from: Tick, until: Tick, offline: bool) {
        if !offline {
            self.present[agent] += until.since(from).0 as f64 / 1e6;
        }
    }

    /// Coefficient of variation of the load among agents who are alike, the worst group with at least three.
    pub fn unevenness(&self) -> f64 {
        let mut worst: f64 = 0.0;
        let mut from = 0;
        for count in &self.groups {
            let loads: Vec<f64> = (from..from + count)
                .filter(|at| self.present[*at] > 600.0)
                .map(|at| self.busy[at] / self.present[at])
                .collect();
            from += count;
            if loads.len() < 3 {
                continue;
            }
            let mean = loads.iter().sum::<f64>() / loads.len() as f64;
            let square = loads.iter().map(|load| (load - mean).powi(2)).sum::<f64>() / loads.len() as f64;
            worst = worst.max(square.sqrt() / mean);
        }
        worst
    }

    pub fn occupancy(&self) -> f64 {
        self.busy.iter().sum::<f64>() / self.present.iter().sum::<f64>().max(1.0)
    }
}

/// Days of one scenario, taken together.
#[derive(Default)]
pub struct Sum {
    pub waits: Vec<(usize, usize, f64, bool)>,
    pub near: usize,
    pub first_near: usize,
    pub firsts: usize,
    pub estimates: usize,
    pub rose_twice: usize,
    pub broken: usize,
    pub unevenness: Vec<f64>,
    pub occupancy: Vec<f64>,
}

impl Sum {
    pub fn add(&mut self, day: Day) {
        self.unevenness.push(day.unevenness());
        self.occupancy.push(day.occupancy());
        self.near += day.estimates.iter().filter(|estimate| estimate.is_near()).count();
        self.estimates += day.estimates.len();
        self.firsts += day.estimates.iter().filter(|estimate| estimate.first).count();
        self.first_near += day.estimates.iter().filter(|estimate| estimate.first && estimate.is_near()).count();
        self.rose_twice += day.rose_twice;
        self.broken += day.without_skill + day.double_offers + day.idle_beside_waiting;
        self.waits.extend(day.waits);
    }

    /// Share served within 20 s among those of whom this is true.
    pub fn in_20_s(&self, of: impl Fn(usize, usize) -> bool) -> f64 {
        let (mut all, mut good) = (0.0, 0.0);
        for (queue, class, wait, _) in &self.waits {
            if of(*queue, *class) {
                all += 1.0;
                good += f64::from(u8::from(*wait <= 20.0));
            }
        }
        good / f64::max(all, 1.0)
    }

    /// Wait in seconds that this share of a class stays below.
    pub fn quantile(&self, class: usize, share: f64) -> f64 {
        let mut waits: Vec<f64> = self.waits.iter().filter(|wait| wait.1 == class).map(|wait| wait.2).collect();
        waits.sort_by(f64::total_cmp);
        waits.get((waits.len() as f64 * share) as usize).copied().unwrap_or(0.0)
    }

    pub fn gave_up(&self) -> f64 {
        self.waits.iter().filter(|wait| wait.3).count() as f64 / self.waits.len().max(1) as f64
    }
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
