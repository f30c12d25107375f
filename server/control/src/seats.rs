//! Seats: the licence that lets one member telephone, and what rings on it.

pub mod changes;
pub mod devices;
pub mod routes;
pub mod row;
pub mod rules;
pub mod view;
