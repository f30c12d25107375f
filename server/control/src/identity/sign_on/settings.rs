//! Which provider a company trusts: looked at, set and taken away by its owners.

use std::collections::BTreeSet;

use axum::{Json, http::StatusCode};
use kernel::{UserId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    SystemTx,
    system::{single_sign_on, sso_domain, sso_link},
};
use sea_orm::{ActiveValue::Set, ColumnTrait};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    arrival::domain_of,
    attempt::{back_address, secret_context},
    provider,
};
use crate::{
    identity::sessions,
    kit::{
        body::{Body, Check},
        may::May,
        problem::Problem,
        words::Role,
    },
    people::row::member,
    webhooks::address::Address,
};

/// Mail domains that one provider may speak for.
const DOMAINS_MOST: usize = 20;
const LONGEST: usize = 1_000;
/// Where anybody gets an address, which therefore says nothing of a company.
const OPEN_TO_ALL: [&str; 22] = [
    "126.com",
    "163.com",
    "aol.com",
    "fastmail.com",
    "foxmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "outlook.com",
    "proton.me",
    "qq.com",
    "sina.com",
    "web.de",
    "yahoo.com",
];

/// Single sign-on of the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SingleSignOn {
    /// A provider is set.
    pub on: bool,
    /// Its address: `https://login.example.com`.
    pub issuer: Option<String>,
    /// What it calls us.
    pub client_id: Option<String>,
    /// Mail domains that it speaks for.
    pub domains: Vec<String>,
    /// Whoever it sends from these joins the company.
    pub auto_join: bool,
    /// As what.
    pub auto_role: Role,
    /// Nobody but owners comes in by password.
    pub enforced: bool,
    /// When somebody first came in by it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub tested_at: Option<OffsetDateTime>,
    /// What the provider must know: where it sends browsers back to.
    pub redirect_address: String,
}

/// A provider to trust from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SingleSignOnNew {
    /// Its address, without `/.well-known/..`.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What it gave us to prove that; absent: as it is.
    pub client_secret: Option<String>,
    /// Mail domains that it speaks for. Somebody of the company has a checked address in each.
    pub domains: Vec<String>,
    /// Whoever it sends from these joins the company.
    #[serde(default)]
    pub auto_join: bool,
    /// As what; not as an owner.
    pub auto_role: Option<Role>,
    /// Nobody but owners comes in by password. Somebody must have come in by it before.
    #[serde(default)]
    pub enforced: bool,
}

/// Single sign-on of the company.
#[utoipa::path(get, path = "/v1/company/single-sign-on", operation_id = "single_sign_on", tag = "company",
    security(("user" = ["single_sign_on:read"])), responses((status = 200, body = SingleSignOn)))]
pub async fn single_sign_on(may: May<Read<of::SingleSignOn>>) -> Result<Json<SingleSignOn>, Problem> {
    let system = may.app.database.system();
    let tenant = may.tenant().uuid();
    let row = system.find::<single_sign_on::Entity>(tenant).await?;
    let domains = system.select::<sso_domain::Entity>().is(sso_domain::Column::TenantId, tenant).all().await?;
    Ok(Json(shown(&may, row, domains.into_iter().map(|row| row.domain).collect())))
}

/// Trust a provider. It is asked at once, so that a wrong address is found now and not by whoever comes next. Another provider
/// ends the sessions that the old one opened and makes everybody new to us: members are found by their address again.
#[utoipa::path(put, path = "/v1/company/single-sign-on", operation_id = "single_sign_on_set", tag = "company",
    request_body = SingleSignOnNew, security(("user" = ["single_sign_on:write"])), responses((status = 200, body = SingleSignOn)))]
