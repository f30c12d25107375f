//! Operators of the platform: their own realm, their own cookie, their own first password.

pub mod account;
pub mod companies;
pub mod jobs;
pub mod matching;
pub mod pending;
pub mod session;
pub mod support;
pub mod system;

pub use account::{FirstPassword, bootstrap};
