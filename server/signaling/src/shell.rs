//! The one loop that feeds [`Stack`] and drains it.

mod intake;
mod outlet;

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    time::Duration,
};

use patchbay_kernel::{Clock, Tick};
use patchbay_sip::{self as sip, FlowId, Output, Stack};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
};

use crate::{
    admission::Admission,
    health::Health,
    large::Large,
    overload::{Busy, Load},
    queue::Queue,
    signaling::Inner,
    stats::{Counters, add},
    tap::{Tap, Way},
    unanswered::Unanswered,
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
    /// What becomes of this call does not depend on its owner any more.
    Underway(sip::LegId),
    /// Let go of it.
    Close(FlowId),
    /// Sources that may send more.
    Know(Vec<IpAddr>),
    /// Somebody from here has shown a ticket.
    Trust(IpAddr),
    /// The core's own figures.
    Stats(oneshot::Sender<sip::Stats>),
    /// Shows every message from now on.
    Tap(Arc<dyn Tap>),
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
    admission: Admission,
    load: Load,
    unanswered: Unanswered,
    datagrams: Busy,
    streams: Busy,
    large: Large,
    health: Health,
    swept_at: Tick,
    counters: Arc<Counters>,
    /// Opens connections; weak, because the shell ends when nobody else holds it.
    opener: Weak<Inner>,
    buffer: Vec<u8>,
    tap: Option<Arc<dyn Tap>>,
    stopping: Option<oneshot::Sender<()>>,
}

impl Shell {
    pub fn new(
        stack: Stack,
        udp: Arc<UdpSocket>,
        clock: Arc<dyn Clock>,
        (orders, heard): (mpsc::UnboundedReceiver<Order>, mpsc::Receiver<Heard>),
        events: mpsc::UnboundedSender<sip::Event>,
        (admission, counters, opener, health): (Admission, Arc<Counters>, Weak<Inner>, Health),
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
            admission,
            load: Load::Calm,
            unanswered: Unanswered::default(),
            datagrams: Busy::default(),
            streams: Busy::default(),
            large: Large::default(),
            health,
            swept_at: Tick::ZERO,
            counters,
            opener,
            buffer: vec![0; 65_536],
            tap: None,
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
            self.look_at_load();
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

    /// To whoever looks on; a panic there is not ours.
    fn show(&self, way: Way, flow: FlowId, bytes: &[u8]) {
        if let Some(tap) = &self.tap {
            let _ = catch_unwind(AssertUnwindSafe(|| tap.message(way, flow, bytes)));
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
            Order::Command(command) => {
                self.unanswered.obeyed(&command);
                self.feed(|stack| stack.command(command, now));
            }
            Order::Underway(leg) => self.unanswered.decided(leg),
            Order::Up(flow, queue) => {
                self.queues.insert(flow, Some(queue));
                self.feed(|stack| stack.flow_up(flow, now));
            }
            Order::Close(flow) => self.close(flow),
            Order::Know(sources) => self.admission.know(&sources),
            Order::Trust(source) => self.admission.trust(source, now),
            Order::Stats(to) => drop(to.send(self.stack.stats())),
            Order::Tap(tap) => self.tap = Some(tap),
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
            self.health.broke(flow.peer(), now);
            for (peer, bytes) in self.large.down(flow, now) {
                self.send_datagram(peer, bytes);
            }
            self.feed(|stack| stack.flow_down(flow, now));
        }
    }

    fn pump(&mut self) {
        loop {
            let polled = catch_unwind(AssertUnwindSafe(|| self.stack.poll()));
            match polled {
                Ok(None) => return,
                Ok(Some(Output::Send { flow, bytes })) => {
                    self.show(Way::Out, flow, &bytes);
                    match flow {
                        FlowId::Udp(peer) => self.send(peer, bytes),
                        FlowId::Stream(..) => self.say(flow, bytes),
                    }
                }
                Ok(Some(Output::Close { flow })) => self.close(flow),
                Ok(Some(Output::Event(event))) => {
                    self.unanswered.told(&event, self.now());
                    let _ = self.events.send(event);
                }
                Err(_) => return add(&self.counters.panics),
            }
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
