//! Random days of messages that are late, lost or overtaken by a restart of the owner: a call never rings twice, an agent's phone
//! never for two calls, nobody rings who talks, and in the end nobody is stuck. `PATCHBAY_SCHEDULES` says how many.

mod floor;

use std::collections::{BTreeMap, VecDeque};

use floor::{call, member, person, queue, rules};
use patchbay_acd::{
    Distributor,
    agent::Miss,
    distributor::{CLOSE_WITHIN, Company, Effect, Entry, OfferId, State, Told, Wish},
};
use patchbay_kernel::{CallId, Entropy, MemberId, SeededEntropy, Tick, time::Span};

const AGENTS: u32 = 6;
const CALLS: u32 = 30;
/// Longest way of a message; there and back it fits into the time that an offer takes to close.
const WAY_MS: u64 = 700;

/// What the task of a call knows of itself.
#[derive(Default)]
struct Phone {
    rings: Option<(OfferId, MemberId, Tick)>,
    talks: Option<(OfferId, MemberId, Tick)>,
    /// The last offer that was answered.
    answered: Option<OfferId>,
    gone: bool,
}

enum ToOwner {
    Told(CallId, OfferId, Told),
    Leave(CallId),
}

enum ToCall {
    Offer(OfferId, MemberId),
    Withdraw(OfferId),
    Back,
}

/// What the owner's shell remembers of a call over the owner's life.
struct Kept {
    entry: Entry,
    offer: Option<(OfferId, MemberId)>,
    talks: Option<MemberId>,
}

