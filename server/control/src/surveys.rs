//! What callers answered to surveys: kept with the record of their call, listed, counted.

pub mod book;
pub mod routes;
pub mod row;
