//! The cookie that holds a refresh token: scripts cannot read it, other sites cannot send it.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::CookieJar;
use patchbay_kernel::Secret;

use super::family::IDLE_S;
use crate::kit::{app::App, caller::Realm, problem::Problem};

const fn name(realm: Realm) -> &'static str {
    match realm {
        Realm::Tenant => "patchbay_session",
        Realm::Operator => "patchbay_operator",
    }
}

/// The token that the request brought.
pub fn read(headers: &HeaderMap, realm: Realm) -> Option<String> {
    CookieJar::from_headers(headers).get(name(realm)).map(|cookie| cookie.value().to_owned())
}

/// `Set-Cookie` for a new token.
pub fn set(app: &App, realm: Realm, token: &Secret<String>) -> Result<HeaderValue, Problem> {
    write(app, realm, token.expose(), IDLE_S)
}

/// `Set-Cookie` that removes it.
pub fn clear(app: &App, realm: Realm) -> Result<HeaderValue, Problem> {
    write(app, realm, "", 0)
}

fn write(app: &App, realm: Realm, value: &str, life_s: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let name = name(realm);
    let text = format!("{name}={value}; Path=/v1; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
