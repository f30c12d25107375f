//! Saving a draft: whoever saves names the revision that they saw, and hears who was quicker.

use axum::{Json, extract::DefaultBodyLimit};
use kernel::{FlowId, UserId};
use patchbay_access::{Write, resource::of};
use patchbay_ivr::{Graph, sample::Sample};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    routes::taken,
    row::flow,
    uses,
    view::{Flow, whole},
};
use crate::kit::{
    app::App,
    body::{Body, Check, Id},
    may::May,
    problem::{FieldError, Or404, Problem},
};

/// The largest draft with its sample calls.
pub(super) const BYTES_MOST: usize = 1024 * 1024;
/// Sample calls of a flow.
const SAMPLES_MOST: usize = 100;

/// Changes of a flow; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowPatch {
    /// Name.
    pub name: Option<String>,
    /// The whole draft, in the form of the flow's documentation.
    #[schema(value_type = Option<Object>)]
    pub draft: Option<Value>,
    /// All sample calls.
    pub samples: Option<Vec<Sample>>,
    /// The revision that this was made from; needed with a draft or sample calls.
    pub revision: Option<i64>,
}

/// Rename a flow, or save its draft and sample calls. 409 `flow_changed` when somebody saved since that revision.
#[utoipa::path(patch, path = "/v1/flows/{id}", operation_id = "flow_patch", tag = "flows", params(("id" = String, Path)),
    request_body = FlowPatch, security(("user" = ["flows:write"])), responses((status = 200, body = Flow)))]
pub async fn flow_patch(
    may: May<Write<of::Flow>>,
    Id(id): Id<FlowId>,
    Body(ask): Body<FlowPatch>,
) -> Result<Json<Flow>, Problem> {
    let saves = ask.draft.is_some() || ask.samples.is_some();
    let draft = ask.draft.as_ref().map(|draft| read(draft, "draft")).transpose()?;
    checked(&ask, saves)?;
    let mut tx = may.write().await?;
    tx.take_turn().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    if saves && ask.revision != Some(row.revision.into()) {
        let other = may.app.database.system().users(&[UserId::from_uuid(row.changed_by)]).await?;
        let other = other.first().map_or("Somebody", |user| user.name.as_str());
        return Err(Problem::conflict("flow_changed", format!("{other} saved this flow since you opened it.")));
    }
    let revision = row.revision;
    let (changed_by, changed_at) = (may.caller.user.uuid(), tx.at());
    let mut change = row.into_active_model();
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    draft.iter().for_each(|graph| change.draft = Set(graph.write()));
    if let Some(samples) = &ask.samples {
        change.samples = Set(serde_json::to_value(samples).map_err(Problem::internal)?);
    }
    if saves {
        change.revision = Set(revision + 1);
        change.changed_by = Set(changed_by);
        change.changed_at = Set(changed_at);
    }
    let row = tx.update(change).await.map_err(taken)?;
    uses::write(&tx, &row).await?;
    let body = serde_json::json!({ "name": row.name, "revision": row.revision });
    tx.changed("flow.updated", "flow", &id.to_string(), body).await?;
    tx.commit().await?;
    // Judged with the writer free: a large flow with a hundred sample calls takes its time.
    let out = whole(&may.app, &may.read().await?, row).await?;
    Ok(Json(out))
}

/// A graph, or every place of it that cannot be read.
pub(super) fn read(json: &Value, field: &str) -> Result<Graph, Problem> {
    Graph::read(json).map_err(|unreadable| {
        let error = |one: patchbay_ivr::Unreadable| FieldError {
            field: format!("{field}{}", one.at),
            code: "unreadable".into(),
            text: one.why,
        };
        Problem::invalid(unreadable.into_iter().map(error).collect())
    })
}

fn checked(ask: &FlowPatch, saves: bool) -> Result<(), Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    check.need(!saves || ask.revision.is_some(), "revision", "required", "Say which revision this was made from.");
    let samples = ask.samples.as_deref().unwrap_or_default();
    check.need(samples.len() <= SAMPLES_MOST, "samples", "too_many", "At most 100 sample calls.");
    for (at, sample) in samples.iter().enumerate() {
        check.name(&sample.name, &format!("samples/{at}/name"));
        let alone = samples[..at].iter().all(|other| other.name.trim() != sample.name.trim());
        check.need(alone, &format!("samples/{at}/name"), "duplicate", "Two sample calls have this name.");
        let few = sample.script.acts.len() <= patchbay_ivr::sample::MAX_ACTS;
        check.need(few, &format!("samples/{at}/script/acts"), "too_many", "At most 500 acts.");
        let at_text = &sample.script.at;
        let moment = at_text.is_empty() || patchbay_ivr::zone::moment_of(at_text).is_some();
        check.need(moment, &format!("samples/{at}/script/at"), "invalid", "A time as RFC 3339 has it.");
    }
    check.done()
}

/// This resource's routes with their documentation. Drafts are larger than other bodies.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(flow_patch)).layer(DefaultBodyLimit::max(BYTES_MOST))
}
