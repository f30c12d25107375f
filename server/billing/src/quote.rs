//! The price of one call of any length: a rate with what is covered and what is taken off. Bills and reservations both ask here.

use crate::{rate::Tariff, round};

/// A rate as it holds for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The numbers of the rate of the day of the answer.
    pub tariff: Tariff,
    /// Charged seconds that allowances cover. For a call that runs they must be set aside for it alone.
    pub covered_s: u64,
    /// Discount in hundredths of a percent, 10,000 at most.
    pub basis_points: u16,
}

/// What a call of one length costs, in parts. Amounts in micro-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Charged seconds that are paid.
    pub paid_s: u64,
    /// Being answered.
    pub setup: i64,
    /// The paid seconds.
    pub usage: i64,
    /// What is taken off, not negative.
    pub discount: i64,
    /// What is missing to the least price.
    pub minimum: i64,
}

impl Parts {
    /// All of it; `None` when it does not fit.
    pub fn total(self) -> Option<i64> {
        self.setup.checked_add(self.usage)?.checked_sub(self.discount)?.checked_add(self.minimum)
    }
}

impl Quote {
    /// A rate and nothing else.
    pub const fn plain(tariff: Tariff) -> Self {
        Self { tariff, covered_s: 0, basis_points: 0 }
    }

    /// Price of an answered call of this length; nothing when it is covered wholly. `None` when it does not fit.
    pub fn parts(&self, talk_ms: u64) -> Option<Parts> {
        let paid_s = self.tariff.increment.billed_s(talk_ms).saturating_sub(self.covered_s);
        if paid_s == 0 {
            return Some(Parts::default());
        }
        let (setup, usage) = (self.tariff.setup, self.tariff.usage(paid_s)?);
        let full = setup.checked_add(usage)?;
        let discount = round::share(full, u64::from(self.basis_points.min(10_000)), 10_000)?;
        let minimum = self.tariff.minimum.checked_sub(full.checked_sub(discount)?)?.max(0);
        Some(Parts { paid_s, setup, usage, discount, minimum })
    }

    /// The sum of [`Self::parts`]; `None` when it does not fit.
    pub fn price(&self, talk_s: u64) -> Option<i64> {
        self.parts(talk_s.checked_mul(1_000)?)?.total()
    }

    /// The longest talk in seconds, `most_s` at most, that costs no more than this; `None` when not even the first step does.
    pub fn seconds_for(&self, micros: i64, most_s: u64) -> Option<u64> {
        let affordable = |s: u64| self.price(s).is_some_and(|price| price <= micros);
        if most_s == 0 || !affordable(1) {
            return None;
        }
        let (mut low, mut high) = (1, most_s);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if affordable(middle) { low = middle } else { high = middle - 1 }
        }
        Some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quote(
        increment: &str,
        (per_minute, setup, minimum): (i64, i64, i64),
        covered_s: u64,
        basis_points: u16,
    ) -> Quote {
        let tariff = Tariff { per_minute, setup, minimum, increment: increment.parse().unwrap() };
        Quote { tariff, covered_s, basis_points }
    }

    proptest! {
        #[test]
        fn what_money_buys_is_the_longest_that_it_buys(
            first in 1u32..90, next in 1u32..90, per_minute in 0i64..5_000_000, setup in 0i64..500_000, minimum in 0i64..900_000,
            covered in 0u64..300, basis_points in 0u16..10_000, money in 0i64..20_000_000, most in 1u64..7_200,
        ) {
            let quote = quote(&format!("{first}/{next}"), (per_minute, setup, minimum), covered, basis_points);
            match quote.seconds_for(money, most) {
                None => prop_assert!(quote.price(1).unwrap() > money),
                Some(s) => {
                    prop_assert!(s <= most && quote.price(s).unwrap() <= money);
                    prop_assert!(s == most || quote.price(s + 1).unwrap() > money);
                }
            }
        }

        #[test]
        fn a_longer_call_never_costs_less(
            first in 1u32..90, next in 1u32..90, per_minute in 0i64..5_000_000, setup in 0i64..500_000, minimum in 0i64..900_000,
            covered in 0u64..300, basis_points in 0u16..10_000, talk in 0u64..100_000,
        ) {
            let quote = quote(&format!("{first}/{next}"), (per_minute, setup, minimum), covered, basis_points);
            prop_assert!(quote.price(talk + 1) >= quote.price(talk));
        }
    }
}
