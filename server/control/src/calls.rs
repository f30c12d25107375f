//! Calls: one row each, open while they last, closed with the record.

pub mod row;
