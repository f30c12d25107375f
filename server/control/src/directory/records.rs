//! Calls in the store: opened before anybody hears ringing, closed once.

use std::collections::HashSet;

use kernel::{GatewayId, GatewayPortId, SeatId, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{CallEvent, CallEventKind, CallRecord, CallStarted, Direction};
use patchbay_tenancy::{StoreError, many::Happening};
use sea_orm::Value;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::{
    Core,
    sheets::{BEGUN, CLOSED, END, OPENED, PLACE},
};
use crate::{callbacks, surveys};

/// Calls of one company that began and that are over: durable when this returns, since the writer syncs at commit. Says of each
/// that is over whether it is news: `false` when its record was there already. Events ride in
/// the same transaction, `steps` first. Test calls are nobody's and leave no trace.
pub(super) async fn write(
    core: &Core,
    tenant: TenantId,
    starts: &[CallStarted],
    records: &[CallRecord],
    steps: &[Step],
) -> Result<Vec<bool>, StoreError> {
    let own = |start: &CallStarted| start.direction != Direction::Test;
    let mut told: Vec<Happening> = steps.iter().filter(|step| own(&step.start)).map(Step::happening).collect();
    let mut opened = Vec::new();
    for start in starts.iter().filter(|start| own(start)) {
        opened.extend(begun(core, start));
        opened.extend(place("open", start.seat, (start.gateway, start.gateway_port), 0));
    }
    let over: Vec<&CallRecord> = records.iter().filter(|record| own(&record.started)).collect();
    if opened.is_empty() && over.is_empty() && told.is_empty() {
        return Ok(vec![false; records.len()]);
    }
    let mut tx = core.database().tenant(tenant, core.stamp()).await?;
    if !opened.is_empty() {
        tx.write(&OPENED, opened).await?;
    }
    // One row cannot be written twice by one statement: of two ends of one call the first counts.
    let mut first = HashSet::new();
    let mut closed = Vec::new();
    for record in over.iter().filter(|record| first.insert(record.started.call)) {
        closed.extend(begun(core, &record.started));
        closed.extend(ended(record)?);
    }
    let written = tx.write(&CLOSED, closed).await?;
    let mut new: HashSet<Uuid> = written.into_iter().collect();
    let news: Vec<bool> = records.iter().map(|record| new.remove(&record.started.call.uuid())).collect();
    let mut answered = Vec::new();
    for (record, _) in records.iter().zip(&news).filter(|(_, new)| **new) {
        answered.extend(surveys::book::keep(&tx, record).await?);
        answered.extend(callbacks::book::keep(&tx, record).await?);
    }
    told.extend(records.iter().zip(&news).filter(|(_, new)| **new).map(|(record, _)| happening(record)));
    told.append(&mut answered);
    tx.happened_all(told).await?;
    tx.commit_aside().await?;
    Ok(news)
}

/// One call is over, told by nobody who waits.
pub(super) async fn close(core: &Core, record: &CallRecord) -> Result<bool, StoreError> {
    let news = write(core, record.started.tenant, &[], std::slice::from_ref(record), &[]).await?;
    Ok(news.first().copied().unwrap_or(false))
}

/// Where a call is and for how long: state, seat, gateway, gateway port, milliseconds of talk. Whose seat a flow finds for a caller
/// is known only when it was found.
fn place(
    state: &'static str,
    seat: Option<SeatId>,
    (gateway, gateway_port): (Option<GatewayId>, Option<GatewayPortId>),
    talk_ms: u64,
) -> [Value; PLACE] {
    [
        state.into(),
        seat.map(|id| id.uuid()).into(),
        gateway.map(|id| id.uuid()).into(),
        gateway_port.map(|id| id.uuid()).into(),
        i64::try_from(talk_ms).unwrap_or(i64::MAX).into(),
    ]
}

fn ended(record: &CallRecord) -> Result<impl Iterator<Item = Value>, StoreError> {
    let start = &record.started;
    // Its text, and not a tree of values first: this is the largest thing that a call writes.
    let kept = serde_json::to_string(record).map_err(|error| StoreError::Other(error.to_string()))?;
    let seen = record.legs.iter().find_map(|leg| leg.gateway.map(|gateway| (gateway, leg.gateway_port)));
    let gateway = start.gateway.or(seen.map(|(gateway, _)| gateway));
    let gateway_port = start.gateway_port.or(seen.and_then(|(_, port)| port));
    let place = place("ended", start.seat, (gateway, gateway_port), record.talk_ms);
    let end: [Value; END] = [
        record.ringing_at.map(Wall::to_offset).into(),
        record.answered_at.map(Wall::to_offset).into(),
        record.ended_at.to_offset().into(),
        record.cause.code().into(),
        word(&record.blame).into(),
        record.sip_status.map(i32::from).into(),
        record.detail.clone().into(),
        mos(record).into(),
        kept.into(),
    ];
    Ok(place.into_iter().chain(end))
}

/// A step of a call, for the event log.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Of which call.
    pub start: CallStarted,
    kind: &'static str,
    at: Wall,
}

