//! Numbers of a company: list, claim, route, release.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{FlowId, GatewayPortId, NumberId, SeatId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    StoreError, SystemDb, TenantRow, TenantTx,
    inventory::InventoryError,
    system::{gateway_port, number},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{rentals::gateway_labels, words::*};
use crate::{
    flows::row::flow,
    kit::{
        body::{Ask, Body, Check, Id, nullable},
        cursor::{self, Page},
        may::May,
        money::Money,
        once::Once,
        problem::Problem,
        quota,
        words::QuotaKind,
    },
    seats,
};

/// A number that a company has. `id` is that of the inventory.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_number")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub e164: String,
        pub label: String,
        pub country: String,
        pub area: Option<String>,
        pub kind: String,
        pub gateway_port_id: Uuid,
        pub destination_kind: String,
        pub destination_seat: Option<Uuid>,
        pub shown_by_default: bool,
        pub flow_id: Option<Uuid>,
        pub monthly_micros: i64,
        pub currency: String,
        pub claimed_at: TimeDateTimeWithTimeZone,
        pub own: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// A number of a company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Number {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// The company's name for it.
    pub label: String,
    /// ISO 3166 code.
    pub country: String,
    /// Area in words.
    pub area: Option<String>,
    /// Kind.
    pub kind: NumberKind,
    /// `assigned`, as long as the company has it.
    pub state: NumberState,
    /// Where its calls go.
    pub destination_kind: DestinationKind,
    /// `seat_..`, when to a seat.
    pub destination_seat: Option<String>,
    /// Seats that have no number to display show this one.
    pub shown_by_default: bool,
    /// `flow_..`, when a flow says what its callers meet; where the flow has no live version they go to the destination.
    pub flow: Option<String>,
    /// `gwp_..`
    pub gateway_port: String,
    /// Its name, as the operator has it now.
    pub gateway_port_label: String,
    /// The name of its gateway.
    pub gateway_label: String,
    /// The company brought it itself, on a gateway of its own.
    pub own: bool,
    /// Price per month.
    pub monthly: Money,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub claimed_at: OffsetDateTime,
}

/// Changes of a number; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPatch {
    /// The company's name for it.
    pub label: Option<String>,
    /// Where its calls go. `seat` needs a seat, `nowhere` takes it away.
    pub destination_kind: Option<DestinationKind>,
    /// `seat_..`
    #[schema(value_type = Option<String>)]
    pub destination_seat: Option<SeatId>,
    /// Whether seats that have no number to display show this one; one number of a company at most.
    pub shown_by_default: Option<bool>,
    /// `flow_..`, which then says what callers meet; `null`: none.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub flow: Option<Option<FlowId>>,
}

/// A company's numbers in order of their digits, after `after`.
async fn number_page(tx: TenantTx, after: Option<&str>, limit: u64) -> Result<Vec<row::Model>, StoreError> {
    let mut select = tx.select::<row::Entity>().order_by(row::Column::E164, Order::Asc).limit(limit);
    if let Some(after) = after {
        select = select.filter(row::Column::E164.gt(after));
    }
    select.all().await
}

/// Claim a number; of two companies that want it exactly one gets it.
async fn number_take(tx: &mut TenantTx, id: NumberId) -> Result<row::Model, Problem> {
    tx.claim_number(id).await.map_err(refused)?;
    Ok(tx.get::<row::Entity>(id.uuid()).await?)
}

/// Change label or destination.
async fn number_change(tx: &mut TenantTx, id: NumberId, ask: &NumberPatch) -> Result<row::Model, Problem> {
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    let seat = seat_state(tx, ask.destination_seat).await?;
    let (kind, target) = destination(&row, ask, seat)?;
    let flow = match ask.flow {
        Some(Some(id)) if tx.find::<flow::Entity>(id.uuid()).await?.is_none() => {
            return Err(Problem::field("flow", "unknown_flow", "There is no such flow."));
        }
        Some(flow) => flow.map(FlowId::uuid),
        None => row.flow_id,
    };
    let mut change = row.into_active_model();
    change.flow_id = Set(flow);
    if let Some(label) = &ask.label {
        change.label = Set(label.trim().to_owned());
    }
    change.destination_kind = Set(kind.as_str().to_owned());
    change.destination_seat = Set(target.map(SeatId::uuid));
    if let Some(shown) = ask.shown_by_default {
        change.shown_by_default = Set(shown);
        let others = tx.select::<row::Entity>().is(row::Column::ShownByDefault, true).all().await?;
        for other in others.into_iter().filter(|other| shown && other.id != id.uuid()) {
            let mut other = other.into_active_model();
            other.shown_by_default = Set(false);
            tx.update(other).await?;
        }
    }
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "e164": row.e164, "destination_kind": kind.as_str(), "destination_seat": target,
        "flow": row.flow_id.map(FlowId::from_uuid) });
    tx.changed("number.updated", "number", &id.to_string(), body).await?;
    Ok(row)
}

