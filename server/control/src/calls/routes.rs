//! Calls over HTTP.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{CallId, SeatId, Uuid};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, system::gateway_port};
use sea_orm::{ColumnTrait, Condition, Order};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    detail::{CallDetail, detail},
    row::call,
    stays::stays,
    summary::{CallSummary, SeatNames, summary},
};
use crate::{
    kit::{
        app::App,
        body::{Ask, Id},
        cursor::{self, Page},
        may::May,
        problem::{Or404, Problem},
        words::Direction,
    },
    seats::{row::seat, view::names},
};

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only of this direction.
    direction: Option<Direction>,
    /// Only of this seat (`seat_..`).
    seat: Option<String>,
    /// Only with these digits in caller or called.
    party: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Calls, newest first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/calls", operation_id = "call_list", tag = "calls", params(Wanted),
    security(("user" = ["calls:read"])), responses((status = 200, body = Page<CallSummary>)))]
pub async fn call_list(may: May<Read<of::Call>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<CallSummary>>, Problem> {
    let limit = cursor::limit(want.limit);
    let tx = may.read().await?;
    let rows =
        tx.seen::<call::Entity>().filter(filter(&want)?).order_by(call::Column::Id, Order::Desc).limit(limit + 1);
    let rows = rows.all().await?;
    let seats = SeatNames::of(&may.app, &tx).await?;
    let page = Page::cut(rows, limit, |row| CallId::from_uuid(row.id).to_string());
    let items = page.items.iter().map(|row| summary(row, &seats)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn filter(want: &Wanted) -> Result<Condition, Problem> {
    let mut all = Condition::all();
    if let Some(direction) = want.direction {
        all = all.add(call::Column::Direction.eq(direction.as_str()));
    }
    if let Some(seat) = &want.seat {
        let seat: SeatId = seat.parse().map_err(|_| Problem::not_found())?;
        all = all.add(call::Column::SeatId.eq(seat.uuid()));
    }
    if let Some(party) = &want.party {
        let kept: String = party.chars().filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#')).collect();
        if !kept.is_empty() {
            all = all.add(
                Condition::any().add(call::Column::Caller.contains(&kept)).add(call::Column::Called.contains(&kept)),
            );
        }
    }
    if let Some(text) = &want.cursor {
        let last: CallId = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        all = all.add(call::Column::Id.lt(last.uuid()));
    }
    Ok(all)
}

/// The seats whose calls the caller sees; `None`: the calls of the whole company, on whatever seat or none.
pub async fn seen_seats(tx: &TenantTx) -> Result<Option<Vec<Uuid>>, Problem> {
    if tx.sees_all() {
        return Ok(None);
    }
    Ok(Some(tx.seen::<seat::Entity>().ids(seat::Column::Id).await?))
}

/// One call with everything that is known of it.
#[utoipa::path(get, path = "/v1/calls/{id}", operation_id = "call_get", tag = "calls", params(("id" = String, Path)),
    security(("user" = ["calls:read"])), responses((status = 200, body = CallDetail)))]
pub async fn call_get(may: May<Read<of::Call>>, Id(id): Id<CallId>) -> Result<Json<CallDetail>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<call::Entity>(id.uuid()).await?.or_404()?;
    let seats = SeatNames::of(&may.app, &tx).await?;
    let stays = stays(&tx, id, &names(&may.app, &tx).await?).await?;
    drop(tx);
    let ports = port_labels(&may.app, &row).await?;
    Ok(Json(detail(&row, &seats, &ports, stays)))
}

/// Names of the gateway ports that the record mentions.
async fn port_labels(app: &App, row: &call::Model) -> Result<BTreeMap<Uuid, String>, Problem> {
    let legs = row.record.as_ref().and_then(|record| record.get("legs")).and_then(|legs| legs.as_array());
    let texts = legs.into_iter().flatten().filter_map(|leg| leg.get("gateway_port").and_then(|id| id.as_str()));
    let ids = texts.filter_map(|text| text.parse::<kernel::GatewayPortId>().ok()).map(kernel::GatewayPortId::uuid);
    let ids: Vec<Uuid> = ids.chain(row.gateway_port_id).collect();
    let system = app.database.system();
    let rows = system.select::<gateway_port::Entity>().filter(gateway_port::Column::Id.is_in(ids)).all().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.label)).collect())
}

crate::resource!(call_list, call_get);
