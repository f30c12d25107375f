//! The event log is searched by type and by what an event befell; the order of it stays that of its numbers.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        run(m, "CREATE INDEX event_kind ON event (tenant_id, kind, seq)").await?;
        run(m, "CREATE INDEX event_subject ON event (tenant_id, entity_id, seq)").await
    }
}
