//! Floor 4: the schema, one code base for SQLite and PostgreSQL, forward only (expand, move, contract).
//!
//! [`migrate`] is what `patchbay migrate` runs, and `serve` on SQLite. It never runs twice at once on PostgreSQL: the second
//! caller waits by trying, not by blocking, because a session that blocks on an advisory lock holds a snapshot that stops
//! `CREATE INDEX CONCURRENTLY` of the first. On PostgreSQL it also creates the two roles that the server works under:
//! `patchbay_app` sees one company at a time, `patchbay_sys` answers the questions that span companies.

mod m0001_tenants;
mod m0002_people;
mod m0003_inventory;
mod m0004_seats;
mod m0005_calls;
mod m0006_capacity;
mod m0007_simulated_gateways;
mod m0008_ladders;
mod m0009_no_copies;
mod m0010_api_keys;
mod m0011_organisation;
mod m0012_event_log;
mod m0012_webhooks;
mod m0013_audit_chain;
mod m0014_sign_in;
mod m0015_console;
mod m0016_queues;
mod m0017_flows;
mod m0018_prompts;
mod m0020_number_life;
mod m0022_callers;
mod m0022_sims;
mod m0022_trunks;
mod m0023_search_indexes;
mod m0024_single_sign_on;
mod m0025_saved_views;
mod m0026_books;
mod m0026_recordings;
mod m0028_queue_visits;
mod m0029_voicemails;
mod m0031_price_lists;
mod m0032_charges;
mod m0033_own_gateways;
mod m0035_callbacks;
mod m0035_surveys;
mod m0036_spend_caps;
pub mod table;

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::sqlite::SqliteJournalMode,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Key of the advisory lock: "patchbay" in ASCII.
const LOCK: i64 = 0x7061_7463_6862_6179;
/// Between two tries for the lock.
const RETRY: Duration = Duration::from_millis(200);
/// Tries before giving up: five minutes.
const TRIES: u32 = 1_500;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_tenants::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_inventory::Migration),
            Box::new(m0004_seats::Migration),
            Box::new(m0005_calls::Migration),
            Box::new(m0006_capacity::Migration),
            Box::new(m0007_simulated_gateways::Migration),
            Box::new(m0008_ladders::Migration),
            Box::new(m0009_no_copies::Migration),
            Box::new(m0010_api_keys::Migration),
            Box::new(m0011_organisation::Migration),
            Box::new(m0012_event_log::Migration),
            Box::new(m0012_webhooks::Migration),
            Box::new(m0013_audit_chain::Migration),
            Box::new(m0014_sign_in::Migration),
            Box::new(m0015_console::Migration),
            Box::new(m0016_queues::Migration),
            Box::new(m0017_flows::Migration),
            Box::new(m0018_prompts::Migration),
            Box::new(m0020_number_life::Migration),
            Box::new(m0022_trunks::Migration),
            Box::new(m0022_callers::Migration),
            Box::new(m0022_sims::Migration),
            Box::new(m0023_search_indexes::Migration),
            Box::new(m0024_single_sign_on::Migration),
            Box::new(m0025_saved_views::Migration),
            Box::new(m0026_books::Migration),
            Box::new(m0026_recordings::Migration),
            Box::new(m0028_queue_visits::Migration),
            Box::new(m0031_price_lists::Migration),
            Box::new(m0029_voicemails::Migration),
            Box::new(m0035_surveys::Migration),
            Box::new(m0035_callbacks::Migration),
            Box::new(m0033_own_gateways::Migration),
            Box::new(m0032_charges::Migration),
            Box::new(m0036_spend_caps::Migration),
        ]
    }
}

/// Bring the database at `url` up to date; a missing SQLite file is created. On PostgreSQL `url` names the owner, who must be able
/// to create roles unless they exist. Fails as the database does, and after five minutes of waiting for another migrator.
pub async fn migrate(url: &str) -> Result<(), DbErr> {
    let database = connect(url).await?;
    let postgres = database.get_database_backend() == DbBackend::Postgres;
    if postgres {
        lock(&database).await?;
        table::roles(&database).await?;
    }
    let done = Migrator::up(&database, None).await;
    if postgres {
        database.execute_unprepared(&format!("SELECT pg_advisory_unlock({LOCK})")).await?;
    }
    database.close().await?;
    done
}

/// Names of the migrations that are not applied yet. Reads only.
pub async fn pending(url: &str) -> Result<Vec<String>, DbErr> {
    let database = connect(url).await?;
    let pending = Migrator::get_pending_migrations_read_only(&database).await?;
    database.close().await?;
    Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
}

/// One connection, so that lock, migrations and unlock share a session.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
    options.map_sqlx_sqlite_opts(|o| o.create_if_missing(true).journal_mode(SqliteJournalMode::Wal).foreign_keys(true));
    Database::connect(options).await
}

async fn lock(database: &DatabaseConnection) -> Result<(), DbErr> {
    let ask = Statement::from_string(DbBackend::Postgres, format!("SELECT pg_try_advisory_lock({LOCK}) AS locked"));
    for _ in 0..TRIES {
        let row = database.query_one_raw(ask.clone()).await?;
        if row.is_some_and(|row| row.try_get("", "locked").unwrap_or(false)) {
            return Ok(());
        }
        tracing::info!("another process is migrating; waiting");
        tokio::time::sleep(RETRY).await;
    }
    Err(DbErr::Custom("another process has been migrating for five minutes".into()))
}
