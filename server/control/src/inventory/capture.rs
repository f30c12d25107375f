//! The SIP of one gateway for some minutes, as a file for packet tools.

use std::net::SocketAddr;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::{GatewayId, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{CaptureAsk, CaptureState, Observer};
use patchbay_tenancy::system::{gateway, gateway_port};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::kit::{
    body::{Body, Id},
    operator::Operator,
    problem::{Or404, Problem},
};

/// Longest capture, in minutes.
const LONGEST: i64 = 60;

/// A capture to begin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureNew {
    /// For so many minutes, 1 to 60.
    pub minutes: i64,
}

/// How the capture of a gateway stands. It is kept in the memory of the node that was asked, for an hour after its end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayCapture {
    /// Messages are being caught.
    pub running: bool,
    /// Until when; absent: there was none lately.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// Messages caught.
    pub packets: i64,
    /// Messages that found no room: the file was full.
    pub left_out: i64,
    /// Bytes of the file.
    pub bytes: i64,
}

fn told(state: Option<CaptureState>, now: Wall) -> GatewayCapture {
    let count = |n: u32| i64::from(n);
    GatewayCapture {
        running: state.is_some_and(|state| state.until > now),
        until: state.map(|state| state.until.to_offset()),
        packets: state.map_or(0, |state| count(state.packets)),
        left_out: state.map_or(0, |state| count(state.left_out)),
        bytes: state.map_or(0, |state| i64::try_from(state.bytes).unwrap_or(i64::MAX)),
    }
}

fn observer(operator: &Operator) -> Result<&dyn Observer, Problem> {
    let missing = || Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy", "This node is just starting.");
    operator.app.observer().ok_or_else(missing)
}

/// How the capture of a gateway stands.
#[utoipa::path(get, path = "/v1/operator/gateways/{id}/capture", operation_id = "gateway_capture", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = GatewayCapture)))]
pub async fn gateway_capture(operator: Operator, Id(id): Id<GatewayId>) -> Result<Json<GatewayCapture>, Problem> {
    operator.read().find::<gateway::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(told(observer(&operator)?.capture(id), operator.app.now())))
}

/// Catch the SIP of a gateway for some minutes, in place of what was caught before. Credentials, keys and dialled digits are
/// masked. A gateway is known by its addresses and its SIP accounts.
#[utoipa::path(post, path = "/v1/operator/gateways/{id}/capture", operation_id = "gateway_capture_begin", tag = "operator",
    params(("id" = String, Path)), request_body = CaptureNew, security(("operator" = [])),
    responses((status = 200, body = GatewayCapture)))]
pub async fn gateway_capture_begin(
    operator: Operator,
    Id(id): Id<GatewayId>,
    Body(ask): Body<CaptureNew>,
) -> Result<Json<GatewayCapture>, Problem> {
    if !(1..=LONGEST).contains(&ask.minutes) {
        return Err(Problem::field("minutes", "range", "Between 1 and 60."));
    }
    let system = operator.read();
    let row = system.find::<gateway::Entity>(id.uuid()).await?.or_404()?;
    let ports = system.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, row.id).all().await?;
    let accounts = row.username.clone().into_iter().chain(ports.into_iter().filter_map(|port| port.username));
    let now = operator.app.now();
    let wanted = CaptureAsk {
        until: now.plus_s(ask.minutes * 60),
        addresses: addresses(&operator, id, &row),
        accounts: accounts.collect(),
    };
    let observer = observer(&operator)?;
    if !observer.capture_begin(id, wanted) {
        return Err(Problem::conflict("too_many_captures", "Four captures run already: end one first."));
    }
    let tx = operator.write().await?;
    let said = serde_json::json!({ "minutes": ask.minutes });
    tx.wrote("captured", "gateway", &id.uuid().to_string(), said).await?;
    tx.commit().await?;
    Ok(Json(told(observer.capture(id), now)))
}

/// Where the box is: as calls from it are judged, and as its row says.
fn addresses(operator: &Operator, id: GatewayId, row: &gateway::Model) -> Vec<SocketAddr> {
    let udp_port = row.udp_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0).unwrap_or(5060);
    let written = row.host.as_ref().and_then(|host| host.parse().ok()).map(|ip| SocketAddr::new(ip, udp_port));
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let known = operator.app.switch().map(|switch| switch.speaker(nowhere, &row.transport, "").neighbours);
    let known = known.unwrap_or_default().into_iter().filter(|one| one.gateway == id).flat_map(|one| one.addresses);
    written.into_iter().chain(known).collect()
}

/// End the capture of a gateway before its time; what was caught stays for an hour.
#[utoipa::path(delete, path = "/v1/operator/gateways/{id}/capture", operation_id = "gateway_capture_end", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = GatewayCapture)))]
pub async fn gateway_capture_end(operator: Operator, Id(id): Id<GatewayId>) -> Result<Json<GatewayCapture>, Problem> {
    let observer = observer(&operator)?;
    if !observer.capture_end(id) {
        return Err(Problem::not_found());
    }
    let tx = operator.write().await?;
    tx.wrote("capture_ended", "gateway", &id.uuid().to_string(), serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(Json(told(observer.capture(id), operator.app.now())))
}

/// What was caught, in the libpcap format. What came over TCP or TLS is shown as UDP; addresses are the real ones. That it was
/// fetched is a line of the operators' log.
#[utoipa::path(get, path = "/v1/operator/gateways/{id}/capture/file", operation_id = "gateway_capture_file", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])),
    responses((status = 200, content_type = "application/vnd.tcpdump.pcap", body = String)))]
pub async fn gateway_capture_file(operator: Operator, Id(id): Id<GatewayId>) -> Result<Response, Problem> {
    let file = observer(&operator)?.capture_file(id).or_404()?;
    let tx = operator.write().await?;
    let said = serde_json::json!({ "bytes": file.len() });
    tx.wrote("capture_fetched", "gateway", &id.uuid().to_string(), said).await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.tcpdump.pcap")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"gateway.pcap\"")),
    ];
    Ok((headers, file).into_response())
}

crate::resource!(gateway_capture, gateway_capture_begin, gateway_capture_end, gateway_capture_file);
