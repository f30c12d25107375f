//! Gateway ports that a company rents for itself alone.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{GatewayPortId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::Capacity;
use patchbay_tenancy::{
    StoreError, SystemDb, TenantRow, TenantTx,
    inventory::InventoryError,
    system::{gateway, gateway_port, number},
};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{numbers, view::slots, words::*};
use crate::kit::{
    body::Id,
    may::May,
    money::Money,
    once::Once,
    problem::{Or404, Problem},
    quota,
    words::QuotaKind,
};

/// A rental. `id` is the gateway port's.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "gateway_port_rental")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub rental: String,
        pub monthly_micros: i64,
        pub currency: String,
        pub rented_at: TimeDateTimeWithTimeZone,
        pub own: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// A gateway port that the company rents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayPortRented {
    /// `gwp_..`
    pub id: String,
    /// Name.
    pub label: String,
    /// Kind.
    pub kind: GatewayPortKind,
    /// `exclusive`.
    pub rental: Rental,
    /// Calls at once.
    pub channels: i64,
    /// Calls on it now.
    pub in_use: i64,
    /// State.
    pub light: Light,
    /// The gateway's name.
    pub gateway_label: String,
    /// Price per month.
    pub monthly: Money,
    /// It is part of a gateway that the company racked itself.
    pub own: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub rented_at: OffsetDateTime,
    /// The company's numbers on it.
    pub numbers: Vec<String>,
}

/// A gateway port that can be rented.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShopGatewayPort {
    /// `gwp_..`
    pub id: String,
    /// Name.
    pub label: String,
    /// Kind.
    pub kind: GatewayPortKind,
    /// `exclusive`.
    pub rental: Rental,
    /// Calls at once.
    pub channels: i64,
    /// The gateway's name.
    pub gateway_label: String,
    /// The site's name.
    pub site: String,
    /// Price per month.
    pub monthly: Money,
    /// Numbers on it that can be claimed.
    pub numbers: Vec<String>,
}

/// What the company rents, oldest first; of one gateway port when `only` says so.
pub async fn rental_all(
    system: &SystemDb,
    capacity: &dyn Capacity,
    tx: &TenantTx,
    only: Option<GatewayPortId>,
) -> Result<Vec<GatewayPortRented>, StoreError> {
    let mut rentals = tx.select::<row::Entity>().order_by(row::Column::RentedAt, Order::Asc);
    if let Some(id) = only {
        rentals = rentals.is(row::Column::Id, id.uuid());
    }
    let rentals = rentals.all().await?;
    let ids: Vec<Uuid> = rentals.iter().map(|rental| rental.id).collect();
    let ports =
        system.select::<gateway_port::Entity>().filter(gateway_port::Column::Id.is_in(ids.clone())).all().await?;
    let ports: BTreeMap<Uuid, gateway_port::Model> = ports.into_iter().map(|port| (port.id, port)).collect();
    let labels = gateway_labels(system, ports.values().map(|port| port.gateway_id)).await?;
    let own = numbers::row::Column::GatewayPortId.is_in(ids);
    let own =
        tx.select::<numbers::row::Entity>().filter(own).order_by(numbers::row::Column::E164, Order::Asc).all().await?;
    let mut shown = Vec::with_capacity(rentals.len());
    for rental in rentals {
        let Some(port) = ports.get(&rental.id) else { continue };
        let in_use = slots(capacity, port.id).await?.len() as i64;
        let numbers = own.iter().filter(|number| number.gateway_port_id == port.id).map(|number| number.e164.clone());
        shown.push(GatewayPortRented {
            id: GatewayPortId::from_uuid(port.id).to_string(),
            label: port.label.clone(),
            kind: GatewayPortKind::stored(&port.kind),
            rental: Rental::stored(&rental.rental),
            channels: port.channels.into(),
            in_use,
            light: Light::stored(&port.light),
            gateway_label: labels.get(&port.gateway_id).cloned().unwrap_or_default(),
            monthly: Money::stored(rental.monthly_micros, &rental.currency),
            own: rental.own,
            rented_at: rental.rented_at,
            numbers: numbers.collect(),
        });
    }
    Ok(shown)
}

/// Names of these gateways by id.
pub(super) async fn gateway_labels(
    system: &SystemDb,
    ids: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let rows = system.select::<gateway::Entity>().filter(gateway::Column::Id.is_in(ids)).all().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.label)).collect())
}

