//! Companies as operators see them: found by name, looked at one by one, suspended, let in again, limited.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{EndCause, MemberId, TenantId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{tenant, tenant_limit};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::{
    kit::{
        app::App,
        body::{Ask, Body, Check, Id},
        cursor::{self, Page},
        operator::Operator,
        problem::{Or404, Problem},
        quota,
        words::{MemberState, QuotaKind, Role},
    },
    people::row::member,
};

/// A company as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorTenant {
    /// `ten_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// Realm.
    pub realm: String,
    /// `active` or `suspended`.
    pub state: String,
    /// Active seats.
    pub seats: i64,
    /// Numbers.
    pub numbers: i64,
    /// Members.
    pub members: i64,
    /// Calls now.
    pub live_calls: i64,
    /// Calls that it may have at once.
    pub max_calls: i64,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A company with its people and limits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorTenantDetail {
    /// The company.
    pub tenant: OperatorTenant,
    /// ISO 3166 code.
    pub country: String,
    /// IANA name.
    pub timezone: String,
    /// Its people, owners first.
    pub people: Vec<OperatorTenantMember>,
    /// What is limited.
    pub limits: Vec<OperatorTenantLimit>,
}

/// Somebody in a company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorTenantMember {
    /// `mem_..`
    pub member: String,
    /// `usr_..`
    pub user: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role.
    pub role: Role,
    /// Whether they may come in.
    pub state: MemberState,
}

/// How much a company may have of something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorTenantLimit {
    /// Of what.
    pub kind: QuotaKind,
    /// As usual here; absent: without limit.
    pub usual: Option<i64>,
    /// For this company; absent: as usual.
    pub own: Option<i64>,
}

/// Changes of a company; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorTenantPatch {
    /// `active` or `suspended`. Nobody of a suspended company can sign in, and it has no calls; those that are up go on.
    pub state: Option<String>,
    /// Calls that it may have at once.
    pub max_calls: Option<i64>,
    /// Why; the company reads it in its audit log.
    pub reason: Option<String>,
    /// End its calls that are up, too.
    pub end_calls: Option<bool>,
    /// Limits by kind (`seats`, `numbers`, `gateway_ports`, `members`, `api_keys`); `null`: as usual.
    pub limits: Option<BTreeMap<String, Option<i64>>>,
}

/// Which companies.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those with this in name, realm or id.
    search: Option<String>,
    /// Only `active` or `suspended` ones.
    state: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

const MOST_CALLS: i64 = 10_000;
const MOST: i64 = 1_000_000;

fn live(app: &App) -> BTreeMap<Uuid, i64> {
    let mut calls: BTreeMap<Uuid, i64> = BTreeMap::new();
    for call in app.switch_if_up().map(|switch| switch.live(None)).unwrap_or_default() {
        *calls.entry(call.tenant.uuid()).or_default() += 1;
    }
    calls
}

async fn shown(operator: &Operator, rows: Vec<tenant::Model>) -> Result<Vec<OperatorTenant>, Problem> {
    let (counts, calls) = (operator.read().tenant_counts().await?, live(&operator.app));
    let counts: BTreeMap<Uuid, _> = counts.iter().map(|count| (count.tenant_id, count)).collect();
    let show = |row: tenant::Model| {
        let count = counts.get(&row.id);
        OperatorTenant {
            id: TenantId::from_uuid(row.id).to_string(),
            seats: count.map_or(0, |count| count.seats),
            numbers: count.map_or(0, |count| count.numbers),
            members: count.map_or(0, |count| count.members),
            live_calls: calls.get(&row.id).copied().unwrap_or(0),
            max_calls: row.max_calls.into(),
            name: row.name,
            realm: row.realm,
            state: row.state,
            created_at: row.created_at,
        }
    };
    Ok(rows.into_iter().map(show).collect())
}

/// Companies, newest first.
#[utoipa::path(get, path = "/v1/operator/tenants", operation_id = "operator_tenant_list", tag = "operator", params(Wanted),
    security(("operator" = [])), responses((status = 200, body = Page<OperatorTenant>)))]
