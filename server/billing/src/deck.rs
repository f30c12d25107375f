//! A rate deck: which rate a number has on a day.
//!
//! The longest prefix wins *among the rates that hold on that day*: a special rate that has ended gives way to the general one.
//! The day is that of the answer, by the calendar of the company that pays; a price that changes during a call, or midnight,
//! changes nothing for a call that was answered before.

use patchbay_kernel::money::Currency;

use crate::{
    day::Day,
    rate::{Direction, Prefix, Rate},
};

/// Rates in one currency, no two of which hold for the same prefix, direction and day.
#[derive(Clone, Debug)]
pub struct Deck {
    currency: Currency,
    /// By direction, prefix and first day.
    rates: Vec<Rate>,
    nodes: Vec<Node>,
}

/// A place in the tree of digits. The two roots come first: outbound, inbound.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Next place by digit; 0 for none.
    next: [u32; 10],
    /// Rates of exactly these digits: first one and how many.
    rates: (u32, u32),
}

const EMPTY: Node = Node { next: [0; 10], rates: (0, 0) };

/// Two rates for the same prefix, direction and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two rates for {direction} {prefix} on {day}")]
pub struct Clash {
    /// Of which prefix.
    pub prefix: Prefix,
    /// Which way.
    pub direction: Direction,
    /// First day that has both.
    pub day: Day,
}

/// Why a number has no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRate {
    /// No prefix of the deck begins it.
    #[error("no rate begins this number")]
    NoPrefix,
    /// There are rates, none of which holds on the day; the longest prefix of them.
    #[error("the rates of {0} do not hold on this day")]
    NotOnThisDay(Prefix),
}

impl Deck {
    /// Of rates in any order.
    ///
    /// # Errors
    /// Every pair that clashes.
    pub fn new(currency: Currency, mut rates: Vec<Rate>) -> Result<Self, Vec<Clash>> {
        rates.sort_by_key(|rate| (rate.direction, rate.prefix, rate.from));
        let clashes: Vec<Clash> = rates.windows(2).filter_map(|pair| clash(&pair[0], &pair[1])).collect();
        if !clashes.is_empty() {
            return Err(clashes);
        }
        let nodes = tree(&rates);
        Ok(Self { currency, rates, nodes })
    }

    /// In which all its amounts are.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// By direction, prefix and first day.
    pub fn rates(&self) -> &[Rate] {
        &self.rates
    }

    /// The rate of a number (digits without the plus) on a day.
    ///
    /// # Errors
    /// When it has none.
    pub fn find(&self, direction: Direction, digits: &str, day: Day) -> Result<&Rate, NoRate> {
        let (mut at, mut best, mut longest) = (direction as usize, None, None);
        for digit in digits.bytes().map(|byte| usize::from(byte.wrapping_sub(b'0'))) {
            match self.nodes[at].next.get(digit) {
                Some(next) if *next > 0 => at = *next as usize,
                _ => break,
            }
            let (first, count) = self.nodes[at].rates;
            let here = &self.rates[first as usize..(first + count) as usize];
            longest = here.first().map(|rate| rate.prefix).or(longest);
            best = here.iter().find(|rate| rate.holds(day)).or(best);
        }
        best.ok_or_else(|| longest.map_or(NoRate::NoPrefix, NoRate::NotOnThisDay))
    }
}

fn clash(earlier: &Rate, later: &Rate) -> Option<Clash> {
    let same = earlier.prefix == later.prefix && earlier.direction == later.direction;
    let overlap = earlier.until.is_none_or(|until| later.from < until);
    (same && overlap).then_some(Clash { prefix: later.prefix, direction: later.direction, day: later.from })
}

fn tree(rates: &[Rate]) -> Vec<Node> {
    let mut nodes = vec![EMPTY; Direction::ALL.len()];
    for (row, rate) in (0u32..).zip(rates) {
        let mut at = rate.direction as usize;
        for digit in rate.prefix.to_string().bytes().map(|byte| usize::from(byte - b'0')) {
            if nodes[at].next[digit] == 0 {
                nodes[at].next[digit] = nodes.len() as u32;
                nodes.push(EMPTY);
            }
            at = nodes[at].next[digit] as usize;
        }
        let (first, count) = nodes[at].rates;
        nodes[at].rates = if count == 0 { (row, 1) } else { (first, count + 1) };
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::{Class, Increment};

    fn rate(prefix: &str, direction: Direction, per_minute: i64, from: i32, until: Option<i32>) -> Rate {
        Rate {
            prefix: prefix.parse().unwrap(),
            name: prefix.into(),
            direction,
            class: Class::Standard,
            per_minute,
            setup: 0,
            minimum: 0,
            increment: Increment::SECOND,
            from: Day(from),
            until: until.map(Day),
        }
    }

    #[test]
    fn the_longest_prefix_that_holds_wins() {
        use Direction::{Inbound, Outbound};
        let deck = Deck::new(
            Currency::USD,
            vec![
                rate("4930", Outbound, 3, 10, Some(20)),
                rate("49", Outbound, 1, 0, Some(15)),
                rate("49", Outbound, 2, 15, None),
                rate("49", Inbound, 9, 0, None),
            ],
        )
        .unwrap();
        let price = |direction, digits, day| deck.find(direction, digits, Day(day)).map(|rate| rate.per_minute);
        assert_eq!(price(Outbound, "4930123", 9), Ok(1));
        assert_eq!(price(Outbound, "4930123", 10), Ok(3));
        assert_eq!(price(Outbound, "4930123", 20), Ok(2));
        assert_eq!(price(Outbound, "4940123", 14), Ok(1));
        assert_eq!(price(Inbound, "4930123", 12), Ok(9));
        assert_eq!(price(Outbound, "4930", 12), Ok(3));
        assert_eq!(price(Outbound, "4", 12), Err(NoRate::NoPrefix));
        assert_eq!(price(Outbound, "330", 12), Err(NoRate::NoPrefix));
        assert_eq!(price(Outbound, "4930123", -1), Err(NoRate::NotOnThisDay("4930".parse().unwrap())));
        assert_eq!(price(Outbound, "49x", 15), Ok(2));
    }

    #[test]
    fn two_rates_for_one_day_clash() {
        let out = Direction::Outbound;
        let clashes = |rates| {
            Deck::new(Currency::USD, rates).err().unwrap_or_default().iter().map(|it| it.day.0).collect::<Vec<_>>()
        };
        assert_eq!(clashes(vec![rate("49", out, 1, 0, None), rate("49", out, 2, 7, None)]), [7]);
        assert_eq!(clashes(vec![rate("49", out, 2, 7, None), rate("49", out, 1, 0, Some(8))]), [7]);
        assert!(clashes(vec![rate("49", out, 2, 7, None), rate("49", out, 1, 0, Some(7))]).is_empty());
        assert!(clashes(vec![rate("49", out, 2, 0, None), rate("49", Direction::Inbound, 1, 0, None)]).is_empty());
    }
}
