//! What the platform has: sites, gateways, gateway ports, lines, numbers, and the registry of SIP user names.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        global_table(m, "site", "id uuid, name text, country text, city text?, created_at time", &["PRIMARY KEY (id)"])
            .await?;
        global_table(
            m,
            "gateway",
            "id uuid, site_id uuid, label text, kind text, profile text, connection text, host text?, \
             udp_port int?, transport text, username text?, password_sealed text?, realm text?, \
             ha1_md5 text?, ha1_sha256 text?, srtp bool=false, light text, light_text text, latency_ms int?, \
             user_agent text?, last_error json?, created_at time",
            &[
                "PRIMARY KEY (id)",
                "FOREIGN KEY (site_id) REFERENCES site (id)",
                "CHECK (light IN ('online', 'offline', 'unknown', 'fault'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX gateway_site ON gateway (site_id)").await?;
        global_table(
            m,
            "gateway_port",
            "id uuid, gateway_id uuid, ordinal int, label text, kind text, channels int, rental text, \
             monthly_micros big, currency text, enabled bool=true, username text?, ha1_md5 text?, \
             ha1_sha256 text?, password_sealed text?, light text, last_error json?, created_at time",
            &[
                "PRIMARY KEY (id)",
                "UNIQUE (gateway_id, ordinal)",
                "UNIQUE (username)",
                "FOREIGN KEY (gateway_id) REFERENCES gateway (id) ON DELETE CASCADE",
                "CHECK (rental IN ('exclusive', 'shared', 'not_for_rent'))",
                "CHECK (channels > 0)",
            ],
        )
        .await?;
        global_table(
            m,
            "line",
            "id uuid, gateway_port_id uuid, kind text, carrier text, label text, created_at time",
            &["PRIMARY KEY (id)", "FOREIGN KEY (gateway_port_id) REFERENCES gateway_port (id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX line_gateway_port ON line (gateway_port_id)").await?;
        global_table(
            m,
            "number",
            "id uuid, e164 text, country text, area text?, kind text, state text, gateway_port_id uuid, \
             tenant_id uuid?, monthly_micros big, setup_micros big=0, currency text, quarantined_until time?, \
             created_at time",
            &[
                "PRIMARY KEY (id)",
                "UNIQUE (e164)",
                "FOREIGN KEY (gateway_port_id) REFERENCES gateway_port (id)",
                "FOREIGN KEY (tenant_id) REFERENCES tenant (id)",
                "CHECK (state IN ('available', 'reserved', 'assigned', 'porting_in', 'quarantined', 'retired'))",
                "CHECK ((state = 'assigned') = (tenant_id IS NOT NULL))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX number_gateway_port ON number (gateway_port_id)").await?;
        run(m, "CREATE INDEX number_state ON number (state, e164)").await?;
        global_table(
            m,
            "number_history",
            "id uuid, number_id uuid, state text, tenant_id uuid?, at time",
            &["PRIMARY KEY (id)", "FOREIGN KEY (number_id) REFERENCES number (id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX number_history_number ON number_history (number_id)").await?;
        global_table(
            m,
            "sip_account",
            "username text, kind text, ref_id uuid, tenant_id uuid?",
            &[
                "PRIMARY KEY (username)",
                "CHECK (kind IN ('device', 'gateway', 'gateway_port'))",
                "CHECK ((kind = 'device') = (tenant_id IS NOT NULL))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX sip_account_ref ON sip_account (ref_id)").await?;
        Ok(())
    }
}
