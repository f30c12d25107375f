//! Price lists as sent. Amounts are micro-units of the currency of the list.

use billing::{Rate, day::Day};
use patchbay_billing as billing;
use patchbay_tenancy::system::price_list;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::kit::words::words;

words! {
    /// Where a version stands.
    PriceListState {
        /// It can be changed and nobody pays by it.
        Draft = "draft",
        /// It will hold from its first day on.
        Scheduled = "scheduled",
        /// It holds.
        InForce = "in_force",
        /// Another one holds.
        Past = "past",
    }
    /// Which way a paid leg goes.
    RateDirection {
        /// To a number of the world.
        Outbound = "outbound",
        /// To a number of the company.
        Inbound = "inbound",
    }
    /// What kind of destination a rate is for.
    RateClass {
        /// An ordinary one.
        Standard = "standard",
        /// One whose owner earns from being called.
        Premium = "premium",
    }
}

/// A version of what the operator asks for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceList {
    /// Its id.
    pub id: String,
    /// ISO 4217 code of every amount.
    pub currency: String,
    /// Rising by one within a currency.
    pub version: i64,
    /// What it is for, in the operator's words.
    pub note: String,
    /// First day, `2026-03-29`, by the calendar of the company that pays.
    pub effective: String,
    /// Where it stands today (UTC).
    pub state: PriceListState,
    /// Rates of its deck.
    pub rates: i64,
    /// Since when it is there.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Since when it cannot be changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
}

/// A version with its plans and monthly prices.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceListDetail {
    /// The version.
    pub list: PriceList,
    /// Its plans.
    pub plans: Vec<PlanPrice>,
    /// Monthly prices of everything else that is sold.
    pub items: Vec<ItemPrice>,
}

/// A plan that companies can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPrice {
    /// Names it for ever: small letters, digits and `_`.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Price of a month.
    pub monthly_micros: i64,
    /// Seats that it holds.
    pub seats: u32,
    /// Outbound minutes that it holds a month.
    pub minutes: u32,
}

/// What one thing costs a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemPrice {
    /// `seat`, `number:local:DE` (kind and country), `gateway_port:fxo_port` (kind), `recording_storage` (a gigabyte).
    pub item: String,
    /// Price of one for a month.
    pub monthly_micros: i64,
}

/// A new draft.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceListNew {
    /// ISO 4217 code.
    pub currency: String,
    /// First day, `2026-03-29`.
    pub effective: String,
    /// What it is for.
    pub note: Option<String>,
    /// Begin with the prices of this version.
    pub copy_of: Option<String>,
}

/// Changes of a draft; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceListPatch {
    /// First day.
    pub effective: Option<String>,
    /// What it is for.
    pub note: Option<String>,
    /// All plans, instead of those that were there.
    pub plans: Option<Vec<PlanPrice>>,
    /// All monthly prices, instead of those that were there.
    pub items: Option<Vec<ItemPrice>>,
}

/// A row of a rate deck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeckRate {
    /// First digits of the number that has the price, without the plus.
    pub prefix: String,
    /// What people call the destination.
    pub name: String,
    /// Which way.
    pub direction: RateDirection,
    /// What kind of destination.
    pub class: RateClass,
    /// Price of sixty seconds.
    pub per_minute_micros: i64,
    /// Price of being answered.
    pub setup_micros: i64,
    /// What an answered call costs at least.
    pub minimum_micros: i64,
    /// In which steps time counts: `60/60`.
    pub increment: String,
    /// First day.
    pub from: String,
    /// First day on which it holds no more.
    pub until: Option<String>,
}

/// What a file would make of a deck.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeckPreview {
    /// Rows that can be taken in.
    pub good: i64,
    /// Rows that cannot.
    pub bad: i64,
    /// What is wrong with them, the first five hundred faults.
    pub errors: Vec<DeckError>,
    /// What would change against the deck that is there.
    pub summary: DeckSummary,
    /// The first changes.
    pub changes: Vec<RateChange>,
}

/// What is wrong with a row of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeckError {
    /// Line of the file, from 1 on.
    pub line: i64,
    /// Column concerned; empty for the whole row.
    pub column: String,
    /// Why, in English.
    pub text: String,
}

/// Differences between two decks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeckSummary {
    /// New rates.
    pub added: i64,
    /// Rates that are gone.
    pub removed: i64,
    /// Rates with other words or prices.
    pub changed: i64,
    /// Those of the changed with which some call costs more.
    pub dearer: i64,
    /// Those of the changed with which some call costs less.
    pub cheaper: i64,
}

/// One difference: without `before` it is new, without `after` it is gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RateChange {
    /// As it was.
    pub before: Option<DeckRate>,
    /// As it is.
    pub after: Option<DeckRate>,
}

/// A monthly price before and after.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemChange {
    /// What: as in [`ItemPrice::item`], or `plan:` and the key.
    pub item: String,
    /// Absent: was not sold.
    pub before_micros: Option<i64>,
    /// Absent: is sold no more.
    pub after_micros: Option<i64>,
}

/// What differs between two versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceListComparison {
    /// The older one.
    pub older: PriceList,
    /// The newer one.
    pub newer: PriceList,
    /// Plans and monthly prices that differ.
    pub items: Vec<ItemChange>,
    /// Rates that differ, counted.
    pub summary: DeckSummary,
    /// The first five hundred of them.
    pub rates: Vec<RateChange>,
}

impl From<&Rate> for DeckRate {
    fn from(rate: &Rate) -> Self {
        Self {
            prefix: rate.prefix.to_string(),
            name: rate.name.clone(),
            direction: RateDirection::stored(rate.direction.as_str()),
            class: RateClass::stored(rate.class.as_str()),
            per_minute_micros: rate.per_minute,
            setup_micros: rate.setup,
            minimum_micros: rate.minimum,
            increment: rate.increment.to_string(),
            from: rate.from.to_string(),
            until: rate.until.map(|day| day.to_string()),
        }
    }
}

impl From<billing::compare::Summary> for DeckSummary {
    fn from(sum: billing::compare::Summary) -> Self {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Self {
            added: count(sum.added),
            removed: count(sum.removed),
            changed: count(sum.changed),
            dearer: count(sum.dearer),
            cheaper: count(sum.cheaper),
        }
    }
}

impl From<&billing::compare::Change<'_>> for RateChange {
    fn from(change: &billing::compare::Change<'_>) -> Self {
        use billing::compare::Change;
        let (before, after) = match *change {
            Change::Added(new) => (None, Some(new.into())),
            Change::Removed(old) => (Some(old.into()), None),
            Change::Changed { old, new } => (Some(old.into()), Some(new.into())),
        };
        Self { before, after }
    }
}

/// A version as sent, given the first day and id of the one in force in its currency.
pub(super) fn shown(row: price_list::Model, today: Day, in_force: Option<patchbay_kernel::Uuid>) -> PriceList {
    let state = match row.state.as_str() {
        "draft" => PriceListState::Draft,
        _ if row.effective > today.0 => PriceListState::Scheduled,
        _ if in_force == Some(row.id) => PriceListState::InForce,
        _ => PriceListState::Past,
    };
    PriceList {
        id: row.id.to_string(),
        currency: row.currency,
        version: row.version.into(),
        note: row.note,
        effective: Day(row.effective).to_string(),
        state,
        rates: row.rates.into(),
        created_at: row.created_at,
        published_at: row.published_at,
    }
}
