//! Opening the store: pools, roles and pragmas. Connections never leave this crate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{OperatorId, TenantId};
use patchbay_kernel as kernel;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{self, Connection as _, sqlite::SqliteJournalMode, sqlite::SqliteSynchronous},
};
use tokio::sync::broadcast;

use crate::{Actor, EventRow, OperatorTx, Stamp, StoreError, SystemDb, TenantTx};

/// Events that a slow reader of the feed may lag behind before it must read the log instead.
const FEED_DEPTH: usize = 1_024;

/// Which database is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One file, one node.
    Sqlite,
    /// A server, one node or many.
    Postgres,
}

/// How to open the store.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite:///path/patchbay.db` or `postgres://owner@host/database`. On PostgreSQL the user must be a member of the roles
    /// `patchbay_app` and `patchbay_sys`, which the migrations create.
    pub url: String,
    /// Connections per pool on PostgreSQL; readers per kind of question on SQLite.
    pub connections: u32,
    /// Milliseconds to wait for a connection or a lock before `Busy`.
    pub wait_ms: u64,
}

impl DatabaseSettings {
    /// The defaults for this address: 4 readers for companies and 4 for the system on SQLite, 16 connections per role on
    /// PostgreSQL, 5 s of patience.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        let connections = if url.starts_with("sqlite:") { 4 } else { 16 };
        Self { url, connections, wait_ms: 5_000 }
    }
}

struct Inner {
    backend: Backend,
    /// Tenant transactions that write. SQLite: the one writer.
    write: DatabaseConnection,
    /// Tenant transactions that only read. PostgreSQL: the same pool as `write`.
    read: DatabaseConnection,
    /// System transactions. SQLite: the one writer.
    system_write: DatabaseConnection,
    /// System questions. SQLite: readers of their own, because who reads a company's rows asks them in the middle of it: out of
    /// one pool, enough of those would wait for each other.
    system_read: DatabaseConnection,
    feed: broadcast::Sender<Arc<EventRow>>,
    changes: AtomicU64,
    #[cfg(debug_assertions)]
    unfiltered: std::sync::atomic::AtomicBool,
}

/// The store of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

impl Database {
    /// Connect. The schema must be up to date: see the `migrations` crate. Fails when the server or file cannot be reached or
    /// the roles are missing.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self, StoreError> {
        let (feed, _) = broadcast::channel(FEED_DEPTH);
        let inner = if settings.url.starts_with("sqlite:") {
            let write = sea_orm::Database::connect(sqlite(settings, 1, false)).await?;
            let readers = || sea_orm::Database::connect(sqlite(settings, settings.connections, true));
            let read = readers().await?;
            Inner {
                backend: Backend::Sqlite,
                system_write: write.clone(),
                system_read: readers().await?,
                write,
                read,
                feed,
                changes: AtomicU64::default(),
                #[cfg(debug_assertions)]
                unfiltered: Default::default(),
            }
        } else {
            let app = sea_orm::Database::connect(postgres(settings, "SET ROLE patchbay_app")).await?;
            let sys = sea_orm::Database::connect(postgres(settings, "SET ROLE patchbay_sys")).await?;
            Inner {
                backend: Backend::Postgres,
                write: app.clone(),
                read: app,
                system_write: sys.clone(),
                system_read: sys,
                feed,
                changes: AtomicU64::default(),
                #[cfg(debug_assertions)]
                unfiltered: Default::default(),
            }
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Which database is behind it.
    pub fn backend(&self) -> Backend {
        self.0.backend
    }

    /// Events of all companies as they are committed by this process. A reader that lags gets `Lagged` and reads the log.
    pub fn feed(&self) -> broadcast::Receiver<Arc<EventRow>> {
        self.0.feed.subscribe()
    }

    /// Questions across companies.
    pub fn system(&self) -> SystemDb {
        SystemDb::new(self.clone())
    }

    /// A writing transaction of one company. On SQLite it is the only writer until it ends: open it late, keep it short, and
    /// open no second one (tenant, system or operator) meanwhile.
    pub async fn tenant(&self, tenant: TenantId, stamp: Stamp) -> Result<TenantTx, StoreError> {
        let tx = self.0.write.begin_with_options(writing(self.backend())).await?;
        TenantTx::enter(self.clone(), tx, tenant, stamp).await
    }

    /// A reading transaction of one company: a consistent view, any number at once.
    pub async fn tenant_read(&self, tenant: TenantId, stamp: Stamp) -> Result<TenantTx, StoreError> {
        let tx = self.0.read.begin_with_options(reading(self.backend())).await?;
        TenantTx::enter(self.clone(), tx, tenant, stamp).await
    }

    /// A writing transaction of an operator on the inventory; every write leaves an audit line.
    pub async fn operator(&self, operator: OperatorId, stamp: Stamp) -> Result<OperatorTx, StoreError> {
        let stamp = Stamp { actor: Actor::Operator(operator), ..stamp };
        Ok(OperatorTx::new(operator, self.system().begin(stamp).await?))
    }

    pub(crate) async fn begin_system(&self) -> Result<DatabaseTransaction, StoreError> {
        Ok(self.0.system_write.begin_with_options(writing(self.backend())).await?)
    }

    pub(crate) fn system_reader(&self) -> &DatabaseConnection {
        &self.0.system_read
    }

    /// Writers of companies, readers of companies, readers of the system.
    pub(crate) fn connections(&self) -> [&DatabaseConnection; 3] {
        [&self.0.write, &self.0.read, &self.0.system_read]
    }

    /// How often this process has committed something that decisions rest on. Read it before asking: an answer that was
    /// remembered is good while the number is the same. What other processes commit is not counted.
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }

