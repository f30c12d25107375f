//! Support: an operator at work in a company as one of its people, for half an hour and for a reason that both audit logs keep.

use axum::{Json, http::StatusCode};
use kernel::{SessionId, TenantId, UserId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{impersonation, session, tenant};
use sea_orm::{ActiveValue::Set, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    identity::{grant::session_of, shapes::Session},
    kit::{
        body::{Body, Check, Id},
        caller::{Realm, membership},
        operator::Operator,
        problem::{Or404, Problem},
    },
};

/// How long it lasts, in seconds: half an hour.
pub const LASTS_S: i64 = 1_800;
const LONGEST_REASON: usize = 300;

/// As whom, and why.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportNew {
    /// `usr_..`: as whom; an active member of the company.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Why: the company reads it in its audit log.
    pub reason: String,
}

/// An operator at work in a company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Support {
    /// `ses_..`
    pub id: String,
    /// `opr_..`
    pub operator: String,
    /// `ten_..`
    pub tenant: String,
    /// `usr_..`: as whom.
    pub user: String,
    /// Why.
    pub reason: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// It ends then by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub ends_at: OffsetDateTime,
    /// It was ended before.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// It holds now.
    pub on: bool,
}

/// A support session and the company's session that it opens.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupportOpened {
    /// The support session.
    pub support: Support,
    /// What the company's pages are opened with. It has no cookie: ask again with `/session` while it holds.
    pub session: Session,
}

fn shown(row: &impersonation::Model, now: Wall) -> Support {
    Support {
        id: SessionId::from_uuid(row.id).to_string(),
        operator: row.operator().to_string(),
        tenant: TenantId::from_uuid(row.tenant_id).to_string(),
        user: UserId::from_uuid(row.user_id).to_string(),
        reason: row.reason.clone(),
        started_at: row.started_at,
        ends_at: row.ends_at,
        ended_at: row.ended_at,
        on: row.is_on(now),
    }
}

/// Support sessions in a company, newest first.
#[utoipa::path(get, path = "/v1/operator/tenants/{id}/support", operation_id = "operator_support_list", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = [Support])))]
pub async fn operator_support_list(operator: Operator, Id(id): Id<TenantId>) -> Result<Json<Vec<Support>>, Problem> {
    let system = operator.read();
    let rows = system.select::<impersonation::Entity>().is(impersonation::Column::TenantId, id.uuid());
    let rows = rows.order_by(impersonation::Column::StartedAt, Order::Desc).limit(50).all().await?;
    let now = operator.app.now();
    Ok(Json(rows.iter().map(|row| shown(row, now)).collect()))
}

/// Go to work in a company as one of its people, for half an hour. Both audit logs say so, with the reason.
#[utoipa::path(post, path = "/v1/operator/tenants/{id}/support", operation_id = "operator_support_open", tag = "operator",
    params(("id" = String, Path)), request_body = SupportNew, security(("operator" = [])),
    responses((status = 200, body = SupportOpened)))]
