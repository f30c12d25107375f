//! What agents do: their state now, on whose word, and the time they spent in each.

pub mod floor;
pub mod mine;
pub mod row;
pub mod state;
pub mod wrap_up;
