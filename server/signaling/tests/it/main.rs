//! Real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod abuse;
mod calls;
mod dns;
mod large;
mod pulse;
mod scanner;
mod stall;
mod support;
