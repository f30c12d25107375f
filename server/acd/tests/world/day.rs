//! One day, event by event, through the real queues, agents, decisions and estimates.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use patchbay_acd::{
    Agent, Announcer, Busy, Caller, Floor, Idle, Kind, Limits, Pace, Queue, Rules, Skills, State, Waiting,
    agent::{Input, Miss},
    decide, estimate,
    queue::Settings,
    rare_needs,
};
use patchbay_kernel::time::{Span, Tick};

use super::{
    measure::{Day, Estimate},
    scenario::{Chance, Scenario},
};

type Name = u32;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Arrive(usize),
    GiveUp(usize),
    Answer(Name, usize, bool),
    Done(Name, usize),
    Toggle(Name),
    Second,
}

/// One caller of the day, the same for every policy.
struct Person {
    at: Tick,
    queue: usize,
    class: usize,
    patience: Span,
    call: Span,
}

/// Somebody who hung up; waits on as a ghost, so that the estimate they heard can be judged.
struct Ghost {
    call: usize,
}

pub struct World<'a> {
    scenario: &'a Scenario,
    rules: Rules,
    head_starts: [Span; 3],
    people: Vec<Person>,
    needs: Vec<Skills>,
    is_rare: Vec<bool>,
    queues: Vec<Queue<Name, usize>>,
    agents: Vec<(Agent<usize, ()>, &'a Skills, Tick)>,
    wants_away: Vec<bool>,
    ghosts: Vec<Ghost>,
    events: BinaryHeap<Reverse<(Tick, u64, Event)>>,
    count: u64,
    chance: Chance,
    pace: Pace,
    announcer: Announcer<usize>,
    agents_changed: u64,
    /// Estimates said and not yet judged, by call: when, what, whether it was the first.
    said: BTreeMap<usize, Vec<(Tick, Span)>>,
    unserved_since: Option<Tick>,
    second_runs: bool,
    day: Day,
}

fn span(seconds: f64) -> Span {
    Span((seconds * 1e6) as u64)
}

fn people(scenario: &Scenario, chance: &mut Chance) -> Vec<Person> {
    let mut people = Vec::new();
    let end = scenario.hours * 3_600.0;
    for (queue, (_, per_hour)) in scenario.queues.iter().enumerate() {
        let highest = scenario.spike.map_or(1.0, |(_, _, factor)| factor.max(1.0));
        let mut at = 0.0;
        loop {
            at += chance.exponential(3_600.0 / (per_hour * highest));
            if at >= end {
                break;
            }
            let factor = scenario
                .spike
                .map_or(1.0, |(from, until, factor)| if (from..until).contains(&at) { factor } else { 1.0 });
            if chance.unit() >= factor / highest {
                continue;
            }
            let pick = chance.unit();
            let class = if pick < scenario.classes[0] {
                0
            } else if pick < scenario.classes[0] + scenario.classes[1] {
                1
            } else {
                2
            };
            people.push(Person {
                at: Tick::ZERO + span(at),
                queue,
                class,
                patience: span(chance.exponential(scenario.patience_s)),
                call: span(chance.call(scenario.call_s, scenario.variation).max(2.0)),
            });
        }
    }
    people.sort_by_key(|person| person.at);
    people
}

impl<'a> World<'a> {
    pub fn new(scenario: &'a Scenario, rules: Rules, head_starts: [u64; 3], seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let people = people(scenario, &mut chance);
        let mut world = Self {
            scenario,
            rules,
            head_starts: head_starts.map(Span::secs),
            people,
            is_rare: vec![false; scenario.queues.len()],
            needs: scenario.queues.iter().map(|(needs, _)| needs.clone()).collect(),
            queues: scenario.queues.iter().map(|(needs, _)| Queue::new(Settings::needing(needs.clone()))).collect(),
            agents: Vec::new(),
            wants_away: Vec::new(),
            ghosts: Vec::new(),
            events: BinaryHeap::new(),
            count: 0,
            chance,
            pace: Pace::default(),
            announcer: Announcer::default(),
            agents_changed: 0,
            said: BTreeMap::new(),
            unserved_since: None,
            second_runs: false,
            day: Day::new(&scenario.groups),
        };
        for (skills, _) in scenario.groups.iter().flat_map(|(count, skills)| std::iter::repeat_n((skills, ()), *count))
        {
            // A longer ring than the world's, and never away by itself: missing is the world's doing.
            let limits = Limits { missed: 0, ring: Span::secs(60), ..Limits::default() };
            let mut agent = Agent::new(limits, Tick::ZERO);
            agent.handle(Input::SignIn, Tick::ZERO).expect("fits the state");
            world.agents.push((agent, skills, Tick::ZERO));
            world.wants_away.push(false);
        }
        (0..world.people.len()).for_each(|who| world.push(world.people[who].at, Event::Arrive(who)));
        if let Some(churn) = scenario.churn {
            for name in 0..world.agents.len() {
                let at = Tick::ZERO + span(world.chance.exponential(churn.stays_s));
                world.push(at, Event::Toggle(name as Name));
            }
        }
        world
    }

