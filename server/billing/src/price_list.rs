//! What an operator asks for: plans, seats, numbers, gateway ports, storage and the deck of calls, in one currency, from a day on.
//!
//! A version is never changed: a new price is a new version with its own first day, so that what a bill was made of can be read
//! for ever.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use patchbay_kernel::money::Currency;

use crate::{
    charge::{Allowance, AllowanceKey},
    day::Day,
    deck::Deck,
    rate::Direction,
    words::words,
};

words! {
    /// What a number is; the words of the inventory.
    NumberKind {
        /// Of an area.
        Local = "local",
        /// Of a mobile network.
        Mobile = "mobile",
        /// Free for the caller.
        TollFree = "toll_free",
    }
}

words! {
    /// What one gateway port is; the words of the inventory.
    GatewayPortKind {
        /// Analog port that faces the phone company.
        FxoPort = "fxo_port",
        /// One digital socket.
        E1Span = "e1_span",
        /// Holder of one SIM card.
        SimSlot = "sim_slot",
        /// A bought number of channels of a SIP trunk.
        SipChannels = "sip_channels",
    }
}

/// What is paid each month whatever is called. Amounts are micro-units a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What people call it.
    pub name: String,
    /// Its price.
    pub monthly: i64,
    /// Seats that it holds.
    pub seats: u32,
    /// Outbound minutes that it holds a month, for the whole company.
    pub minutes: u32,
}

impl Plan {
    /// Its minutes as [`crate::rate()`] counts them; `None` when it holds none.
    pub fn allowance(&self) -> Option<Allowance> {
        let (key, seconds) = (AllowanceKey("plan".into()), u64::from(self.minutes) * 60);
        let (direction, prefixes) = (Direction::Outbound, Vec::new());
        (seconds > 0).then_some(Allowance { key, direction, prefixes, seconds })
    }
}

/// Something that is counted and paid each month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// The plan of this key.
    Plan(String),
    /// A seat beyond those of the plan.
    Seat,
    /// A number of this kind in this country (ISO 3166, two letters).
    Number(NumberKind, [u8; 2]),
    /// A gateway port.
    GatewayPort(GatewayPortKind),
    /// A gigabyte of recordings kept for a month.
    RecordingStorage,
}

impl Item {
    /// As in keys and files.
    pub fn word(&self) -> String {
        match self {
            Self::Plan(key) => format!("plan:{key}"),
            Self::Seat => "seat".into(),
            Self::Number(kind, country) => format!("number:{kind}:{}", String::from_utf8_lossy(country)),
            Self::GatewayPort(kind) => format!("gateway_port:{kind}"),
            Self::RecordingStorage => "recording_storage".into(),
        }
    }
}

/// Text that names nothing that is counted and paid each month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that is sold")]
pub struct NotAnItem(pub String);

impl FromStr for Item {
    type Err = NotAnItem;
    fn from_str(text: &str) -> Result<Self, NotAnItem> {
        let bad = || NotAnItem(text.into());
        match text.split_once(':') {
            None if text == "seat" => Ok(Self::Seat),
            None if text == "recording_storage" => Ok(Self::RecordingStorage),
            Some(("plan", key)) if !key.is_empty() => Ok(Self::Plan(key.into())),
            Some(("gateway_port", kind)) => kind.parse().map(Self::GatewayPort).map_err(|_| bad()),
            Some(("number", rest)) => {
                let (kind, country) = rest.split_once(':').ok_or_else(bad)?;
                let country: [u8; 2] = country.as_bytes().try_into().map_err(|_| bad())?;
                let kind = kind.parse().map_err(|_| bad())?;
                country.iter().all(u8::is_ascii_uppercase).then_some(Self::Number(kind, country)).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }
}

/// One version.
#[derive(Clone, Debug)]
pub struct PriceList {
    /// Rising by one within a currency.
    pub version: u32,
    /// First day, by the company's calendar.
    pub effective: Day,
    /// Plans by key.
    pub plans: BTreeMap<String, Plan>,
    /// Micro-units a month of everything else; a thing without a price is not sold.
    pub monthly: BTreeMap<Item, i64>,
    /// Prices of calls; its currency is that of the list.
    pub deck: Deck,
}

impl PriceList {
    /// In which all its amounts are.
    pub const fn currency(&self) -> Currency {
        self.deck.currency()
    }

    /// Micro-units a month of one of these; `None` when it is not sold.
    pub fn price(&self, item: &Item) -> Option<i64> {
        match item {
            Item::Plan(key) => self.plans.get(key).map(|plan| plan.monthly),
            item => self.monthly.get(item).copied(),
        }
    }

    /// What differs from an older version, by item: price before and after. Calls are compared by [`crate::compare`].
    pub fn compare(&self, older: &Self) -> Vec<(Item, Option<i64>, Option<i64>)> {
        let plans = |list: &Self| list.plans.keys().cloned().map(Item::Plan).collect::<Vec<_>>();
        let items: BTreeSet<Item> = [self, older]
            .into_iter()
            .flat_map(|list| plans(list).into_iter().chain(list.monthly.keys().cloned()))
            .collect();
        let both = items.into_iter().map(|item| {
            let (before, after) = (older.price(&item), self.price(&item));
            (item, before, after)
        });
        both.filter(|(_, before, after)| before != after).collect()
    }
}

/// Why a version is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNewer {
    /// Its number is not the next one.
    #[error("the next version is {0}")]
    Version(u32),
    /// It would begin before the one that it follows.
    #[error("it must begin on {0} or later")]
    Day(Day),
}

/// All versions of all currencies.
#[derive(Clone, Debug, Default)]
pub struct PriceLists(BTreeMap<Currency, Vec<PriceList>>);

impl PriceLists {
    /// Takes a version in. One that begins on the same day as the last takes its place; the last stays readable.
    ///
    /// # Errors
    /// When it does not follow the last version of its currency.
    pub fn publish(&mut self, list: PriceList) -> Result<(), NotNewer> {
        let versions = self.0.entry(list.currency()).or_default();
        let next = versions.last().map_or(1, |last| last.version + 1);
        if list.version != next {
            return Err(NotNewer::Version(next));
        }
        if let Some(last) = versions.last().filter(|last| list.effective < last.effective) {
            return Err(NotNewer::Day(last.effective));
        }
        versions.push(list);
        Ok(())
    }

