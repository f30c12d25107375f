//! The callers of a company: their stay in a queue, their offers, and where they go on to.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{CallId, MemberId, QueueId, Tick, time::Span};
use patchbay_kernel as kernel;

use super::{
    CLOSE_WITHIN, Distributor, Effect, End, Entry, OfferId, State, Told,
    company::Plan,
    story::{Outcome, Story, TurnKind, Visit, offered},
};
use crate::{
    agent::{Input, Miss},
    explain::Explanation,
    pace::Kind,
    queue::{Caller, Queue},
};

/// A queue in which nobody is signed in keeps its callers so long.
const NOBODY_FOR: Span = Span::secs(30);
/// From coming in to the first announcement.
const FIRST_SAY: Span = Span::secs(5);
/// Head start of who was talking already.
const FIRST_OF_ALL: Span = Span::secs(86_400);
/// Offers of one call that an answer is still believed of.
const OFFERS_KEPT: usize = 8;

/// One queue at work.
#[derive(Debug)]
pub(super) struct Line {
    pub plan: Plan,
    pub queue: Queue<MemberId, CallId>,
    /// Since when nobody is signed in.
    empty_since: Option<Tick>,
}

impl Line {
    /// What time changes for those who wait.
    pub fn deadline(&self, now: Tick) -> Option<Tick> {
        let empty = self.empty_since.filter(|_| !self.queue.is_empty()).map(|since| since + NOBODY_FOR);
        self.queue.deadline(now).into_iter().chain(empty).min()
    }
}

/// One call.
#[derive(Debug)]
pub(super) struct Guest {
    pub queue: QueueId,
    /// The place.
    pub since: Tick,
    /// The stay in this queue.
    pub entered: Tick,
    pub head_start: Span,
    /// When whoever sent them wants them back.
    until: Option<Tick>,
    knows: Option<MemberId>,
    pub stage: Stage,
    pub say_at: Option<Tick>,
    story: Story,
    /// The last offers.
    offers: Vec<(OfferId, MemberId)>,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Offered(Offer),
    Talking { agent: MemberId, since: Tick },
}

/// An offer that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub id: OfferId,
    pub agent: MemberId,
    ring_until: Tick,
    /// Taken back, for this reason; closed at this time whatever is told.
    closing: Option<(Miss, Tick)>,
}

impl Offer {
    fn deadline(&self) -> Tick {
        self.closing.map_or(self.ring_until, |(_, by)| by)
    }
}

impl Guest {
    fn waits_until(&self, lines: &BTreeMap<QueueId, Line>) -> Option<Tick> {
        let rules = lines.get(&self.queue).and_then(|line| line.plan.rules.max_wait);
        rules.map(|longest| self.entered + longest).into_iter().chain(self.until).min()
    }

    pub fn deadline(&self, lines: &BTreeMap<QueueId, Line>) -> Option<Tick> {
        match self.stage {
            Stage::Waiting => self.waits_until(lines).into_iter().chain(self.say_at).min(),
            Stage::Offered(offer) => Some(offer.deadline()),
            Stage::Talking { .. } => None,
        }
    }
}

impl Distributor {
    pub(super) fn set_lines(&mut self, plans: &BTreeMap<QueueId, Plan>, now: Tick) {
        for (queue, plan) in plans {
            let line = self.lines.entry(*queue).or_insert_with(|| Line {
                plan: plan.clone(),
                queue: Queue::new(plan.settings()),
                empty_since: None,
            });
            if line.plan != *plan {
                line.plan = plan.clone();
                line.queue.change(plan.settings());
            }
        }
        let gone: BTreeSet<QueueId> = self.lines.keys().filter(|queue| !plans.contains_key(queue)).copied().collect();
        self.lines.retain(|queue, _| !gone.contains(queue));
        let here = |guest: &Guest| gone.contains(&guest.queue) && guest.stage == Stage::Waiting;
        let lost: Vec<CallId> = self.guests.iter().filter(|(_, guest)| here(guest)).map(|(call, _)| *call).collect();
        for call in lost {
            self.give_back(call, End::Failed, now);
        }
    }

    /// Somebody comes.
    pub fn enter(&mut self, entry: Entry, now: Tick) {
        if self.guests.contains_key(&entry.call) {
            self.leave(entry.call, now);
        }
        self.admit(entry, now);
        self.settle(now);
    }

    /// Somebody who talks with this agent since then, as an earlier life of this machine left them.
    pub fn resume(&mut self, entry: Entry, agent: MemberId, now: Tick) {
        self.admit(entry, now);
        if self.guests.contains_key(&entry.call) {
            self.join(entry.call, agent, now);
        }
        self.settle(now);
    }