/// What is known of the seat that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SeatState {
    /// None is named.
    NotAsked,
    /// It is this company's and active.
    Active,
    /// It is not.
    Missing,
}

async fn seat_state(tx: &TenantTx, seat: Option<SeatId>) -> Result<SeatState, StoreError> {
    let Some(seat) = seat else { return Ok(SeatState::NotAsked) };
    let row = tx.find_seen::<seats::row::seat::Entity>(seat.uuid()).await?;
    let active = row.is_some_and(|row| row.state == "active");
    Ok(if active { SeatState::Active } else { SeatState::Missing })
}

fn destination(
    row: &row::Model,
    ask: &NumberPatch,
    seat: SeatState,
) -> Result<(DestinationKind, Option<SeatId>), Problem> {
    let mut check = Check::default();
    let length = ask.label.as_ref().map_or(0, |label| label.trim().chars().count());
    check.need(length <= 80, "label", "length", "At most 80 characters.");
    check.need(seat != SeatState::Missing, "destination_seat", "unknown_seat", "There is no such seat.");
    let asked = ask.destination_kind.or(ask.destination_seat.map(|_| DestinationKind::Seat));
    let kind = asked.unwrap_or_else(|| DestinationKind::stored(&row.destination_kind));
    let target = match kind {
        DestinationKind::Nowhere => None,
        DestinationKind::Seat => ask.destination_seat.or(row.destination_seat.map(SeatId::from_uuid)),
    };
    let whole = kind == DestinationKind::Nowhere || target.is_some();
    check.need(whole, "destination_seat", "required", "Which seat?");
    let clear = ask.destination_kind != Some(DestinationKind::Nowhere) || ask.destination_seat.is_none();
    check.need(clear, "destination_seat", "not_applicable", "No seat with this destination.");
    check.done()?;
    Ok((kind, target))
}

pub(super) fn refused(error: InventoryError) -> Problem {
    match error {
        InventoryError::Unavailable | InventoryError::Refused(_) => {
            Problem::conflict("number_unavailable", "This number cannot be claimed.")
        }
        InventoryError::TooManyHolds => {
            Problem::conflict("too_many_holds", "You hold as many numbers as you may: claim or let go of one.")
        }
        InventoryError::NotYours => Problem::not_found(),
        InventoryError::StillInUse | InventoryError::Own => {
            Problem::conflict("number_in_use", "This number is still in use.")
        }
        InventoryError::Store(error) => error.into(),
    }
}

/// Give a number back; it rests before anybody can have it.
pub async fn number_give_back(tx: &mut TenantTx, id: NumberId) -> Result<(), Problem> {
    tx.release_number(id).await.map_err(refused)
}

/// How the operator calls gateway ports, and their gateways, now: a company keeps no copy that could grow old.
pub(super) struct Names(BTreeMap<Uuid, (String, String)>);

impl Names {
    pub(super) async fn of(system: &SystemDb, ports: impl Iterator<Item = Uuid>) -> Result<Self, StoreError> {
        let ports = system.select::<gateway_port::Entity>().filter(gateway_port::Column::Id.is_in(ports));
        let ports = ports.all().await?;
        let labels = gateway_labels(system, ports.iter().map(|port| port.gateway_id)).await?;
        let named = |port: gateway_port::Model| {
            (port.id, (port.label, labels.get(&port.gateway_id).cloned().unwrap_or_default()))
        };
        Ok(Self(ports.into_iter().map(named).collect()))
    }

    pub(super) fn show(&self, row: &row::Model) -> Number {
        let (port, gateway) = self.0.get(&row.gateway_port_id).cloned().unwrap_or_default();
        shown(row, port, gateway)
    }
}

