//! One row of a rate deck: what a call to numbers that begin so costs.

use std::{fmt, str::FromStr};

use crate::{day::Day, round, words::words};

/// First digits of international numbers, 1 to 15 of them, without the plus. Never begins with zero, as no E.164 number does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(u64);

/// Text that no international number begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the first digits of international numbers (1 to 15 digits, the first not zero)")]
pub struct NotAPrefix;

impl Prefix {
    /// Whether a number (digits without the plus) begins so.
    pub fn begins(self, digits: &str) -> bool {
        let (mut rest, mut length) = (self.0, 0);
        while rest > 0 {
            rest /= 10;
            length += 1;
        }
        digits.get(..length).is_some_and(|head| head.parse() == Ok(self.0))
    }
}

impl FromStr for Prefix {
    type Err = NotAPrefix;
    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits =
            (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if fits { digits.parse().map(Self).map_err(|_| NotAPrefix) } else { Err(NotAPrefix) }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

words! {
    /// Which way a paid leg goes.
    Direction {
        /// To a number of the world; the number called has the price.
        Outbound = "outbound",
        /// To a number of the company; that number has the price.
        Inbound = "inbound",
    }
}

words! {
    /// What kind of destination a rate is for; caps tell them apart.
    Class {
        /// An ordinary one.
        Standard = "standard",
        /// One whose owner earns from being called: premium services, satellites, known fraud ranges.
        Premium = "premium",
    }
}

/// In which steps time is counted: `60/60`, `30/6`, `1/1`. The first step is owed as soon as a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Increment {
    first_s: u32,
    next_s: u32,
}

/// Text that is not two step lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not two lengths in seconds such as 30/6 (1 to 3600 each)")]
pub struct NotAnIncrement;

impl Increment {
    /// Longest step in seconds.
    pub const LONGEST_S: u32 = 3_600;
    /// To the second.
    pub const SECOND: Self = Self { first_s: 1, next_s: 1 };
    /// Whole minutes.
    pub const MINUTE: Self = Self { first_s: 60, next_s: 60 };

    /// First and further steps in seconds; `None` unless each is 1 to 3600.
    pub fn new(first_s: u32, next_s: u32) -> Option<Self> {
        let fits = |s| (1..=Self::LONGEST_S).contains(&s);
        (fits(first_s) && fits(next_s)).then_some(Self { first_s, next_s })
    }

    /// Seconds that are charged for so long a talk: a begun step counts whole, a begun second too.
    pub fn billed_s(self, talk_ms: u64) -> u64 {
        let (talk_s, first, next) = (talk_ms.div_ceil(1_000), u64::from(self.first_s), u64::from(self.next_s));
        first + talk_s.saturating_sub(first).div_ceil(next) * next
    }
}

impl FromStr for Increment {
    type Err = NotAnIncrement;
    fn from_str(text: &str) -> Result<Self, NotAnIncrement> {
        let seconds = |part: &str| {
            let digits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        };
        let (first, next) = text.split_once('/').ok_or(NotAnIncrement)?;
        let (first, next) = (seconds(first).ok_or(NotAnIncrement)?, seconds(next).ok_or(NotAnIncrement)?);
        Self::new(first, next).ok_or(NotAnIncrement)
    }
}

impl fmt::Display for Increment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first_s, self.next_s)
    }
}

/// What a call costs that is answered on one of these days. Amounts are micro-units of the deck's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// First digits of the number that has the price.
    pub prefix: Prefix,
    /// What people call the destination.
    pub name: String,
    /// Which way the leg goes.
    pub direction: Direction,
    /// What kind of destination it is.
    pub class: Class,
    /// Price of sixty seconds.
    pub per_minute: i64,
    /// Price of being answered at all.
    pub setup: i64,
    /// What an answered call costs at least, set-up and discount counted.
    pub minimum: i64,
    /// In which steps time counts.
    pub increment: Increment,
    /// First day, by the company's calendar.
    pub from: Day,
    /// First day on which it holds no more; open when nobody knows yet.
    pub until: Option<Day>,
}

/// The numbers of a rate: all that the price of a call is made of. Amounts in micro-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// Price of sixty seconds.
    pub per_minute: i64,
    /// Price of being answered at all.
    pub setup: i64,
    /// What an answered call costs at least.
    pub minimum: i64,
    /// In which steps time counts.
    pub increment: Increment,
}

impl Tariff {
    /// Price of so many charged seconds; `None` when it does not fit.
    pub fn usage(self, billed_s: u64) -> Option<i64> {
        round::share(self.per_minute, billed_s, 60)
    }
}

impl Rate {
    /// Whether it holds on this day.
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Its numbers.
    pub const fn tariff(&self) -> Tariff {
        let Self { per_minute, setup, minimum, increment, .. } = *self;
        Tariff { per_minute, setup, minimum, increment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begun_step_counts_whole() {
        for (increment, talk_ms, billed) in [
            ("60/60", 0, 60),
            ("60/60", 60_000, 60),
            ("60/60", 60_001, 120),
            ("30/6", 29_999, 30),
            ("30/6", 30_001, 36),
            ("30/6", 36_000, 36),
            ("30/6", 36_001, 42),
            ("1/1", 0, 1),
            ("1/1", 1, 1),
            ("1/1", 1_001, 2),
            ("60/1", 61_000, 61),
        ] {
            assert_eq!(increment.parse::<Increment>().unwrap().billed_s(talk_ms), billed, "{increment} {talk_ms}");
        }
        for bad in ["", "60", "0/60", "60/0", "3601/1", "+1/1", "1/1/1", " 1/1", "99999/1"] {
            assert!(bad.parse::<Increment>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_prefix_begins_what_it_says() {
        let prefix: Prefix = "+4930".parse().unwrap();
        assert!(prefix.begins("4930123") && prefix.begins("4930"));
        assert!(!prefix.begins("493") && !prefix.begins("49401") && !prefix.begins(""));
        assert_eq!(prefix.to_string(), "4930");
        for bad in ["", "+", "0049", "49a", "1234567890123456", "++1"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }
}