    /// An offer of an earlier life that may still be answered.
    pub fn remember(&mut self, call: CallId, offer: OfferId, agent: MemberId) {
        if let Some(guest) = self.guests.get_mut(&call) {
            guest.offers.push((offer, agent));
        }
    }

    fn admit(&mut self, entry: Entry, now: Tick) {
        let guest = Guest {
            queue: entry.queue,
            since: entry.since,
            entered: now,
            head_start: entry.priority,
            until: entry.max_wait.map(|longest| entry.since + longest),
            knows: entry.knows,
            stage: Stage::Waiting,
            say_at: None,
            story: Story::default(),
            offers: Vec::new(),
        };
        self.guests.insert(entry.call, guest);
        let Some(plan) = self.plan(entry.queue) else { return self.give_back(entry.call, End::Failed, now) };
        let kind = Kind { needs: plan.needs_at, head_start: entry.priority };
        self.pace.arrived(kind, now);
        let end = if self.is_deserted(entry.queue) { Some(End::Nobody) } else { self.seat_in(entry.call, now).err() };
        if let Some(end) = end {
            self.overflow(entry.call, end, now);
        }
    }

    /// Puts a caller into the queue where they are said to be.
    fn seat_in(&mut self, call: CallId, now: Tick) -> Result<(), End> {
        let guest = self.guests.get_mut(&call).ok_or(End::Failed)?;
        let line = self.lines.get_mut(&guest.queue).ok_or(End::Failed)?;
        let mut caller = Caller::new(guest.since, guest.head_start);
        caller.sticky = guest.knows;
        line.queue.enter(call, caller).map_err(|_| End::Full)?;
        guest.entered = now;
        let rules = &line.plan.rules;
        guest.say_at = (rules.announce_position || rules.announce_wait).then(|| now + FIRST_SAY);
        self.out.push_back(Effect::In { call, queue: guest.queue });
        Ok(())
    }

    /// Whether nobody of this queue is signed in.
    fn is_deserted(&self, queue: QueueId) -> bool {
        let there = |member: &MemberId| self.desks.get(member).is_some_and(super::Desk::is_there);
        self.plan(queue).is_none_or(|plan| !plan.members.iter().any(there))
    }

    /// The queue cannot keep a caller: the next one of the chain that can, or back.
    fn overflow(&mut self, call: CallId, end: End, now: Tick) {
        let mut seen = BTreeSet::new();
        loop {
            let Some(guest) = self.guests.get(&call) else { return };
            let from = guest.queue;
            seen.insert(from);
            let next = self.plan(from).and_then(|plan| plan.rules.overflow);
            let Some(next) = next.filter(|next| !seen.contains(next) && self.lines.contains_key(next)) else {
                return self.give_back(call, end, now);
            };
            self.over(call, Outcome::Overflowed, None, Some(next), now);
            if let Some(guest) = self.guests.get_mut(&call) {
                (guest.queue, guest.entered) = (next, now);
            }
            if !self.is_deserted(next) && self.seat_in(call, now).is_ok() {
                return;
            }
        }
    }

    /// The caller hung up, or the call's side takes them elsewhere. Nothing of it rings any more.
    pub fn leave(&mut self, call: CallId, now: Tick) {
        let Some(guest) = self.guests.get(&call) else { return };
        match guest.stage {
            Stage::Talking { agent, .. } => {
                let queue = guest.queue;
                self.guests.remove(&call);
                self.talked(agent, call, queue, now);
            }
            Stage::Offered(offer) => {
                self.missed(call, offer, Miss::CallerLeft, now);
                self.gave_up(call, now);
            }
            Stage::Waiting => self.gave_up(call, now),
        }
        self.settle(now);
    }

    fn gave_up(&mut self, call: CallId, now: Tick) {
        if let Some(guest) = self.guests.get(&call) {
            self.pace.gave_up(now.since(guest.since));
        }
        self.over(call, Outcome::Abandoned, None, None, now);
        self.guests.remove(&call);
        self.announcer.forget(call);
    }

    fn give_back(&mut self, call: CallId, end: End, now: Tick) {
        let outcome = match end {
            End::Full => Outcome::Full,
            End::TimedOut => Outcome::TimedOut,
            End::Nobody => Outcome::Nobody,
            End::Failed => Outcome::Failed,
        };
        self.over(call, outcome, None, None, now);
        self.guests.remove(&call);
        self.announcer.forget(call);
        self.out.push_back(Effect::Back { call, end });
    }

