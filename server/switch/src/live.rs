//! The calls that are up now, and how to reach their tasks.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError, Weak},
};

use patchbay_kernel::{CallId, LegId, SeatId, TenantId};
use patchbay_plane::LiveCall;
use tokio::sync::mpsc;

use crate::{call_task::CallMessage, exchange::Exchange};

/// Where to send what concerns one call.
pub type CallDoor = mpsc::UnboundedSender<CallMessage>;

/// A table written a few times per call and read by live views; held for the length of a look-up only.
#[derive(Default)]
pub struct LiveCalls {
    calls: Mutex<HashMap<CallId, (LiveCall, CallDoor)>>,
    media_legs: Mutex<HashMap<LegId, CallDoor>>,
    exchange: OnceLock<Weak<Exchange>>,
}

impl LiveCalls {
    /// From now on the queues hear which seats are on calls.
    pub(crate) fn tell_queues(&self, exchange: Weak<Exchange>) {
        let _ = self.exchange.set(exchange);
    }

    /// A call begins, or its state changed.
    pub fn put(&self, live: LiveCall, door: &CallDoor) {
        let (call, tenant, seats) = (live.call, live.tenant, live.seats().collect::<Vec<_>>());
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let before = calls.insert(live.call, (live, door.clone()));
        drop(calls);
        let before: Vec<SeatId> = before.map(|(live, _)| live.seats().collect()).unwrap_or_default();
        self.seats_changed(tenant, call, &before, &seats);
    }

    /// A call is over.
    pub fn remove(&self, call: CallId) {
        let gone = self.calls.lock().unwrap_or_else(PoisonError::into_inner).remove(&call);
        if let Some((live, _)) = gone {
            let seats: Vec<SeatId> = live.seats().collect();
            self.seats_changed(live.tenant, call, &seats, &[]);
        }
    }

    fn seats_changed(&self, tenant: TenantId, call: CallId, before: &[SeatId], now: &[SeatId]) {
        let Some(exchange) = self.exchange.get().and_then(Weak::upgrade) else { return };
        for seat in before.iter().filter(|seat| !now.contains(seat)) {
            exchange.queues.on_call(tenant, *seat, call, false);
        }
        for seat in now.iter().filter(|seat| !before.contains(seat)) {
            exchange.queues.on_call(tenant, *seat, call, true);
        }
    }

    /// News of this media leg go to that call.
    pub fn own_leg(&self, leg: LegId, door: &CallDoor) {
        self.media_legs.lock().unwrap_or_else(PoisonError::into_inner).insert(leg, door.clone());
    }

    /// The media leg is closed.
    pub fn disown_leg(&self, leg: LegId) {
        self.media_legs.lock().unwrap_or_else(PoisonError::into_inner).remove(&leg);
    }

    /// The call that owns this media leg.
    pub fn of_leg(&self, leg: LegId) -> Option<CallDoor> {
        self.media_legs.lock().unwrap_or_else(PoisonError::into_inner).get(&leg).cloned()
    }

    /// Takes all media legs of a call out of the table.
    pub fn take_legs(&self, door: &CallDoor) -> Vec<LegId> {
        let mut legs = self.media_legs.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<LegId> = legs.iter().filter(|(_, it)| it.same_channel(door)).map(|(leg, _)| *leg).collect();
        legs.retain(|leg, _| !found.contains(leg));
        found
    }

    /// The door of a call, if it is this tenant's.
    pub fn door(&self, tenant: TenantId, call: CallId) -> Option<CallDoor> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(&call).filter(|(live, _)| live.tenant == tenant).map(|(_, door)| door.clone())
    }

    /// All doors, for shutdown.
    pub fn doors(&self) -> Vec<CallDoor> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).values().map(|(_, door)| door.clone()).collect()
    }

    /// Calls of one tenant, or all.
    pub fn list(&self, tenant: Option<TenantId>) -> Vec<LiveCall> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<LiveCall> = calls
            .values()
            .map(|(live, _)| live.clone())
            .filter(|live| tenant.is_none_or(|id| id == live.tenant))
            .collect();
        found.sort_by_key(|live| live.call);
        found
    }

    /// How many calls are up.
    pub fn count(&self) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
