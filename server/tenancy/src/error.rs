//! One error for everything that storage can say, sorted by what a caller can do about it.

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row for this company (it may exist for another: the answer is the same).
    #[error("no such row")]
    NotFound,
    /// A unique constraint stands in the way. Ask [`StoreError::unique_on`] which.
    #[error("not unique: {constraint}")]
    Unique {
        /// As the back end words it; contains the column's name on both.
        constraint: String,
    },
    /// A row refers to one that is missing, or is referred to and cannot go.
    #[error("reference broken: {0}")]
    Reference(String),
    /// Locked, deadlocked or out of connections: the same request may succeed in a moment (503).
    #[error("the database is busy")]
    Busy,
    /// No answer in time.
    #[error("the database did not answer in time")]
    Timeout,
    /// A sealed value does not open: another key, another row, or damage.
    #[error("a sealed value cannot be opened")]
    Sealed,
    /// Anything else, for the log.
    #[error("database: {0}")]
    Other(String),
}

impl StoreError {
    /// Whether the unique constraint that was hit involves this column.
    pub fn unique_on(&self, column: &str) -> bool {
        matches!(self, Self::Unique { constraint } if constraint.contains(column))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(constraint)) => return Self::Unique { constraint },
            Some(SqlErr::ForeignKeyConstraintViolation(text)) => return Self::Reference(text),
            _ => {}
        }
        match &error {
            DbErr::RecordNotFound(_) | DbErr::RecordNotUpdated => Self::NotFound,
            DbErr::ConnectionAcquire(_) => Self::Busy,
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                sort(cause).unwrap_or_else(|| Self::Other(error.to_string()))
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

/// PostgreSQL class 40 and 53, lock and statement time-outs; SQLite BUSY and LOCKED with their extended codes.
/// Source: PostgreSQL appendix A, sqlite.org/rescode.html.
fn sort(cause: &sqlx::Error) -> Option<StoreError> {
    if matches!(cause, sqlx::Error::PoolTimedOut) {
        return Some(StoreError::Busy);
    }
    let code = cause.as_database_error()?.code()?;
    match code.as_ref() {
        "40001" | "40P01" | "55P03" | "53300" | "5" | "261" | "517" | "6" | "262" => Some(StoreError::Busy),
        "57014" => Some(StoreError::Timeout),
        _ => None,
    }
}
