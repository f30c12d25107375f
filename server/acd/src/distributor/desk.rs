//! The agents of a company.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{CallId, MemberId, QueueId, SeatId, Tick, time::Span};
use patchbay_kernel as kernel;

use super::{
    CLOSE_WITHIN, Distributor, Effect, OfferId, Standing, State, WrapUp,
    company::{Company, Person, Plan, Wish},
    story::Census,
};
use crate::{
    agent::{self, Agent, Input, Limits, Miss, Reason},
    skill::Skills,
};

/// How long after a phone could not be rung it is tried again.
const AGAIN_AFTER: Span = Span::secs(5);

/// One agent at their place.
#[derive(Debug)]
pub(super) struct Desk {
    pub person: Person,
    pub skills: Skills,
    pub agent: Agent<CallId, Option<kernel::ReasonCodeId>>,
    /// Calls of this seat that no queue led to.
    elsewhere: BTreeSet<CallId>,
    /// Talks or writes up since.
    busy_since: Option<Tick>,
    /// Writing up ends only with a disposition,
    owes: bool,
    /// and would otherwise have ended then.
    wrap_ends: Tick,
    /// The phone could not be rung and is tried again then.
    again_at: Option<Tick>,
    /// An offer that was taken back and may still ring, at most so long.
    closing: Option<(OfferId, Tick)>,
    told: Option<(State, Tick, Option<Tick>)>,
    /// No longer one of the company's agents.
    gone: bool,
}

impl Desk {
    fn new(person: Person, skills: Skills, now: Tick) -> Self {
        // The distributor itself watches over ringing.
        let limits = Limits { ring: Span::secs(3_600), ..Limits::default() };
        Self {
            person,
            skills,
            agent: Agent::new(limits, now),
            elsewhere: BTreeSet::new(),
            busy_since: None,
            owes: false,
            wrap_ends: now,
            again_at: None,
            closing: None,
            told: None,
            gone: false,
        }
    }

    /// Whether a call may be offered.
    pub fn is_free(&self) -> bool {
        self.agent.state() == State::Ready && self.elsewhere.is_empty() && self.closing.is_none() && !self.gone
    }

    /// Has a call, or writes one up, since.
    pub fn busy_since(&self) -> Option<Tick> {
        self.busy_since
    }

    /// Whether they will take calls today: signed in and not away.
    pub fn is_there(&self) -> bool {
        !matches!(self.agent.state(), State::Offline)
    }

    /// When the wrap-up ends by itself, as shown.
    pub fn until(&self) -> Option<Tick> {
        match self.agent.state() {
            State::WrapUp(_) if self.owes => Some(self.wrap_ends),
            State::WrapUp(_) => self.agent.deadline(),
            _ => None,
        }
    }

    pub fn deadline(&self) -> Option<Tick> {
        let closing = self.closing.map(|(_, by)| by);
        self.agent.deadline().into_iter().chain(self.again_at).chain(closing).min()
    }

    fn serves(&self) -> bool {
        matches!(self.agent.state(), State::Ready | State::Offered(_) | State::OnCall(_) | State::WrapUp(_))
    }
}

impl Distributor {
    pub(super) fn set_people(&mut self, company: &Company, plans: &BTreeMap<QueueId, Plan>, now: Tick) {
        let known: BTreeSet<MemberId> = company.people.iter().map(|person| person.member).collect();
        let missing: Vec<MemberId> = self.desks.keys().filter(|member| !known.contains(member)).copied().collect();
        for member in missing {
            self.desks.entry(member).and_modify(|desk| desk.gone = true);
            self.give_up_offer_of(member, now);
            self.act(member, Input::SignOut, now);
        }
        for person in &company.people {
            let skills = self.numbers.skills(person, plans);
            match self.desks.get_mut(&person.member) {
                Some(desk) => {
                    let before = std::mem::replace(&mut desk.person, person.clone());
                    (desk.skills, desk.gone) = (skills, false);
                    if before.wished_at != person.wished_at {
                        self.wished(person, now);
                    }
                }
                None => {
                    self.desks.insert(person.member, Desk::new(person.clone(), skills, now));
                    self.wished(person, now);
                    if let Some((call, left)) = person.writes_up {
                        self.write_on(person.member, call, left, now);
                    }
                }
            }
            self.reached(person.member, person.reachable, now);
        }
        self.desks.retain(|_, desk| !desk.gone || desk.agent.state() != State::Offline);
        self.seats = self.desks.values().map(|desk| (desk.person.seat, desk.person.member)).collect();
    }

    /// A phone of this seat registered, or the last one is gone.
    pub fn reach(&mut self, seat: SeatId, reachable: bool, now: Tick) {
        if let Some(member) = self.seats.get(&seat).copied() {
            self.desks.entry(member).and_modify(|desk| desk.person.reachable = reachable);
            self.reached(member, reachable, now);
            self.settle(now);
        }
    }

    /// This seat is on a call. Those of the queues themselves are known and may be told too.
    pub fn took(&mut self, seat: SeatId, call: CallId, now: Tick) {
        if self.guests.contains_key(&call) {
            return;
        }
        if let Some(desk) = self.seats.get(&seat).and_then(|member| self.desks.get_mut(member)) {
            desk.elsewhere.insert(call);
            self.settle(now);
        }
    }

