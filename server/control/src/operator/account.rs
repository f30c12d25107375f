//! The first operator, and changing a password.

use axum::{Json, http::StatusCode};
use kernel::{OperatorId, Secret};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, Stamp, StoreError, system::operator_account};
use sea_orm::ActiveValue::Set;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Control,
    identity::{
        family::{self, Holder},
        me::wrong_current,
        shapes::PasswordChange,
        sign_up::email,
    },
    kit::{
        app::App,
        body::{Body, Check},
        caller::OperatorCaller,
        may::OperatorSelf,
        password,
        problem::{Or404, Problem},
        token,
    },
};

/// An operator as they see themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorMe {
    /// `opr_..`
    pub id: String,
    /// Address.
    pub email: String,
    /// The first password must be changed before anything else.
    pub must_change_password: bool,
}

/// What becomes of the first password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPassword {
    /// It opens only the change of itself.
    MustChange,
    /// It stays good: in a demonstration.
    Keeps,
}

/// Makes the first operator when there is none and returns the password, which is not kept and must be shown now. `None` when there
/// is an operator already. Fails as the store does.
pub async fn bootstrap(
    control: &Control,
    address: &str,
    first: FirstPassword,
) -> Result<Option<Secret<String>>, Problem> {
    let app = control.app();
    if app.database.system().select::<operator_account::Entity>().count().await? > 0 {
        return Ok(None);
    }
    let mut chance = app.chance();
    let secret = token::password(chance.as_mut());
    let hash = app.passwords.hash(secret.expose(), chance.as_mut()).await?;
    let tx = app.database.system().begin(Stamp::system(app.now(), chance)).await?;
    let row = operator_account::ActiveModel {
        id: Set(tx.new_id()),
        email: Set(email(address)),
        password_hash: Set(hash),
        must_change_password: Set(first == FirstPassword::MustChange),
        created_at: Set(tx.at()),
    };
    match tx.insert(row).await {
        Ok(_) => {}
        // Another node was faster.
        Err(StoreError::Unique { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(Some(secret))
}

/// Who one is.
#[utoipa::path(get, path = "/v1/operator/me", operation_id = "operator_me", tag = "operator", security(("operator" = [])),
    responses((status = 200, body = OperatorMe)))]
pub async fn operator_me(signed: OperatorSelf) -> Result<Json<OperatorMe>, Problem> {
    Ok(Json(me_of(&signed.app, &signed.caller).await?))
}

/// Change one's password; every other session ends.
#[utoipa::path(post, path = "/v1/operator/password", operation_id = "operator_password", tag = "operator",
    request_body = PasswordChange, security(("operator" = [])), responses((status = 204)))]
pub async fn operator_password(signed: OperatorSelf, Body(ask): Body<PasswordChange>) -> Result<StatusCode, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.operator.to_string())?;
    let row = app.database.system().find::<operator_account::Entity>(caller.operator.uuid()).await?.or_404()?;
    if !app.passwords.is(&ask.current, Some(&row.password_hash)).await? {
        return Err(wrong_current());
    }
    let mut check = Check::default();
    password::check(&mut check, &ask.new, "new", &[&row.email]);
    check.need(ask.new != ask.current, "new", "unchanged", "Another one than before.");
    check.done()?;
    let hash = app.passwords.hash(&ask.new, app.chance().as_mut()).await?;
    let tx = app.database.system().begin(app.stamp(Actor::Operator(caller.operator))).await?;
    let changed = operator_account::ActiveModel {
        id: Set(row.id),
        password_hash: Set(hash),
        must_change_password: Set(false),
        ..Default::default()
    };
    tx.update(changed).await?;
    family::revoke_others(&tx, Holder::Operator(caller.operator), caller.session).await?;
    tx.noted("password_changed", "operator_account", &caller.operator.to_string(), serde_json::json!({}));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As shown. Fails as the store does.
pub async fn me_of(app: &App, caller: &OperatorCaller) -> Result<OperatorMe, Problem> {
    let row = app.database.system().find::<operator_account::Entity>(caller.operator.uuid()).await?.or_404()?;
    let id = OperatorId::from_uuid(row.id).to_string();
    Ok(OperatorMe { id, email: row.email, must_change_password: row.must_change_password })
}

crate::resource!(operator_me, operator_password);
