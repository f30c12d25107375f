//! Tells whoever distributes calls that settings changed.

use kernel::TenantId;
use patchbay_kernel as kernel;
use tokio::sync::broadcast::error::RecvError;

use crate::kit::app::App;

/// What events are about that decide who gets which caller. What agents wish is told where it is wished.
const DECIDES: [&str; 7] = ["queue", "skill", "reason_code", "member", "seat", "device", "callback"];

/// Until the log ends. Never returns before.
pub async fn run(app: &App) {
    let mut feed = app.database.feed();
    loop {
        match feed.recv().await {
            Ok(event) if DECIDES.contains(&event.entity.as_str()) => {
                app.tell_queues(TenantId::from_uuid(event.tenant_id));
            }
            // What was missed is read within seconds all the same.
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
