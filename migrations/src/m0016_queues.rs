//! Queues with what they ask of agents, skills, reason codes, dispositions, and what agents do and did.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(m, "skill", "name text, created_at time", &["UNIQUE (tenant_id, name)"]).await?;
        tenant_table(
            m,
            "agent_skill",
            "skill_id uuid, member_id uuid, level int",
            &[
                "UNIQUE (tenant_id, skill_id, member_id)",
                "FOREIGN KEY (tenant_id, skill_id) REFERENCES skill (tenant_id, id) ON DELETE CASCADE",
                "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
                "CHECK (level BETWEEN 1 AND 5)",
            ],
        )
        .await?;
        run(m, "CREATE INDEX agent_skill_member ON agent_skill (tenant_id, member_id)").await?;
        queues(m).await?;
        tenant_table(m, "reason_code", "name text, longest_s int?, created_at time", &["UNIQUE (tenant_id, name)"])
            .await?;
        tenant_table(
            m,
            "disposition",
            "name text, queue_id uuid?, created_at time",
            &["FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE UNIQUE INDEX disposition_name ON disposition (tenant_id, queue_id, name)").await?;
        run(m, "CREATE UNIQUE INDEX disposition_general ON disposition (tenant_id, name) WHERE queue_id IS NULL")
            .await?;
        agents(m).await
    }
}

async fn queues(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    tenant_table(
        m,
        "queue",
        "name text, strategy text, ring_s int, wrap_up_s int, disposition_required bool, max_length int?, max_wait_s int?, \
         overflow text, overflow_queue_id uuid?, service_level_s int, service_level_percent int, announce_position bool, \
         announce_wait bool, announce_every_s int, music_prompt text?, sticky_hold_s int, rare_hold_s int, created_at time",
        &[
            "UNIQUE (tenant_id, name)",
            "FOREIGN KEY (tenant_id, overflow_queue_id) REFERENCES queue (tenant_id, id)",
            "CHECK ((overflow = 'queue') = (overflow_queue_id IS NOT NULL))",
        ],
    )
    .await?;
    run(m, "CREATE INDEX queue_overflow ON queue (tenant_id, overflow_queue_id)").await?;
    tenant_table(
        m,
        "queue_skill",
        "queue_id uuid, skill_id uuid, after_s int, level int",
        &[
            "UNIQUE (tenant_id, queue_id, skill_id, after_s)",
            "FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE",
            "FOREIGN KEY (tenant_id, skill_id) REFERENCES skill (tenant_id, id)",
            "CHECK (level BETWEEN 0 AND 5)",
        ],
    )
    .await?;
    run(m, "CREATE INDEX queue_skill_skill ON queue_skill (tenant_id, skill_id)").await?;
    tenant_table(
        m,
        "queue_member",
        "queue_id uuid, member_id uuid",
        &[
            "UNIQUE (tenant_id, queue_id, member_id)",
            "FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE",
            "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
        ],
    )
    .await?;
    run(m, "CREATE INDEX queue_member_member ON queue_member (tenant_id, member_id)").await
}

/// What an agent does now (the row has the member's id), and each state that is over.
async fn agents(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    tenant_table(
        m,
        "agent_state",
        "state text, reason_id uuid?, since time",
        &[
            "FOREIGN KEY (tenant_id, id) REFERENCES member (tenant_id, id) ON DELETE CASCADE",
            "FOREIGN KEY (tenant_id, reason_id) REFERENCES reason_code (tenant_id, id)",
            "CHECK (state IN ('offline', 'ready', 'offered', 'on_call', 'wrap_up', 'not_ready', 'reconnecting'))",
        ],
    )
    .await?;
    run(m, "CREATE INDEX agent_state_reason ON agent_state (tenant_id, reason_id)").await?;
    // The reason by name, so that the past stays readable when a code is gone.
    tenant_table(
        m,
        "agent_time",
        "member_id uuid, state text, reason text?, since time, until time",
        &["FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE"],
    )
    .await?;
    run(m, "CREATE INDEX agent_time_member ON agent_time (tenant_id, member_id, until)").await
}
