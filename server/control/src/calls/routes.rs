//! Calls over HTTP.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{CallId, Uuid};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, system::gateway_port};
use sea_orm::{ColumnTrait, Order};

use super::{
    detail::{CallDetail, detail},
    row::call,
    stays::stays,
    summary::{CallSummary, SeatNames, summary},
    wanted::Wanted,
};
use crate::{
    kit::{
        app::App,
        body::{Ask, Id},
        cursor::{self, Page},
        may::May,
        problem::{Or404, Problem},
    },
    seats::{row::seat, view::names},
};

/// Calls, newest first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/calls", operation_id = "call_list", tag = "calls", params(Wanted),
    security(("user" = ["calls:read"])), responses((status = 200, body = Page<CallSummary>)))]
pub async fn call_list(may: May<Read<of::Call>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<CallSummary>>, Problem> {
    let (limit, tx) = (cursor::limit(want.limit), may.read().await?);
    let rows = newest(&tx, &want, want.place()?, limit + 1).await?;
    let seats = SeatNames::of(&may.app, &tx).await?;
    let page = Page::cut(rows, limit, |row| CallId::from_uuid(row.id).to_string());
    let items = page.items.iter().map(|row| summary(row, &seats)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Of the wanted calls those before this place, newest first.
pub async fn newest(
    tx: &TenantTx,
    want: &Wanted,
    place: Option<CallId>,
    limit: u64,
) -> Result<Vec<call::Model>, Problem> {
    let mut filter = want.filter(tx.tenant())?;
    if let Some(last) = place {
        filter = filter.add(call::Column::Id.lt(last.uuid()));
    }
    Ok(tx.seen::<call::Entity>().filter(filter).order_by(call::Column::Id, Order::Desc).limit(limit).all().await?)
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
