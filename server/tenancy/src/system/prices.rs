//! What the operator asks for: price lists in versions, and the rates of their decks. A version that is published is never changed.

use billing::{
    Deck, Rate,
    day::Day,
    rate::{Class, Direction},
};
use kernel::{Uuid, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use sea_orm::Value;

use super::SystemDb;
use crate::{GlobalRow, OperatorTx, StoreError, rows};

/// A version: draft or published, from a day on. `catalogue` holds plans and monthly prices.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod price_list {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "price_list")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub currency: String,
        pub version: i32,
        pub note: String,
        pub effective: i32,
        pub state: String,
        pub catalogue: Json,
        pub rates: i32,
        pub created_at: TimeDateTimeWithTimeZone,
        pub published_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A rate of a version.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod price_rate {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "price_rate")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub list_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub direction: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub prefix: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_day: i32,
        pub until_day: Option<i32>,
        pub name: String,
        pub class: String,
        pub per_minute: i64,
        pub setup: i64,
        pub minimum: i64,
        pub increment: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for price_list::Entity {
    const NAME: &'static str = "price_list";
}

impl GlobalRow for price_rate::Entity {
    const NAME: &'static str = "price_rate";
    // Hundreds of thousands; the line of the import tells of them.
    const AUDITED: bool = false;
}

/// Rows of one statement.
const AT_ONCE: usize = 500;
const COLUMNS: usize = 10;

fn bad(why: impl std::fmt::Display) -> StoreError {
    StoreError::Other(format!("a stored rate cannot be read: {why}"))
}

impl price_rate::Model {
    /// As the pure side has it. Fails for a row that was not written by [`OperatorTx::put_rates`].
    pub fn rate(&self) -> Result<Rate, StoreError> {
        Ok(Rate {
            prefix: self.prefix.parse().map_err(bad)?,
            name: self.name.clone(),
            direction: self.direction.parse::<Direction>().map_err(bad)?,
            class: self.class.parse::<Class>().map_err(bad)?,
            per_minute: self.per_minute,
            setup: self.setup,
            minimum: self.minimum,
            increment: self.increment.parse().map_err(bad)?,
            from: Day(self.from_day),
            until: self.until_day.map(Day),
        })
    }
}

impl price_list::Model {
    /// In which all its amounts are.
    pub fn currency(&self) -> Result<Currency, StoreError> {
        self.currency.parse().map_err(bad)
    }
}

impl SystemDb {
    /// All rates of a version as a deck.
    pub async fn deck(&self, list: &price_list::Model) -> Result<Deck, StoreError> {
        let rows = self.select::<price_rate::Entity>().is(price_rate::Column::ListId, list.id).all().await?;
        let rates = rows.iter().map(price_rate::Model::rate).collect::<Result<Vec<_>, _>>()?;
        Deck::new(list.currency()?, rates).map_err(|clashes| bad(format!("{} clashes", clashes.len())))
    }
}

impl OperatorTx {
    /// Makes these the rates of a version, instead of what it had.
    pub async fn put_rates(&self, list: Uuid, deck: &Deck) -> Result<(), StoreError> {
        rows::run(self.via(), "DELETE FROM price_rate WHERE list_id = $1", vec![list.into()]).await?;
        for some in deck.rates().chunks(AT_ONCE) {
            let places = (0..some.len()).map(|row| {
                let of = (0..COLUMNS).map(|column| format!("${}", 2 + row * COLUMNS + column)).collect::<Vec<_>>();
                format!("($1, {})", of.join(", "))
            });
            let sql = format!(
                "INSERT INTO price_rate (list_id, direction, prefix, from_day, until_day, name, class, per_minute, setup, \
                 minimum, increment) VALUES {}",
                places.collect::<Vec<_>>().join(", ")
            );
            let mut values: Vec<Value> = vec![list.into()];
            for rate in some {
                values.extend::<[Value; COLUMNS]>([
                    rate.direction.as_str().into(),
                    rate.prefix.to_string().into(),
                    rate.from.0.into(),
                    rate.until.map(|day| day.0).into(),
                    rate.name.as_str().into(),
                    rate.class.as_str().into(),
                    rate.per_minute.into(),
                    rate.setup.into(),
                    rate.minimum.into(),
                    rate.increment.to_string().into(),
                ]);
            }
            rows::run(self.via(), &sql, values).await?;
        }
        Ok(())
    }

    /// Gives a version the rates of another.
    pub async fn copy_rates(&self, from: Uuid, to: Uuid) -> Result<(), StoreError> {
        let sql = "INSERT INTO price_rate (list_id, direction, prefix, from_day, until_day, name, class, per_minute, setup, \
                   minimum, increment) SELECT $2, direction, prefix, from_day, until_day, name, class, per_minute, setup, \
                   minimum, increment FROM price_rate WHERE list_id = $1";
        rows::run(self.via(), sql, vec![from.into(), to.into()]).await.map(|_| ())
    }
}
