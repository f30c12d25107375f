//! Floor 4: the only door to stored rows.
//!
//! Every row of a company is reached through [`TenantTx`], which carries the company in its type: it filters what is read,
//! stamps what is written, and on PostgreSQL runs under a role that row security confines to that company as well. What
//! belongs to no company (people, sessions, inventory, nodes) is reached through [`SystemDb`] and [`SystemTx`], the
//! operator's writes through [`OperatorTx`], which leaves an audit line for each. No other crate ever holds a database
//! connection, and nothing here knows HTTP or SIP.
//!
//! SQLite (one node) and PostgreSQL (many nodes) are the same code; the suite in `tests/` runs on both.

pub mod audit;
pub mod books;
pub mod catalogue;
pub mod charges;
pub mod database;
pub mod error;
pub mod idempotency;
pub mod inventory;
pub mod job;
pub mod many;
pub mod number_steps;
pub mod operator;
pub mod outbox;
pub mod own_gateways;
pub mod pools;
mod queue_days;
pub mod rows;
pub mod seal;
pub mod settings;
pub mod sight;
pub mod stamp;
pub mod system;
pub mod tx;
pub mod wallet;

pub use audit::Origin;
pub use database::{Backend, Database, DatabaseSettings};
pub use error::StoreError;
pub use operator::OperatorTx;
pub use outbox::EventRow;
pub use queue_days::QueueSums;
pub use rows::{GlobalRow, OpenRow, Scoped, SeenRow, TenantRow};
pub use seal::Sealer;
pub use stamp::{Actor, Stamp};
pub use system::{SystemDb, SystemTx};
pub use tx::TenantTx;
