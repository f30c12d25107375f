//! Prompts over HTTP: the list, making, renaming, removing and bringing back.

use axum::{Json, http::StatusCode, response::Response};
use kernel::PromptId;
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    row::{prompt, prompt_audio, prompt_use},
    sound,
    view::{Prompt, show, shown},
};
use crate::kit::{
    body::{Body, Check, Id},
    may::May,
    once::Once,
    problem::{Or404, Problem},
};

/// Prompts that a company may have.
const MOST: u64 = 500;
/// A removed prompt can be brought back for so many days.
const KEPT_DAYS: i64 = 30;

/// A prompt to be made; its sounds come afterwards.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PromptNew {
    /// Name.
    pub name: String,
}

/// Changes of a prompt; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct PromptPatch {
    /// Name.
    pub name: Option<String>,
}

/// All prompts by name.
#[utoipa::path(get, path = "/v1/prompts", operation_id = "prompt_list", tag = "prompts",
    security(("user" = ["prompts:read"])), responses((status = 200, body = [Prompt])))]
pub async fn prompt_list(may: May<Read<of::Prompt>>) -> Result<Json<Vec<Prompt>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<prompt::Entity>().filter(prompt::Column::RemovedAt.is_null());
    let rows = rows.order_by(prompt::Column::Name, Order::Asc).all().await?;
    Ok(Json(show(&tx, rows).await?))
}

/// One prompt.
#[utoipa::path(get, path = "/v1/prompts/{id}", operation_id = "prompt_get", tag = "prompts", params(("id" = String, Path)),
    security(("user" = ["prompts:read"])), responses((status = 200, body = Prompt)))]
pub async fn prompt_get(may: May<Read<of::Prompt>>, Id(id): Id<PromptId>) -> Result<Json<Prompt>, Problem> {
    let tx = may.read().await?;
    let row = present(&tx, id).await?;
    Ok(Json(shown(&tx, row).await?))
}

/// Make a prompt.
#[utoipa::path(post, path = "/v1/prompts", operation_id = "prompt_create", tag = "prompts", request_body = PromptNew,
    security(("user" = ["prompts:write"])), responses((status = 201, body = Prompt)))]
pub async fn prompt_create(
    may: May<Write<of::Prompt>>,
    once: Once,
    Body(ask): Body<PromptNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.name(&ask.name, "name");
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let id = PromptId::from_uuid(tx.new_id());
    tx.changed("prompt.created", "prompt", &id.to_string(), serde_json::json!({ "name": ask.name.trim() })).await?;
    if tx.select::<prompt::Entity>().filter(prompt::Column::RemovedAt.is_null()).count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} prompts.")));
    }
    let row = prompt::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        created_at: Set(tx.at()),
        updated_at: Set(tx.at()),
        removed_at: Set(None),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    let out = shown(&tx, row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Rename a prompt.
#[utoipa::path(patch, path = "/v1/prompts/{id}", operation_id = "prompt_patch", tag = "prompts",
    params(("id" = String, Path)), request_body = PromptPatch, security(("user" = ["prompts:write"])),
    responses((status = 200, body = Prompt)))]
pub async fn prompt_patch(
    may: May<Write<of::Prompt>>,
    Id(id): Id<PromptId>,
    Body(ask): Body<PromptPatch>,
) -> Result<Json<Prompt>, Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    check.done()?;
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    tx.changed("prompt.updated", "prompt", &id.to_string(), serde_json::json!({ "name": ask.name })).await?;
    let mut change = row.into_active_model();
    change.updated_at = Set(tx.at());
    ask.name.into_iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    let row = tx.update(change).await.map_err(taken)?;
    let out = shown(&tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a prompt; it can be brought back for 30 days. 409 while something plays it.
#[utoipa::path(delete, path = "/v1/prompts/{id}", operation_id = "prompt_remove", tag = "prompts",
    params(("id" = String, Path)), security(("user" = ["prompts:write"])), responses((status = 204)))]
pub async fn prompt_remove(may: May<Write<of::Prompt>>, Id(id): Id<PromptId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    let uses = tx.select::<prompt_use::Entity>().is(prompt_use::Column::PromptId, row.id).all().await?;
    if !uses.is_empty() {
        let names: Vec<&str> = uses.iter().map(|one| one.name.as_str()).collect();
        return Err(Problem::conflict("in_use", format!("This prompt is played by: {}.", names.join(", "))));
    }
    tx.changed("prompt.removed", "prompt", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let mut change = row.into_active_model();
    change.removed_at = Set(Some(tx.at()));
    tx.update(change).await?;
    let old = purge(&tx).await?;
    tx.commit().await?;
    for audio in old {
        sound::forget(&may.app, may.tenant(), audio).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Bring a removed prompt back.
#[utoipa::path(post, path = "/v1/prompts/{id}/restore", operation_id = "prompt_restore", tag = "prompts",
    params(("id" = String, Path)), security(("user" = ["prompts:write"])), responses((status = 200, body = Prompt)))]
pub async fn prompt_restore(may: May<Write<of::Prompt>>, Id(id): Id<PromptId>) -> Result<Json<Prompt>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<prompt::Entity>(id.uuid()).await?.or_404()?;
    tx.changed("prompt.restored", "prompt", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let mut change = row.into_active_model();
    change.removed_at = Set(None);
    let row = tx.update(change).await.map_err(taken)?;
    let out = shown(&tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// The prompt, unless it is removed; 404 otherwise.
pub async fn present(tx: &TenantTx, id: PromptId) -> Result<prompt::Model, Problem> {
    tx.find::<prompt::Entity>(id.uuid()).await?.filter(|row| row.removed_at.is_none()).or_404()
}

/// Forgets what was removed long ago; the sounds whose files can go.
async fn purge(tx: &TenantTx) -> Result<Vec<kernel::Uuid>, StoreError> {
    let before = tx.at() - time::Duration::days(KEPT_DAYS);
    let old = tx.select::<prompt::Entity>().filter(prompt::Column::RemovedAt.lt(before));
    let old = old.ids(prompt::Column::Id).await?;
    if old.is_empty() {
        return Ok(old);
    }
    let of = Condition::all().add(prompt_audio::Column::PromptId.is_in(old.clone()));
    let audio = tx.select::<prompt_audio::Entity>().filter(of.clone()).ids(prompt_audio::Column::Id).await?;
    tx.delete_many::<prompt_audio::Entity>(of).await?;
    tx.delete_many::<prompt::Entity>(prompt::Column::Id.is_in(old)).await?;
    Ok(audio)
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A prompt of this name is there already."),
        other => other.into(),
    }
}

crate::resource!(prompt_list, prompt_get, prompt_create, prompt_patch, prompt_remove, prompt_restore);
