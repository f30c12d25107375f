//! The audit logs become chains that only grow: places, sealed texts, and triggers that refuse everything but adding.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_single(m, "audit_head", "seq big, hash text").await?;
        global_table(m, "operator_audit_head", "id int, seq big, hash text", &["PRIMARY KEY (id)", "CHECK (id = 1)"])
            .await?;
        for table in ["audit", "operator_audit"] {
            for column in ["seq bigint NOT NULL DEFAULT 0", "record text", "hash text"] {
                run(m, &format!("ALTER TABLE {table} ADD COLUMN {column}")).await?;
            }
        }
        run(m, "ALTER TABLE operator_audit ADD COLUMN actor text NOT NULL DEFAULT ''").await?;
        // Lines that are there already get places and no seal. Row security hides them from the owner.
        on_postgres(m, "SET LOCAL ROLE patchbay_sys").await?;
        for sql in [
            "UPDATE audit SET seq = n.place FROM \
             (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place FROM audit) n \
             WHERE n.tenant_id = audit.tenant_id AND n.id = audit.id",
            "UPDATE operator_audit SET seq = n.place FROM \
             (SELECT id, row_number() OVER (ORDER BY id) AS place FROM operator_audit) n WHERE n.id = operator_audit.id",
            "INSERT INTO audit_head (tenant_id, seq, hash) SELECT tenant_id, max(seq), '' FROM audit GROUP BY tenant_id",
            "INSERT INTO operator_audit_head (id, seq, hash) SELECT 1, max(seq), '' FROM operator_audit HAVING count(*) > 0",
        ] {
            run(m, sql).await?;
        }
        on_postgres(m, "RESET ROLE").await?;
        run(m, "CREATE UNIQUE INDEX audit_place ON audit (tenant_id, seq)").await?;
        run(m, "CREATE INDEX audit_entity ON audit (tenant_id, entity_id, seq)").await?;
        run(m, "CREATE INDEX audit_actor ON audit (tenant_id, actor, seq)").await?;
        run(m, "CREATE UNIQUE INDEX operator_audit_place ON operator_audit (seq)").await?;
        on_postgres(
            m,
            "CREATE FUNCTION patchbay_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$",
        )
        .await?;
        only_grows(m, "audit").await?;
        only_grows(m, "operator_audit").await
    }
}
