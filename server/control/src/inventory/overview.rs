//! What an operator sees at a glance: totals, companies, calls.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{gateway, gateway_port, number, tenant};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::words::{Light, NumberState};
use crate::kit::{
    app::App,
    body::{Body, Check, Id},
    operator::Operator,
    problem::{Or404, Problem},
};

/// Totals of the installation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Overview {
    /// Companies.
    pub tenants: i64,
    /// Gateways.
    pub gateways: i64,
    /// Gateways that are there.
    pub gateways_online: i64,
    /// Gateway ports.
    pub gateway_ports: i64,
    /// Calls that all enabled gateway ports can carry at once.
    pub channels: i64,
    /// Calls on gateway ports now.
    pub channels_in_use: i64,
    /// Numbers that are not retired.
    pub numbers: i64,
    /// Numbers that can be claimed.
    pub numbers_available: i64,
    /// Calls now.
    pub live_calls: i64,
}

/// A company as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorTenant {
    /// `ten_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// Realm.
    pub realm: String,
    /// `active` or `suspended`.
    pub state: String,
    /// Active seats.
    pub seats: i64,
    /// Numbers.
    pub numbers: i64,
    /// Members.
    pub members: i64,
    /// Calls now.
    pub live_calls: i64,
    /// Calls that it may have at once.
    pub max_calls: i64,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Changes of a company; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorTenantPatch {
    /// `active` or `suspended`.
    pub state: Option<String>,
    /// Calls that it may have at once.
    pub max_calls: Option<i64>,
}

fn live(app: &App) -> Vec<patchbay_plane::LiveCall> {
    app.switch_if_up().map(|switch| switch.live(None)).unwrap_or_default()
}

/// Totals of the installation.
#[utoipa::path(get, path = "/v1/operator/overview", operation_id = "operator_overview", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = Overview)))]
pub async fn operator_overview(operator: Operator) -> Result<Json<Overview>, Problem> {
    let system = operator.read();
    let gateways = system.select::<gateway::Entity>().all().await?;
    let ports = system.select::<gateway_port::Entity>().all().await?;
    let count =
        |state: NumberState| system.select::<number::Entity>().is(number::Column::State, state.as_str()).count();
    let (retired, available) = (count(NumberState::Retired).await?, count(NumberState::Available).await?);
    let calls = live(&operator.app);
    Ok(Json(Overview {
        tenants: system.select::<tenant::Entity>().count().await? as i64,
        gateways: gateways.len() as i64,
        gateways_online: gateways.iter().filter(|row| row.light == Light::Online.as_str()).count() as i64,
        gateway_ports: ports.len() as i64,
        channels: ports.iter().filter(|port| port.enabled).map(|port| i64::from(port.channels)).sum(),
        channels_in_use: calls.iter().filter(|call| call.gateway_port.is_some()).count() as i64,
        numbers: (system.select::<number::Entity>().count().await? - retired) as i64,
        numbers_available: available as i64,
        live_calls: calls.len() as i64,
    }))
}

async fn tenants(operator: &Operator, only: Option<TenantId>) -> Result<Vec<OperatorTenant>, Problem> {
    let system = operator.read();
    let mut rows = system.select::<tenant::Entity>().order_by(tenant::Column::Name, Order::Asc);
    if let Some(id) = only {
        rows = rows.is(tenant::Column::Id, id.uuid());
    }
    let rows = rows.all().await?;
    let counts = system.tenant_counts().await?;
    let mut calls: BTreeMap<Uuid, i64> = BTreeMap::new();
    for call in live(&operator.app) {
        *calls.entry(call.tenant.uuid()).or_default() += 1;
    }
    let shown = rows.into_iter().map(|row| {
        let count = counts.iter().find(|count| count.tenant_id == row.id);
        OperatorTenant {
            id: TenantId::from_uuid(row.id).to_string(),
            seats: count.map_or(0, |count| count.seats),
            numbers: count.map_or(0, |count| count.numbers),
            members: count.map_or(0, |count| count.members),
            live_calls: calls.get(&row.id).copied().unwrap_or(0),
            max_calls: row.max_calls.into(),
            name: row.name,
            realm: row.realm,
            state: row.state,
            created_at: row.created_at,
        }
    });
    Ok(shown.collect())
}

/// All companies.
#[utoipa::path(get, path = "/v1/operator/tenants", operation_id = "operator_tenant_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [OperatorTenant])))]
pub async fn operator_tenant_list(operator: Operator) -> Result<Json<Vec<OperatorTenant>>, Problem> {
    Ok(Json(tenants(&operator, None).await?))
}

/// Suspend a company, take it up again, or change how many calls it may have at once.
#[utoipa::path(patch, path = "/v1/operator/tenants/{id}", operation_id = "operator_tenant_patch", tag = "operator",
    params(("id" = String, Path)), request_body = OperatorTenantPatch, security(("operator" = [])),
    responses((status = 200, body = OperatorTenant)))]
pub async fn operator_tenant_patch(
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(ask): Body<OperatorTenantPatch>,
) -> Result<Json<OperatorTenant>, Problem> {
    let mut check = Check::default();
    let known = ask.state.as_deref().is_none_or(|state| matches!(state, "active" | "suspended"));
    check.need(known, "state", "not_offered", "Either active or suspended.");
    check.need(
        ask.max_calls.is_none_or(|n| (1..=MOST_CALLS).contains(&n)),
        "max_calls",
        "range",
        "Between 1 and 10000.",
    );
    check.done()?;
    let tx = operator.write().await?;
    let mut change = tx.get::<tenant::Entity>(id.uuid()).await?.into_active_model();
    if let Some(state) = ask.state {
        change.state = Set(state);
    }
    if let Some(max_calls) = ask.max_calls.and_then(|n| i32::try_from(n).ok()) {
        change.max_calls = Set(max_calls);
    }
    let row = tx.update(change).await?;
    let mut tx = tx.enter(id).await?;
    let body = serde_json::json!({ "state": row.state, "max_calls": row.max_calls });
    tx.changed("company.standing_changed", "company", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(Json(tenants(&operator, Some(id)).await?.pop().or_404()?))
}

const MOST_CALLS: i64 = 10_000;

crate::resource!(operator_overview, operator_tenant_list, operator_tenant_patch);
