//! Calls in the store: opened before anybody hears ringing, closed once.

use kernel::CallId;
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, CallStarted, Direction};
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, sea_query::Expr};
use serde::Serialize;

use super::Core;
use crate::calls::row::call;

/// The call begins: durable when this returns, since the writer syncs at commit. Test calls are nobody's and leave no row. A second
/// time is no error.
pub(super) async fn open(core: &Core, start: &CallStarted) -> Result<(), StoreError> {
    if start.direction == Direction::Test {
        return Ok(());
    }
    let tx = core.database().tenant(start.tenant, core.stamp()).await?;
    match tx.insert(opened(core, start)).await {
        Ok(_) => tx.commit().await.map(|_| ()),
        Err(StoreError::Unique { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The call is over: closes the open row, or writes a whole one where the start never arrived. `false` when the record was there
/// already.
pub(super) async fn close(core: &Core, record: &CallRecord) -> Result<bool, StoreError> {
    let start = &record.started;
    if start.direction == Direction::Test {
        return Ok(false);
    }
    let mut tx = core.database().tenant(start.tenant, core.stamp()).await?;
    let kept = serde_json::to_value(record).map_err(|error| StoreError::Other(error.to_string()))?;
    let seen = record.legs.iter().find_map(|leg| leg.gateway.map(|gateway| (gateway, leg.gateway_port)));
    let gateway = start.gateway.or(seen.map(|(gateway, _)| gateway));
    let gateway_port = start.gateway_port.or(seen.and_then(|(_, port)| port));
    let open = Condition::all().add(call::Column::Id.eq(start.call.uuid())).add(call::Column::State.eq("open"));
    let set = vec![
        (call::Column::State, Expr::value("ended")),
        (call::Column::GatewayId, Expr::value(gateway.map(|id| id.uuid()))),
        (call::Column::GatewayPortId, Expr::value(gateway_port.map(|id| id.uuid()))),
        (call::Column::RingingAt, Expr::value(record.ringing_at.map(|at| at.to_offset()))),
        (call::Column::AnsweredAt, Expr::value(record.answered_at.map(|at| at.to_offset()))),
        (call::Column::EndedAt, Expr::value(record.ended_at.to_offset())),
        (call::Column::TalkMs, Expr::value(i64::try_from(record.talk_ms).unwrap_or(i64::MAX))),
        (call::Column::Cause, Expr::value(record.cause.code())),
        (call::Column::Blame, Expr::value(word(&record.blame))),
        (call::Column::SipStatus, Expr::value(record.sip_status.map(i32::from))),
        (call::Column::Detail, Expr::value(record.detail.clone())),
        (call::Column::Mos, Expr::value(mos(record))),
        (call::Column::Record, Expr::value(kept)),
    ];
    if tx.update_many::<call::Entity>(set.clone(), open.clone()).await? == 0 {
        if tx.find::<call::Entity>(start.call.uuid()).await?.is_some() {
            return Ok(false);
        }
        tx.insert(opened(core, start)).await?;
        tx.update_many::<call::Entity>(set, open).await?;
    }
    tell(&mut tx, start.call, record).await?;
    tx.commit().await?;
    Ok(true)
}

async fn tell(tx: &mut TenantTx, call: CallId, record: &CallRecord) -> Result<(), StoreError> {
    let start = &record.started;
    let body = serde_json::json!({
        "direction": start.direction,
        "caller": start.caller,
        "called": start.called,
        "seat": start.seat,
        "number": start.number,
        "started_at": start.at.unix_ms(),
        "ended_at": record.ended_at.unix_ms(),
        "talk_ms": record.talk_ms,
        "cause": record.cause,
        "blame": record.blame,
    });
    tx.happened("call.ended", "call", &call.to_string(), body).await
}

fn opened(core: &Core, start: &CallStarted) -> call::ActiveModel {
    call::ActiveModel {
        id: Set(start.call.uuid()),
        direction: Set(word(&start.direction)),
        caller: Set(start.caller.clone()),
        caller_name: Set(start.caller_name.clone()),
        called: Set(start.called.clone()),
        displayed: Set(start.displayed.clone()),
        seat_id: Set(start.seat.map(|id| id.uuid())),
        number_id: Set(start.number.map(|id| id.uuid())),
        gateway_id: Set(start.gateway.map(|id| id.uuid())),
        gateway_port_id: Set(start.gateway_port.map(|id| id.uuid())),
        state: Set("open".into()),
        started_at: Set(start.at.to_offset()),
        talk_ms: Set(0),
        node_id: Set(core.parts.node.uuid()),
        node_epoch: Set(core.parts.node_epoch),
        ..Default::default()
    }
}

/// How bad the worst leg was.
fn mos(record: &CallRecord) -> Option<f64> {
    let all = record.legs.iter().filter_map(|leg| leg.figures.as_ref()?.mos);
    all.filter(|mos| mos.is_finite()).reduce(f64::min)
}

/// The snake_case word of a unit variant.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