impl Step {
    /// It began.
    pub(super) fn first(start: CallStarted) -> Self {
        let at = start.at;
        Self { start, kind: "call.started", at }
    }

    /// It went on; `None` for its end, of which the record tells.
    pub(super) fn next(start: CallStarted, event: &CallEvent) -> Option<Self> {
        let kind = match event.kind {
            CallEventKind::Ringing => "call.ringing",
            CallEventKind::Answered => "call.answered",
            CallEventKind::Held => "call.held",
            CallEventKind::Resumed => "call.resumed",
            CallEventKind::Reconnecting => "call.reconnecting",
            CallEventKind::Reconnected => "call.reconnected",
            CallEventKind::Parked => "call.parked",
            CallEventKind::PickedUp => "call.picked_up",
            CallEventKind::Ended(_) => return None,
        };
        Some(Self { start, kind, at: event.at })
    }

    fn happening(&self) -> Happening {
        let mut body = parties(&self.start);
        body.insert("at".into(), stamp(self.at).into());
        Happening { kind: self.kind, entity_id: self.start.call.to_string(), body: body.into() }
    }
}

fn happening(record: &CallRecord) -> Happening {
    let mut body = parties(&record.started);
    body.extend([
        ("answered_at".into(), record.answered_at.map(stamp).into()),
        ("ended_at".into(), stamp(record.ended_at).into()),
        ("talk_ms".into(), record.talk_ms.into()),
        ("cause".into(), record.cause.code().into()),
        ("blame".into(), word(&record.blame).into()),
    ]);
    Happening { kind: "call.ended", entity_id: record.started.call.to_string(), body: body.into() }
}

/// Who and what a call is about.
fn parties(start: &CallStarted) -> serde_json::Map<String, serde_json::Value> {
    serde_json::Map::from_iter([
        ("direction".to_owned(), word(&start.direction).into()),
        ("caller".to_owned(), start.caller.as_str().into()),
        ("called".to_owned(), start.called.as_str().into()),
        ("seat".to_owned(), start.seat.map(|id| id.to_string()).into()),
        ("number".to_owned(), start.number.map(|id| id.to_string()).into()),
        ("started_at".to_owned(), stamp(start.at).into()),
    ])
}

/// RFC 3339.
fn stamp(at: Wall) -> String {
    at.to_offset().format(&Rfc3339).unwrap_or_default()
}

fn begun(core: &Core, start: &CallStarted) -> [Value; BEGUN] {
    [
        start.call.uuid().into(),
        word(&start.direction).into(),
        start.caller.as_str().into(),
        start.caller_name.clone().into(),
        start.called.as_str().into(),
        start.displayed.clone().into(),
        start.number.map(|id| id.uuid()).into(),
        start.at.to_offset().into(),
        core.parts.node.uuid().into(),
        core.parts.node_epoch.into(),
    ]
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
