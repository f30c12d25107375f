//! Seats: the licence that lets one member telephone, and what rings on it.

pub mod row;
