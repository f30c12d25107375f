//! Signing in and out, refreshing, and going from one company to another.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{OperatorId, TenantId, UserId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, SystemTx,
    system::{Membership, session},
};
use sea_orm::ActiveValue::Set;

use super::{
    cookie,
    family::{self, Holder, Rotation},
    grant::{Opened, granted, session_of},
    page::OurPage,
    second_factor,
    shapes::{Session, SignIn, SwitchCompany},
    sign_up::email,
};
use crate::kit::{
    app::App,
    body::Body,
    caller::{Realm, membership, sso_required, sso_session},
    may::SignedIn,
    problem::Problem,
    source::{Source, user_agent},
};

/// Sign in with address and password.
#[utoipa::path(post, path = "/v1/sign-in", operation_id = "sign_in", tag = "session", request_body = SignIn,
    security(()), responses((status = 200, body = Session)))]
pub async fn sign_in(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Body(ask): Body<SignIn>,
) -> Result<Response, Problem> {
    let email = email(&ask.email);
    app.limits.sign_in(source, &email)?;
    let user = app.database.system().user_by_email(&email).await?;
    if !app.passwords.is(&ask.password, user.as_ref().map(|user| user.password_hash.as_str())).await? {
        return Err(wrong_password());
    }
    let user = UserId::from_uuid(user.ok_or_else(wrong_password)?.id);
    second_factor::proven(&app, user.uuid(), ask.code.as_deref()).await?;
    let places = by_password(app.database.system().memberships(user).await?)?;
    let tenant = company_of(&places, None).ok_or_else(no_company)?;
    let_in(&places, tenant)?;
    let mut tx = app.database.system().begin(app.stamp(Actor::User(user))).await?;
    let (session, token) = family::open(&mut tx, Holder::User(user, tenant), user_agent(&headers)).await?;
    let tx = tx.enter(tenant).await?;
    tx.noted("session.opened", "session", &session.to_string(), serde_json::json!({}));
    tx.commit().await?;
    granted(&app, &Opened { user, tenant, session, by_sso: false }, &token, StatusCode::OK, None).await
}

/// 401, the same for an unknown address and a wrong password.
pub fn wrong_password() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_password", "Address or password is wrong.")
}

fn no_company() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "no_company", "You belong to no company any more. Ask to be invited.")
}

/// The company to work for: the wished one while one belongs to it and it is active, else the first active one.
fn company_of(places: &[Membership], wished: Option<kernel::Uuid>) -> Option<TenantId> {
    let open = || places.iter().filter(|place| place.state == "active");
    let active = |place: &&Membership| place.tenant_state == "active";
    let wished = open().find(|place| Some(place.tenant_id) == wished).filter(active);
    let found = wished.or_else(|| open().find(active)).or_else(|| open().next());
    found.map(|place| TenantId::from_uuid(place.tenant_id))
}

/// The places that a password opens. 403 when there are places, and each of them takes its people by single sign-on alone.
fn by_password(places: Vec<Membership>) -> Result<Vec<Membership>, Problem> {
    let some = places.iter().any(|place| place.state == "active");
    let open: Vec<Membership> = places.into_iter().filter(|place| !place.needs_sso()).collect();
    if some && !open.iter().any(|place| place.state == "active") {
        return Err(sso_required());
    }
    Ok(open)
}

/// The places that a session reaches: all that a password opens, or the one whose provider vouches for the person.
fn reached(row: &session::Model, places: Vec<Membership>) -> Result<Vec<Membership>, Problem> {
    match row.sso_tenant_id {
        None => by_password(places),
        Some(home) => Ok(places.into_iter().filter(|place| place.tenant_id == home).collect()),
    }
}

/// 403 when the company is suspended: its people do not come in. Those of several companies come into another.
fn let_in(places: &[Membership], tenant: TenantId) -> Result<(), Problem> {
    let place = places.iter().find(|place| place.tenant_id == tenant.uuid());
    if place.is_some_and(|place| place.tenant_state != "active") {
        return Err(company_suspended());
    }
    Ok(())
}

fn company_suspended() -> Problem {
    let text = "This company is suspended. Ask the operator of the platform.";
    Problem::new(StatusCode::FORBIDDEN, "company_suspended", text)
}

/// End the session.
#[utoipa::path(post, path = "/v1/sign-out", operation_id = "sign_out", tag = "session", security(()), responses((status = 204)))]
pub async fn sign_out(State(app): State<App>, _: OurPage, headers: HeaderMap) -> Result<Response, Problem> {
    ended(&app, Realm::Tenant, &headers).await
}

/// Ends the session behind the realm's cookie and removes the cookie.
pub async fn ended(app: &App, realm: Realm, headers: &HeaderMap) -> Result<Response, Problem> {
    if let Some(presented) = cookie::read(headers, realm) {
        let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
        if let Some(session) = family::holder_of(&tx, &presented).await? {
            let row = tx.get::<session::Entity>(session.uuid()).await?;
            tx.act(holder(&row));
            family::revoke(&tx, session).await?;
            over(tx, &row, "session.ended").await?;
        }
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::clear(app, realm)?)]).into_response())
}

