//! One row per call: written open, durably, before anybody hears ringing; closed with the record.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "call",
            "direction text, caller text, caller_name text?, called text, displayed text?, seat_id uuid?, \
             number_id uuid?, gateway_id uuid?, gateway_port_id uuid?, state text, started_at time, \
             ringing_at time?, answered_at time?, ended_at time?, talk_ms big=0, cause text?, blame text?, \
             sip_status int?, detail text?, mos real?, node_id uuid, node_epoch big, record json?",
            &[
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "CHECK (state IN ('open', 'ended'))",
                "CHECK (direction IN ('inbound', 'outbound', 'internal', 'test'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX call_seat ON call (tenant_id, seat_id, id)").await?;
        run(m, "CREATE INDEX call_open ON call (node_id, node_epoch) WHERE state = 'open'").await?;
        Ok(())
    }
}
