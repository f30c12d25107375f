//! Single sign-on: which provider a company trusts, for which mail domains, whom its subjects are, and sign-ins on their way.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Asked before anybody is signed in, so these are the platform's tables, as those of accounts and sessions are.
        global_table(
            m,
            "single_sign_on",
            "tenant_id uuid, issuer text, client_id text, client_secret text, auto_join bool, auto_role text, enforced bool, \
             tested_at time?, created_at time, updated_at time",
            &[
                "PRIMARY KEY (tenant_id)",
                "FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE CASCADE",
                "CHECK (auto_role IN ('admin', 'supervisor', 'agent'))",
            ],
        )
        .await?;
        let of_company = "FOREIGN KEY (tenant_id) REFERENCES single_sign_on (tenant_id) ON DELETE CASCADE";
        global_table(m, "sso_domain", "domain text, tenant_id uuid", &["PRIMARY KEY (domain, tenant_id)", of_company])
            .await?;
        run(m, "CREATE INDEX sso_domain_of ON sso_domain (tenant_id)").await?;
        // The subject is the provider's name of a person: it stays when the address changes.
        global_table(
            m,
            "sso_link",
            "tenant_id uuid, subject text, user_id uuid, linked_at time",
            &[
                "PRIMARY KEY (tenant_id, subject)",
                "UNIQUE (tenant_id, user_id)",
                of_company,
                "FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE",
            ],
        )
        .await?;
        global_table(
            m,
            "sso_attempt",
            "state_hash text, tenant_id uuid, browser_hash text, sealed text, expires_at time",
            &["PRIMARY KEY (state_hash)", of_company],
        )
        .await?;
        run(m, "CREATE INDEX sso_attempt_old ON sso_attempt (expires_at)").await?;
        // Set: the company's provider opened this session, and it is good at that company alone.
        let kind = if m.get_database_backend() == sea_orm::DbBackend::Sqlite { "uuid_text" } else { "uuid" };
        run(m, &format!("ALTER TABLE session ADD COLUMN sso_tenant_id {kind}")).await
    }
}
