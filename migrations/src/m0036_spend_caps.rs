//! What companies and seats may spend at most.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Without a seat it is the company's.
        tenant_table(
            m,
            "spend_cap",
            "seat_id uuid?, hour_micros big?, day_micros big?, longest_s big?, parallel int?, international bool, \
             premium bool, velocity_calls int?, velocity_s int?, blocked_at time?, updated_at time",
            &["FOREIGN KEY (tenant_id, seat_id) REFERENCES seat (tenant_id, id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE UNIQUE INDEX spend_cap_company ON spend_cap (tenant_id) WHERE seat_id IS NULL").await?;
        run(m, "CREATE UNIQUE INDEX spend_cap_seat ON spend_cap (tenant_id, seat_id) WHERE seat_id IS NOT NULL").await
    }
}
