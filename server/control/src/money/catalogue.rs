//! Plans and monthly prices of a version, as stored and as the pure side has them.

use std::collections::BTreeMap;

use billing::{
    Deck, PriceList,
    day::Day,
    price_list::{Item, Plan},
};
use patchbay_billing as billing;
use patchbay_tenancy::system::price_list;
use serde::{Deserialize, Serialize};

use super::{ItemPrice, PlanPrice};
use crate::kit::{body::Check, problem::Problem};

/// Plans or prices of one version at most.
const MOST: usize = 1_000;
/// Largest price of a month: a hundred million units.
const DEAREST: i64 = 100_000_000_000_000;

/// What the column `catalogue` holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Catalogue {
    pub plans: Vec<PlanPrice>,
    pub items: Vec<ItemPrice>,
}

impl Catalogue {
    pub fn of(row: &price_list::Model) -> Result<Self, Problem> {
        serde_json::from_value(row.catalogue.clone()).map_err(Problem::internal)
    }

    /// Every fault at once.
    pub fn check(&self, check: &mut Check) {
        let mut keys = std::collections::BTreeSet::new();
        check.need(self.plans.len() <= MOST && self.items.len() <= MOST, "items", "too_many", "A thousand at most.");
        for plan in &self.plans {
            let word = plan.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            let fits = word && (1..=40).contains(&plan.key.len());
            check.need(fits, "plans", "bad_key", "A key is 1 to 40 small letters, digits and underscores.");
            check.need(keys.insert(plan.key.as_str()), "plans", "twice", "Two plans have the same key.");
            check.name(&plan.name, "plans");
            let price = (0..=DEAREST).contains(&plan.monthly_micros);
            check.need(price, "plans", "range", "A price is between 0 and 100,000,000.");
            let holds = plan.seats <= 100_000 && plan.minutes <= 100_000_000;
            check.need(holds, "plans", "range", "At most 100,000 seats and 100,000,000 minutes.");
        }
        let mut items = std::collections::BTreeSet::new();
        for price in &self.items {
            match price.item.parse::<Item>() {
                Ok(Item::Plan(_)) | Err(_) => check.need(false, "items", "not_offered", "Nothing that is sold."),
                Ok(item) => check.need(items.insert(item), "items", "twice", "The same thing is there twice."),
            }
            let fits = (0..=DEAREST).contains(&price.monthly_micros);
            check.need(fits, "items", "range", "A price is between 0 and 100,000,000.");
        }
    }

    /// With its deck, for the rules of what things cost.
    pub fn list(&self, row: &price_list::Model, deck: Deck) -> PriceList {
        let plan = |plan: &PlanPrice| {
            let PlanPrice { key, name, monthly_micros, seats, minutes } = plan.clone();
            (key, Plan { name, monthly: monthly_micros, seats, minutes })
        };
        let item = |price: &ItemPrice| Some((price.item.parse().ok()?, price.monthly_micros));
        PriceList {
            version: u32::try_from(row.version).unwrap_or(0),
            effective: Day(row.effective),
            plans: self.plans.iter().map(plan).collect::<BTreeMap<_, _>>(),
            monthly: self.items.iter().filter_map(item).collect(),
            deck,
        }
    }
}
