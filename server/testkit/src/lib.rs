//! Floor 8, tests only: databases, clocks and peers that tests share. No product crate imports it.

#[cfg(feature = "peers")]
pub mod call;
pub mod clock;
#[cfg(feature = "peers")]
pub mod phone;
pub mod postgres;
pub mod wire;

#[cfg(feature = "peers")]
pub use call::{Call, Happened};
#[cfg(feature = "peers")]
pub use patchbay_simulator::audio::{Heard, Saying};
#[cfg(feature = "peers")]
pub use phone::{Phone, PhoneConfig};
pub use postgres::{postgres, sqlite};
