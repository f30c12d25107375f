//! How long a caller will still wait: those ahead and those who will overtake, over the rate at which the agents who count
//! become free. Not the mean is said but what is most often right: within 30 seconds or 30 per cent of what it comes to.

use std::collections::BTreeMap;

use patchbay_kernel::time::{Span, Tick};

use crate::{
    assign::{Floor, Key, Rules, Waiting, rare_needs, rare_skills},
    holders::{Holders, common, each, ones},
    pace::{Pace, seconds},
    skill::Skills,
};

/// An estimate counts as right within so many seconds of the wait,
const NEAR_S: f64 = 30.0;
/// or within this share of it.
const NEAR_SHARE: f64 = 0.3;
/// Longest estimate.
const LONGEST_S: f64 = 3_600.0;
/// Step of the calculation.
const STEP_S: f64 = 2.0;

/// How `me`, who may or may not stand in the floor's list, will be served.
pub fn estimate<A: Key, C: Key>(
    floor: &Floor<'_, A, C>,
    me: &Waiting<'_, A, C>,
    pace: &Pace,
    rules: &Rules,
    now: Tick,
) -> Span {
    let pool = Pool::of(floor, &floor.needs[me.needs], rules);
    let place = Place::of(floor, me, rules);
    let mine = |other: &&Waiting<'_, A, C>| other.call != me.call && place.is_after(other);
    let ahead: f64 = floor.waiting.iter().filter(mine).map(|other| pool.shares[other.needs]).sum();
    if pool.agents == 0 {
        return from_seconds(LONGEST_S);
    }
    let call_s = pace.call_s(floor.busy.iter().map(|busy| busy.for_so_long));
    // Until then the holders of rare skills are for those who need them.
    let spared_s = rules.reserve.map_or(0.0, |reserve| seconds(reserve.left(me.waited, me.head_start)));
    let kept = if spared_s > 0.0 { pool.rare } else { 0 };
    let free = pool.idle.saturating_sub(pool.rare_idle.min(kept)) as f64;
    if free > ahead {
        return Span::default();
    }
    let flow = Flow {
        out: pool.agents as f64 / call_s,
        spared_out: (pool.agents - kept) as f64 / call_s,
        spared_s,
        impatience: pace.impatience(),
        streams: place.overtaking(&pool, pace, now),
        kept_idle: pool.rare_idle as f64,
    };
    let (mean, shape) = flow.wait(ahead - free + 1.0);
    from_seconds(best_guess(mean, shape))
}

fn from_seconds(seconds: f64) -> Span {
    Span((seconds.clamp(0.0, LONGEST_S) * 1e6) as u64)
}

/// Where somebody stands among all who wait.
struct Place<'a, 'f, A, C> {
    me: &'a Waiting<'f, A, C>,
    rules: &'a Rules,
    is_rare: Vec<bool>,
}

impl<'a, 'f, A: Key, C: Key> Place<'a, 'f, A, C> {
    fn of(floor: &Floor<'_, A, C>, me: &'a Waiting<'f, A, C>, rules: &'a Rules) -> Self {
        Self { me, rules, is_rare: rare_needs(floor, rules) }
    }

    fn score(&self, who: &Waiting<'_, A, C>) -> u64 {
        who.score(self.rules, self.is_rare[who.needs])
    }

    /// Whether the other one comes first, as [`crate::decide`] has it.
    fn is_after(&self, other: &Waiting<'_, A, C>) -> bool {
        let key = |who: &Waiting<'_, A, C>| (self.score(who), who.waited, std::cmp::Reverse(who.call));
        key(other) > key(self.me)
    }

    /// For how long from now on each stream of callers overtakes, and how strongly: longest first, strength summed up.
    fn overtaking(&self, pool: &Pool, pace: &Pace, now: Tick) -> Vec<(f64, f64)> {
        let own = seconds(Span(self.score(self.me)));
        let mut streams: Vec<(f64, f64)> = pace
            .arrivals(now)
            .map(|(kind, rate)| {
                let rare = self.is_rare.get(kind.needs).copied().unwrap_or(false);
                let more = if rare { seconds(self.rules.rare_head_start) } else { 0.0 };
                let lead = seconds(kind.head_start) + more - own;
                (lead, rate * pool.shares.get(kind.needs).copied().unwrap_or(0.0))
            })
            .filter(|(lead, rate)| *lead > 0.0 && *rate > 0.0)
            .collect();
        streams.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
        let mut sum = 0.0;
        streams.iter_mut().for_each(|(_, rate)| {
            sum += *rate;
            *rate = sum;
        });
        streams
    }
}

/// The agents who can serve somebody.
struct Pool {
    agents: usize,
    idle: usize,
    /// Those of them who hold a rare skill that is not asked for, and the idle among these.
    rare: usize,
    rare_idle: usize,
    /// For each needs of the table, which share of those who can serve them is of this pool: how much they get in the way.
    shares: Vec<f64>,
}