    /// A stay is over: out of the queue and into the books.
    fn over(&mut self, call: CallId, outcome: Outcome, agent: Option<MemberId>, next: Option<QueueId>, now: Tick) {
        let Some(queue) = self.guests.get(&call).map(|guest| guest.queue) else { return };
        if let Some(line) = self.lines.get_mut(&queue) {
            line.queue.leave(call);
        }
        let census = self.census(queue);
        let Some(guest) = self.guests.get_mut(&call) else { return };
        let kind = match agent {
            Some(agent) => TurnKind::Answered { agent },
            None => TurnKind::Left { census },
        };
        guest.story.add(guest.entered, kind, now);
        let (turns, turns_lost) = guest.story.take();
        let (entered, waited) = (guest.entered, now.since(guest.since));
        let visit = Visit { call, queue, entered, left: now, waited, outcome, agent, next, turns, turns_lost };
        self.out.push_back(Effect::Over(Box::new(visit)));
    }

    pub(super) fn offer(&mut self, call: CallId, agent: MemberId, why: &Explanation<MemberId, CallId>, now: Tick) {
        let Some(guest) = self.guests.get(&call) else { return };
        let queue = guest.queue;
        let Some(ring) = self.plan(queue).map(|plan| plan.rules.ring) else { return };
        let Some(seat) = self.desks.get(&agent).map(|desk| desk.person.seat) else { return };
        let strangers = self.strangers(queue);
        let told = offered(agent, why, strangers, self.census(queue));
        let free = self.lines.get_mut(&queue).is_some_and(|line| line.queue.offer(call));
        if !free || !self.act(agent, Input::Offer(call), now) {
            return;
        }
        let id = OfferId(self.next_offer);
        self.next_offer += 1;
        let Some(guest) = self.guests.get_mut(&call) else { return };
        guest.stage = Stage::Offered(Offer { id, agent, ring_until: now + ring + CLOSE_WITHIN, closing: None });
        guest.offers.push((id, agent));
        if guest.offers.len() > OFFERS_KEPT {
            guest.offers.remove(0);
        }
        guest.story.add(guest.entered, told, now);
        self.out.push_back(Effect::Offer { call, offer: id, agent, seat, ring });
    }

    /// The call's side tells of an offer. What is told of a call that is not here is nobody's affair.
    pub fn told(&mut self, call: CallId, id: OfferId, told: Told, now: Tick) {
        let Some(guest) = self.guests.get(&call) else { return };
        let open = match guest.stage {
            Stage::Offered(offer) => Some(offer).filter(|offer| offer.id == id),
            Stage::Waiting | Stage::Talking { .. } => None,
        };
        let of = guest.offers.iter().find(|(offer, _)| *offer == id).map(|(_, agent)| *agent);
        match (told, open, guest.stage) {
            (Told::Ringing, ..) => {}
            (Told::Missed(miss), Some(offer), _) => self.missed(call, offer, miss, now),
            (Told::Missed(_), None, _) => {
                if let Some(agent) = of {
                    self.let_go(agent, id);
                }
            }
            (Told::Answered, _, Stage::Talking { .. }) => {}
            (Told::Answered, _, Stage::Waiting | Stage::Offered(_)) => {
                if let Some(agent) = of {
                    self.join(call, agent, now);
                }
            }
            (Told::TalkOver, _, Stage::Talking { agent, .. }) => {
                let queue = guest.queue;
                self.guests.remove(&call);
                self.talked(agent, call, queue, now);
            }
            (Told::Lost, _, Stage::Talking { agent, .. }) => drop(self.act(agent, Input::Lost, now)),
            (Told::Back, _, Stage::Talking { agent, .. }) => drop(self.act(agent, Input::Back, now)),
            (Told::Requeue, _, Stage::Talking { agent, .. }) => self.requeue(call, agent, now),
            (Told::TalkOver | Told::Lost | Told::Back | Told::Requeue, _, Stage::Waiting | Stage::Offered(_)) => {}
        }
        self.settle(now);
    }

    /// They talk: a fact, whatever was thought before.
    fn join(&mut self, call: CallId, agent: MemberId, now: Tick) {
        let Some(guest) = self.guests.get(&call) else { return };
        if let Stage::Offered(offer) = guest.stage
            && offer.agent != agent
        {
            if offer.closing.is_none() {
                self.out.push_back(Effect::Withdraw { call, offer: offer.id });
                self.hold_back(offer.agent, offer.id, now);
            }
            self.act(offer.agent, Input::Missed(call, Miss::CallerLeft), now);
        }
        let Some(guest) = self.guests.get(&call) else { return };
        self.pace.served(now.since(guest.since));
        if !self.act(agent, Input::Answered(call), now) {
            self.act(agent, Input::Took(call), now);
        }
        self.over(call, Outcome::Answered, Some(agent), None, now);
        self.announcer.forget(call);
        if let Some(guest) = self.guests.get_mut(&call) {
            guest.stage = Stage::Talking { agent, since: now };
        }
    }

