//! Recordings of calls: what is kept where, under which key, and what each company wishes.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // A company's key, under the installation's; without the row its recordings are noise.
        tenant_table(m, "recording_key", "key_sealed text, created_at time", &[]).await?;
        // Times in milliseconds, so that ages are compared alike on both databases.
        tenant_table(
            m,
            "recording",
            "call_id uuid, seat_id uuid?, key_id uuid, kind text, begun_by text, state text, began_ms big, ended_ms big?, \
             duration_ms big=0, bytes big=0, lost big=0, legal_hold bool, paused bool, fault text?, wave json",
            &[
                "FOREIGN KEY (tenant_id, call_id) REFERENCES call (tenant_id, id)",
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "FOREIGN KEY (tenant_id, key_id) REFERENCES recording_key (tenant_id, id)",
                "CHECK (kind IN ('call', 'voicemail'))",
                "CHECK (begun_by IN ('policy', 'queue', 'order', 'caller'))",
                "CHECK (state IN ('recording', 'ready', 'failed'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX recording_call ON recording (tenant_id, call_id)").await?;
        run(m, "CREATE INDEX recording_seat ON recording (tenant_id, seat_id)").await?;
        run(m, "CREATE INDEX recording_key_of ON recording (tenant_id, key_id)").await?;
        run(m, "CREATE INDEX recording_ended ON recording (ended_ms) WHERE legal_hold = FALSE").await?;
        run(m, "CREATE INDEX recording_runs ON recording (tenant_id, call_id) WHERE state = 'recording'").await?;
        tenant_table(
            m,
            "recording_policy",
            "mode text, keep_days int, voicemail_keep_days int, updated_at time",
            &["UNIQUE (tenant_id)", "CHECK (mode IN ('always', 'on_demand', 'never'))"],
        )
        .await?;
        // Queues whose calls are recorded where the company says on demand.
        tenant_table(
            m,
            "recording_queue",
            "queue_id uuid",
            &[
                "UNIQUE (tenant_id, queue_id)",
                "FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE",
            ],
        )
        .await
    }
}
