//! What the operators' console works with: support sessions in companies, limits of companies, imports of numbers.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // The key is that of its session.
        global_table(
            m,
            "impersonation",
            "id uuid, operator_id uuid, operator_session_id uuid, tenant_id uuid, user_id uuid, reason text, \
             started_at time, ends_at time, ended_at time?",
            &[
                "PRIMARY KEY (id)",
                "FOREIGN KEY (id) REFERENCES session (id) ON DELETE CASCADE",
                "FOREIGN KEY (operator_id) REFERENCES operator_account (id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE",
                "FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE",
            ],
        )
        .await?;
        run(m, "CREATE INDEX impersonation_tenant ON impersonation (tenant_id, started_at)").await?;
        global_table(
            m,
            "tenant_limit",
            "tenant_id uuid, kind text, most int",
            &[
                "PRIMARY KEY (tenant_id, kind)",
                "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE",
                "CHECK (kind IN ('seats', 'numbers', 'gateway_ports', 'members', 'api_keys'))",
                "CHECK (most >= 0)",
            ],
        )
        .await?;
        global_table(
            m,
            "number_import",
            "id uuid, operator_id uuid, name text, numbers int, created_at time, undone_at time?",
            &["PRIMARY KEY (id)"],
        )
        .await?;
        global_table(
            m,
            "number_import_row",
            "import_id uuid, number_id uuid",
            &[
                "PRIMARY KEY (import_id, number_id)",
                "FOREIGN KEY (import_id) REFERENCES number_import (id) ON DELETE CASCADE",
                "FOREIGN KEY (number_id) REFERENCES number (id) ON DELETE CASCADE",
            ],
        )
        .await
    }
}
