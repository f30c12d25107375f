//! Which gateway port is tried first and how much it may carry: priority, weight, price, limits, the circuit; how numbers are
//! written on it.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = m.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let (json, time) =
            if sqlite { ("jsonb_text", "timestamp_with_timezone_text") } else { ("jsonb", "timestamp with time zone") };
        for column in [
            "gateway_port ADD COLUMN priority integer NOT NULL DEFAULT 10".to_owned(),
            "gateway_port ADD COLUMN weight integer NOT NULL DEFAULT 1".to_owned(),
            "gateway_port ADD COLUMN cost_micros bigint".to_owned(),
            "gateway_port ADD COLUMN inbound_reserve integer NOT NULL DEFAULT 0".to_owned(),
            format!("gateway_port ADD COLUMN rules {json}"),
            "gateway ADD COLUMN calls_per_second integer".to_owned(),
            "gateway ADD COLUMN max_calls integer".to_owned(),
            "gateway ADD COLUMN circuit_failures integer NOT NULL DEFAULT 0".to_owned(),
            format!("gateway ADD COLUMN circuit_until {time}"),
        ] {
            run(m, &format!("ALTER TABLE {column}")).await?;
        }
        Ok(())
    }
}
