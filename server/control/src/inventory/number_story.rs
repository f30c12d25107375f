//! What became of a number, step by step; and numbers that are on their way in.

use axum::Json;
use kernel::NumberId;
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    SystemDb,
    system::{number, number_history},
};
use sea_orm::Order;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{numbers::row, view::companies, words::NumberState};
use crate::{
    audit::view::{ActorKind, actor_kind, names_of},
    kit::{
        body::Id,
        may::May,
        operator::Operator,
        problem::{Or404, Problem},
    },
};

/// One step in the life of a number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberStep {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The state before; absent where it begins.
    pub from: Option<NumberState>,
    /// The state after.
    pub to: NumberState,
    /// What kind of somebody did it.
    pub actor: ActorKind,
    /// Their name, where it may be known.
    pub actor_name: Option<String>,
    /// The company that it was about, for operators.
    pub company: Option<String>,
}

/// A number that is being ported in for the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberPorting {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// How far its way here is.
    pub status_line: Option<String>,
    /// It has arrived and can be claimed until then.
    #[serde(with = "time::serde::rfc3339::option")]
    pub claim_until: Option<OffsetDateTime>,
}

async fn steps(system: &SystemDb, id: NumberId) -> Result<Vec<number_history::Model>, Problem> {
    let rows = system.select::<number_history::Entity>().is(number_history::Column::NumberId, id.uuid());
    let rows =
        rows.order_by(number_history::Column::At, Order::Desc).order_by(number_history::Column::Seq, Order::Desc);
    Ok(rows.limit(250).all().await?)
}

async fn shown(
    system: &SystemDb,
    rows: Vec<number_history::Model>,
    operator: bool,
) -> Result<Vec<NumberStep>, Problem> {
    let actors: Vec<&str> = rows.iter().filter_map(|row| row.actor.as_deref()).collect();
    let names = names_of(system, &actors, operator).await?;
    let companies = if operator { companies(system).await? } else { Default::default() };
    let show = |row: &number_history::Model| {
        let actor = row.actor.as_deref().unwrap_or("system");
        NumberStep {
            at: row.at,
            from: row.from_state.as_deref().map(NumberState::stored),
            to: NumberState::stored(&row.state),
            actor: actor_kind(actor),
            actor_name: names.get(actor).cloned(),
            company: row.tenant_id.and_then(|id| companies.get(&id).cloned()),
        }
    };
    Ok(rows.iter().map(show).collect())
}

/// What became of a number of the company, the latest first: what others did with it before or after is not told.
#[utoipa::path(get, path = "/v1/numbers/{id}/history", operation_id = "number_history", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:read"])), responses((status = 200, body = [NumberStep])))]
pub async fn number_history(
    may: May<Read<of::Number>>,
    Id(id): Id<NumberId>,
) -> Result<Json<Vec<NumberStep>>, Problem> {
    may.read().await?.get::<row::Entity>(id.uuid()).await?;
    let system = may.app.database.system();
    let own = Some(may.tenant().uuid());
    let rows = steps(&system, id).await?.into_iter().filter(|row| row.tenant_id == own).collect();
    Ok(Json(shown(&system, rows, false).await?))
}

/// What became of a number, the latest first.
#[utoipa::path(get, path = "/v1/operator/numbers/{id}/history", operation_id = "operator_number_history", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = [NumberStep])))]
pub async fn operator_number_history(
    operator: Operator,
    Id(id): Id<NumberId>,
) -> Result<Json<Vec<NumberStep>>, Problem> {
    let system = operator.read();
    system.find::<number::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(shown(&system, steps(&system, id).await?, true).await?))
}

/// Numbers that are on their way to the company from another carrier, and those that have arrived and wait to be claimed.
#[utoipa::path(get, path = "/v1/numbers/porting", operation_id = "number_porting_list", tag = "numbers",
    security(("user" = ["numbers:read"])), responses((status = 200, body = [NumberPorting])))]
pub async fn number_porting_list(may: May<Read<of::Number>>) -> Result<Json<Vec<NumberPorting>>, Problem> {
    let system = may.app.database.system();
    let kept = system.select::<number::Entity>().is(number::Column::KeptFor, may.tenant().uuid());
    let kept = kept.order_by(number::Column::E164, Order::Asc).all().await?;
    let shown = |row: number::Model| {
        let coming = row.state == NumberState::PortingIn.as_str();
        // A hold of the shop has no status line.
        let here = row.state == NumberState::Reserved.as_str() && row.status_line.is_some();
        (coming || here).then(|| NumberPorting {
            id: NumberId::from_uuid(row.id).to_string(),
            e164: row.e164,
            status_line: row.status_line,
            claim_until: row.reserved_until.filter(|_| here),
        })
    };
    Ok(Json(kept.into_iter().filter_map(shown).collect()))
}

crate::resource!(number_history, operator_number_history, number_porting_list);
