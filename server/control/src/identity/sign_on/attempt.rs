//! A browser on its way to a provider and back: bound to that browser by a cookie, good once and for ten minutes.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::CookieJar;
use kernel::{Secret, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, SystemTx,
    system::{single_sign_on, sso_attempt},
};
use sea_orm::{ActiveValue::Set, ColumnTrait};
use serde::{Deserialize, Serialize};

use super::provider::{Question, Terms};
use crate::kit::{app::App, problem::Problem, token};

/// How long somebody may take at their provider, in seconds.
const LIFE_S: i64 = 600;
const COOKIE: &str = "patchbay_sso";
/// Under which the cookie is sent back.
const PATH: &str = "/v1/sign-in/single-sign-on";

/// What is kept of a question, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    nonce: String,
    verifier: String,
    return_to: Option<String>,
}

/// A browser that came back.
pub struct Back {
    /// To this company.
    pub tenant: TenantId,
    /// Whom it was sent to.
    pub issuer: String,
    /// What it was sent with.
    pub question: Question,
    /// Where it wanted to go.
    pub return_to: Option<String>,
}

/// The address that providers send browsers back to.
pub fn back_address(app: &App) -> String {
    app.link(&format!("{PATH}/callback"))
}

/// What a company agreed on with its provider, from its row.
pub fn terms(app: &App, row: &single_sign_on::Model) -> Result<Terms, Problem> {
    Ok(Terms {
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: app.sealer.unseal(&row.client_secret, &secret_context(row.tenant_id))?,
        back: back_address(app),
    })
}

/// Under which the client secret is sealed.
pub fn secret_context(tenant: kernel::Uuid) -> String {
    format!("single_sign_on:{tenant}")
}

fn context(state_hash: &str) -> String {
    format!("sso_attempt:{state_hash}")
}

/// A fresh question, with the value of the cookie that binds it to the browser. Fails as the store does.
pub async fn begun(
    app: &App,
    row: &single_sign_on::Model,
    return_to: Option<String>,
) -> Result<(Question, Secret<String>), Problem> {
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    let question =
        Question { state: token::new(tx.chance()), nonce: token::new(tx.chance()), verifier: token::new(tx.chance()) };
    let browser = token::new(tx.chance());
    let kept = Kept {
        issuer: row.issuer.clone(),
        nonce: question.nonce.expose().clone(),
        verifier: question.verifier.expose().clone(),
        return_to,
    };
    let text = serde_json::to_string(&kept).map_err(Problem::internal)?;
    let state_hash = token::hash(question.state.expose());
    let attempt = sso_attempt::ActiveModel {
        sealed: Set(app.sealer.seal(&text, &context(&state_hash), tx.chance())),
        state_hash: Set(state_hash),
        tenant_id: Set(row.tenant_id),
        browser_hash: Set(token::hash(browser.expose())),
        expires_at: Set(tx.now().plus_s(LIFE_S).to_offset()),
    };
    tx.insert(attempt).await?;
    tx.commit_aside().await?;
    Ok((question, browser))
}

/// Uses the attempt up. `None` for an unknown, used or old state, and for another browser than the one that was sent.
pub async fn ended(app: &App, state: &str, headers: &HeaderMap) -> Result<Option<Back>, Problem> {
    let browser = CookieJar::from_headers(headers).get(COOKIE).map(|cookie| token::hash(cookie.value()));
    let state_hash = token::hash(state);
    let tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    let found = tx.find::<sso_attempt::Entity>(state_hash.clone()).await?;
    let mine = found.filter(|row| Some(&row.browser_hash) == browser.as_ref());
    let Some(row) = mine else { return Ok(None) };
    // Of two at once one finds nothing.
    let used = tx.delete_many::<sso_attempt::Entity>(sso_attempt::Column::StateHash.eq(state_hash.clone())).await?;
    let in_time = Wall::from_offset(row.expires_at) > tx.now();
    tx.commit_aside().await?;
    if used == 0 || !in_time {
        return Ok(None);
    }
    let text = app.sealer.unseal(&row.sealed, &context(&state_hash))?;
    let kept: Kept = serde_json::from_str(text.expose()).map_err(Problem::internal)?;
    Ok(Some(Back {
        tenant: TenantId::from_uuid(row.tenant_id),
        issuer: kept.issuer,
        question: Question {
            state: Secret::new(state.to_owned()),
            nonce: Secret::new(kept.nonce),
            verifier: Secret::new(kept.verifier),
        },
        return_to: kept.return_to,
    }))
}

/// Forgets browsers that did not come back in time. Fails as the store does.
pub async fn forget(tx: &SystemTx) -> Result<(), Problem> {
    tx.delete_many::<sso_attempt::Entity>(sso_attempt::Column::ExpiresAt.lt(tx.at())).await?;
    Ok(())
}

/// `Set-Cookie` for the way there. `Lax`: the browser comes back from another site, by a link.
pub fn cookie(app: &App, value: &Secret<String>) -> Result<HeaderValue, Problem> {
    write(app, value.expose(), LIFE_S)
}

/// `Set-Cookie` that removes it.
pub fn cookie_off(app: &App) -> Result<HeaderValue, Problem> {
    write(app, "", 0)
}

fn write(app: &App, value: &str, life_s: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path={PATH}; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
