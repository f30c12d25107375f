//! One's own sessions: where one is signed in, and signing out there.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode};
use kernel::{SessionId, TenantId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, StoreError, SystemTx,
    system::{session, tenant},
};
use sea_orm::{ColumnTrait, Condition, Order, sea_query::Expr};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::family::{self, Holder, IDLE_S};
use crate::{
    kit::{
        app::App,
        body::Id,
        may::SignedIn,
        problem::{Or404, Problem},
    },
    people::leaving::cut_browsers,
};

/// A browser in which one is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MySession {
    /// `ses_..`
    pub id: String,
    /// This very one.
    pub current: bool,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The company that it is at.
    pub company: Option<String>,
    /// Signed in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last used, to a few minutes.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
}

/// Where one is signed in, the latest first.
#[utoipa::path(get, path = "/v1/me/sessions", operation_id = "my_session_list", tag = "me", security(("user" = [])),
    responses((status = 200, body = [MySession])))]
pub async fn my_session_list(signed: SignedIn) -> Result<Json<Vec<MySession>>, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    let system = app.database.system();
    let open = system.select::<session::Entity>().is(session::Column::UserId, caller.user.uuid());
    let open = open.filter(session::Column::RevokedAt.is_null());
    let open = open.filter(session::Column::LastUsedAt.gt(app.now().plus_s(-IDLE_S).to_offset()));
    // Where else somebody is signed in is no affair of a company's provider.
    let open = if caller.by_sso { open.is(session::Column::TenantId, caller.tenant.uuid()) } else { open };
    let rows = open.order_by(session::Column::LastUsedAt, Order::Desc).limit(100).all().await?;
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.tenant_id).collect();
    let companies = system.select::<tenant::Entity>().filter(tenant::Column::Id.is_in(ids)).all().await?;
    let companies: BTreeMap<Uuid, String> = companies.into_iter().map(|row| (row.id, row.name)).collect();
    let show = |row: session::Model| MySession {
        id: SessionId::from_uuid(row.id).to_string(),
        current: row.id == caller.session.uuid(),
        user_agent: row.user_agent,
        company: row.tenant_id.and_then(|id| companies.get(&id).cloned()),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    };
    Ok(Json(rows.into_iter().map(show).collect()))
}

/// Sign out there.
#[utoipa::path(delete, path = "/v1/me/sessions/{id}", operation_id = "my_session_end", tag = "me", params(("id" = String, Path)),
    security(("user" = [])), responses((status = 204)))]
pub async fn my_session_end(signed: SignedIn, Id(id): Id<SessionId>) -> Result<StatusCode, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    let tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    let row = tx.find::<session::Entity>(id.uuid()).await?;
    let mine = |row: &session::Model| row.user_id == Some(caller.user.uuid()) && row.revoked_at.is_none();
    let here = |row: &session::Model| !caller.by_sso || row.tenant_id == Some(caller.tenant.uuid());
    row.filter(|row| mine(row) && here(row)).or_404()?;
    family::revoke(&tx, id).await?;
    let tx = tx.enter(caller.tenant).await?;
    tx.noted("session.ended", "session", &id.to_string(), serde_json::json!({}));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere but here.
#[utoipa::path(post, path = "/v1/me/sessions/end-others", operation_id = "my_session_end_others", tag = "me",
    security(("user" = [])), responses((status = 204)))]
pub async fn my_session_end_others(signed: SignedIn) -> Result<StatusCode, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    let tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    family::revoke_others(&tx, Holder::of(caller), caller.session).await?;
    let tx = tx.enter(caller.tenant).await?;
    tx.noted("session.others_ended", "user", &caller.user.to_string(), serde_json::json!({}));
    tx.commit().await?;
    // Their telephones hang up too; the one in this page comes back.
    let places = app.database.system().memberships(caller.user).await?;
    for place in places.iter().filter(|place| !caller.by_sso || place.tenant_id == caller.tenant.uuid()) {
        cut_browsers(app, TenantId::from_uuid(place.tenant_id), caller.user).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of somebody at this company, in a transaction of its own, after what ended the right to be there. Fails as the
/// store does.
pub async fn end_at(app: &App, by: Actor, user: UserId, tenant: TenantId) -> Result<(), Problem> {
    let tx = app.database.system().begin(app.stamp(by)).await?;
    let there = Condition::all()
        .add(session::Column::UserId.eq(user.uuid()))
        .add(session::Column::TenantId.eq(tenant.uuid()))
        .add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], there).await?;
    let tx = tx.enter(tenant).await?;
    tx.noted("session.all_ended", "user", &user.to_string(), serde_json::json!({}));
    tx.commit().await?;
    Ok(())
}

/// Ends the sessions that a company's provider opened. Fails as the store does.
pub async fn end_vouched(tx: &SystemTx, tenant: Uuid) -> Result<(), StoreError> {
    let theirs =
        Condition::all().add(session::Column::SsoTenantId.eq(tenant)).add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], theirs)
        .await
        .map(|_| ())
}

crate::resource!(my_session_list, my_session_end, my_session_end_others);
