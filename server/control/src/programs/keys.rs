//! Keys over HTTP: lists, making one, and what a key may know of itself.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use kernel::ApiKeyId;
use patchbay_access::{Permission, Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    gate::{self, Program},
    judge::network,
    key_view::{ApiKey, ApiKeyShown, CurrentKey, current, one, shown},
    row::{api_key, api_key_secret},
    secret::{self, Kind},
};
use crate::kit::{
    app::App,
    body::{Ask, Body, Check, Id},
    caller::{Caller, program_secret},
    cursor::{self, Page},
    may::May,
    once::Once,
    problem::{Or404, Problem},
    quota,
    words::QuotaKind,
};

/// Keys that a company may have at once unless an operator says otherwise.
pub const MOST: u64 = 100;
/// Networks that one key may list.
const NETWORKS_MOST: usize = 50;

/// A key to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyNew {
    /// Name.
    pub name: String,
    /// Permissions such as `seats:read`, each of which you have yourself.
    pub scopes: Vec<String>,
    /// Networks that it may come from, such as `203.0.113.0/24`; none: from anywhere.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Until when; without it there is no end.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// Which keys.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only with this in the name.
    search: Option<String>,
    /// Revoked ones too.
    revoked: Option<bool>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Keys of the company, newest first.
#[utoipa::path(get, path = "/v1/api-keys", operation_id = "api_key_list", tag = "api_keys", params(Wanted),
    security(("user" = ["api_keys:read"])), responses((status = 200, body = Page<ApiKey>)))]
pub async fn api_key_list(may: May<Read<of::ApiKey>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<ApiKey>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = Condition::all();
    if want.revoked != Some(true) {
        filter = filter.add(api_key::Column::RevokedAt.is_null());
    }
    if let Some(text) = want.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        filter = filter.add(api_key::Column::Name.contains(text));
    }
    if let Some(text) = &want.cursor {
        let last: ApiKeyId = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(api_key::Column::Id.lt(last.uuid()));
    }
    let tx = may.read().await?;
    let rows = tx.select::<api_key::Entity>().filter(filter).order_by(api_key::Column::Id, Order::Desc);
    let page = Page::cut(rows.limit(limit + 1).all().await?, limit, |row| ApiKeyId::from_uuid(row.id).to_string());
    Ok(Json(Page { items: shown(&may.app, &tx, page.items).await?, next_cursor: page.next_cursor }))
}

/// One key.
#[utoipa::path(get, path = "/v1/api-keys/{id}", operation_id = "api_key_get", tag = "api_keys", params(("id" = String, Path)),
    security(("user" = ["api_keys:read"])), responses((status = 200, body = ApiKey)))]
pub async fn api_key_get(may: May<Read<of::ApiKey>>, Id(id): Id<ApiKeyId>) -> Result<Json<ApiKey>, Problem> {
    let tx = may.read().await?;
    let row = tx.find::<api_key::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(one(&may.app, &tx, row).await?))
}

/// Make a key. It may do no more than you may, now and whenever it is used.
#[utoipa::path(post, path = "/v1/api-keys", operation_id = "api_key_create", tag = "api_keys", request_body = ApiKeyNew,
    security(("user" = ["api_keys:write"])), responses((status = 201, body = ApiKeyShown)))]
