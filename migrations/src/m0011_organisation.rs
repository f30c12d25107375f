//! Departments as a tree, teams, roles that a company made itself, and each member's place among them.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "department",
            "parent_id uuid?, name text, created_at time",
            &["FOREIGN KEY (tenant_id, parent_id) REFERENCES department (tenant_id, id)"],
        )
        .await?;
        // Two, because a name at the top has no parent, and nothing is never the same as nothing.
        run(m, "CREATE UNIQUE INDEX department_name ON department (tenant_id, parent_id, name)").await?;
        run(m, "CREATE UNIQUE INDEX department_top_name ON department (tenant_id, name) WHERE parent_id IS NULL")
            .await?;
        tenant_table(
            m,
            "team",
            "department_id uuid?, name text, created_at time",
            &[
                "UNIQUE (tenant_id, name)",
                "FOREIGN KEY (tenant_id, department_id) REFERENCES department (tenant_id, id)",
            ],
        )
        .await?;
        run(m, "CREATE INDEX team_department ON team (tenant_id, department_id)").await?;
        tenant_table(
            m,
            "team_member",
            "team_id uuid, member_id uuid",
            &[
                "UNIQUE (tenant_id, team_id, member_id)",
                "FOREIGN KEY (tenant_id, team_id) REFERENCES team (tenant_id, id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
            ],
        )
        .await?;
        run(m, "CREATE INDEX team_member_member ON team_member (tenant_id, member_id)").await?;
        tenant_table(
            m,
            "custom_role",
            "name text, permissions json, scope text, created_at time",
            &["UNIQUE (tenant_id, name)", "CHECK (scope IN ('own', 'team', 'subtree', 'all'))"],
        )
        .await?;
        // A row of its own with the member's id, because SQLite adds no references to a table that is there.
        tenant_table(
            m,
            "placement",
            "department_id uuid?, role_id uuid?, scope text?",
            &[
                "FOREIGN KEY (tenant_id, id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id, department_id) REFERENCES department (tenant_id, id)",
                "FOREIGN KEY (tenant_id, role_id) REFERENCES custom_role (tenant_id, id)",
                "CHECK (scope IN ('own', 'team', 'subtree', 'all'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX placement_department ON placement (tenant_id, department_id)").await?;
        run(m, "CREATE INDEX placement_role ON placement (tenant_id, role_id)").await?;
        let kind = if m.get_database_backend() == sea_orm::DbBackend::Sqlite { "uuid_text" } else { "uuid" };
        run(m, &format!("ALTER TABLE invitation ADD COLUMN role_id {kind}")).await
    }
}
