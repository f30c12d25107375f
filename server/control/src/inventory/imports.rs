//! Numbers from a file: looked at first, then taken in together, and taken out again while nobody has touched them.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request},
    http::{StatusCode, header},
    response::Response,
};
use kernel::{OperatorId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx, StoreError, SystemDb,
    system::{gateway, gateway_port, number, number_history, number_import, number_import_row, site},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    import_rows::{self, BadFile, COLUMNS, ImportRow, Place, Read, Stock, Wish},
    words::{GatewayPortKind, NumberState},
};
use crate::kit::{
    body::{Ask, Id},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

/// Largest file, in bytes.
const BYTES_MOST: usize = 1024 * 1024;
/// Rows that a preview shows.
const SHOWN: usize = 500;
/// Numbers that are asked after in one question.
const AT_ONCE: usize = 500;

/// A file as it came. 415 unless it is `text/csv`.
pub struct File(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("text/csv") {
            let text = "The body must be text/csv.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
        }
        Bytes::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The file is too large."))
    }
}

/// What becomes of rows that cannot be taken in, and what the file is called.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Name of the file, for the list.
    name: Option<String>,
    /// Take the others in without them; otherwise nothing is taken in.
    skip_bad: Option<bool>,
}

/// What a file would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportPreview {
    /// Columns that the file may have; `number` must be there.
    pub columns: Vec<String>,
    /// Rows in all.
    pub total: i64,
    /// Rows that can be taken in.
    pub good: i64,
    /// Rows, those with errors first, 500 at most.
    pub rows: Vec<ImportRow>,
}

/// Numbers that came together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberImport {
    /// Id.
    pub id: String,
    /// Name of the file.
    pub name: String,
    /// How many numbers came.
    pub numbers: i64,
    /// `opr_..`
    pub operator: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// It was undone then.
    #[serde(with = "time::serde::rfc3339::option")]
    pub undone_at: Option<OffsetDateTime>,
    /// Nobody has touched one of its numbers: it can be undone.
    pub untouched: bool,
}

impl From<BadFile> for Problem {
    fn from(bad: BadFile) -> Self {
        Self::field("file", "unreadable", format!("This cannot be read: {bad}."))
    }
}

async fn stock(system: &SystemDb, file: &[u8]) -> Result<Stock, Problem> {
    let ports = system.select::<gateway_port::Entity>().all().await?;
    let gateways: BTreeMap<Uuid, _> =
        system.select::<gateway::Entity>().all().await?.into_iter().map(|row| (row.id, row)).collect();
    let sites: BTreeMap<Uuid, String> =
        system.select::<site::Entity>().all().await?.into_iter().map(|row| (row.id, row.country)).collect();
    let mut taken = BTreeMap::new();
    for port in ports.iter().filter(|port| GatewayPortKind::stored(&port.kind).most_numbers().is_some()) {
        let on = system.select::<number::Entity>().is(number::Column::GatewayPortId, port.id);
        let on = on.filter(number::Column::State.ne(NumberState::Retired.as_str())).count().await?;
        taken.insert(port.id, usize::try_from(on).unwrap_or(usize::MAX));
    }
    let place = |port: gateway_port::Model| {
        let gateway = gateways.get(&port.gateway_id)?;
        Some(Place {
            id: port.id,
            gateway: gateway.label.clone(),
            country: sites.get(&gateway.site_id).cloned().unwrap_or_default(),
            ordinal: port.ordinal,
            kind: GatewayPortKind::stored(&port.kind),
            numbers: taken.get(&port.id).copied().unwrap_or(0),
            currency: port.currency,
            label: port.label,
        })
    };
    let mut known = std::collections::BTreeSet::new();
    for some in import_rows::numbers(file)?.chunks(AT_ONCE) {
        let there = system.select::<number::Entity>().filter(number::Column::E164.is_in(some.to_vec())).all().await?;
        known.extend(there.into_iter().map(|row| row.e164));
    }
    Ok(Stock { places: ports.into_iter().filter_map(place).collect(), known })
}

async fn read(operator: &Operator, file: &[u8]) -> Result<Read, Problem> {
    Ok(import_rows::read(file, &stock(&operator.read(), file).await?)?)
}

/// Look at a file of numbers: what would be taken in, and what is wrong with the other rows. Nothing is changed.
#[utoipa::path(post, path = "/v1/operator/number-imports/preview", operation_id = "operator_number_import_preview",
    tag = "operator", request_body(content = String, content_type = "text/csv"), security(("operator" = [])),
    responses((status = 200, body = ImportPreview)))]
pub async fn operator_number_import_preview(
    operator: Operator,
    File(file): File,
) -> Result<Json<ImportPreview>, Problem> {
    let Read { mut rows, wishes } = read(&operator, &file).await?;
    let total = rows.len();
    rows.sort_by_key(|row| (row.errors.is_empty(), row.line));
    rows.truncate(SHOWN);
    let columns = COLUMNS.map(str::to_owned).to_vec();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Json(ImportPreview { columns, total: count(total), good: count(wishes.len()), rows }))
}

/// Take the numbers of a file in, all together. With `skip_bad` those rows that cannot be taken in are left out; without, they
/// refuse the file.
#[utoipa::path(post, path = "/v1/operator/number-imports", operation_id = "operator_number_import_create", tag = "operator",
    params(Wanted), request_body(content = String, content_type = "text/csv"), security(("operator" = [])),
    responses((status = 201, body = NumberImport)))]
