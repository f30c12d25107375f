//! The life of a number: holds while shopping, taking back while it rests, and who moved it from what to what.

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
        // `kept_for` is who holds it, who may take it back while it rests, or for whom it is on its way.
        run(m, &format!("ALTER TABLE number ADD COLUMN kept_for {uuid}")).await?;
        run(m, &format!("ALTER TABLE number ADD COLUMN reserved_until {time}")).await?;
        // What the operator says of a number on its way in.
        run(m, "ALTER TABLE number ADD COLUMN status_line text").await?;
        // Counts every step: who read an older one takes none.
        run(m, "ALTER TABLE number ADD COLUMN version integer NOT NULL DEFAULT 0").await?;
        run(m, "CREATE INDEX number_kept_for ON number (kept_for)").await?;
        run(m, "ALTER TABLE number_history ADD COLUMN from_state text").await?;
        run(m, "ALTER TABLE number_history ADD COLUMN actor text").await?;
        // Which step of the number it was: two may fall into one moment.
        run(m, "ALTER TABLE number_history ADD COLUMN seq integer NOT NULL DEFAULT 0").await?;
        // What a company's number was like when it was given back, for as long as it may be taken back.
        tenant_table(
            m,
            "number_released",
            "e164 text, label text, destination_kind text, destination_seat uuid?, seats json, released_at time, \
             until time",
            &["FOREIGN KEY (id) REFERENCES number (id) ON DELETE CASCADE"],
        )
        .await
    }
}
