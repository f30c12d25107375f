//! What an operator agrees with a company and books for it by hand, calls that nobody could price, and rating anew.

use axum::{Json, http::StatusCode, response::Response};
use billing::{
    day::Day,
    ledger::{Account, Appended, Cause, Entry, Transfer},
};
use kernel::{CallId, Money, TenantId, Wall, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    TenantTx,
    books::{BALANCE_MOST, BooksError},
    system::tenant,
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::{
    BillingAccount, BillingAccountPut, CallsDue, PaymentKind, PaymentNew, RateAnew, StatementLine, UnratedCall,
    overview, price_lists::today, rater, row::billing_account, sold, statements,
};
use crate::kit::{
    app::App,
    body::{Body, Check, Id},
    once::Once,
    operator::Operator,
    problem::{Or404, Problem},
};

/// Largest amount that is booked by hand: a hundred million units.
const MOST: i64 = 100_000_000_000_000;

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Store(error) => error.into(),
            BooksError::OtherContent(_) => Self::conflict("reference_taken", "This reference is in the books already."),
            BooksError::Currency(_) => {
                Self::conflict("other_currency", "The company's account is in another currency.")
            }
            BooksError::Foreign | BooksError::TooLarge => Self::internal(error),
        }
    }
}

async fn known(operator: &Operator, id: TenantId) -> Result<(), Problem> {
    sold(&operator.app)?;
    operator.read().find::<tenant::Entity>(id.uuid()).await?.or_404().map(|_| ())
}

async fn read(operator: &Operator, id: TenantId) -> Result<TenantTx, Problem> {
    let app = &operator.app;
    Ok(app.database.tenant_read(id, app.stamp(patchbay_tenancy::Actor::Operator(operator.id()))).await?)
}

/// A company's account, as it sees it; `null` while none is opened.
#[utoipa::path(get, path = "/v1/operator/tenants/{id}/account", operation_id = "operator_account_get", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])),
    responses((status = 200, body = Option<BillingAccount>)))]
pub async fn operator_account_get(
    operator: Operator,
    Id(id): Id<TenantId>,
) -> Result<Json<Option<BillingAccount>>, Problem> {
    known(&operator, id).await?;
    let tx = read(&operator, id).await?;
    Ok(Json(overview::account(&operator.app, &tx).await?))
}

fn checked(ask: &BillingAccountPut) -> Result<Currency, Problem> {
    let mut check = Check::default();
    let currency = ask.currency.parse::<Currency>();
    check.need(currency.is_ok(), "currency", "bad_currency", "Three capital letters such as USD.");
    let limit = (0..=MOST).contains(&ask.credit_limit_micros);
    check.need(limit, "credit_limit_micros", "range", "Between 0 and 100,000,000.");
    for (share, field) in [(ask.discount_bp, "discount_bp"), (ask.tax_bp, "tax_bp")] {
        check.need(share.is_none_or(|n| (0..=10_000).contains(&n)), field, "range", "Between 0 and 10000.");
    }
    check.done()?;
    currency.map_err(Problem::internal)
}

async fn has_plan(app: &App, currency: Currency, plan: Option<&str>) -> Result<(), Problem> {
    let Some(plan) = plan else { return Ok(()) };
    let tariff = app.tariffs.in_force(&app.database.system(), currency, today(app)).await?;
    if tariff.is_some_and(|tariff| tariff.list.plans.contains_key(plan)) {
        return Ok(());
    }
    Err(Problem::field("plan", "not_sold", "The price list in force has no such plan."))
}

/// Open a company's account, or change what was agreed. Calls that began before it was opened are not charged.
#[utoipa::path(put, path = "/v1/operator/tenants/{id}/account", operation_id = "operator_account_put", tag = "operator",
    params(("id" = String, Path)), request_body = BillingAccountPut, security(("operator" = [])),
    responses((status = 200, body = BillingAccount)))]
