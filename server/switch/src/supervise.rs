//! What is left of a call whose task panicked: one record, no slot, no leg.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use futures::FutureExt;
use patchbay_kernel::{Blame, CallId, EndCause};
use patchbay_sip as sip;

use crate::{call_task::CallTask, exchange::Exchange, live::CallDoor, perform::reason, record::Book};

/// What must be known to clean up after a call without its task.
pub(crate) struct Remains {
    pub call: CallId,
    pub door: CallDoor,
    pub book: Book,
    /// Set when the record was handed over.
    pub recorded: Arc<AtomicBool>,
}

/// Lets a call run by itself. No `async fn`: calls begin calls, and a future cannot contain itself.
pub(crate) fn begin(exchange: Arc<Exchange>, task: CallTask) {
    tokio::spawn(run(exchange, task));
}

/// Runs a call to its end. A panic ends this call only.
pub(crate) async fn run(exchange: Arc<Exchange>, task: CallTask) {
    let remains = task.remains();
    if AssertUnwindSafe(task.run()).catch_unwind().await.is_err() {
        exchange.bury(remains).await;
    }
    exchange.quieter.notify_waiters();
}

impl Exchange {
    async fn bury(self: &Arc<Self>, remains: Remains) {
        let call = remains.call;
        tracing::error!(call.id = %call, "Call {call} ended by a panic");
        for leg in self.take_sip_legs(&remains.door) {
            let extra = vec![reason(EndCause::Internal, None)];
            self.command(sip::Cmd::Hangup { leg, code: Some(500), extra });
        }
        for leg in self.live.take_legs(&remains.door) {
            let _ = self.media.leg_close(leg).await;
        }
        // Whatever broke the call may break this too: the record is written all the same.
        let released = AssertUnwindSafe(self.outside.capacity.release_all(call)).catch_unwind().await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!(call.id = %call, "Slots of call {call} wait for the sweep");
        }
        if !remains.recorded.swap(true, SeqCst) {
            let why = (EndCause::Internal, Blame::Us);
            self.keep_record(remains.book.close(why, None, None, self.now()));
        }
        self.live.remove(call);
    }
}
