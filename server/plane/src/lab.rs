//! The simulated carrier, where one runs.

use patchbay_kernel::Secret;

use crate::{Later, PlaneError};

/// A box that the simulator plays for a company.
#[derive(Clone, Debug)]
pub struct LabBox {
    /// What it is called in later orders.
    pub key: String,
    /// Its name.
    pub label: String,
    /// Accounts with which it registers: one for each analog line, or one for the whole box.
    pub accounts: Vec<(String, Secret<String>)>,
    /// Lines of a box with one account: SIM slots.
    pub slots: Option<usize>,
}

/// Orders to the simulator. Implemented by `simulator`; absent in an installation without it.
pub trait Lab: Send + Sync {
    /// Have a simulated person call `number` (with plus), behaving as `persona` says.
    fn ring<'a>(&'a self, number: &'a str, persona: &'a str) -> Later<'a, Result<(), PlaneError>>;
    /// The people there are: key and what they do.
    fn personas(&self) -> Vec<(String, String)>;
    /// A number that answers and echoes.
    fn echo_number(&self) -> String;
    /// Play this box too, from now on.
    fn rack(&self, _racked: LabBox) -> Later<'_, Result<(), PlaneError>> {
        Box::pin(std::future::ready(Ok(())))
    }
    /// Switch a box off that was racked so.
    fn unrack(&self, _key: &str) {}
    /// This number (with plus) lives on the line at this place, from 0, of a box that was racked so.
    fn move_in(&self, _key: &str, _place: usize, _number: &str) {}
    /// Whoever is called at `number` (with plus) next answers and presses these keys.
    fn keys_in(&self, _number: &str, _keys: &str) {}
}