pub async fn operator_account_put(
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(ask): Body<BillingAccountPut>,
) -> Result<Json<BillingAccount>, Problem> {
    known(&operator, id).await?;
    let currency = checked(&ask)?;
    has_plan(&operator.app, currency, ask.plan.as_deref()).await?;
    let tx = operator.write().await?;
    let said = serde_json::json!({ "currency": ask.currency, "credit_limit_micros": ask.credit_limit_micros,
        "plan": ask.plan, "discount_bp": ask.discount_bp, "tax_bp": ask.tax_bp });
    tx.wrote("account.set", "tenant", &id.to_string(), said.clone()).await?;
    let mut tx = tx.enter(id).await?;
    tx.wallet_open(currency, ask.credit_limit_micros).await?;
    let share = |asked: Option<i64>| i32::try_from(asked.unwrap_or(0)).unwrap_or(0);
    let before = tx.select::<billing_account::Entity>().one().await?;
    let fresh = before.is_none();
    let mut row = match before {
        Some(before) => before.into_active_model(),
        None => billing_account::ActiveModel { id: Set(tx.new_id()), since: Set(tx.now().0), ..Default::default() },
    };
    row.plan = Set(ask.plan.clone());
    row.discount_bp = Set(share(ask.discount_bp));
    row.tax_bp = Set(share(ask.tax_bp));
    row.updated_at = Set(tx.at());
    if fresh {
        tx.insert(row).await?;
        tx.calls_aside().await?;
    } else {
        tx.update(row).await?;
    }
    tx.noted("billing.account_set", "account", &id.to_string(), said);
    let told = serde_json::json!({ "currency": ask.currency, "credit_limit_micros": ask.credit_limit_micros, "plan": ask.plan });
    tx.happened("billing.account_set", "account", &id.to_string(), told).await?;
    tx.commit().await?;
    let tx = read(&operator, id).await?;
    overview::account(&operator.app, &tx).await?.or_404().map(Json)
}

fn entry(tenant: TenantId, ask: &PaymentNew, currency: Currency, at: Wall) -> Option<Entry> {
    let (amount, reference) = (Money::new(ask.amount_micros, currency), ask.reference.trim());
    match ask.kind {
        PaymentKind::Payment => Entry::payment(tenant, reference, amount, at),
        PaymentKind::Refund => Entry::refund(tenant, reference, amount, at),
        PaymentKind::Credit => {
            let transfer = Transfer::new(Account::Goodwill, Account::Company(tenant), amount)?;
            Entry::new(Cause::Credit(reference.to_owned()), at, vec![transfer])
        }
    }
}

/// Book a payment, a refund or a credit by hand. A reference is booked once for ever.
#[utoipa::path(post, path = "/v1/operator/tenants/{id}/payments", operation_id = "operator_payment_create", tag = "operator",
    params(("id" = String, Path)), request_body = PaymentNew, security(("operator" = [])),
    responses((status = 201, body = BillingAccount)))]
pub async fn operator_payment_create(
    operator: Operator,
    once: Once,
    Id(id): Id<TenantId>,
    Body(ask): Body<PaymentNew>,
) -> Result<Response, Problem> {
    known(&operator, id).await?;
    let mut check = Check::default();
    let fits = (1..=MOST.min(BALANCE_MOST)).contains(&ask.amount_micros);
    check.need(fits, "amount_micros", "range", "More than 0 and at most 100,000,000.");
    let reference = ask.reference.trim();
    let word = (1..=100).contains(&reference.chars().count()) && !reference.chars().any(char::is_control);
    check.need(word, "reference", "invalid", "1 to 100 characters.");
    let reason = ask.reason.trim().chars().count();
    check.need((3..=300).contains(&reason), "reason", "required", "Say why, in 3 to 300 characters.");
    check.done()?;
    let tx = operator.write().await?;
    let said = serde_json::json!({ "kind": ask.kind, "amount_micros": ask.amount_micros, "reference": reference,
        "reason": ask.reason.trim() });
    tx.wrote("payment.booked", "tenant", &id.to_string(), said.clone()).await?;
    let mut tx = tx.enter(id).await?;
    // The answer is kept in the company's book: that is where it is written.
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let none = || Problem::conflict("no_billing_account", "The company has no account yet.");
    let (_, currency) = tx.wallet().await?.ok_or_else(none)?;
    let entry = entry(id, &ask, currency, tx.now()).ok_or_else(Problem::not_found)?;
    if tx.books_append(&entry).await? == Appended::Already {
        return Err(Problem::conflict("reference_taken", "This reference is in the books already."));
    }
    tx.noted("billing.payment_booked", "account", &id.to_string(), said);
    let told = serde_json::json!({ "kind": ask.kind, "amount_micros": ask.amount_micros, "reference": reference,
        "currency": currency.as_str() });
    tx.happened("billing.payment_booked", "account", &id.to_string(), told).await?;
    let out = overview::account(&operator.app, &tx).await?.or_404()?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// A company's books, newest first; the last two hundred entries.
#[utoipa::path(get, path = "/v1/operator/tenants/{id}/statement", operation_id = "operator_statement", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = [StatementLine])))]
pub async fn operator_statement(operator: Operator, Id(id): Id<TenantId>) -> Result<Json<Vec<StatementLine>>, Problem> {
    known(&operator, id).await?;
    let tx = read(&operator, id).await?;
    let lines = tx.statement(None, 200).await?;
    Ok(Json(lines.into_iter().map(statements::shown).collect()))
}

/// Rate calls of some days anew: what was charged is taken back and charged by what holds now.
#[utoipa::path(post, path = "/v1/operator/tenants/{id}/rate-anew", operation_id = "operator_rate_anew", tag = "operator",
    params(("id" = String, Path)), request_body = RateAnew, security(("operator" = [])),
    responses((status = 200, body = CallsDue)))]
