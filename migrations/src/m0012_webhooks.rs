//! Webhooks: endpoints with their place in the event log, what was sent to them and how it went. Times that the courier compares are
//! microseconds since 1970, as those of jobs are.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const OF_WEBHOOK: &str = "FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhook (tenant_id, id) ON DELETE CASCADE";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "webhook",
            "label text, url text, kinds json, state text, off_reason text?, created_by uuid, created_at time, place big, \
             head uuid?, failures int=0, failing_since big?, next_try_at big, is_slow bool=false, replays int=0, \
             last_taken_at time?, locked_by text?, locked_until big?",
            &[
                "FOREIGN KEY (created_by) REFERENCES user_account (id)",
                "CHECK (state IN ('active', 'paused', 'off'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX webhook_due ON webhook (next_try_at) WHERE state = 'active'").await?;
        tenant_table(
            m,
            "webhook_secret",
            "webhook_id uuid, sealed text, created_at time, ends_at time?",
            &[OF_WEBHOOK],
        )
        .await?;
        run(m, "CREATE INDEX webhook_secret_of ON webhook_secret (tenant_id, webhook_id)").await?;
        tenant_table(
            m,
            "webhook_delivery",
            "webhook_id uuid, event_id uuid, seq big, kind text, state text, is_replay bool, body text, attempts int, \
             last_status int?, last_error text?, created_at time, last_at time, made_at big",
            &[OF_WEBHOOK, "CHECK (state IN ('taken', 'failing', 'set_aside'))"],
        )
        .await?;
        run(m, "CREATE INDEX webhook_delivery_of ON webhook_delivery (tenant_id, webhook_id, id)").await?;
        run(m, "CREATE INDEX webhook_delivery_old ON webhook_delivery (made_at)").await?;
        tenant_table(
            m,
            "webhook_attempt",
            "delivery_id uuid, number int, at time, took_ms int, request_headers json, status int?, error text?, \
             response_headers json, response_body text",
            &["FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_delivery (tenant_id, id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX webhook_attempt_of ON webhook_attempt (tenant_id, delivery_id, number)").await?;
        tenant_table(
            m,
            "webhook_replay",
            "webhook_id uuid, to_seq big, place big, is_exact bool, created_at time",
            &[OF_WEBHOOK],
        )
        .await?;
        run(m, "CREATE INDEX webhook_replay_of ON webhook_replay (tenant_id, webhook_id, id)").await
    }
}
