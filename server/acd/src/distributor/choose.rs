//! Who is offered to whom, what callers are told of their wait, and how it all stands.

use std::cmp::Reverse;

use kernel::{CallId, MemberId, QueueId, SeatId, Tick, time::Span};
use patchbay_kernel as kernel;

use super::{
    Distributor, Effect, State,
    desk::Desk,
    wait::{Guest, Stage},
};
use crate::{
    assign::{Busy, Floor, Idle, Rules, Waiting, decide},
    estimate::estimate,
    explain::Explanation,
};

/// How it stands: for wallboards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// Each queue.
    pub queues: Vec<QueueNow>,
    /// Everybody who is looked after.
    pub agents: Vec<AgentNow>,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueNow {
    /// Which.
    pub queue: QueueId,
    /// Those who wait, first come first.
    pub waiting: Vec<WaitingNow>,
    /// How many of its callers talk with an agent.
    pub talking: u32,
    /// How long somebody who came now would wait; `None`: nobody is there to take them.
    pub estimate: Option<Span>,
}

/// One caller who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingNow {
    /// Which call.
    pub call: CallId,
    /// Since when.
    pub since: Tick,
    /// Whose phone rings for them.
    pub offered_to: Option<MemberId>,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentNow {
    /// Who.
    pub member: MemberId,
    /// Where.
    pub seat: SeatId,
    /// What.
    pub state: State,
    /// Since when.
    pub since: Tick,
    /// When a wrap-up ends by itself.
    pub until: Option<Tick>,
}

/// Everything that a decision looks at, borrowed from the distributor.
struct Scene<'a> {
    idle: Vec<Idle<'a, MemberId>>,
    busy: Vec<Busy<'a>>,
    /// Callers by how they are paired.
    groups: Vec<(Rules, Vec<Waiting<'a, MemberId, CallId>>)>,
}

