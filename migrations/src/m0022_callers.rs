//! Who may call a company, and which of its numbers seats show that have none of their own.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "caller_rule",
            "pattern text, list text, note text, created_at time",
            &["UNIQUE (tenant_id, pattern)", "CHECK (list IN ('block', 'allow'))"],
        )
        .await?;
        run(m, "ALTER TABLE tenant_number ADD COLUMN shown_by_default boolean NOT NULL DEFAULT false").await
    }
}
