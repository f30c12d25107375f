//! Messages that callers left, and how people are told of them.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Its id is that of its sound: without the one there is no other. A team's box goes with the team.
        tenant_table(
            m,
            "voicemail",
            "call_id uuid, seat_id uuid?, team_id uuid?, caller text, caller_name text?, state text, received_ms big?, \
             duration_ms big=0, heard_ms big?, heard_by uuid?, removed_ms big?",
            &[
                "FOREIGN KEY (tenant_id, id) REFERENCES recording (tenant_id, id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id, call_id) REFERENCES call (tenant_id, id)",
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "FOREIGN KEY (tenant_id, team_id) REFERENCES team (tenant_id, id) ON DELETE CASCADE",
                "CHECK ((seat_id IS NULL) <> (team_id IS NULL))",
                "CHECK (state IN ('leaving', 'new', 'heard'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX voicemail_seat ON voicemail (tenant_id, seat_id, state)").await?;
        run(m, "CREATE INDEX voicemail_team ON voicemail (tenant_id, team_id, state)").await?;
        run(m, "CREATE INDEX voicemail_call ON voicemail (tenant_id, call_id)").await?;
        run(m, "CREATE INDEX voicemail_removed ON voicemail (removed_ms) WHERE removed_ms IS NOT NULL").await?;
        run(m, "ALTER TABLE seat ADD COLUMN voicemail_notice text NOT NULL DEFAULT 'link'").await
    }
}
