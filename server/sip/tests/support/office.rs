//! Three nodes that telephone: callers, a back-to-back switch in the middle, callees. Everything by seed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
};

use patchbay_kernel::{Entropy, Tick, time::Span};
use patchbay_sip::{Cmd, End, Event, FlowId, LegId, Route};

use super::world::{Faults, World, address};

const CALLER: usize = 0;
const SWITCH: usize = 1;
const CALLEE: usize = 2;

/// How a caller is refused whose callee has answered and gone; nothing else says it.
const MISSED: u16 = 410;

/// How the calls went.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub dialled: u64,
    pub answered: u64,
    pub busy: u64,
    pub given_up: u64,
    /// The callee answered and hung up again while the caller's PRACK was still missing, so that the answer could not be told
    /// (RFC 3262 section 3). Two or three PRACKs in a row must be lost or late for it: more than [`Tally::may_miss`] are a fault.
    pub missed: u64,
    /// Refused by the network: the callee never heard of it or its answer was lost. Must be none.
    pub lost: u64,
    /// How sessions ended that were ended for us, on any node.
    pub ends: BTreeMap<String, u64>,
    pub changes: u64,
    pub infos: u64,
    /// Descriptions that came before the answer.
    pub early: u64,
    /// Transfers whose end was told.
    pub transfers: u64,
    /// Datagrams, repeats included.
    pub datagrams: u64,
}

impl Tally {
    /// Calls that may be [`Self::missed`].
    pub const fn may_miss(&self) -> u64 {
        self.dialled / 5_000
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Calling,
    Ringing,
    Up,
}

#[derive(Clone, Debug)]
enum Todo {
    Dial,
    Order(usize, LegId, Order),
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Ring,
    Answer,
    Busy,
    HangUp,
    Hold,
    Info,
    Early,
    Update,
    AskForOffer,
    Refer,
}

pub struct Office {
    pub world: World,
    pub tally: Tally,
    agenda: BinaryHeap<Reverse<(Tick, u64)>>,
    todo: HashMap<u64, Todo>,
    /// Legs alive, as their owners see it.
    alive: [HashMap<LegId, Stage>; 3],
    pairs: HashMap<LegId, LegId>,
    ended: HashSet<(usize, LegId)>,
    orders: u64,
    legs: u64,
    /// Random behaviour: CANCEL, refusal, hold, INFO, both ends hanging up. Without it every call is answered.
    lively: bool,
}

const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

impl Office {
    pub fn new(seed: u64, faults: Faults, calls: u64, per_second: u64, lively: bool) -> Self {
        let mut office = Self {
            world: World::new(3, faults, seed),
            tally: Tally::default(),
            agenda: BinaryHeap::new(),
            todo: HashMap::new(),
            alive: Default::default(),
            pairs: HashMap::new(),
            ended: HashSet::new(),
            orders: 0,
            legs: 0,
            lively,
        };
        for call in 0..calls {
            office.plan(Tick::from_ms(10 + call * 1_000 / per_second), Todo::Dial);
        }
        office
    }

    /// Until nothing is left to happen.
    pub fn run(&mut self) {
        loop {
            self.hear();
            let agenda = self.agenda.peek().map(|Reverse((at, _))| *at);
            let Some(next) = [agenda, self.world.next()].into_iter().flatten().min() else { break };
            self.world.advance(next);
            // What happened at this very moment is heard before anyone acts on what was.
            self.hear();
            while self.agenda.peek().is_some_and(|Reverse((at, _))| *at <= self.world.now) {
                let Some(Reverse((_, order))) = self.agenda.pop() else { break };
                if let Some(todo) = self.todo.remove(&order) {
                    self.carry_out(todo);
                    self.hear();
                }
            }
        }
        self.tally.datagrams = self.world.sent;
    }

    fn hear(&mut self) {
        while let Some((node, event)) = self.world.event() {
            self.event(node, event);
        }
    }

    /// What must never be, in words.
    pub fn left_over(&self) -> Option<String> {
        for (node, stack) in self.world.stacks.iter().enumerate() {
            if !stack.stats().is_idle() {
                return Some(format!("node {node} still holds {:?}", stack.stats()));
            }
        }
        for (node, alive) in self.alive.iter().enumerate() {
            if !alive.is_empty() {
                return Some(format!("node {node} was never told the end of {} legs", alive.len()));
            }
        }
        (!self.pairs.is_empty()).then(|| format!("{} pairs stay joined", self.pairs.len()))
    }

    fn plan(&mut self, at: Tick, todo: Todo) {
        self.orders += 1;
        self.agenda.push(Reverse((at, self.orders)));
        self.todo.insert(self.orders, todo);
    }

    fn later(&mut self, ms: u64, node: usize, leg: LegId, order: Order) {
        self.plan(self.world.now + Span::ms(ms), Todo::Order(node, leg, order));
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.world.chance.below(bound)
    }

