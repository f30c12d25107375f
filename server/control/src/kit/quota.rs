//! How much a company may have: as is usual here, or as an operator has decided for it.

use kernel::TenantId;
use patchbay_kernel as kernel;

use super::{app::App, problem::Problem, words::QuotaKind};
use crate::programs::keys;

/// What an operator can limit for a company, calls at once apart.
pub const LIMITED: [QuotaKind; 5] =
    [QuotaKind::Seats, QuotaKind::Numbers, QuotaKind::GatewayPorts, QuotaKind::Members, QuotaKind::ApiKeys];

/// What is usual here; `None`: no limit.
pub fn usual(app: &App, kind: QuotaKind) -> Option<u64> {
    match kind {
        QuotaKind::Seats => Some(app.settings.seats_most),
        QuotaKind::ApiKeys => Some(keys::MOST),
        _ => None,
    }
}

/// What this company may have; `None`: as much as it likes. Fails as the store does.
pub async fn most(app: &App, tenant: TenantId, kind: QuotaKind) -> Result<Option<u64>, Problem> {
    let own = app.database.system().limit_of(tenant, kind.as_str()).await?;
    Ok(own.and_then(|most| u64::try_from(most).ok()).or_else(|| usual(app, kind)))
}

/// 409 when the company has as many as it may.
pub async fn room(app: &App, tenant: TenantId, kind: QuotaKind, has: u64) -> Result<(), Problem> {
    match most(app, tenant, kind).await? {
        Some(most) if has >= most => Err(reached(kind, most)),
        _ => Ok(()),
    }
}

/// 409: no more of it.
pub fn reached(kind: QuotaKind, most: u64) -> Problem {
    let what = match kind {
        QuotaKind::Seats => "seats",
        QuotaKind::Numbers => "numbers",
        QuotaKind::GatewayPorts => "gateway ports of its own",
        QuotaKind::Members => "members",
        QuotaKind::ApiKeys => "API keys",
        QuotaKind::Calls => "calls at once",
        QuotaKind::ProgramRequests => "requests of programs",
    };
    Problem::conflict("limit_reached", format!("This company has at most {most} {what}."))
}
