//! Floor 2: one call as a pure machine.
//!
//! A call is a caller, stages of branches that ring together, and deadlines. [`Call::handle`] takes what happened and the
//! time, [`Call::poll`] yields what must be done; sockets, SIP, media and capacity belong to the switch, which obeys.
//! Never here: SIP syntax, RTP, a clock, a tenant's rows.

pub mod branch;
pub mod call;
mod fetch;
mod hold;
pub mod io;
pub mod park;
pub mod regain;
pub mod seek;
mod shape;
mod takeover;
mod talk;
pub mod timeline;

pub use branch::Progress;
pub use call::Call;
pub use io::{Effect, Input, LegInput};
pub use shape::{Branch, EarlyMedia, LegNo, MediaLimits, Shape};
pub use timeline::{Moment, MomentKind, Quiet, Unreached};
