//! Publishing a draft, looking at versions, rolling back.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{FlowId, FlowVersionId};
use patchbay_access::{Read, Write, resource::of};
use patchbay_ivr::{Graph, Severity, diff::Difference};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    bundle::{self, Judged},
    row::{flow, flow_version},
    uses,
    view::{Around, Flow, FlowVersion, live_graph, whole},
};
use crate::kit::{
    body::{Body, Check, Id},
    may::May,
    once::Once,
    problem::{Or404, Problem},
};

/// The longest note.
const NOTE_MOST: usize = 500;

/// Which draft is published, and what is said of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FlowPublish {
    /// The revision that was looked at.
    pub revision: i64,
    /// For those who come later; may be empty.
    #[serde(default)]
    pub note: String,
}

/// A version with what was drawn.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowVersionWhole {
    /// What lists show.
    #[serde(flatten)]
    pub version: FlowVersion,
    /// The flow, in the form of its documentation.
    #[schema(value_type = Object)]
    pub graph: Value,
}

/// Publish the draft: calls that begin from now on run it. Refused while something is wrong with it (409 `flow_not_sound`) or a
/// sample call fails (409 `sample_call_fails`).
#[utoipa::path(post, path = "/v1/flows/{id}/publish", operation_id = "flow_publish", tag = "flows",
    params(("id" = String, Path)), request_body = FlowPublish, security(("user" = ["flows:write"])),
    responses((status = 201, body = FlowVersion)))]
pub async fn flow_publish(
    may: May<Write<of::Flow>>,
    once: Once,
    Id(id): Id<FlowId>,
    Body(ask): Body<FlowPublish>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.need(ask.note.chars().count() <= NOTE_MOST, "note", "too_long", "At most 500 characters.");
    check.done()?;
    // Judged before the writer is taken: a large flow with a hundred sample calls takes its time.
    let reading = may.read().await?;
    let draft = reading.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    let judged = match ask.revision == i64::from(draft.revision) {
        true => Some(bundle::judge(&reading, &draft).await?),
        false => None,
    };
    drop(reading);
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    tx.take_turn().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    let judged = judged.filter(|_| ask.revision == i64::from(row.revision));
    let changed = || Problem::conflict("flow_changed", "The draft was saved since you looked at it.");
    let judged = judged.ok_or_else(changed)?;
    refused(&judged)?;
    let before = live_graph(&tx, &row).await?.and_then(|graph| Graph::read(&graph).ok());
    let difference = Difference::between(before.as_ref(), &judged.graph);
    let number = row.versions + 1;
    let version = flow_version::ActiveModel {
        id: Set(tx.new_id()),
        flow_id: Set(row.id),
        number: Set(number),
        graph: Set(row.draft.clone()),
        note: Set(ask.note.trim().to_owned()),
        difference: Set(serde_json::to_value(&difference).map_err(Problem::internal)?),
        published_by: Set(may.caller.user.uuid()),
        published_at: Set(tx.at()),
        ..Default::default()
    };
    let version = tx.insert(version).await?;
    let name = row.name.clone();
    let mut change = row.into_active_model();
    change.versions = Set(number);
    change.live = Set(Some(number));
    let row = tx.update(change).await?;
    uses::write(&tx, &row).await?;
    let body = json!({ "name": name, "version": number, "note": version.note });
    tx.changed("flow.published", "flow", &id.to_string(), body).await?;
    let around = Around::of(&may.app, &tx, [version.published_by].into_iter()).await?;
    let out = around.version(&version, Some(number));
    let answer = once.after(tx, &ask, StatusCode::CREATED, &out).await?;
    // Its texts are spoken before the first caller waits for them. A node that routes no calls does so when one comes.
    if let Ok(directory) = may.app.directory() {
        directory.make_ready(may.tenant(), &judged.bundle);
    }
    Ok(answer)
}

fn refused(judged: &Judged) -> Result<(), Problem> {
    let errors = judged.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        let first = judged.findings.first().and_then(|finding| finding.node.clone());
        let place = first.map_or_else(|| "in the flow itself".to_owned(), |node| format!("at the step {node}"));
        let text = match errors {
            1 => format!("One error stands in the way, {place}."),
            errors => format!("{errors} errors stand in the way, the first {place}."),
        };
        return Err(Problem::conflict("flow_not_sound", text));
    }
    match judged.verdicts.iter().find(|verdict| !verdict.faults.is_empty()) {
        Some(verdict) => {
            Err(Problem::conflict("sample_call_fails", format!("The sample call \"{}\" fails.", verdict.name)))
        }
        None => Ok(()),
    }
}

/// Versions of a flow, newest first.
#[utoipa::path(get, path = "/v1/flows/{id}/versions", operation_id = "flow_versions", tag = "flows",
    params(("id" = String, Path)), security(("user" = ["flows:read"])), responses((status = 200, body = [FlowVersion])))]
pub async fn flow_versions(may: May<Read<of::Flow>>, Id(id): Id<FlowId>) -> Result<Json<Vec<FlowVersion>>, Problem> {
    let tx = may.read().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    let versions = tx.select::<flow_version::Entity>().is(flow_version::Column::FlowId, row.id);
    let versions = versions.order_by(flow_version::Column::Number, Order::Desc).limit(500).all().await?;
    let around = Around::of(&may.app, &tx, versions.iter().map(|version| version.published_by)).await?;
    Ok(Json(versions.iter().map(|version| around.version(version, row.live)).collect()))
}

/// One version with what was drawn.
#[utoipa::path(get, path = "/v1/flow-versions/{id}", operation_id = "flow_version_get", tag = "flows",
    params(("id" = String, Path)), security(("user" = ["flows:read"])), responses((status = 200, body = FlowVersionWhole)))]
pub async fn flow_version_get(
    may: May<Read<of::Flow>>,
    Id(id): Id<FlowVersionId>,
) -> Result<Json<FlowVersionWhole>, Problem> {
    let tx = may.read().await?;
    let version = tx.find::<flow_version::Entity>(id.uuid()).await?.or_404()?;
    let live = tx.find::<flow::Entity>(version.flow_id).await?.or_404()?.live;
    let around = Around::of(&may.app, &tx, [version.published_by].into_iter()).await?;
    Ok(Json(FlowVersionWhole { version: around.version(&version, live), graph: version.graph }))
}

/// Go back, or forth, to a version: calls that begin from now on run it. The draft stays as it is.
#[utoipa::path(post, path = "/v1/flow-versions/{id}/roll-back", operation_id = "flow_roll_back", tag = "flows",
    params(("id" = String, Path)), security(("user" = ["flows:write"])), responses((status = 200, body = Flow)))]
pub async fn flow_roll_back(may: May<Write<of::Flow>>, Id(id): Id<FlowVersionId>) -> Result<Json<Flow>, Problem> {
    let mut tx = may.write().await?;
    let version = tx.find::<flow_version::Entity>(id.uuid()).await?.or_404()?;
    let mut change = tx.find::<flow::Entity>(version.flow_id).await?.or_404()?.into_active_model();
    change.live = Set(Some(version.number));
    let row = tx.update(change).await?;
    uses::write(&tx, &row).await?;
    let body = json!({ "name": row.name, "version": version.number });
    tx.changed("flow.rolled_back", "flow", &FlowId::from_uuid(row.id).to_string(), body).await?;
    let out = whole(&may.app, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

crate::resource!(flow_publish, flow_versions, flow_version_get, flow_roll_back);
