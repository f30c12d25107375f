//! Floor 0: the words every other crate speaks.
//!
//! Ids, telephone numbers, money, time, chance, secrets, tables of rows and the reasons a call ends. Pure values: nothing here opens a
//! socket, asks the clock or knows a tenant's rows.

pub mod bucket;
pub mod cause;
mod cause_number;
pub mod csv;
pub mod entropy;
pub mod id;
pub mod money;
pub mod phone;
pub mod secret;
pub mod time;

pub use bucket::Bucket;
pub use cause::{Blame, EndCause};
pub use entropy::{Entropy, SeededEntropy};
pub use id::*;
pub use money::Money;
pub use phone::{DialString, E164};
pub use secret::{Masked, Secret};
pub use time::{Clock, Tick, Wall};
