//! Who takes whom: one pair at a time, the same pair for the same floor, with its reasons.
//!
//! Callers in the order of what they have waited plus their head start. For a caller, of the idle agents who can serve, the one
//! with the fewest skills (so that those who can do more stay free for what only they can do), among these the longest idle.
//! The last idle holder of a rare skill is kept back for a while for those who need it: a *declared* reserve, named in the
//! explanation.

use std::{cmp::Reverse, fmt::Debug, hash::Hash};

use patchbay_kernel::time::Span;

use crate::{
    explain::{Explanation, Lost, Passed},
    holders::{Holders, each, ones},
    skill::{SkillId, Skills},
};

/// Head start of the best class over the last one.
const FULL_HEAD_START_S: f64 = 180.0;

/// What names an agent or a call.
pub trait Key: Copy + Ord + Hash + Debug {}
impl<T: Copy + Ord + Hash + Debug> Key for T {}

/// An agent who can take a call now.
#[derive(Clone, Copy, Debug)]
pub struct Idle<'a, A> {
    /// Who.
    pub agent: A,
    /// What they can do.
    pub skills: &'a Skills,
    /// For how long they have had nothing to do.
    pub idle_for: Span,
}

/// An agent who has a call.
#[derive(Clone, Copy, Debug)]
pub struct Busy<'a> {
    /// What they can do.
    pub skills: &'a Skills,
    /// How long the call has lasted.
    pub for_so_long: Span,
}

/// The agent whom a caller knows.
#[derive(Clone, Copy, Debug)]
pub struct Sticky<A> {
    /// Who.
    pub agent: A,
    /// Until they have waited so long, nobody else takes them.
    pub hold: Span,
}

/// A caller who may be offered.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a, A, C> {
    /// Who.
    pub call: C,
    /// What they need: an index into [`Floor::needs`].
    pub needs: usize,
    /// For how long they have waited.
    pub waited: Span,
    /// What their class is worth.
    pub head_start: Span,
    /// The agent they know.
    pub sticky: Option<Sticky<A>>,
    /// Agents who did not take this call. They get it only if nobody else can serve.
    pub missed_by: &'a [A],
}

impl<A, C> Waiting<'_, A, C> {
    /// What decides the order, in microseconds: the wait and the head start, and one more for who needs what few can do, because
    /// the others have more agents to wait for.
    pub const fn score(&self, rules: &Rules, needs_rare: bool) -> u64 {
        let more = if needs_rare { rules.rare_head_start.0 } else { 0 };
        self.waited.0.saturating_add(self.head_start.0).saturating_add(more)
    }
}

/// Everything a decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Floor<'a, A, C> {
    /// The different needs, each once.
    pub needs: &'a [Skills],
    /// Agents who can take a call.
    pub idle: &'a [Idle<'a, A>],
    /// Agents on calls: they say how rare a skill is.
    pub busy: &'a [Busy<'a>],
    /// Callers.
    pub waiting: &'a [Waiting<'a, A, C>],
}

/// Which of the agents who can serve a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Fewest skills, then longest idle.
    #[default]
    LeastSkilled,
    /// Longest idle alone.
    LongestIdle,
    /// Best level in what is needed, then fewest skills, then longest idle.
    BestLevel,
}

/// When the last idle holder of a skill is kept for those who need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Callers who do not need the skill pass by until they have waited so long.
    pub hold: Span,
    /// Whoever starts at least so far ahead
    pub ahead: Span,
    /// passes by only for so long: they are promised an answer within seconds, and mostly another agent is free by then.
    pub hold_ahead: Span,
}

impl Reserve {
    /// For how much longer a caller has to leave the reserve alone.
    pub const fn left(&self, waited: Span, head_start: Span) -> Span {
        let hold = if head_start.0 >= self.ahead.0 { self.hold_ahead } else { self.hold };
        Span(hold.0.saturating_sub(waited.0))
    }
}