    /// That call is over, or the seat is no longer on it.
    pub fn gave(&mut self, seat: SeatId, call: CallId, now: Tick) {
        let Some(member) = self.seats.get(&seat).copied() else { return };
        let Some(desk) = self.desks.get_mut(&member) else { return };
        if desk.elsewhere.remove(&call) {
            self.act(member, Input::Ended(call, Span::default()), now);
            self.settle(now);
        }
    }

    /// An agent wants something of the time after a call; `false` when it does not fit.
    pub fn wrap_up(&mut self, member: MemberId, wish: WrapUp, now: Tick) -> bool {
        let Some(desk) = self.desks.get_mut(&member) else { return false };
        let State::WrapUp(call) = desk.agent.state() else { return false };
        let done = match wish {
            WrapUp::Disposed(of) if of != call => return false,
            WrapUp::Disposed(_) => {
                desk.owes = false;
                if desk.wrap_ends <= now {
                    self.act(member, Input::WrapDone, now)
                } else {
                    // The time that was given stays theirs.
                    let left = desk.wrap_ends.since(now);
                    self.act(member, Input::Extend(left), now)
                }
            }
            WrapUp::Done if desk.owes => return false,
            WrapUp::Done => self.act(member, Input::WrapDone, now),
            WrapUp::Extend(by) => {
                desk.wrap_ends = now + by;
                desk.owes || self.act(member, Input::Extend(by), now)
            }
        };
        self.settle(now);
        done
    }

    fn wished(&mut self, person: &Person, now: Tick) {
        let Some(desk) = self.desks.get(&person.member) else { return };
        let (offline, owes) = (desk.agent.state() == State::Offline, desk.owes);
        match person.wish {
            Wish::Offline => drop(self.act(person.member, Input::SignOut, now)),
            Wish::Ready if offline => drop(self.act(person.member, Input::SignIn, now)),
            // Who owes a disposition is not ready before.
            Wish::Ready if owes => {}
            Wish::Ready => drop(self.act(person.member, Input::Ready, now)),
            Wish::NotReady(reason) => {
                if offline {
                    self.act(person.member, Input::SignIn, now);
                }
                self.act(person.member, Input::NotReady(Reason::Code(reason)), now);
            }
        }
    }

    /// What an earlier life of this machine left: a wrap-up that goes on.
    fn write_on(&mut self, member: MemberId, call: CallId, left: Span, now: Tick) {
        if self.act(member, Input::Took(call), now) {
            self.act(member, Input::Ended(call, left), now);
        }
    }

    fn reached(&mut self, member: MemberId, reachable: bool, now: Tick) {
        let Some(desk) = self.desks.get(&member) else { return };
        let input = match desk.agent.state() {
            // Whether a call in hand is theirs again the call itself says.
            State::Reconnecting(Some(_)) => return,
            State::Reconnecting(_) if reachable && desk.again_at.is_none() => Input::Back,
            State::Offline | State::Reconnecting(_) => return,
            // A call in hand says more than a registration: it ends, or it does not. And who writes up may reload the page.
            State::OnCall(_) | State::WrapUp(_) => return,
            State::Ready | State::Offered(_) | State::NotReady(_) if reachable => return,
            State::Ready | State::Offered(_) | State::NotReady(_) => Input::Lost,
        };
        self.act(member, input, now);
    }

    /// The phone could not be rung: the agent is left alone for a moment.
    pub(super) fn unreachable(&mut self, member: MemberId, now: Tick) {
        if self.act(member, Input::Lost, now) {
            self.desks.entry(member).and_modify(|desk| desk.again_at = Some(now + AGAIN_AFTER));
        }
    }

    /// This offer may still ring there.
    pub(super) fn hold_back(&mut self, member: MemberId, offer: OfferId, now: Tick) {
        self.desks.entry(member).and_modify(|desk| desk.closing = Some((offer, now + CLOSE_WITHIN)));
    }

    /// It does not any more.
    pub(super) fn let_go(&mut self, member: MemberId, offer: OfferId) {
        if let Some(desk) = self.desks.get_mut(&member) {
            desk.closing = desk.closing.filter(|(closing, _)| *closing != offer);
        }
    }

    /// The talk of a queue's call is over.
    pub(super) fn talked(&mut self, member: MemberId, call: CallId, queue: QueueId, now: Tick) {
        let plan = self.plan(queue).map(|plan| (plan.rules.wrap_up, plan.rules.disposition_required));
        let (wrap, owes) = plan.unwrap_or_default();
        let given = if owes { Limits::default().wrap_longest } else { wrap };
        if self.act(member, Input::Ended(call, given), now)
            && let Some(desk) = self.desks.get_mut(&member)
            && desk.agent.state() == State::WrapUp(call)
        {
            (desk.owes, desk.wrap_ends) = (owes, now + wrap);
        }
    }

