//! The company's event log: reading it, and who sees what of it.

pub mod routes;
pub mod schemas;
pub mod sight;
