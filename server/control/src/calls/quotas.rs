//! What the company may have and has: every limit that is enforced somewhere, as one list.

use axum::Json;
use patchbay_access::{Read, resource::of};
use patchbay_tenancy::system::tenant;
use sea_orm::ColumnTrait;
use serde::Serialize;
use utoipa::ToSchema;

use super::capacity::in_use;
use crate::{
    inventory::{numbers, rentals},
    kit::{
        may::May,
        problem::{Or404, Problem},
        quota::most,
        words::QuotaKind,
    },
    people::row::member,
    programs::row::api_key,
    seats::view::active,
};

/// One kind of thing, how much of it there is, and how much there may be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Quota {
    /// Of what.
    pub kind: QuotaKind,
    /// Now.
    pub used: i64,
    /// At most; without it there is no limit.
    pub limit: Option<i64>,
}

/// What the company has and may have: seats, calls at once, numbers, gateway ports, members, keys, requests of programs in a minute.
#[utoipa::path(get, path = "/v1/quotas", operation_id = "quota_list", tag = "company",
    security(("user" = ["capacity:read"])), responses((status = 200, body = [Quota])))]
pub async fn quota_list(may: May<Read<of::Capacity>>) -> Result<Json<Vec<Quota>>, Problem> {
    let (app, tenant) = (&may.app, may.tenant());
    let company = app.database.system().find::<tenant::Entity>(tenant.uuid()).await?.or_404()?;
    let calls = in_use(app, &format!("ten:{}", tenant.uuid())).await?;
    let tx = may.read().await?;
    let seats = active(&tx).await?.len() as u64;
    let numbers = tx.select::<numbers::row::Entity>().count().await?;
    let ports = tx.select::<rentals::row::Entity>().count().await?;
    let members = tx.whole::<member::Entity>().count().await?;
    let live = tx.select::<api_key::Entity>().filter(api_key::Column::RevokedAt.is_null()).count().await?;
    drop(tx);
    let (asked, requests) = app.rates.of_company(tenant.uuid(), app.clock.tick());
    let quota = |kind, used, limit: Option<u64>| Quota { kind, used: whole(used), limit: limit.map(whole) };
    Ok(Json(vec![
        quota(QuotaKind::Seats, seats, most(app, tenant, QuotaKind::Seats).await?),
        Quota { kind: QuotaKind::Calls, used: calls, limit: Some(company.max_calls.into()) },
        quota(QuotaKind::Numbers, numbers, most(app, tenant, QuotaKind::Numbers).await?),
        quota(QuotaKind::GatewayPorts, ports, most(app, tenant, QuotaKind::GatewayPorts).await?),
        quota(QuotaKind::Members, members, most(app, tenant, QuotaKind::Members).await?),
        quota(QuotaKind::ApiKeys, live, most(app, tenant, QuotaKind::ApiKeys).await?),
        quota(QuotaKind::ProgramRequests, asked.into(), Some(requests.into())),
    ]))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

crate::resource!(quota_list);
