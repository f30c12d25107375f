//! What agents wish beside what they do, so that a wish waits for the end of a call; each stay of a call in a queue, with the
//! reasons of every offer; what agents say came of a call.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = m.get_database_backend() == DbBackend::Sqlite;
        let (uuid, time) =
            if sqlite { ("uuid_text", "timestamp_with_timezone_text") } else { ("uuid", "timestamp with time zone") };
        for column in [
            "wish text NOT NULL DEFAULT 'offline'".to_owned(),
            format!("wish_reason_id {uuid}"),
            format!("wished_at {time}"),
            format!("call_id {uuid}"),
            format!("until {time}"),
            "cause text".to_owned(),
        ] {
            run(m, &format!("ALTER TABLE agent_state ADD COLUMN {column}")).await?;
        }
        run(
            m,
            "UPDATE agent_state SET wished_at = since, wish_reason_id = reason_id, \
             wish = CASE WHEN state IN ('offline', 'ready', 'not_ready') THEN state ELSE 'offline' END",
        )
        .await?;
        // The queue by name too, so that the past stays readable when a queue is gone.
        tenant_table(
            m,
            "queue_visit",
            "call_id uuid, queue_id uuid, queue_name text, caller text, entered_at time, left_at time, waited_ms big, level_s int, \
             outcome text, member_id uuid?, next_queue_id uuid?, turns json, turns_lost int",
            &[],
        )
        .await?;
        run(m, "CREATE INDEX queue_visit_call ON queue_visit (tenant_id, call_id)").await?;
        run(m, "CREATE INDEX queue_visit_queue ON queue_visit (tenant_id, queue_id, left_at)").await?;
        tenant_table(
            m,
            "call_disposition",
            "call_id uuid, member_id uuid, disposition_id uuid?, name text?, note text?, at time",
            &["UNIQUE (tenant_id, call_id, member_id)"],
        )
        .await?;
        run(m, "CREATE INDEX queue_visit_caller ON queue_visit (tenant_id, caller, left_at)").await
    }
}
