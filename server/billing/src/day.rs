//! Dates as a company's calendar has them: on which date something happened, and when a date begins there.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use patchbay_kernel::Wall;

/// A date without a place: days since 1970-01-01. Written `2026-03-29`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// Text that is not a date of the form `2026-03-29` in the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date such as 2026-03-29")]
pub struct NotADay;

impl Day {
    /// Of year, month (1 to 12) and day; `None` where there is no such date from 1970 to 9999.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        (date.year() >= 1970).then(|| Self(days_from_civil(i32::from(year), i32::from(month), i32::from(day))))
    }
    /// Year, month, day.
    pub fn civil(self) -> (i16, u8, u8) {
        civil_from_days(self.0)
    }
    /// So many days later; earlier when negative.
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
    /// Days from here to a later one, negative to an earlier one.
    pub const fn until(self, later: Self) -> i32 {
        later.0 - self.0
    }
    /// The date so many months later with this day of the month, or the last one of a month that has no such day.
    pub fn on_month(self, months: u16, day_of_month: u8) -> Self {
        let (year, month, _) = self.civil();
        let from_zero = i32::from(year) * 12 + i32::from(month) - 1 + i32::from(months);
        let (year, month) = (from_zero.div_euclid(12), from_zero.rem_euclid(12) + 1);
        let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let length = days_from_civil(next_year, next, 1) - days_from_civil(year, month, 1);
        Self(days_from_civil(year, month, i32::from(day_of_month.max(1)).min(length)))
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_from_civil`], same source.
const fn civil_from_days(days: i32) -> (i16, u8, u8) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = years + era * 400 + if month <= 2 { 1 } else { 0 };
    (year as i16, month as u8, day as u8)
}

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let date: Date = (text.len() == 10).then(|| text.parse().ok()).flatten().ok_or(NotADay)?;
        Self::new(date.year(), date.month() as u8, date.day() as u8).ok_or(NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An IANA time zone out of the database that we carry.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// No zone of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone such as Europe/Berlin")]
pub struct NotAZone;

impl Zone {
    /// Greenwich without summer time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The date there at this instant.
    pub fn day(&self, at: Wall) -> Day {
        let second = at.unix_s();
        let offset = Timestamp::from_second(second).map_or(0, |at| self.0.to_offset(at).seconds());
        let days = (second + i64::from(offset)).div_euclid(86_400);
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The first instant of a date there: midnight, or the end of the gap where the clocks skip it.
    pub fn start(&self, day: Day) -> Wall {
        let (year, month, of_month) = day.civil();
        let date = Date::new(year, month as i8, of_month as i8);
        let start = date.and_then(|date| date.to_zoned_datetime(self.0.clone()));
        start.map_or(Wall(i64::from(day.0) * 86_400_000_000), |start| Wall(start.timestamp().as_microsecond()))
    }
}

impl FromStr for Zone {
    type Err = NotAZone;
    fn from_str(name: &str) -> Result<Self, NotAZone> {
        static ZONES: std::sync::LazyLock<TimeZoneDatabase> = std::sync::LazyLock::new(TimeZoneDatabase::bundled);
        if name.len() > 64 {
            return Err(NotAZone);
        }
        ZONES.get(name).map(Self).map_err(|_| NotAZone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Wall {
        Wall(text.parse::<Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn a_date_survives_its_text() {
        for text in ["1970-01-01", "1999-12-31", "2024-02-29", "2026-03-29", "2100-02-28", "9999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        for bad in ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "1969-12-31", "", "2026-01-01T00:00"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
        for days in -200_000..200_000 {
            let (year, month, day) = Day(days).civil();
            assert_eq!(days_from_civil(i32::from(year), i32::from(month), i32::from(day)), days);
        }
    }

    #[test]
    fn months_end_where_they_end() {
        let january: Day = "2026-01-31".parse().unwrap();
        let ends: Vec<String> = (1..=4).map(|months| january.on_month(months, 31).to_string()).collect();
        assert_eq!(ends, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]);
        assert_eq!("2027-12-15".parse::<Day>().unwrap().on_month(2, 29).to_string(), "2028-02-29");
    }

    #[test]
    fn a_date_begins_where_the_clocks_of_the_place_say() {
        let cases = [
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"),
            ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"),
            ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"),
            ("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"),
            // Beirut skips from 00:00 to 01:00: the date begins at 01:00 there.
            ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"),
            ("Asia/Kolkata", "2026-04-01", "2026-03-31T18:30:00Z"),
        ];
        for (zone, day, first) in cases {
            let (zone, day): (Zone, Day) = (zone.parse().unwrap(), day.parse().unwrap());
            assert_eq!(zone.start(day), at(first), "{day}");
            assert_eq!(zone.day(at(first)), day);
            assert_eq!(zone.day(Wall(at(first).0 - 1)), day.plus(-1));
        }
        assert!("Nowhere/Land".parse::<Zone>().is_err());
    }
}
