//! Writes calls down, many in one transaction: below [`BUSY`] starts a second each is written at once, above it those of a few
//! milliseconds go together. What is over waits a little longer, since nobody waits for it but the books; steps in between (ringing,
//! answered, held) wait longest and travel with whatever is written next, since only the event log wants them.
//!
//! Who told is answered after the commit, so what was acknowledged is on disk.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kernel::{CallId, TenantId, Tick, time::Span};
use patchbay_kernel as kernel;
use patchbay_plane::{CallEvent, CallRecord, CallStarted, PlaneError};
use patchbay_tenancy::StoreError;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};

use super::{
    Core,
    records::{self, Step},
};

/// Starts a second from which on they wait for company.
const BUSY: u64 = 50;
/// How long a start waits for company when it is busy.
const STARTS_WAIT: Duration = Duration::from_millis(20);
/// How long the end of a call waits for company.
const ENDS_WAIT: Duration = Duration::from_millis(50);
/// How long a step of a call waits for company.
const STEPS_WAIT: Duration = Duration::from_millis(200);
/// Jobs of one batch at most.
const MOST: usize = 512;

type Told = oneshot::Sender<Result<bool, PlaneError>>;

enum Job {
    Opened(Box<CallStarted>, Told),
    Closed(Box<CallRecord>, Told),
    Stepped(Box<CallEvent>),
}

impl Job {
    const fn patience(&self) -> Duration {
        match self {
            Self::Stepped(_) => STEPS_WAIT,
            Self::Opened(..) | Self::Closed(..) => ENDS_WAIT,
        }
    }
}

/// Where calls are told to.
pub(super) struct Scribe(mpsc::UnboundedSender<Job>);

impl Scribe {
    /// Begins to write, until the scribe is dropped.
    pub(super) fn start(core: Arc<Core>) -> (Self, JoinHandle<()>) {
        let (jobs, inbox) = mpsc::unbounded_channel();
        (Self(jobs), tokio::spawn(write(core, inbox)))
    }

    /// The call begins: durable when this returns. A second time is no error.
    pub(super) async fn opened(&self, start: CallStarted) -> Result<(), PlaneError> {
        self.tell(|told| Job::Opened(Box::new(start), told)).await.map(|_| ())
    }

    /// The call is over; `false` when its record was there already.
    pub(super) async fn closed(&self, record: CallRecord) -> Result<bool, PlaneError> {
        self.tell(|told| Job::Closed(Box::new(record), told)).await
    }

    /// The call took a step. Lost when the process dies within [`STEPS_WAIT`]: the record tells of it all the same.
    pub(super) fn stepped(&self, event: CallEvent) {
        // The writer lives as long as this value; after that nobody asks.
        let _ = self.0.send(Job::Stepped(Box::new(event)));
    }

