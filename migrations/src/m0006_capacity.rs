//! Nodes and channel slots. Times are microseconds since 1970 on the database's clock: leases are compared in SQL.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        global_table(m, "node", "id uuid, epoch big, lease_until big, started_at big", &["PRIMARY KEY (id)"]).await?;
        global_table(
            m,
            "channel_slot",
            "resource text, slot int, holder uuid?, node_id uuid?, node_epoch big?, taken_at big?",
            &["PRIMARY KEY (resource, slot)"],
        )
        .await?;
        run(m, "CREATE INDEX channel_slot_holder ON channel_slot (holder) WHERE holder IS NOT NULL").await?;
        Ok(())
    }
}
