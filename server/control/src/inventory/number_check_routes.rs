//! Endpoints for numbers that a company brings: begin a check, have the number called. What they do is in `number_checks`.

use axum::{Json, http::StatusCode, response::Response};
use kernel::NumberCheckId;
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;

use super::{
    number_checks::{self, NumberCheck, NumberCheckCall, NumberCheckNew, row, shown},
    numbers,
};
use crate::kit::{
    body::{Body, Id},
    may::May,
    once::Once,
    problem::{Or404, Problem},
    quota,
    words::QuotaKind,
};

/// Checks of the last day, the latest first.
#[utoipa::path(get, path = "/v1/number-checks", operation_id = "number_check_list", tag = "numbers",
    security(("user" = ["numbers:write"])), responses((status = 200, body = [NumberCheck])))]
pub async fn number_check_list(may: May<Write<of::Number>>) -> Result<Json<Vec<NumberCheck>>, Problem> {
    let tx = may.read().await?;
    let rows = number_checks::all(&tx).await?;
    Ok(Json(rows.iter().map(|row| shown(&may.app, row, tx.now())).collect()))
}

/// One check.
#[utoipa::path(get, path = "/v1/number-checks/{id}", operation_id = "number_check_get", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])),
    responses((status = 200, body = NumberCheck)))]
pub async fn number_check_get(
    may: May<Write<of::Number>>,
    Id(id): Id<NumberCheckId>,
) -> Result<Json<NumberCheck>, Problem> {
    let tx = may.read().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    Ok(Json(shown(&may.app, &row, tx.now())))
}

/// Begin to show that a number on a gateway of one's own is one's own. The answer has the code.
#[utoipa::path(post, path = "/v1/number-checks", operation_id = "number_check_create", tag = "numbers",
    request_body = NumberCheckNew, security(("user" = ["numbers:write"])),
    responses((status = 201, body = NumberCheck)))]
pub async fn number_check_create(
    may: May<Write<of::Number>>,
    once: Once,
    Body(ask): Body<NumberCheckNew>,
) -> Result<Response, Problem> {
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let has = tx.select::<numbers::row::Entity>().count().await?;
    quota::room(&may.app, may.tenant(), QuotaKind::Numbers, has).await?;
    let row = number_checks::begin(&may.app, &mut tx, &ask).await?;
    let check = shown(&may.app, &row, tx.now());
    once.after(tx, &ask, StatusCode::CREATED, &check).await
}

/// Have the number called, over a line of the operator's. Whoever answers keys in the code; what came of it is in the check.
#[utoipa::path(post, path = "/v1/number-checks/{id}/call", operation_id = "number_check_call", tag = "numbers",
    params(("id" = String, Path)), request_body = NumberCheckCall, security(("user" = ["numbers:write"])),
    responses((status = 202, body = NumberCheck)))]
pub async fn number_check_call(
    may: May<Write<of::Number>>,
    Id(id): Id<NumberCheckId>,
    Body(ask): Body<NumberCheckCall>,
) -> Result<(StatusCode, Json<NumberCheck>), Problem> {
    ask.judge()?;
    let app = &may.app;
    app.switch()?;
    let known = may.read().await?.get::<row::Entity>(id.uuid()).await?;
    let lines = number_checks::lines(app, may.tenant(), &known).await?;
    let mut tx = may.write().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    let (row, ring) = number_checks::call(app, &mut tx, row, &ask, lines).await?;
    let check = shown(app, &row, tx.now());
    tx.commit().await?;
    tokio::spawn(ring.run(app.clone()));
    Ok((StatusCode::ACCEPTED, Json(check)))
}

/// Give a check up.
#[utoipa::path(delete, path = "/v1/number-checks/{id}", operation_id = "number_check_remove", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 204)))]
pub async fn number_check_remove(
    may: May<Write<of::Number>>,
    Id(id): Id<NumberCheckId>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    tx.delete::<row::Entity>(row.id).await?.then_some(()).or_404()?;
    let body = serde_json::json!({ "e164": row.e164 });
    tx.changed("number_check.removed", "number_check", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(number_check_list, number_check_get, number_check_create, number_check_call, number_check_remove);
