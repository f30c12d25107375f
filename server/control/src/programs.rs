//! Rights for programs: keys that call the API for a company, and tokens that make a browser the softphone of one seat.

pub mod gate;
pub mod judge;
pub mod key_changes;
pub mod key_view;
pub mod keys;
pub mod row;
pub mod seat_tokens;
pub mod secret;
pub mod uses;
