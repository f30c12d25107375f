//! This crate's own connections: leases and slots must not queue behind a company's reports.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sqlx::{
        self, Connection as _,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};

/// Storage failed, in words for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ClusterError(pub String);

impl From<DbErr> for ClusterError {
    fn from(error: DbErr) -> Self {
        Self(error.to_string())
    }
}

/// Connections of this crate. Cheap to clone.
#[derive(Clone)]
pub struct ClusterStore {
    connection: DatabaseConnection,
}

/// The database's clock in microseconds since 1970.
const NOW_POSTGRES: &str = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";
const NOW_SQLITE: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

impl ClusterStore {
    /// Connect to the database at `url`, whose schema is up to date. Fails when it cannot be reached.
    pub async fn open(url: &str) -> Result<Self, ClusterError> {
        let mut options = ConnectOptions::new(url);
        let sqlite = url.starts_with("sqlite:");
        options
            .max_connections(if sqlite { 1 } else { 8 })
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire_if_idle_for(Duration::from_secs(30))
            .record_stmt_in_spans(false)
            .sqlx_logging(false);
        // Slots die with the process that holds them, so their commits need not reach the disk; the file stays consistent.
        options.map_sqlx_sqlite_opts(|o| {
            o.journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
        });
        // As in the `tenancy` crate: a transaction that the database ended by itself must not hold the next ones inside of it.
        options.map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        });
        options.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move { sqlx::Executor::execute(connection, "SET ROLE patchbay_sys").await.map(|_| ()) })
            })
        });
        Ok(Self { connection: Database::connect(options).await? })
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// `$NOW` and `$SKIP` in `sql` become what this back end understands.
    pub(crate) fn dialect(&self, sql: &str) -> String {
        match self.backend() {
            DbBackend::Postgres => sql.replace("$NOW", NOW_POSTGRES).replace("$SKIP", "FOR UPDATE OF s SKIP LOCKED"),
            _ => sql.replace("$NOW", NOW_SQLITE).replace("$SKIP", ""),
        }
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, ClusterError> {
        let sqlite = self.backend() == DbBackend::Sqlite;
        let sqlite_transaction_mode = sqlite.then_some(SqliteTransactionMode::Immediate);
        Ok(self
            .connection
            .begin_with_options(TransactionOptions { sqlite_transaction_mode, ..Default::default() })
            .await?)
    }

    pub(crate) async fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, ClusterError> {
        query(&self.connection, &self.dialect(sql), values).await
    }

    pub(crate) async fn run(&self, sql: &str, values: Vec<Value>) -> Result<u64, ClusterError> {
        let statement = Statement::from_sql_and_values(self.backend(), self.dialect(sql), values);
        Ok(self.connection.execute_raw(statement).await?.rows_affected())
    }
}

pub(crate) async fn query(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, ClusterError> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Ok(connection.query_all_raw(statement).await?)
}
