//! Where callers wait for agents: the live owner of a company's queues, and the seam through which a call meets it.
//!
//! One task per company holds [`acd::Distributor`](patchbay_plane::acd::Distributor), which decides; this shell gives it time and
//! news and passes on what it says. The task lives under a lease (a slot of [`Capacity`](patchbay_plane::Capacity), so that of
//! several nodes one distributes), begins with the first caller or the first agent and ends when nobody is left. If it panics,
//! another one goes on: who waits keeps the place, who talks goes on talking, what rings is taken back.
//!
//! # How a call uses it
//! ```text
//! let mut waiting = exchange.queues.enter(Entry { tenant, call, queue, priority_s, max_wait_s, caller, language });
//! loop { match waiting.events.recv().await {
//!     FromQueue::Offer { offer, seat, ring_s } => // ring that seat's devices for this call, at most ring_s seconds; then, once:
//!         waiting.tell(offer, Told::Ringing)      //   (when it rings; for screens only)
//!         waiting.tell(offer, Told::Answered)     //   somebody answered: stop prompts and music, join them
//!         waiting.tell(offer, Told::Missed(why))  //   nothing rings any more: NoAnswer, Declined (busy too), Unreachable
//!     FromQueue::Withdraw { offer }               // stop ringing and say so: tell(offer, Told::Missed(Miss::CallerLeft)). If it
//!                                                 // has been answered meanwhile: tell(offer, Told::Answered) again.
//!     FromQueue::Say { position, wait }           // announce it over the music
//!     FromQueue::Music { queue, prompt }          // what to play from now on; None: the usual music
//!     FromQueue::Back(end)                        // no longer in the queue: Input::Queued(ticket, end) of the flow
//! }}
//! ```
//! Keep the [`Waiting`] for as long as the agent is on the call. When the agent has left and the caller stays, say
//! `tell(offer, Told::TalkOver)` and drop it. Dropping it is leaving: before an answer the caller gave up (and nothing of the offer
//! may ring any more), after one the talk is over. At most one offer is open at a time; an `Offer` that comes while you talk means that
//! your answer was not heard: say `Answered` of the old offer again. Any word may be said twice.

mod company;
mod owner;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use patchbay_ivr::io::QueueEnd;
use patchbay_kernel::{CallId, MemberId, PromptId, QueueId, SeatId, TenantId, Tick, time::Span};
use patchbay_plane::{QueueBoard, acd::distributor::WrapUp};
use tokio::sync::{mpsc, oneshot};

use crate::exchange::{Exchange, lock};
use company::{Guests, Message};

pub use patchbay_plane::acd::{
    agent::Miss,
    distributor::{OfferId, Told},
};

/// A caller who comes to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose queue.
    pub tenant: TenantId,
    /// Which call. A call waits in one queue at a time.
    pub call: CallId,
    /// Which queue.
    pub queue: QueueId,
    /// Head start in seconds over those who came before.
    pub priority_s: u32,
    /// Seconds after which the caller is given back; 0: as the queue is set.
    pub max_wait_s: u32,
    /// The caller's number; empty when withheld.
    pub caller: String,
    /// In which the caller is spoken to.
    pub language: Option<String>,
}

/// What a queue tells a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromQueue {
    /// Ring this seat for this call.
    Offer {
        /// Name of the offer.
        offer: OfferId,
        /// Whom.
        seat: SeatId,
        /// Seconds at most.
        ring_s: u32,
    },
    /// Stop ringing.
    Withdraw {
        /// Which offer.
        offer: OfferId,
    },
    /// Where the caller stands.
    Say {
        /// From 1; `None`: not to be said.
        position: Option<u32>,
        /// How long it will take; `None`: not to be said.
        wait: Option<Span>,
    },
    /// What the caller hears from now on.
    Music {
        /// The queue in which they wait.
        queue: QueueId,
        /// `None`: the usual music.
        prompt: Option<PromptId>,
    },
    /// The caller is the queue's no longer.
    Back(QueueEnd),
}

/// A caller's place in a queue. Dropping it is leaving.
#[derive(Debug)]
pub struct Waiting {
    /// What the queue tells.
    pub events: mpsc::UnboundedReceiver<FromQueue>,
    call: CallId,
    stay: u64,
    to: mpsc::UnboundedSender<Message>,
}

impl Waiting {
    /// How an offer goes.
    pub fn tell(&self, offer: OfferId, told: Told) {
        let _ = self.to.send(Message::Told(self.call, offer, told));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.to.send(Message::Leave(self.call, self.stay));
    }
}

