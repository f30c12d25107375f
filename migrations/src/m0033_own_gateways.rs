//! Gateways that a company racks itself: whose they are, the company's sites, and numbers whose ownership is checked by a call.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = m.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let (uuid, time) =
            if sqlite { ("uuid_text", "timestamp_with_timezone_text") } else { ("uuid", "timestamp with time zone") };
        // Empty: the operator's. No reference: what is left of a company that is gone is the operator's to clear away.
        run(m, &format!("ALTER TABLE site ADD COLUMN tenant_id {uuid}")).await?;
        run(m, &format!("ALTER TABLE gateway ADD COLUMN tenant_id {uuid}")).await?;
        run(m, &format!("ALTER TABLE gateway ADD COLUMN suspended_at {time}")).await?;
        run(m, "ALTER TABLE gateway ADD COLUMN suspended_why text").await?;
        run(m, "CREATE INDEX gateway_tenant ON gateway (tenant_id)").await?;
        run(m, "CREATE INDEX gateway_host ON gateway (host)").await?;
        // What the company brought itself is not given back: it goes with its gateway.
        run(m, "ALTER TABLE gateway_port_rental ADD COLUMN own boolean NOT NULL DEFAULT false").await?;
        run(m, "ALTER TABLE tenant_number ADD COLUMN own boolean NOT NULL DEFAULT false").await?;
        tenant_table(
            m,
            "tenant_site",
            "name text, country text, city text?, address text?, created_at time",
            &["FOREIGN KEY (id) REFERENCES site (id)"],
        )
        .await?;
        tenant_table(
            m,
            "tenant_gateway",
            "site_id uuid, created_at time",
            &[
                "UNIQUE (id)",
                "FOREIGN KEY (id) REFERENCES gateway (id)",
                "FOREIGN KEY (tenant_id, site_id) REFERENCES tenant_site (tenant_id, id)",
            ],
        )
        .await?;
        run(m, "CREATE INDEX tenant_gateway_site ON tenant_gateway (tenant_id, site_id)").await?;
        tenant_table(
            m,
            "number_check",
            "e164 text, kind text, gateway_port_id uuid, code_sealed text, state text, calls int=0, failure text?, called_at time?, \
             created_at time, expires_at time",
            &[
                "FOREIGN KEY (gateway_port_id) REFERENCES gateway_port (id)",
                "CHECK (state IN ('waiting', 'calling', 'passed', 'failed'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX number_check_created ON number_check (tenant_id, created_at)").await
    }
}
