//! Endpoints for gateways that a company racks itself. What they do is in `own_gateways`.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{GatewayId, Secret};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::LabBox;
use sea_orm::Order;

use super::{
    gateway_routes::{forget, realm, tell_switch},
    gateways::profiles_shown,
    own_gateways::{self, House, OwnGateway, OwnGatewayCreated, OwnGatewayNew, OwnGatewayPatch, row, shown},
    rentals,
    shapes::{GatewayAccount, GatewayProfile},
};
use crate::kit::{
    app::App,
    body::{Body, Id},
    may::May,
    once::Once,
    problem::Problem,
    quota,
    words::QuotaKind,
};

/// A visit of the operator leaves no credential behind.
fn by_the_company<P>(may: &May<P>) -> Result<(), Problem> {
    if may.caller.person.support.is_some() { Err(Problem::support_limited()) } else { Ok(()) }
}

/// The simulator plays the box, if it is to, with the passwords that are shown now.
async fn play(app: &App, made: &OwnGatewayCreated) {
    let Some(lab) = app.lab().filter(|_| made.gateway.simulated) else { return };
    lab.unrack(&made.gateway.id);
    let account = |it: &GatewayAccount| (it.username.clone(), Secret::new(it.password.clone()));
    let whole_box = made.gateway.username.is_some();
    let racked = LabBox {
        key: made.gateway.id.clone(),
        label: made.gateway.label.clone(),
        accounts: made.credentials.iter().map(account).collect(),
        slots: whole_box.then_some(made.gateway.gateway_ports.len()),
    };
    if let Err(why) = lab.rack(racked).await {
        tracing::warn!(gateway.id = %made.gateway.id, error = %why, "the simulator cannot play this gateway");
    }
    for (place, port) in made.gateway.gateway_ports.iter().enumerate() {
        port.numbers.iter().for_each(|number| lab.move_in(&made.gateway.id, place, number));
    }
}

/// Makes of gateway that can be racked.
#[utoipa::path(get, path = "/v1/gateway-profiles", operation_id = "own_gateway_profile_list", tag = "gateways",
    security(("user" = ["gateway_ports:read"])), responses((status = 200, body = [GatewayProfile])))]
pub async fn own_gateway_profile_list(_: May<Read<of::GatewayPort>>) -> Json<Vec<GatewayProfile>> {
    Json(profiles_shown())
}

/// Gateways that the company racked itself, oldest first.
#[utoipa::path(get, path = "/v1/gateways", operation_id = "own_gateway_list", tag = "gateways",
    security(("user" = ["gateway_ports:read"])), responses((status = 200, body = [OwnGateway])))]
pub async fn own_gateway_list(may: May<Read<of::GatewayPort>>) -> Result<Json<Vec<OwnGateway>>, Problem> {
    let tx = may.read().await?;
    let mut all = Vec::new();
    for own in tx.select::<row::Entity>().order_by(row::Column::CreatedAt, Order::Asc).all().await? {
        all.push(shown(&tx, may.app.capacity.as_ref(), own.id).await?);
    }
    Ok(Json(all))
}

/// Rack a gateway of one's own. The answer is the only one that shows the passwords of its accounts.
#[utoipa::path(post, path = "/v1/gateways", operation_id = "own_gateway_create", tag = "gateways",
    request_body = OwnGatewayNew, security(("user" = ["gateway_ports:write"])),
    responses((status = 201, body = OwnGatewayCreated)))]
pub async fn own_gateway_create(
    may: May<Write<of::GatewayPort>>,
    once: Once,
    Body(ask): Body<OwnGatewayNew>,
) -> Result<Response, Problem> {
    by_the_company(&may)?;
    let (app, realm) = (&may.app, realm(&may.app));
    let house = House { realm: &realm, private: app.settings.private_webhooks, lab: app.lab().is_some() };
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let has = tx.select::<rentals::row::Entity>().count().await?;
    quota::room(app, may.tenant(), QuotaKind::GatewayPorts, has + own_gateways::wants(&ask).saturating_sub(1)).await?;
    let (id, credentials) = own_gateways::rack(&mut tx, &ask, house).await?;
    let created = OwnGatewayCreated { gateway: shown(&tx, app.capacity.as_ref(), id).await?, credentials };
    let answer = once.after(tx, &ask, StatusCode::CREATED, &created).await?;
    tell_switch(app);
    play(app, &created).await;
    Ok(answer)
}

