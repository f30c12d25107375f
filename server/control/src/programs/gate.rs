//! From what a program shows to who it is. Key, scopes, address and the person behind it are looked up on every request, so
//! revoking, narrowing and leaving the company take effect at once.

use axum::http::{header, request::Parts};
use kernel::{ApiKeyId, SeatId, SeatTokenId, TenantId, UserId, Uuid};
use patchbay_access::{Permission, Resource, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{FoundKey, FoundSeatToken};

use super::{
    judge::{self, Refusal},
    row::texts,
    secret::{self, Kind},
};
use crate::{
    kit::{
        app::App,
        caller::{Caller, Person, person},
        origin,
        problem::Problem,
        source,
    },
    phone::softphone::Pages,
};

/// What a request comes with that limits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGrant {
    /// The key.
    pub id: ApiKeyId,
    /// Which of its secrets was shown.
    pub secret: Uuid,
    /// What it was given. Its creator's rights are the other limit.
    pub scopes: Vec<Permission>,
}

/// A browser that is the softphone of one seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatGrant {
    /// Company.
    pub tenant: TenantId,
    /// The token.
    pub token: SeatTokenId,
    /// The seat.
    pub seat: SeatId,
    /// Whose pages may be it.
    pub pages: Pages,
    /// The company may look, no more.
    pub suspended: bool,
}

/// Who a program is.
pub enum Program {
    /// A key.
    Key(Caller),
    /// A seat token.
    Seat(SeatGrant),
}

/// Whoever shows this text. 401, 403 or 429 with the reason.
pub async fn program(parts: &Parts, app: &App, text: &str) -> Result<Program, Problem> {
    let shown = secret::read(text).ok_or(Refusal::Unknown)?;
    match shown.kind {
        Kind::Key => {
            let found = app.database.system().key_by_handle(&shown.handle).await?.ok_or(Refusal::Unknown)?;
            let from = source::address(parts, app);
            judge::key(&found, &shown.hash, from, app.now())?;
            let caller = caller_of(app, &found).await?;
            app.rates.program(parts, found.id, found.tenant_id, app.clock.tick())?;
            origin::shown(&ApiKeyId::from_uuid(found.id));
            app.uses.note(caller.tenant, found.id, Some(found.secret_id), app.now(), from);
            Ok(Program::Key(caller))
        }
        Kind::Seat => {
            let found = app.database.system().seat_token_by_handle(&shown.handle).await?.ok_or(Refusal::Unknown)?;
            let page = parts.headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or_default());
            judge::seat_token(&found, &shown.hash, page, app.now())?;
            let grant = seat_of(app, &found).await?;
            app.rates.program(parts, found.id, found.tenant_id, app.clock.tick())?;
            origin::shown(&SeatTokenId::from_uuid(found.id));
            app.uses.note(grant.tenant, found.id, None, app.now(), source::address(parts, app));
            Ok(Program::Seat(grant))
        }
    }
}

/// The key as it is now, for what outlives a request; `None` when it is no longer good.
pub async fn key_now(app: &App, tenant: TenantId, key: ApiKeyId) -> Result<Option<Caller>, Problem> {
    let Some(found) = app.database.system().key_by_id(tenant, key.uuid()).await? else { return Ok(None) };
    if judge::key_itself(&found, app.now()).is_err() {
        return Ok(None);
    }
    Ok(caller_of(app, &found).await.ok())
}

/// Whether the seat token is good now, for what outlives a request.
pub async fn seat_token_now(app: &App, tenant: TenantId, token: SeatTokenId) -> Result<bool, Problem> {
    let Some(found) = app.database.system().seat_token_by_id(tenant, token.uuid()).await? else { return Ok(false) };
    Ok(judge::seat_token_itself(&found, app.now()).is_ok() && seat_of(app, &found).await.is_ok())
}

async fn caller_of(app: &App, found: &FoundKey) -> Result<Caller, Problem> {
    let person = creator(app, found.created_by, found.tenant_id).await?;
    let scopes = texts(&found.scopes).iter().filter_map(|text| text.parse().ok()).collect();
    Ok(Caller { person, key: Some(KeyGrant { id: ApiKeyId::from_uuid(found.id), secret: found.secret_id, scopes }) })
}

/// A seat token is worth no more than what its maker may now.
async fn seat_of(app: &App, found: &FoundSeatToken) -> Result<SeatGrant, Problem> {
    let person = creator(app, found.created_by, found.tenant_id).await?;
    if !person.may(Permission { resource: Resource::SeatToken, verb: Verb::Write }) {
        return Err(Refusal::Orphaned.into());
    }
    let origins = texts(&found.origins);
    Ok(SeatGrant {
        tenant: person.tenant,
        token: SeatTokenId::from_uuid(found.id),
        seat: SeatId::from_uuid(found.seat_id),
        pages: if origins.is_empty() { Pages::Any } else { Pages::Listed(origins) },
        suspended: found.tenant_state != "active",
    })
}

async fn creator(app: &App, user: Uuid, tenant: Uuid) -> Result<Person, Problem> {
    let found = person(app, UserId::from_uuid(user), TenantId::from_uuid(tenant)).await?;
    found.ok_or_else(|| Refusal::Orphaned.into())
}
