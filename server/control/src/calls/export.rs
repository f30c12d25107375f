//! Calls as a table to take away.

use std::sync::Arc;

use axum::response::Response;
use kernel::CallId;
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    routes::newest,
    row::call,
    summary::{CallSummary, SeatNames, summary},
    wanted::Wanted,
};
use crate::kit::{
    body::Ask,
    may::May,
    problem::Problem,
    sheet::{self, Part},
};

const HEAD: [&str; 17] = [
    "id",
    "direction",
    "caller",
    "caller_name",
    "called",
    "displayed",
    "seat",
    "started_at",
    "ringing_at",
    "answered_at",
    "ended_at",
    "talk_s",
    "cause",
    "cause_number",
    "blame",
    "sip_status",
    "mos",
];

/// The calls of a list as a file of comma-separated text, newest first, as far as the data scope reaches; times in UTC. Taking it is
/// a line of the audit log.
#[utoipa::path(get, path = "/v1/calls/export", operation_id = "call_export", tag = "calls", params(Wanted),
    security(("user" = ["calls:read"])), responses((status = 200, content((String = "text/csv")))))]
pub async fn call_export(may: May<Read<of::Call>>, Ask(want): Ask<Wanted>) -> Result<Response, Problem> {
    want.filter(may.tenant())?;
    let from = want.place()?;
    let tx = may.write().await?;
    let which = serde_json::to_value(&want).unwrap_or_default();
    tx.noted("calls.exported", "company", &may.tenant().to_string(), which);
    tx.commit().await?;
    let (may, want) = (Arc::new(may), Arc::new(want));
    // A byte order mark, or spreadsheets take the names for another alphabet's.
    let head = format!("\u{feff}{}", sheet::row(HEAD));
    Ok(sheet::file("text/csv; charset=utf-8", "patchbay-calls.csv", Some(head), move |place| {
        let (may, want) = (Arc::clone(&may), Arc::clone(&want));
        async move { part(&may, &want, place.or(from)).await }
    }))
}

async fn part(may: &May<Read<of::Call>>, want: &Wanted, place: Option<CallId>) -> Result<Part<CallId>, Problem> {
    let tx = may.read().await?;
    let rows = newest(&tx, want, place, sheet::PAGE).await?;
    let seats = SeatNames::of(&may.app, &tx).await?;
    let full = rows.len() as u64 == sheet::PAGE;
    let after = rows.last().filter(|_| full).map(|row: &call::Model| CallId::from_uuid(row.id));
    Ok(Part { text: rows.iter().map(|row| line(&summary(row, &seats))).collect(), after })
}

fn line(call: &CallSummary) -> String {
    let time = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        call.id.clone(),
        call.direction.as_str().to_owned(),
        call.caller.clone(),
        text(&call.caller_name),
        call.called.clone(),
        text(&call.displayed),
        text(&call.seat_label),
        time(Some(call.started_at)),
        time(call.ringing_at),
        time(call.answered_at),
        time(call.ended_at),
        format!("{}.{:03}", call.talk_ms / 1000, call.talk_ms % 1000),
        text(&call.cause),
        number(call.cause_number),
        call.blame.map(|blame| blame.as_str().to_owned()).unwrap_or_default(),
        number(call.sip_status),
        call.mos.map(|mos| format!("{mos:.2}")).unwrap_or_default(),
    ];
    sheet::row(cells.iter().map(String::as_str))
}

crate::resource!(call_export);