/// One gateway of the company's own.
#[utoipa::path(get, path = "/v1/gateways/{id}", operation_id = "own_gateway_get", tag = "gateways",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:read"])),
    responses((status = 200, body = OwnGateway)))]
pub async fn own_gateway_get(
    may: May<Read<of::GatewayPort>>,
    Id(id): Id<GatewayId>,
) -> Result<Json<OwnGateway>, Problem> {
    Ok(Json(shown(&may.read().await?, may.app.capacity.as_ref(), id.uuid()).await?))
}

/// Change a gateway of the company's own.
#[utoipa::path(patch, path = "/v1/gateways/{id}", operation_id = "own_gateway_patch", tag = "gateways",
    params(("id" = String, Path)), request_body = OwnGatewayPatch, security(("user" = ["gateway_ports:write"])),
    responses((status = 200, body = OwnGateway)))]
pub async fn own_gateway_patch(
    may: May<Write<of::GatewayPort>>,
    Id(id): Id<GatewayId>,
    Body(ask): Body<OwnGatewayPatch>,
) -> Result<Json<OwnGateway>, Problem> {
    by_the_company(&may)?;
    let mut tx = may.write().await?;
    own_gateways::change(&mut tx, id, &ask, may.app.settings.private_webhooks).await?;
    let gateway = shown(&tx, may.app.capacity.as_ref(), id.uuid()).await?;
    tx.commit().await?;
    tell_switch(&may.app);
    Ok(Json(gateway))
}

/// Give the accounts of an own gateway new passwords, shown in this answer only.
#[utoipa::path(post, path = "/v1/gateways/{id}/credentials", operation_id = "own_gateway_credentials", tag = "gateways",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:write"])),
    responses((status = 200, body = OwnGatewayCreated)))]
pub async fn own_gateway_credentials(
    may: May<Write<of::GatewayPort>>,
    once: Once,
    Id(id): Id<GatewayId>,
) -> Result<Response, Problem> {
    by_the_company(&may)?;
    let app = &may.app;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &()).await? {
        return Ok(answer);
    }
    let credentials = own_gateways::renew(&mut tx, id, &realm(app)).await?;
    let renewed = OwnGatewayCreated { gateway: shown(&tx, app.capacity.as_ref(), id.uuid()).await?, credentials };
    let answer = once.after(tx, &(), StatusCode::OK, &renewed).await?;
    tell_switch(app);
    play(app, &renewed).await;
    forget(app, renewed.credentials.iter().map(|account| &account.username));
    Ok(answer)
}

/// Take a gateway of the company's own away. Its numbers must be released first.
#[utoipa::path(delete, path = "/v1/gateways/{id}", operation_id = "own_gateway_remove", tag = "gateways",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:write"])), responses((status = 204)))]
pub async fn own_gateway_remove(
    may: May<Write<of::GatewayPort>>,
    Id(id): Id<GatewayId>,
) -> Result<StatusCode, Problem> {
    by_the_company(&may)?;
    let mut tx = may.write().await?;
    let accounts = own_gateways::unrack(&mut tx, id).await?;
    tx.commit().await?;
    tell_switch(&may.app);
    forget(&may.app, accounts.iter());
    if let Some(lab) = may.app.lab() {
        lab.unrack(&id.to_string());
    }
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(
    own_gateway_profile_list,
    own_gateway_list,
    own_gateway_create,
    own_gateway_get,
    own_gateway_patch,
    own_gateway_credentials,
    own_gateway_remove,
);
