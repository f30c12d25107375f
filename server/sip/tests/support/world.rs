//! A network in a box: stacks, a clock that jumps from event to event, datagrams that are lost, doubled and late by seed.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use patchbay_kernel::{Entropy, SeededEntropy, Tick, time::Span};
use patchbay_sip::{Cmd, Event, FlowId, Output, Stack, StackConfig};

/// What the network does to datagrams; shares in thousandths, times in milliseconds.
#[derive(Clone, Copy)]
pub struct Faults {
    pub loss: u64,
    pub twice: u64,
    pub delay_ms: u64,
    pub jitter_ms: u64,
}

impl Faults {
    pub const NONE: Self = Self { loss: 0, twice: 0, delay_ms: 1, jitter_ms: 0 };
}

struct Packet {
    at: Tick,
    order: u64,
    to: usize,
    from: usize,
    bytes: Arc<[u8]>,
}

impl PartialEq for Packet {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Packet {}
impl PartialOrd for Packet {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Packet {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

pub struct World {
    pub now: Tick,
    pub stacks: Vec<Stack>,
    pub chance: SeededEntropy,
    pub faults: Faults,
    /// Datagrams put on the wire.
    pub sent: u64,
    wire: BinaryHeap<Reverse<Packet>>,
    events: VecDeque<(usize, Event)>,
    orders: u64,
}

pub fn address(node: usize) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(10, 0, 0, node as u8 + 1).into(), 5060)
}

impl World {
    pub fn new(nodes: usize, faults: Faults, seed: u64) -> Self {
        let mut chance = SeededEntropy::new(seed);
        let stacks = (0..nodes)
            .map(|node| {
                let mut key = [0; 32];
                chance.fill(&mut key);
                Stack::new(StackConfig::new("example.test", &address(node).to_string()), key)
            })
            .collect();
        Self {
            now: Tick::from_ms(1),
            stacks,
            chance,
            faults,
            sent: 0,
            wire: BinaryHeap::new(),
            events: VecDeque::new(),
            orders: 0,
        }
    }

    pub fn command(&mut self, node: usize, cmd: Cmd) {
        self.stacks[node].command(cmd, self.now);
        self.drain(node);
    }

    /// The next event of any node that has happened already.
    pub fn event(&mut self) -> Option<(usize, Event)> {
        self.events.pop_front()
    }

    /// When something happens next by itself.
    pub fn next(&self) -> Option<Tick> {
        let wire = self.wire.peek().map(|Reverse(packet)| packet.at);
        self.stacks.iter().filter_map(Stack::next_timeout).chain(wire).min()
    }

    /// Lets everything happen that happens until then.
    pub fn advance(&mut self, to: Tick) {
        self.now = self.now.max(to);
        while self.wire.peek().is_some_and(|Reverse(packet)| packet.at <= self.now) {
            let Some(Reverse(packet)) = self.wire.pop() else { break };
            self.stacks[packet.to].datagram(FlowId::Udp(address(packet.from)), &packet.bytes, self.now);
            self.drain(packet.to);
        }
        for node in 0..self.stacks.len() {
            if self.stacks[node].next_timeout().is_some_and(|at| at <= self.now) {
                self.stacks[node].timeout(self.now);
                self.drain(node);
            }
        }
    }

    fn drain(&mut self, node: usize) {
        while let Some(output) = self.stacks[node].poll() {
            match output {
                Output::Event(event) => self.events.push_back((node, event)),
                Output::Send { flow, bytes } => self.put(node, flow.peer(), bytes),
                Output::Close { .. } => {}
            }
        }
    }

    fn put(&mut self, from: usize, to: SocketAddr, bytes: Arc<[u8]>) {
        let Some(to) = (0..self.stacks.len()).find(|node| address(*node) == to) else {
            panic!("a datagram to nobody: {to}")
        };
        self.sent += 1;
        if self.chance.below(1_000) < self.faults.loss {
            return;
        }
        let copies = if self.chance.below(1_000) < self.faults.twice { 2 } else { 1 };
        for _ in 0..copies {
            let delay = self.faults.delay_ms + self.chance.below(self.faults.jitter_ms + 1);
            self.orders += 1;
            let at = self.now + Span::ms(delay);
            self.wire.push(Reverse(Packet { at, order: self.orders, to, from, bytes: bytes.clone() }));
        }
    }
}
