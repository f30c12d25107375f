//! Floor 2: what a caller meets before anybody answers, as a pure machine over a drawn flow.
//!
//! A [`Graph`] is what the editor saves; [`check`](check::check) says what is wrong with it without running it; [`Run`] walks it:
//! [`Run::handle`] takes what happened and the time, [`Run::poll`] yields what must be done. [`sample`] runs the same engine
//! against a script, for the simulator in the page and for the sample calls that a flow must pass before it is published.
//! Never here: SIP, audio, a socket, a clock, a tenant's rows. What an effect means is the switch's business.

pub mod check;
pub mod diff;
pub mod graph;
pub mod io;
pub mod limits;
pub mod node;
pub mod path;
pub mod run;
pub mod sample;
pub mod sound;
pub mod template;
pub mod value;
mod variables;
pub mod visit;
pub mod zone;

pub use check::{Finding, Severity};
pub use graph::{Bundle, Graph, Node, NodeName, Unreadable};
pub use io::{Effect, Facts, Input, Outcome, Target, Ticket};
pub use path::PathStep;
pub use run::Run;
pub use sound::{Heard, Key, Language, Sound};
pub use value::{Value, Variable};
