//! Rules of SIM cards, and what each has done: kept so that a start forgets nothing.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        global_table(
            m,
            "sim",
            "id uuid, minutes_a_day int?, calls_a_day int?, rest_s int=0, failures int?, failure_rest_s int=0, \
             balance text?, day big=0, used_calls int=0, used_minutes int=0, failed int=0, rests_until time?",
            &["PRIMARY KEY (id)", "FOREIGN KEY (id) REFERENCES gateway_port (id) ON DELETE CASCADE"],
        )
        .await
    }
}
