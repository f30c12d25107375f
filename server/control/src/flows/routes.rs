//! Flows over HTTP: the list, making one, looking at one, removing one.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{FlowId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, system::tenant};
use sea_orm::{ActiveValue::Set, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    row::{flow, flow_version},
    starter::{self, FlowStarter},
    uses,
    view::{Around, Flow, FlowSummary, whole},
};
use crate::{
    inventory::numbers::row as tenant_number,
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
};

/// Flows that a company may have.
const MOST: u64 = 200;

/// A flow to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FlowNew {
    /// Name, unique in the company.
    pub name: String,
    /// What its draft begins with; nothing where absent.
    pub starter: Option<FlowStarter>,
}

/// All flows by name.
#[utoipa::path(get, path = "/v1/flows", operation_id = "flow_list", tag = "flows",
    security(("user" = ["flows:read"])), responses((status = 200, body = [FlowSummary])))]
pub async fn flow_list(may: May<Read<of::Flow>>) -> Result<Json<Vec<FlowSummary>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<flow::Entity>().order_by(flow::Column::Name, Order::Asc).all().await?;
    let mut live: BTreeMap<Uuid, serde_json::Value> = BTreeMap::new();
    for row in &rows {
        live.extend(super::view::live_graph(&tx, row).await?.map(|graph| (row.id, graph)));
    }
    let around = Around::of(&may.app, &tx, rows.iter().map(|row| row.changed_by)).await?;
    Ok(Json(rows.iter().map(|row| around.summary(row, live.get(&row.id))).collect()))
}

/// One flow with its draft, its sample calls and what is to be said of both.
#[utoipa::path(get, path = "/v1/flows/{id}", operation_id = "flow_get", tag = "flows", params(("id" = String, Path)),
    security(("user" = ["flows:read"])), responses((status = 200, body = Flow)))]
pub async fn flow_get(may: May<Read<of::Flow>>, Id(id): Id<FlowId>) -> Result<Json<Flow>, Problem> {
    let tx = may.read().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(whole(&may.app, &tx, row).await?))
}

/// Make a flow. Its draft is in the company's language and time zone.
#[utoipa::path(post, path = "/v1/flows", operation_id = "flow_create", tag = "flows", request_body = FlowNew,
    security(("user" = ["flows:write"])), responses((status = 201, body = Flow)))]
pub async fn flow_create(may: May<Write<of::Flow>>, once: Once, Body(ask): Body<FlowNew>) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.name(&ask.name, "name");
    check.done()?;
    let company = may.app.database.system().find::<tenant::Entity>(may.tenant().uuid()).await?.or_404()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<flow::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} flows.")));
    }
    let id = FlowId::from_uuid(tx.new_id());
    let row = flow::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        draft: Set(starter::draft(ask.starter.unwrap_or(FlowStarter::Blank), &company.locale, &company.timezone)),
        samples: Set(serde_json::json!([])),
        revision: Set(1),
        changed_by: Set(may.caller.user.uuid()),
        changed_at: Set(tx.at()),
        live: Set(None),
        versions: Set(0),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    tx.changed("flow.created", "flow", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let out = whole(&may.app, &tx, row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Remove a flow with its versions. Numbers that lead to it and live flows that go to it stand in the way.
#[utoipa::path(delete, path = "/v1/flows/{id}", operation_id = "flow_remove", tag = "flows", params(("id" = String, Path)),
    security(("user" = ["flows:write"])), responses((status = 204)))]
pub async fn flow_remove(may: May<Write<of::Flow>>, Id(id): Id<FlowId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<flow::Entity>(id.uuid()).await?.or_404()?;
    let bound = tx.select::<tenant_number::Entity>().is(tenant_number::Column::FlowId, row.id).one().await?;
    if let Some(number) = bound {
        let text = format!("{} leads to this flow. Send its calls elsewhere first.", number.e164);
        return Err(Problem::conflict("flow_in_use", text));
    }
    if let Some(other) = uses::live_user(&tx, "flow", &id.to_string(), Some(id)).await? {
        return Err(Problem::conflict("flow_in_use", format!("The flow \"{other}\" goes to this one.")));
    }
    uses::forget(&tx, row.id).await?;
    tx.delete_many::<flow_version::Entity>(sea_orm::ColumnTrait::eq(&flow_version::Column::FlowId, row.id)).await?;
    tx.delete::<flow::Entity>(row.id).await?;
    tx.changed("flow.removed", "flow", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Two flows have one name.
pub(super) fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A flow of this name is there already."),
        other => other.into(),
    }
}

crate::resource!(flow_list, flow_create, flow_get, flow_remove);
