//! Reason codes: why an agent takes no calls, as the company tells them apart.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{ReasonCodeId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::StoreError;
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::reason_code;
use crate::{
    agents::row::agent_state,
    kit::{
        body::{Body, Check, Id, nullable},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
};

/// Codes that a company may have.
const MOST: u64 = 50;

/// Why an agent takes no calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonCode {
    /// `rsn_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// Seconds after which it counts as too long; absent: never.
    pub longest_s: Option<i32>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A reason code to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReasonCodeNew {
    /// Name.
    pub name: String,
    /// 60 to 86,400.
    pub longest_s: Option<i32>,
}

/// Changes of a reason code; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ReasonCodePatch {
    /// Name.
    pub name: Option<String>,
    /// 60 to 86,400; `null`: never too long.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    pub longest_s: Option<Option<i32>>,
}

/// All reason codes by name.
#[utoipa::path(get, path = "/v1/reason-codes", operation_id = "reason_code_list", tag = "queues",
    security(("user" = ["queues:read"])), responses((status = 200, body = [ReasonCode])))]
pub async fn reason_code_list(may: May<Read<of::Queue>>) -> Result<Json<Vec<ReasonCode>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<reason_code::Entity>().order_by(reason_code::Column::Name, Order::Asc).all().await?;
    Ok(Json(rows.into_iter().map(show).collect()))
}

/// Make a reason code.
#[utoipa::path(post, path = "/v1/reason-codes", operation_id = "reason_code_create", tag = "queues",
    request_body = ReasonCodeNew, security(("user" = ["queues:write"])), responses((status = 201, body = ReasonCode)))]
pub async fn reason_code_create(
    may: May<Write<of::Queue>>,
    once: Once,
    Body(ask): Body<ReasonCodeNew>,
) -> Result<Response, Problem> {
    checked(Some(&ask.name), ask.longest_s)?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<reason_code::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} reason codes.")));
    }
    let id = ReasonCodeId::from_uuid(tx.new_id());
    let row = reason_code::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        longest_s: Set(ask.longest_s),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    let body = serde_json::json!({ "name": row.name });
    tx.changed("reason_code.created", "reason_code", &id.to_string(), body).await?;
    once.after(tx, &ask, StatusCode::CREATED, &show(row)).await
}

/// Rename a reason code, or say how long is too long.
#[utoipa::path(patch, path = "/v1/reason-codes/{id}", operation_id = "reason_code_patch", tag = "queues",
    params(("id" = String, Path)), request_body = ReasonCodePatch, security(("user" = ["queues:write"])),
    responses((status = 200, body = ReasonCode)))]
pub async fn reason_code_patch(
    may: May<Write<of::Queue>>,
    Id(id): Id<ReasonCodeId>,
    Body(ask): Body<ReasonCodePatch>,
) -> Result<Json<ReasonCode>, Problem> {
    checked(ask.name.as_deref(), ask.longest_s.flatten())?;
    let mut tx = may.write().await?;
    let mut change = tx.find::<reason_code::Entity>(id.uuid()).await?.or_404()?.into_active_model();
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    ask.longest_s.into_iter().for_each(|value| change.longest_s = Set(value));
    let row = tx.update(change).await.map_err(taken)?;
    let body = serde_json::json!({ "name": row.name });
    tx.changed("reason_code.updated", "reason_code", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(Json(show(row)))
}

/// Remove a reason code. Whoever is away for it stays away.
#[utoipa::path(delete, path = "/v1/reason-codes/{id}", operation_id = "reason_code_remove", tag = "queues",
    params(("id" = String, Path)), security(("user" = ["queues:write"])), responses((status = 204)))]
pub async fn reason_code_remove(may: May<Write<of::Queue>>, Id(id): Id<ReasonCodeId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<reason_code::Entity>(id.uuid()).await?.or_404()?;
    let nobody = vec![(agent_state::Column::ReasonId, Expr::value(None::<Uuid>))];
    tx.update_many::<agent_state::Entity>(nobody, agent_state::Column::ReasonId.eq(row.id)).await?;
    tx.delete::<reason_code::Entity>(row.id).await?;
    let body = serde_json::json!({ "name": row.name });
    tx.changed("reason_code.removed", "reason_code", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(name: Option<&str>, longest_s: Option<i32>) -> Result<(), Problem> {
    let mut check = Check::default();
    name.into_iter().for_each(|name| check.name(name, "name"));
    let holds = longest_s.is_none_or(|seconds| (60..=86_400).contains(&seconds));
    check.need(holds, "longest_s", "out_of_range", "From 60 to 86400.");
    check.done()
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A reason code of this name is there already."),
        other => other.into(),
    }
}

fn show(row: reason_code::Model) -> ReasonCode {
    ReasonCode {
        id: ReasonCodeId::from_uuid(row.id).to_string(),
        name: row.name,
        longest_s: row.longest_s,
        created_at: row.created_at,
    }
}

crate::resource!(reason_code_list, reason_code_create, reason_code_patch, reason_code_remove);
