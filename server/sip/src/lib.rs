//! Floor 1: SIP as one pure machine.
//!
//! Bytes and time go in; bytes, events and a deadline come out. No socket, clock, task, randomness of its own or log of
//! contents. `wire` reads and writes, `verdict` judges before any state, `tx`, `dialog` and `session` do what RFC 3261 draws, and
//! [`Stack`] is all of it in one value; `digest` and `bindings` are what a registrar needs.

mod api;
pub mod bindings;
mod chance;
mod config;
mod dialog;
pub mod digest;
mod flow;
mod incoming;
mod io;
mod outside;
mod session;
mod slot;
mod stack;
mod stats;
mod timer;
mod tx;
pub mod verdict;
pub mod wire;

pub use api::{Cmd, End, Event, LegId, Output, Replaced, RequestId, Route};
pub use bindings::Bindings;
pub use config::StackConfig;
pub use digest::ClientAuth;
pub use flow::{FlowId, Net};
pub use stack::Stack;
pub use stats::{Counters, Stats};
pub use wire::{
    address::Address,
    message::{Message, Method},
    name::Name,
    replaces::Replaces,
    uri::Uri,
    via::Via,
    write::Writer,
};