    pub(crate) fn note_change(&self) {
        self.0.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// From here on the selects, updates and deletes of [`TenantTx`] forget to name their company. For tests of the belt below,
    /// row security, and of tests that must see a leak: no release build has it.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn forget_filters(&self) {
        self.0.unfiltered.store(true, Ordering::Release);
    }
    #[cfg(debug_assertions)]
    pub(crate) fn filters(&self) -> bool {
        !self.0.unfiltered.load(Ordering::Acquire)
    }
    #[cfg(not(debug_assertions))]
    pub(crate) const fn filters(&self) -> bool {
        true
    }

    pub(crate) fn publish(&self, event: EventRow) {
        // No reader is no error: nobody has a console open.
        let _ = self.0.feed.send(Arc::new(event));
    }
}

fn writing(backend: Backend) -> TransactionOptions {
    let sqlite_transaction_mode = (backend == Backend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    TransactionOptions { sqlite_transaction_mode, ..Default::default() }
}

fn reading(backend: Backend) -> TransactionOptions {
    match backend {
        Backend::Sqlite => TransactionOptions::default(),
        Backend::Postgres => TransactionOptions { access_mode: Some(AccessMode::ReadOnly), ..Default::default() },
    }
}

/// WAL for readers beside the writer; `synchronous=FULL` on the writer because a call's start must survive power loss.
fn sqlite(settings: &DatabaseSettings, connections: u32, read_only: bool) -> ConnectOptions {
    let wait = Duration::from_millis(settings.wait_ms);
    let mut options = common(settings, connections);
    options.map_sqlx_sqlite_opts(move |o| {
        let o = o
            .create_if_missing(!read_only)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(wait)
            // Not mapped: a failing disk would end the process (SIGBUS) and with it every live call, and the mapped file grows
            // the process with its history.
            .foreign_keys(true);
        if read_only { o.pragma("query_only", "ON") } else { o }
    });
    // A database that ended a transaction by itself (a full disk) leaves the driver counting one that is not there. It would begin
    // the next ones inside of it, as savepoints, and what they acknowledge may never be committed.
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    });
    options
}

fn postgres(settings: &DatabaseSettings, role: &'static str) -> ConnectOptions {
    let mut options = common(settings, settings.connections);
    options.map_sqlx_postgres_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| {
            Box::pin(async move { sqlx::Executor::execute(connection, role).await.map(|_| ()) })
        })
    });
    options
}

fn common(settings: &DatabaseSettings, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(settings.url.clone());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_millis(settings.wait_ms))
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .record_stmt_in_spans(false)
        .sqlx_logging(false);
    options
}

/// Whether SQL for PostgreSQL is wanted.
pub(crate) fn is_postgres(connection: &impl ConnectionTrait) -> bool {
    connection.get_database_backend() == DbBackend::Postgres
}