pub async fn operator_rate_anew(
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(ask): Body<RateAnew>,
) -> Result<Json<CallsDue>, Problem> {
    known(&operator, id).await?;
    let day = |text: &str, field: &str| {
        text.parse::<Day>().map_err(|_| Problem::field(field, "bad_date", "A date such as 2026-03-29."))
    };
    let (from, until) = (day(&ask.from, "from")?, day(&ask.until, "until")?);
    let mut check = Check::default();
    check.need(from < until, "until", "range", "After the first day.");
    check.need(ask.reason.trim().chars().count() >= 3, "reason", "required", "Say why.");
    check.done()?;
    let tx = operator.write().await?;
    let said = serde_json::json!({ "from": ask.from, "until": ask.until, "reason": ask.reason.trim() });
    tx.wrote("calls.rated_anew", "tenant", &id.to_string(), said.clone()).await?;
    let tx = tx.enter(id).await?;
    tx.noted("billing.rated_anew", "account", &id.to_string(), said);
    let calls = tx.rate_anew((from.0, until.0)).await?;
    tx.commit().await?;
    Ok(Json(CallsDue { calls: i64::try_from(calls).unwrap_or(i64::MAX) }))
}

/// Calls of all companies that nobody could price, with the reason of each; the last five hundred.
#[utoipa::path(get, path = "/v1/operator/unrated-calls", operation_id = "unrated_call_list", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [UnratedCall])))]
pub async fn unrated_call_list(operator: Operator) -> Result<Json<Vec<UnratedCall>>, Problem> {
    sold(&operator.app)?;
    let rows = operator.read().unrated_calls(500).await?;
    let show = |row: patchbay_tenancy::charges::UnratedCall| UnratedCall {
        call: CallId::from_uuid(row.id).to_string(),
        tenant: TenantId::from_uuid(row.tenant_id).to_string(),
        company: row.company,
        why: row.why,
        number: row.number,
        tries: row.tries.into(),
        at: Wall(row.at).to_offset(),
    };
    Ok(Json(rows.into_iter().map(show).collect()))
}

/// Try the calls without a price again, now.
#[utoipa::path(post, path = "/v1/operator/unrated-calls/retry", operation_id = "unrated_call_retry", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = CallsDue)))]
pub async fn unrated_call_retry(operator: Operator) -> Result<Json<CallsDue>, Problem> {
    sold(&operator.app)?;
    let tx = operator.write().await?;
    tx.wrote("unrated_calls.retried", "call", "", serde_json::json!({})).await?;
    tx.commit().await?;
    let calls = rater::again(&operator.app).await?;
    Ok(Json(CallsDue { calls: i64::try_from(calls).unwrap_or(i64::MAX) }))
}

crate::resource!(
    operator_account_get,
    operator_account_put,
    operator_payment_create,
    operator_statement,
    operator_rate_anew,
    unrated_call_list,
    unrated_call_retry
);
