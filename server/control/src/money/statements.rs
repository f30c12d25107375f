//! The company's charges, call by call, and its books as it sees them.

use axum::Json;
use billing::day::Day;
use kernel::{CallId, Uuid, Wall};
use patchbay_access::{Read, resource::of};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::charges::Statement;
use sea_orm::{ColumnTrait, Order};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Charge, RateDirection, StatementKind, StatementLine, row::charge_line, sold};
use crate::kit::{
    body::Ask,
    cursor::{self, Page},
    may::May,
    problem::Problem,
};

/// Which charges.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only of this call.
    call: Option<String>,
    /// Only with a rate of exactly these first digits.
    prefix: Option<String>,
    /// From this day on, `2026-03-29`.
    from: Option<String>,
    /// Before this day.
    until: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

fn day(text: &str, field: &str) -> Result<i32, Problem> {
    let day: Result<Day, _> = text.parse();
    day.map(|day| day.0).map_err(|_| Problem::field(field, "bad_date", "A date such as 2026-03-29."))
}

fn last(cursor: &str) -> Result<Uuid, Problem> {
    cursor::read(cursor)?.parse().map_err(|_| cursor::foreign())
}

/// Lines of what calls cost, newest first.
#[utoipa::path(get, path = "/v1/billing/charges", operation_id = "charge_list", tag = "billing", params(Wanted),
    security(("user" = ["billing:read"])), responses((status = 200, body = Page<Charge>)))]
pub async fn charge_list(may: May<Read<of::Billing>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<Charge>>, Problem> {
    use charge_line::Column;
    sold(&may.app)?;
    let limit = cursor::limit(want.limit);
    let tx = may.read().await?;
    let mut rows = tx.select::<charge_line::Entity>().order_by(Column::Id, Order::Desc);
    if let Some(call) = &want.call {
        let call: CallId = call.parse().map_err(|_| Problem::not_found())?;
        rows = rows.is(Column::CallId, call.uuid());
    }
    if let Some(prefix) = &want.prefix {
        rows = rows.is(Column::Prefix, prefix.as_str());
    }
    if let Some(from) = &want.from {
        rows = rows.filter(Column::Day.gte(day(from, "from")?));
    }
    if let Some(until) = &want.until {
        rows = rows.filter(Column::Day.lt(day(until, "until")?));
    }
    if let Some(text) = &want.cursor {
        rows = rows.filter(Column::Id.lt(last(text)?));
    }
    let page = Page::cut(rows.limit(limit + 1).all().await?, limit, |row| row.id.to_string());
    let items = page.items.into_iter().map(charge).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn charge(row: charge_line::Model) -> Charge {
    Charge {
        id: row.id.to_string(),
        call: CallId::from_uuid(row.call_id).to_string(),
        kind: row.kind,
        reversal: row.reversal,
        amount_micros: row.micros,
        currency: row.currency,
        seconds: row.seconds,
        direction: RateDirection::stored(&row.direction),
        number: row.number,
        destination: row.destination,
        prefix: row.prefix,
        day: Day(row.day).to_string(),
        at: Wall(row.at).to_offset(),
    }
}

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// The books as the company sees them, newest first.
#[utoipa::path(get, path = "/v1/billing/statement", operation_id = "statement", tag = "billing", params(Paged),
    security(("user" = ["billing:read"])), responses((status = 200, body = Page<StatementLine>)))]
pub async fn statement(
    may: May<Read<of::Billing>>,
    Ask(want): Ask<Paged>,
) -> Result<Json<Page<StatementLine>>, Problem> {
    sold(&may.app)?;
    let limit = cursor::limit(want.limit);
    let before = want.cursor.as_deref().map(last).transpose()?;
    let tx = may.read().await?;
    let page = Page::cut(tx.statement(before, limit + 1).await?, limit, |line| line.id.to_string());
    let items = page.items.into_iter().map(shown).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// `charge/call_../leg_../usage/0` names its call, `payment/ref` its reference, `invoice/number/3` its invoice.
pub(super) fn shown(line: Statement) -> StatementLine {
    let (kind, rest) = line.cause.split_once('/').unwrap_or((&line.cause, ""));
    let kind = StatementKind::stored(kind);
    let (call, reference) = match kind {
        StatementKind::Charge => (rest.split('/').next().map(str::to_owned), None),
        StatementKind::Invoice => (None, rest.rsplit_once('/').map(|(number, _)| number.to_owned())),
        StatementKind::Payment | StatementKind::Refund | StatementKind::Credit => (None, Some(rest.to_owned())),
    };
    StatementLine {
        id: line.id.to_string(),
        kind,
        call,
        reference,
        amount_micros: line.micros,
        currency: line.currency,
        at: line.at.to_offset(),
    }
}

crate::resource!(charge_list, statement);
