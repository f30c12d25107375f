//! What the distributor said to one company, sorted.

use std::collections::BTreeMap;

use patchbay_acd::{
    Distributor,
    distributor::{Company, Effect, End, Entry, OfferId, Person, QueueRules, Standing, State, Told, Visit, Wish},
};
use patchbay_kernel::{CallId, MemberId, Tick, time::Span};

use crate::floor::{call, member, person, queue};

pub fn at(seconds: u64) -> Tick {
    Tick::ZERO + Span::secs(1_000 + seconds)
}

/// The machine and everything that it has said.
pub struct Shop {
    pub machine: Distributor,
    pub company: Company,
    pub visits: Vec<Visit>,
    pub back: Vec<(CallId, End)>,
    pub withdrawn: Vec<OfferId>,
    pub said: Vec<(CallId, Option<u32>, Option<Span>)>,
    pub standings: Vec<Standing>,
    open: BTreeMap<CallId, (OfferId, MemberId)>,
    wishes: i64,
}

impl Shop {
    pub fn new(queues: Vec<QueueRules>, people: Vec<Person>) -> Self {
        let company = Company { queues, people };
        let mut machine = Distributor::new(1);
        machine.set_company(&company, at(0));
        machine.open(at(0));
        let mut shop = Self {
            machine,
            company,
            visits: Vec::new(),
            back: Vec::new(),
            withdrawn: Vec::new(),
            said: Vec::new(),
            standings: Vec::new(),
            open: BTreeMap::new(),
            wishes: 1,
        };
        shop.drain();
        shop
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.machine.poll() {
            match effect {
                Effect::Offer { call, offer, agent, .. } => drop(self.open.insert(call, (offer, agent))),
                Effect::Withdraw { offer, .. } => self.withdrawn.push(offer),
                Effect::Say { call, position, wait } => self.said.push((call, position, wait)),
                Effect::Back { call, end } => self.back.push((call, end)),
                Effect::Agent(standing) => self.standings.push(standing),
                Effect::Over(visit) => self.visits.push(*visit),
                Effect::In { .. } | Effect::Repaired { .. } => {}
            }
        }
    }

    pub fn enter(&mut self, no: u32, into: u32, now: Tick) {
        let (call, queue) = (call(no), queue(into));
        let entry = Entry { call, queue, priority: Span::default(), max_wait: None, knows: None, since: now };
        self.machine.enter(entry, now);
        self.drain();
    }

    pub fn leave(&mut self, no: u32, now: Tick) {
        self.machine.leave(call(no), now);
        self.open.remove(&call(no));
        self.drain();
    }

    pub fn told(&mut self, no: u32, offer: OfferId, told: Told, now: Tick) {
        if matches!(told, Told::Missed(_) | Told::Answered) {
            self.open.remove(&call(no));
        }
        self.machine.told(call(no), offer, told, now);
        self.drain();
    }

    pub fn told_over(&mut self, no: u32, now: Tick) {
        self.told(no, OfferId(0), Told::TalkOver, now);
    }

    pub fn tick(&mut self, now: Tick) {
        self.machine.tick(now);
        self.drain();
    }

    /// A call of their own.
    pub fn busy(&mut self, no: u32, now: Tick) {
        self.machine.took(person(no).seat, call(9_000 + no), now);
        self.drain();
    }

    pub fn gave(&mut self, no: u32, now: Tick) {
        self.machine.gave(person(no).seat, call(9_000 + no), now);
        self.drain();
    }

    pub fn wish(&mut self, no: u32, wish: Wish, now: Tick) {
        self.wishes += 1;
        for person in self.company.people.iter_mut().filter(|person| person.member == member(no)) {
            (person.wish, person.wished_at) = (wish, self.wishes);
        }
        self.set(now);
    }

    pub fn set(&mut self, now: Tick) {
        self.machine.set_company(&self.company, now);
        self.drain();
    }

    pub fn offer_of(&self, no: u32) -> Option<OfferId> {
        self.open.get(&call(no)).map(|(offer, _)| *offer)
    }

    pub fn agent_of(&self, no: u32) -> Option<MemberId> {
        self.open.get(&call(no)).map(|(_, agent)| *agent)
    }

    pub fn state(&self, no: u32) -> State {
        self.state_of(member(no))
    }

    pub fn state_of(&self, who: MemberId) -> State {
        let board = self.machine.board(at(0));
        board.agents.iter().find(|agent| agent.member == who).map_or(State::Offline, |agent| agent.state)
    }
}