/// How a company wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Among agents.
    pub strategy: Strategy,
    /// `None` keeps nobody back.
    pub reserve: Option<Reserve>,
    /// A skill is rare when at most this share of the agents present holds it, in percent.
    pub rare_percent: usize,
    /// How far ahead those start who need a rare skill.
    pub rare_head_start: Span,
    /// Skills from this one on are never rare: they stand for something else, such as work in a queue.
    pub rare_below: SkillId,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            strategy: Strategy::LeastSkilled,
            reserve: Some(Reserve { hold: Span::secs(45), ahead: Span::secs(120), hold_ahead: Span::secs(12) }),
            rare_percent: 34,
            rare_head_start: Span::secs(60),
            rare_below: SkillId(u8::MAX),
        }
    }
}

/// What a class is worth where a company has not said otherwise: the best of `classes` starts three minutes ahead of the last, the
/// second of three one minute.
pub fn head_start(class: usize, classes: usize) -> Span {
    let last = classes.saturating_sub(1).max(1);
    let height = last.saturating_sub(class) as f64 / last as f64;
    // A third of the way at half of the height.
    Span((FULL_HEAD_START_S * height.powf(3f64.log2()) * 1e6) as u64)
}

/// One pair, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<A, C> {
    /// Agent and call; `None` when nothing fits.
    pub pair: Option<(A, C)>,
    /// Why these, and why not others.
    pub why: Explanation<A, C>,
}

/// Agents rank by this, the smallest first.
type Rank = (Reverse<u32>, usize, Reverse<Span>);

/// What looking for an agent came to.
#[derive(Clone, Copy)]
struct Found {
    /// Index of the idle agent.
    at: Option<usize>,
    /// How many could have served but are kept back.
    kept: usize,
}

struct Desk<'a, A, C> {
    floor: Floor<'a, A, C>,
    rules: Rules,
    /// The idle agents by what they can do.
    holders: Holders<'a>,
    /// For each idle agent the rare skills of which they are the last idle holder; empty when nobody is.
    last_of: Vec<Skills>,
    /// Where each idle agent stands, by name; filled only if somebody waits for a known agent.
    by_name: Vec<(A, usize)>,
}

/// Callers stand in this order, the smallest first: highest score, longest wait, older call.
type Place<C> = (Reverse<u64>, Reverse<Span>, C, u32);

/// The next pair, or why there is none. Ask again after taking it out of the floor, until there is none.
pub fn decide<'a, A: Key, C: Key>(floor: &Floor<'a, A, C>, rules: &Rules) -> Decision<A, C> {
    let mut why = Explanation::default();
    if floor.idle.is_empty() || floor.waiting.is_empty() {
        why.unserved = floor.waiting.len();
        return Decision { pair: None, why };
    }
    let rare = rare_skills(floor, rules);
    let mut order = order(floor, rules, &rare);
    let holders = Holders::new(floor.idle.iter().map(|idle| idle.skills));
    let last_of = last_holders(floor, rules, &rare, &holders);
    let desk = Desk { floor: *floor, rules: *rules, holders, last_of, by_name: names(floor) };
    let mut known: Vec<[Option<Found>; 2]> = vec![[None; 2]; floor.needs.len()];
    for at in 0..order.len() {
        if at == 1 {
            // The first is mostly served at once, so the others are put in order only when it was not.
            order[1..].sort_unstable();
        }
        let caller = &floor.waiting[order[at].3 as usize];
        let found = desk.agent_for(caller, &mut known);
        if let Some(agent) = found.at {
            let chosen = &floor.idle[agent];
            why.score = order[at].0.0;
            desk.explain(caller, agent, &mut why);
            return Decision { pair: Some((chosen.agent, caller.call)), why };
        }
        why.pass(caller, found.kept, desk.held_for_known(caller));
    }
    Decision { pair: None, why }
}