    /// Feeds one agent; `false` when it did not fit.
    pub(super) fn act(
        &mut self,
        member: MemberId,
        input: Input<CallId, Option<kernel::ReasonCodeId>>,
        now: Tick,
    ) -> bool {
        let Some(desk) = self.desks.get_mut(&member) else { return false };
        let served = desk.serves();
        let Ok(effect) = desk.agent.handle(input, now) else { return false };
        self.after(member, served, effect, now);
        true
    }

    fn after(&mut self, member: MemberId, served: bool, effect: Option<agent::Effect<CallId>>, now: Tick) {
        let Some(desk) = self.desks.get_mut(&member) else { return };
        match desk.agent.state() {
            State::OnCall(_) => drop(desk.busy_since.get_or_insert(now)),
            State::WrapUp(_) | State::Reconnecting(_) => {}
            State::Ready | State::NotReady(_) | State::Offline | State::Offered(_) => {
                desk.owes = false;
                if let Some(since) = desk.busy_since.take() {
                    self.pace.ended(now.since(since));
                }
            }
        }
        if !matches!(desk.agent.state(), State::Reconnecting(_)) {
            desk.again_at = None;
        }
        if desk.serves() != served {
            self.turnover += 1;
        }
        match effect {
            Some(agent::Effect::Withdraw(call)) => self.withdraw(call, member, Miss::Unreachable, now),
            Some(agent::Effect::AskAfter(call)) => {
                let lives = self.guests.contains_key(&call) || desk.elsewhere.contains(&call);
                let input = if lives { Input::Alive(call) } else { Input::Ended(call, Span::default()) };
                self.act(member, input, now);
            }
            Some(agent::Effect::Repaired(call)) => self.out.push_back(Effect::Repaired { agent: member, call }),
            // The call itself goes on or ends with its own legs; here only the agent is gone.
            Some(agent::Effect::Requeue(_)) | None => {}
        }
    }

    pub(super) fn desks_due(&mut self, now: Tick) {
        let due = |desk: &Desk| desk.deadline().is_some_and(|at| at <= now);
        let members: Vec<MemberId> = self.desks.iter().filter(|(_, desk)| due(desk)).map(|(id, _)| *id).collect();
        for member in members {
            let Some(desk) = self.desks.get_mut(&member) else { continue };
            desk.closing = desk.closing.filter(|(_, by)| *by > now);
            if desk.again_at.is_some_and(|at| at <= now) {
                desk.again_at = None;
                if desk.person.reachable {
                    self.act(member, Input::Back, now);
                    continue;
                }
            }
            let served = desk.serves();
            let effect = desk.agent.poll(now);
            self.after(member, served, effect, now);
        }
        // Who is free, but on a call of their own, is on that.
        let own = |desk: &Desk| {
            let free = matches!(desk.agent.state(), State::Ready | State::NotReady(_));
            desk.elsewhere.first().copied().filter(|_| free)
        };
        let taken: Vec<(MemberId, CallId)> =
            self.desks.iter().filter_map(|(member, desk)| Some((*member, own(desk)?))).collect();
        for (member, call) in taken {
            self.act(member, Input::Took(call), now);
        }
        // Whose call is no longer held for them is as reachable as the phone is.
        let back = |desk: &Desk| {
            let there = desk.person.reachable && desk.again_at.is_none();
            desk.agent.state() == State::Reconnecting(None) && there
        };
        let back: Vec<MemberId> = self.desks.iter().filter(|(_, desk)| back(desk)).map(|(id, _)| *id).collect();
        for member in back {
            self.act(member, Input::Back, now);
        }
        let ready = |desk: &Desk| desk.agent.state() == State::Ready && !desk.person.reachable;
        let lost: Vec<MemberId> = self.desks.iter().filter(|(_, desk)| ready(desk)).map(|(id, _)| *id).collect();
        for member in lost {
            self.act(member, Input::Lost, now);
        }
        self.desks.retain(|_, desk| !desk.gone || desk.agent.state() != State::Offline);
    }

    /// What the agents of a queue do.
    pub(super) fn census(&self, queue: QueueId) -> Census {
        let mut census = Census::default();
        let Some(plan) = self.plan(queue) else { return census };
        for member in &plan.members {
            let state = self.desks.get(member).map_or(State::Offline, |desk| desk.agent.state());
            let place = match state {
                State::Offline => &mut census.offline,
                State::Ready => &mut census.ready,
                State::Offered(_) => &mut census.offered,
                State::OnCall(_) => &mut census.on_call,
                State::WrapUp(_) => &mut census.wrap_up,
                State::NotReady(_) => &mut census.not_ready,
                State::Reconnecting(_) => &mut census.reconnecting,
            };
            *place += 1;
        }
        census
    }

    pub(super) fn tell_standings(&mut self) {
        for (member, desk) in &mut self.desks {
            let now = (desk.agent.state(), desk.agent.since(), desk.until());
            if desk.told != Some(now) {
                desk.told = Some(now);
                self.out.push_back(Effect::Agent(Standing {
                    member: *member,
                    seat: desk.person.seat,
                    state: now.0,
                    since: now.1,
                    until: now.2,
                    wished_at: desk.person.wished_at,
                }));
            }
        }
    }
}
