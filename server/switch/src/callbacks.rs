//! Calls back that were promised: each waits in its queue at the place of who asked for it, as a caller would, and when its turn
//! comes an agent is rung first and the customer is dialled when the agent answers.
//!
//! Whoever owns the queues of a company (its lease) says which are due; each has one task here, so that no two attempts of one
//! promise are ever under way. What becomes of it is the directory's to keep.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use patchbay_ivr::io::QueueEnd;
use patchbay_kernel::{CallId, CallbackId, DialString, EndCause, SeatId, TenantId, time::Span};
use patchbay_plane::{CallbackDue, CallbackStep, First, PlaceAsk};
use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    call_task::{CallMessage, Seen},
    exchange::{Exchange, lock},
    flow_queue::miss,
    queues::{Entry, FromQueue, Miss, OfferId, Told, Waiting},
};

/// After the queue gave it back, full or without anybody.
const REST: Duration = Duration::from_secs(30);
/// Attempts that are known by their calls: their stays are told soon after they end.
const REMEMBERED: usize = 1_000;
/// Before the next agent is asked.
const NEXT: Duration = Duration::from_millis(250);

/// Those that are looked after now.
#[derive(Default)]
pub(crate) struct Callbacks {
    going: Mutex<HashMap<CallbackId, Going>>,
    /// The calls that attempts were, or will be, the last ones.
    attempts: Mutex<VecDeque<CallId>>,
}

impl Callbacks {
    /// Whether whoever waits as this call is a call-back: no caller is on the line, and none gives up.
    pub(crate) fn is_attempt(&self, call: CallId) -> bool {
        lock(&self.attempts).contains(&call)
    }

    fn attempt(&self, call: CallId) {
        let mut attempts = lock(&self.attempts);
        if attempts.len() >= REMEMBERED {
            attempts.pop_front();
        }
        attempts.push_back(call);
    }
}

struct Going {
    tenant: TenantId,
    task: AbortHandle,
    /// Nobody is rung for it.
    waits: Arc<AtomicBool>,
}

/// How an attempt ended.
enum Attempt {
    /// The agent did not take it.
    Missed(Miss),
    /// The agent did.
    Over(CallbackStep),
}

impl Exchange {
    /// These are due; those that wait here and are not among them were cancelled.
    pub(crate) fn follow_callbacks(&self, tenant: TenantId, due: &[CallbackDue]) {
        let mut going = lock(&self.callbacks.going);
        going.retain(|id, one| {
            let gone = one.tenant == tenant && one.waits.load(Relaxed) && !due.iter().any(|due| due.id == *id);
            if gone {
                one.task.abort();
            }
            !gone && !one.task.is_finished()
        });
        for one in due {
            going.entry(one.id).or_insert_with(|| {
                let waits = Arc::new(AtomicBool::new(true));
                let task = tokio::spawn(run(self.me.clone(), tenant, one.clone(), waits.clone()));
                Going { tenant, task: task.abort_handle(), waits }
            });
        }
    }

    /// Nothing is due here any more: another node distributes the company's calls.
    pub(crate) fn leave_callbacks(&self, tenant: TenantId) {
        self.follow_callbacks(tenant, &[]);
    }

    async fn callback_step(&self, tenant: TenantId, id: CallbackId, step: CallbackStep) -> bool {
        let kept = self.outside.directory.callback_step(tenant, id, step).await;
        kept.unwrap_or_else(|why| {
            tracing::warn!(callback = %id, error = %why, "how a call-back goes could not be kept");
            false
        })
    }

    fn end_attempt(&self, tenant: TenantId, call: CallId, cause: EndCause) {
        if let Some(door) = self.live.door(tenant, call) {
            // A call that is over needs no end.
            let _ = door.send(CallMessage::HangUp(cause));
        }
    }
}