/// All callers with the first one in front.
fn order<A: Key, C: Key>(floor: &Floor<'_, A, C>, rules: &Rules, rare: &Skills) -> Vec<Place<C>> {
    let is_rare = needs_any(floor.needs, rare);
    let place = |(at, who): (u32, &Waiting<'_, A, C>)| {
        (Reverse(who.score(rules, is_rare[who.needs])), Reverse(who.waited), who.call, at)
    };
    let mut order: Vec<Place<C>> = (0u32..).zip(floor.waiting).map(place).collect();
    if let Some(first) = (0..order.len()).min_by_key(|at| order[*at]) {
        order.swap(0, first);
    }
    order
}

fn names<A: Key, C: Key>(floor: &Floor<'_, A, C>) -> Vec<(A, usize)> {
    if floor.waiting.iter().all(|caller| caller.sticky.is_none()) {
        return Vec::new();
    }
    let mut names: Vec<(A, usize)> = floor.idle.iter().enumerate().map(|(at, idle)| (idle.agent, at)).collect();
    names.sort_unstable();
    names
}

/// The skills that few of the agents present hold.
pub(crate) fn rare_skills<A: Key, C: Key>(floor: &Floor<'_, A, C>, rules: &Rules) -> Skills {
    let mut holders = [0usize; 256];
    let all = floor.idle.iter().map(|agent| agent.skills).chain(floor.busy.iter().map(|agent| agent.skills));
    for (skill, _) in all.flat_map(Skills::iter) {
        holders[usize::from(skill.0)] += 1;
    }
    let present = floor.idle.len() + floor.busy.len();
    let rare = |held: usize| held > 0 && held * 100 <= present * rules.rare_percent;
    (0..rules.rare_below.0)
        .filter(|skill| rare(holders[usize::from(*skill)]))
        .map(|skill| (SkillId(skill), 1))
        .collect()
}

fn needs_any(needs: &[Skills], rare: &Skills) -> Vec<bool> {
    needs.iter().map(|needs| needs.iter().any(|(skill, _)| rare.has(skill))).collect()
}

/// For each needs of the floor, whether a rare skill is among them.
pub fn rare_needs<A: Key, C: Key>(floor: &Floor<'_, A, C>, rules: &Rules) -> Vec<bool> {
    needs_any(floor.needs, &rare_skills(floor, rules))
}

/// For each idle agent the rare skills that no other idle agent holds.
fn last_holders<A: Key, C: Key>(
    floor: &Floor<'_, A, C>,
    rules: &Rules,
    rare: &Skills,
    holders: &Holders<'_>,
) -> Vec<Skills> {
    let last: Skills = rare.iter().filter(|(skill, _)| holders.count(*skill) == 1).collect();
    if rules.reserve.is_none() || last.is_empty() {
        return Vec::new();
    }
    let of = |skills: &Skills| skills.iter().filter(|(skill, _)| last.has(*skill)).collect();
    floor.idle.iter().map(|agent| of(agent.skills)).collect()
}

