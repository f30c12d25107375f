//! The operator's number endpoints. What they do is in `stock`.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{GatewayPortId, NumberId};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::number;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    shapes::OperatorNumber,
    stock::{NumbersNew, OperatorNumberPatch, StockFilter, shown, stock_add, stock_change, stock_page, stock_retire},
    words::NumberState,
};
use crate::kit::{
    body::{Ask, Body, Id},
    cursor::{self, Page},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

/// What is looked for, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `gwp_..`
    gateway_port: Option<String>,
    /// State.
    state: Option<NumberState>,
    /// Rows of a page.
    limit: Option<i64>,
    /// From the page before.
    cursor: Option<String>,
}

/// Numbers of the inventory.
#[utoipa::path(get, path = "/v1/operator/numbers", operation_id = "operator_number_list", tag = "operator", params(Wanted),
    security(("operator" = [])), responses((status = 200, body = Page<OperatorNumber>)))]
pub async fn operator_number_list(
    operator: Operator,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<OperatorNumber>>, Problem> {
    let limit = cursor::limit(want.limit);
    let gateway_port = want.gateway_port.map(|text| text.parse::<GatewayPortId>()).transpose();
    let filter = StockFilter {
        gateway_port: gateway_port
            .map_err(|_| Problem::field("gateway_port", "unreadable", "Not a gateway port's id."))?,
        state: want.state,
        after: want.cursor.as_deref().map(cursor::read).transpose()?,
        limit: limit + 1,
    };
    let rows = stock_page(&operator.read(), &filter).await?;
    Ok(Json(Page::cut(rows, limit, |number| number.e164.clone())))
}

/// Add a block of consecutive numbers to a gateway port, all or none.
#[utoipa::path(post, path = "/v1/operator/numbers", operation_id = "operator_number_create", tag = "operator",
    request_body = NumbersNew, security(("operator" = [])), responses((status = 201, body = [OperatorNumber])))]
pub async fn operator_number_create(
    operator: Operator,
    once: Once,
    Body(ask): Body<NumbersNew>,
) -> Result<Response, Problem> {
    let tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let made = stock_add(&tx, &ask).await?;
    let made = shown(&tx, made).await?;
    once.after(tx, &ask, StatusCode::CREATED, &made).await
}

/// Change a number.
#[utoipa::path(patch, path = "/v1/operator/numbers/{id}", operation_id = "operator_number_patch", tag = "operator",
    params(("id" = String, Path)), request_body = OperatorNumberPatch, security(("operator" = [])),
    responses((status = 200, body = OperatorNumber)))]
pub async fn operator_number_patch(
    operator: Operator,
    Id(id): Id<NumberId>,
    Body(ask): Body<OperatorNumberPatch>,
) -> Result<Json<OperatorNumber>, Problem> {
    stock_change(operator.write().await?, id, &ask).await?;
    let system = operator.read();
    let row = system.find::<number::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(shown(&system, vec![row]).await?.pop().or_404()?))
}

/// Take a number out of service for good.
#[utoipa::path(delete, path = "/v1/operator/numbers/{id}", operation_id = "operator_number_retire", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn operator_number_retire(operator: Operator, Id(id): Id<NumberId>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    stock_retire(&tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(operator_number_list, operator_number_create, operator_number_patch, operator_number_retire);
