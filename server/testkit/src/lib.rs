//! Floor 8, tests only: databases, clocks and peers that tests share. No product crate imports it.

pub mod postgres;

pub use postgres::{postgres, sqlite};
