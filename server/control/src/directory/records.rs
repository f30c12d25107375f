//! Calls in the store: opened before anybody hears ringing, closed once.

use std::collections::HashSet;

use kernel::{TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, CallStarted, Direction};
use patchbay_tenancy::{StoreError, many::Happening};
use sea_orm::ActiveValue::Set;
use serde::Serialize;

use super::Core;
use crate::calls::row::call;

/// The columns that the end of a call sets.
const ENDS: [call::Column; 13] = [
    call::Column::State,
    call::Column::GatewayId,
    call::Column::GatewayPortId,
    call::Column::RingingAt,
    call::Column::AnsweredAt,
    call::Column::EndedAt,
    call::Column::TalkMs,
    call::Column::Cause,
    call::Column::Blame,
    call::Column::SipStatus,
    call::Column::Detail,
    call::Column::Mos,
    call::Column::Record,
];

/// Calls of one company that began and that are over: durable when this returns, since the writer syncs at commit. Says of each
/// that is over whether it is news: `false` when its record was there already. Test calls are nobody's and leave no row.
pub(super) async fn write(
    core: &Core,
    tenant: TenantId,
    starts: &[CallStarted],
    records: &[CallRecord],
) -> Result<Vec<bool>, StoreError> {
    let own = |start: &CallStarted| start.direction != Direction::Test;
    let opened: Vec<_> = starts.iter().filter(|start| own(start)).map(|start| opened(core, start)).collect();
    let over: Vec<&CallRecord> = records.iter().filter(|record| own(&record.started)).collect();
    if opened.is_empty() && over.is_empty() {
        return Ok(vec![false; records.len()]);
    }
    let mut tx = core.database().tenant(tenant, core.stamp()).await?;
    tx.insert_new(opened).await?;
    // One row cannot be written twice by one statement: of two ends of one call the first counts.
    let mut first = HashSet::new();
    let rows = over.iter().filter(|record| first.insert(record.started.call)).map(|record| closed(core, record));
    let written = tx.put(rows.collect::<Result<Vec<_>, _>>()?, &ENDS, (call::Column::State, "open")).await?;
    let mut new: HashSet<Uuid> = written.into_iter().collect();
    let news: Vec<bool> = records.iter().map(|record| new.remove(&record.started.call.uuid())).collect();
    let told = records.iter().zip(&news).filter(|(_, new)| **new).map(|(record, _)| happening(record));
    tx.happened_all(told.collect()).await?;
    tx.commit_aside().await?;
    Ok(news)
}

/// One call is over, told by nobody who waits.
pub(super) async fn close(core: &Core, record: &CallRecord) -> Result<bool, StoreError> {
    let news = write(core, record.started.tenant, &[], std::slice::from_ref(record)).await?;
    Ok(news.first().copied().unwrap_or(false))
}

/// The whole row, so that a call whose start never arrived has one too.
fn closed(core: &Core, record: &CallRecord) -> Result<call::ActiveModel, StoreError> {
    let start = &record.started;
    let kept = serde_json::to_value(record).map_err(|error| StoreError::Other(error.to_string()))?;
    let seen = record.legs.iter().find_map(|leg| leg.gateway.map(|gateway| (gateway, leg.gateway_port)));
    let gateway = start.gateway.or(seen.map(|(gateway, _)| gateway));
    let gateway_port = start.gateway_port.or(seen.and_then(|(_, port)| port));
    Ok(call::ActiveModel {
        state: Set("ended".into()),
        gateway_id: Set(gateway.map(|id| id.uuid())),
        gateway_port_id: Set(gateway_port.map(|id| id.uuid())),
        ringing_at: Set(record.ringing_at.map(|at| at.to_offset())),
        answered_at: Set(record.answered_at.map(|at| at.to_offset())),
        ended_at: Set(Some(record.ended_at.to_offset())),
        talk_ms: Set(i64::try_from(record.talk_ms).unwrap_or(i64::MAX)),
        cause: Set(Some(record.cause.code().to_owned())),
        blame: Set(Some(word(&record.blame))),
        sip_status: Set(record.sip_status.map(i32::from)),
        detail: Set(record.detail.clone()),
        mos: Set(mos(record)),
        record: Set(Some(kept)),
        ..opened(core, start)
    })
}

fn happening(record: &CallRecord) -> Happening {
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
    Happening { kind: "call.ended", entity: "call", entity_id: start.call.to_string(), body }
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
