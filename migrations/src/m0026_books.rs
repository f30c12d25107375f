//! The books of each company, which only grow, and the wallet that guards them while calls run.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // The cause is the key of the entry: whoever says it again says nothing new.
        tenant_log(m, "ledger_entry", "cause text, at big", &["UNIQUE (tenant_id, cause)"]).await?;
        tenant_log(
            m,
            "ledger_posting",
            "entry_id uuid, account text, micros big, currency text",
            &["FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entry (tenant_id, id)", "CHECK (micros <> 0)"],
        )
        .await?;
        run(m, "CREATE INDEX ledger_posting_entry ON ledger_posting (tenant_id, entry_id)").await?;
        run(m, "CREATE INDEX ledger_posting_account ON ledger_posting (tenant_id, account, currency)").await?;
        for table in ["ledger_entry", "ledger_posting"] {
            only_grows(m, table).await?;
        }
        tenant_single(m, "wallet", "currency text, balance big, reserved big, credit_limit big").await?;
        // Its id is that of the call.
        tenant_table(m, "wallet_hold", "micros big, at big", &["CHECK (micros >= 0)"]).await
    }
}