    /// The version in force on a day.
    pub fn in_force(&self, currency: Currency, day: Day) -> Option<&PriceList> {
        self.0.get(&currency)?.iter().rev().find(|list| list.effective <= day)
    }

    /// One version, whether in force or not.
    pub fn version(&self, currency: Currency, version: u32) -> Option<&PriceList> {
        self.0.get(&currency)?.iter().find(|list| list.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(version: u32, effective: i32, seat: i64) -> PriceList {
        let plan = |monthly| Plan { name: "Team".into(), monthly, seats: 5, minutes: 1_000 };
        PriceList {
            version,
            effective: Day(effective),
            plans: BTreeMap::from([("team".to_owned(), plan(49_000_000))]),
            monthly: BTreeMap::from([(Item::Seat, seat), (Item::GatewayPort(GatewayPortKind::E1Span), 90_000_000)]),
            deck: Deck::new(Currency::USD, Vec::new()).unwrap(),
        }
    }

    #[test]
    fn the_last_version_that_has_begun_is_in_force() {
        let mut lists = PriceLists::default();
        for (version, effective, seat) in [(1, 0, 10), (2, 10, 11), (3, 10, 12)] {
            lists.publish(list(version, effective, seat)).unwrap();
        }
        let seat = |day| lists.in_force(Currency::USD, Day(day)).and_then(|list| list.price(&Item::Seat));
        assert_eq!([seat(-1), seat(0), seat(9), seat(10), seat(99)], [None, Some(10), Some(10), Some(12), Some(12)]);
        assert_eq!(lists.version(Currency::USD, 2).unwrap().price(&Item::Seat), Some(11));
        assert!(lists.in_force("EUR".parse().unwrap(), Day(5)).is_none());
        assert_eq!(lists.publish(list(3, 20, 9)), Err(NotNewer::Version(4)));
        assert_eq!(lists.publish(list(4, 9, 9)), Err(NotNewer::Day(Day(10))));
    }

    #[test]
    fn versions_are_compared_item_by_item() {
        let (older, mut newer) = (list(1, 0, 10), list(2, 1, 12));
        newer.monthly.remove(&Item::GatewayPort(GatewayPortKind::E1Span));
        newer.monthly.insert(Item::Number(NumberKind::TollFree, *b"US"), 2_000_000);
        let words: Vec<_> =
            newer.compare(&older).into_iter().map(|(item, before, after)| (item.word(), before, after)).collect();
        assert_eq!(
            words,
            [
                ("seat".to_owned(), Some(10), Some(12)),
                ("number:toll_free:US".to_owned(), None, Some(2_000_000)),
                ("gateway_port:e1_span".to_owned(), Some(90_000_000), None),
            ]
        );
        assert_eq!(newer.price(&Item::Plan("team".into())), Some(49_000_000));
        assert!(newer.compare(&newer).is_empty());
        assert_eq!(newer.plans["team"].allowance().map(|plan| plan.seconds), Some(60_000));
    }
}
