//! Floor 2: session descriptions and the offer/answer between two of them.
//!
//! [`Description`] reads leniently and keeps what it does not know. [`offer`], [`answer`] and [`accept`] turn what we have
//! ([`LocalMedia`]), what we want ([`Policy`]) and what the other side says into text and into one [`Agreed`], or into a named
//! refusal. One audio stream; every other stream is declined. Never here: sockets, keys made up, a clock.

mod agree;
pub mod attribute;
pub mod crypto;
pub mod description;
pub mod formats;
pub mod local;
pub mod negotiate;
mod write;

pub use agree::{Agreed, Events, Ice, Refused, SdesAgreed};
pub use attribute::{Direction, Setup};
pub use crypto::Suite;
pub use description::{Description, Line, Media, SdpError};
pub use local::{Author, LocalMedia, Policy, Security};
pub use negotiate::{accept, answer, offer};
