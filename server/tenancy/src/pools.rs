//! The connections to the store: how many there are, and whether they answer.

use sea_orm::DatabaseConnection;

use crate::{Backend, Database, StoreError};

/// One pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFigures {
    /// What it is for: `write`, `read`, `system_read` on SQLite; `tenant`, `system` on PostgreSQL.
    pub pool: &'static str,
    /// Connections open now.
    pub open: u32,
    /// Of these, connections that nobody uses.
    pub idle: u32,
}

impl Database {
    /// The pools, each once.
    pub fn pools(&self) -> Vec<PoolFigures> {
        let named = self.named();
        named.into_iter().map(|(pool, connection)| figures(pool, connection)).collect()
    }

    /// Asks each pool the smallest question there is. Fails as the store does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        for (_, connection) in self.named() {
            connection.ping().await?;
        }
        Ok(())
    }

    fn named(&self) -> Vec<(&'static str, &DatabaseConnection)> {
        let [write, read, system_read] = self.connections();
        match self.backend() {
            Backend::Sqlite => vec![("write", write), ("read", read), ("system_read", system_read)],
            Backend::Postgres => vec![("tenant", write), ("system", system_read)],
        }
    }
}

fn figures(pool: &'static str, connection: &DatabaseConnection) -> PoolFigures {
    let (open, idle) = match connection.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            let it = connection.get_postgres_connection_pool();
            (it.size(), it.num_idle())
        }
        _ => {
            let it = connection.get_sqlite_connection_pool();
            (it.size(), it.num_idle())
        }
    };
    PoolFigures { pool, open, idle: u32::try_from(idle).unwrap_or(u32::MAX) }
}
