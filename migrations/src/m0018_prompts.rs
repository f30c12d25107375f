//! Prompts: what callers are played, in as many languages as wanted; where each is used; and who speaks texts.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // A removed prompt can be brought back for some time.
        tenant_table(m, "prompt", "name text, created_at time, updated_at time, removed_at time?", &[]).await?;
        run(m, "CREATE UNIQUE INDEX prompt_name ON prompt (tenant_id, name) WHERE removed_at IS NULL").await?;
        // The id names the files in the store too, so another recording has another id.
        tenant_table(
            m,
            "prompt_audio",
            "prompt_id uuid, language text, source text, spoken_text text?, voice text?, format text, duration_ms int, \
             bytes big, gain_db real, wave json, created_at time",
            &[
                "UNIQUE (tenant_id, prompt_id, language)",
                "FOREIGN KEY (tenant_id, prompt_id) REFERENCES prompt (tenant_id, id) ON DELETE CASCADE",
            ],
        )
        .await?;
        // Written by whatever plays a prompt (published flows, queues); a prompt that is used is not removed.
        tenant_table(
            m,
            "prompt_use",
            "prompt_id uuid, user_kind text, user_id uuid, name text",
            &[
                "UNIQUE (tenant_id, prompt_id, user_kind, user_id)",
                "FOREIGN KEY (tenant_id, prompt_id) REFERENCES prompt (tenant_id, id)",
            ],
        )
        .await?;
        run(m, "CREATE INDEX prompt_use_user ON prompt_use (tenant_id, user_kind, user_id)").await?;
        // One at most; without it the programs of the machine speak.
        tenant_table(
            m,
            "speech_endpoint",
            "url text, key_sealed text?, model text, voices json, updated_at time",
            &["UNIQUE (tenant_id)"],
        )
        .await
    }
}
