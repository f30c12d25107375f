//! The one loop that feeds [`Stack`] and drains it.

use std::{
    collections::{HashMap, VecDeque},
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use patchbay_kernel::{Clock, Tick};
use patchbay_sip::{self as sip, FlowId, Output, Stack};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
};

use crate::{
    gate::Gate,
    queue::Queue,
    stats::{Counters, add},
};

/// Orders of the users and news of connections; never refused, never many.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all orders are commands: a box would cost each of them an allocation"
)]
pub(crate) enum Order {
    /// For the core.
    Command(sip::Cmd),
    /// A connection exists; what is said to it goes into this queue.
    Up(FlowId, Queue),
    /// Let go of it.
    Close(FlowId),
    /// Sources that may send more.
    Know(Vec<IpAddr>),
    /// The core's own figures.
    Stats(oneshot::Sender<sip::Stats>),
    /// Say what is due, then end.
    Stop(oneshot::Sender<()>),
}

/// What connections heard; bounded, so that a flood waits in its own sockets.
pub(crate) enum Heard {
    /// One whole message.
    Message(FlowId, Vec<u8>),
    /// The connection is gone.
    Down(FlowId),
}

/// Datagrams and orders taken before the core is drained again.
const BATCH: usize = 64;
/// Datagrams that may wait for a full socket; more are lost, and repeated by their transactions.
const BACKLOG: usize = 4_096;
/// How long a full socket is waited for at the end.
const LAST_WORDS: Duration = Duration::from_millis(500);

pub(crate) struct Shell {
    stack: Stack,
    udp: Arc<UdpSocket>,
    clock: Arc<dyn Clock>,
    orders: mpsc::UnboundedReceiver<Order>,
    heard: mpsc::Receiver<Heard>,
    events: mpsc::UnboundedSender<sip::Event>,
    queues: HashMap<FlowId, Option<Queue>>,
    backlog: VecDeque<(SocketAddr, Arc<[u8]>)>,
    gate: Gate,
    counters: Arc<Counters>,
    buffer: Vec<u8>,
    stopping: Option<oneshot::Sender<()>>,
}

impl Shell {
    pub fn new(
        stack: Stack,
        udp: Arc<UdpSocket>,
        clock: Arc<dyn Clock>,
        (orders, heard): (mpsc::UnboundedReceiver<Order>, mpsc::Receiver<Heard>),
        events: mpsc::UnboundedSender<sip::Event>,
        (gate, counters): (Gate, Arc<Counters>),
    ) -> Self {
        Self {
            stack,
            udp,
            clock,
            orders,
            heard,
            events,
            queues: HashMap::new(),
            backlog: VecDeque::new(),
            gate,
            counters,
            buffer: vec![0; 65_536],
            stopping: None,
        }
    }

    /// Until [`Order::Stop`], or until nobody can give orders any more.
    pub async fn run(mut self) {
        let udp = self.udp.clone();
        loop {
            let wait = self.stack.next_timeout().map(|at| at.since(self.clock.tick()).0);
            tokio::select! {
                _ = udp.readable() => self.read_datagrams(),
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                Some(heard) = self.heard.recv() => self.hear(heard),
                () = sleep(wait) => {}
                _ = udp.writable(), if !self.backlog.is_empty() => self.flush(),
            }
            self.drain_orders();
            let now = self.clock.tick();
            if self.stack.next_timeout().is_some_and(|at| at <= now) {
                self.feed(|stack| stack.timeout(now));
            }
            self.pump();
            if let Some(done) = self.stopping.take() {
                self.queues.clear();
                let _ = tokio::time::timeout(LAST_WORDS, self.empty_backlog()).await;
                let _ = done.send(());
                return;
            }
        }
    }

    fn now(&self) -> Tick {
        self.clock.tick()
    }

    /// A panic of the core costs the input that caused it, not the node. Its message is not logged: it may quote the input.
    fn feed(&mut self, input: impl FnOnce(&mut Stack)) {
        let stack = &mut self.stack;
        if catch_unwind(AssertUnwindSafe(|| input(stack))).is_err() {
            add(&self.counters.panics);
            tracing::error!("The SIP core panicked on one input and goes on without it");
        }
    }

    fn read_datagrams(&mut self) {
        for _ in 0..BATCH {
            let (length, peer) = match self.udp.try_recv_from(&mut self.buffer) {
                Ok(got) => got,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return,
                // An ICMP answer to something sent earlier: no reason to stop reading.
                Err(_) => continue,
            };
            let now = self.now();
            if !self.gate.admits(peer.ip(), now) {
                add(&self.counters.rate_dropped);
                continue;
            }
            add(&self.counters.datagrams_in);
            let buffer = std::mem::take(&mut self.buffer);
            self.feed(|stack| stack.datagram(FlowId::Udp(peer), &buffer[..length], now));
            self.buffer = buffer;
        }
    }