pub async fn operator_support_open(
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(ask): Body<SupportNew>,
) -> Result<Json<SupportOpened>, Problem> {
    let reason = ask.reason.trim();
    let mut check = Check::default();
    check.need(reason.chars().count() >= 5, "reason", "required", "Say why, in a few words: the company reads it.");
    check.need(reason.chars().count() <= LONGEST_REASON, "reason", "too_long", "At most 300 characters.");
    check.need(!reason.chars().any(char::is_control), "reason", "invalid", "No control characters.");
    check.done()?;
    let app = &operator.app;
    operator.read().find::<tenant::Entity>(id.uuid()).await?.or_404()?;
    let nobody = || Problem::field("user", "unknown_member", "There is no active member of that id.");
    let person = crate::kit::caller::person(app, ask.user, id).await?.ok_or_else(nobody)?;
    let tx = operator.write().await?;
    let session_id = SessionId::from_uuid(tx.new_id());
    let ends_at = tx.now().plus_s(LASTS_S).to_offset();
    let session_row = session::ActiveModel {
        id: Set(session_id.uuid()),
        realm: Set(Realm::Tenant.as_str().to_owned()),
        user_id: Set(None),
        operator_id: Set(Some(operator.id().uuid())),
        tenant_id: Set(Some(id.uuid())),
        user_agent: Set(None),
        created_at: Set(tx.at()),
        last_used_at: Set(tx.at()),
        sso_tenant_id: Set(None),
        revoked_at: Set(None),
    };
    tx.add(session_row).await?;
    let row = impersonation::ActiveModel {
        id: Set(session_id.uuid()),
        operator_id: Set(operator.id().uuid()),
        operator_session_id: Set(operator.caller.session.uuid()),
        tenant_id: Set(id.uuid()),
        user_id: Set(ask.user.uuid()),
        reason: Set(reason.to_owned()),
        started_at: Set(tx.at()),
        ends_at: Set(ends_at),
        ended_at: Set(None),
    };
    let row = tx.add(row).await?;
    let said = serde_json::json!({ "reason": reason, "user": ask.user, "member": person.member });
    tx.wrote("support.entered", "tenant", &id.to_string(), said.clone()).await?;
    let tx = tx.enter(id).await?;
    tx.noted("support.entered", "company", &id.to_string(), said);
    tx.commit().await?;
    opened(&operator, &row).await.map(Json)
}

/// The company's session once more, while the support session holds.
#[utoipa::path(post, path = "/v1/operator/support/{id}/session", operation_id = "operator_support_session", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = SupportOpened)))]
pub async fn operator_support_session(
    operator: Operator,
    Id(id): Id<SessionId>,
) -> Result<Json<SupportOpened>, Problem> {
    let row = own(&operator, id).await?;
    if !row.is_on(operator.app.now()) {
        return Err(Problem::new(StatusCode::GONE, "support_over", "This support session is over."));
    }
    opened(&operator, &row).await.map(Json)
}

/// End it before its time.
#[utoipa::path(post, path = "/v1/operator/support/{id}/end", operation_id = "operator_support_end", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn operator_support_end(operator: Operator, Id(id): Id<SessionId>) -> Result<StatusCode, Problem> {
    let row = own(&operator, id).await?;
    if row.ended_at.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let tx = operator.write().await?;
    let over = impersonation::ActiveModel { id: Set(row.id), ended_at: Set(Some(tx.at())), ..Default::default() };
    tx.alter(over).await?;
    tx.alter(session::ActiveModel { id: Set(row.id), revoked_at: Set(Some(tx.at())), ..Default::default() }).await?;
    let tenant = TenantId::from_uuid(row.tenant_id);
    let said = serde_json::json!({ "user": UserId::from_uuid(row.user_id) });
    tx.wrote("support.left", "tenant", &tenant.to_string(), said.clone()).await?;
    let tx = tx.enter(tenant).await?;
    tx.noted("support.left", "company", &tenant.to_string(), said);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn own(operator: &Operator, id: SessionId) -> Result<impersonation::Model, Problem> {
    let row = operator.read().find::<impersonation::Entity>(id.uuid()).await?;
    row.filter(|row| row.operator_id == operator.id().uuid()).or_404()
}

async fn opened(operator: &Operator, row: &impersonation::Model) -> Result<SupportOpened, Problem> {
    let app = &operator.app;
    let (user, tenant) = (UserId::from_uuid(row.user_id), TenantId::from_uuid(row.tenant_id));
    let member = membership(app, user, tenant, SessionId::from_uuid(row.id), false).await?.or_404()?;
    let member = member.supported_by(row);
    Ok(SupportOpened { support: shown(row, app.now()), session: session_of(app, &member, None).await? })
}

crate::resource!(operator_support_list, operator_support_open, operator_support_session, operator_support_end);