    async fn tell(&self, job: impl FnOnce(Told) -> Job) -> Result<bool, PlaneError> {
        let (told, answer) = oneshot::channel();
        let gone = || PlaneError("the directory is shutting down".into());
        self.0.send(job(told)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn write(core: Arc<Core>, mut inbox: mpsc::UnboundedReceiver<Job>) {
    let mut load = Load::default();
    // Starts of calls that are up: a step says no more of a call than that it took it.
    let mut up: HashMap<CallId, CallStarted> = HashMap::new();
    while let Some(first) = inbox.recv().await {
        let mut batch = Batch::default();
        let mut waits = first.patience();
        let mut patience = Box::pin(sleep(waits));
        let mut started = None;
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if started.is_none() && job.patience() < waits {
                waits = job.patience();
                patience.set(sleep(waits));
            }
            if matches!(job, Job::Opened(..)) {
                let busy = load.busy(core.parts.clock.tick());
                if busy && started.is_none() {
                    patience.set(sleep(STARTS_WAIT));
                }
                started.get_or_insert(busy);
            }
            batch.push(job);
            if batch.jobs >= MOST {
                break;
            }
            next = match started {
                // What is there already comes along; a timer, even of no time, would cost a call a millisecond.
                Some(false) => inbox.try_recv().ok(),
                _ => tokio::select! {
                    biased;
                    job = inbox.recv() => job,
                    () = &mut patience => None,
                },
            };
        }
        for (tenant, page) in batch.pages {
            page.write(&core, tenant, &mut up).await;
        }
    }
}

/// How many calls began in the last second.
#[derive(Default)]
struct Load {
    since: Tick,
    now: u64,
    before: u64,
}

impl Load {
    /// One more began: is it busy?
    fn busy(&mut self, now: Tick) -> bool {
        let passed = now.since(self.since);
        if passed >= Span::secs(1) {
            let fresh = passed < Span::secs(2);
            (self.since, self.before, self.now) = (now, if fresh { self.now } else { 0 }, 0);
        }
        self.now += 1;
        self.now.max(self.before) >= BUSY
    }
}

#[derive(Default)]
struct Batch {
    pages: HashMap<TenantId, Page>,
    jobs: usize,
}

impl Batch {
    fn push(&mut self, job: Job) {
        self.jobs += 1;
        match job {
            Job::Opened(start, told) => self.pages.entry(start.tenant).or_default().opened.push((*start, told)),
            Job::Closed(record, told) => {
                self.pages.entry(record.started.tenant).or_default().closed.push((*record, told))
            }
            Job::Stepped(event) => self.pages.entry(event.tenant).or_default().steps.push(*event),
        }
    }
}

/// What happened in one company.
#[derive(Default)]
struct Page {
    opened: Vec<(CallStarted, Told)>,
    closed: Vec<(CallRecord, Told)>,
    steps: Vec<CallEvent>,
}

impl Page {
    async fn write(self, core: &Core, tenant: TenantId, up: &mut HashMap<CallId, CallStarted>) {
        let (starts, tellers): (Vec<_>, Vec<_>) = self.opened.into_iter().unzip();
        let (records, enders): (Vec<_>, Vec<_>) = self.closed.into_iter().unzip();
        // A start that is told twice is written and announced once.
        let new: Vec<bool> = starts.iter().map(|start| up.insert(start.call, start.clone()).is_none()).collect();
        let known = |event: &CallEvent| {
            let start = up.get(&event.call)?.clone();
            Step::next(CallStarted { seat: start.seat.or(event.seat), ..start }, event)
        };
        let mut steps: Vec<Step> =
            starts.iter().zip(new).filter(|(_, new)| *new).map(|(start, _)| Step::first(start.clone())).collect();
        steps.extend(self.steps.iter().filter_map(known));
        for record in &records {
            up.remove(&record.started.call);
        }
        // Who asked may have gone meanwhile; the rows stand all the same.
        match records::write(core, tenant, &starts, &records, &steps).await {
            Ok(new) => {
                tellers.into_iter().for_each(|told| drop(told.send(Ok(true))));
                enders.into_iter().zip(new).for_each(|(told, new)| drop(told.send(Ok(new))));
            }
            Err(error) if starts.len() + records.len() <= 1 => {
                // Whoever tells of this start again is to be heard.
                starts.iter().for_each(|start| drop(up.remove(&start.call)));
                if starts.len() + records.len() == 0 {
                    tracing::warn!(%tenant, %error, "steps of calls were not written");
                }
                tellers.into_iter().chain(enders).for_each(|told| drop(told.send(Err(fault(&error)))));
            }
            // One bad row must not cost the others their place in the books.
            Err(_) => {
                for (start, told) in starts.into_iter().zip(tellers) {
                    let own: Vec<Step> = steps.iter().filter(|step| step.start.call == start.call).cloned().collect();
                    let alone = records::write(core, tenant, std::slice::from_ref(&start), &[], &own).await;
                    if alone.is_err() {
                        up.remove(&start.call);
                    }
                    drop(told.send(alone.map(|_| true).map_err(|error| fault(&error))));
                }
                for (record, told) in records.into_iter().zip(enders) {
                    drop(told.send(records::close(core, &record).await.map_err(|error| fault(&error))));
                }
            }
        }
    }
}

fn fault(error: &StoreError) -> PlaneError {
    PlaneError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_busy_from_fifty_starts_a_second_on_and_calms_down() {
        let mut load = Load::default();
        let at = |ms: u64| Tick(ms * 1_000) + Span::secs(100);
        let last = (0..49).map(|n| load.busy(at(n * 20))).last();
        assert_eq!(last, Some(false));
        assert!(load.busy(at(990)), "the fiftieth");
        assert!(load.busy(at(1_100)), "the second before counts");
        assert!(!load.busy(at(3_500)), "nothing for two seconds");
    }
}