struct World {
    now: Tick,
    chance: SeededEntropy,
    company: Company,
    machine: Distributor,
    opens_at: Option<Tick>,
    kept: BTreeMap<CallId, Kept>,
    phones: BTreeMap<CallId, Phone>,
    /// By call, in order: due, message.
    to_call: BTreeMap<CallId, VecDeque<(Tick, ToCall)>>,
    to_owner: BTreeMap<CallId, VecDeque<(Tick, ToOwner)>>,
    lives: u64,
    lossy: bool,
    offers: u32,
    talks: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let members: Vec<u32> = (0..AGENTS).collect();
        let mut second = rules(2, &members[2..]);
        second.overflow = Some(queue(1));
        second.max_wait = Some(Span::secs(40));
        let company = Company {
            queues: vec![rules(1, &members), second],
            people: members.iter().map(|no| person(*no)).collect(),
        };
        let mut world = Self {
            now: Tick::from_ms(10_000),
            chance: SeededEntropy::new(seed),
            machine: Distributor::new(1),
            company,
            opens_at: None,
            kept: BTreeMap::new(),
            phones: BTreeMap::new(),
            to_call: BTreeMap::new(),
            to_owner: BTreeMap::new(),
            lives: 1,
            lossy: true,
            offers: 0,
            talks: 0,
        };
        world.machine.set_company(&world.company, world.now);
        world.machine.open(world.now);
        world.drain();
        world
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.chance.below(bound) == 0
    }

    fn way(&mut self) -> Tick {
        self.now + Span::ms(self.chance.below(WAY_MS))
    }

    /// Some words are lost the first time; the answer to a question is not.
    fn say(&mut self, message: ToOwner) {
        if !(self.lossy && self.one_in(25)) {
            self.send(message);
        }
    }

    fn send(&mut self, message: ToOwner) {
        let (ToOwner::Told(call, ..) | ToOwner::Leave(call)) = message;
        let queue = self.to_owner.get(&call).and_then(|queue| queue.back()).map(|(at, _)| *at);
        let due = self.way().max(queue.unwrap_or_default());
        self.to_owner.entry(call).or_default().push_back((due, message));
    }

    fn post(&mut self, call: CallId, message: ToCall) {
        let last = self.to_call.get(&call).and_then(|queue| queue.back()).map(|(at, _)| *at);
        let due = self.way().max(last.unwrap_or_default());
        self.to_call.entry(call).or_default().push_back((due, message));
    }

    fn drain(&mut self) {
        while let Some(effect) = self.machine.poll() {
            match effect {
                Effect::Offer { call, offer, agent, .. } => {
                    self.offers += 1;
                    self.kept.entry(call).and_modify(|kept| kept.offer = Some((offer, agent)));
                    self.post(call, ToCall::Offer(offer, agent));
                }
                Effect::Withdraw { call, offer } => self.post(call, ToCall::Withdraw(offer)),
                Effect::Back { call, .. } => {
                    self.kept.remove(&call);
                    self.post(call, ToCall::Back);
                }
                Effect::Say { .. }
                | Effect::In { .. }
                | Effect::Agent(_)
                | Effect::Over(_)
                | Effect::Repaired { .. } => {}
            }
        }
    }

    /// The owner dies and another one begins, with what the shell has kept.
    fn restart(&mut self) {
        self.lives += 1;
        self.machine = Distributor::new(self.lives * 1_000_000);
        self.machine.set_company(&self.company, self.now);
        let kept: Vec<_> = self.kept.iter().map(|(call, kept)| (*call, kept.entry, kept.offer, kept.talks)).collect();
        for (call, entry, offer, talks) in kept {
            match talks {
                Some(agent) => self.machine.resume(entry, agent, self.now),
                None => self.machine.enter(entry, self.now),
            }
            if let Some((offer, agent)) = offer {
                self.machine.remember(call, offer, agent);
                if talks.is_none() {
                    self.post(call, ToCall::Withdraw(offer));
                }
            }
        }
        self.opens_at = Some(self.now + CLOSE_WITHIN);
        self.drain();
    }

    fn arrive(&mut self, no: u32) {
        let entry = Entry {
            call: call(no),
            queue: queue(1 + no % 2),
            priority: Span::secs(self.chance.below(3) * 30),
            max_wait: None,
            knows: None,
            since: self.now,
        };
        self.phones.insert(entry.call, Phone::default());
        self.kept.insert(entry.call, Kept { entry, offer: None, talks: None });
        self.machine.enter(entry, self.now);
        self.drain();
    }

    fn deliver(&mut self) {
        let due = |queue: &VecDeque<(Tick, ToOwner)>, now| queue.front().is_some_and(|(at, _)| *at <= now);
        let calls: Vec<CallId> = self.to_owner.keys().copied().collect();
        for call in calls {
            while self.to_owner.get(&call).is_some_and(|queue| due(queue, self.now)) {
                let Some((_, message)) = self.to_owner.get_mut(&call).and_then(VecDeque::pop_front) else { break };
                match message {
                    ToOwner::Leave(call) => {
                        self.kept.remove(&call);
                        self.machine.leave(call, self.now);
                    }
                    ToOwner::Told(call, offer, told) => {
                        if let Some(kept) = self.kept.get_mut(&call) {
                            match told {
                                Told::Answered => kept.talks = kept.offer.map(|(_, agent)| agent),
                                Told::TalkOver => drop(self.kept.remove(&call)),
                                Told::Requeue => (kept.talks, kept.offer) = (None, None),
                                Told::Ringing | Told::Missed(_) | Told::Lost | Told::Back => {}
                            }
                        }
                        self.machine.told(call, offer, told, self.now);
                    }
                }
                self.drain();
            }
        }
        let calls: Vec<CallId> = self.to_call.keys().copied().collect();
        for call in calls {
            while let Some((at, _)) = self.to_call.get(&call).and_then(|queue| queue.front())
                && *at <= self.now
            {
                let Some((_, message)) = self.to_call.get_mut(&call).and_then(VecDeque::pop_front) else { break };
                self.hear(call, message);
            }
        }
    }

    fn hear(&mut self, call: CallId, message: ToCall) {
        let Some(phone) = self.phones.get_mut(&call).filter(|phone| !phone.gone) else { return };
        match message {
            ToCall::Offer(offer, agent) => {
                assert!(phone.rings.is_none(), "call {call} rings already");
                if let Some((answered, ..)) = phone.talks {
                    // The word of the answer was lost: it is said again, and nothing rings.
                    self.send(ToOwner::Told(call, answered, Told::Answered));
                    return;
                }
                let until = self.now + Span::secs(20);
                self.phones.entry(call).and_modify(|phone| phone.rings = Some((offer, agent, until)));
                let busy = |(other, phone): (&CallId, &Phone)| {
                    let rings = phone.rings.is_some_and(|(_, who, _)| who == agent);
                    let talks = phone.talks.is_some_and(|(_, who, _)| who == agent);
                    *other != call && (rings || talks)
                };
                assert!(!self.phones.iter().any(busy), "{agent} has a call already, life {}", self.lives);
                self.say(ToOwner::Told(call, offer, Told::Ringing));
            }
            ToCall::Withdraw(offer) => {
                if phone.rings.is_some_and(|(open, ..)| open == offer) {
                    phone.rings = None;
                }
                // What was answered stays answered, and is said again.
                let answered = phone.answered == Some(offer) && phone.talks.is_some();
                let told = if answered { Told::Answered } else { Told::Missed(Miss::CallerLeft) };
                self.send(ToOwner::Told(call, offer, told));
            }
            ToCall::Back => (phone.gone, phone.rings) = (true, None),
        }
    }

    /// People do what they like.
    fn live(&mut self, eager: bool) {
        let calls: Vec<CallId> = self.phones.iter().filter(|(_, phone)| !phone.gone).map(|(call, _)| *call).collect();
        for call in calls {
            let dice = self.chance.below(200);
            let now = self.now;
            let Some(phone) = self.phones.get_mut(&call) else { continue };
            if let Some((offer, agent, until)) = phone.rings {
                let answer = if eager { dice < 60 } else { dice < 12 };
                if answer {
                    phone.rings = None;
                    phone.talks = Some((offer, agent, now + Span::secs(3 + dice % 60)));
                    phone.answered = Some(offer);
                    self.talks += 1;
                    self.say(ToOwner::Told(call, offer, Told::Answered));
                } else if until <= now || (!eager && dice < 16) {
                    phone.rings = None;
                    let miss = if dice.is_multiple_of(2) { Miss::NoAnswer } else { Miss::Unreachable };
                    self.say(ToOwner::Told(call, offer, Told::Missed(miss)));
                }
            } else if let Some((offer, _, until)) = phone.talks {
                if until <= now {
                    (phone.talks, phone.gone) = (None, true);
                    self.say(ToOwner::Told(call, offer, Told::TalkOver));
                    self.send(ToOwner::Leave(call));
                } else if !eager && dice < 4 {
                    // The page of the agent is gone, and comes back or does not.
                    let back = dice < 2;
                    if !back {
                        (phone.talks, phone.answered) = (None, None);
                    }
                    self.say(ToOwner::Told(call, offer, Told::Lost));
                    let then = if back { Told::Back } else { Told::Requeue };
                    self.send(ToOwner::Told(call, offer, then));
                }
            } else if !eager && dice == 199 {
                phone.gone = true;
                self.send(ToOwner::Leave(call));
            }
        }
        if self.one_in(40) || eager {
            let no = self.chance.below(u64::from(AGENTS)) as usize;
            let away = !eager && self.one_in(3);
            let person = &mut self.company.people[no];
            person.wish = if away { Wish::NotReady(None) } else { Wish::Ready };
            person.wished_at += 1;
            person.reachable = eager || self.chance.below(8) > 0;
            self.machine.set_company(&self.company, self.now);
            self.drain();
        }
    }

    fn step(&mut self, eager: bool) {
        self.now = self.now + Span::ms(50 + self.chance.below(200));
        if self.opens_at.is_some_and(|at| at <= self.now) {
            self.opens_at = None;
            self.machine.open(self.now);
            self.drain();
        }
        self.deliver();
        self.live(eager);
        if self.machine.deadline(self.now).is_some_and(|at| at <= self.now) {
            self.machine.tick(self.now);
            self.drain();
        }
    }
}

