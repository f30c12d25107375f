//! The switch's questions and what it tells, each on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
mod scene;
mod accounts;
mod flows;
mod inbound;
mod outbound;
mod queues;
mod records;
mod states;
