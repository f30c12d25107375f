//! Amounts as sent and stored.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount: millionths of one unit of the currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Money {
    /// Millionths of the unit.
    pub micros: i64,
    /// ISO 4217 code in capitals.
    pub currency: String,
}

impl Money {
    /// From two columns.
    pub fn stored(micros: i64, currency: &str) -> Self {
        Self { micros, currency: currency.to_owned() }
    }
}
