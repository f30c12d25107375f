//! What calls cost, line by line: accounts of companies, charge lines that only grow, and calls that nobody could price. The books go
//! with their company and not before.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // `due`, then `rated`, `free`, `unrated`, or `aside` for calls from before the company had an account.
        run(m, "ALTER TABLE call ADD COLUMN charged text NOT NULL DEFAULT 'due'").await?;
        run(m, "CREATE INDEX call_due ON call (tenant_id, id) WHERE state = 'ended' AND charged = 'due'").await?;
        run(m, "CREATE INDEX call_unrated ON call (tenant_id, id) WHERE charged = 'unrated'").await?;
        // Shares in hundredths of a percent; `since` in microseconds.
        tenant_table(
            m,
            "billing_account",
            "plan text?, discount_bp int, tax_bp int, since big, updated_at time",
            &["UNIQUE (tenant_id)"],
        )
        .await?;
        // Days are counted from 1970-01-01, amounts are micro-units; `key` is call, leg, kind and revision.
        tenant_log(
            m,
            "charge_line",
            "call_id uuid, leg_id uuid, kind text, revision int, reversal bool, key text, micros big, currency text, \
             seconds big, prefix text, rate_from int, day int, direction text, number text, destination text, seat_id uuid?, \
             list_id uuid, at big",
            &["UNIQUE (tenant_id, key)"],
        )
        .await?;
        run(m, "CREATE INDEX charge_line_call ON charge_line (tenant_id, call_id)").await?;
        run(m, "CREATE INDEX charge_line_day ON charge_line (tenant_id, day)").await?;
        // Its id is that of the call.
        tenant_table(
            m,
            "charge_fault",
            "why text, number text, tries int, at big",
            &["FOREIGN KEY (tenant_id, id) REFERENCES call (tenant_id, id) ON DELETE CASCADE"],
        )
        .await?;
        goes_with_its_company(m).await?;
        for table in ["ledger_entry", "ledger_posting"] {
            grows_anyhow(m, table).await?;
        }
        for table in ["ledger_entry", "ledger_posting", "charge_line"] {
            grows_with_its_company(m, table).await?;
        }
        Ok(())
    }
}
