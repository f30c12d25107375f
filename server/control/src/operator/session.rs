//! Operators signing in and out.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use kernel::{OperatorId, Secret, SessionId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, system::operator_account};
use serde::Serialize;
use utoipa::ToSchema;

use super::account::{OperatorMe, me_of};
use crate::{
    identity::{
        cookie,
        family::{self, Holder},
        page::OurPage,
        second_factor,
        session::{ended, refreshed, wrong_password},
        shapes::SignIn,
        sign_up::email,
    },
    kit::{
        app::App,
        body::Body,
        caller::{ACCESS_LIFE_S, OperatorCaller, Realm},
        problem::Problem,
        source::{Source, user_agent},
    },
};

/// An operator's session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorSession {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Seconds that it is good for.
    pub expires_in_s: i64,
    /// Who.
    pub me: OperatorMe,
}

/// Sign in as an operator.
#[utoipa::path(post, path = "/v1/operator/sign-in", operation_id = "operator_sign_in", tag = "operator", request_body = SignIn,
    security(()), responses((status = 200, body = OperatorSession)))]
pub async fn operator_sign_in(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Body(ask): Body<SignIn>,
) -> Result<Response, Problem> {
    let address = email(&ask.email);
    app.limits.sign_in(source, &format!("operator {address}"))?;
    let system = app.database.system();
    let row = system.select::<operator_account::Entity>().is(operator_account::Column::Email, address).one().await?;
    if !app.passwords.is(&ask.password, row.as_ref().map(|row| row.password_hash.as_str())).await? {
        return Err(wrong_password());
    }
    let operator = OperatorId::from_uuid(row.ok_or_else(wrong_password)?.id);
    second_factor::proven(&app, operator.uuid(), ask.code.as_deref()).await?;
    let mut tx = app.database.system().begin(app.stamp(Actor::Operator(operator))).await?;
    let (session, token) = family::open(&mut tx, Holder::Operator(operator), user_agent(&headers)).await?;
    tx.noted("session.opened", "session", &session.to_string(), serde_json::json!({}));
    tx.commit().await?;
    granted(&app, operator, session, &token).await
}

/// End the session.
#[utoipa::path(post, path = "/v1/operator/sign-out", operation_id = "operator_sign_out", tag = "operator", security(()),
    responses((status = 204)))]
pub async fn operator_sign_out(State(app): State<App>, _: OurPage, headers: HeaderMap) -> Result<Response, Problem> {
    ended(&app, Realm::Operator, &headers).await
}

/// A fresh access token for the session in the cookie.
#[utoipa::path(post, path = "/v1/operator/session/refresh", operation_id = "operator_session_refresh", tag = "operator",
    security(()), responses((status = 200, body = OperatorSession)))]
pub async fn operator_session_refresh(
    State(app): State<App>,
    _: OurPage,
    source: Source,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (row, token) = refreshed(&app, Realm::Operator, source, &headers).await?;
    let operator = OperatorId::from_uuid(row.operator_id.ok_or_else(Problem::unauthenticated)?);
    granted(&app, operator, SessionId::from_uuid(row.id), &token).await
}

async fn granted(
    app: &App,
    operator: OperatorId,
    session: SessionId,
    token: &Secret<String>,
) -> Result<Response, Problem> {
    let access_token = app.keys.sign_operator(operator, session, app.now())?;
    let caller = OperatorCaller { operator, session, must_change_password: false };
    let body = OperatorSession { access_token, expires_in_s: ACCESS_LIFE_S, me: me_of(app, &caller).await? };
    Ok(([(header::SET_COOKIE, cookie::set(app, Realm::Operator, token)?)], Json(body)).into_response())
}

crate::resource!(operator_sign_in, operator_sign_out, operator_session_refresh);
