//! The store's promises, each on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
mod common;
mod audit;
mod books;
mod inventory;
mod isolation;
mod row_security;
mod spoiled;
