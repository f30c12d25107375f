//! Stories across both planes, against the real binary on loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod anomaly;
mod attack;
mod baresip;
mod capacity;
mod crash;
mod flood;
mod inbound;
mod internal;

mod kamailio;
mod leaks;
mod linphone;
mod observe;
mod outbound;
mod postgres;
mod raw;
mod recording;
mod scanner;
mod sessions;
mod sipp;
mod torture;