/// Gateway ports that any company can rent now.
pub async fn rental_shop(system: &SystemDb) -> Result<Vec<ShopGatewayPort>, StoreError> {
    let found = system.shop_gateway_ports().await?;
    let on_these = number::Column::GatewayPortId.is_in(found.iter().map(|port| port.id));
    let numbers =
        system.select::<number::Entity>().filter(on_these).is(number::Column::State, NumberState::Available.as_str());
    let numbers = numbers.order_by(number::Column::E164, Order::Asc).all().await?;
    Ok(found
        .into_iter()
        .map(|port| ShopGatewayPort {
            id: GatewayPortId::from_uuid(port.id).to_string(),
            numbers: numbers.iter().filter(|n| n.gateway_port_id == port.id).map(|n| n.e164.clone()).collect(),
            label: port.label,
            kind: GatewayPortKind::stored(&port.kind),
            rental: Rental::stored(&port.rental),
            channels: port.channels.into(),
            gateway_label: port.gateway_label,
            site: port.site,
            monthly: Money::stored(port.monthly_micros, &port.currency),
        })
        .collect())
}

/// Rent a gateway port; of two companies that want it exactly one gets it.
pub async fn rental_take(tx: &mut TenantTx, id: GatewayPortId) -> Result<(), Problem> {
    tx.rent_gateway_port(id).await.map_err(refused)
}

fn refused(error: InventoryError) -> Problem {
    match error {
        InventoryError::Unavailable | InventoryError::Refused(_) | InventoryError::TooManyHolds => {
            Problem::conflict("gateway_port_unavailable", "This gateway port cannot be rented.")
        }
        InventoryError::NotYours => Problem::not_found(),
        InventoryError::StillInUse => {
            Problem::conflict("gateway_port_in_use", "Numbers of your company still live on it: release them first.")
        }
        InventoryError::Own => {
            Problem::conflict("gateway_port_own", "It is part of your own gateway and goes with it.")
        }
        InventoryError::Store(error) => error.into(),
    }
}

/// Give a gateway port back.
pub async fn rental_give_back(tx: &mut TenantTx, id: GatewayPortId) -> Result<(), Problem> {
    tx.release_gateway_port(id).await.map_err(refused)
}

/// The gateway ports that the company rents.
#[utoipa::path(get, path = "/v1/gateway-ports", operation_id = "gateway_port_list", tag = "gateway_ports",
    security(("user" = ["gateway_ports:read"])), responses((status = 200, body = [GatewayPortRented])))]
pub async fn gateway_port_list(may: May<Read<of::GatewayPort>>) -> Result<Json<Vec<GatewayPortRented>>, Problem> {
    let (system, tx) = (may.app.database.system(), may.read().await?);
    Ok(Json(rental_all(&system, may.app.capacity.as_ref(), &tx, None).await?))
}

/// Gateway ports that can be rented now.
#[utoipa::path(get, path = "/v1/gateway-ports/shop", operation_id = "gateway_port_shop", tag = "gateway_ports",
    security(("user" = ["gateway_ports:read"])), responses((status = 200, body = [ShopGatewayPort])))]
pub async fn gateway_port_shop(may: May<Read<of::GatewayPort>>) -> Result<Json<Vec<ShopGatewayPort>>, Problem> {
    Ok(Json(rental_shop(&may.app.database.system()).await?))
}

/// Rent a gateway port for the company alone.
#[utoipa::path(post, path = "/v1/gateway-ports/{id}/rent", operation_id = "gateway_port_rent", tag = "gateway_ports",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:write"])),
    responses((status = 201, body = GatewayPortRented)))]
pub async fn gateway_port_rent(
    may: May<Write<of::GatewayPort>>,
    once: Once,
    Id(id): Id<GatewayPortId>,
) -> Result<Response, Problem> {
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &()).await? {
        return Ok(answer);
    }
    let has = tx.select::<row::Entity>().count().await?;
    quota::room(&may.app, may.tenant(), QuotaKind::GatewayPorts, has).await?;
    rental_take(&mut tx, id).await?;
    let system = may.app.database.system();
    let rented = rental_all(&system, may.app.capacity.as_ref(), &tx, Some(id)).await?.pop().or_404()?;
    once.after(tx, &(), StatusCode::CREATED, &rented).await
}

/// Give a gateway port back. Its numbers must be released first.
#[utoipa::path(post, path = "/v1/gateway-ports/{id}/release", operation_id = "gateway_port_release", tag = "gateway_ports",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:write"])), responses((status = 204)))]
pub async fn gateway_port_release(
    may: May<Write<of::GatewayPort>>,
    Id(id): Id<GatewayPortId>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    rental_give_back(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(gateway_port_list, gateway_port_shop, gateway_port_rent, gateway_port_release);
