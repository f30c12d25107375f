//! The browser's side of a leg: ICE-lite, DTLS and SRTP, each behind a small face of our own.
//!
//! The only folder that names the foreign protocol crates, so that replacing one touches one file.

pub mod certificate;
pub mod dtls;
pub mod ice;
pub mod srtp;
pub mod stun;

#[cfg(test)]
mod peer;
#[cfg(test)]
mod peer_tests;
#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod siege_tests;