async fn run(exchange: Weak<Exchange>, tenant: TenantId, due: CallbackDue, waits: Arc<AtomicBool>) {
    loop {
        waits.store(true, Relaxed);
        let Some(strong) = exchange.upgrade() else { return };
        let call = strong.new_call();
        strong.callbacks.attempt(call);
        let mut waiting = strong.queues.enter_since(entry(tenant, call, &due), strong.tick_of(due.asked));
        drop(strong);
        let (offer, seat, ring_s) = match next_offer(&mut waiting).await {
            Ok(offer) => offer,
            // The queue is no more, or another node's.
            Err(None | Some(QueueEnd::Failed)) => return,
            Err(Some(_)) => {
                drop(waiting);
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        waits.store(false, Relaxed);
        let Some(strong) = exchange.upgrade() else { return };
        if !strong.callback_step(tenant, due.id, CallbackStep::Offered { seat, call }).await {
            return waiting.tell(offer, Told::Missed(Miss::CallerLeft));
        }
        match attempt(&strong, &mut waiting, (tenant, &due), (call, offer, seat, ring_s)).await {
            Attempt::Over(step) => {
                strong.callback_step(tenant, due.id, step).await;
                return;
            }
            Attempt::Missed(why) => {
                waiting.tell(offer, Told::Missed(why));
                if !strong.callback_step(tenant, due.id, CallbackStep::Missed).await {
                    return;
                }
            }
        }
        drop((waiting, strong));
        tokio::time::sleep(NEXT).await;
    }
}

fn entry(tenant: TenantId, call: CallId, due: &CallbackDue) -> Entry {
    Entry { tenant, call, queue: due.queue, priority_s: 0, max_wait_s: 0, caller: due.number.clone(), language: None }
}

/// Waits for an agent; why there is none to be had. `None`: nobody distributes any more.
async fn next_offer(waiting: &mut Waiting) -> Result<(OfferId, SeatId, u32), Option<QueueEnd>> {
    loop {
        match waiting.events.recv().await {
            Some(FromQueue::Offer { offer, seat, ring_s }) => return Ok((offer, seat, ring_s)),
            Some(FromQueue::Withdraw { offer }) => waiting.tell(offer, Told::Missed(Miss::CallerLeft)),
            // Nobody listens yet.
            Some(FromQueue::Say { .. } | FromQueue::Music { .. }) => {}
            Some(FromQueue::Back(end)) => return Err(Some(end)),
            None => return Err(None),
        }
    }
}

/// Rings the agent, and the customer when the agent answers; returns when that call is over.
async fn attempt(
    exchange: &Arc<Exchange>,
    waiting: &mut Waiting,
    (tenant, due): (TenantId, &CallbackDue),
    (call, offer, seat, ring_s): (CallId, OfferId, SeatId, u32),
) -> Attempt {
    let failed = |cause| Attempt::Over(CallbackStep::Failed { seat, call, cause });
    let Ok(called) = due.number.parse::<DialString>() else { return failed(EndCause::BadNumber) };
    let ask =
        PlaceAsk { call, tenant, seat, called, first: First::Seat, displayed: None, auto_answer: false, draft: None };
    let mut seen: mpsc::UnboundedReceiver<Seen> = match Arc::clone(exchange).place_watched(ask).await {
        Ok(seen) => seen,
        Err(refusal) if refusal.cause == EndCause::Unreachable => return Attempt::Missed(Miss::Unreachable),
        Err(refusal) => {
            tracing::info!(callback = %due.id, why = refusal.text, "A call-back cannot be placed");
            return failed(refusal.cause);
        }
    };
    let mut too_long = pin!(tokio::time::sleep(Duration::from_secs(ring_s.into())));
    let (mut came, mut reached, mut queue_is_there, mut rings) = (false, false, true, true);
    loop {
        tokio::select! {
            event = seen.recv() => match event {
                Some(Seen::Ringing) if !came => waiting.tell(offer, Told::Ringing),
                Some(Seen::Came) => {
                    came = true;
                    waiting.tell(offer, Told::Answered);
                    exchange.callback_step(tenant, due.id, CallbackStep::Calling { seat, call }).await;
                }
                Some(Seen::Answered(_)) => reached = true,
                Some(Seen::Ended { cause, .. }) if !came => return Attempt::Missed(miss(cause)),
                Some(Seen::Ended { .. }) if reached => return Attempt::Over(CallbackStep::Reached { seat, call }),
                Some(Seen::Ended { cause, .. }) => return failed(cause),
                Some(_) => {}
                None => return failed(EndCause::Internal),
            },
            event = waiting.events.recv(), if queue_is_there => match event {
                Some(FromQueue::Withdraw { offer }) if came => waiting.tell(offer, Told::Answered),
                Some(FromQueue::Withdraw { .. }) => exchange.end_attempt(tenant, call, EndCause::CallerCancelled),
                // Our answer was not heard.
                Some(FromQueue::Offer { .. }) if came => waiting.tell(offer, Told::Answered),
                Some(_) => {}
                None => queue_is_there = false,
            },
            () = &mut too_long, if rings && !came => {
                rings = false;
                exchange.end_attempt(tenant, call, EndCause::NoAnswer);
            }
        }
    }
}

/// What lies so far back counts no further: a place in a queue is not kept for a week.
pub(crate) const OLDEST: Span = Span::secs(86_400);
