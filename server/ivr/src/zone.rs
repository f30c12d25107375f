//! Local time: days of the week, opening hours and dates in an IANA time zone.

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use patchbay_kernel::Wall;
use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days have names")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// A moment as the people of a place read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Year, month, day.
    pub date: (i16, u8, u8),
    /// Day of the week.
    pub weekday: Weekday,
    /// The day of the week before.
    pub day_before: Weekday,
    /// Minutes since midnight, 0 to 1439.
    pub minute: u16,
}

/// Whether there is a zone of this name (`Europe/Berlin`) in the IANA database that we carry.
pub fn is_zone(name: &str) -> bool {
    find(name).is_some()
}

/// This moment in that zone; in UTC where there is no such zone.
pub fn local(at: Wall, zone: &str) -> Local {
    let zone = find(zone).unwrap_or(TimeZone::UTC);
    let moment = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone);
    let day = moment.weekday().to_monday_zero_offset() as usize;
    Local {
        date: (moment.year(), moment.month() as u8, moment.day() as u8),
        weekday: Weekday::ALL[day],
        day_before: Weekday::ALL[(day + 6) % 7],
        minute: moment.hour() as u16 * 60 + moment.minute() as u16,
    }
}

fn find(name: &str) -> Option<TimeZone> {
    static ZONES: std::sync::LazyLock<TimeZoneDatabase> = std::sync::LazyLock::new(TimeZoneDatabase::bundled);
    (name.len() <= 64).then(|| ZONES.get(name).ok()).flatten()
}

/// `09:30` in minutes; `24:00` is the end of the day.
pub fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    let whole = hour * 60 + minute;
    (minute < 60 && whole <= 24 * 60).then_some(whole)
}

/// `2026-12-25` as year, month, day; no more than the form and the ranges are judged.
pub fn date_of(text: &str) -> Option<(i16, u8, u8)> {
    let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    Some((date.year(), date.month() as u8, date.day() as u8))
}

/// RFC 3339 text as a moment.
pub fn moment_of(text: &str) -> Option<Wall> {
    text.parse::<Timestamp>().ok().map(|at| Wall(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_its_place_with_summer_time() {
        let at = moment_of("2026-07-03T22:30:00Z").unwrap();
        let berlin = local(at, "Europe/Berlin");
        assert_eq!((berlin.date, berlin.weekday, berlin.minute), ((2026, 7, 4), Weekday::Saturday, 30));
        let winter = local(moment_of("2026-01-15T08:00:00Z").unwrap(), "Europe/Berlin");
        assert_eq!(winter.minute, 9 * 60);
        let shanghai = local(at, "Asia/Shanghai");
        assert_eq!((shanghai.date, shanghai.minute), ((2026, 7, 4), 6 * 60 + 30));
        assert_eq!(local(at, "Nowhere/Land").date, (2026, 7, 3));
        assert!(is_zone("America/New_York") && !is_zone("Nowhere/Land"));
    }

    #[test]
    fn times_and_dates_have_one_form() {
        assert_eq!(minute_of("09:30"), Some(570));
        assert_eq!(minute_of("24:00"), Some(1440));
        for bad in ["9:30", "24:01", "12:60", "", "ab:cd", "+9:30"] {
            assert_eq!(minute_of(bad), None, "{bad}");
        }
        assert_eq!(date_of("2026-02-28"), Some((2026, 2, 28)));
        assert_eq!(date_of("2026-02-30"), None);
    }
}
