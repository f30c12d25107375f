//! Seat tokens: a server makes one for a browser, which then is the softphone of that seat for a while, and nothing else.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{ApiKeyId, DeviceId, SeatId, SeatTokenId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    row::{seat_token, texts},
    secret::{self, Kind},
};
use crate::{
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
        words::DeviceKind,
    },
    people::leaving::{Struck, forget},
    seats::{
        routes::present,
        row::{device, seat},
    },
};

/// How long a token lives unless told otherwise, in seconds.
const LIFE_S: i64 = 3_600;
/// Bounds of the same.
const LIVES_S: std::ops::RangeInclusive<i64> = 60..=86_400;
/// Live tokens of one seat.
const MOST: u64 = 100;
const ORIGINS_MOST: usize = 20;

/// A token to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SeatTokenNew {
    /// What it is for, for the list.
    pub label: Option<String>,
    /// Seconds that it lives: an hour unless told otherwise, from a minute to a day.
    pub expires_in_s: Option<i64>,
    /// Pages that may use it, as origins: `https://crm.example.com`; none: any.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A short-lived right to be the softphone of one seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeatToken {
    /// `stk_..`
    pub id: String,
    /// `seat_..`
    pub seat: String,
    /// What it is for.
    pub label: String,
    /// What it begins with.
    pub prefix: String,
    /// Pages that may use it; none: any.
    pub origins: Vec<String>,
    /// `key_..` of the key that made it, unless a person did.
    pub api_key: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Last used.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A token with its text, which is not kept and cannot be shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct SeatTokenShown {
    /// The token.
    pub token: SeatToken,
    /// All of it: hand it to the browser, which sends it as `Authorization: Bearer pb_seat_..`.
    pub secret: String,
}

/// Tokens of a seat that live, newest first.
#[utoipa::path(get, path = "/v1/seats/{id}/tokens", operation_id = "seat_token_list", tag = "seat_tokens",
    params(("id" = String, Path)), security(("user" = ["seat_tokens:read"])), responses((status = 200, body = [SeatToken])))]
pub async fn seat_token_list(
    may: May<Read<of::SeatToken>>,
    Id(id): Id<SeatId>,
) -> Result<Json<Vec<SeatToken>>, Problem> {
    let tx = may.read().await?;
    let seat = present(&tx, id).await?;
    let rows = tx.select::<seat_token::Entity>().filter(live(&tx)).is(seat_token::Column::SeatId, seat.id);
    let rows = rows.order_by(seat_token::Column::Id, Order::Desc).all().await?;
    Ok(Json(rows.into_iter().map(show).collect()))
}

/// Make a token with which a browser is the softphone of this seat.
#[utoipa::path(post, path = "/v1/seats/{id}/tokens", operation_id = "seat_token_create", tag = "seat_tokens",
    params(("id" = String, Path)), request_body = SeatTokenNew, security(("user" = ["seat_tokens:write"])),
    responses((status = 201, body = SeatTokenShown)))]
pub async fn seat_token_create(
    may: May<Write<of::SeatToken>>,
    once: Once,
    Id(id): Id<SeatId>,
    Body(ask): Body<SeatTokenNew>,
) -> Result<Response, Problem> {
    checked(&ask)?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let seat = present(&tx, id).await?;
    let there = tx.select::<seat_token::Entity>().filter(live(&tx)).is(seat_token::Column::SeatId, seat.id);
    if there.count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A seat has at most {MOST} live tokens.")));
    }
    let minted = secret::mint(Kind::Seat, tx.chance());
    let token = SeatTokenId::from_uuid(tx.new_id());
    let row = seat_token::ActiveModel {
        id: Set(token.uuid()),
        seat_id: Set(seat.id),
        label: Set(ask.label.as_deref().unwrap_or_default().trim().to_owned()),
        handle: Set(minted.handle),
        secret_hash: Set(minted.hash),
        origins: Set(serde_json::json!(ask.origins)),
        api_key_id: Set(may.caller.key.as_ref().map(|key| key.id.uuid())),
        created_by: Set(may.caller.user.uuid()),
        created_at: Set(tx.at()),
        expires_at: Set(tx.now().plus_s(ask.expires_in_s.unwrap_or(LIFE_S)).to_offset()),
        last_used_at: Set(None),
        revoked_at: Set(None),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let body = serde_json::json!({ "seat": id, "label": row.label, "origins": ask.origins });
    tx.changed("seat_token.created", "seat_token", &token.to_string(), body).await?;
    let out = SeatTokenShown { token: show(row), secret: minted.text.into_inner() };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Take a token back. Every browser of its seat is cut off, and those with a right to it come back by themselves.
#[utoipa::path(delete, path = "/v1/seat-tokens/{id}", operation_id = "seat_token_revoke", tag = "seat_tokens",
    params(("id" = String, Path)), security(("user" = ["seat_tokens:write"])), responses((status = 204)))]
