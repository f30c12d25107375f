//! Sites: where gateways stand.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{SiteId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx, StoreError, SystemDb,
    system::{gateway, site},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Order,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{check, shapes::Site, view::companies};
use crate::kit::{
    body::{Body, Check, Id},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

/// A site to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteNew {
    /// Name.
    pub name: String,
    /// ISO 3166 code: numbers of its gateways are dialled as in this country.
    pub country: String,
    /// City.
    pub city: Option<String>,
}

/// Changes of a site; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitePatch {
    /// Name.
    pub name: Option<String>,
    /// ISO 3166 code.
    pub country: Option<String>,
    /// City.
    pub city: Option<String>,
}

impl SiteNew {
    /// Its row, or what is wrong with it.
    pub fn row(&self, id: Uuid, at: time::OffsetDateTime) -> Result<site::ActiveModel, Problem> {
        let mut check = Check::default();
        check.name(&self.name, "name");
        check::country(&mut check, &self.country, "country");
        check.done()?;
        Ok(site::ActiveModel {
            id: Set(id),
            name: Set(self.name.trim().to_owned()),
            country: Set(self.country.to_ascii_uppercase()),
            city: Set(self.city.clone().filter(|city| !city.trim().is_empty())),
            tenant_id: NotSet,
            created_at: Set(at),
        })
    }
}

/// All sites by name.
pub async fn site_all(system: &SystemDb) -> Result<Vec<Site>, StoreError> {
    let mut gateways: BTreeMap<Uuid, i64> = BTreeMap::new();
    for gateway in system.select::<gateway::Entity>().all().await? {
        *gateways.entry(gateway.site_id).or_default() += 1;
    }
    let sites = system.select::<site::Entity>().order_by(site::Column::Name, Order::Asc).all().await?;
    let companies = companies(system).await?;
    let mut all = Vec::with_capacity(sites.len());
    for row in sites {
        let company = row.tenant_id.and_then(|tenant| companies.get(&tenant).cloned());
        all.push(Site { company, ..shown(&row, gateways.get(&row.id).copied().unwrap_or(0)) });
    }
    Ok(all)
}

/// Add a site.
pub async fn site_add(tx: &OperatorTx, ask: &SiteNew) -> Result<Site, Problem> {
    let row = tx.insert(ask.row(tx.new_id(), tx.at())?).await?;
    Ok(shown(&row, 0))
}

/// Change a site.
pub async fn site_change(tx: &OperatorTx, id: SiteId, ask: &SitePatch) -> Result<Site, Problem> {
    let row = tx.get::<site::Entity>(id.uuid()).await?;
    if row.tenant_id.is_some() {
        return Err(of_company());
    }
    let merged = SiteNew {
        name: ask.name.clone().unwrap_or_else(|| row.name.clone()),
        country: ask.country.clone().unwrap_or_else(|| row.country.clone()),
        city: ask.city.clone().or_else(|| row.city.clone()),
    };
    let row = tx.update(merged.row(row.id, row.created_at)?).await?;
    let gateways = tx.select::<gateway::Entity>().is(gateway::Column::SiteId, row.id).count().await?;
    Ok(shown(&row, gateways as i64))
}

/// Remove a site on which no gateway stands.
pub async fn site_strike(tx: &OperatorTx, id: SiteId) -> Result<(), Problem> {
    if tx.select::<gateway::Entity>().is(gateway::Column::SiteId, id.uuid()).count().await? > 0 {
        return Err(Problem::conflict("site_in_use", "Gateways stand on this site: move or remove them first."));
    }
    if tx.find::<site::Entity>(id.uuid()).await?.is_some_and(|site| site.tenant_id.is_some()) {
        return Err(of_company());
    }
    tx.delete::<site::Entity>(id.uuid()).await?.then_some(()).or_404()
}

fn of_company() -> Problem {
    Problem::conflict("site_of_company", "This site is a company's own.")
}

fn shown(row: &site::Model, gateways: i64) -> Site {
    Site {
        id: SiteId::from_uuid(row.id).to_string(),
        name: row.name.clone(),
        country: row.country.clone(),
        city: row.city.clone(),
        company: None,
        gateways,
        created_at: row.created_at,
    }
}

/// All sites.
#[utoipa::path(get, path = "/v1/operator/sites", operation_id = "site_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [Site])))]
pub async fn site_list(operator: Operator) -> Result<Json<Vec<Site>>, Problem> {
    Ok(Json(site_all(&operator.read()).await?))
}

/// Add a site.
#[utoipa::path(post, path = "/v1/operator/sites", operation_id = "site_create", tag = "operator", request_body = SiteNew,
    security(("operator" = [])), responses((status = 201, body = Site)))]
pub async fn site_create(operator: Operator, once: Once, Body(ask): Body<SiteNew>) -> Result<Response, Problem> {
    let tx = operator.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let site = site_add(&tx, &ask).await?;
    once.after(tx, &ask, StatusCode::CREATED, &site).await
}

/// Change a site.
#[utoipa::path(patch, path = "/v1/operator/sites/{id}", operation_id = "site_patch", tag = "operator",
    params(("id" = String, Path)), request_body = SitePatch, security(("operator" = [])),
    responses((status = 200, body = Site)))]
pub async fn site_patch(
    operator: Operator,
    Id(id): Id<SiteId>,
    Body(ask): Body<SitePatch>,
) -> Result<Json<Site>, Problem> {
    let tx = operator.write().await?;
    let site = site_change(&tx, id, &ask).await?;
    tx.commit().await?;
    Ok(Json(site))
}

/// Remove a site on which no gateway stands.
#[utoipa::path(delete, path = "/v1/operator/sites/{id}", operation_id = "site_remove", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn site_remove(operator: Operator, Id(id): Id<SiteId>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    site_strike(&tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

crate::resource!(site_list, site_create, site_patch, site_remove);