    fn hear(&mut self, heard: Heard) {
        // A connection's first message may not overtake the order that says it exists.
        self.drain_orders();
        self.hear_one(heard);
        for _ in 1..BATCH {
            match self.heard.try_recv() {
                Ok(heard) => {
                    self.drain_orders();
                    self.hear_one(heard);
                }
                Err(_) => return,
            }
        }
    }

    fn hear_one(&mut self, heard: Heard) {
        let now = self.now();
        match heard {
            Heard::Message(flow, bytes) => {
                add(&self.counters.stream_messages_in);
                self.feed(|stack| stack.datagram(flow, &bytes, now));
            }
            Heard::Down(flow) => self.down(flow),
        }
    }

    fn drain_orders(&mut self) {
        while self.stopping.is_none()
            && let Ok(order) = self.orders.try_recv()
        {
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Command(command) => self.feed(|stack| stack.command(command, now)),
            Order::Up(flow, queue) => {
                self.queues.insert(flow, Some(queue));
                self.feed(|stack| stack.flow_up(flow, now));
            }
            Order::Close(flow) => self.close(flow),
            Order::Know(sources) => self.gate.know(sources),
            Order::Stats(to) => drop(to.send(self.stack.stats())),
            Order::Stop(done) => self.stopping = Some(done),
        }
    }

    /// Lets go of the queue: the connection writes what waits, closes, and says that it is down.
    fn close(&mut self, flow: FlowId) {
        if let Some(queue) = self.queues.get_mut(&flow) {
            *queue = None;
        }
    }

    fn down(&mut self, flow: FlowId) {
        if self.queues.remove(&flow).is_some() {
            let now = self.now();
            self.feed(|stack| stack.flow_down(flow, now));
        }
    }

    fn pump(&mut self) {
        loop {
            let polled = catch_unwind(AssertUnwindSafe(|| self.stack.poll()));
            match polled {
                Ok(None) => return,
                Ok(Some(Output::Send { flow: FlowId::Udp(peer), bytes })) => self.send_datagram(peer, bytes),
                Ok(Some(Output::Send { flow, bytes })) => self.queue(flow, bytes),
                Ok(Some(Output::Close { flow })) => self.close(flow),
                Ok(Some(Output::Event(event))) => drop(self.events.send(event)),
                Err(_) => return add(&self.counters.panics),
            }
        }
    }

    fn queue(&mut self, flow: FlowId, bytes: Arc<[u8]>) {
        let pushed = self.queues.get(&flow).and_then(Option::as_ref).map(|queue| queue.push(bytes));
        if pushed == Some(false) {
            add(&self.counters.queues_overflown);
            tracing::info!(peer = %flow.peer(), "The connection to {} is closed: its reader does not read", flow.peer());
            self.down(flow);
        } else if pushed.is_none() && !self.queues.contains_key(&flow) {
            // The core does not know yet that it is gone.
            let now = self.now();
            self.feed(|stack| stack.flow_down(flow, now));
        }
    }

    fn send_datagram(&mut self, peer: SocketAddr, bytes: Arc<[u8]>) {
        if !self.backlog.is_empty() {
            return self.hold(peer, bytes);
        }
        match self.udp.try_send_to(&bytes, peer) {
            Ok(_) => add(&self.counters.datagrams_out),
            Err(why) if why.kind() == ErrorKind::WouldBlock => self.hold(peer, bytes),
            Err(_) => add(&self.counters.send_failed),
        }
    }

    fn hold(&mut self, peer: SocketAddr, bytes: Arc<[u8]>) {
        if self.backlog.len() < BACKLOG {
            self.backlog.push_back((peer, bytes));
        } else {
            add(&self.counters.send_failed);
        }
    }

    async fn empty_backlog(&mut self) {
        let udp = self.udp.clone();
        while !self.backlog.is_empty() && udp.writable().await.is_ok() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        while let Some((peer, bytes)) = self.backlog.front() {
            match self.udp.try_send_to(bytes, *peer) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => return,
                Ok(_) => drop(self.counters.datagrams_out.fetch_add(1, Relaxed)),
                Err(_) => add(&self.counters.send_failed),
            }
            self.backlog.pop_front();
        }
    }
}

async fn sleep(micros: Option<u64>) {
    match micros {
        Some(0) => {}
        Some(micros) => tokio::time::sleep(Duration::from_micros(micros)).await,
        None => std::future::pending().await,
    }
}
