//! A seeded world of callers and agents around the crate: days of random calls, measured.

pub mod day;
pub mod measure;
pub mod scenario;