impl<A: Key, C: Key> Desk<'_, A, C> {
    /// The best agent for this caller. Callers with the same needs get the same answer, so it is kept, once for those who must
    /// leave the reserve alone and once for the others.
    fn agent_for(&self, caller: &Waiting<'_, A, C>, known: &mut [[Option<Found>; 2]]) -> Found {
        if self.held_for_known(caller) {
            return Found { at: None, kept: 0 };
        }
        if let Some(sticky) = caller.sticky
            && let Some(at) = self.idle_at(sticky.agent)
            && self.floor.idle[at].skills.covers(&self.floor.needs[caller.needs])
            && !caller.missed_by.contains(&sticky.agent)
        {
            return Found { at: Some(at), kept: 0 };
        }
        let spares = self.spares_reserve(caller);
        let found = match known[caller.needs][usize::from(spares)] {
            Some(found) => found,
            None => self.look(caller.needs, spares, &mut known[caller.needs]),
        };
        let missed = found.at.is_some_and(|at| caller.missed_by.contains(&self.floor.idle[at].agent));
        if missed {
            let others = self.best(caller.needs, spares, caller.missed_by);
            return if others.at.is_some() { others } else { found };
        }
        found
    }

    /// Looks and keeps what was found; where nobody is kept back, it is the same for those who spare the reserve and the others.
    fn look(&self, needs: usize, spares: bool, known: &mut [Option<Found>; 2]) -> Found {
        let found = self.best(needs, spares, &[]);
        if self.last_of.is_empty() || (found.at.is_none() && found.kept == 0) {
            *known = [Some(found); 2];
        } else {
            known[usize::from(spares)] = Some(found);
        }
        found
    }

    fn idle_at(&self, agent: A) -> Option<usize> {
        let at = self.by_name.binary_search_by_key(&agent, |(name, _)| *name).ok()?;
        Some(self.by_name[at].1)
    }

    /// Whether the caller still waits for the one they know, who is not free.
    fn held_for_known(&self, caller: &Waiting<'_, A, C>) -> bool {
        caller.sticky.is_some_and(|sticky| {
            caller.waited < sticky.hold
                && !caller.missed_by.contains(&sticky.agent)
                && self.idle_at(sticky.agent).is_none()
        })
    }

    fn spares_reserve(&self, caller: &Waiting<'_, A, C>) -> bool {
        self.rules.reserve.is_some_and(|reserve| reserve.left(caller.waited, caller.head_start) > Span::default())
    }

    fn best(&self, needs: usize, spares: bool, not: &[A]) -> Found {
        let needs = &self.floor.needs[needs];
        let (mut best, mut kept): (Option<(Rank, A, usize)>, usize) = (None, 0);
        for at in each(&self.holders.able(needs)) {
            let idle = &self.floor.idle[at];
            if not.contains(&idle.agent) {
                continue;
            }
            if spares && self.is_kept(at, needs) {
                kept += 1;
                continue;
            }
            let rank = (self.rank(idle, needs), idle.agent, at);
            if best.as_ref().is_none_or(|best| (&rank.0, &rank.1) < (&best.0, &best.1)) {
                best = Some(rank);
            }
        }
        Found { at: best.map(|(_, _, at)| at), kept }
    }

    /// Whether this agent is the last idle holder of a rare skill that `needs` does not ask for.
    fn is_kept(&self, at: usize, needs: &Skills) -> bool {
        self.last_of.get(at).is_some_and(|last| last.iter().any(|(skill, _)| !needs.has(skill)))
    }

    fn rank(&self, idle: &Idle<'_, A>, needs: &Skills) -> Rank {
        let longest = Reverse(idle.idle_for);
        match self.rules.strategy {
            Strategy::LeastSkilled => (Reverse(0), idle.skills.len(), longest),
            Strategy::LongestIdle => (Reverse(0), 0, longest),
            Strategy::BestLevel => (Reverse(idle.skills.mastery(needs)), idle.skills.len(), longest),
        }
    }

    /// The score that won, and what the next best agents lacked.
    fn explain(&self, caller: &Waiting<'_, A, C>, chosen: usize, why: &mut Explanation<A, C>) {
        let needs = &self.floor.needs[caller.needs];
        let winner = &self.floor.idle[chosen];
        let own = self.rank(winner, needs);
        why.waited = caller.waited;
        why.known = caller.sticky.is_some_and(|sticky| sticky.agent == winner.agent);
        let spares = self.spares_reserve(caller);
        let able = self.holders.able(needs);
        let unable = self.floor.idle.len() - ones(&able);
        why.lose_many(Lost::LacksSkill, unable);
        for at in each(&able).filter(|at| *at != chosen) {
            let idle = &self.floor.idle[at];
            let lost = if caller.missed_by.contains(&idle.agent) {
                Lost::MissedThisCall
            } else if spares && self.is_kept(at, needs) {
                Lost::KeptForRareSkill
            } else if why.known {
                Lost::CallerKnowsAnother
            } else {
                let rank = self.rank(idle, needs);
                match () {
                    () if rank.0 > own.0 => Lost::LowerLevel,
                    () if rank.1 > own.1 => Lost::MoreSkills,
                    () => Lost::LessIdle,
                }
            };
            why.lose(idle.agent, lost);
        }
    }
}

