//! The operator's endpoints for gateway ports and lines. What they do is in `gateway_ports`.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{CallId, DialString, GatewayPortId, LineId};
use patchbay_kernel as kernel;
use patchbay_plane::{TestCallAsk, TestVerdict as Verdict, TestVerdictKind};
use patchbay_tenancy::system::gateway_port;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    gateway_ports::{GatewayPortPatch, LineNew, LinePatch, gateway_port_change, line_add, line_change, line_strike},
    gateway_routes::tell_switch,
    shapes::{GatewayPort, Line},
    view::View,
};
use crate::kit::{
    body::{Body, Id},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

/// A test call to place.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCallNew {
    /// What to dial; absent: the simulated carrier's echo number, where there is one.
    pub called: Option<String>,
}

/// What came of a test call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TestVerdict {
    /// `ok`, `not_registered`, `no_answer`, `busy`, `refused`, `no_audio_received`, `no_audio_sent`.
    pub key: String,
    /// In one English sentence, for logs; consoles put `key`, `cause` and `sip_code` into words.
    pub text: String,
    /// Why the call ended or was never placed, where that decided: a cause as in call records.
    pub cause: Option<String>,
    /// SIP status, when one decided.
    pub sip_code: Option<i64>,
    /// Step by step.
    pub steps: Vec<TestStep>,
}

/// One step of a test call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TestStep {
    /// Stable word.
    pub key: String,
    /// Passed.
    pub ok: bool,
    /// Milliseconds since the test began.
    pub ms: i64,
    /// In English, for logs.
    pub text: String,
}

/// Change a gateway port.
#[utoipa::path(patch, path = "/v1/operator/gateway-ports/{id}", operation_id = "operator_gateway_port_patch", tag = "operator",
    params(("id" = String, Path)), request_body = GatewayPortPatch, security(("operator" = [])),
    responses((status = 200, body = GatewayPort)))]
pub async fn operator_gateway_port_patch(
    operator: Operator,
    Id(id): Id<GatewayPortId>,
    Body(ask): Body<GatewayPortPatch>,
) -> Result<Json<GatewayPort>, Problem> {
    let system = operator.read();
    let rented = system.rentals().await?;
    let tx = operator.write().await?;
    gateway_port_change(&tx, id, &ask, &rented).await?;
    tx.commit().await?;
    tell_switch(&operator.app);
    let view = View { stock: &system, system: &system, capacity: operator.app.capacity.as_ref() };
    Ok(Json(view.gateway_port(id.uuid()).await?))
}

/// Place a test call through a gateway port and wait for its verdict, at most 40 seconds.
#[utoipa::path(post, path = "/v1/operator/gateway-ports/{id}/test-call", operation_id = "gateway_port_test_call",
    tag = "operator", params(("id" = String, Path)), request_body = TestCallNew, security(("operator" = [])),
    responses((status = 200, body = TestVerdict)))]
pub async fn gateway_port_test_call(
    operator: Operator,
    Id(id): Id<GatewayPortId>,
    Body(ask): Body<TestCallNew>,
) -> Result<Json<TestVerdict>, Problem> {
    let app = &operator.app;
    operator.read().find::<gateway_port::Entity>(id.uuid()).await?.or_404()?;
    let called = ask.called.filter(|text| !text.trim().is_empty()).or_else(|| app.lab().map(|lab| lab.echo_number()));
    let called = called.ok_or_else(|| Problem::field("called", "required", "Which number should be called?"))?;
    let dialled = called.parse::<DialString>();
    let dialled =
        dialled.map_err(|_| Problem::field("called", "not_dialable", "Digits, * and #, with or without a plus."))?;
    let call = CallId::new(app.now(), app.chance().as_mut());
    let order = TestCallAsk { call, gateway_port: id, called: dialled.as_str().to_owned(), code: None };
    let tx = operator.write().await?;
    let body = serde_json::json!({ "called": dialled.as_str(), "call": call.to_string() });
    tx.wrote("test_called", "gateway_port", &id.to_string(), body).await?;
    tx.commit().await?;
    let verdict = app.switch()?.test_call(order).await.map_err(Problem::internal)?;
    Ok(Json(told(verdict)))
}

fn told(verdict: Verdict) -> TestVerdict {
    let key = match verdict.key {
        TestVerdictKind::Ok => "ok",
        TestVerdictKind::NotRegistered => "not_registered",
        TestVerdictKind::NoAnswer => "no_answer",
        TestVerdictKind::Busy => "busy",
        TestVerdictKind::Refused => "refused",
        TestVerdictKind::NoAudioReceived => "no_audio_received",
        TestVerdictKind::NoAudioSent => "no_audio_sent",
        TestVerdictKind::CodeKeyed => "code_keyed",
        TestVerdictKind::WrongCode => "wrong_code",
        TestVerdictKind::NoCode => "no_code",
    };
    let steps = verdict.steps.into_iter().map(|step| TestStep {
        key: step.key,
        ok: step.ok,
        ms: i64::try_from(step.ms).unwrap_or(i64::MAX),
        text: step.text,
    });
    TestVerdict {
        key: key.into(),
        text: verdict.text,
        cause: verdict.cause.map(|cause| cause.code().to_owned()),
        sip_code: verdict.sip_code.map(Into::into),
        steps: steps.collect(),
    }
}

/// Add the line that arrives at a gateway port.
#[utoipa::path(post, path = "/v1/operator/lines", operation_id = "line_create", tag = "operator", request_body = LineNew,
    security(("operator" = [])), responses((status = 201, body = Line)))]
pub async fn line_create(operator: Operator, once: Once, Body(ask): Body<LineNew>) -> Result<Response, Problem> {
    let tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let line = line_add(&tx, &ask).await?;
    once.after(tx, &ask, StatusCode::CREATED, &line).await
}

/// Change a line.
#[utoipa::path(patch, path = "/v1/operator/lines/{id}", operation_id = "line_patch", tag = "operator",
    params(("id" = String, Path)), request_body = LinePatch, security(("operator" = [])),
    responses((status = 200, body = Line)))]
pub async fn line_patch(
    operator: Operator,
    Id(id): Id<LineId>,
    Body(ask): Body<LinePatch>,
) -> Result<Json<Line>, Problem> {
    let tx = operator.write().await?;
    let line = line_change(&tx, id, &ask).await?;
    tx.commit().await?;
    Ok(Json(line))
}

/// Remove a line that carries no company's number.
#[utoipa::path(delete, path = "/v1/operator/lines/{id}", operation_id = "line_remove", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn line_remove(operator: Operator, Id(id): Id<LineId>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    line_strike(&tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(operator_gateway_port_patch, gateway_port_test_call, line_create, line_patch, line_remove);
