//! What outlives the owner of a company's queues: who waits, with the way to their calls; and what an owner is told.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use patchbay_kernel::{CallId, MemberId, SeatId, Tick};
use patchbay_plane::{QueueBoard, acd::distributor::WrapUp};
use tokio::sync::{mpsc, oneshot};

use super::{Entry, FromQueue, OfferId, Told};
use crate::exchange::lock;

/// What an owner is told.
#[derive(Debug)]
pub enum Message {
    /// This caller came; see [`Guests`].
    Enter(CallId),
    /// The agent whom the caller knows was looked up.
    Known(CallId, Option<MemberId>),
    /// The caller left this stay.
    Leave(CallId, u64),
    /// How an offer goes.
    Told(CallId, OfferId, Told),
    /// A device of this seat came or went.
    Reach(SeatId),
    /// A seat is on this call, or no longer.
    OnCall {
        /// Seat.
        seat: SeatId,
        /// Call.
        call: CallId,
        /// On it.
        up: bool,
    },
    /// Settings, people or wishes changed.
    Changed,
    /// An agent wants something of the time after a call.
    WrapUp(MemberId, WrapUp, oneshot::Sender<bool>),
    /// How does it stand?
    Board(oneshot::Sender<QueueBoard>),
}

/// One caller.
#[derive(Debug)]
pub(super) struct Guest {
    pub entry: Entry,
    /// Which stay of the call it is: a call may come back before it is known that it left.
    pub stay: u64,
    /// When they came.
    pub since: Tick,
    pub to: mpsc::UnboundedSender<FromQueue>,
    /// The last offer.
    pub offer: Option<(OfferId, MemberId)>,
    /// The agent that they talk with.
    pub talks: Option<MemberId>,
}

/// The callers of a company. Locked for a look-up only.
#[derive(Default)]
pub(super) struct Guests(Mutex<BTreeMap<CallId, Guest>>, AtomicU64);

impl Guests {
    /// Somebody came; the number of their stay.
    pub fn put(&self, entry: Entry, to: mpsc::UnboundedSender<FromQueue>, since: Tick) -> u64 {
        let stay = self.1.fetch_add(1, Relaxed);
        lock(&self.0).insert(entry.call, Guest { entry, stay, since, to, offer: None, talks: None });
        stay
    }

    /// Forgets this stay, and no later one.
    pub fn left(&self, call: CallId, stay: u64) {
        let mut guests = lock(&self.0);
        if guests.get(&call).is_some_and(|guest| guest.stay == stay) {
            guests.remove(&call);
        }
    }

    pub fn remove(&self, call: CallId) {
        lock(&self.0).remove(&call);
    }

    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    pub fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    pub fn calls(&self) -> Vec<CallId> {
        lock(&self.0).keys().copied().collect()
    }

    /// Looks at one caller, or changes what is remembered of them.
    pub fn with<T>(&self, call: CallId, look: impl FnOnce(&mut Guest) -> T) -> Option<T> {
        lock(&self.0).get_mut(&call).map(look)
    }

    pub fn send(&self, call: CallId, event: FromQueue) {
        if let Some(guest) = lock(&self.0).get(&call) {
            // A call that is gone says so itself.
            let _ = guest.to.send(event);
        }
    }
}