impl<A: Key, C: Key> Explanation<A, C> {
    fn pass(&mut self, caller: &Waiting<'_, A, C>, kept: usize, held: bool) {
        self.unserved += 1;
        let reason = match (held, kept) {
            (true, _) => Passed::WaitsForKnownAgent,
            (false, 0) => Passed::NobodyIdleCanServe,
            (false, _) => Passed::AgentsAreKept,
        };
        self.passed_over(caller.call, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skills(held: &[(u8, u8)]) -> Skills {
        held.iter().map(|(skill, level)| (SkillId(*skill), *level)).collect()
    }

    fn caller(call: u8, needs: usize, waited: u64, head_start: u64) -> Waiting<'static, u8, u8> {
        let (waited, head_start) = (Span::secs(waited), Span::secs(head_start));
        Waiting { call, needs, waited, head_start, sticky: None, missed_by: &[] }
    }

    fn idle(agent: u8, skills: &Skills, for_s: u64) -> Idle<'_, u8> {
        Idle { agent, skills, idle_for: Span::secs(for_s) }
    }

    fn ask(needs: &[Skills], idle: &[Idle<'_, u8>], waiting: &[Waiting<'_, u8, u8>], rules: Rules) -> Decision<u8, u8> {
        decide(&Floor { needs, idle, busy: &[], waiting }, &rules)
    }

    fn plain() -> Rules {
        Rules { reserve: None, rare_percent: 0, ..Rules::default() }
    }

    #[test]
    fn a_head_start_is_overtaken_by_who_has_waited_long_enough() {
        let needs = [skills(&[(0, 1)])];
        let agents = [idle(1, &needs[0], 5)];
        let pair =
            |plain_waits| ask(&needs, &agents, &[caller(7, 0, plain_waits, 0), caller(8, 0, 10, 180)], plain()).pair;
        assert_eq!(pair(100), Some((1, 8)));
        assert_eq!(pair(191), Some((1, 7)));
    }

    #[test]
    fn of_those_who_can_serve_the_least_skilled_and_then_the_longest_idle_is_taken() {
        let needs = [skills(&[(0, 1)])];
        let (one, two) = (skills(&[(0, 1)]), skills(&[(0, 1), (1, 1)]));
        let agents = [idle(1, &two, 900), idle(2, &one, 5), idle(3, &one, 50)];
        let waiting = [caller(7, 0, 3, 0)];
        let decision = ask(&needs, &agents, &waiting, plain());
        assert_eq!(decision.pair, Some((3, 7)));
        assert_eq!(decision.why.lost, [(1, Lost::MoreSkills), (2, Lost::LessIdle)]);
        assert_eq!((decision.why.score, decision.why.count(Lost::LacksSkill)), (3_000_000, 0));
        let longest = Rules { strategy: Strategy::LongestIdle, ..plain() };
        assert_eq!(ask(&needs, &agents, &waiting, longest).pair, Some((1, 7)));
    }

    #[test]
    fn the_best_level_is_taken_where_the_queue_wants_it() {
        let needs = [skills(&[(0, 1)])];
        let (novice, master) = (skills(&[(0, 1)]), skills(&[(0, 5), (1, 1)]));
        let agents = [idle(1, &novice, 900), idle(2, &master, 5)];
        let rules = Rules { strategy: Strategy::BestLevel, ..plain() };
        let decision = ask(&needs, &agents, &[caller(7, 0, 3, 0)], rules);
        assert_eq!((decision.pair, decision.why.count(Lost::LowerLevel)), (Some((2, 7)), 1));
    }

