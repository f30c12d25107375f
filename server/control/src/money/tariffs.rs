//! Price lists as calls meet them: the version in force, its deck in memory. A published version never changes, so one that was read
//! stays good.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use billing::{PriceList, day::Day};
use kernel::{Uuid, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, SystemDb, system::price_list};
use sea_orm::{ColumnTrait, Order};

use super::catalogue::Catalogue;

/// Versions that are remembered at once: those of some currencies, and the ones before them.
const MOST: usize = 32;

/// A version with its id.
#[derive(Debug)]
pub struct Tariff {
    /// Its id.
    pub id: Uuid,
    /// What is in it.
    pub list: PriceList,
}

/// The versions that were read.
#[derive(Default)]
pub struct Tariffs(Mutex<HashMap<Uuid, Arc<Tariff>>>);

impl Tariffs {
    /// The version that holds on a day in a currency; `None` where nothing was published. Fails as the store does.
    pub async fn in_force(
        &self,
        system: &SystemDb,
        currency: Currency,
        day: Day,
    ) -> Result<Option<Arc<Tariff>>, StoreError> {
        let rows = system.select::<price_list::Entity>().is(price_list::Column::Currency, currency.as_str());
        let rows = rows.is(price_list::Column::State, "published").filter(price_list::Column::Effective.lte(day.0));
        let Some(row) = rows.order_by(price_list::Column::Version, Order::Desc).one().await? else { return Ok(None) };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&row.id).cloned();
        if let Some(known) = known {
            return Ok(Some(known));
        }
        let catalogue = Catalogue::of(&row).map_err(|_| StoreError::Other("a price list cannot be read".into()))?;
        let deck = system.deck(&row).await?;
        let read = Arc::new(Tariff { id: row.id, list: catalogue.list(&row, deck) });
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(row.id, Arc::clone(&read));
        Ok(Some(read))
    }
}