/// The owners of this node, by company.
#[derive(Default)]
pub struct Queues {
    exchange: Mutex<Weak<Exchange>>,
    companies: Mutex<HashMap<TenantId, Company>>,
}

/// The way to one owner.
#[derive(Clone)]
struct Company {
    to: mpsc::UnboundedSender<Message>,
    guests: Arc<Guests>,
}

impl Queues {
    /// Begins to look after companies with somebody signed in.
    pub(crate) fn begin(&self, exchange: &Arc<Exchange>) {
        *lock(&self.exchange) = Arc::downgrade(exchange);
        let exchange = exchange.clone();
        tokio::spawn(async move {
            match exchange.outside.directory.queue_companies().await {
                Ok(tenants) => tenants.into_iter().for_each(|tenant| drop(exchange.queues.company(tenant))),
                Err(error) => {
                    tracing::warn!(%error, "Who is signed in could not be read; queues begin with their first caller")
                }
            }
        });
    }

    /// A caller waits from now on.
    pub fn enter(&self, entry: Entry) -> Waiting {
        let now = lock(&self.exchange).upgrade().map(|exchange| exchange.now()).unwrap_or_default();
        self.enter_since(entry, now)
    }

    /// The same at the place of who came then.
    pub(crate) fn enter_since(&self, entry: Entry, since: Tick) -> Waiting {
        let (to_call, events) = mpsc::unbounded_channel();
        let (call, tenant) = (entry.call, entry.tenant);
        // Under the lock, so that an owner that is about to end sees that somebody came.
        let mut companies = lock(&self.companies);
        let company = self.company_of(&mut companies, tenant);
        let stay = company.guests.put(entry, to_call, since);
        let _ = company.to.send(Message::Enter(call));
        Waiting { events, call, stay, to: company.to }
    }

    /// Settings, people or wishes of a company changed.
    pub(crate) fn changed(&self, tenant: TenantId) {
        let mut companies = lock(&self.companies);
        let _ = self.company_of(&mut companies, tenant).to.send(Message::Changed);
    }

    /// A device of this seat came or went.
    pub(crate) fn reach(&self, tenant: TenantId, seat: SeatId) {
        self.tell(tenant, Message::Reach(seat));
    }

    /// A seat is on this call, or no longer.
    pub(crate) fn on_call(&self, tenant: TenantId, seat: SeatId, call: CallId, up: bool) {
        self.tell(tenant, Message::OnCall { seat, call, up });
    }

    /// An agent wants something of the time after a call.
    pub(crate) async fn wrap_up(&self, tenant: TenantId, member: MemberId, wish: WrapUp) -> bool {
        let (to, from) = oneshot::channel();
        self.tell(tenant, Message::WrapUp(member, wish, to)) && from.await.unwrap_or(false)
    }

    /// How it stands.
    pub(crate) async fn board(&self, tenant: TenantId) -> QueueBoard {
        let (to, from) = oneshot::channel();
        if self.tell(tenant, Message::Board(to)) { from.await.unwrap_or_default() } else { QueueBoard::default() }
    }

    /// To an owner that runs; `false` when there is none.
    fn tell(&self, tenant: TenantId, message: Message) -> bool {
        lock(&self.companies).get(&tenant).is_some_and(|company| company.to.send(message).is_ok())
    }

    fn company(&self, tenant: TenantId) -> Company {
        self.company_of(&mut lock(&self.companies), tenant)
    }

    fn company_of(&self, companies: &mut HashMap<TenantId, Company>, tenant: TenantId) -> Company {
        let company = companies.entry(tenant).or_insert_with(|| {
            let (to, inbox) = mpsc::unbounded_channel();
            let guests = Arc::new(Guests::default());
            tokio::spawn(owner::run(lock(&self.exchange).clone(), tenant, guests.clone(), inbox));
            Company { to, guests }
        });
        company.clone()
    }

    /// Ends an owner whom nobody needs; `false` when somebody has come meanwhile.
    fn end(&self, tenant: TenantId, inbox: &mpsc::UnboundedReceiver<Message>) -> bool {
        let mut companies = lock(&self.companies);
        let unused = inbox.is_empty() && companies.get(&tenant).is_none_or(|company| company.guests.is_empty());
        if unused {
            companies.remove(&tenant);
        }
        unused
    }

    /// Companies that are looked after now, and callers in their queues, talking ones included.
    pub fn sizes(&self) -> (usize, usize) {
        let companies = lock(&self.companies);
        (companies.len(), companies.values().map(|company| company.guests.len()).sum())
    }
}
