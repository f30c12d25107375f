//! Views of lists that people keep; where somebody who is invited will belong; how often a receiver refused one event.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "saved_view",
            "member_id uuid, list text, name text, content json, shared bool, created_at time, updated_at time",
            &[
                "UNIQUE (tenant_id, member_id, list, name)",
                "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
            ],
        )
        .await?;
        run(m, "CREATE INDEX saved_view_list ON saved_view (tenant_id, list, shared)").await?;
        // No references: what is gone when the invitation is followed is left out.
        let sqlite = m.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let (uuid, json) = if sqlite { ("uuid_text", "jsonb_text") } else { ("uuid", "jsonb") };
        run(m, &format!("ALTER TABLE invitation ADD COLUMN department_id {uuid}")).await?;
        run(m, &format!("ALTER TABLE invitation ADD COLUMN team_ids {json}")).await?;
        run(m, "ALTER TABLE webhook_delivery ADD COLUMN refusals integer NOT NULL DEFAULT 0").await
    }
}
