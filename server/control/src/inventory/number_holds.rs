//! Numbers of the shop that are kept for a company while it makes up its mind.

use axum::{Json, http::StatusCode};
use kernel::NumberId;
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::numbers::refused;
use crate::kit::{body::Id, may::May, problem::Problem};

/// A number that is kept for the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberHold {
    /// `num_..`
    pub id: String,
    /// Until when nobody else can claim it.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// Keep a number of the shop for the company for a quarter of an hour; once more: from now on again. At most ten at once.
#[utoipa::path(post, path = "/v1/numbers/{id}/hold", operation_id = "number_hold", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 200, body = NumberHold)))]
pub async fn number_hold(may: May<Write<of::Number>>, Id(id): Id<NumberId>) -> Result<Json<NumberHold>, Problem> {
    let mut tx = may.write().await?;
    let until = tx.hold_number(id).await.map_err(refused)?;
    tx.commit().await?;
    Ok(Json(NumberHold { id: id.to_string(), until: until.to_offset() }))
}

/// Let go of a number that the company holds.
#[utoipa::path(delete, path = "/v1/numbers/{id}/hold", operation_id = "number_hold_end", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 204)))]
pub async fn number_hold_end(may: May<Write<of::Number>>, Id(id): Id<NumberId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    tx.let_number_go(id).await.map_err(refused)?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(number_hold, number_hold_end);