pub async fn operator_tenant_list(
    operator: Operator,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<OperatorTenant>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = Condition::all();
    if let Some(text) = want.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        use sea_orm::{
            ExprTrait,
            sea_query::{Expr, Func},
        };
        let low = text.to_lowercase();
        let name = Expr::expr(Func::lower(Expr::col(tenant::Column::Name)));
        let mut any =
            Condition::any().add(name.like(format!("%{}%", escaped(&low)))).add(tenant::Column::Realm.contains(&low));
        if let Ok(id) = text.parse::<TenantId>() {
            any = any.add(tenant::Column::Id.eq(id.uuid()));
        }
        filter = filter.add(any);
    }
    if let Some(state) = want.state.as_deref().filter(|state| !state.is_empty()) {
        filter = filter.add(tenant::Column::State.eq(state));
    }
    if let Some(text) = &want.cursor {
        let last: TenantId = cursor::read(text)?.parse().map_err(|_| cursor::foreign())?;
        filter = filter.add(tenant::Column::Id.lt(last.uuid()));
    }
    let system = operator.read();
    let rows = system.select::<tenant::Entity>().filter(filter).order_by(tenant::Column::Id, Order::Desc);
    let rows = rows.limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| TenantId::from_uuid(row.id).to_string());
    Ok(Json(Page { items: shown(&operator, page.items).await?, next_cursor: page.next_cursor }))
}

/// What stands for many characters in a LIKE stands for itself.
fn escaped(text: &str) -> String {
    text.replace(['%', '_'], "")
}

/// One company with its people and limits.
#[utoipa::path(get, path = "/v1/operator/tenants/{id}", operation_id = "operator_tenant_get", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = OperatorTenantDetail)))]
pub async fn operator_tenant_get(
    operator: Operator,
    Id(id): Id<TenantId>,
) -> Result<Json<OperatorTenantDetail>, Problem> {
    detail(&operator, id).await.map(Json)
}

async fn detail(operator: &Operator, id: TenantId) -> Result<OperatorTenantDetail, Problem> {
    let system = operator.read();
    let row = system.find::<tenant::Entity>(id.uuid()).await?.or_404()?;
    let (country, timezone) = (row.country.clone(), row.timezone.clone());
    let tenant = shown(operator, vec![row]).await?.pop().or_404()?;
    let own = system.select::<tenant_limit::Entity>().is(tenant_limit::Column::TenantId, id.uuid()).all().await?;
    let limits = quota::LIMITED.iter().map(|kind| OperatorTenantLimit {
        kind: *kind,
        usual: quota::usual(&operator.app, *kind).map(|most| i64::try_from(most).unwrap_or(i64::MAX)),
        own: own.iter().find(|row| row.kind == kind.as_str()).map(|row| row.most.into()),
    });
    let limits = limits.collect();
    Ok(OperatorTenantDetail { tenant, country, timezone, people: people(operator, id).await?, limits })
}

