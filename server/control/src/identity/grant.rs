//! The answer that opens a session: access token, who one is, and the cookie.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Secret, SessionId, TenantId, UserId};
use patchbay_kernel as kernel;
use patchbay_tenancy::StoreError;
use sea_orm::ActiveValue::Set;

use super::{cookie, me::me_of, shapes::Session};
use crate::{
    kit::{
        app::App,
        caller::{ACCESS_LIFE_S, Member, Realm, membership},
        problem::Problem,
    },
    people::row,
};

/// Whom a session was opened for.
pub struct Opened {
    /// The person.
    pub user: UserId,
    /// The company.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// The company's provider vouches for the person.
    pub by_sso: bool,
}

/// A fresh access token with everything about its bearer; `email_link` only in a demonstration.
pub async fn session_of(app: &App, member: &Member, email_link: Option<String>) -> Result<Session, Problem> {
    let access_token = app.keys.sign_user(member.user, member.tenant, member.session, app.now())?;
    let me = me_of(app, member).await?;
    Ok(Session { access_token, expires_in_s: ACCESS_LIFE_S, me, email_link })
}

/// The answer with the cookie set. 401 when the membership ended meanwhile.
pub async fn granted(
    app: &App,
    opened: &Opened,
    token: &Secret<String>,
    status: StatusCode,
    email_link: Option<String>,
) -> Result<Response, Problem> {
    let member = membership(app, opened.user, opened.tenant, opened.session, opened.by_sso).await?;
    let member = member.ok_or_else(Problem::unauthenticated)?;
    seen(app, &member).await;
    let session = session_of(app, &member, email_link).await?;
    Ok((status, [(header::SET_COOKIE, cookie::set(app, Realm::Tenant, token)?)], Json(session)).into_response())
}

/// Notes that the person was here: at every sign-in, and whenever their page asks for a fresh token. Nobody is kept out when the
/// note cannot be written.
async fn seen(app: &App, member: &Member) {
    let write = async {
        let tx = app.database.tenant(member.tenant, app.stamp(member.actor())).await?;
        let note = row::member::ActiveModel {
            id: Set(member.member.uuid()),
            last_seen_at: Set(Some(tx.at())),
            ..Default::default()
        };
        tx.update(note).await?;
        tx.commit_aside().await?;
        Ok::<(), StoreError>(())
    };
    if let Err(error) = write.await {
        tracing::warn!(%error, "that a person was here was not noted");
    }
}
