//! What a company has set up: queues, who works in them, and what these people wish.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{CallId, MemberId, QueueId, ReasonCodeId, SeatId, time::Span};
use patchbay_kernel as kernel;

use crate::{
    assign::{Reserve, Rules, Strategy},
    queue::{Settings, Step},
    skill::{SkillId, Skills},
};

/// Skills below this number are skills; those from it on stand for work in a queue. A company has at most 50 skills and 200 queues.
const QUEUES_FROM: u8 = 56;

/// Everything that decides who gets which caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Its queues.
    pub queues: Vec<QueueRules>,
    /// Everybody who has a seat and ever signed in.
    pub people: Vec<Person>,
}

/// How one queue is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRules {
    /// Which.
    pub queue: QueueId,
    /// Among agents.
    pub strategy: Strategy,
    /// Ring time of an offer.
    pub ring: Span,
    /// Time to write up a call.
    pub wrap_up: Span,
    /// Writing up ends only with a disposition.
    pub disposition_required: bool,
    /// Most callers at once.
    pub max_length: Option<usize>,
    /// Longest wait.
    pub max_wait: Option<Span>,
    /// Where callers go that it cannot keep; `None`: back to where they came from.
    pub overflow: Option<QueueId>,
    /// Callers are told their position.
    pub announce_position: bool,
    /// Callers are told how long it will take.
    pub announce_wait: bool,
    /// Between two announcements.
    pub announce_every: Span,
    /// How long a caller waits for the agent they know.
    pub sticky_hold: Span,
    /// How long the last free holder of a rare skill is kept; zero: not at all.
    pub rare_hold: Span,
    /// What is asked of agents.
    pub skills: Vec<Asked>,
    /// Who works in it.
    pub members: Vec<MemberId>,
}

/// A level that is asked for from a waiting time on; 0: no longer any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of which skill.
    pub skill: kernel::SkillId,
    /// From so long a wait on.
    pub after: Span,
    /// The least.
    pub level: u8,
}

/// What somebody wishes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Signed out.
    Offline,
    /// Taking calls.
    Ready,
    /// Taking none.
    NotReady(Option<ReasonCodeId>),
}

/// Somebody at a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub member: MemberId,
    /// Where.
    pub seat: SeatId,
    /// What they can do.
    pub skills: Vec<(kernel::SkillId, u8)>,
    /// What they wish,
    pub wish: Wish,
    /// and when they did, in microseconds on the wall: a wish is followed once.
    pub wished_at: i64,
    /// A phone of theirs is registered.
    pub reachable: bool,
    /// The call that they are writing up, and for how much longer, when somebody begins to look after them.
    pub writes_up: Option<(CallId, Span)>,
}

/// A queue as it is worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub rules: QueueRules,
    /// Where its steps begin in the table of needs.
    pub needs_at: usize,
    pub steps: Vec<Step>,
    pub members: BTreeSet<MemberId>,
}

impl Plan {
    pub fn settings(&self) -> Settings {
        // The longest wait is the distributor's affair: it counts from when a caller came here, not from when they came at all.
        Settings {
            steps: self.steps.clone(),
            max_length: self.rules.max_length,
            max_wait: None,
            sticky_hold: self.rules.sticky_hold,
        }
    }

    /// How callers of this queue are paired.
    pub fn pairing(&self) -> Rules {
        let usual = Rules::default();
        let reserve = usual.reserve.map(|reserve| Reserve {
            hold: self.rules.rare_hold,
            hold_ahead: reserve.hold_ahead.min(self.rules.rare_hold),
            ..reserve
        });
        let reserve = reserve.filter(|_| self.rules.rare_hold > Span::default());
        Rules { strategy: self.rules.strategy, reserve, rare_below: SkillId(QUEUES_FROM), ..usual }
    }
}

/// Numbers for skills and queues, and the table of needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    skills: BTreeMap<kernel::SkillId, SkillId>,
    queues: BTreeMap<QueueId, SkillId>,
}

impl Numbers {
    /// Skills that some queue asks for, and queues.
    pub fn of(company: &Company) -> Self {
        let skills: BTreeSet<_> = company.queues.iter().flat_map(|queue| &queue.skills).map(|ask| ask.skill).collect();
        let queues: BTreeSet<_> = company.queues.iter().map(|queue| queue.queue).collect();
        Self {
            skills: skills.into_iter().zip((0..QUEUES_FROM).map(SkillId)).collect(),
            queues: queues.into_iter().zip((QUEUES_FROM..=u8::MAX).map(SkillId)).collect(),
        }
    }

    /// The queues that have a number, with what they ask for, and the table of needs that their steps point into.
    pub fn plans(&self, company: &Company) -> (BTreeMap<QueueId, Plan>, Vec<Skills>) {
        let (mut plans, mut needs) = (BTreeMap::new(), Vec::new());
        for rules in company.queues.iter().filter(|rules| self.queues.contains_key(&rules.queue)) {
            let steps = self.steps(rules);
            let needs_at = needs.len();
            needs.extend(steps.iter().map(|step| step.needs.clone()));
            let members = rules.members.iter().copied().collect();
            plans.insert(rules.queue, Plan { rules: rules.clone(), needs_at, steps, members });
        }
        (plans, needs)
    }

    /// What somebody can do, the queues that they work in among it.
    pub fn skills(&self, person: &Person, plans: &BTreeMap<QueueId, Plan>) -> Skills {
        let held = person.skills.iter().filter_map(|(skill, level)| Some((*self.skills.get(skill)?, *level)));
        let works = plans.iter().filter(|(_, plan)| plan.members.contains(&person.member));
        held.chain(works.filter_map(|(queue, _)| Some((*self.queues.get(queue)?, 1)))).collect()
    }

    fn steps(&self, rules: &QueueRules) -> Vec<Step> {
        let mut times: Vec<Span> = rules.skills.iter().map(|ask| ask.after).chain([Span::default()]).collect();
        times.sort_unstable();
        times.dedup();
        let own = self.queues.get(&rules.queue).map(|queue| (*queue, 1));
        let needs = |after: Span| {
            let mut levels: BTreeMap<SkillId, (Span, u8)> = BTreeMap::new();
            for ask in rules.skills.iter().filter(|ask| ask.after <= after) {
                let Some(skill) = self.skills.get(&ask.skill) else { continue };
                let at = levels.entry(*skill).or_insert((ask.after, ask.level));
                if ask.after >= at.0 {
                    *at = (ask.after, ask.level);
                }
            }
            levels.into_iter().map(|(skill, (_, level))| (skill, level)).chain(own).collect()
        };
        times.into_iter().map(|after| Step { after, needs: needs(after) }).collect()
    }
}
