//! Promises that callers were given go into the books together with the record of their call.

use kernel::{CallId, CallbackId, QueueId, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, CallbackDue};
use patchbay_tenancy::{StoreError, TenantTx, many::Happening};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order};
use serde_json::{Value, json};

use super::row::callback;
use crate::{calls::row::call, queues::row::queue};

/// Promises of a company that are looked after at once.
const AT_ONCE: u64 = 100;
/// An attempt of which nothing was heard for so long, and whose call is over, has lost its node: milliseconds.
const LOST_MS: i64 = 60_000;

/// Keeps what the caller of this call was promised; what is to be told of it. Say it once for each record.
///
/// # Errors
/// As the store fails.
pub async fn keep(tx: &TenantTx, record: &CallRecord) -> Result<Vec<Happening>, StoreError> {
    let mut told = Vec::new();
    for promise in record.flow.iter().flat_map(|flow| &flow.callbacks) {
        let queue = match promise.queue.parse::<QueueId>() {
            Ok(id) => tx.find::<queue::Entity>(id.uuid()).await?,
            Err(_) => None,
        };
        let now = record.ended_at.unix_ms();
        let own = promise.number == record.started.caller;
        let row = callback::ActiveModel {
            id: Set(tx.new_id()),
            queue_id: Set(queue.as_ref().map(|row| row.id)),
            queue_name: Set(queue.map(|row| row.name)),
            number: Set(promise.number.clone()),
            caller_name: Set(record.started.caller_name.clone().filter(|_| own)),
            call_id: Set(record.started.call.uuid()),
            state: Set("waiting".into()),
            asked_ms: Set(promise.since.map_or(now, Wall::unix_ms)),
            due_ms: Set(now),
            tries: Set(0),
            seat_id: Set(None),
            member_id: Set(None),
            last_call_id: Set(None),
            last_cause: Set(None),
            step_ms: Set(now),
            outcome: Set(None),
            closed_ms: Set(None),
            ..Default::default()
        };
        let row = tx.insert(row).await?;
        let entity_id = CallbackId::from_uuid(row.id).to_string();
        told.push(Happening { kind: "callback.requested", entity_id, body: facts(&row) });
    }
    Ok(told)
}

/// What events of a promise say.
pub fn facts(row: &callback::Model) -> Value {
    json!({
        "number": row.number,
        "queue": row.queue_id.map(|id| QueueId::from_uuid(id).to_string()),
        "call": CallId::from_uuid(row.call_id).to_string(),
    })
}

/// Promises that are to be kept now, the oldest first: those that wait, and those whose attempt was lost with its node.
///
/// # Errors
/// As the store fails.
pub async fn due(tx: &TenantTx) -> Result<Vec<CallbackDue>, StoreError> {
    use callback::Column;
    let now = tx.now().unix_ms();
    let waits = Condition::all().add(Column::State.eq("waiting")).add(Column::DueMs.lte(now));
    let stuck = Condition::all().add(Column::State.is_in(["offered", "calling"])).add(Column::StepMs.lt(now - LOST_MS));
    let rows = tx.whole::<callback::Entity>().filter(Column::QueueId.is_not_null());
    let rows = rows.filter(Condition::any().add(waits).add(stuck)).order_by(Column::AskedMs, Order::Asc);
    let mut due = Vec::new();
    for row in rows.limit(AT_ONCE).all().await? {
        if row.state != "waiting" && is_up(tx, &row).await? {
            continue;
        }
        let Some(queue) = row.queue_id else { continue };
        due.push(CallbackDue {
            id: CallbackId::from_uuid(row.id),
            queue: QueueId::from_uuid(queue),
            number: row.number,
            asked: Wall::from_unix_ms(row.asked_ms),
        });
    }
    Ok(due)
}

/// Whether the call of its last attempt still runs.
async fn is_up(tx: &TenantTx, row: &callback::Model) -> Result<bool, StoreError> {
    let Some(call) = row.last_call_id else { return Ok(false) };
    Ok(tx.find_whole::<call::Entity>(call).await?.is_some_and(|row| row.state != "ended"))
}
