//! The SIP messages of a call, packed; kept for some days.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_log(
            m,
            "call_ladder",
            "at time, body text",
            &["FOREIGN KEY (tenant_id, id) REFERENCES call (tenant_id, id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX call_ladder_at ON call_ladder (at)").await
    }
}
