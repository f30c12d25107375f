//! Calls whose node died get their record all the same: one each, whoever notices.

use std::{sync::Arc, time::Duration};

use kernel::{CallId, EndCause, GatewayId, GatewayPortId, NumberId, SeatId, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, CallStarted, Direction};
use patchbay_tenancy::{StoreError, system::OpenCall};

use super::{Core, records};
use crate::calls::row::call;

/// Between two looks. With the lease of 15 s a record is there within half a minute of a death.
const EVERY: Duration = Duration::from_secs(10);

/// Look now and then.
pub(super) async fn watch(core: Arc<Core>) {
    loop {
        tokio::time::sleep(EVERY).await;
        match close(&core).await {
            Ok(0) => {}
            Ok(calls) => tracing::warn!(calls, "calls of a dead node were closed"),
            Err(error) => tracing::warn!(%error, "calls of dead nodes could not be looked for"),
        }
    }
}

/// Close all there are; says how many were closed here. Of several nodes that notice, the store lets one close each.
pub(super) async fn close(core: &Core) -> Result<usize, StoreError> {
    let mut closed = 0;
    loop {
        let system = core.database().system();
        let orphans = system.orphaned_calls(core.parts.node, core.parts.node_epoch).await?;
        let mut here = 0;
        for orphan in &orphans {
            here += usize::from(close_one(core, orphan).await?);
        }
        closed += here;
        if here == 0 {
            return Ok(closed);
        }
    }
}

async fn close_one(core: &Core, orphan: &OpenCall) -> Result<bool, StoreError> {
    let tenant = TenantId::from_uuid(orphan.tenant_id);
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let row = tx.find_whole::<call::Entity>(orphan.id).await?;
    drop(tx);
    let Some(row) = row else { return Ok(false) };
    records::close(core, &record(row, tenant, core.parts.clock.wall())).await
}

/// What can still be said: that it began, and that the platform is to blame.
fn record(row: call::Model, tenant: TenantId, now: Wall) -> CallRecord {
    let started = CallStarted {
        call: CallId::from_uuid(row.id),
        tenant,
        direction: match row.direction.as_str() {
            "inbound" => Direction::Inbound,
            "internal" => Direction::Internal,
            _ => Direction::Outbound,
        },
        caller: row.caller,
        caller_name: row.caller_name,
        called: row.called,
        displayed: row.displayed,
        seat: row.seat_id.map(SeatId::from_uuid),
        number: row.number_id.map(NumberId::from_uuid),
        gateway: row.gateway_id.map(GatewayId::from_uuid),
        gateway_port: row.gateway_port_id.map(GatewayPortId::from_uuid),
        at: Wall::from_offset(row.started_at),
    };
    CallRecord {
        started,
        ringing_at: None,
        answered_at: None,
        ended_at: now,
        talk_ms: 0,
        cause: EndCause::NodeLost,
        blame: EndCause::NodeLost.blame(),
        sip_status: None,
        detail: Some("The node that carried the call died; how long it lasted is not known".into()),
        legs: Vec::new(),
        timeline: Vec::new(),
        flow: None,
    }
}