impl Pool {
    fn of<A: Key, C: Key>(floor: &Floor<'_, A, C>, needs: &Skills, rules: &Rules) -> Self {
        let skills: Vec<&Skills> =
            floor.idle.iter().map(|agent| agent.skills).chain(floor.busy.iter().map(|agent| agent.skills)).collect();
        let rare_skills = rare_skills(floor, rules);
        let is_rare = |skills: &Skills| skills.iter().any(|(skill, _)| rare_skills.has(skill) && !needs.has(skill));
        let holders = Holders::new(skills.iter().copied());
        let here = holders.able(needs);
        let (mut idle, mut rare, mut rare_idle) = (0, 0, 0);
        for at in each(&here) {
            let is_idle = at < floor.idle.len();
            let kept = is_rare(skills[at]);
            idle += usize::from(is_idle);
            rare += usize::from(kept);
            rare_idle += usize::from(kept && is_idle);
        }
        let share = |other: &Skills| {
            let all = holders.able(other);
            common(&here, &all) as f64 / ones(&all).max(1) as f64
        };
        Self { agents: ones(&here), idle, rare, rare_idle, shares: floor.needs.iter().map(share).collect() }
    }
}

struct Flow {
    /// Agents becoming free per second.
    out: f64,
    /// The same without those who are kept back, and for how long they are.
    spared_out: f64,
    spared_s: f64,
    /// Kept ones who have nothing to do: they are there when that time is over.
    kept_idle: f64,
    impatience: f64,
    /// Seconds from now until which callers overtake, longest first, and how many come in a second until then.
    streams: Vec<(f64, f64)>,
}

impl Flow {
    /// Mean wait until `departures` agents became free, and the shape of its (gamma) distribution.
    fn wait(&self, departures: f64) -> (f64, f64) {
        let (mut left, mut t, mut overtook, mut still) = (departures, 0.0, 0.0, self.streams.len());
        let (mut gave_up, mut freed) = (0.0, 0.0);
        let mut kept = self.kept_idle;
        while left > 0.0 && t < LONGEST_S {
            while still > 0 && self.streams[still - 1].0 <= t {
                still -= 1;
            }
            let coming = still.checked_sub(1).map_or(0.0, |last| self.streams[last].1);
            let going = self.impatience * (left - 1.0).max(0.0);
            let out = if t < self.spared_s { self.spared_out } else { self.out };
            if t >= self.spared_s {
                left -= std::mem::take(&mut kept);
                if left <= 0.0 {
                    break;
                }
            }
            let fall = out + going - coming;
            let most = if t < self.spared_s { STEP_S.min(self.spared_s - t) } else { STEP_S };
            let step = if fall * most > left { left / fall } else { most };
            freed += out * step;
            left -= fall * step;
            overtook += coming * step;
            gave_up += going * step;
            t += step;
        }
        let (noise, drift) = (freed + overtook + gave_up, freed + gave_up - overtook);
        (t, (drift.max(1.0).powi(2) / noise.max(1.0)).max(0.5))
    }
}

/// What to say for a wait of this mean and shape, so that it is most often near.
fn best_guess(mean: f64, shape: f64) -> f64 {
    let hits = |said: f64| {
        let low = (said - NEAR_S).min(said / (1.0 + NEAR_SHARE)).max(0.0);
        let high = (said + NEAR_S).max(said / (1.0 - NEAR_SHARE));
        below(high, mean, shape) - below(low, mean, shape)
    };
    let (mut best, mut most) = (mean, hits(mean));
    for tenth in 1..=12 {
        for said in [
            mean * (1.0 - 0.05 * f64::from(tenth)),
            mean * (1.0 + 0.025 * f64::from(tenth)),
            mean + f64::from(tenth) * 2.5,
        ] {
            let share = hits(said);
            if share > most + 0.002 {
                (best, most) = (said, share);
            }
        }
    }
    best
}

/// Share of waits below `x`: the gamma distribution by the cube root of Wilson and Hilferty.
fn below(x: f64, mean: f64, shape: f64) -> f64 {
    if x <= 0.0 || mean <= 0.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let spread = 1.0 / (9.0 * shape);
    normal(((x / mean).cbrt() - 1.0 + spread) / spread.sqrt())
}

/// The normal distribution function, to 1e-4 (logistic form of Page).
fn normal(z: f64) -> f64 {
    1.0 / (1.0 + (-z * (1.5976 + 0.070_565_98 * z * z)).exp())
}

/// What was said to one caller.
#[derive(Clone, Copy, Debug)]
struct Said {
    wait: Span,
    rose: bool,
    agents: u64,
}

/// Says estimates to callers: to one caller they never rise twice in a row unless agents came or went in between.
#[derive(Clone, Debug)]
pub struct Announcer<C> {
    said: BTreeMap<C, Said>,
}

