//! Changing keys: narrowing, renewing the secret, taking over, taking back.
//!
//! Whoever is shown a secret answers for the key: nobody comes by the rights of somebody mightier by renewing their key.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{ApiKeyId, Wall};
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, sea_query::Expr};
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    key_view::{ApiKey, ApiKeyShown, is_live, one},
    keys::{add_secret, canonical, check_expiry, check_networks, check_scopes},
    row::{api_key, api_key_secret, texts},
    seat_tokens,
};
use crate::{
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        overlap::overlap_s,
        problem::{Or404, Problem},
    },
    people::leaving::forget,
};

/// What is to change in a key; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ApiKeyPatch {
    /// Name.
    pub name: Option<String>,
    /// All its scopes from now on. Fewer for anybody's key, more only for one's own.
    pub scopes: Option<Vec<String>>,
    /// All its networks from now on; an empty list: from anywhere.
    pub networks: Option<Vec<String>>,
    /// Until when; `null`: without an end.
    #[serde(default, deserialize_with = "some_time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Option<OffsetDateTime>>,
    /// Answer for the key from now on. Scopes that you do not have yourself are dropped.
    pub take_over: Option<bool>,
}

/// Tells `null` from absent.
fn some_time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<OffsetDateTime>>, D::Error> {
    time::serde::rfc3339::option::deserialize(from).map(Some)
}

/// How a secret is to be replaced.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyRotation {
    /// The old secret works for so many seconds more: a day unless told otherwise, 30 days at most, 0 for no longer.
    pub old_works_for_s: Option<i64>,
}

/// Change a key, or take it over from somebody who has left.
#[utoipa::path(patch, path = "/v1/api-keys/{id}", operation_id = "api_key_patch", tag = "api_keys", params(("id" = String, Path)),
    request_body = ApiKeyPatch, security(("user" = ["api_keys:write"])), responses((status = 200, body = ApiKey)))]
pub async fn api_key_patch(
    may: May<Write<of::ApiKey>>,
    Id(id): Id<ApiKeyId>,
    Body(ask): Body<ApiKeyPatch>,
) -> Result<Json<ApiKey>, Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    ask.networks.iter().for_each(|networks| check_networks(&mut check, networks));
    check_expiry(&mut check, ask.expires_at.flatten(), &may.app);
    check.done()?;
    let mut tx = may.write().await?;
    let row = usable(&tx, id).await?;
    let takes_over = ask.take_over == Some(true) && row.created_by != may.caller.user.uuid();
    let is_own = takes_over || row.created_by == may.caller.user.uuid();
    let mut scopes = texts(&row.scopes);
    if let Some(wanted) = &ask.scopes {
        let more: Vec<String> = wanted.iter().filter(|one| !scopes.contains(one)).cloned().collect();
        if !more.is_empty() {
            let mut check = Check::default();
            check.need(is_own, "scopes", "take_over_first", "Take the key over before you widen it.");
            check_scopes(&mut check, &more, &may.caller);
            check.done()?;
        }
        let mut check = Check::default();
        check.need(!wanted.is_empty(), "scopes", "required", "At least one scope.");
        check.done()?;
        scopes.clone_from(wanted);
    }
    if takes_over {
        scopes.retain(|scope| scope.parse().is_ok_and(|one| may.caller.may(one)));
    }
    let mut change = row.into_active_model();
    change.scopes = Set(serde_json::json!(scopes));
    ask.name.into_iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    ask.networks.into_iter().for_each(|networks| change.networks = Set(serde_json::json!(canonical(&networks))));
    ask.expires_at.into_iter().for_each(|at| change.expires_at = Set(at));
    if takes_over {
        change.created_by = Set(may.caller.user.uuid());
    }
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "name": row.name, "scopes": row.scopes, "networks": row.networks,
        "taken_over": takes_over });
    tx.changed("api_key.updated", "api_key", &id.to_string(), body).await?;
    let out = one(&may.app, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Replace a key's secret. The old one works on for a while, so that programs can change over without a gap.
#[utoipa::path(post, path = "/v1/api-keys/{id}/rotate", operation_id = "api_key_rotate", tag = "api_keys",
    params(("id" = String, Path)), request_body = ApiKeyRotation, security(("user" = ["api_keys:write"])),
    responses((status = 201, body = ApiKeyShown)))]
