//! Sites of a company: the places where gateways of its own stand.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{SiteId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantRow, TenantTx};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{check, own_gateways};
use crate::kit::{
    body::{Body, Check, Id, nullable},
    may::May,
    once::Once,
    problem::{Or404, Problem},
};

/// A site. `id` is that of its twin among the platform's sites.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_site")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub country: String,
        pub city: Option<String>,
        pub address: Option<String>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// Sites of one company.
const MOST: u64 = 200;

/// A place of the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompanySite {
    /// `site_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// ISO 3166 code.
    pub country: String,
    /// City.
    pub city: Option<String>,
    /// Street and house, as help is told where to come.
    pub address: Option<String>,
    /// Gateways of the company that stand there.
    pub gateways: i64,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A site to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanySiteNew {
    /// Name.
    pub name: String,
    /// ISO 3166 code: numbers of its gateways are dialled as in this country.
    pub country: String,
    /// City.
    pub city: Option<String>,
    /// Street and house, as help is told where to come. At most 200 characters.
    pub address: Option<String>,
}

/// Changes of a site; absent fields stay. Its country stays too: numbers are written as it says.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanySitePatch {
    /// Name.
    pub name: Option<String>,
    /// City; `null`: none.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub city: Option<Option<String>>,
    /// Street and house; `null`: none.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
}

fn judge(check: &mut Check, name: &str, city: Option<&str>, address: Option<&str>) {
    check.name(name, "name");
    for (text, field, most) in [(city, "city", 80), (address, "address", 200)] {
        let text = text.unwrap_or_default();
        check.need(text.chars().count() <= most, field, "too_long", &format!("At most {most} characters."));
        check.need(!text.chars().any(char::is_control), field, "invalid", "No control characters.");
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn shown(row: row::Model, gateways: u64) -> CompanySite {
    CompanySite {
        id: SiteId::from_uuid(row.id).to_string(),
        name: row.name,
        country: row.country,
        city: row.city,
        address: row.address,
        gateways: gateways as i64,
        created_at: row.created_at,
    }
}

async fn gateways_on(tx: &TenantTx, site: Uuid) -> Result<u64, Problem> {
    let there = tx.select::<own_gateways::row::Entity>().is(own_gateways::row::Column::SiteId, site);
    Ok(there.count().await?)
}

/// The company's sites, by name.
#[utoipa::path(get, path = "/v1/sites", operation_id = "company_site_list", tag = "gateways",
    security(("user" = ["gateway_ports:read"])), responses((status = 200, body = [CompanySite])))]
pub async fn company_site_list(may: May<Read<of::GatewayPort>>) -> Result<Json<Vec<CompanySite>>, Problem> {
    let tx = may.read().await?;
    let mut gateways: BTreeMap<Uuid, u64> = BTreeMap::new();
    for gateway in tx.select::<own_gateways::row::Entity>().all().await? {
        *gateways.entry(gateway.site_id).or_default() += 1;
    }
    let rows = tx.select::<row::Entity>().order_by(row::Column::Name, Order::Asc).all().await?;
    let count = |row: &row::Model| gateways.get(&row.id).copied().unwrap_or(0);
    Ok(Json(rows.into_iter().map(|row| (count(&row), row)).map(|(count, row)| shown(row, count)).collect()))
}

/// Add a site.
#[utoipa::path(post, path = "/v1/sites", operation_id = "company_site_create", tag = "gateways",
    request_body = CompanySiteNew, security(("user" = ["gateway_ports:write"])),
    responses((status = 201, body = CompanySite)))]
pub async fn company_site_create(
    may: May<Write<of::GatewayPort>>,
    once: Once,
    Body(ask): Body<CompanySiteNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    judge(&mut check, &ask.name, ask.city.as_deref(), ask.address.as_deref());
    check::country(&mut check, &ask.country, "country");
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<row::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("too_many_sites", format!("A company has at most {MOST} sites.")));
    }
    let (id, country) = (tx.new_id(), ask.country.to_ascii_uppercase());
    let (name, city) = (ask.name.trim().to_owned(), filled(ask.city.clone()));
    tx.add_site(id, &name, &country, city.as_deref()).await?;
    let row = row::ActiveModel {
        id: Set(id),
        name: Set(name),
        country: Set(country),
        city: Set(city),
        address: Set(filled(ask.address.clone())),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let body = serde_json::json!({ "name": row.name, "country": row.country });
    tx.changed("site.created", "site", &SiteId::from_uuid(id).to_string(), body).await?;
    once.after(tx, &ask, StatusCode::CREATED, &shown(row, 0)).await
}

/// Change a site.
#[utoipa::path(patch, path = "/v1/sites/{id}", operation_id = "company_site_patch", tag = "gateways",
    params(("id" = String, Path)), request_body = CompanySitePatch, security(("user" = ["gateway_ports:write"])),
    responses((status = 200, body = CompanySite)))]
pub async fn company_site_patch(
    may: May<Write<of::GatewayPort>>,
    Id(id): Id<SiteId>,
    Body(ask): Body<CompanySitePatch>,
) -> Result<Json<CompanySite>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    let name = ask.name.as_deref().map_or_else(|| row.name.clone(), |name| name.trim().to_owned());
    let city = ask.city.map_or_else(|| row.city.clone(), filled);
    let address = ask.address.map_or_else(|| row.address.clone(), filled);
    let mut check = Check::default();
    judge(&mut check, &name, city.as_deref(), address.as_deref());
    check.done()?;
    tx.alter_site(row.id, &name, &row.country, city.as_deref()).await?;
    let mut change = row.into_active_model();
    (change.name, change.city, change.address) = (Set(name), Set(city), Set(address));
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "name": row.name, "country": row.country });
    tx.changed("site.updated", "site", &id.to_string(), body).await?;
    let gateways = gateways_on(&tx, row.id).await?;
    tx.commit().await?;
    Ok(Json(shown(row, gateways)))
}

/// Remove a site on which no gateway of the company stands.
#[utoipa::path(delete, path = "/v1/sites/{id}", operation_id = "company_site_remove", tag = "gateways",
    params(("id" = String, Path)), security(("user" = ["gateway_ports:write"])), responses((status = 204)))]
pub async fn company_site_remove(may: May<Write<of::GatewayPort>>, Id(id): Id<SiteId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.get::<row::Entity>(id.uuid()).await?;
    if gateways_on(&tx, row.id).await? > 0 {
        return Err(Problem::conflict("site_in_use", "Gateways stand on this site: move or remove them first."));
    }
    tx.delete::<row::Entity>(row.id).await?.then_some(()).or_404()?;
    tx.strike_site(row.id).await?;
    let body = serde_json::json!({ "name": row.name });
    tx.changed("site.removed", "site", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(company_site_list, company_site_create, company_site_patch, company_site_remove);
