//! One's own second factor, over HTTP, for people and for operators.

use axum::{Json, http::StatusCode};
use patchbay_kernel::OperatorId;
use patchbay_tenancy::{
    Actor,
    system::{operator_account, user_account},
};

use super::{
    me::wrong_current,
    second_factor::{
        Account, BothProofs, CodeProof, PasswordProof, RecoveryCodes, SecondFactor, SecondFactorSecret, begin, confirm,
        renew, state, turn_off,
    },
};
use crate::kit::{
    body::Body,
    caller::Member,
    may::{OperatorSelf, SignedIn},
    problem::{Or404, Problem},
};

/// How one's second factor stands.
#[utoipa::path(get, path = "/v1/me/second-factor", operation_id = "second_factor", tag = "me", security(("user" = [])),
    responses((status = 200, body = SecondFactor)))]
pub async fn second_factor(signed: SignedIn) -> Result<Json<SecondFactor>, Problem> {
    Ok(Json(state(&signed.app, signed.caller.user.uuid()).await?))
}

/// Begin to turn it on, with one's password: a secret for an authenticator program.
#[utoipa::path(post, path = "/v1/me/second-factor", operation_id = "second_factor_begin", tag = "me", request_body = PasswordProof,
    security(("user" = [])), responses((status = 200, body = SecondFactorSecret)))]
pub async fn second_factor_begin(
    signed: SignedIn,
    Body(ask): Body<PasswordProof>,
) -> Result<Json<SecondFactorSecret>, Problem> {
    let email = user_proven(&signed, &ask.password).await?;
    let (app, caller) = (&signed.app, &signed.caller);
    Ok(Json(begin(app, mine(caller), &email).await?))
}

/// Turn it on with the first code. The recovery codes are shown this once.
#[utoipa::path(post, path = "/v1/me/second-factor/confirm", operation_id = "second_factor_confirm", tag = "me",
    request_body = CodeProof, security(("user" = [])), responses((status = 200, body = RecoveryCodes)))]
pub async fn second_factor_confirm(
    signed: SignedIn,
    Body(ask): Body<CodeProof>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.user.to_string())?;
    Ok(Json(confirm(app, mine(caller), &ask.code).await?))
}

/// New recovery codes; the old ones end.
#[utoipa::path(post, path = "/v1/me/second-factor/recovery-codes", operation_id = "second_factor_renew", tag = "me",
    request_body = CodeProof, security(("user" = [])), responses((status = 200, body = RecoveryCodes)))]
pub async fn second_factor_renew(signed: SignedIn, Body(ask): Body<CodeProof>) -> Result<Json<RecoveryCodes>, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.user.to_string())?;
    Ok(Json(renew(app, mine(caller), &ask.code).await?))
}

/// Turn it off, with password and code.
#[utoipa::path(post, path = "/v1/me/second-factor/off", operation_id = "second_factor_off", tag = "me",
    request_body = BothProofs, security(("user" = [])), responses((status = 204)))]
pub async fn second_factor_off(signed: SignedIn, Body(ask): Body<BothProofs>) -> Result<StatusCode, Problem> {
    user_proven(&signed, &ask.password).await?;
    let (app, caller) = (&signed.app, &signed.caller);
    turn_off(app, mine(caller), &ask.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn mine(caller: &Member) -> Account {
    Account { id: caller.person.user.uuid(), actor: caller.actor(), tenant: Some(caller.person.tenant) }
}

const fn theirs(id: OperatorId) -> Account {
    Account { id: id.uuid(), actor: Actor::Operator(id), tenant: None }
}

/// The person's address, once the password is right.
async fn user_proven(signed: &SignedIn, password: &str) -> Result<String, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.user.to_string())?;
    let row = app.database.system().find::<user_account::Entity>(caller.user.uuid()).await?.or_404()?;
    if app.passwords.is(password, Some(&row.password_hash)).await? { Ok(row.email) } else { Err(wrong_current()) }
}

/// How one's second factor stands.
#[utoipa::path(get, path = "/v1/operator/second-factor", operation_id = "operator_second_factor", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = SecondFactor)))]
pub async fn operator_second_factor(signed: OperatorSelf) -> Result<Json<SecondFactor>, Problem> {
    Ok(Json(state(&signed.app, signed.caller.operator.uuid()).await?))
}

/// Begin to turn it on, with one's password: a secret for an authenticator program.
#[utoipa::path(post, path = "/v1/operator/second-factor", operation_id = "operator_second_factor_begin", tag = "operator",
    request_body = PasswordProof, security(("operator" = [])), responses((status = 200, body = SecondFactorSecret)))]
pub async fn operator_second_factor_begin(
    signed: OperatorSelf,
    Body(ask): Body<PasswordProof>,
) -> Result<Json<SecondFactorSecret>, Problem> {
    let email = operator_proven(&signed, &ask.password).await?;
    let id = signed.caller.operator;
    Ok(Json(begin(&signed.app, theirs(id), &email).await?))
}

/// Turn it on with the first code. The recovery codes are shown this once.
#[utoipa::path(post, path = "/v1/operator/second-factor/confirm", operation_id = "operator_second_factor_confirm",
    tag = "operator", request_body = CodeProof, security(("operator" = [])), responses((status = 200, body = RecoveryCodes)))]
pub async fn operator_second_factor_confirm(
    signed: OperatorSelf,
    Body(ask): Body<CodeProof>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let id = signed.caller.operator;
    signed.app.limits.password(&id.to_string())?;
    Ok(Json(confirm(&signed.app, theirs(id), &ask.code).await?))
}

/// New recovery codes; the old ones end.
#[utoipa::path(post, path = "/v1/operator/second-factor/recovery-codes", operation_id = "operator_second_factor_renew",
    tag = "operator", request_body = CodeProof, security(("operator" = [])), responses((status = 200, body = RecoveryCodes)))]
pub async fn operator_second_factor_renew(
    signed: OperatorSelf,
    Body(ask): Body<CodeProof>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let id = signed.caller.operator;
    signed.app.limits.password(&id.to_string())?;
    Ok(Json(renew(&signed.app, theirs(id), &ask.code).await?))
}

/// Turn it off, with password and code.
#[utoipa::path(post, path = "/v1/operator/second-factor/off", operation_id = "operator_second_factor_off", tag = "operator",
    request_body = BothProofs, security(("operator" = [])), responses((status = 204)))]
pub async fn operator_second_factor_off(
    signed: OperatorSelf,
    Body(ask): Body<BothProofs>,
) -> Result<StatusCode, Problem> {
    operator_proven(&signed, &ask.password).await?;
    let id = signed.caller.operator;
    turn_off(&signed.app, theirs(id), &ask.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn operator_proven(signed: &OperatorSelf, password: &str) -> Result<String, Problem> {
    let (app, id) = (&signed.app, signed.caller.operator);
    app.limits.password(&id.to_string())?;
    let row = app.database.system().find::<operator_account::Entity>(id.uuid()).await?.or_404()?;
    if app.passwords.is(password, Some(&row.password_hash)).await? { Ok(row.email) } else { Err(wrong_current()) }
}

crate::resource!(
    second_factor,
    second_factor_begin,
    second_factor_confirm,
    second_factor_renew,
    second_factor_off,
    operator_second_factor,
    operator_second_factor_begin,
    operator_second_factor_confirm,
    operator_second_factor_renew,
    operator_second_factor_off,
);