pub async fn api_key_rotate(
    may: May<Write<of::ApiKey>>,
    once: Once,
    Id(id): Id<ApiKeyId>,
    Body(ask): Body<ApiKeyRotation>,
) -> Result<Response, Problem> {
    let overlap_s = overlap_s(ask.old_works_for_s)?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let row = usable(&tx, id).await?;
    if row.created_by != may.caller.user.uuid() {
        return Err(Problem::conflict("take_over_first", "Somebody else answers for this key. Take it over first."));
    }
    let secrets = tx.select::<api_key_secret::Entity>().is(api_key_secret::Column::ApiKeyId, row.id).all().await?;
    if secrets.iter().filter(|secret| is_live(secret, tx.now())).count() > 1 {
        let text = "The last replacement is still running. End the old secret first.";
        return Err(Problem::conflict("rotation_running", text));
    }
    end_secrets(&tx, id, tx.now().plus_s(overlap_s), api_key_secret::Column::EndsAt.is_null()).await?;
    let secret = add_secret(&mut tx, id).await?;
    let body = serde_json::json!({ "name": row.name, "old_works_for_s": overlap_s });
    tx.changed("api_key.rotated", "api_key", &id.to_string(), body).await?;
    let out = ApiKeyShown { key: one(&may.app, &tx, row).await?, secret };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// End the replaced secret at once.
#[utoipa::path(delete, path = "/v1/api-keys/{id}/old-secret", operation_id = "api_key_end_old_secret", tag = "api_keys",
    params(("id" = String, Path)), security(("user" = ["api_keys:write"])), responses((status = 200, body = ApiKey)))]
pub async fn api_key_end_old_secret(
    may: May<Write<of::ApiKey>>,
    Id(id): Id<ApiKeyId>,
) -> Result<Json<ApiKey>, Problem> {
    let mut tx = may.write().await?;
    let row = usable(&tx, id).await?;
    end_secrets(&tx, id, tx.now(), api_key_secret::Column::EndsAt.gt(tx.at())).await?;
    tx.changed("api_key.old_secret_ended", "api_key", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let out = one(&may.app, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Take a key back for good. Seat tokens that it made end with it.
#[utoipa::path(delete, path = "/v1/api-keys/{id}", operation_id = "api_key_revoke", tag = "api_keys", params(("id" = String, Path)),
    security(("user" = ["api_keys:write"])), responses((status = 204)))]
pub async fn api_key_revoke(may: May<Write<of::ApiKey>>, Id(id): Id<ApiKeyId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = usable(&tx, id).await?;
    let body = serde_json::json!({ "name": row.name });
    let revoked = api_key::ActiveModel { id: Set(row.id), revoked_at: Set(Some(tx.at())), ..Default::default() };
    tx.update(revoked).await?;
    tx.changed("api_key.revoked", "api_key", &id.to_string(), body).await?;
    let browsers = seat_tokens::browsers_by_key(&tx, id).await?;
    tx.commit().await?;
    forget(&may.app, &browsers);
    Ok(StatusCode::NO_CONTENT)
}

async fn end_secrets(
    tx: &TenantTx,
    key: ApiKeyId,
    at: Wall,
    which: sea_orm::sea_query::SimpleExpr,
) -> Result<(), Problem> {
    let these = Condition::all().add(api_key_secret::Column::ApiKeyId.eq(key.uuid())).add(which);
    let set = vec![(api_key_secret::Column::EndsAt, Expr::value(at.to_offset()))];
    tx.update_many::<api_key_secret::Entity>(set, these).await?;
    Ok(())
}

/// A key that was not taken back; 404 otherwise.
async fn usable(tx: &TenantTx, id: ApiKeyId) -> Result<api_key::Model, Problem> {
    tx.find::<api_key::Entity>(id.uuid()).await?.filter(|row| row.revoked_at.is_none()).or_404()
}

crate::resource!(api_key_patch, api_key_rotate, api_key_end_old_secret, api_key_revoke);
