//! Keeps the SIP messages of calls: in memory while they are fresh, in the store once they are over.
//!
//! Helping to find faults must never cost a call: what is kept is bounded, and what cannot be written in time is let go.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use metrics::counter;
use patchbay_control::{Control, calls::ladder_row::pack};
use patchbay_kernel::{Blame, CallId, Clock, GatewayId, TenantId, Tick};
use patchbay_ladder::{Book, Captures, Limits, Passing};
use patchbay_plane::{CallRecord, CaptureAsk, Ladder, LadderLeg};
use patchbay_signaling::{Tap, Way};
use patchbay_sip::FlowId;

use crate::metrics::Messages;

/// The last answers come after the record: a call's messages are written so long after its end.
const SETTLES: Duration = Duration::from_secs(4);
/// How often what is due is written, one transaction per company.
const EVERY: Duration = Duration::from_secs(1);
/// Calls written at most each time; of more, those that ended well are let go first.
const MOST: usize = 60;

/// A call that is over and whose messages wait to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Over {
    due: Tick,
    tenant: TenantId,
    call: CallId,
    /// A person ended it: nobody is likely to ask.
    well: bool,
}

/// The tap of the signalling: counts every message and keeps those of calls.
pub struct Recorder {
    messages: Messages,
    book: Mutex<Book>,
    over: Mutex<VecDeque<Over>>,
    keeps: AtomicBool,
    captures: Mutex<Captures>,
    captures_run: AtomicBool,
    own: OnceLock<SocketAddr>,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    /// Keeps the messages of calls when `keeps` says so.
    pub fn new(clock: Arc<dyn Clock>, keeps: bool) -> Self {
        Self {
            messages: Messages::default(),
            book: Mutex::new(Book::new(Limits::default())),
            over: Mutex::default(),
            keeps: AtomicBool::new(keeps),
            captures: Mutex::default(),
            captures_run: AtomicBool::new(false),
            own: OnceLock::new(),
            clock,
        }
    }

    /// What is in memory of this call.
    pub fn read(&self, call: CallId) -> Option<Ladder> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).read(call)
    }

    /// Our own end of messages in captures.
    pub fn speaks_from(&self, own: SocketAddr) {
        let _ = self.own.set(own);
    }

    /// What captures know.
    pub fn captures<T>(&self, ask: impl FnOnce(&Captures) -> T) -> T {
        ask(&self.captures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begin to catch the messages of a gateway; `false` when too many captures run.
    pub fn capture_begin(&self, gateway: GatewayId, ask: CaptureAsk) -> bool {
        let began = self.captures.lock().unwrap_or_else(PoisonError::into_inner).begin(gateway, ask, self.clock.wall());
        self.captures_run.fetch_or(began, Relaxed);
        began
    }

    /// End a capture; `false` when there is none.
    pub fn capture_end(&self, gateway: GatewayId) -> bool {
        self.captures.lock().unwrap_or_else(PoisonError::into_inner).end(gateway, self.clock.wall())
    }

    fn catch(&self, passing: Passing<'_>) {
        let mut captures = self.captures.lock().unwrap_or_else(PoisonError::into_inner);
        if captures.is_idle(passing.at) {
            self.captures_run.store(false, Relaxed);
        } else if let Some(own) = self.own.get() {
            captures.message(passing, *own);
        }
    }

    /// Bytes of messages in memory: of calls, of INVITEs that are none.
    pub fn held(&self) -> (usize, usize) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).held()
    }

    /// A call's record has been taken.
    pub fn over(&self, record: &CallRecord) {
        if self.keeps.load(Relaxed) {
            let well = matches!(record.blame, Blame::Caller | Blame::Callee);
            let due = Tick(self.clock.tick().0 + u64::try_from(SETTLES.as_micros()).unwrap_or(u64::MAX));
            let over = Over { due, tenant: record.started.tenant, call: record.started.call, well };
            self.over.lock().unwrap_or_else(PoisonError::into_inner).push_back(over);
        }
    }

    /// Writes what is due, again and again. Never returns; abort it at shutdown.
    pub async fn write(self: Arc<Self>, control: Control) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.write_due(&control, self.clock.tick()).await;
        }
    }

    /// Writes what is due at this time; at the end of the process, everything.
    pub async fn write_due(&self, control: &Control, now: Tick) {
        let due = {
            let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
            let count = over.iter().take_while(|it| it.due <= now).count();
            over.drain(..count).collect::<Vec<Over>>()
        };
        let (chosen, left) = choose(due, MOST);
        for over in &left {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).let_go(over.call);
        }
        counter!("patchbay_ladders_total", "what" => "let_go").increment(u64::try_from(left.len()).unwrap_or(u64::MAX));
        let mut companies: HashMap<TenantId, Vec<(CallId, String)>> = HashMap::new();
        for over in chosen {
            let ladder = self.book.lock().unwrap_or_else(PoisonError::into_inner).take(over.call);
            let body = ladder.as_ref().and_then(pack);
            if let Some(body) = body {
                companies.entry(over.tenant).or_default().push((over.call, body));
            }
            // A hundred calls a second must not hold up a worker of the runtime for all of them at once.
            tokio::task::yield_now().await;
        }
        for (tenant, ladders) in companies {
            let count = u64::try_from(ladders.len()).unwrap_or(u64::MAX);
            let what = match control.keep_ladders(tenant, ladders).await {
                Ok(()) => "kept",
                Err(problem) => {
                    tracing::warn!(code = problem.code(), count, "The SIP messages of {count} calls could not be kept");
                    "let_go"
                }
            };
            counter!("patchbay_ladders_total", "what" => what).increment(count);
        }
    }
}

/// At most so many: the calls that failed before those that ended well, the older before the newer.
fn choose(mut due: Vec<Over>, most: usize) -> (Vec<Over>, Vec<Over>) {
    due.sort_by_key(|over| over.well);
    let left = due.split_off(due.len().min(most));
    (due, left)
}

impl Tap for Recorder {
    fn message(&self, way: Way, flow: FlowId, bytes: &[u8]) {
        self.messages.count(way, flow, bytes);
        let (keeps, catches) = (self.keeps.load(Relaxed), self.captures_run.load(Relaxed));
        if !keeps && !catches {
            return;
        }
        let passing = Passing {
            at: self.clock.wall(),
            ours: way == Way::Out,
            transport: flow.net().parameter(),
            peer: flow.peer(),
            bytes,
        };
        if catches {
            self.catch(passing);
        }
        if keeps {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).message(passing);
        }
    }

    fn names(&self, leg: LadderLeg, sip_call_id: &[u8]) {
        if self.keeps.load(Relaxed) {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).name(leg, sip_call_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::{SeededEntropy, Wall};

    use super::*;

    #[test]
    fn under_pressure_the_calls_that_failed_are_kept() {
        let mut chance = SeededEntropy::new(1);
        let mut over = |well| Over {
            due: Tick(1),
            tenant: TenantId::new(Wall(1), &mut chance),
            call: CallId::new(Wall(1), &mut chance),
            well,
        };
        let due = vec![over(true), over(false), over(true), over(false)];
        let (kept, left) = choose(due.clone(), 3);
        assert_eq!(kept, [due[1], due[3], due[0]]);
        assert_eq!(left, [due[2]]);
        assert_eq!(choose(due[..1].to_vec(), 3), (due[..1].to_vec(), vec![]));
    }
}
