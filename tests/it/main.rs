//! Stories across both planes, against the real binary on loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod capacity;
mod crash;
mod inbound;
mod internal;

mod outbound;
mod postgres;
