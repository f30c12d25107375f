//! Calls: one row each, open while they last, closed with the record. A member sees the calls of the whole company or of their own
//! seat, as the role says.

pub mod capacity;
pub mod causes;
pub mod detail;
pub mod ladder;
pub mod ladder_row;
pub mod live;
pub mod quotas;
pub mod routes;
pub mod row;
pub mod sentence;
pub mod summary;
