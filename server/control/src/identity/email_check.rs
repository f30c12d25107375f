//! Checks of addresses: a link that proves that its owner reads the mail sent there.

use axum::{Json, extract::State, http::StatusCode};
use kernel::{TenantId, UserId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, SystemTx,
    system::{email_check as row, user_account},
};
use sea_orm::{ActiveValue::Set, ColumnTrait};

use super::{
    grant::session_of,
    shapes::{Session, Token},
};
use crate::{
    kit::{
        app::App,
        body::Body,
        may::SignedIn,
        problem::{Or404, Problem},
        source::Source,
        token,
    },
    mail::{self, Letter, LetterKind},
};

/// How long a link is good, in seconds.
const LIFE_S: i64 = 3 * 86_400;

/// The address behind this link is checked.
#[utoipa::path(post, path = "/v1/email-check", operation_id = "email_check", tag = "session", request_body = Token,
    security(()), responses((status = 204)))]
pub async fn email_check(
    State(app): State<App>,
    source: Source,
    Body(ask): Body<Token>,
) -> Result<StatusCode, Problem> {
    app.limits.link(source)?;
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    let found = tx.find::<row::Entity>(token::hash(&ask.token)).await?;
    let found = found.filter(|check| Wall::from_offset(check.expires_at) > tx.now()).ok_or_else(link_over)?;
    let user = UserId::from_uuid(found.user_id);
    tx.act(Actor::User(user));
    let verified = user_account::ActiveModel {
        id: Set(found.user_id),
        email_verified_at: Set(Some(tx.at())),
        ..Default::default()
    };
    tx.update(verified).await?;
    tx.delete_many::<row::Entity>(row::Column::UserId.eq(found.user_id)).await?;
    match tx.memberships(user).await?.into_iter().find(|place| place.state == "active") {
        None => tx.commit().await?,
        Some(place) => {
            let mut tx = tx.enter(TenantId::from_uuid(place.tenant_id)).await?;
            tx.changed("user.email_verified", "user", &user.to_string(), serde_json::json!({})).await?;
            tx.commit().await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn link_over() -> Problem {
    Problem::new(StatusCode::GONE, "token_invalid", "This link was used already or is too old.")
}

/// Send the link again; links sent before no longer work.
#[utoipa::path(post, path = "/v1/email-check/resend", operation_id = "email_check_resend", tag = "session",
    security(("user" = [])), responses((status = 202, body = Session)))]
pub async fn email_check_resend(signed: SignedIn) -> Result<(StatusCode, Json<Session>), Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.user.to_string())?;
    let user = app.database.system().find::<user_account::Entity>(caller.user.uuid()).await?.or_404()?;
    if user.email_verified_at.is_some() {
        return Err(Problem::conflict("already_verified", "This address is checked already."));
    }
    let mut tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    let link = issue(&mut tx, app, caller.user, &user.email, &user.name).await?;
    let tx = tx.enter(caller.tenant).await?;
    tx.noted("user.link_renewed", "user", &caller.user.to_string(), serde_json::json!({ "email": user.email }));
    tx.commit().await?;
    sent(app, &user.email, &link);
    let session = session_of(app, caller, shown(app, link)).await?;
    Ok((StatusCode::ACCEPTED, Json(session)))
}

/// Make a link (older ones end) and have it mailed, where mail can be sent; else it is kept for the operator.
pub async fn issue(tx: &mut SystemTx, app: &App, user: UserId, email: &str, name: &str) -> Result<String, Problem> {
    let token = token::new(tx.chance());
    let link = app.link(&format!("/verify-email?token={}", token.expose()));
    tx.delete_many::<row::Entity>(row::Column::UserId.eq(user.uuid())).await?;
    let check = row::ActiveModel {
        token_hash: Set(token::hash(token.expose())),
        user_id: Set(user.uuid()),
        link: Set(app.mail.is_none().then(|| link.clone())),
        expires_at: Set(tx.now().plus_s(LIFE_S).to_offset()),
        created_at: Set(tx.at()),
    };
    tx.insert(check).await?;
    if app.mail.is_some() {
        let letter = Letter {
            kind: LetterKind::VerifyEmail,
            to: email.into(),
            name: name.into(),
            about: String::new(),
            link: link.clone(),
        };
        let now = tx.now();
        let job = mail::job(app, &letter, now)?;
        tx.enqueue(job).await?;
    }
    Ok(link)
}

/// After the commit: wake the mail worker, or tell a demonstration's log where to click.
pub fn sent(app: &App, email: &str, link: &str) {
    app.mail_waits.notify_one();
    if app.mail.is_none() && app.settings.demo {
        tracing::info!(email = ?kernel::Masked(email), "no mail here; the link is {link}");
    }
}

/// The link for the answer: only in a demonstration without mail.
pub fn shown(app: &App, link: String) -> Option<String> {
    (app.mail.is_none() && app.settings.demo).then_some(link)
}

crate::resource!(email_check, email_check_resend);
