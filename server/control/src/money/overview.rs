//! What a company has, has spent this month, and will have spent if it goes on so.

use axum::Json;
use billing::{round, subscription::Period};
use kernel::Wall;
use patchbay_access::{Read, resource::of};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, charges::Spent};

use super::{
    BillingAccount, BillingDestination, BillingMonth, BillingOverview, PlanPrice, RateDirection, rater,
    row::{billing_account, charge_fault},
    sold,
};
use crate::kit::{app::App, may::May, problem::Problem};

/// The company's account; `None` while the operator has opened none.
pub(super) async fn account(app: &App, tx: &TenantTx) -> Result<Option<BillingAccount>, Problem> {
    let row = tx.select::<billing_account::Entity>().one().await?;
    let (Some(row), Some((wallet, currency))) = (row, tx.wallet().await?) else { return Ok(None) };
    let day = rater::zone(app, tx.tenant()).await?.day(app.now());
    let plan = match &row.plan {
        None => None,
        Some(key) => {
            let tariff = app.tariffs.in_force(&app.database.system(), currency, day).await?;
            let plan = tariff.and_then(|tariff| tariff.list.plans.get(key).cloned());
            plan.map(|plan| PlanPrice {
                key: key.clone(),
                name: plan.name,
                monthly_micros: plan.monthly,
                seats: plan.seats,
                minutes: plan.minutes,
            })
        }
    };
    Ok(Some(BillingAccount {
        currency: currency.as_str().to_owned(),
        balance_micros: wallet.balance,
        reserved_micros: wallet.reserved,
        credit_limit_micros: wallet.credit_limit,
        available_micros: wallet.available().max(0),
        plan,
        discount_bp: row.discount_bp.into(),
        tax_bp: row.tax_bp.into(),
        since: Wall(row.since).to_offset(),
    }))
}

async fn month(app: &App, tx: &TenantTx, plan: Option<&PlanPrice>) -> Result<BillingMonth, Problem> {
    let today = rater::zone(app, tx.tenant()).await?.day(app.now());
    let month = Period::of(today, 1);
    let days = (month.from.0, month.until.0);
    let spent = tx.spent(days).await?;
    let nobody = kernel::CallId::from_uuid(kernel::Uuid::nil());
    let used = tx.included_seconds(days, nobody).await?.into_iter().map(|(_, seconds)| seconds).sum();
    let sum = |of: fn(&Spent) -> i64| spent.iter().fold(0i64, |sum, row| sum.saturating_add(of(row)));
    let total = sum(|row| row.micros);
    // Today counts whole: a forecast that is a little low is corrected tomorrow, one of the first minute of a month would be absurd.
    let gone = u64::from(month.from.until(today).unsigned_abs()) + 1;
    let forecast = round::share(total, u64::from(month.days()), gone).unwrap_or(i64::MAX);
    let unrated = tx.select::<charge_fault::Entity>().count().await?;
    Ok(BillingMonth {
        from: month.from.to_string(),
        until: month.until.to_string(),
        spent_micros: total,
        forecast_micros: forecast,
        calls: sum(|row| row.calls),
        seconds: sum(|row| row.seconds),
        included_seconds: plan.map_or(0, |plan| i64::from(plan.minutes) * 60),
        included_used_seconds: used,
        unrated_calls: i64::try_from(unrated).unwrap_or(i64::MAX),
        destinations: spent.into_iter().map(destination).collect(),
    })
}

fn destination(row: Spent) -> BillingDestination {
    BillingDestination {
        direction: RateDirection::stored(&row.direction),
        prefix: row.prefix,
        name: row.destination,
        calls: row.calls,
        seconds: row.seconds,
        spent_micros: row.micros,
    }
}

/// What the company has and has spent this month.
#[utoipa::path(get, path = "/v1/billing", operation_id = "billing", tag = "billing",
    security(("user" = ["billing:read"])), responses((status = 200, body = BillingOverview)))]
pub async fn billing(may: May<Read<of::Billing>>) -> Result<Json<BillingOverview>, Problem> {
    sold(&may.app)?;
    let tx = may.read().await?;
    let account = account(&may.app, &tx).await?;
    let month = match &account {
        Some(account) => Some(month(&may.app, &tx, account.plan.as_ref()).await?),
        None => None,
    };
    Ok(Json(BillingOverview { account, month }))
}

crate::resource!(billing);
