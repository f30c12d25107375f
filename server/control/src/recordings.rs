//! Recordings of calls: begun by the company's policy or by somebody's order, sealed while they are written, listed with their call,
//! heard through tickets that last minutes, kept for as long as the company says, or for as long as a legal hold lasts.

pub mod keeper;
pub mod orders;
pub mod policy;
pub mod routes;
pub mod row;
pub mod shelf;
pub mod sound;
