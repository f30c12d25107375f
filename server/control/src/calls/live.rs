//! Calls that are up now.

use axum::Json;
use kernel::SeatId;
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane as plane;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::routes::seen_seats;
use crate::kit::{
    may::May,
    operator::Operator,
    problem::Problem,
    words::{Direction, LiveState},
};

/// A call that is up now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LiveCall {
    /// `call_..`
    pub call: String,
    /// Direction.
    pub direction: Direction,
    /// Where it stands.
    pub state: LiveState,
    /// Who dialled.
    pub caller: String,
    /// What was dialled.
    pub called: String,
    /// `seat_..`
    pub seat: Option<String>,
    /// `gwp_..`
    pub gateway_port: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

impl From<&plane::LiveCall> for LiveCall {
    fn from(of: &plane::LiveCall) -> Self {
        Self {
            call: of.call.to_string(),
            direction: match of.direction {
                plane::Direction::Inbound => Direction::Inbound,
                plane::Direction::Outbound => Direction::Outbound,
                plane::Direction::Internal => Direction::Internal,
                plane::Direction::Test => Direction::Test,
            },
            state: match of.state {
                plane::LiveState::Ringing => LiveState::Ringing,
                plane::LiveState::Talking => LiveState::Talking,
                plane::LiveState::Held => LiveState::Held,
                plane::LiveState::Reconnecting => LiveState::Reconnecting,
            },
            caller: of.caller.clone(),
            called: of.called.clone(),
            seat: of.seat.map(|id| id.to_string()),
            gateway_port: of.gateway_port.map(|id| id.to_string()),
            since: of.since.to_offset(),
        }
    }
}

/// Calls that are up now, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/calls/live", operation_id = "call_live", tag = "calls",
    security(("user" = ["calls:read"])), responses((status = 200, body = [LiveCall])))]
pub async fn call_live(may: May<Read<of::Call>>) -> Result<Json<Vec<LiveCall>>, Problem> {
    let seen = seen_seats(&may.read().await?).await?;
    let visible =
        |seat: Option<SeatId>| seen.as_ref().is_none_or(|seen| seat.is_some_and(|seat| seen.contains(&seat.uuid())));
    let up = may.app.switch_if_up().map(|switch| switch.live(Some(may.tenant()))).unwrap_or_default();
    Ok(Json(up.iter().filter(|live| visible(live.seat)).map(LiveCall::from).collect()))
}

/// All calls that are up now.
#[utoipa::path(get, path = "/v1/operator/live-calls", operation_id = "operator_live_calls", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [LiveCall])))]
pub async fn operator_live_calls(operator: Operator) -> Json<Vec<LiveCall>> {
    let up = operator.app.switch_if_up().map(|switch| switch.live(None)).unwrap_or_default();
    Json(up.iter().map(LiveCall::from).collect())
}

crate::resource!(call_live, operator_live_calls);
