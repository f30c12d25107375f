//! A forgotten password: a link by mail sets a new one and ends every session. Where no mail goes out the operator hands the link on;
//! the answer never tells whether there is such an account.

use axum::{Json, extract::State, http::StatusCode};
use kernel::{TenantId, UserId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, Stamp,
    system::{password_reset as row, session, user_account},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, sea_query::Expr};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_up::{check_email, email};
use crate::{
    kit::{
        app::App,
        body::{Body, Check},
        password,
        problem::{Or404, Problem},
        source::Source,
        token,
    },
    mail::{self, Letter, LetterKind},
};

/// How long a link is good, in seconds: an hour.
const LIFE_S: i64 = 3_600;

/// Whose password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct PasswordForgotten {
    /// Address.
    pub email: String,
}

/// A new password, with the token of the link as proof.
#[derive(Clone, Deserialize, ToSchema)]
pub struct PasswordReset {
    /// As in the link.
    pub token: String,
    /// The password from now on.
    pub password: String,
}

/// Whether a link goes by mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PasswordResetAsked {
    /// It does, if there is such an account; else the operator has it.
    pub mailed: bool,
}

/// Ask for a link that sets a new password. Links asked for before no longer work.
#[utoipa::path(post, path = "/v1/password-reset", operation_id = "password_reset_ask", tag = "session",
    request_body = PasswordForgotten, security(()), responses((status = 202, body = PasswordResetAsked)))]
pub async fn password_reset_ask(
    State(app): State<App>,
    source: Source,
    Body(ask): Body<PasswordForgotten>,
) -> Result<(StatusCode, Json<PasswordResetAsked>), Problem> {
    app.limits.link(source)?;
    let address = email(&ask.email);
    let mut check = Check::default();
    check_email(&mut check, &address);
    check.done()?;
    app.limits.password(&format!("reset {address}"))?;
    if let Some(user) = app.database.system().user_by_email(&address).await? {
        issue(&app, &user).await?;
        app.mail_waits.notify_one();
    }
    Ok((StatusCode::ACCEPTED, Json(PasswordResetAsked { mailed: app.mail.is_some() })))
}

async fn issue(app: &App, user: &user_account::Model) -> Result<(), Problem> {
    let mut tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    let token = token::new(tx.chance());
    let link = app.link(&format!("/reset-password?token={}", token.expose()));
    tx.delete_many::<row::Entity>(row::Column::UserId.eq(user.id)).await?;
    let asked = row::ActiveModel {
        token_hash: Set(token::hash(token.expose())),
        user_id: Set(user.id),
        link: Set(app.mail.is_none().then(|| link.clone())),
        expires_at: Set(tx.now().plus_s(LIFE_S).to_offset()),
        created_at: Set(tx.at()),
    };
    tx.insert(asked).await?;
    if app.mail.is_some() {
        let (to, name) = (user.email.clone(), user.name.clone());
        let letter = Letter { kind: LetterKind::PasswordReset, to, name, about: String::new(), link };
        let now = tx.now();
        tx.enqueue(mail::job(app, &letter, now)?).await?;
    }
    Ok(tx.commit().await?)
}

/// Set a new password. Every session ends; who reads the mail has checked the address. 410 for a link that was used or is too old.
#[utoipa::path(post, path = "/v1/password-reset/confirm", operation_id = "password_reset", tag = "session",
    request_body = PasswordReset, security(()), responses((status = 204)))]
pub async fn password_reset(
    State(app): State<App>,
    source: Source,
    Body(ask): Body<PasswordReset>,
) -> Result<StatusCode, Problem> {
    app.limits.link(source)?;
    let hashed = token::hash(&ask.token);
    let system = app.database.system();
    let open = |found: &row::Model, now: Wall| Wall::from_offset(found.expires_at) > now;
    let found = system
        .find::<row::Entity>(hashed.clone())
        .await?
        .filter(|found| open(found, app.now()))
        .ok_or_else(link_over)?;
    let user = system.find::<user_account::Entity>(found.user_id).await?.or_404()?;
    let mut check = Check::default();
    password::check(&mut check, &ask.password, "password", &[&user.name, &user.email]);
    check.done()?;
    let hash = app.passwords.hash(&ask.password, app.chance().as_mut()).await?;
    let id = UserId::from_uuid(user.id);
    let tx = app.database.system().begin(app.stamp(Actor::User(id))).await?;
    // Used up first: of two at once one finds nothing.
    if tx.delete_many::<row::Entity>(row::Column::TokenHash.eq(hashed)).await? == 0 {
        return Err(link_over());
    }
    tx.delete_many::<row::Entity>(row::Column::UserId.eq(user.id)).await?;
    let verified = if app.mail.is_some() { user.email_verified_at.or(Some(tx.at())) } else { user.email_verified_at };
    let change = user_account::ActiveModel {
        id: Set(user.id),
        password_hash: Set(hash),
        email_verified_at: Set(verified),
        ..Default::default()
    };
    tx.update(change).await?;
    let open = Condition::all().add(session::Column::UserId.eq(user.id)).add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], open).await?;
    let places = tx.memberships(id).await?;
    match places.into_iter().find(|place| place.state == "active") {
        None => tx.commit().await?,
        Some(place) => {
            let tx = tx.enter(TenantId::from_uuid(place.tenant_id)).await?;
            tx.noted("user.password_reset", "user", &id.to_string(), serde_json::json!({}));
            tx.commit().await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn link_over() -> Problem {
    Problem::new(StatusCode::GONE, "token_invalid", "This link was used already or is too old.")
}

crate::resource!(password_reset_ask, password_reset);