fn shown(row: &row::Model, gateway_port_label: String, gateway_label: String) -> Number {
    Number {
        id: NumberId::from_uuid(row.id).to_string(),
        e164: row.e164.clone(),
        label: row.label.clone(),
        country: row.country.clone(),
        area: row.area.clone(),
        kind: NumberKind::stored(&row.kind),
        state: NumberState::Assigned,
        destination_kind: DestinationKind::stored(&row.destination_kind),
        destination_seat: row.destination_seat.map(|seat| SeatId::from_uuid(seat).to_string()),
        shown_by_default: row.shown_by_default,
        flow: row.flow_id.map(|flow| FlowId::from_uuid(flow).to_string()),
        gateway_port: GatewayPortId::from_uuid(row.gateway_port_id).to_string(),
        gateway_port_label,
        gateway_label,
        own: row.own,
        monthly: Money::stored(row.monthly_micros, &row.currency),
        claimed_at: row.claimed_at,
    }
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Rows of a page.
    limit: Option<i64>,
    /// From the page before.
    cursor: Option<String>,
}

/// The company's numbers.
#[utoipa::path(get, path = "/v1/numbers", operation_id = "number_list", tag = "numbers", params(Wanted),
    security(("user" = ["numbers:read"])), responses((status = 200, body = Page<Number>)))]
pub async fn number_list(may: May<Read<of::Number>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<Number>>, Problem> {
    let (limit, after) = (cursor::limit(want.limit), want.cursor.as_deref().map(cursor::read).transpose()?);
    let rows = number_page(may.read().await?, after.as_deref(), limit + 1).await?;
    let names = Names::of(&may.app.database.system(), rows.iter().map(|row| row.gateway_port_id)).await?;
    let rows = rows.iter().map(|row| names.show(row)).collect();
    Ok(Json(Page::cut(rows, limit, |number| number.e164.clone())))
}

/// One number of the company.
#[utoipa::path(get, path = "/v1/numbers/{id}", operation_id = "number_get", tag = "numbers", params(("id" = String, Path)),
    security(("user" = ["numbers:read"])), responses((status = 200, body = Number)))]
pub async fn number_get(may: May<Read<of::Number>>, Id(id): Id<NumberId>) -> Result<Json<Number>, Problem> {
    let row = may.read().await?.get::<row::Entity>(id.uuid()).await?;
    let names = Names::of(&may.app.database.system(), [row.gateway_port_id].into_iter()).await?;
    Ok(Json(names.show(&row)))
}

/// Claim a number out of the shop. A gateway port for one company alone is rented along with it.
#[utoipa::path(post, path = "/v1/numbers/{id}/claim", operation_id = "number_claim", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 201, body = Number)))]
pub async fn number_claim(may: May<Write<of::Number>>, once: Once, Id(id): Id<NumberId>) -> Result<Response, Problem> {
    // Names first: a request that writes waits for no second connection.
    let system = may.app.database.system();
    let offered = system.find::<number::Entity>(id.uuid()).await?;
    let names = Names::of(&system, offered.iter().map(|number| number.gateway_port_id)).await?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &()).await? {
        return Ok(answer);
    }
    let has = tx.select::<row::Entity>().count().await?;
    quota::room(&may.app, may.tenant(), QuotaKind::Numbers, has).await?;
    let number = number_take(&mut tx, id).await?;
    once.after(tx, &(), StatusCode::CREATED, &names.show(&number)).await
}

/// Rename a number or send its calls elsewhere.
#[utoipa::path(patch, path = "/v1/numbers/{id}", operation_id = "number_patch", tag = "numbers",
    params(("id" = String, Path)), request_body = NumberPatch, security(("user" = ["numbers:write"])),
    responses((status = 200, body = Number)))]
pub async fn number_patch(
    may: May<Write<of::Number>>,
    Id(id): Id<NumberId>,
    Body(ask): Body<NumberPatch>,
) -> Result<Json<Number>, Problem> {
    let mut tx = may.write().await?;
    let row = number_change(&mut tx, id, &ask).await?;
    tx.commit().await?;
    let names = Names::of(&may.app.database.system(), [row.gateway_port_id].into_iter()).await?;
    Ok(Json(names.show(&row)))
}

/// Give a number back. It rests for 30 days before anybody can claim it; one that the company brought itself is simply gone.
#[utoipa::path(post, path = "/v1/numbers/{id}/release", operation_id = "number_release", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 204)))]
pub async fn number_release(may: May<Write<of::Number>>, Id(id): Id<NumberId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    number_give_back(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(number_list, number_get, number_claim, number_patch, number_release);