pub async fn single_sign_on_set(
    may: May<Write<of::SingleSignOn>>,
    Body(ask): Body<SingleSignOnNew>,
) -> Result<Json<SingleSignOn>, Problem> {
    let (app, tenant) = (&may.app, may.tenant().uuid());
    let before = app.database.system().find::<single_sign_on::Entity>(tenant).await?;
    let domains = checked(&may, &ask, before.is_some()).await?;
    let issuer = ask.issuer.trim().to_owned();
    provider::found(&app.outside, &issuer).await.map_err(|why| {
        Problem::field("issuer", "sso_unreachable", format!("The provider did not answer as one: {why}"))
    })?;
    let same = before.as_ref().is_some_and(|row| row.issuer == issuer && row.client_id == ask.client_id.trim());
    let tested_at = before.as_ref().filter(|_| same).and_then(|row| row.tested_at);
    if ask.enforced && tested_at.is_none() {
        let text = "Sign in with it once before nobody can come in without it.";
        return Err(Problem::conflict("sso_untested", text));
    }
    let mut tx = app.database.system().begin(app.stamp(may.caller.actor())).await?;
    let secret = match (ask.client_secret.as_deref().map(str::trim).filter(|text| !text.is_empty()), &before) {
        (Some(secret), _) => app.sealer.seal(secret, &secret_context(tenant), tx.chance()),
        // As with a password: it is not carried to another address.
        (None, row) => {
            let kept = row.as_ref().filter(|row| row.issuer == issuer).map(|row| row.client_secret.clone());
            kept.ok_or_else(|| Problem::field("client_secret", "required", "Give the secret of this provider."))?
        }
    };
    let role = ask.auto_role.unwrap_or(Role::Agent);
    let row = single_sign_on::ActiveModel {
        tenant_id: Set(tenant),
        issuer: Set(issuer.clone()),
        client_id: Set(ask.client_id.trim().to_owned()),
        client_secret: Set(secret),
        auto_join: Set(ask.auto_join),
        auto_role: Set(role.as_str().to_owned()),
        enforced: Set(ask.enforced),
        tested_at: Set(tested_at),
        created_at: Set(before.as_ref().map_or_else(|| tx.at(), |row| row.created_at)),
        updated_at: Set(tx.at()),
    };
    let row = if before.is_some() { tx.update(row).await? } else { tx.insert(row).await? };
    if before.as_ref().is_some_and(|row| row.issuer != issuer) {
        tx.delete_many::<sso_link::Entity>(sso_link::Column::TenantId.eq(tenant)).await?;
        sessions::end_vouched(&tx, tenant).await?;
    }
    put_domains(&tx, tenant, &domains).await?;
    let mut tx = tx.enter(may.tenant()).await?;
    let said = serde_json::json!({ "issuer": issuer, "domains": domains, "auto_join": ask.auto_join, "enforced": ask.enforced });
    tx.changed("company.single_sign_on_set", "company", &may.tenant().to_string(), said).await?;
    tx.commit().await?;
    Ok(Json(shown(&may, Some(row), domains)))
}

/// Trust it no longer: people come in by password again, who have one; the others set one by mail.
#[utoipa::path(delete, path = "/v1/company/single-sign-on", operation_id = "single_sign_on_remove", tag = "company",
    security(("user" = ["single_sign_on:write"])), responses((status = 204)))]
