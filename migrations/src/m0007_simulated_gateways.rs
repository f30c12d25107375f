//! Which gateways are played by the simulator: the only ones that a company may call through before its owner's e-mail address is
//! checked. Those that are there already are taken for real, until the demonstration finds its own again.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        run(m, "ALTER TABLE gateway ADD COLUMN simulated boolean NOT NULL DEFAULT false").await
    }
}
