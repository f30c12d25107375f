//! Calls back that were promised to callers.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // The queue by name too, so that the past stays readable when it is gone. Without a queue people call back by hand.
        tenant_table(
            m,
            "callback",
            "queue_id uuid?, queue_name text?, number text, caller_name text?, call_id uuid, state text, asked_ms big, due_ms big, \
             tries int=0, seat_id uuid?, member_id uuid?, last_call_id uuid?, last_cause text?, step_ms big, outcome text?, \
             closed_ms big?",
            &[
                "FOREIGN KEY (tenant_id, call_id) REFERENCES call (tenant_id, id)",
                "CHECK (state IN ('waiting', 'offered', 'calling', 'closed'))",
                "CHECK (outcome IS NULL OR outcome IN ('reached', 'unreached', 'done', 'cancelled'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX callback_open ON callback (tenant_id, asked_ms) WHERE state <> 'closed'").await?;
        run(m, "CREATE INDEX callback_call ON callback (tenant_id, call_id)").await
    }
}
