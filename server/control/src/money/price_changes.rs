//! Drafting, changing, dropping and publishing versions. What is published is never changed: a new price is a new version.

use axum::{Json, http::StatusCode, response::Response};
use billing::day::Day;
use kernel::{Uuid, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{OperatorTx, StoreError, system::price_list};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};

use super::{
    PriceList, PriceListDetail, PriceListNew, PriceListPatch,
    catalogue::Catalogue,
    price_lists::{detail, sent, today},
    sold,
};
use crate::kit::{
    body::{Body, Check, Id},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

fn day(text: &str) -> Result<Day, Problem> {
    text.parse().map_err(|_| Problem::field("effective", "bad_date", "A date such as 2026-03-29."))
}

fn note(text: Option<&str>) -> Result<String, Problem> {
    let text = text.unwrap_or_default().trim();
    let mut check = Check::default();
    check.need(text.chars().count() <= 300, "note", "too_long", "At most 300 characters.");
    check.need(!text.chars().any(char::is_control), "note", "invalid", "No control characters.");
    check.done().map(|()| text.to_owned())
}

/// A draft that can still be changed.
pub(super) async fn draft(tx: &OperatorTx, id: Uuid) -> Result<price_list::Model, Problem> {
    let row = tx.find::<price_list::Entity>(id).await?.or_404()?;
    if row.state != "draft" {
        let text = "This version is published and stays as it is. Draft a new one.";
        return Err(Problem::conflict("price_list_published", text));
    }
    Ok(row)
}

/// Draft the next version of a currency, empty or with the prices of another version. One draft at a time.
#[utoipa::path(post, path = "/v1/operator/price-lists", operation_id = "price_list_create", tag = "operator",
    request_body = PriceListNew, security(("operator" = [])), responses((status = 201, body = PriceList)))]
pub async fn price_list_create(
    operator: Operator,
    once: Once,
    Body(ask): Body<PriceListNew>,
) -> Result<Response, Problem> {
    sold(&operator.app)?;
    let bad = |_| Problem::field("currency", "bad_currency", "Three capital letters such as USD.");
    let currency: Currency = ask.currency.parse().map_err(bad)?;
    let (effective, note) = (day(&ask.effective)?, note(ask.note.as_deref())?);
    let tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let copied = match &ask.copy_of {
        None => None,
        Some(text) => {
            let missing = || Problem::field("copy_of", "not_found", "There is no such version.");
            let id: Uuid = text.parse().map_err(|_| missing())?;
            Some(tx.find::<price_list::Entity>(id).await?.ok_or_else(missing)?)
        }
    };
    let last = tx.select::<price_list::Entity>().is(price_list::Column::Currency, currency.as_str());
    let last = last.order_by(price_list::Column::Version, Order::Desc).one().await?;
    let catalogue = copied.as_ref().map(Catalogue::of).transpose()?.unwrap_or_default();
    let row = price_list::ActiveModel {
        id: Set(tx.new_id()),
        currency: Set(currency.as_str().to_owned()),
        version: Set(last.map_or(1, |last| last.version + 1)),
        note: Set(note),
        effective: Set(effective.0),
        state: Set("draft".to_owned()),
        catalogue: Set(serde_json::to_value(catalogue).map_err(Problem::internal)?),
        rates: Set(copied.as_ref().map_or(0, |row| row.rates)),
        created_at: Set(tx.at()),
        published_at: Set(None),
    };
    let row = tx.insert(row).await.map_err(|error| match error {
        StoreError::Unique { .. } => {
            Problem::conflict("draft_exists", "There is a draft of this currency already: publish or drop it first.")
        }
        other => other.into(),
    })?;
    if let Some(from) = copied {
        tx.copy_rates(from.id, row.id).await?;
    }
    let out = super::shapes::shown(row, today(&operator.app), None);
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Change a draft.
#[utoipa::path(patch, path = "/v1/operator/price-lists/{id}", operation_id = "price_list_patch", tag = "operator",
    params(("id" = String, Path)), request_body = PriceListPatch, security(("operator" = [])),
    responses((status = 200, body = PriceListDetail)))]
pub async fn price_list_patch(
    operator: Operator,
    Id(id): Id<Uuid>,
    Body(ask): Body<PriceListPatch>,
) -> Result<Json<PriceListDetail>, Problem> {
    sold(&operator.app)?;
    let tx = operator.write().await?;
    let row = draft(&tx, id).await?;
    let mut catalogue = Catalogue::of(&row)?;
    let mut change = row.into_active_model();
    if let Some(text) = &ask.effective {
        change.effective = Set(day(text)?.0);
    }
    if let Some(text) = &ask.note {
        change.note = Set(note(Some(text))?);
    }
    catalogue.plans = ask.plans.unwrap_or(catalogue.plans);
    catalogue.items = ask.items.unwrap_or(catalogue.items);
    let mut check = Check::default();
    catalogue.check(&mut check);
    check.done()?;
    change.catalogue = Set(serde_json::to_value(catalogue).map_err(Problem::internal)?);
    let row = tx.update(change).await?;
    tx.commit().await?;
    detail(&operator.app, row).await.map(Json)
}

/// Drop a draft with its rates.
#[utoipa::path(delete, path = "/v1/operator/price-lists/{id}", operation_id = "price_list_remove", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn price_list_remove(operator: Operator, Id(id): Id<Uuid>) -> Result<StatusCode, Problem> {
    sold(&operator.app)?;
    let tx = operator.write().await?;
    draft(&tx, id).await?;
    tx.delete::<price_list::Entity>(id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publish a draft: from its first day on it is what companies pay. It cannot be changed any more. A version may not begin before
/// the one that it follows, nor, but for the first of its currency, in the past: calls that were made stay at their price.
#[utoipa::path(post, path = "/v1/operator/price-lists/{id}/publish", operation_id = "price_list_publish", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = PriceList)))]
pub async fn price_list_publish(operator: Operator, Id(id): Id<Uuid>) -> Result<Json<PriceList>, Problem> {
    sold(&operator.app)?;
    let tx = operator.write().await?;
    let row = draft(&tx, id).await?;
    let before = tx.select::<price_list::Entity>().is(price_list::Column::Currency, row.currency.as_str());
    let before = before.is(price_list::Column::State, "published");
    let before = before.order_by(price_list::Column::Version, Order::Desc).one().await?;
    let first = before.map(|before| Day(before.effective).max(today(&operator.app)));
    if let Some(first) = first.filter(|first| row.effective < first.0) {
        return Err(Problem::field("effective", "too_early", format!("It must begin on {first} or later.")));
    }
    if row.rates == 0 {
        return Err(Problem::conflict("price_list_empty", "It has no rates: no call would have a price."));
    }
    let said = serde_json::json!({ "currency": row.currency, "version": row.version });
    let mut change = row.into_active_model();
    change.state = Set("published".to_owned());
    change.published_at = Set(Some(tx.at()));
    let row = tx.alter(change).await?;
    tx.wrote("price_list.published", "price_list", &id.to_string(), said).await?;
    tx.commit().await?;
    sent(&operator.app, row).await.map(Json)
}

crate::resource!(price_list_create, price_list_patch, price_list_remove, price_list_publish);
