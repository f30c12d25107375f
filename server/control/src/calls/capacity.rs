//! Limits of the company and how much of each is in use now.

use axum::Json;
use patchbay_access::{Read, resource::of};
use patchbay_plane::CapacityError;
use patchbay_tenancy::system::{gateway_port, tenant};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    inventory::rentals,
    kit::{
        app::App,
        may::May,
        problem::{Or404, Problem},
    },
    seats::view::active,
};

/// A limit and its use.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Capacity {
    /// Name of the gateway port; empty for the other kinds, which their kind names.
    pub label: String,
    /// `calls`, `gateway_port` or `seats`.
    pub kind: String,
    /// At most.
    pub limit: i64,
    /// Now.
    pub in_use: i64,
}

/// Limits of the company and how much of each is in use now.
#[utoipa::path(get, path = "/v1/capacity", operation_id = "capacity", tag = "calls",
    security(("user" = ["capacity:read"])), responses((status = 200, body = [Capacity])))]
pub async fn capacity(may: May<Read<of::Capacity>>) -> Result<Json<Vec<Capacity>>, Problem> {
    let (app, tenant) = (&may.app, may.tenant());
    let system = app.database.system();
    let company = system.find::<tenant::Entity>(tenant.uuid()).await?.or_404()?;
    let tx = may.read().await?;
    let rented = tx.select::<rentals::row::Entity>().order_by(rentals::row::Column::Id, Order::Asc).all().await?;
    let seats = active(&tx).await?.len();
    drop(tx);
    let ids = rented.iter().map(|row| row.id);
    let ports = system.select::<gateway_port::Entity>().filter(gateway_port::Column::Id.is_in(ids)).all().await?;
    let calls = in_use(app, &format!("ten:{}", tenant.uuid())).await?;
    let mut all = vec![limit_of("calls", "", company.max_calls.into(), calls)];
    for rental in rented {
        let Some(port) = ports.iter().find(|port| port.id == rental.id) else { continue };
        let in_use = in_use(app, &format!("gwp:{}", port.id)).await?;
        all.push(limit_of("gateway_port", &port.label, port.channels.into(), in_use));
    }
    let limit = i64::try_from(app.settings.seats_most).unwrap_or(i64::MAX);
    let in_use = i64::try_from(seats).unwrap_or(i64::MAX);
    all.push(limit_of("seats", "", limit, in_use));
    Ok(Json(all))
}

fn limit_of(kind: &str, label: &str, limit: i64, in_use: i64) -> Capacity {
    Capacity { label: label.into(), kind: kind.into(), limit, in_use }
}

/// Slots of a resource that are taken. Fails as the store does.
pub async fn in_use(app: &App, key: &str) -> Result<i64, Problem> {
    match app.capacity.in_use(key).await {
        Ok(slots) => Ok(i64::try_from(slots.len()).unwrap_or(i64::MAX)),
        Err(CapacityError::Fenced | CapacityError::Full(_)) => Err(Problem::busy()),
        Err(CapacityError::Store(why)) => Err(Problem::internal(why)),
    }
}

crate::resource!(capacity);