#[test]
fn nobody_is_offered_twice_and_nobody_is_stuck() {
    let schedules = std::env::var("PATCHBAY_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (mut offers, mut talks) = (0, 0);
    for seed in 0..schedules {
        let mut world = World::new(seed);
        let mut next = 0;
        for _ in 0..1_800 {
            if next < CALLS && world.one_in(12) {
                world.arrive(next);
                next += 1;
            }
            if world.one_in(250) {
                world.restart();
            }
            world.step(false);
        }
        // Then everybody is there, answers, and nothing is lost.
        world.lossy = false;
        for _ in 0..9_000 {
            world.step(true);
        }
        let left: Vec<_> = world.phones.iter().filter(|(_, phone)| !phone.gone).map(|(call, _)| *call).collect();
        assert_eq!(left, [], "seed {seed}: calls are left over");
        let board = world.machine.board(world.now);
        assert!(board.queues.iter().all(|queue| queue.waiting.is_empty() && queue.talking == 0), "seed {seed}: ghosts");
        for agent in &board.agents {
            assert_eq!(agent.state, State::Ready, "seed {seed}: {} is stuck", agent.member);
        }
        assert_eq!(board.agents.len(), AGENTS as usize);
        assert!(board.agents.iter().any(|agent| agent.member == member(0)));
        (offers, talks) = (offers + world.offers, talks + world.talks);
    }
    assert!(
        offers > schedules as u32 * 20 && talks > schedules as u32 * 10,
        "the days were too quiet: {offers} {talks}"
    );
}