impl Distributor {
    fn scene(&self, now: Tick) -> Scene<'_> {
        let idle = |desk: &'_ Desk| desk.is_free();
        let busy = |desk: &'_ Desk| {
            matches!(desk.agent.state(), State::Offered(_) | State::OnCall(_) | State::WrapUp(_))
                .then(|| now.since(desk.busy_since().unwrap_or(desk.agent.since())))
        };
        let mut groups: Vec<(Rules, Vec<_>)> = Vec::new();
        for line in self.lines.values().filter(|line| !line.queue.is_empty()) {
            let rules = line.plan.pairing();
            let waiting = line.queue.waiting(line.plan.needs_at, now);
            match groups.iter_mut().find(|(known, _)| *known == rules) {
                Some((_, group)) => group.extend(waiting),
                None => groups.push((rules, waiting.collect())),
            }
        }
        Scene {
            idle: (self.desks.iter())
                .filter(|(_, desk)| idle(desk))
                .map(|(member, desk)| Idle {
                    agent: *member,
                    skills: &desk.skills,
                    idle_for: now.since(desk.agent.since()),
                })
                .collect(),
            busy: (self.desks.values())
                .filter_map(|desk| Some(Busy { skills: &desk.skills, for_so_long: busy(desk)? }))
                .collect(),
            groups,
        }
    }

    pub(super) fn distribute(&mut self, now: Tick) {
        while self.desks.values().any(Desk::is_free) {
            let Some((agent, call, why)) = self.choose(now) else { return };
            let before = self.next_offer;
            self.offer(call, agent, &why, now);
            if self.next_offer == before {
                return;
            }
        }
    }

    fn choose(&self, now: Tick) -> Option<(MemberId, CallId, Explanation<MemberId, CallId>)> {
        let scene = self.scene(now);
        let decided = scene.groups.iter().filter_map(|(rules, waiting)| {
            let floor = Floor { needs: &self.needs, idle: &scene.idle, busy: &scene.busy, waiting };
            let decision = decide(&floor, rules);
            decision.pair.map(|(agent, call)| (agent, call, decision.why))
        });
        decided.max_by_key(|(_, call, why)| (why.score, why.waited, Reverse(*call)))
    }

    /// Idle agents who do not work in this queue.
    pub(super) fn strangers(&self, queue: QueueId) -> usize {
        let Some(plan) = self.plan(queue) else { return 0 };
        self.desks.iter().filter(|(member, desk)| desk.is_free() && !plan.members.contains(member)).count()
    }

    /// How long somebody would wait who stands there; `None` when nobody is signed in for it.
    fn wait_of(
        &self,
        scene: &Scene<'_>,
        me: &Waiting<'_, MemberId, CallId>,
        queue: QueueId,
        now: Tick,
    ) -> Option<Span> {
        let plan = self.plan(queue)?;
        let serves = |member: &MemberId| {
            self.desks.get(member).is_some_and(|desk| desk.is_free() || desk.busy_since().is_some())
        };
        if !plan.members.iter().any(serves) {
            return None;
        }
        let waiting: Vec<_> = scene.groups.iter().flat_map(|(_, waiting)| waiting.iter().copied()).collect();
        let floor = Floor { needs: &self.needs, idle: &scene.idle, busy: &scene.busy, waiting: &waiting };
        Some(estimate(&floor, me, &self.pace, &plan.pairing(), now))
    }

    fn waiter(&self, call: CallId, guest: &Guest, now: Tick) -> Option<Waiting<'static, MemberId, CallId>> {
        let line = self.lines.get(&guest.queue)?;
        let waited = now.since(guest.since);
        let needs = line.plan.needs_at + line.queue.settings().step(waited);
        Some(Waiting { call, needs, waited, head_start: guest.head_start, sticky: None, missed_by: &[] })
    }

    /// Tells those whose time has come where they stand.
    pub(super) fn announce(&mut self, now: Tick) {
        let due = |guest: &Guest| guest.stage == Stage::Waiting && guest.say_at.is_some_and(|at| at <= now);
        let calls: Vec<CallId> = self.guests.iter().filter(|(_, guest)| due(guest)).map(|(call, _)| *call).collect();
        if calls.is_empty() {
            return;
        }
        let mut said = Vec::new();
        {
            let scene = self.scene(now);
            for call in calls {
                let Some(guest) = self.guests.get(&call) else { continue };
                let Some(rules) = self.plan(guest.queue).map(|plan| &plan.rules) else { continue };
                let Some(me) = self.waiter(call, guest, now) else { continue };
                let position = rules.announce_position.then(|| self.position(call, guest, now));
                let wait = rules.announce_wait.then(|| self.wait_of(&scene, &me, guest.queue, now)).flatten();
                said.push((call, position, wait, rules.announce_every));
            }
        }
        for (call, position, wait, every) in said {
            let wait = wait.map(|wait| self.announcer.say(call, wait, self.turnover));
            if let Some(guest) = self.guests.get_mut(&call) {
                guest.say_at = Some(now + every);
            }
            if position.is_some() || wait.is_some() {
                self.out.push_back(Effect::Say { call, position, wait });
            }
        }
    }

    /// From 1, among those of the same queue.
    fn position(&self, call: CallId, guest: &Guest, now: Tick) -> u32 {
        let key = |call: CallId, guest: &Guest| {
            let waited = now.since(guest.since);
            (waited.0.saturating_add(guest.head_start.0), waited, Reverse(call))
        };
        let own = key(call, guest);
        let before = |other: &(&CallId, &Guest)| {
            other.1.queue == guest.queue
                && !matches!(other.1.stage, Stage::Talking { .. })
                && key(*other.0, other.1) > own
        };
        u32::try_from(self.guests.iter().filter(before).count() + 1).unwrap_or(u32::MAX)
    }

    /// How it stands.
    pub fn board(&self, now: Tick) -> Board {
        let scene = self.scene(now);
        let newcomer = CallId::from_uuid(kernel::Uuid::max());
        let queue = |queue: QueueId| {
            let here = || self.guests.iter().filter(move |(_, guest)| guest.queue == queue);
            let mut waiting: Vec<WaitingNow> = here()
                .filter_map(|(call, guest)| {
                    let offered_to = match guest.stage {
                        Stage::Waiting => None,
                        Stage::Offered(offer) => Some(offer.agent),
                        Stage::Talking { .. } => return None,
                    };
                    Some(WaitingNow { call: *call, since: guest.since, offered_to })
                })
                .collect();
            waiting.sort_by_key(|one| (one.since, one.call));
            let talking = here().filter(|(_, guest)| matches!(guest.stage, Stage::Talking { .. })).count();
            let me = self.plan(queue).map(|plan| Waiting {
                call: newcomer,
                needs: plan.needs_at,
                waited: Span::default(),
                head_start: Span::default(),
                sticky: None,
                missed_by: &[],
            });
            let estimate = me.and_then(|me| self.wait_of(&scene, &me, queue, now));
            QueueNow { queue, waiting, talking: u32::try_from(talking).unwrap_or(u32::MAX), estimate }
        };
        let agent = |(member, desk): (&MemberId, &Desk)| AgentNow {
            member: *member,
            seat: desk.person.seat,
            state: desk.agent.state(),
            since: desk.agent.since(),
            until: desk.until(),
        };
        Board {
            queues: self.lines.keys().map(|id| queue(*id)).collect(),
            agents: self.desks.iter().map(agent).collect(),
        }
    }
}
