//! Trying a flow out: the engine that runs calls plays a script, and nothing is changed.

use std::sync::Arc;

use axum::{Json, extract::DefaultBodyLimit};
use kernel::FlowId;
use patchbay_access::{Read, resource::of};
use patchbay_ivr::{
    Finding,
    sample::{MAX_ACTS, Script, Trace, play},
};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{bundle, draft, row::flow};
use crate::kit::{
    app::App,
    body::{Body, Check, Id},
    may::May,
    problem::{Or404, Problem},
};

/// A call to be played.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowTry {
    /// Everything that has happened so far. The whole call is played from its beginning each time.
    #[serde(default)]
    pub script: Script,
    /// A draft that is not saved; the saved one where absent.
    #[schema(value_type = Option<Object>)]
    pub draft: Option<Value>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowTried {
    /// The call, step by step.
    pub trace: Trace,
    /// What is wrong with what was played.
    pub findings: Vec<Finding>,
}

/// Play a call against the draft, saved or not: same engine as calls, no telephone, nothing is changed.
#[utoipa::path(post, path = "/v1/flows/{id}/simulate", operation_id = "flow_simulate", tag = "flows",
    params(("id" = String, Path)), request_body = FlowTry, security(("user" = ["flows:read"])),
    responses((status = 200, body = FlowTried)))]
pub async fn flow_simulate(
    may: May<Read<of::Flow>>,
    Id(id): Id<FlowId>,
    Body(ask): Body<FlowTry>,
) -> Result<Json<FlowTried>, Problem> {
    let mut check = Check::default();
    check.need(ask.script.acts.len() <= MAX_ACTS, "script/acts", "too_many", "At most 500 acts.");
    let moment = ask.script.at.is_empty() || patchbay_ivr::zone::moment_of(&ask.script.at).is_some();
    check.need(moment, "script/at", "invalid", "A time as RFC 3339 has it.");
    check.done()?;
    let tx = may.read().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    let graph = draft::read(ask.draft.as_ref().unwrap_or(&row.draft), "draft")?;
    let (bundle, findings) = bundle::gather(&tx, id, 0, graph).await?;
    let mut script = ask.script;
    if script.at.is_empty() {
        script.at = tx.at().format(&Rfc3339).unwrap_or_default();
    }
    Ok(Json(FlowTried { trace: play(Arc::new(bundle), &script), findings }))
}

/// This resource's routes with their documentation. Drafts are larger than other bodies.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(flow_simulate)).layer(DefaultBodyLimit::max(draft::BYTES_MOST))
}
