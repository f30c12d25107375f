//! Flows: what a caller meets before anybody answers, as a draft and as published versions; and numbers that lead into one.
//! `samples`, `draft` and `graph` are the JSON forms of `infra/docs/flows.md`, `live` is the version that calls run.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "flow",
            "name text, draft json, samples json, revision int, changed_by uuid, changed_at time, live int?, versions int=0, \
             created_at time",
            &["UNIQUE (tenant_id, name)", "FOREIGN KEY (changed_by) REFERENCES user_account (id)"],
        )
        .await?;
        tenant_table(
            m,
            "flow_version",
            "flow_id uuid, number int, graph json, note text, difference json, published_by uuid, published_at time",
            &[
                "UNIQUE (tenant_id, flow_id, number)",
                "FOREIGN KEY (tenant_id, flow_id) REFERENCES flow (tenant_id, id) ON DELETE CASCADE",
                "FOREIGN KEY (published_by) REFERENCES user_account (id)",
            ],
        )
        .await?;
        // SQLite adds no reference of two columns to a table that is there; a flow with numbers is not removed.
        let kind = if m.get_database_backend() == sea_orm::DbBackend::Sqlite { "uuid_text" } else { "uuid" };
        run(m, &format!("ALTER TABLE tenant_number ADD COLUMN flow_id {kind}")).await?;
        on_postgres(
            m,
            "ALTER TABLE tenant_number ADD FOREIGN KEY (tenant_id, flow_id) REFERENCES flow (tenant_id, id)",
        )
        .await?;
        run(m, "CREATE INDEX tenant_number_flow ON tenant_number (tenant_id, flow_id)").await
    }
}
