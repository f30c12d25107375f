//! Answers of callers to the questions of surveys.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Flow and queue by name too, so that the past stays readable when they are gone.
        tenant_table(
            m,
            "survey_answer",
            "call_id uuid, flow_id uuid?, flow_name text, question text, score int, queue_id uuid?, queue_name text?, \
             seat_id uuid?, member_id uuid?, at_ms big",
            &["FOREIGN KEY (tenant_id, call_id) REFERENCES call (tenant_id, id)", "CHECK (score BETWEEN 0 AND 9)"],
        )
        .await?;
        run(m, "CREATE INDEX survey_answer_at ON survey_answer (tenant_id, at_ms)").await?;
        run(m, "CREATE INDEX survey_answer_call ON survey_answer (tenant_id, call_id)").await?;
        run(m, "CREATE INDEX survey_answer_member ON survey_answer (tenant_id, member_id, at_ms)").await
    }
}
