//! How calls are dialled in each country: calling code, trunk prefix, international prefix.

use std::{collections::BTreeMap, sync::LazyLock};

use kernel::E164;
use patchbay_kernel as kernel;

/// The dialling habits of one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialPlan {
    /// ISO 3166 code, two capitals.
    pub country: &'static str,
    /// Calling code without the plus: `1`, `44`.
    pub code: &'static str,
    /// Dialled before a national number, empty where there is none: `0`, `1`, `8`, `06`.
    pub trunk_prefix: &'static str,
    /// Dialled before an international number: `00`, `011`, `810`.
    pub international_prefix: &'static str,
    /// Digits of the shortest national number, without the trunk prefix.
    pub shortest: usize,
    /// Digits of the longest.
    pub longest: usize,
}

static TABLE: LazyLock<BTreeMap<&'static str, DialPlan>> = LazyLock::new(|| {
    include_str!("countries.txt").lines().filter_map(parse).map(|plan| (plan.country, plan)).collect()
});

fn parse(line: &'static str) -> Option<DialPlan> {
    let mut words = line.split(' ');
    let country = words.next().filter(|word| !word.starts_with('#'))?;
    Some(DialPlan {
        country,
        code: words.next()?,
        trunk_prefix: words.next().map(|word| if word == "-" { "" } else { word })?,
        international_prefix: words.next()?,
        shortest: words.next()?.parse().ok()?,
        longest: words.next()?.parse().ok()?,
    })
}

impl DialPlan {
    /// The plan of a country by its ISO code, any case; `None` for a country that is not in the table.
    pub fn of(country: &str) -> Option<Self> {
        TABLE.get(country.to_ascii_uppercase().as_str()).copied()
    }

    /// The national part of a number of this country; `None` for a number of another one.
    pub fn national<'a>(&self, number: &'a E164) -> Option<&'a str> {
        number.digits().strip_prefix(self.code).filter(|rest| !rest.is_empty())
    }

    /// Whether so many digits can be a national number without its trunk prefix.
    pub const fn fits(&self, digits: usize) -> bool {
        self.shortest <= digits && digits <= self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_habits() {
        for (country, code, trunk, international) in [
            ("US", "1", "1", "011"),
            ("GB", "44", "0", "00"),
            ("DE", "49", "0", "00"),
            ("IT", "39", "", "00"),
            ("HU", "36", "06", "00"),
            ("RU", "7", "8", "810"),
            ("AU", "61", "0", "0011"),
            ("CN", "86", "0", "00"),
            ("JP", "81", "0", "010"),
            ("BR", "55", "0", "0015"),
        ] {
            let plan = DialPlan::of(country).unwrap();
            assert_eq!(
                (plan.code, plan.trunk_prefix, plan.international_prefix),
                (code, trunk, international),
                "{country}"
            );
        }
        assert_eq!(DialPlan::of("us"), DialPlan::of("US"));
        assert_eq!(DialPlan::of("XX"), None);
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("countries.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.len(), lines);
        assert!(lines > 200);
    }

    #[test]
    fn the_table_agrees_with_the_numbering_metadata() {
        for plan in TABLE.values() {
            let metadata = phonenumber::metadata::DATABASE.by_id(plan.country).unwrap();
            assert_eq!(metadata.country_code().to_string(), plan.code, "{}", plan.country);
            assert_eq!(metadata.national_prefix().unwrap_or(""), plan.trunk_prefix, "{}", plan.country);
            if let Some(pattern) = metadata.international_prefix() {
                assert!(pattern.is_match(plan.international_prefix), "{}", plan.country);
            }
        }
    }
}
