//! Who belongs to a company, and the company's logs.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "member",
            "user_id uuid, role text, state text, created_at time, last_seen_at time?",
            &[
                "UNIQUE (tenant_id, user_id)",
                "FOREIGN KEY (user_id) REFERENCES user_account (id)",
                "CHECK (role IN ('owner', 'admin', 'supervisor', 'agent'))",
                "CHECK (state IN ('active', 'suspended'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX member_user ON member (user_id)").await?;
        tenant_table(
            m,
            "invitation",
            "email text, role text, token_hash text, link text?, invited_by uuid, expires_at time, \
             accepted_at time?, created_at time",
            &[
                "UNIQUE (token_hash)",
                "FOREIGN KEY (invited_by) REFERENCES user_account (id)",
                "CHECK (role IN ('owner', 'admin', 'supervisor', 'agent'))",
            ],
        )
        .await?;
        tenant_table(
            m,
            "onboarding",
            "step text, state text, updated_at time",
            &["UNIQUE (tenant_id, step)", "CHECK (state IN ('done', 'skipped'))"],
        )
        .await?;
        tenant_table(
            m,
            "idempotency",
            "principal text, idempotency_key text, route text, request_hash text, status int, body text, \
             created_at time",
            &["UNIQUE (tenant_id, principal, idempotency_key)"],
        )
        .await?;
        tenant_log(m, "audit", "at time, actor text, action text, entity text, entity_id text, body json", &[]).await?;
        tenant_log(
            m,
            "event",
            "seq big, kind text, entity text, entity_id text, body json, at time",
            &["UNIQUE (tenant_id, seq)"],
        )
        .await?;
        tenant_single(m, "event_cursor", "next big").await?;
        Ok(())
    }
}
