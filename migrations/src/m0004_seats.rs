//! Seats, their devices, and what a company took out of the inventory. A gateway port or number can be one company's only: their ids are unique beyond the company.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        tenant_table(
            m,
            "seat",
            "extension text, label text, member_id uuid?, state text, created_at time, released_at time?",
            &[
                "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)",
                "CHECK (state IN ('active', 'released'))",
            ],
        )
        .await?;
        run(m, "CREATE UNIQUE INDEX seat_active_extension ON seat (tenant_id, extension) WHERE state = 'active'")
            .await?;
        run(m, "CREATE UNIQUE INDEX seat_active_member ON seat (tenant_id, member_id) WHERE state = 'active'").await?;
        tenant_table(
            m,
            "device",
            "seat_id uuid, kind text, label text, username text, ha1_md5 text, ha1_sha256 text, \
             user_agent text?, contacts int=0, created_at time, last_seen_at time?",
            &[
                "UNIQUE (username)",
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "CHECK (kind IN ('browser', 'sip_phone'))",
            ],
        )
        .await?;
        run(m, "CREATE INDEX device_seat ON device (tenant_id, seat_id)").await?;
        tenant_table(
            m,
            "tenant_number",
            "e164 text, label text, country text, area text?, kind text, gateway_port_id uuid, \
             gateway_port_label text, destination_kind text, destination_seat uuid?, monthly_micros big, \
             currency text, claimed_at time",
            &[
                "UNIQUE (id)",
                "UNIQUE (e164)",
                "FOREIGN KEY (id) REFERENCES number (id)",
                "FOREIGN KEY (gateway_port_id) REFERENCES gateway_port (id)",
                "FOREIGN KEY (tenant_id, destination_seat) REFERENCES seat (tenant_id, id)",
                "CHECK (destination_kind IN ('seat', 'nowhere'))",
            ],
        )
        .await?;
        tenant_table(
            m,
            "gateway_port_rental",
            "label text, kind text, rental text, monthly_micros big, currency text, rented_at time",
            &["UNIQUE (id)", "FOREIGN KEY (id) REFERENCES gateway_port (id)"],
        )
        .await?;
        tenant_table(
            m,
            "seat_number",
            "seat_id uuid, number_id uuid",
            &[
                "UNIQUE (tenant_id, seat_id, number_id)",
                "FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id)",
                "FOREIGN KEY (tenant_id, number_id) REFERENCES tenant_number (tenant_id, id)",
            ],
        )
        .await?;
        Ok(())
    }
}