pub async fn operator_number_import_create(
    operator: Operator,
    once: Once,
    Ask(want): Ask<Wanted>,
    File(file): File,
) -> Result<Response, Problem> {
    let Read { rows, wishes } = read(&operator, &file).await?;
    let asked = (&want, crate::kit::token::hash(&String::from_utf8_lossy(&file)));
    let tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &asked).await? {
        return Ok(answer);
    }
    if want.skip_bad != Some(true) && wishes.len() < rows.len() {
        let bad = rows.into_iter().find(|row| !row.errors.is_empty());
        let errors = bad.map(|row| {
            let at = |error: crate::kit::problem::FieldError| crate::kit::problem::FieldError {
                text: format!("Line {}: {}", row.line, error.text),
                ..error
            };
            row.errors.into_iter().map(at).collect()
        });
        return Err(Problem::invalid(errors.unwrap_or_default()));
    }
    if wishes.is_empty() {
        return Err(Problem::field("file", "empty", "No row of it can be taken in."));
    }
    let row = taken_in(&tx, &want, wishes).await?;
    let out = shown(row, true);
    once.after(tx, &asked, StatusCode::CREATED, &out).await
}

async fn taken_in(tx: &OperatorTx, want: &Wanted, wishes: Vec<Wish>) -> Result<number_import::Model, Problem> {
    let name = want.name.as_deref().unwrap_or("numbers.csv").trim();
    let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    let import = number_import::ActiveModel {
        id: Set(tx.new_id()),
        operator_id: Set(tx.operator().uuid()),
        name: Set(name.clone()),
        numbers: Set(i32::try_from(wishes.len()).unwrap_or(i32::MAX)),
        created_at: Set(tx.at()),
        undone_at: Set(None),
    };
    let import = tx.add(import).await?;
    for wish in &wishes {
        let id = tx.new_id();
        tx.add(stocked(wish, id, tx.at())).await.map_err(|error| match error {
            StoreError::Unique { .. } => {
                Problem::conflict("number_exists", format!("{} is in the inventory already.", wish.e164))
            }
            other => other.into(),
        })?;
        let history = number_history::ActiveModel {
            id: Set(tx.new_id()),
            number_id: Set(id),
            state: Set(NumberState::Available.as_str().to_owned()),
            actor: Set(Some(tx.operator().to_string())),
            at: Set(tx.at()),
            ..Default::default()
        };
        tx.add(history).await?;
        tx.add(number_import_row::ActiveModel { import_id: Set(import.id), number_id: Set(id) }).await?;
    }
    let said = serde_json::json!({ "name": name, "numbers": wishes.len() });
    tx.wrote("numbers.imported", "number_import", &import.id.to_string(), said).await?;
    Ok(import)
}

fn stocked(wish: &Wish, id: Uuid, at: OffsetDateTime) -> number::ActiveModel {
    number::ActiveModel {
        id: Set(id),
        e164: Set(wish.e164.as_str().to_owned()),
        country: Set(wish.country.clone()),
        area: Set(wish.area.clone()),
        kind: Set(wish.kind.as_str().to_owned()),
        state: Set(NumberState::Available.as_str().to_owned()),
        gateway_port_id: Set(wish.place),
        tenant_id: Set(None),
        monthly_micros: Set(wish.monthly_micros),
        setup_micros: Set(wish.setup_micros),
        currency: Set(wish.currency.clone()),
        quarantined_until: Set(None),
        created_at: Set(at),
        ..Default::default()
    }
}

fn shown(row: number_import::Model, untouched: bool) -> NumberImport {
    NumberImport {
        id: row.id.to_string(),
        name: row.name,
        numbers: row.numbers.into(),
        operator: OperatorId::from_uuid(row.operator_id).to_string(),
        created_at: row.created_at,
        untouched: untouched && row.undone_at.is_none(),
        undone_at: row.undone_at,
    }
}

/// Files that were taken in, newest first.
#[utoipa::path(get, path = "/v1/operator/number-imports", operation_id = "operator_number_import_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [NumberImport])))]
pub async fn operator_number_import_list(operator: Operator) -> Result<Json<Vec<NumberImport>>, Problem> {
    let system = operator.read();
    let rows = system.select::<number_import::Entity>().order_by(number_import::Column::Id, Order::Desc).limit(50);
    let mut out = Vec::new();
    for row in rows.all().await? {
        let untouched = row.undone_at.is_none() && system.touched_numbers(row.id).await? == 0;
        out.push(shown(row, untouched));
    }
    Ok(Json(out))
}

/// Take the numbers of a file out again. Refused once somebody has touched one of them.
#[utoipa::path(delete, path = "/v1/operator/number-imports/{id}", operation_id = "operator_number_import_undo",
    tag = "operator", params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn operator_number_import_undo(operator: Operator, Id(id): Id<Uuid>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    let row = tx.find::<number_import::Entity>(id).await?.filter(|row| row.undone_at.is_none()).or_404()?;
    let touched = tx.touched_numbers(id).await?;
    if touched > 0 {
        let text =
            format!("{touched} of these numbers were changed, claimed or retired since: retire the others by hand.");
        return Err(Problem::conflict("import_touched", text));
    }
    tx.remove_imported(id).await?;
    tx.alter(number_import::ActiveModel { id: Set(id), undone_at: Set(Some(tx.at())), ..Default::default() }).await?;
    let said = serde_json::json!({ "name": row.name, "numbers": row.numbers });
    tx.wrote("numbers.import_undone", "number_import", &id.to_string(), said).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// This resource's routes with their documentation; files are larger than other bodies.
pub fn routes() -> utoipa_axum::router::OpenApiRouter<crate::kit::app::App> {
    use utoipa_axum::routes;
    utoipa_axum::router::OpenApiRouter::new()
        .routes(routes!(operator_number_import_list))
        .routes(routes!(operator_number_import_preview))
        .routes(routes!(operator_number_import_create))
        .routes(routes!(operator_number_import_undo))
        .layer(DefaultBodyLimit::max(BYTES_MOST))
}