impl<C> Default for Announcer<C> {
    fn default() -> Self {
        Self { said: BTreeMap::new() }
    }
}

impl<C: Key> Announcer<C> {
    /// What to say now. `agents` counts how often agents came or went so far.
    pub fn say(&mut self, call: C, wait: Span, agents: u64) -> Span {
        let before = self.said.get(&call).copied();
        let may_not_rise = before.is_some_and(|said| said.rose && said.agents == agents);
        let wait = before.filter(|said| may_not_rise && wait > said.wait).map_or(wait, |said| said.wait);
        // Saying the same again does not make room for another rise; only a fall does.
        let rose = before.is_some_and(|said| wait > said.wait || (wait == said.wait && said.rose));
        self.said.insert(call, Said { wait, rose, agents });
        wait
    }

    /// The caller is gone.
    pub fn forget(&mut self, call: C) {
        self.said.remove(&call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SkillId, assign::Busy};

    fn caller(call: u32, waited: u64, head_start: u64) -> Waiting<'static, u32, u32> {
        let (waited, head_start) = (Span::secs(waited), Span::secs(head_start));
        Waiting { call, needs: 0, waited, head_start, sticky: None, missed_by: &[] }
    }

    /// The wait of `me` behind these, with so many agents on calls.
    fn wait(agents: usize, others: &[Waiting<'_, u32, u32>], me: &Waiting<'_, u32, u32>, pace: &Pace) -> f64 {
        let skills = Skills::new([(SkillId(0), 1)]);
        let busy = vec![Busy { skills: &skills, for_so_long: Span::secs(60) }; agents];
        let floor = Floor { needs: std::slice::from_ref(&skills), idle: &[], busy: &busy, waiting: others };
        seconds(estimate::<u32, u32>(&floor, me, pace, &Rules::default(), Tick::ZERO + Span::secs(3_600)))
    }

    fn seen() -> Pace {
        let mut pace = Pace::default();
        (0..500).for_each(|_| pace.ended(Span::secs(180)));
        pace
    }

    #[test]
    fn a_wait_is_the_queue_over_the_rate_of_agents_becoming_free() {
        let others: Vec<_> = (0..9).map(|call| caller(call, 100, 0)).collect();
        // Ten departures of one in nine seconds, less those who give up.
        let said = wait(20, &others, &caller(99, 0, 0), &seen());
        assert!((60.0..110.0).contains(&said), "{said}");
        assert!(wait(40, &others, &caller(99, 0, 0), &seen()) < said);
        assert!(wait(0, &others, &caller(99, 0, 0), &seen()) >= 3_600.0, "nobody is there");
    }

    #[test]
    fn who_starts_ahead_waits_for_fewer() {
        let others: Vec<_> = (0..30).map(|call| caller(call, 100, 0)).collect();
        let (plain, important) = (caller(99, 0, 0), caller(99, 0, 180));
        assert!(wait(20, &others, &important, &seen()) * 3.0 < wait(20, &others, &plain, &seen()));
    }

    #[test]
    fn who_will_overtake_counts() {
        let others: Vec<_> = (0..20).map(|call| caller(call, 100, 0)).collect();
        let mut busy = seen();
        for second in (2_000..3_600).step_by(20) {
            let kind = crate::Kind { needs: 0, head_start: Span::secs(180) };
            busy.arrived(kind, Tick::ZERO + Span::secs(second));
        }
        let (calm, rush) = (wait(20, &others, &caller(99, 0, 0), &seen()), wait(20, &others, &caller(99, 0, 0), &busy));
        assert!(rush > calm * 1.3, "{calm} {rush}");
    }

    #[test]
    fn a_free_agent_is_no_wait() {
        let skills = Skills::new([(SkillId(0), 1)]);
        let idle = [crate::Idle { agent: 1u32, skills: &skills, idle_for: Span::secs(5) }];
        let floor = Floor { needs: std::slice::from_ref(&skills), idle: &idle, busy: &[], waiting: &[caller(9, 0, 0)] };
        let rules = Rules { reserve: None, ..Rules::default() };
        assert_eq!(estimate(&floor, &caller(9, 0, 0), &seen(), &rules, Tick::ZERO), Span::default());
    }

    #[test]
    fn what_is_said_never_rises_twice_in_a_row_while_the_agents_stay() {
        let mut announcer = Announcer::default();
        let mut say = |seconds, agents| announcer.say(1, Span::secs(seconds), agents).0 / 1_000_000;
        assert_eq!([say(60, 0), say(70, 0), say(90, 0), say(95, 0)], [60, 70, 70, 70]);
        assert_eq!([say(50, 0), say(55, 0), say(58, 0)], [50, 55, 55], "a fall makes room for one rise");
        assert_eq!([say(80, 1), say(99, 1)], [80, 80], "so does an agent who came or went");
    }
}
