//! Companies, people, sessions, operators, settings and jobs: what exists before any company has a row.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        global_table(
            m,
            "tenant",
            "id uuid, name text, realm text, country text, timezone text, locale text, state text, \
             max_calls int=30, created_at time",
            &[
                "PRIMARY KEY (id)",
                "UNIQUE (realm)",
                "CHECK (state IN ('active', 'suspended'))",
                "CHECK (max_calls >= 0)",
            ],
        )
        .await?;
        global_table(
            m,
            "user_account",
            "id uuid, email text, name text, password_hash text, email_verified_at time?, locale text, \
             created_at time",
            &["PRIMARY KEY (id)", "UNIQUE (email)", "CHECK (email = lower(email))"],
        )
        .await?;
        global_table(
            m,
            "email_check",
            "token_hash text, user_id uuid, link text?, expires_at time, created_at time",
            &["PRIMARY KEY (token_hash)", "FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX email_check_user ON email_check (user_id)").await?;
        global_table(
            m,
            "operator_account",
            "id uuid, email text, password_hash text, must_change_password bool, created_at time",
            &["PRIMARY KEY (id)", "UNIQUE (email)"],
        )
        .await?;
        global_table(
            m,
            "operator_audit",
            "id uuid, operator_id uuid, action text, entity text, entity_id text, body json, at time",
            &["PRIMARY KEY (id)"],
        )
        .await?;
        global_table(
            m,
            "operator_idempotency",
            "principal text, idempotency_key text, route text, request_hash text, status int, body text, \
             created_at time",
            &["PRIMARY KEY (principal, idempotency_key)"],
        )
        .await?;
        global_table(
            m,
            "session",
            "id uuid, realm text, user_id uuid?, operator_id uuid?, tenant_id uuid?, user_agent text?, \
             created_at time, last_used_at time, revoked_at time?",
            &[
                "PRIMARY KEY (id)",
                "FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE",
                "FOREIGN KEY (operator_id) REFERENCES operator_account (id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE",
                "CHECK (realm IN ('tenant', 'operator'))",
                "CHECK ((user_id IS NULL) <> (operator_id IS NULL))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX session_by_user ON session (user_id)").await?;
        global_table(
            m,
            "session_token",
            "session_id uuid, generation int, token_hash text, used_at time?, created_at time",
            &[
                "PRIMARY KEY (session_id, generation)",
                "UNIQUE (token_hash)",
                "FOREIGN KEY (session_id) REFERENCES session (id) ON DELETE CASCADE",
            ],
        )
        .await?;
        global_table(m, "setting", "key text, value text", &["PRIMARY KEY (key)"]).await?;
        // Times of jobs are microseconds since 1970: they are compared in SQL, and SQLite compares times as text.
        global_table(
            m,
            "job",
            "id uuid, queue text, kind text, payload json, run_at big, attempts int, max_attempts int, \
             locked_by text?, locked_until big?, dedupe_key text?, tenant_id uuid?, last_error text?, \
             finished_at big?, created_at big",
            &["PRIMARY KEY (id)", "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX job_due ON job (queue, run_at) WHERE finished_at IS NULL").await?;
        run(m, "CREATE UNIQUE INDEX job_dedupe_key ON job (dedupe_key) WHERE finished_at IS NULL").await?;
        on_postgres(m, "GRANT INSERT ON job TO patchbay_app").await?;
        Ok(())
    }
}
