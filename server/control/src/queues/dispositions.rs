//! Dispositions: what came of a call, as agents of a queue, or of all, tell it.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{DispositionId, QueueId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{disposition, queue};
use crate::kit::{
    body::{Body, Check, Id, nullable},
    may::May,
    once::Once,
    problem::{Or404, Problem},
};

/// Dispositions that a company may have.
const MOST: u64 = 200;

/// What came of a call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Disposition {
    /// `dsp_..`
    pub id: String,
    /// Name, unique in its queue.
    pub name: String,
    /// `que_..` in which it is offered; absent: in all.
    pub queue: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A disposition to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DispositionNew {
    /// Name.
    pub name: String,
    /// `que_..`
    #[schema(value_type = Option<String>)]
    pub queue: Option<QueueId>,
}

/// Changes of a disposition; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct DispositionPatch {
    /// Name.
    pub name: Option<String>,
    /// `que_..`; `null`: in all queues.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub queue: Option<Option<QueueId>>,
}

/// All dispositions by name.
#[utoipa::path(get, path = "/v1/dispositions", operation_id = "disposition_list", tag = "queues",
    security(("user" = ["queues:read"])), responses((status = 200, body = [Disposition])))]
pub async fn disposition_list(may: May<Read<of::Queue>>) -> Result<Json<Vec<Disposition>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<disposition::Entity>().order_by(disposition::Column::Name, Order::Asc).all().await?;
    Ok(Json(rows.into_iter().map(show).collect()))
}

/// Make a disposition.
#[utoipa::path(post, path = "/v1/dispositions", operation_id = "disposition_create", tag = "queues",
    request_body = DispositionNew, security(("user" = ["queues:write"])), responses((status = 201, body = Disposition)))]
pub async fn disposition_create(
    may: May<Write<of::Queue>>,
    once: Once,
    Body(ask): Body<DispositionNew>,
) -> Result<Response, Problem> {
    checked(Some(&ask.name))?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<disposition::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} dispositions.")));
    }
    let id = DispositionId::from_uuid(tx.new_id());
    let row = disposition::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        queue_id: Set(of_queue(&tx, ask.queue).await?),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    tell(&mut tx, "disposition.created", &row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &show(row)).await
}

/// Rename a disposition, or say where it is offered.
#[utoipa::path(patch, path = "/v1/dispositions/{id}", operation_id = "disposition_patch", tag = "queues",
    params(("id" = String, Path)), request_body = DispositionPatch, security(("user" = ["queues:write"])),
    responses((status = 200, body = Disposition)))]
pub async fn disposition_patch(
    may: May<Write<of::Queue>>,
    Id(id): Id<DispositionId>,
    Body(ask): Body<DispositionPatch>,
) -> Result<Json<Disposition>, Problem> {
    checked(ask.name.as_deref())?;
    let mut tx = may.write().await?;
    let mut change = tx.find::<disposition::Entity>(id.uuid()).await?.or_404()?.into_active_model();
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    if let Some(queue) = ask.queue {
        change.queue_id = Set(of_queue(&tx, queue).await?);
    }
    let row = tx.update(change).await.map_err(taken)?;
    tell(&mut tx, "disposition.updated", &row).await?;
    tx.commit().await?;
    Ok(Json(show(row)))
}

/// Remove a disposition. Calls that have it keep its name.
#[utoipa::path(delete, path = "/v1/dispositions/{id}", operation_id = "disposition_remove", tag = "queues",
    params(("id" = String, Path)), security(("user" = ["queues:write"])), responses((status = 204)))]
pub async fn disposition_remove(may: May<Write<of::Queue>>, Id(id): Id<DispositionId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<disposition::Entity>(id.uuid()).await?.or_404()?;
    tx.delete::<disposition::Entity>(row.id).await?;
    tell(&mut tx, "disposition.removed", &row).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tell(tx: &mut TenantTx, kind: &'static str, row: &disposition::Model) -> Result<(), Problem> {
    let id = DispositionId::from_uuid(row.id).to_string();
    let queue = row.queue_id.map(|id| QueueId::from_uuid(id).to_string());
    Ok(tx.changed(kind, "disposition", &id, serde_json::json!({ "name": row.name, "queue": queue })).await?)
}

async fn of_queue(tx: &TenantTx, wished: Option<QueueId>) -> Result<Option<Uuid>, Problem> {
    let Some(id) = wished else { return Ok(None) };
    let unknown = || Problem::field("queue", "unknown_queue", "There is no such queue.");
    tx.find::<queue::Entity>(id.uuid()).await?.map(|row| Some(row.id)).ok_or_else(unknown)
}

fn checked(name: Option<&str>) -> Result<(), Problem> {
    let mut check = Check::default();
    name.into_iter().for_each(|name| check.name(name, "name"));
    check.done()
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A disposition of this name is there already."),
        other => other.into(),
    }
}

fn show(row: disposition::Model) -> Disposition {
    Disposition {
        id: DispositionId::from_uuid(row.id).to_string(),
        name: row.name,
        queue: row.queue_id.map(|id| QueueId::from_uuid(id).to_string()),
        created_at: row.created_at,
    }
}

crate::resource!(disposition_list, disposition_create, disposition_patch, disposition_remove);
