//! What differs between two versions of a deck: the preview of an import, and what a company is told before prices change.

use std::cmp::Ordering;

use crate::{deck::Deck, quote::Quote, rate::Rate};

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A rate that was not there.
    Added(&'a Rate),
    /// A rate that is there no more.
    Removed(&'a Rate),
    /// The same direction, prefix and first day with other words or prices.
    Changed {
        /// Before.
        old: &'a Rate,
        /// After.
        new: &'a Rate,
    },
}

/// Differences by direction, prefix and first day.
#[must_use]
pub fn compare<'a>(old: &'a Deck, new: &'a Deck) -> Vec<Change<'a>> {
    let (mut before, mut after) = (old.rates().iter().peekable(), new.rates().iter().peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => key(old).cmp(&key(new)),
        };
        let old = if order == Ordering::Greater { None } else { before.next() };
        let new = if order == Ordering::Less { None } else { after.next() };
        match (old, new) {
            (Some(old), Some(new)) if old != new => changes.push(Change::Changed { old, new }),
            (Some(old), None) => changes.push(Change::Removed(old)),
            (None, Some(new)) => changes.push(Change::Added(new)),
            _ => {}
        }
    }
}

fn key(rate: &Rate) -> (crate::rate::Direction, crate::rate::Prefix, crate::day::Day) {
    (rate.direction, rate.prefix, rate.from)
}

/// How many differences of each kind, and how many make calls dearer: a price, the set-up, the minimum or a step is larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// New rates.
    pub added: usize,
    /// Rates that are gone.
    pub removed: usize,
    /// Rates with other words or prices.
    pub changed: usize,
    /// Those of the changed with which some call costs more than before.
    pub dearer: usize,
    /// Those of the changed with which some call costs less.
    pub cheaper: usize,
}

impl Summary {
    /// Of these differences.
    pub fn of(changes: &[Change<'_>]) -> Self {
        let mut sum = Self::default();
        for change in changes {
            match change {
                Change::Added(_) => sum.added += 1,
                Change::Removed(_) => sum.removed += 1,
                Change::Changed { old, new } => {
                    sum.changed += 1;
                    // Lengths at which steps of any increment up to a minute differ, and one of an hour.
                    let lengths = [0, 1, 6, 7, 12, 29, 30, 31, 36, 59, 60, 61, 90, 119, 120, 121, 3_599, 3_600];
                    let total = |rate: &Rate, s: u64| Quote::plain(rate.tariff()).price(s);
                    let prices = || lengths.iter().map(|s| (total(old, *s), total(new, *s)));
                    sum.dearer += usize::from(prices().any(|(old, new)| new > old));
                    sum.cheaper += usize::from(prices().any(|(old, new)| new < old));
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{day::Day, import};
    use patchbay_kernel::money::Currency;

    fn deck(text: &str) -> Deck {
        import::read(text.as_bytes(), Day(0)).unwrap().deck(Currency::USD).unwrap()
    }

    #[test]
    fn two_versions_are_told_apart_row_by_row() {
        let old = deck(
            "prefix,name,per_minute,increment\n1,US,0.01,60/60\n44,UK,0.02,60/60\n49,Germany,0.03,60/60\n7,Russia,1,1/1\n",
        );
        let new = deck(
            "prefix,name,per_minute,increment\n1,US,0.01,60/60\n44,UK,0.019,60/60\n49,Deutschland,0.03,60/60\n86,China,0.1,1/1\n",
        );
        let changes = compare(&old, &new);
        let words: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Change::Added(rate) => format!("+{}", rate.prefix),
                Change::Removed(rate) => format!("-{}", rate.prefix),
                Change::Changed { old, new } => format!("{}:{}>{}", old.prefix, old.per_minute, new.per_minute),
            })
            .collect();
        assert_eq!(words, ["-7", "44:20000>19000", "49:30000>30000", "+86"]);
        let sum = Summary::of(&changes);
        assert_eq!(sum, Summary { added: 1, removed: 1, changed: 2, dearer: 0, cheaper: 1 });
        assert!(compare(&old, &old).is_empty());
    }

    #[test]
    fn a_longer_step_makes_calls_dearer() {
        let old = deck("prefix,per_minute,increment\n49,0.03,6/6\n");
        let new = deck("prefix,per_minute,increment\n49,0.03,30/6\n");
        assert_eq!(Summary::of(&compare(&old, &new)), Summary { changed: 1, dearer: 1, ..Summary::default() });
    }
}
