//! The operator's gateway endpoints. What they do is in `gateways` and `gateway_new`.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{GatewayId, Uuid};
use patchbay_kernel as kernel;

use super::{
    gateway_new::{GatewayNew, Realm},
    gateways::{
        GatewayPatch, accounts_of, gateway_add, gateway_change, gateway_new_passwords, gateway_strike, profiles_shown,
        suspend,
    },
    shapes::{Gateway, GatewayCreated, GatewayProfile},
    view::{Stock, View},
};
use crate::kit::{
    app::App,
    body::{Body, Id},
    once::Once,
    operator::Operator,
    problem::Problem,
};

/// What accounts are made with in this installation.
pub fn realm(app: &App) -> Realm<'_> {
    Realm { domain: &app.settings.sip_domain, registrar: &app.settings.sip_registrar, sealer: &app.sealer }
}

/// The gateway as `stock` has it now.
async fn shown(app: &App, stock: &impl Stock, id: Uuid) -> Result<Gateway, Problem> {
    let system = app.database.system();
    Ok(View { stock, system: &system, capacity: app.capacity.as_ref() }.gateway(id).await?)
}

/// Peers, probes and registrations are read again by the switch.
pub fn tell_switch(app: &App) {
    if let Some(switch) = app.switch_if_up() {
        switch.reload_gateways();
    }
}

/// Makes of gateway.
#[utoipa::path(get, path = "/v1/operator/gateway-profiles", operation_id = "gateway_profile_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [GatewayProfile])))]
pub async fn gateway_profile_list(_: Operator) -> Json<Vec<GatewayProfile>> {
    Json(profiles_shown())
}

/// All gateways with their gateway ports.
#[utoipa::path(get, path = "/v1/operator/gateways", operation_id = "gateway_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [Gateway])))]
pub async fn gateway_list(operator: Operator) -> Result<Json<Vec<Gateway>>, Problem> {
    let system = operator.read();
    let view = View { stock: &system, system: &system, capacity: operator.app.capacity.as_ref() };
    Ok(Json(view.gateways(None).await?))
}

/// Add a gateway. The answer is the only one that shows the passwords of its accounts.
#[utoipa::path(post, path = "/v1/operator/gateways", operation_id = "gateway_create", tag = "operator",
    request_body = GatewayNew, security(("operator" = [])), responses((status = 201, body = GatewayCreated)))]
pub async fn gateway_create(operator: Operator, once: Once, Body(ask): Body<GatewayNew>) -> Result<Response, Problem> {
    let app = &operator.app;
    let mut tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let (id, credentials) = gateway_add(&mut tx, &ask, &realm(app)).await?;
    let created = GatewayCreated { gateway: shown(app, &tx, id).await?, credentials };
    let answer = once.after(tx, &ask, StatusCode::CREATED, &created).await?;
    tell_switch(app);
    Ok(answer)
}

/// One gateway with its gateway ports.
#[utoipa::path(get, path = "/v1/operator/gateways/{id}", operation_id = "gateway_get", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = Gateway)))]
pub async fn gateway_get(operator: Operator, Id(id): Id<GatewayId>) -> Result<Json<Gateway>, Problem> {
    Ok(Json(shown(&operator.app, &operator.read(), id.uuid()).await?))
}

/// Change a gateway.
#[utoipa::path(patch, path = "/v1/operator/gateways/{id}", operation_id = "gateway_patch", tag = "operator",
    params(("id" = String, Path)), request_body = GatewayPatch, security(("operator" = [])),
    responses((status = 200, body = Gateway)))]
pub async fn gateway_patch(
    operator: Operator,
    Id(id): Id<GatewayId>,
    Body(ask): Body<GatewayPatch>,
) -> Result<Json<Gateway>, Problem> {
    let app = &operator.app;
    let mut tx = operator.write().await?;
    gateway_change(&mut tx, id, &ask, &realm(app)).await?;
    match ask.suspended {
        Some(suspended) => {
            suspend(tx, id, suspended, ask.suspended_reason.as_deref()).await?.iter().for_each(|account| {
                forget(app, std::iter::once(account));
            })
        }
        None => tx.commit().await?,
    }
    tell_switch(app);
    Ok(Json(shown(app, &operator.read(), id.uuid()).await?))
}

/// Remove a gateway that nobody uses.
#[utoipa::path(delete, path = "/v1/operator/gateways/{id}", operation_id = "gateway_remove", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn gateway_remove(operator: Operator, Id(id): Id<GatewayId>) -> Result<StatusCode, Problem> {
    let rented: Vec<Uuid> = operator.read().rentals().await?.iter().map(|rental| rental.id).collect();
    let tx = operator.write().await?;
    let accounts = accounts_of(&tx, id).await?;
    gateway_strike(&tx, id, &rented).await?;
    tx.commit().await?;
    tell_switch(&operator.app);
    forget(&operator.app, accounts.iter());
    Ok(StatusCode::NO_CONTENT)
}

/// Give the accounts of a gateway new passwords, shown in this answer only.
#[utoipa::path(post, path = "/v1/operator/gateways/{id}/credentials", operation_id = "gateway_credentials", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = GatewayCreated)))]
pub async fn gateway_credentials(operator: Operator, once: Once, Id(id): Id<GatewayId>) -> Result<Response, Problem> {
    let app = &operator.app;
    let mut tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &()).await? {
        return Ok(answer);
    }
    let credentials = gateway_new_passwords(&mut tx, id, &realm(app)).await?;
    let renewed = GatewayCreated { gateway: shown(app, &tx, id.uuid()).await?, credentials };
    let answer = once.after(tx, &(), StatusCode::OK, &renewed).await?;
    tell_switch(app);
    forget(app, renewed.credentials.iter().map(|account| &account.username));
    Ok(answer)
}

/// What registered with a password that is no more is reached no more.
pub fn forget<'a>(app: &App, accounts: impl Iterator<Item = &'a String>) {
    if let Some(switch) = app.switch_if_up() {
        accounts.for_each(|username| switch.forget_gateway_account(username));
    }
}

crate::resource!(
    gateway_profile_list,
    gateway_list,
    gateway_create,
    gateway_get,
    gateway_patch,
    gateway_remove,
    gateway_credentials,
);
