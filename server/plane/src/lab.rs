//! The simulated carrier, where one runs.

use crate::{Later, PlaneError};

/// Orders to the simulator. Implemented by `simulator`; absent in an installation without it.
pub trait Lab: Send + Sync {
    /// Have a simulated person call `number` (with plus), behaving as `persona` says.
    fn ring<'a>(&'a self, number: &'a str, persona: &'a str) -> Later<'a, Result<(), PlaneError>>;
    /// The people there are: key and what they do.
    fn personas(&self) -> Vec<(String, String)>;
    /// A number that answers and echoes.
    fn echo_number(&self) -> String;
}
