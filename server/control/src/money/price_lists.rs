//! Versions of what the operator asks for: looked at, drafted, compared. See [`super::price_changes`] for what changes one.

use axum::Json;
use billing::{Zone, compare, day::Day};
use kernel::Uuid;
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{SystemDb, system::price_list};
use sea_orm::{ColumnTrait, Order};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    ItemChange, PriceList, PriceListComparison, PriceListDetail, RateChange, catalogue::Catalogue, shapes::shown, sold,
};
use crate::kit::{
    app::App,
    body::{Ask, Id},
    operator::Operator,
    problem::{Or404, Problem},
};

/// Differences that one answer shows.
pub(super) const SHOWN: usize = 500;

/// Today by the calendar of Greenwich: operators have customers in many places.
pub(super) fn today(app: &App) -> Day {
    Zone::UTC.day(app.now())
}

/// The version that holds on a day in a currency.
pub(super) async fn in_force(
    system: &SystemDb,
    currency: &str,
    day: Day,
) -> Result<Option<price_list::Model>, Problem> {
    let rows = system.select::<price_list::Entity>().is(price_list::Column::Currency, currency);
    let rows = rows.is(price_list::Column::State, "published").filter(price_list::Column::Effective.lte(day.0));
    Ok(rows.order_by(price_list::Column::Version, Order::Desc).one().await?)
}

pub(super) async fn sent(app: &App, row: price_list::Model) -> Result<PriceList, Problem> {
    let day = today(app);
    let holds = in_force(&app.database.system(), &row.currency, day).await?;
    Ok(shown(row, day, holds.map(|row| row.id)))
}

pub(super) async fn detail(app: &App, row: price_list::Model) -> Result<PriceListDetail, Problem> {
    let Catalogue { plans, items } = Catalogue::of(&row)?;
    Ok(PriceListDetail { list: sent(app, row).await?, plans, items })
}

/// All versions, newest first.
#[utoipa::path(get, path = "/v1/operator/price-lists", operation_id = "price_list_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [PriceList])))]
pub async fn price_list_list(operator: Operator) -> Result<Json<Vec<PriceList>>, Problem> {
    sold(&operator.app)?;
    let system = operator.read();
    let rows = system.select::<price_list::Entity>().order_by(price_list::Column::Id, Order::Desc);
    let rows = rows.limit(200).all().await?;
    let mut lists = Vec::with_capacity(rows.len());
    for row in rows {
        lists.push(sent(&operator.app, row).await?);
    }
    Ok(Json(lists))
}

/// One version with its plans and monthly prices.
#[utoipa::path(get, path = "/v1/operator/price-lists/{id}", operation_id = "price_list_get", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = PriceListDetail)))]
pub async fn price_list_get(operator: Operator, Id(id): Id<Uuid>) -> Result<Json<PriceListDetail>, Problem> {
    sold(&operator.app)?;
    let row = operator.read().find::<price_list::Entity>(id).await?.or_404()?;
    detail(&operator.app, row).await.map(Json)
}

/// Against which version.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Against {
    /// Id of the other one; absent: the version before it in its currency.
    with: Option<String>,
}

/// What differs between a version and an older one of the same currency.
#[utoipa::path(get, path = "/v1/operator/price-lists/{id}/comparison", operation_id = "price_list_compare", tag = "operator",
    params(("id" = String, Path), Against), security(("operator" = [])),
    responses((status = 200, body = PriceListComparison)))]
pub async fn price_list_compare(
    operator: Operator,
    Id(id): Id<Uuid>,
    Ask(against): Ask<Against>,
) -> Result<Json<PriceListComparison>, Problem> {
    sold(&operator.app)?;
    let system = operator.read();
    let one = system.find::<price_list::Entity>(id).await?.or_404()?;
    let other = match &against.with {
        Some(text) => {
            let id: Uuid = text.parse().map_err(|_| Problem::not_found())?;
            system.find::<price_list::Entity>(id).await?
        }
        None => {
            let rows = system.select::<price_list::Entity>().is(price_list::Column::Currency, one.currency.as_str());
            let rows = rows.filter(price_list::Column::Version.lt(one.version));
            rows.order_by(price_list::Column::Version, Order::Desc).one().await?
        }
    };
    let other = other.or_404()?;
    if other.currency != one.currency {
        return Err(Problem::field("with", "other_currency", "Both versions must be of the same currency."));
    }
    let (older, newer) = if other.version <= one.version { (other, one) } else { (one, other) };
    let before = Catalogue::of(&older)?.list(&older, system.deck(&older).await?);
    let after = Catalogue::of(&newer)?.list(&newer, system.deck(&newer).await?);
    let changes = compare::compare(&before.deck, &after.deck);
    let item = |(item, before, after): (billing::price_list::Item, Option<i64>, Option<i64>)| ItemChange {
        item: item.word(),
        before_micros: before,
        after_micros: after,
    };
    Ok(Json(PriceListComparison {
        items: after.compare(&before).into_iter().map(item).collect(),
        summary: compare::Summary::of(&changes).into(),
        rates: changes.iter().take(SHOWN).map(RateChange::from).collect(),
        older: sent(&operator.app, older).await?,
        newer: sent(&operator.app, newer).await?,
    }))
}

crate::resource!(price_list_list, price_list_get, price_list_compare);
