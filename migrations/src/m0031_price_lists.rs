//! What the operator asks for: price lists in versions, and the rates of their decks.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Days are counted from 1970-01-01, amounts are micro-units of the currency.
        global_table(
            m,
            "price_list",
            "id uuid, currency text, version int, note text, effective int, state text, catalogue json, rates int=0, \
             created_at time, published_at time?",
            &["PRIMARY KEY (id)", "UNIQUE (currency, version)", "CHECK (state IN ('draft', 'published'))"],
        )
        .await?;
        // Of two drafts nobody would know which one is to come.
        run(m, "CREATE UNIQUE INDEX price_list_draft ON price_list (currency) WHERE state = 'draft'").await?;
        global_table(
            m,
            "price_rate",
            "list_id uuid, direction text, prefix text, from_day int, until_day int?, name text, class text, \
             per_minute big, setup big, minimum big, increment text",
            &[
                "PRIMARY KEY (list_id, direction, prefix, from_day)",
                "FOREIGN KEY (list_id) REFERENCES price_list (id) ON DELETE CASCADE",
            ],
        )
        .await
    }
}
