//! Filters of long lists go along an index to the end of their page, however rare what they look for is.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        run(m, "CREATE INDEX call_direction ON call (tenant_id, direction, id)").await?;
        run(m, "CREATE INDEX audit_action ON audit (tenant_id, action, seq)").await?;
        run(m, "CREATE INDEX operator_audit_action ON operator_audit (action, seq)").await
    }
}
