//! Transactions: the four machines of RFC 3261 section 17 with RFC 6026's Accepted state.
//!
//! A client transaction writes its place into its own branch, so that a response finds it without a table; server transactions
//! have one table, keyed by a keyed hash of branch, sent-by and method.

pub(crate) mod client;
pub(crate) mod derive;
pub(crate) mod id;
pub(crate) mod server;

pub(crate) use client::{Clients, Heard, New, Owner};
pub(crate) use id::TxId;
pub(crate) use server::{Fate, Servers};
