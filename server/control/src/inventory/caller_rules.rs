//! Who may call a company: entries of its block and allow list.

use axum::{Json, http::StatusCode, response::Response};
use kernel::CallerRuleId;
use patchbay_access::{Read, Write, resource::of};
use patchbay_gateway::callers::{self, List, Pattern};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantRow};
use sea_orm::{ActiveValue::Set, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::kit::{
    body::{Body, Check, Id},
    may::May,
    once::Once,
    problem::Problem,
    words::words,
};

/// Entries of one company at most.
const MOST: u64 = 1_000;

/// An entry.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "caller_rule")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub pattern: String,
        pub list: String,
        pub note: String,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

words! {
    /// Which list a caller is on.
    CallerList {
        /// Calls are refused.
        Block = "block",
        /// Calls come through, whatever a wider entry says.
        Allow = "allow",
    }
}

/// An entry of the block or allow list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallerRule {
    /// `clr_..`
    pub id: String,
    /// A number with plus, the beginning of numbers (`+44*`), `anonymous`, or `*` for everybody.
    pub pattern: String,
    /// Which list.
    pub list: CallerList,
    /// Why, in the company's words.
    pub note: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// An entry to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerRuleNew {
    /// A number with plus, the beginning of numbers (`+44*`), `anonymous`, or `*` for everybody.
    pub pattern: String,
    /// Which list.
    pub list: CallerList,
    /// Why; at most 120 characters.
    #[serde(default)]
    pub note: String,
}

/// As calls are judged by.
pub(crate) fn judged(row: &row::Model) -> Option<callers::CallerRule> {
    let list = match CallerList::stored(&row.list) {
        CallerList::Block => List::Block,
        CallerList::Allow => List::Allow,
    };
    Pattern::parse(&row.pattern).map(|pattern| callers::CallerRule { pattern, list })
}

fn shown(row: row::Model) -> CallerRule {
    CallerRule {
        id: CallerRuleId::from_uuid(row.id).to_string(),
        pattern: row.pattern,
        list: CallerList::stored(&row.list),
        note: row.note,
        created_at: row.created_at,
    }
}

/// The block and the allow list, by pattern. The closest entry decides about a call; without one it comes through.
#[utoipa::path(get, path = "/v1/caller-rules", operation_id = "caller_rule_list", tag = "numbers",
    security(("user" = ["numbers:read"])), responses((status = 200, body = [CallerRule])))]
pub async fn caller_rule_list(may: May<Read<of::Number>>) -> Result<Json<Vec<CallerRule>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<row::Entity>().order_by(row::Column::Pattern, Order::Asc).all().await?;
    Ok(Json(rows.into_iter().map(shown).collect()))
}

/// Block or allow callers.
#[utoipa::path(post, path = "/v1/caller-rules", operation_id = "caller_rule_create", tag = "numbers",
    request_body = CallerRuleNew, security(("user" = ["numbers:write"])), responses((status = 201, body = CallerRule)))]
pub async fn caller_rule_create(
    may: May<Write<of::Number>>,
    once: Once,
    Body(ask): Body<CallerRuleNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    let pattern = Pattern::parse(&ask.pattern);
    check.need(pattern.is_some(), "pattern", "caller_pattern", "A number with plus, +44*, anonymous, or *.");
    check.need(ask.note.trim().chars().count() <= 120, "note", "length", "At most 120 characters.");
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<row::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} entries.")));
    }
    let id = CallerRuleId::from_uuid(tx.new_id());
    let row = row::ActiveModel {
        id: Set(id.uuid()),
        pattern: Set(pattern.map(|pattern| pattern.to_string()).unwrap_or_default()),
        list: Set(ask.list.as_str().to_owned()),
        note: Set(ask.note.trim().to_owned()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(|error| match error {
        StoreError::Unique { .. } => Problem::conflict("caller_rule_exists", "There is an entry for these callers."),
        other => other.into(),
    })?;
    let body = serde_json::json!({ "pattern": row.pattern, "list": row.list });
    tx.changed("caller_rule.created", "caller_rule", &id.to_string(), body).await?;
    once.after(tx, &ask, StatusCode::CREATED, &shown(row)).await
}

/// Take callers off the list.
#[utoipa::path(delete, path = "/v1/caller-rules/{id}", operation_id = "caller_rule_remove", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 204)))]
pub async fn caller_rule_remove(may: May<Write<of::Number>>, Id(id): Id<CallerRuleId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    tx.delete::<row::Entity>(row.id).await?;
    let body = serde_json::json!({ "pattern": row.pattern, "list": row.list });
    tx.changed("caller_rule.removed", "caller_rule", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(caller_rule_list, caller_rule_create, caller_rule_remove);
