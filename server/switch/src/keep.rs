//! Records that must not be lost, and the end of a node.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use patchbay_kernel::EndCause;
use patchbay_plane::CallRecord;

use crate::{call_task::CallMessage, exchange::Exchange};

/// Longest pause between two tries to hand over a record.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Calls that were told to end are waited for as long as this.
const LAST_WORDS: Duration = Duration::from_secs(5);

impl Exchange {
    /// Hands a record over, again and again until it is taken. The plane takes it once, by its call id.
    pub(crate) fn keep_record(self: &Arc<Self>, record: CallRecord) {
        let exchange = self.clone();
        self.unkept.fetch_add(1, SeqCst);
        tokio::spawn(async move {
            let mut pause = Duration::from_millis(100);
            while let Err(why) = exchange.outside.sink.call_ended(&record).await {
                let call = record.started.call;
                tracing::warn!(call.id = %call, error = %why, "The record of call {call} was not taken and is offered again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            exchange.unkept.fetch_sub(1, SeqCst);
            exchange.quieter.notify_waiters();
        });
    }

    /// Whether new calls are refused because the node is about to end.
    pub fn is_draining(&self) -> bool {
        self.draining.load(SeqCst)
    }

    /// Records that the plane has not taken yet.
    pub fn unkept_records(&self) -> usize {
        self.unkept.load(SeqCst)
    }

    /// The end: refuses new calls with 503, waits `patience` for those that are up, ends the rest with cause `shutdown`, gives
    /// up our registrations, waits for the records. What could not be finished is counted in the answer: calls, records.
    pub async fn drain(&self, patience: Duration) -> (usize, usize) {
        self.draining.store(true, SeqCst);
        let _ = tokio::time::timeout(patience, self.until(|it| it.live.count() == 0)).await;
        let rest = self.live.doors();
        for door in &rest {
            let _ = door.send(CallMessage::HangUp(EndCause::Shutdown));
        }
        let finished = self.until(|it| it.live.count() == 0 && it.unkept_records() == 0);
        let _ = tokio::time::timeout(LAST_WORDS, finished).await;
        let unregistered = futures::future::join_all(self.gateways.let_go());
        let _ = tokio::time::timeout(LAST_WORDS, unregistered).await;
        (self.live.count(), self.unkept_records())
    }

    async fn until(&self, done: impl Fn(&Self) -> bool) {
        loop {
            let quieter = self.quieter.notified();
            tokio::pin!(quieter);
            // Enrolled before the look, so that no end between look and wait is missed.
            quieter.as_mut().enable();
            if done(self) {
                return;
            }
            quieter.await;
        }
    }
}
