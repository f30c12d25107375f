//! What rings on a seat. A SIP phone's password is shown once; what is kept is its digest.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{DeviceId, Entropy, SeatId, Secret};
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    changes::checked,
    routes::present,
    row::{device, seat},
    view::{Device, show_device},
};
use crate::{
    kit::{
        app::App,
        body::{Body, Id},
        digest::ha1,
        may::May,
        once::Once,
        problem::{Or404, Problem},
        token,
        words::DeviceKind,
    },
    people::leaving::{Struck, forget},
};

/// Devices that a seat may have.
const MOST: u64 = 10;

/// A SIP phone to be added.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceNew {
    /// Name.
    pub label: String,
}

/// What is typed into a phone. The password is not kept and cannot be shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct DeviceCredentials {
    /// The device.
    pub device: Device,
    /// SIP user name.
    pub username: String,
    /// Password.
    pub password: String,
    /// SIP domain.
    pub domain: String,
    /// Where to register.
    pub registrar: String,
    /// `udp`, `tcp`, `tls`.
    pub transports: Vec<String>,
}

/// Add a SIP phone to a seat.
#[utoipa::path(post, path = "/v1/seats/{id}/devices", operation_id = "device_create", tag = "seats", params(("id" = String, Path)),
    request_body = DeviceNew, security(("user" = ["devices:write"])), responses((status = 201, body = DeviceCredentials)))]
pub async fn device_create(
    may: May<Write<of::Device>>,
    once: Once,
    Id(id): Id<SeatId>,
    Body(ask): Body<DeviceNew>,
) -> Result<Response, Problem> {
    checked(None, Some(&ask.label))?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let seat = present(&tx, id).await?;
    if tx.whole::<device::Entity>().is(device::Column::SeatId, seat.id).count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", "A seat has at most ten devices."));
    }
    let (row, password) = add(&may.app, &mut tx, &seat, DeviceKind::SipPhone, ask.label.trim()).await?;
    let out = credentials(&may.app, &row, password);
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Give a SIP phone a new password; the old one ends at once.
#[utoipa::path(post, path = "/v1/devices/{id}/credentials", operation_id = "device_credentials", tag = "seats",
    params(("id" = String, Path)), security(("user" = ["devices:write"])), responses((status = 200, body = DeviceCredentials)))]
pub async fn device_credentials(
    may: May<Write<of::Device>>,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceCredentials>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<device::Entity>(id.uuid()).await?.or_404()?;
    if row.kind == DeviceKind::Browser.as_str() {
        return Err(Problem::conflict("no_credentials", "The telephone in the page has no password."));
    }
    let password = token::password(tx.chance());
    let digest = ha1(&row.username, &may.app.settings.sip_domain, password.expose());
    let change = device::ActiveModel {
        id: Set(row.id),
        ha1_md5: Set(digest.md5),
        ha1_sha256: Set(digest.sha256),
        contacts: Set(0),
        ..Default::default()
    };
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "seat": SeatId::from_uuid(row.seat_id) });
    tx.changed("device.credentials_reset", "device", &id.to_string(), body).await?;
    tx.commit().await?;
    forget(&may.app, &[Struck { device: id, username: row.username.clone() }]);
    Ok(Json(credentials(&may.app, &row, password)))
}

/// Remove a device.
#[utoipa::path(delete, path = "/v1/devices/{id}", operation_id = "device_remove", tag = "seats", params(("id" = String, Path)),
    security(("user" = ["devices:write"])), responses((status = 204)))]
pub async fn device_remove(may: May<Write<of::Device>>, Id(id): Id<DeviceId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<device::Entity>(id.uuid()).await?.or_404()?;
    tx.remove_sip_account(&row.username).await?;
    tx.delete::<device::Entity>(row.id).await?;
    let body = serde_json::json!({ "seat": SeatId::from_uuid(row.seat_id), "label": row.label });
    tx.changed("device.removed", "device", &id.to_string(), body).await?;
    tx.commit().await?;
    forget(&may.app, &[Struck { device: id, username: row.username }]);
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a device with a fresh user name (unique in the installation) and password. Fails as the store does.
pub async fn add(
    app: &App,
    tx: &mut TenantTx,
    seat: &seat::Model,
    kind: DeviceKind,
    label: &str,
) -> Result<(device::Model, Secret<String>), Problem> {
    let id = DeviceId::from_uuid(tx.new_id());
    let username = username(&seat.extension, tx.chance());
    let password = token::password(tx.chance());
    let digest = ha1(&username, &app.settings.sip_domain, password.expose());
    tx.add_sip_account(&username, id.uuid()).await.map_err(|error| match error {
        // 50 bits of chance met: repeating the request draws again.
        StoreError::Unique { .. } => Problem::busy(),
        other => other.into(),
    })?;
    let row = device::ActiveModel {
        id: Set(id.uuid()),
        seat_id: Set(seat.id),
        kind: Set(kind.as_str().to_owned()),
        label: Set(label.to_owned()),
        username: Set(username),
        ha1_md5: Set(digest.md5),
        ha1_sha256: Set(digest.sha256),
        user_agent: Set(None),
        contacts: Set(0),
        created_at: Set(tx.at()),
        last_seen_at: Set(None),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let body = serde_json::json!({ "seat": SeatId::from_uuid(seat.id), "kind": kind, "label": label });
    tx.changed("device.created", "device", &id.to_string(), body).await?;
    Ok((row, password))
}

/// `101-` and ten characters of chance: people recognise the seat, nobody guesses the account.
fn username(extension: &str, chance: &mut dyn Entropy) -> String {
    let tail = kernel::id::encode(kernel::Uuid::from_u128(chance.next_u64().into()));
    format!("{extension}-{}", &tail[16..])
}

fn credentials(app: &App, row: &device::Model, password: Secret<String>) -> DeviceCredentials {
    DeviceCredentials {
        device: show_device(app, row),
        username: row.username.clone(),
        password: password.into_inner(),
        domain: app.settings.sip_domain.clone(),
        registrar: app.settings.sip_registrar.clone(),
        transports: app.settings.sip_transports.clone(),
    }
}

crate::resource!(device_create, device_credentials, device_remove);
