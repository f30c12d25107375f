//! Floor 2: who takes whom, and how long the others will wait.
//!
//! [`Queue`] holds the callers who wait and knows when one must be moved on; [`Agent`] is one person's working state, with a way
//! out of every state; [`decide`] pairs one idle agent with one caller and says why it was these two; [`Pace`] learns how fast
//! calls come and end and estimates waits from it; [`Announcer`] says them to a caller without going back and forth.
//! [`Distributor`] puts them together for one company.
//! Whatever distributes calls and whatever judges decisions from outside is to run this same code.
//! Never here: sockets, rows, clocks, media, who may see a queue.

pub mod agent;
pub mod assign;
pub mod distributor;
pub mod estimate;
pub mod explain;
mod holders;
pub mod pace;
pub mod queue;
pub mod skill;

pub use agent::{Agent, Limits, State};
pub use assign::{Busy, Decision, Floor, Idle, Key, Reserve, Rules, Sticky, Strategy, Waiting, decide, rare_needs};
pub use distributor::Distributor;
pub use estimate::{Announcer, estimate};
pub use explain::{Explanation, Lost, Passed};
pub use pace::{Kind, Pace};
pub use queue::{Caller, Due, Overflow, Queue};
pub use skill::{SkillId, Skills};