    #[test]
    fn the_last_idle_holder_of_a_rare_skill_is_kept_for_a_while_and_the_decision_says_so() {
        let needs = [skills(&[(0, 1)]), skills(&[(1, 1)])];
        let (common, both) = (skills(&[(0, 1)]), skills(&[(0, 1), (1, 1)]));
        let busy = [Busy { skills: &common, for_so_long: Span::secs(9) }; 4];
        let agents = [idle(1, &both, 60)];
        let pair = |waiting: &[Waiting<'_, u8, u8>]| {
            decide(&Floor { needs: &needs, idle: &agents, busy: &busy, waiting }, &Rules::default())
        };
        let kept = pair(&[caller(7, 0, 44, 0)]);
        assert_eq!((kept.pair, kept.why.passed), (None, vec![(7, Passed::AgentsAreKept)]));
        assert_eq!(pair(&[caller(7, 0, 45, 0)]).pair, Some((1, 7)), "only for so long");
        assert_eq!(pair(&[caller(7, 0, 11, 180)]).pair, None);
        assert_eq!(pair(&[caller(7, 0, 12, 180)]).pair, Some((1, 7)), "not for long from who is important");
        let for_whom = pair(&[caller(7, 0, 30, 0), caller(8, 1, 1, 0)]);
        assert_eq!(for_whom.pair, Some((1, 8)), "this is what they were kept for");
    }

    #[test]
    fn who_needs_what_few_can_do_starts_ahead_of_those_who_have_more_to_wait_for() {
        let needs = [skills(&[(0, 1)]), skills(&[(1, 1)])];
        let (common, both) = (skills(&[(0, 1)]), skills(&[(0, 1), (1, 1)]));
        let busy = [Busy { skills: &common, for_so_long: Span::secs(9) }; 4];
        let agents = [idle(1, &both, 1)];
        let pair = |waits| {
            let waiting = [caller(7, 0, waits, 0), caller(8, 1, 10, 0)];
            decide(&Floor { needs: &needs, idle: &agents, busy: &busy, waiting: &waiting }, &Rules::default()).pair
        };
        assert_eq!(pair(60), Some((1, 8)));
        assert_eq!(pair(71), Some((1, 7)), "one minute, no more");
    }

    #[test]
    fn a_caller_gets_the_agent_they_know_and_waits_a_little_for_them() {
        let needs = [skills(&[(0, 1)])];
        let agents = [idle(1, &needs[0], 5), idle(2, &needs[0], 50)];
        let knowing = |agent, waited| {
            let sticky = Some(Sticky { agent, hold: Span::secs(20) });
            [Waiting { sticky, ..caller(7, 0, waited, 0) }]
        };
        let decision = ask(&needs, &agents, &knowing(1, 3), plain());
        assert_eq!((decision.pair, decision.why.known), (Some((1, 7)), true));
        let held = ask(&needs, &agents, &knowing(9, 3), plain());
        assert_eq!((held.pair, held.why.passed), (None, vec![(7, Passed::WaitsForKnownAgent)]));
        assert_eq!(ask(&needs, &agents, &knowing(9, 20), plain()).pair, Some((2, 7)));
    }

    #[test]
    fn who_did_not_take_a_call_gets_it_again_only_if_nobody_else_is_there() {
        let needs = [skills(&[(0, 1)])];
        let waiting = [Waiting { missed_by: &[2], ..caller(7, 0, 30, 0) }];
        let both = [idle(1, &needs[0], 5), idle(2, &needs[0], 50)];
        assert_eq!(ask(&needs, &both, &waiting, plain()).pair, Some((1, 7)));
        assert_eq!(ask(&needs, &both[1..], &waiting, plain()).pair, Some((2, 7)));
    }

    #[test]
    fn equal_callers_and_agents_are_paired_the_same_way_every_time() {
        let needs = [skills(&[(0, 1)])];
        let agents = [idle(4, &needs[0], 5), idle(3, &needs[0], 5)];
        let pair = ask(&needs, &agents, &[caller(9, 0, 5, 0), caller(8, 0, 5, 0)], plain()).pair;
        assert_eq!(pair, Some((3, 8)));
    }

    #[test]
    fn three_classes_start_three_minutes_one_minute_and_nothing_ahead() {
        let starts = [0, 1, 2].map(|class| head_start(class, 3).0.div_ceil(1_000_000));
        assert_eq!(starts, [180, 60, 0]);
        assert_eq!((head_start(0, 1), head_start(0, 2)), (Span::secs(180), Span::secs(180)));
    }
}
