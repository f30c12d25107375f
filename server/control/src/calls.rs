//! Calls: one row each, open while they last, closed with the record. Who sees which is their data scope.

pub mod capacity;
pub mod causes;
pub mod detail;
pub mod export;
pub mod ladder;
pub mod ladder_row;
pub mod live;
pub mod orders;
pub mod parked;
pub mod place;
pub mod quotas;
pub mod routes;
pub mod row;
pub mod sentence;
pub mod stays;
pub mod steers;
pub mod summary;
pub mod wanted;
