//! What an operator sees at a glance: totals, companies, calls.

use axum::Json;
use patchbay_tenancy::system::{gateway, gateway_port, number, tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{Light, NumberState};
use crate::kit::{app::App, operator::Operator, problem::Problem};

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

crate::resource!(operator_overview);