async fn people(operator: &Operator, id: TenantId) -> Result<Vec<OperatorTenantMember>, Problem> {
    let app = &operator.app;
    let tx = app.database.tenant_read(id, app.stamp(patchbay_tenancy::Actor::Operator(operator.id()))).await?;
    let rows = tx.whole::<member::Entity>().order_by(member::Column::CreatedAt, Order::Asc).limit(200).all().await?;
    drop(tx);
    let ids: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
    let users: BTreeMap<Uuid, _> = operator.read().users(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
    let show = |row: member::Model| {
        let user = users.get(&row.user_id);
        OperatorTenantMember {
            member: MemberId::from_uuid(row.id).to_string(),
            user: UserId::from_uuid(row.user_id).to_string(),
            name: user.map(|user| user.name.clone()).unwrap_or_default(),
            email: user.map(|user| user.email.clone()).unwrap_or_default(),
            role: Role::stored(&row.role),
            state: MemberState::stored(&row.state),
        }
    };
    let mut people: Vec<_> = rows.into_iter().map(show).collect();
    people.sort_by_key(|one| std::cmp::Reverse(Role::ALL.iter().position(|role| *role == one.role)));
    Ok(people)
}

fn checked(ask: &OperatorTenantPatch) -> Result<(), Problem> {
    let mut check = Check::default();
    let known = ask.state.as_deref().is_none_or(|state| matches!(state, "active" | "suspended"));
    check.need(known, "state", "not_offered", "Either active or suspended.");
    check.need(
        ask.max_calls.is_none_or(|n| (1..=MOST_CALLS).contains(&n)),
        "max_calls",
        "range",
        "Between 1 and 10000.",
    );
    let reason = ask.reason.as_deref().unwrap_or_default();
    check.need(reason.chars().count() <= 300, "reason", "too_long", "At most 300 characters.");
    for (kind, most) in ask.limits.iter().flatten() {
        let limited = quota::LIMITED.iter().any(|one| one.as_str() == kind);
        check.need(limited, "limits", "not_offered", "Of this there is no limit.");
        check.need(most.is_none_or(|n| (0..=MOST).contains(&n)), "limits", "range", "Between 0 and 1000000.");
    }
    check.done()
}

/// Suspend a company, take it up again, or change its limits. The company reads in its own log what was done, and why.
#[utoipa::path(patch, path = "/v1/operator/tenants/{id}", operation_id = "operator_tenant_patch", tag = "operator",
    params(("id" = String, Path)), request_body = OperatorTenantPatch, security(("operator" = [])),
    responses((status = 200, body = OperatorTenant)))]
pub async fn operator_tenant_patch(
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(ask): Body<OperatorTenantPatch>,
) -> Result<Json<OperatorTenant>, Problem> {
    checked(&ask)?;
    let tx = operator.write().await?;
    let before = tx.get::<tenant::Entity>(id.uuid()).await?;
    let turned = ask.state.clone().filter(|state| *state != before.state);
    let mut change = before.into_active_model();
    if let Some(state) = &turned {
        change.state = Set(state.clone());
    }
    if let Some(max_calls) = ask.max_calls.and_then(|n| i32::try_from(n).ok()) {
        change.max_calls = Set(max_calls);
    }
    let row = tx.alter(change).await?;
    for (kind, most) in ask.limits.iter().flatten() {
        let key = (id.uuid(), kind.clone());
        tx.strike::<tenant_limit::Entity>(key).await?;
        if let Some(most) = most.and_then(|most| i32::try_from(most).ok()) {
            let limit =
                tenant_limit::ActiveModel { tenant_id: Set(id.uuid()), kind: Set(kind.clone()), most: Set(most) };
            tx.add(limit).await?;
        }
    }
    let action = match turned.as_deref() {
        Some("suspended") => "company.suspended",
        Some(_) => "company.resumed",
        None => "company.limited",
    };
    let why = serde_json::json!({ "state": row.state, "max_calls": row.max_calls, "reason": ask.reason, "limits": ask.limits });
    tx.wrote(action, "tenant", &id.to_string(), why.clone()).await?;
    let mut tx = tx.enter(id).await?;
    tx.noted(action, "company", &id.to_string(), why);
    let said = serde_json::json!({ "state": row.state, "max_calls": row.max_calls });
    tx.happened("company.standing_changed", "company", &id.to_string(), said).await?;
    tx.commit().await?;
    if turned.as_deref() == Some("suspended") && ask.end_calls == Some(true) {
        end_calls(&operator.app, id).await;
    }
    Ok(Json(shown(&operator, vec![row]).await?.pop().or_404()?))
}

async fn end_calls(app: &App, id: TenantId) {
    let Some(switch) = app.switch_if_up() else { return };
    for call in switch.live(Some(id)) {
        switch.hang_up(id, call.call, EndCause::Suspended).await;
    }
}

crate::resource!(operator_tenant_list, operator_tenant_get, operator_tenant_patch);
