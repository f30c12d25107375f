//! Ways back in and a second proof: links that set a password anew, one-time codes of people and operators, and whether a company
//! asks its people for them.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        global_table(
            m,
            "password_reset",
            "token_hash text, user_id uuid, link text?, expires_at time, created_at time",
            &["PRIMARY KEY (token_hash)", "FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE"],
        )
        .await?;
        run(m, "CREATE INDEX password_reset_user ON password_reset (user_id)").await?;
        // Of a person or an operator: their ids never meet. The secret is sealed.
        global_table(
            m,
            "second_factor",
            "account_id uuid, secret text, confirmed_at time?, last_step big, failures int=0, failed_at time?, created_at time",
            &["PRIMARY KEY (account_id)"],
        )
        .await?;
        global_table(
            m,
            "recovery_code",
            "account_id uuid, code_hash text, used_at time?",
            &[
                "PRIMARY KEY (account_id, code_hash)",
                "FOREIGN KEY (account_id) REFERENCES second_factor (account_id) ON DELETE CASCADE",
            ],
        )
        .await?;
        run(m, "ALTER TABLE tenant ADD COLUMN require_second_factor boolean NOT NULL DEFAULT false").await
    }
}