pub async fn seat_token_revoke(may: May<Write<of::SeatToken>>, Id(id): Id<SeatTokenId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<seat_token::Entity>(id.uuid()).await?.filter(|row| row.revoked_at.is_none()).or_404()?;
    tx.find_seen::<seat::Entity>(row.seat_id).await?.or_404()?;
    let revoked = seat_token::ActiveModel { id: Set(row.id), revoked_at: Set(Some(tx.at())), ..Default::default() };
    tx.update(revoked).await?;
    let seat = SeatId::from_uuid(row.seat_id);
    let body = serde_json::json!({ "seat": seat, "label": row.label });
    tx.changed("seat_token.revoked", "seat_token", &id.to_string(), body).await?;
    let browsers = browsers(&tx, vec![row.seat_id]).await?;
    tx.commit().await?;
    forget(&may.app, &browsers);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the live tokens of these seats. Fails as the store does.
pub async fn revoke_of(tx: &TenantTx, seats: &[Uuid]) -> Result<(), StoreError> {
    let theirs = live(tx).add(seat_token::Column::SeatId.is_in(seats.iter().copied()));
    let ended = vec![(seat_token::Column::RevokedAt, Expr::value(tx.at()))];
    tx.update_many::<seat_token::Entity>(ended, theirs).await.map(|_| ())
}

fn checked(ask: &SeatTokenNew) -> Result<(), Problem> {
    let mut check = Check::default();
    if let Some(label) = ask.label.as_deref().filter(|label| !label.is_empty()) {
        check.name(label, "label");
    }
    let text = "From 60 to 86400 seconds.";
    let life_s = ask.expires_in_s.unwrap_or(LIFE_S);
    check.need(LIVES_S.contains(&life_s), "expires_in_s", "out_of_range", text);
    check.need(ask.origins.len() <= ORIGINS_MOST, "origins", "too_many", "At most 20 origins.");
    for origin in &ask.origins {
        let text = format!("{origin} is no origin such as https://crm.example.com.");
        check.need(is_origin(origin), "origins", "invalid", &text);
    }
    check.done()
}

/// Scheme, host and perhaps a port, as browsers send it (RFC 6454 section 7).
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<axum::http::Uri>() else { return false };
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    ["http", "https"].contains(&scheme) && !authority.contains('@') && format!("{scheme}://{authority}") == text
}

fn live(tx: &TenantTx) -> Condition {
    Condition::all().add(seat_token::Column::RevokedAt.is_null()).add(seat_token::Column::ExpiresAt.gt(tx.at()))
}

/// Browser devices of the seats whose live tokens this key made. Fails as the store does.
pub async fn browsers_by_key(tx: &TenantTx, key: ApiKeyId) -> Result<Vec<Struck>, Problem> {
    let made = tx.select::<seat_token::Entity>().filter(live(tx)).is(seat_token::Column::ApiKeyId, key.uuid());
    browsers(tx, made.all().await?.into_iter().map(|row| row.seat_id).collect()).await
}

async fn browsers(tx: &TenantTx, seats: Vec<Uuid>) -> Result<Vec<Struck>, Problem> {
    let devices = tx.whole::<device::Entity>().is(device::Column::Kind, DeviceKind::Browser.as_str());
    let devices = devices.filter(device::Column::SeatId.is_in(seats)).all().await?;
    let struck = |row: device::Model| Struck { device: DeviceId::from_uuid(row.id), username: row.username };
    Ok(devices.into_iter().map(struck).collect())
}

fn show(row: seat_token::Model) -> SeatToken {
    SeatToken {
        id: SeatTokenId::from_uuid(row.id).to_string(),
        seat: SeatId::from_uuid(row.seat_id).to_string(),
        prefix: format!("{}{}", Kind::Seat.prefix(), row.handle),
        origins: texts(&row.origins),
        api_key: row.api_key_id.map(|id| ApiKeyId::from_uuid(id).to_string()),
        label: row.label,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}

crate::resource!(seat_token_list, seat_token_create, seat_token_revoke);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for text in ["https://crm.example.com", "http://localhost:3000", "https://[2001:db8::1]:8443"] {
            assert!(is_origin(text), "{text}");
        }
        for text in
            ["", "*", "null", "crm.example.com", "https://crm.example.com/", "ftp://x", "https://a@b", "https://"]
        {
            assert!(!is_origin(text), "{text}");
        }
    }
}
