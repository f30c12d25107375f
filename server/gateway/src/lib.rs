//! Floor 2: how each make of gateway speaks, as data and pure functions.
//!
//! A [`Profile`] is a TOML file: where the called number and the caller are found in an INVITE, how a gateway port is named
//! on the way out, how numbers are written, which codecs and timings suit the box. [`ingress()`] reads an INVITE with it,
//! [`egress()`] writes one, [`order`] says which gateway port is tried first. A new make of box is a new file under
//! `profiles/` and one line in `builtin.rs`.
//! Never here: sockets, rows, who may call whom.

pub mod breaker;
pub mod builtin;
pub mod callers;
pub mod choice;
pub mod country;
pub mod egress;
pub mod identity;
pub mod ingress;
pub mod kind;
pub mod name;
pub mod number_life;
pub mod number_rules;
pub mod pace;
pub mod port;
pub mod profile;
pub mod sim;
pub mod uri;

pub use breaker::Breaker;
pub use builtin::{profile, profiles};
pub use choice::{Candidate, Health, order};
pub use country::DialPlan;
pub use egress::{Ask, Dial, Egress, PortFacts, Presentation, Way, egress};
pub use ingress::{Called, Caller, Facts, Ingress, ingress};
pub use kind::{Codec, Connection, DtmfMode, EarlyMedia, Kind, PortKind};
pub use number_rules::{NumberFormat, Rewrite, TrunkRules};
pub use pace::Pace;
pub use port::{PortHint, PortSelect};
pub use profile::{Profile, SrtpPolicy};
