//! Floor 1: SIP as one pure machine.
//!
//! Bytes and time go in; bytes, events and a deadline come out. No socket, clock, task, randomness of its own or log of
//! contents. `wire` reads and writes, `verdict` judges before any state, `stack` runs transactions, dialogs, sessions and
//! registrations; `digest` and `bindings` are what a registrar needs.

pub mod verdict;
pub mod wire;

pub use wire::{
    address::Address,
    message::{Message, Method},
    name::Name,
    uri::Uri,
    via::Via,
    write::Writer,
};