    fn dial(&mut self, node: usize, to: usize) -> LegId {
        self.legs += 1;
        let leg = LegId(self.legs);
        self.alive[node].insert(leg, Stage::Calling);
        let flow = FlowId::Udp(address(to));
        let to = Route { request_uri: format!("sip:callee@{}", address(to)), flow, routes: Vec::new() };
        let from = format!("\"Call\" <sip:caller@{}>", address(node));
        self.world.command(node, Cmd::Dial { leg, to, from, extra: Vec::new(), sdp: OFFER.to_vec(), auth: None });
        leg
    }

    fn carry_out(&mut self, todo: Todo) {
        let (node, leg, order) = match todo {
            Todo::Dial => {
                self.tally.dialled += 1;
                let leg = self.dial(CALLER, SWITCH);
                if self.lively && self.below(10) == 0 {
                    let patience = self.below(3_000);
                    self.later(patience, CALLER, leg, Order::HangUp);
                } else {
                    // Nobody may wait for ever.
                    self.later(90_000, CALLER, leg, Order::HangUp);
                }
                return;
            }
            Todo::Order(node, leg, order) => (node, leg, order),
        };
        let Some(stage) = self.alive[node].get(&leg).copied() else { return };
        let none = Vec::new;
        match order {
            Order::Early => {
                let sdp = Some(OFFER.to_vec());
                self.world.command(node, Cmd::Ring { leg, code: 183, sdp, extra: none() });
            }
            Order::Ring => self.world.command(node, Cmd::Ring { leg, code: 180, sdp: None, extra: none() }),
            Order::Answer => {
                self.alive[node].insert(leg, Stage::Up);
                self.world.command(node, Cmd::Answer { leg, sdp: Some(OFFER.to_vec()), extra: none() });
                let talk = 1_000 + self.below(20_000);
                if self.below(2) == 0 {
                    self.later(talk, node, leg, Order::HangUp);
                }
            }
            Order::Busy => {
                self.alive[node].remove(&leg);
                self.world.command(node, Cmd::Refuse { leg, code: 486, extra: none() });
            }
            Order::HangUp => {
                if node == CALLER && stage != Stage::Up {
                    self.tally.given_up += 1;
                }
                self.hang_up(node, leg);
            }
            Order::Hold if stage == Stage::Up => self.world.command(node, Cmd::Offer { leg, sdp: OFFER.to_vec() }),
            Order::Info if stage == Stage::Up => {
                let content_type = "application/dtmf-relay".into();
                self.world.command(node, Cmd::Info { leg, content_type, body: b"Signal=5\r\n".to_vec() });
            }
            Order::Update => self.world.command(node, Cmd::Update { leg, sdp: OFFER.to_vec() }),
            Order::AskForOffer if stage == Stage::Up => self.world.command(node, Cmd::Offer { leg, sdp: Vec::new() }),
            Order::Refer if stage == Stage::Up => {
                self.world.command(node, Cmd::Refer { leg, refer_to: "<sip:other@example.test>".into() });
            }
            Order::Hold | Order::Info | Order::AskForOffer | Order::Refer => {}
        }
    }

    fn hang_up(&mut self, node: usize, leg: LegId) {
        if let Some(stage) = self.alive[node].remove(&leg) {
            // Matters only where the answer is ordered but held back.
            let code = (stage == Stage::Up).then_some(MISSED);
            self.world.command(node, Cmd::Hangup { leg, code, extra: Vec::new() });
        }
    }

    fn event(&mut self, node: usize, event: Event) {
        if let Event::Ended { leg, how, .. } = &event {
            *self.tally.ends.entry(format!("{how:?}")).or_default() += 1;
            assert!(self.ended.insert((node, *leg)), "node {node} hears twice of the end of {leg:?}");
            self.alive[node].remove(leg);
            assert_ne!(*how, End::FlowLost, "datagrams do not break");
        }
        match node {
            SWITCH => self.at_switch(event),
            _ => self.at_end(node, event),
        }
    }