fn holder(row: &session::Model) -> Actor {
    match (row.user_id, row.operator_id) {
        (Some(user), _) => Actor::User(UserId::from_uuid(user)),
        (None, Some(operator)) => Actor::Operator(OperatorId::from_uuid(operator)),
        (None, None) => Actor::System,
    }
}

/// Makes the end of a session so, with a line in the log of the company, or of the platform for an operator's.
async fn over(tx: SystemTx, row: &session::Model, action: &str) -> Result<(), Problem> {
    let id = kernel::SessionId::from_uuid(row.id).to_string();
    match row.tenant_id.filter(|_| row.user_id.is_some()) {
        Some(tenant) => {
            let tx = tx.enter(TenantId::from_uuid(tenant)).await?;
            tx.noted(action, "session", &id, serde_json::json!({}));
            tx.commit().await?;
        }
        None => {
            tx.noted(action, "session", &id, serde_json::json!({}));
            tx.commit().await?;
        }
    }
    Ok(())
}

/// A fresh access token for the session in the cookie.
#[utoipa::path(post, path = "/v1/session/refresh", operation_id = "session_refresh", tag = "session", security(()),
    responses((status = 200, body = Session)))]
pub async fn session_refresh(
    State(app): State<App>,
    _: OurPage,
    source: Source,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (row, token) = refreshed(&app, Realm::Tenant, source, &headers).await?;
    let user = UserId::from_uuid(row.user_id.ok_or_else(Problem::unauthenticated)?);
    let places = app.database.system().memberships(user).await?;
    let opened = reached(&row, places).and_then(|places| {
        let tenant = company_of(&places, row.tenant_id).ok_or_else(Problem::unauthenticated)?;
        let_in(&places, tenant)?;
        let (session, by_sso) = (kernel::SessionId::from_uuid(row.id), row.sso_tenant_id.is_some());
        Ok(Opened { user, tenant, session, by_sso })
    });
    match opened {
        // With the new cookie: the old one is used up, and shown again it would pass for a stolen one.
        Err(no) => Ok(([(header::SET_COOKIE, cookie::set(&app, Realm::Tenant, &token)?)], no).into_response()),
        Ok(opened) => granted(&app, &opened, &token, StatusCode::OK, None).await,
    }
}

/// Rotates the cookie of a realm. 401 when there is none or it is no good; a stolen one ends the session.
pub async fn refreshed(
    app: &App,
    realm: Realm,
    source: Source,
    headers: &HeaderMap,
) -> Result<(session::Model, kernel::Secret<String>), Problem> {
    app.limits.refresh(source)?;
    let presented = cookie::read(headers, realm).ok_or_else(Problem::unauthenticated)?;
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    match family::rotate(&mut tx, realm, &presented, user_agent(headers).as_deref()).await? {
        Rotation::Next(row, token) => {
            tx.commit().await?;
            Ok((row, token))
        }
        Rotation::Unknown => Err(Problem::unauthenticated()),
        Rotation::Stolen(session) => {
            let row = tx.get::<session::Entity>(session.uuid()).await?;
            tx.act(holder(&row));
            over(tx, &row, "session.stolen").await?;
            tracing::warn!(%session, "a refresh token was used twice: session {session} is ended");
            let text = "This session was ended because its token was used twice. Sign in again.";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "session_revoked", text))
        }
    }
}

/// Go on in another of one's companies.
#[utoipa::path(post, path = "/v1/session/switch", operation_id = "session_switch", tag = "session", request_body = SwitchCompany,
    security(("user" = [])), responses((status = 200, body = Session)))]
pub async fn session_switch(signed: SignedIn, Body(ask): Body<SwitchCompany>) -> Result<Json<Session>, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    if caller.by_sso && ask.tenant != caller.tenant {
        return Err(sso_session());
    }
    let there = membership(app, caller.user, ask.tenant, caller.session, caller.by_sso).await?;
    let there = there.ok_or_else(Problem::not_found)?;
    if there.needs_sso {
        return Err(sso_required());
    }
    if there.suspended {
        return Err(company_suspended());
    }
    let tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    let moved = session::ActiveModel {
        id: Set(caller.session.uuid()),
        tenant_id: Set(Some(ask.tenant.uuid())),
        ..Default::default()
    };
    tx.update(moved).await?;
    let tx = tx.enter(ask.tenant).await?;
    tx.noted("session.switched", "session", &caller.session.to_string(), serde_json::json!({}));
    tx.commit().await?;
    Ok(Json(session_of(app, &there, None).await?))
}

crate::resource!(sign_in, sign_out, session_refresh, session_switch);
