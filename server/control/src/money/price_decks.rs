//! The rate deck of a version: searched by prefix, read from a file with a preview, given out as a file.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::DefaultBodyLimit,
    http::header,
    response::{IntoResponse, Response},
};
use billing::{Deck, compare, day::Day, import};
use kernel::Uuid;
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    StoreError,
    system::{price_list, price_rate},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    DeckError, DeckPreview, DeckRate, PriceListDetail, RateChange,
    price_changes::draft,
    price_lists::{SHOWN, detail},
    sold,
};
use crate::{
    inventory::imports::File,
    kit::{
        body::{Ask, Id},
        cursor::{self, Page},
        operator::Operator,
        problem::{FieldError, Or404, Problem},
    },
};

/// Largest file, in bytes.
const BYTES_MOST: usize = 32 * 1024 * 1024;

/// Which rates.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those whose prefix begins so (with or without a plus), or with this in their name.
    search: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

fn after(text: &str) -> Result<Condition, Problem> {
    use price_rate::Column::{Direction, FromDay, Prefix};
    let key = cursor::read(text)?;
    let mut parts = key.split('/');
    let (Some(direction), Some(prefix), Some(Ok(from))) =
        (parts.next(), parts.next(), parts.next().map(str::parse::<i32>))
    else {
        return Err(cursor::foreign());
    };
    let same = Condition::all().add(Direction.eq(direction));
    let later = Condition::all().add(Prefix.eq(prefix)).add(FromDay.gt(from));
    let beyond = Condition::any().add(Prefix.gt(prefix)).add(later);
    Ok(Condition::any().add(Direction.gt(direction)).add(same.add(beyond)))
}

/// Rates of a version by direction and prefix.
#[utoipa::path(get, path = "/v1/operator/price-lists/{id}/rates", operation_id = "price_list_rates", tag = "operator",
    params(("id" = String, Path), Wanted), security(("operator" = [])), responses((status = 200, body = Page<DeckRate>)))]
pub async fn price_list_rates(
    operator: Operator,
    Id(id): Id<Uuid>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<DeckRate>>, Problem> {
    use price_rate::Column::{Direction, FromDay, ListId, Name, Prefix};
    sold(&operator.app)?;
    let system = operator.read();
    system.find::<price_list::Entity>(id).await?.or_404()?;
    let limit = cursor::limit(want.limit);
    let mut rows = system.select::<price_rate::Entity>().is(ListId, id);
    if let Some(text) = want.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        use sea_orm::{
            ExprTrait,
            sea_query::{Expr, Func},
        };
        let digits = text.trim_start_matches('+').replace(' ', "");
        let plain = text.to_lowercase().replace(['%', '_'], "");
        rows = rows.filter(if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Condition::any().add(Prefix.starts_with(digits))
        } else {
            Condition::any().add(Expr::expr(Func::lower(Expr::col(Name))).like(format!("%{plain}%")))
        });
    }
    if let Some(text) = &want.cursor {
        rows = rows.filter(after(text)?);
    }
    let rows = rows.order_by(Direction, Order::Asc).order_by(Prefix, Order::Asc).order_by(FromDay, Order::Asc);
    let rows = rows.limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| format!("{}/{}/{}", row.direction, row.prefix, row.from_day));
    let rates = page.items.iter().map(|row| row.rate().map(|rate| DeckRate::from(&rate)));
    let items = rates.collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// The deck as a file that can be read back.
#[utoipa::path(get, path = "/v1/operator/price-lists/{id}/deck", operation_id = "price_deck_export", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn price_deck_export(operator: Operator, Id(id): Id<Uuid>) -> Result<Response, Problem> {
    sold(&operator.app)?;
    let system = operator.read();
    let row = system.find::<price_list::Entity>(id).await?.or_404()?;
    let text = import::write(&system.deck(&row).await?);
    let name = format!("attachment; filename=\"rates-{}-{}.csv\"", row.currency, row.version);
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text)
        .into_response())
}

fn unreadable(why: &import::BadFile) -> Problem {
    Problem::field("file", "unreadable", format!("This cannot be read: {why}."))
}

