//! Money in whole micro-units; the only place that rounds.

/// An amount: `micros` millionths of one unit of `currency`. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Millionths of the unit, may be negative.
    pub micros: i64,
    /// ISO 4217 code in capitals, such as `USD`.
    pub currency: Currency,
}

/// An ISO 4217 code in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Text that is not three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a currency code (three capital letters)")]
pub struct NotACurrency;

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl std::str::FromStr for Currency {
    type Err = NotACurrency;
    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| NotACurrency)?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code)).ok_or(NotACurrency)
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Money {
    /// An amount in micro-units.
    pub const fn new(micros: i64, currency: Currency) -> Self {
        Self { micros, currency }
    }
    /// Hundredths of the unit, half away from zero: what a card is charged.
    pub const fn cents(self) -> i64 {
        let half = if self.micros < 0 { -5_000 } else { 5_000 };
        (self.micros + half) / 10_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_round_half_away_from_zero() {
        for (micros, cents) in [(1_005_000, 101), (1_004_999, 100), (-1_005_000, -101), (0, 0)] {
            assert_eq!(Money::new(micros, Currency::USD).cents(), cents);
        }
    }
}
