//! Keys of programs and tokens of seats. Only hashes of secrets are kept; `handle` is the part of a secret that may be shown.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "api_key",
            "name text, scopes json, networks json, created_by uuid, created_at time, expires_at time?, \
             last_used_at time?, last_used_from text?, revoked_at time?",
            &["FOREIGN KEY (created_by) REFERENCES user_account (id)"],
        )
        .await?;
        tenant_table(
            m,
            "api_key_secret",
            "api_key_id uuid, handle text, secret_hash text, created_at time, ends_at time?, last_used_at time?",
            &[
                "UNIQUE (handle)",
                "FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_key (tenant_id, id) ON DELETE CASCADE",
            ],
        )
        .await?;
        run(m, "CREATE INDEX api_key_secret_key ON api_key_secret (tenant_id, api_key_id)").await?;
        tenant_table(
            m,
            "seat_token",
            "seat_id uuid, label text, handle text, secret_hash text, origins json, api_key_id uuid?, created_by uuid, \
             created_at time, expires_at time, last_used_at time?, revoked_at time?",
            &[
                "UNIQUE (handle)",
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_key (tenant_id, id)",
                "FOREIGN KEY (created_by) REFERENCES user_account (id)",
            ],
        )
        .await?;
        run(m, "CREATE INDEX seat_token_seat ON seat_token (tenant_id, seat_id, expires_at)").await?;
        run(m, "CREATE INDEX seat_token_ends ON seat_token (expires_at)").await
    }
}
