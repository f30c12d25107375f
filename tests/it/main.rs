//! Stories across both planes, against the real binary on loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod baresip;
mod capacity;
mod crash;
mod inbound;
mod internal;

mod kamailio;
mod linphone;
mod outbound;
mod postgres;
mod sipp;
