//! Companies' rows keep no copy of what a gateway port is called or is: the name is looked up where it is shown, so that a new one
//! shows everywhere. And the reason of a light is a code with its figures, not a text.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for sql in [
            "ALTER TABLE tenant_number DROP COLUMN gateway_port_label",
            "ALTER TABLE gateway_port_rental DROP COLUMN label",
            "ALTER TABLE gateway_port_rental DROP COLUMN kind",
            "ALTER TABLE gateway RENAME COLUMN light_text TO light_reason",
            // Sentences of earlier versions say nothing as codes.
            "UPDATE gateway SET light_reason = '' WHERE light_reason NOT LIKE '{%'",
        ] {
            run(m, sql).await?;
        }
        Ok(())
    }
}
