//! What every layer of the core may touch: outputs, timers, the time of the current input, figures.

use std::{collections::VecDeque, sync::Arc};

use patchbay_kernel::Tick;

use crate::{
    api::{Event, Output},
    flow::FlowId,
    slot::Key,
    stats::Counters,
    timer::Timers,
};

/// Who a timer wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Client(Key),
    Server(Key),
    Session(Key),
}

#[derive(Debug)]
pub(crate) struct Io {
    pub out: VecDeque<Output>,
    pub timers: Timers<Timer>,
    pub now: Tick,
    pub counters: Counters,
}

impl Io {
    pub fn new() -> Self {
        Self { out: VecDeque::new(), timers: Timers::new(), now: Tick::ZERO, counters: Counters::default() }
    }

    pub fn send(&mut self, flow: FlowId, bytes: Arc<[u8]>) {
        self.counters.sent += 1;
        self.out.push_back(Output::Send { flow, bytes });
    }

    pub fn resend(&mut self, flow: FlowId, bytes: Arc<[u8]>) {
        self.counters.repeated += 1;
        self.send(flow, bytes);
    }

    pub fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

/// The one deadline of a thing. It moves without touching the queue: a wake-up that comes too early arms itself again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarm {
    at: Option<Tick>,
    armed: Option<Tick>,
}

impl Alarm {
    pub fn set(&mut self, timers: &mut Timers<Timer>, at: Tick, timer: Timer) {
        self.at = Some(at);
        if self.armed.is_none_or(|armed| armed > at) {
            self.armed = Some(at);
            timers.arm(at, timer);
        }
    }

    pub fn off(&mut self) {
        self.at = None;
    }

    /// Whether the deadline has come, asked when the queue says so.
    pub fn due(&mut self, io: &mut Io, timer: Timer) -> bool {
        if self.armed.is_some_and(|armed| armed > io.now) {
            return false;
        }
        self.armed = None;
        match self.at {
            Some(at) if at <= io.now => {
                self.at = None;
                true
            }
            Some(at) => {
                self.set(&mut io.timers, at, timer);
                false
            }
            None => false,
        }
    }
}