pub async fn api_key_create(
    may: May<Write<of::ApiKey>>,
    once: Once,
    Body(ask): Body<ApiKeyNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.name(&ask.name, "name");
    check_scopes(&mut check, &ask.scopes, &may.caller);
    check_networks(&mut check, &ask.networks);
    check_expiry(&mut check, ask.expires_at, &may.app);
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let live = tx.select::<api_key::Entity>().filter(api_key::Column::RevokedAt.is_null());
    quota::room(&may.app, may.tenant(), QuotaKind::ApiKeys, live.count().await?).await?;
    let id = ApiKeyId::from_uuid(tx.new_id());
    let row = api_key::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        scopes: Set(serde_json::json!(ask.scopes)),
        networks: Set(serde_json::json!(canonical(&ask.networks))),
        created_by: Set(may.caller.user.uuid()),
        created_at: Set(tx.at()),
        expires_at: Set(ask.expires_at),
        last_used_at: Set(None),
        last_used_from: Set(None),
        revoked_at: Set(None),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let secret = add_secret(&mut tx, id).await?;
    let body = serde_json::json!({ "name": row.name, "scopes": ask.scopes, "networks": row.networks });
    tx.changed("api_key.created", "api_key", &id.to_string(), body).await?;
    let out = ApiKeyShown { key: one(&may.app, &tx, row).await?, secret };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// A fresh secret of the key; the text leaves us once. Fails as the store does.
pub async fn add_secret(tx: &mut TenantTx, key: ApiKeyId) -> Result<String, Problem> {
    let minted = secret::mint(Kind::Key, tx.chance());
    let row = api_key_secret::ActiveModel {
        id: Set(tx.new_id()),
        api_key_id: Set(key.uuid()),
        handle: Set(minted.handle),
        secret_hash: Set(minted.hash),
        created_at: Set(tx.at()),
        ends_at: Set(None),
        last_used_at: Set(None),
        ..Default::default()
    };
    tx.insert(row).await?;
    Ok(minted.text.into_inner())
}

/// Every scope exists, is one that programs may have, and is the caller's own.
pub fn check_scopes(check: &mut Check, scopes: &[String], caller: &Caller) {
    check.need(!scopes.is_empty(), "scopes", "required", "At least one scope.");
    for scope in scopes {
        match scope.parse::<Permission>() {
            Err(_) => check.need(false, "scopes", "unknown", &format!("{scope} is no scope.")),
            Ok(one) if !one.is_for_programs() => {
                check.need(false, "scopes", "people_only", &format!("{scope} is for people, not for keys."));
            }
            Ok(one) => check.need(caller.may(one), "scopes", "beyond_you", &format!("You do not have {scope}.")),
        }
    }
}

/// Each network can be read.
pub fn check_networks(check: &mut Check, networks: &[String]) {
    check.need(networks.len() <= NETWORKS_MOST, "networks", "too_many", "At most 50 networks.");
    for text in networks {
        let known = network(text).is_some();
        check.need(
            known,
            "networks",
            "invalid",
            &format!("{text} is no address and no network such as 203.0.113.0/24."),
        );
    }
}

/// The end lies ahead.
pub fn check_expiry(check: &mut Check, at: Option<OffsetDateTime>, app: &App) {
    let ahead = at.is_none_or(|at| kernel::Wall::from_offset(at) > app.now());
    check.need(ahead, "expires_at", "past", "This lies in the past.");
}

/// Networks as they are kept: `10.1.2.3/8` is `10.0.0.0/8`.
pub fn canonical(networks: &[String]) -> Vec<String> {
    networks.iter().filter_map(|text| network(text)).map(|net| net.to_string()).collect()
}

/// A program that asks about its own key.
pub struct Myself(Caller);

impl FromRequestParts<App> for Myself {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let text = program_secret(parts).ok_or_else(Problem::unauthenticated)?;
        match gate::program(parts, app, text).await? {
            Program::Key(caller) => Ok(Self(caller)),
            Program::Seat(_) => Err(Problem::seat_only()),
        }
    }
}

/// What the key that asks is, and what it may do now.
#[utoipa::path(get, path = "/v1/api-keys/current", operation_id = "api_key_current", tag = "api_keys",
    security(("api_key" = [])), responses((status = 200, body = CurrentKey)))]
pub async fn api_key_current(State(app): State<App>, Myself(caller): Myself) -> Result<Json<CurrentKey>, Problem> {
    let key = caller.key.as_ref().ok_or_else(Problem::unauthenticated)?;
    let tx = app.database.tenant_read(caller.tenant, app.stamp(caller.actor())).await?;
    let row = tx.find::<api_key::Entity>(key.id.uuid()).await?.or_404()?;
    let secret = tx.find::<api_key_secret::Entity>(key.secret).await?.or_404()?;
    let scopes = key.scopes.iter().filter(|scope| caller.may(**scope)).map(ToString::to_string).collect();
    Ok(Json(current(&row, caller.tenant, scopes, secret.ends_at)))
}

crate::resource!(api_key_list, api_key_create, api_key_current, api_key_get);