    fn at_switch(&mut self, event: Event) {
        let other = |office: &Self, leg: &LegId| office.pairs.get(leg).copied();
        match event {
            Event::Invite { leg, .. } => {
                self.alive[SWITCH].insert(leg, Stage::Ringing);
                let out = self.dial(SWITCH, CALLEE);
                self.pairs.insert(leg, out);
                self.pairs.insert(out, leg);
            }
            Event::Progress { leg, code, sdp } => {
                if let Some(leg) = other(self, &leg) {
                    self.world.command(SWITCH, Cmd::Ring { leg, code, sdp, extra: Vec::new() });
                }
            }
            // An answer that was on its way when the other side hung up is no news.
            Event::Answered { leg, .. } if !self.alive[SWITCH].contains_key(&leg) => {}
            Event::Answered { leg, sdp, .. } => {
                self.alive[SWITCH].insert(leg, Stage::Up);
                if let Some(leg) = other(self, &leg) {
                    self.alive[SWITCH].insert(leg, Stage::Up);
                    self.world.command(SWITCH, Cmd::Answer { leg, sdp, extra: Vec::new() });
                }
            }
            Event::Refused { leg, code, .. } => {
                self.alive[SWITCH].remove(&leg);
                if let Some(leg) = self.part(leg) {
                    self.alive[SWITCH].remove(&leg);
                    self.world.command(SWITCH, Cmd::Refuse { leg, code, extra: Vec::new() });
                }
            }
            Event::Ended { leg, .. } => {
                if let Some(leg) = self.part(leg) {
                    self.hang_up(SWITCH, leg);
                }
            }
            Event::Offer { leg, sdp } => match other(self, &leg) {
                Some(leg) => self.world.command(SWITCH, Cmd::Offer { leg, sdp: sdp.unwrap_or_default() }),
                None => self.world.command(SWITCH, Cmd::Reject { leg, code: 481 }),
            },
            Event::Accepted { leg, sdp } => {
                if let Some(leg) = other(self, &leg) {
                    self.world.command(SWITCH, Cmd::Accept { leg, sdp });
                }
            }
            Event::Rejected { leg, code } => {
                if let Some(leg) = other(self, &leg) {
                    self.world.command(SWITCH, Cmd::Reject { leg, code });
                }
            }
            Event::Info { leg, content_type, body } => {
                if let Some(leg) = other(self, &leg) {
                    self.world.command(SWITCH, Cmd::Info { leg, content_type, body });
                }
            }
            // The answer to the offer that one end asked the other for.
            Event::Acked { leg, sdp: Some(sdp) } => {
                if let Some(leg) = other(self, &leg) {
                    self.world.command(SWITCH, Cmd::Accept { leg, sdp: Some(sdp) });
                }
            }
            Event::Refer { leg, request, .. } => {
                self.world.command(SWITCH, Cmd::Respond { request, code: 202, extra: Vec::new() });
                self.world.command(SWITCH, Cmd::Notify { leg, code: 200 });
            }
            Event::Acked { .. } => {}
            other => panic!("the switch did not expect {other:?}"),
        }
    }

    fn part(&mut self, leg: LegId) -> Option<LegId> {
        let other = self.pairs.remove(&leg)?;
        self.pairs.remove(&other);
        Some(other)
    }

    fn at_end(&mut self, node: usize, event: Event) {
        match event {
            Event::Invite { leg, .. } => {
                self.alive[node].insert(leg, Stage::Ringing);
                let (ring, answer) = (self.below(200), 200 + self.below(4_000));
                let how = if self.lively && self.below(3) == 0 { Order::Early } else { Order::Ring };
                self.later(ring, node, leg, how);
                if self.lively && self.below(4) == 0 {
                    let update = ring + self.below(1_000);
                    self.later(update, node, leg, Order::Update);
                }
                let fate = if self.lively { self.below(10) } else { 9 };
                match fate {
                    0 => self.later(answer, node, leg, Order::Busy),
                    // Nobody is there; the caller gives up.
                    1 => {}
                    2 => self.later(0, node, leg, Order::Answer),
                    _ => self.later(answer, node, leg, Order::Answer),
                }
            }
            Event::Answered { leg, .. } => {
                self.alive[node].insert(leg, Stage::Up);
                self.tally.answered += 1;
                let talk = 1_000 + self.below(20_000);
                self.later(talk, node, leg, Order::HangUp);
            }
            Event::Acked { leg, .. } if self.lively => {
                let (what, when) = (self.below(7), self.below(8_000));
                match what {
                    0 => self.later(when, node, leg, Order::Hold),
                    1 => self.later(when, node, leg, Order::Info),
                    2 => self.later(when, node, leg, Order::Update),
                    3 => self.later(when, node, leg, Order::AskForOffer),
                    4 => self.later(when, node, leg, Order::Refer),
                    _ => {}
                }
            }
            Event::Refused { leg, code, .. } => {
                self.alive[node].remove(&leg);
                match code {
                    486 => self.tally.busy += 1,
                    MISSED => self.tally.missed += 1,
                    _ => self.tally.lost += 1,
                }
            }
            Event::Offer { leg, .. } => {
                self.tally.changes += 1;
                self.world.command(node, Cmd::Accept { leg, sdp: Some(OFFER.to_vec()) });
            }
            Event::Info { .. } => self.tally.infos += 1,
            Event::Progress { sdp: Some(_), .. } => self.tally.early += 1,
            Event::Referred { last: true, .. } => self.tally.transfers += 1,
            // Where we asked for the offer the answer to it is owed.
            Event::Accepted { leg, .. } => self.world.command(node, Cmd::Accept { leg, sdp: Some(OFFER.to_vec()) }),
            Event::Acked { .. }
            | Event::Ended { .. }
            | Event::Progress { .. }
            | Event::Referred { .. }
            | Event::Rejected { .. } => {}
            other => panic!("node {node} did not expect {other:?}"),
        }
    }
}
