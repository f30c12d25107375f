//! Operators of the platform: their own realm, their own cookie, their own first password.

pub mod account;
pub mod pending;
pub mod session;
pub mod system;

pub use account::{FirstPassword, bootstrap};