fn deck(read: &import::Read, row: &price_list::Model) -> Result<Deck, Problem> {
    read.deck(row.currency()?).ok_or_else(|| Problem::internal("rows that were read clash"))
}

/// Look at a file of rates: what would be taken in, what is wrong with the other rows, and what would change. Nothing is changed.
/// Rows without a first day hold from the first day of the version on.
#[utoipa::path(post, path = "/v1/operator/price-lists/{id}/deck/preview", operation_id = "price_deck_preview", tag = "operator",
    params(("id" = String, Path)), request_body(content = String, content_type = "text/csv"), security(("operator" = [])),
    responses((status = 200, body = DeckPreview)))]
pub async fn price_deck_preview(
    operator: Operator,
    Id(id): Id<Uuid>,
    File(file): File,
) -> Result<Json<DeckPreview>, Problem> {
    sold(&operator.app)?;
    let system = operator.read();
    let row = system.find::<price_list::Entity>(id).await?.or_404()?;
    let read = import::read(&file, Day(row.effective)).map_err(|why| unreadable(&why))?;
    let (before, after) = (system.deck(&row).await?, deck(&read, &row)?);
    let changes = compare::compare(&before, &after);
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let lines: BTreeSet<usize> = read.bad.iter().map(|error| error.line).collect();
    let error = |error: &import::RowError| DeckError {
        line: count(error.line),
        column: error.column.to_owned(),
        text: error.why.clone(),
    };
    Ok(Json(DeckPreview {
        good: count(read.good.len()),
        bad: count(lines.len()),
        errors: read.bad.iter().take(SHOWN).map(error).collect(),
        summary: compare::Summary::of(&changes).into(),
        changes: changes.iter().take(50).map(RateChange::from).collect(),
    }))
}

/// What becomes of rows that cannot be taken in.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Bad {
    /// Leave them out; without, one of them refuses the file.
    skip_bad: Option<bool>,
}

/// Make the rates of a file those of a draft, instead of what it had.
#[utoipa::path(put, path = "/v1/operator/price-lists/{id}/deck", operation_id = "price_deck_put", tag = "operator",
    params(("id" = String, Path), Bad), request_body(content = String, content_type = "text/csv"),
    security(("operator" = [])), responses((status = 200, body = PriceListDetail)))]
pub async fn price_deck_put(
    operator: Operator,
    Id(id): Id<Uuid>,
    Ask(bad): Ask<Bad>,
    File(file): File,
) -> Result<Json<PriceListDetail>, Problem> {
    sold(&operator.app)?;
    let tx = operator.write().await?;
    let row = draft(&tx, id).await?;
    let read = import::read(&file, Day(row.effective)).map_err(|why| unreadable(&why))?;
    if bad.skip_bad != Some(true) && !read.bad.is_empty() {
        let error = |error: &import::RowError| FieldError {
            field: error.column.to_owned(),
            code: "bad_row".into(),
            text: format!("Line {}: {}", error.line, error.why),
        };
        return Err(Problem::invalid(read.bad.iter().take(20).map(error).collect()));
    }
    let deck = deck(&read, &row)?;
    if deck.rates().is_empty() {
        return Err(Problem::field("file", "empty", "No row of it can be taken in."));
    }
    tx.put_rates(id, &deck).await?;
    let rates = i32::try_from(deck.rates().len()).unwrap_or(i32::MAX);
    let mut change = row.into_active_model();
    change.rates = Set(rates);
    let row = tx.alter(change).await?;
    let said = serde_json::json!({ "currency": row.currency, "version": row.version, "rates": rates });
    tx.wrote("price_list.deck_imported", "price_list", &id.to_string(), said).await?;
    tx.commit().await?;
    detail(&operator.app, row).await.map(Json)
}

/// This resource's routes with their documentation; decks are larger than other bodies.
pub fn routes() -> utoipa_axum::router::OpenApiRouter<crate::kit::app::App> {
    use utoipa_axum::routes;
    utoipa_axum::router::OpenApiRouter::new()
        .routes(routes!(price_list_rates))
        .routes(routes!(price_deck_export, price_deck_put))
        .routes(routes!(price_deck_preview))
        .layer(DefaultBodyLimit::max(BYTES_MOST))
}