    /// The agent was lost in the middle of a talk: the caller waits on at the head of the queue, for as long as the queue keeps anybody.
    fn requeue(&mut self, call: CallId, agent: MemberId, now: Tick) {
        let Some(guest) = self.guests.get_mut(&call) else { return };
        (guest.stage, guest.entered, guest.until) = (Stage::Waiting, now, None);
        (guest.head_start, guest.knows) = (FIRST_OF_ALL, None);
        let queue = guest.queue;
        self.act(agent, Input::Ended(call, Span::default()), now);
        let end = if self.is_deserted(queue) { Some(End::Nobody) } else { self.seat_in(call, now).err() };
        if let Some(end) = end {
            self.overflow(call, end, now);
        }
    }

    /// An offer is closed: nothing rings any more.
    fn missed(&mut self, call: CallId, offer: Offer, told: Miss, now: Tick) {
        let miss = offer.closing.map_or(told, |(miss, _)| miss);
        self.let_go(offer.agent, offer.id);
        let Some(guest) = self.guests.get_mut(&call) else { return };
        guest.stage = Stage::Waiting;
        guest.story.add(guest.entered, TurnKind::Missed { agent: offer.agent, why: miss }, now);
        let queue = guest.queue;
        if let Some(line) = self.lines.get_mut(&queue) {
            line.queue.offer_failed(call, offer.agent);
        }
        self.act(offer.agent, Input::Missed(call, miss), now);
        if miss == Miss::Unreachable {
            self.unreachable(offer.agent, now);
        }
        if !self.lines.contains_key(&queue) {
            self.give_back(call, End::Failed, now);
        }
    }

    /// Takes an offer back, if it is still open.
    pub(super) fn withdraw(&mut self, call: CallId, agent: MemberId, miss: Miss, now: Tick) {
        let Some(guest) = self.guests.get_mut(&call) else { return };
        let Stage::Offered(offer) = &mut guest.stage else { return };
        if offer.agent == agent && offer.closing.is_none() {
            offer.closing = Some((miss, now + CLOSE_WITHIN));
            let id = offer.id;
            self.out.push_back(Effect::Withdraw { call, offer: id });
            self.hold_back(agent, id, now);
        }
    }

    /// The agent is no longer one.
    pub(super) fn give_up_offer_of(&mut self, member: MemberId, now: Tick) {
        if let Some(State::Offered(call)) = self.desks.get(&member).map(|desk| desk.agent.state()) {
            self.withdraw(call, member, Miss::CallerLeft, now);
        }
    }

    pub(super) fn offers_due(&mut self, now: Tick) {
        let due = |guest: &Guest| match guest.stage {
            Stage::Offered(offer) if offer.deadline() <= now => Some(offer),
            _ => None,
        };
        let offers: Vec<(CallId, Offer)> =
            self.guests.iter().filter_map(|(call, guest)| Some((*call, due(guest)?))).collect();
        for (call, offer) in offers {
            match offer.closing {
                None => self.withdraw(call, offer.agent, Miss::NoAnswer, now),
                Some((miss, _)) => self.missed(call, offer, miss, now),
            }
        }
    }

    pub(super) fn waits_due(&mut self, now: Tick) {
        let mut deserted = BTreeSet::new();
        for queue in self.lines.keys().copied().collect::<Vec<_>>() {
            let empty = self.is_deserted(queue);
            let Some(line) = self.lines.get_mut(&queue) else { continue };
            let since = empty.then(|| *line.empty_since.get_or_insert(now));
            line.empty_since = since;
            if since.is_some_and(|since| now.since(since) >= NOBODY_FOR) {
                deserted.insert(queue);
            }
        }
        let due = |guest: &Guest| -> Option<End> {
            if guest.stage != Stage::Waiting {
                return None;
            }
            let over = guest.waits_until(&self.lines).is_some_and(|at| at <= now);
            let end = over.then_some(End::TimedOut);
            end.or_else(|| deserted.contains(&guest.queue).then_some(End::Nobody))
        };
        let due: Vec<(CallId, End, bool)> = self
            .guests
            .iter()
            .filter_map(|(call, guest)| Some((*call, due(guest)?, guest.until.is_some_and(|at| at <= now))))
            .collect();
        for (call, end, wanted_back) in due {
            if wanted_back { self.give_back(call, end, now) } else { self.overflow(call, end, now) }
        }
    }
}