pub async fn single_sign_on_remove(may: May<Write<of::SingleSignOn>>) -> Result<StatusCode, Problem> {
    let tx = may.app.database.system().begin(may.app.stamp(may.caller.actor())).await?;
    let tenant = may.tenant().uuid();
    put_domains(&tx, tenant, &[]).await?;
    tx.delete_many::<sso_link::Entity>(sso_link::Column::TenantId.eq(tenant)).await?;
    if !tx.delete::<single_sign_on::Entity>(tenant).await? {
        return Err(Problem::not_found());
    }
    // Who came in by what it said is out with it.
    sessions::end_vouched(&tx, tenant).await?;
    let mut tx = tx.enter(may.tenant()).await?;
    let about = may.tenant().to_string();
    tx.changed("company.single_sign_on_removed", "company", &about, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_domains(tx: &SystemTx, tenant: Uuid, domains: &[String]) -> Result<(), Problem> {
    tx.delete_many::<sso_domain::Entity>(sso_domain::Column::TenantId.eq(tenant)).await?;
    for domain in domains {
        tx.insert(sso_domain::ActiveModel { domain: Set(domain.clone()), tenant_id: Set(tenant) }).await?;
    }
    Ok(())
}

async fn checked(
    may: &May<Write<of::SingleSignOn>>,
    ask: &SingleSignOnNew,
    has_secret: bool,
) -> Result<Vec<String>, Problem> {
    let domains: BTreeSet<String> =
        ask.domains.iter().map(|text| text.trim().trim_start_matches('@').to_ascii_lowercase()).collect();
    let mut check = Check::default();
    if let Err(why) = Address::parse(ask.issuer.trim(), may.app.settings.private_webhooks) {
        check.need(false, "issuer", why.code(), &why.to_string());
    }
    let fits = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    check.need(fits(&ask.client_id), "client_id", "required", "What the provider calls Patchbay.");
    let secret = ask.client_secret.as_deref().map(str::trim).filter(|text| !text.is_empty());
    check.need(secret.is_some() || has_secret, "client_secret", "required", "The secret that the provider gave you.");
    check.need(secret.is_none_or(fits), "client_secret", "invalid", "At most 1000 characters.");
    check.need(ask.auto_role != Some(Role::Owner), "auto_role", "invalid", "Nobody becomes an owner by themselves.");
    check.need(!domains.is_empty(), "domains", "required", "At least one mail domain.");
    check.need(domains.len() <= DOMAINS_MOST, "domains", "too_many", "At most 20 domains.");
    let ours = own_domains(may).await?;
    for domain in &domains {
        let is_name = domain.contains('.') && domain_of(&format!("x@{domain}")).as_ref() == Some(domain);
        let is_name = is_name && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        check.need(is_name, "domains", "invalid", "A domain such as example.com.");
        if OPEN_TO_ALL.contains(&domain.as_str()) {
            check.need(false, "domains", "open_to_all", "Anybody gets an address there.");
            continue;
        }
        let text = "Somebody of the company must have a checked address in this domain.";
        check.need(!is_name || ours.contains(domain), "domains", "domain_unproven", text);
    }
    check.done()?;
    Ok(domains.into_iter().collect())
}

/// Domains in which somebody of the company has an address that was checked: a company speaks for no other.
async fn own_domains(may: &May<Write<of::SingleSignOn>>) -> Result<BTreeSet<String>, Problem> {
    let tx = may.read().await?;
    let members = tx.whole::<member::Entity>().is(member::Column::State, "active").all().await?;
    drop(tx);
    let mut domains = BTreeSet::new();
    for some in members.chunks(500) {
        let ids: Vec<UserId> = some.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
        let users = may.app.database.system().users(&ids).await?;
        let checked = users.into_iter().filter(|user| user.email_verified_at.is_some());
        domains.extend(checked.filter_map(|user| domain_of(&user.email)));
    }
    Ok(domains)
}

fn shown<P>(may: &May<P>, row: Option<single_sign_on::Model>, domains: Vec<String>) -> SingleSignOn {
    let role = row.as_ref().map_or(Role::Agent, |row| Role::stored(&row.auto_role));
    SingleSignOn {
        on: row.is_some(),
        issuer: row.as_ref().map(|row| row.issuer.clone()),
        client_id: row.as_ref().map(|row| row.client_id.clone()),
        domains,
        auto_join: row.as_ref().is_some_and(|row| row.auto_join),
        auto_role: role,
        enforced: row.as_ref().is_some_and(|row| row.enforced),
        tested_at: row.and_then(|row| row.tested_at),
        redirect_address: back_address(&may.app),
    }
}

crate::resource!(single_sign_on, single_sign_on_set, single_sign_on_remove);
