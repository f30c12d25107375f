//! Accounts, charges and statements as sent. Amounts are micro-units of the account's currency.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::PlanPrice;
use crate::kit::words::words;

words! {
    /// What an operator books by hand.
    PaymentKind {
        /// Money came in.
        Payment = "payment",
        /// Money went back.
        Refund = "refund",
        /// Something was given for nothing.
        Credit = "credit",
    }
    /// Why an entry stands in the books.
    StatementKind {
        /// A line of a call.
        Charge = "charge",
        /// Money came in.
        Payment = "payment",
        /// Money went back.
        Refund = "refund",
        /// A line of an invoice.
        Invoice = "invoice",
        /// Given for nothing.
        Credit = "credit",
    }
}

/// What a company has agreed to, and what it has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BillingAccount {
    /// ISO 4217 code of every amount.
    pub currency: String,
    /// As the books have it; below zero what is owed.
    pub balance_micros: i64,
    /// Set aside for calls that run.
    pub reserved_micros: i64,
    /// How far below zero it may go; 0: paid ahead.
    pub credit_limit_micros: i64,
    /// What can still be spent, not negative.
    pub available_micros: i64,
    /// Its plan, as the price list of today has it.
    pub plan: Option<PlanPrice>,
    /// Taken off outbound calls, in hundredths of a percent.
    pub discount_bp: i64,
    /// Tax on invoices, in hundredths of a percent.
    pub tax_bp: i64,
    /// Calls from then on are charged.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// What an operator agrees with a company.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingAccountPut {
    /// ISO 4217 code; stays for ever.
    pub currency: String,
    /// How far below zero it may go; 0: paid ahead.
    pub credit_limit_micros: i64,
    /// Key of its plan.
    pub plan: Option<String>,
    /// Taken off outbound calls, in hundredths of a percent.
    pub discount_bp: Option<i64>,
    /// Tax on invoices, in hundredths of a percent.
    pub tax_bp: Option<i64>,
}

/// Something to be booked by hand.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentNew {
    /// What.
    pub kind: PaymentKind,
    /// How much, above zero.
    pub amount_micros: i64,
    /// Of the bank or the letter; the same one is never booked twice.
    pub reference: String,
    /// Why; the company reads it in its audit log.
    pub reason: String,
}

/// What a company has spent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BillingOverview {
    /// Absent while the operator has opened none.
    pub account: Option<BillingAccount>,
    /// Absent without an account.
    pub month: Option<BillingMonth>,
}

/// A month of calls, by the company's calendar.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BillingMonth {
    /// First day.
    pub from: String,
    /// First day of the next month.
    pub until: String,
    /// What calls have cost so far.
    pub spent_micros: i64,
    /// What they will have cost if it goes on so.
    pub forecast_micros: i64,
    /// Calls that were charged.
    pub calls: i64,
    /// Seconds of them.
    pub seconds: i64,
    /// Seconds that the plan holds.
    pub included_seconds: i64,
    /// Of these, used up.
    pub included_used_seconds: i64,
    /// By destination, the dearest first.
    pub destinations: Vec<BillingDestination>,
    /// Calls whose price is not known yet.
    pub unrated_calls: i64,
}

/// What calls to one destination cost.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BillingDestination {
    /// `outbound` or `inbound`.
    pub direction: super::RateDirection,
    /// First digits.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// Calls.
    pub calls: i64,
    /// Charged and covered seconds.
    pub seconds: i64,
    /// What they cost.
    pub spent_micros: i64,
}

/// A line of what a call costs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Charge {
    /// Its id.
    pub id: String,
    /// Which call.
    pub call: String,
    /// `set_up`, `usage`, `included:plan`, `discount`, `minimum`.
    pub kind: String,
    /// It takes an earlier line back.
    pub reversal: bool,
    /// Price; negative for what is taken off or back.
    pub amount_micros: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Charged or covered seconds.
    pub seconds: i64,
    /// Which way.
    pub direction: super::RateDirection,
    /// The number that has the price.
    pub number: String,
    /// What people call the destination.
    pub destination: String,
    /// First digits of the rate.
    pub prefix: String,
    /// Day of the answer.
    pub day: String,
    /// When it was rated.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// An entry of the books as the company sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementLine {
    /// Its id.
    pub id: String,
    /// Why.
    pub kind: StatementKind,
    /// The call of a charge.
    pub call: Option<String>,
    /// Reference of a payment, number of an invoice.
    pub reference: Option<String>,
    /// By how much the balance changed.
    pub amount_micros: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// A call that nobody could price.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnratedCall {
    /// Which call.
    pub call: String,
    /// `ten_..`
    pub tenant: String,
    /// Name of the company.
    pub company: String,
    /// Why, in English.
    pub why: String,
    /// The number that has no price.
    pub number: String,
    /// Tries so far.
    pub tries: i64,
    /// Last try.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// How many calls will be rated again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallsDue {
    /// So many.
    pub calls: i64,
}

/// Which days are to be rated anew.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateAnew {
    /// First day.
    pub from: String,
    /// First day that is not.
    pub until: String,
    /// Why; it stands in both audit logs.
    pub reason: String,
}
