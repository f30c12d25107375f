//! A key as people see it. The secret is in none of this.

use std::collections::BTreeMap;

use kernel::{ApiKeyId, TenantId, UserId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    row::{api_key, api_key_secret, texts},
    secret::Kind,
};
use crate::kit::{
    app::App,
    caller::{Person, person},
    problem::Problem,
    words::ApiKeyState,
};

/// A key with which a program calls the API.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// `key_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// What its current secret begins with.
    pub prefix: String,
    /// Whether it works, and why not.
    pub state: ApiKeyState,
    /// What it was given: permissions such as `seats:read`.
    pub scopes: Vec<String>,
    /// Scopes without effect now, because whoever answers for the key may not do this (any more).
    pub idle_scopes: Vec<String>,
    /// Networks that it may come from, such as `203.0.113.0/24`; empty: from anywhere.
    pub networks: Vec<String>,
    /// Who answers for it, by name.
    pub created_by: String,
    /// `usr_..` of the same.
    pub created_by_user: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when; without it there is no end.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Last used.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// From which address.
    pub last_used_from: Option<String>,
    /// Taken back.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Its secrets, newest first: two while one replaces the other.
    pub secrets: Vec<ApiKeySecret>,
}

/// A secret of a key, as far as it may be shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApiKeySecret {
    /// What it begins with.
    pub prefix: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// A replaced one works until then.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ends_at: Option<OffsetDateTime>,
    /// Last used.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A key with its secret, which is not kept and cannot be shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct ApiKeyShown {
    /// The key.
    pub key: ApiKey,
    /// All of it: send it as `Authorization: Bearer pb_key_..`.
    pub secret: String,
}

/// Keys put together for people. Fails as the store does.
pub async fn shown(app: &App, tx: &TenantTx, rows: Vec<api_key::Model>) -> Result<Vec<ApiKey>, Problem> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let secrets = tx.select::<api_key_secret::Entity>().filter(api_key_secret::Column::ApiKeyId.is_in(ids));
    let secrets = secrets.order_by(api_key_secret::Column::Id, Order::Desc).all().await?;
    let users: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.created_by)).collect();
    let names: BTreeMap<Uuid, String> =
        app.database.system().users(&users).await?.into_iter().map(|user| (user.id, user.name)).collect();
    let mut people = BTreeMap::new();
    for user in users {
        if let std::collections::btree_map::Entry::Vacant(place) = people.entry(user) {
            place.insert(person(app, user, tx.tenant()).await?);
        }
    }
    let show = |row: api_key::Model| {
        let id = row.id;
        let own = secrets.iter().filter(|secret| secret.api_key_id == id);
        let person = people.get(&UserId::from_uuid(row.created_by)).and_then(Option::as_ref);
        let name = names.get(&row.created_by).cloned().unwrap_or_default();
        show(row, own, person, name, tx.now())
    };
    Ok(rows.into_iter().map(show).collect())
}

fn show<'a>(
    row: api_key::Model,
    secrets: impl Iterator<Item = &'a api_key_secret::Model>,
    person: Option<&Person>,
    created_by: String,
    now: Wall,
) -> ApiKey {
    let scopes = texts(&row.scopes);
    let idle = |scope: &&String| {
        let held = person.zip(scope.parse().ok());
        !held.is_some_and(|(person, permission)| person.may(permission))
    };
    let secrets: Vec<ApiKeySecret> = secrets.filter(|one| is_live(one, now)).map(show_secret).collect();
    ApiKey {
        id: ApiKeyId::from_uuid(row.id).to_string(),
        prefix: secrets.first().map(|secret| secret.prefix.clone()).unwrap_or_default(),
        state: state(&row, person.is_some(), now),
        idle_scopes: scopes.iter().filter(idle).cloned().collect(),
        scopes,
        networks: texts(&row.networks),
        created_by,
        created_by_user: UserId::from_uuid(row.created_by).to_string(),
        name: row.name,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        last_used_from: row.last_used_from,
        revoked_at: row.revoked_at,
        secrets,
    }
}

/// Whether the secret still opens anything.
pub fn is_live(secret: &api_key_secret::Model, now: Wall) -> bool {
    secret.ends_at.is_none_or(|at| Wall::from_offset(at) > now)
}

fn show_secret(row: &api_key_secret::Model) -> ApiKeySecret {
    ApiKeySecret {
        prefix: format!("{}{}", Kind::Key.prefix(), row.handle),
        created_at: row.created_at,
        ends_at: row.ends_at,
        last_used_at: row.last_used_at,
    }
}

fn state(row: &api_key::Model, has_person: bool, now: Wall) -> ApiKeyState {
    if row.revoked_at.is_some() {
        ApiKeyState::Revoked
    } else if row.expires_at.is_some_and(|at| Wall::from_offset(at) <= now) {
        ApiKeyState::Expired
    } else if has_person {
        ApiKeyState::Active
    } else {
        ApiKeyState::Orphaned
    }
}

/// One key, freshly read. Fails as the store does.
pub async fn one(app: &App, tx: &TenantTx, row: api_key::Model) -> Result<ApiKey, Problem> {
    shown(app, tx, vec![row]).await?.pop().ok_or_else(Problem::not_found)
}

/// The key as it is for itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CurrentKey {
    /// `key_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// `ten_..` of the company.
    pub company: String,
    /// What it may do now.
    pub scopes: Vec<String>,
    /// Until when; without it there is no end.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The secret that was sent works until then; without it there is no newer one.
    #[serde(with = "time::serde::rfc3339::option")]
    pub secret_ends_at: Option<OffsetDateTime>,
}

/// Of a key that asks about itself.
pub fn current(
    row: &api_key::Model,
    tenant: TenantId,
    scopes: Vec<String>,
    secret_ends_at: Option<OffsetDateTime>,
) -> CurrentKey {
    CurrentKey {
        id: ApiKeyId::from_uuid(row.id).to_string(),
        name: row.name.clone(),
        company: tenant.to_string(),
        scopes,
        expires_at: row.expires_at,
        secret_ends_at,
    }
}