    fn push(&mut self, at: Tick, event: Event) {
        self.count += 1;
        self.events.push(Reverse((at, self.count, event)));
    }

    pub fn run(mut self) -> Day {
        let end = Tick::ZERO + span(self.scenario.hours * 3_600.0);
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            self.happen(event, now);
            self.route(now);
            self.watch(now);
            if !self.second_runs && (self.queues.iter().any(|queue| !queue.is_empty()) || !self.ghosts.is_empty()) {
                self.second_runs = true;
                self.push(now + Span::secs(1), Event::Second);
            }
            if now > end + Span::secs(7_200) {
                break;
            }
        }
        for name in 0..self.agents.len() {
            self.day.present(name, self.agents[name].2, end, self.agents[name].0.state() == State::Offline);
        }
        self.day
    }

    fn happen(&mut self, event: Event, now: Tick) {
        match event {
            Event::Arrive(who) => {
                let person = &self.people[who];
                let head_start = self.head_starts[person.class];
                self.pace.arrived(Kind { needs: person.queue, head_start }, now);
                self.queues[person.queue].enter(who, Caller::new(now, head_start)).expect("fits the state");
                let gives_up = now + person.patience;
                self.route(now);
                if self.waits(who) {
                    self.ask(who, now);
                    self.push(gives_up, Event::GiveUp(who));
                }
            }
            Event::GiveUp(who) => {
                let queue = self.people[who].queue;
                let rings = self.agents.iter().any(|(agent, ..)| agent.state() == State::Offered(who));
                if self.waits(who) && !rings {
                    self.queues[queue].leave(who);
                    self.pace.gave_up(now.since(self.people[who].at));
                    self.ghosts.push(Ghost { call: who });
                }
            }
            Event::Answer(name, who, answers) => self.answer(name, who, answers, now),
            Event::Done(name, who) => {
                self.pace.ended(self.people[who].call);
                self.agents[name as usize].0.handle(Input::Ended(who, Span::default()), now).expect("fits the state");
                if self.wants_away[name as usize] {
                    self.leave(name, now);
                }
            }
            Event::Toggle(name) => self.toggle(name, now),
            Event::Second => self.second(now),
        }
    }

    fn toggle(&mut self, name: Name, now: Tick) {
        let churn = self.scenario.churn.expect("only churning agents are toggled");
        match self.agents[name as usize].0.state() {
            State::Offline => {
                self.agents[name as usize].0.handle(Input::SignIn, now).expect("fits the state");
                self.agents[name as usize].2 = now;
                self.agents_changed += 1;
                let at = now + span(self.chance.exponential(churn.stays_s));
                self.push(at, Event::Toggle(name));
            }
            State::Ready => self.leave(name, now),
            _ => self.wants_away[name as usize] = true,
        }
    }

    fn leave(&mut self, name: Name, now: Tick) {
        let churn = self.scenario.churn.expect("only churning agents are toggled");
        self.wants_away[name as usize] = false;
        self.agents[name as usize].0.handle(Input::SignOut, now).expect("fits the state");
        let end = Tick::ZERO + span(self.scenario.hours * 3_600.0);
        self.day.present(name as usize, self.agents[name as usize].2, now.min(end), false);
        self.agents_changed += 1;
        let at = now + span(self.chance.exponential(churn.away_s));
        self.push(at, Event::Toggle(name));
    }

    fn second(&mut self, now: Tick) {
        self.second_runs = false;
        let who: Vec<usize> = self
            .said
            .iter()
            .filter(|(_, said)| said.last().is_some_and(|(at, _)| now.since(*at) >= Span::secs(30)))
            .map(|(who, _)| *who)
            .collect();
        for who in who {
            if self.waits(who) {
                self.ask(who, now);
            }
        }
    }

    fn waits(&self, who: usize) -> bool {
        self.queues[self.people[who].queue].caller(who).is_some()
    }

    fn answer(&mut self, name: Name, who: usize, answers: bool, now: Tick) {
        let agent = &mut self.agents[name as usize].0;
        if answers {
            agent.handle(Input::Answered(who), now).expect("fits the state");
            self.queues[self.people[who].queue].leave(who);
            let call = self.people[who].call;
            self.day.busy(name as usize, call, now, span(self.scenario.hours * 3_600.0));
            self.push(now + call, Event::Done(name, who));
        } else {
            agent.handle(Input::Missed(who, Miss::NoAnswer), now).expect("fits the state");
            self.queues[self.people[who].queue].offer_failed(who, name);
            if self.wants_away[name as usize] {
                self.leave(name, now);
            }
        }
    }

    /// Runs `f` with the floor as it is.
    fn with_floor<T>(&self, now: Tick, f: impl FnOnce(&Floor<'_, Name, usize>) -> T) -> T {
        let mut idle = Vec::new();
        let mut busy = Vec::new();
        for (name, (agent, skills, _)) in self.agents.iter().enumerate() {
            match agent.state() {
                State::Ready => idle.push(Idle { agent: name as Name, skills, idle_for: now.since(agent.since()) }),
                State::Offered(_) | State::OnCall(_) => {
                    busy.push(Busy { skills, for_so_long: now.since(agent.since()) })
                }
                _ => {}
            }
        }
        let waiting: Vec<_> = self.queues.iter().enumerate().flat_map(|(at, queue)| queue.waiting(at, now)).collect();
        f(&Floor { needs: &self.needs, idle: &idle, busy: &busy, waiting: &waiting })
    }

    /// What decides about this caller's place.
    fn score(&self, who: usize, now: Tick) -> Span {
        let person = &self.people[who];
        let more = if self.is_rare[person.queue] { self.rules.rare_head_start.0 } else { 0 };
        Span(now.since(person.at).0 + self.head_starts[person.class].0 + more)
    }

    fn route(&mut self, now: Tick) {
        self.is_rare = self.with_floor(now, |floor| rare_needs(floor, &self.rules));
        while let Some((name, who)) = self.with_floor(now, |floor| decide(floor, &self.rules)).pair {
            let Person { at, queue, class, .. } = self.people[who];
            let skills = self.agents[name as usize].1;
            self.day.pairs += 1;
            self.day.without_skill += usize::from(!skills.covers(&self.needs[queue]));
            let offered =
                self.agents[name as usize].0.handle(Input::Offer(who), now).is_ok() && self.queues[queue].offer(who);
            self.day.double_offers += usize::from(!offered);
            let score = self.score(who, now);
            self.lay_ghosts(skills, Some(score), now);
            if self.scenario.missed > 0.0 && self.chance.unit() < self.scenario.missed {
                self.push(now + Span::secs(10), Event::Answer(name, who, false));
                continue;
            }
            let waited = now.since(at);
            self.day.served(queue, class, waited, false);
            self.pace.served(waited);
            self.announcer.forget(who);
            self.judge(who, now);
            self.answer(name, who, true, now);
        }
        for at in 0..self.agents.len() {
            if self.agents[at].0.state() == State::Ready {
                self.lay_ghosts(self.agents[at].1, None, now);
            }
        }
    }

    /// The ghosts whom this agent would have taken rather than a caller of this score (rather than nobody) have waited enough.
    fn lay_ghosts(&mut self, skills: &Skills, score: Option<Span>, now: Tick) {
        let (reserve, mut laid) = (self.rules.reserve, Vec::new());
        let ghosts = std::mem::take(&mut self.ghosts);
        for ghost in ghosts {
            let person = &self.people[ghost.call];
            let waited = now.since(person.at);
            let left = reserve.map_or(Span::default(), |reserve| reserve.left(waited, self.head_starts[person.class]));
            let spares = score.is_none() && left > Span::default();
            let first = score.is_none_or(|score| self.score(ghost.call, now) > score);
            if skills.covers(&self.needs[person.queue]) && !spares && first {
                laid.push(ghost.call);
            } else {
                self.ghosts.push(ghost);
            }
        }
        for who in laid {
            let person = &self.people[who];
            let (queue, class) = (person.queue, person.class);
            self.day.served(queue, class, now.since(person.at), true);
            self.announcer.forget(who);
            self.judge(who, now);
        }
    }

    fn judge(&mut self, who: usize, now: Tick) {
        for (at, (when, said)) in self.said.remove(&who).unwrap_or_default().into_iter().enumerate() {
            self.day.estimates.push(Estimate { said, came: now.since(when), first: at == 0 });
        }
    }

    fn ask(&mut self, who: usize, now: Tick) {
        let raw = self.with_floor(now, |floor| {
            let me = floor.waiting.iter().find(|waiting| waiting.call == who).copied();
            me.map(|me: Waiting<'_, Name, usize>| estimate(floor, &me, &self.pace, &self.rules, now))
        });
        let Some(raw) = raw else { return };
        let said = self.announcer.say(who, raw, self.agents_changed);
        let before = self.said.entry(who).or_default();
        if let [.., (_, first), (_, second)] = before[..] {
            self.day.rose_twice += usize::from(self.scenario.churn.is_none() && first < second && second < said);
        }
        before.push((now, said));
    }

    /// Whether somebody waits although somebody idle could serve and is not kept back: that must pass within a second.
    fn watch(&mut self, now: Tick) {
        let reserve = self.rules.reserve;
        let left = |caller: &Waiting<'_, Name, usize>| {
            reserve.map_or(Span::default(), |reserve| reserve.left(caller.waited, caller.head_start))
        };
        let unserved = self.with_floor(now, |floor| {
            floor.waiting.iter().any(|caller| {
                left(caller) == Span::default()
                    && floor.idle.iter().any(|idle| idle.skills.covers(&floor.needs[caller.needs]))
            })
        });
        if let Some(since) = self.unserved_since
            && now.since(since) > Span::secs(1)
        {
            self.day.idle_beside_waiting += 1;
        }
        self.unserved_since = unserved.then(|| self.unserved_since.unwrap_or(now));
    }
}
