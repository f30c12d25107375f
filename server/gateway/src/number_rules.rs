//! How a box writes numbers, both ways, and the strip and prepend rules for boxes with habits of their own.

use kernel::{DialString, E164};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};

use crate::country::DialPlan;

/// The way a box writes and expects telephone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// `+14155550132`.
    #[default]
    Plus,
    /// International without the plus: `14155550132`.
    Digits,
    /// As a subscriber dials: trunk prefix at home (`020..`, `1415..`), international prefix abroad (`0044..`, `01144..`).
    National,
    /// At home the bare national number (`4155550132`), international prefix abroad.
    NationalBare,
    /// Always with the country's international prefix: `0014155550132`.
    InternationalPrefix,
}

/// One habit: when the text begins with `starts`, drop `strip` characters and put `prepend` before the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// What the text begins with; empty: any text.
    #[serde(default)]
    pub starts: String,
    /// Characters to drop.
    #[serde(default)]
    pub strip: usize,
    /// Characters to put before the rest.
    #[serde(default)]
    pub prepend: String,
}

/// How numbers are written on one trunk, where it differs from what its make of box wants: formats in place of the profile's, and
/// habits that are applied last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunkRules {
    /// Format of the dialled number.
    #[serde(default)]
    pub numbers: Option<NumberFormat>,
    /// Format of the displayed number.
    #[serde(default)]
    pub displayed_numbers: Option<NumberFormat>,
    /// Habits of the dialled number, after the profile's own; the first that fits.
    #[serde(default)]
    pub called: Vec<Rewrite>,
    /// Habits of the displayed number; the first that fits.
    #[serde(default)]
    pub displayed: Vec<Rewrite>,
}

impl NumberFormat {
    /// The number as the box wants it dialled. Without a plan (a country we do not know) it is written with the plus.
    pub fn write(self, number: &E164, plan: Option<&DialPlan>) -> String {
        let digits = number.digits();
        let Some(plan) = plan else { return self.without_plan(number) };
        match self {
            Self::Plus => number.as_str().into(),
            Self::Digits => digits.into(),
            Self::InternationalPrefix => format!("{}{digits}", plan.international_prefix),
            Self::National | Self::NationalBare => match plan.national(number) {
                Some(national) if self == Self::National => format!("{}{national}", plan.trunk_prefix),
                Some(national) => national.into(),
                None => format!("{}{digits}", plan.international_prefix),
            },
        }
    }

    fn without_plan(self, number: &E164) -> String {
        match self {
            Self::Digits => number.digits().into(),
            Self::InternationalPrefix => format!("00{}", number.digits()),
            Self::Plus | Self::National | Self::NationalBare => number.as_str().into(),
        }
    }

    /// What the box wrote, as an international number. A plus and an international prefix are always understood; bare digits
    /// as this format says. `None` for short codes, extensions and anything that is no number.
    pub fn read(self, text: &str, plan: Option<&DialPlan>) -> Option<E164> {
        let dialled: DialString = text.parse().ok()?;
        let text = dialled.as_str();
        if text.starts_with('+') {
            return text.parse().ok();
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let abroad = plan.map(|plan| plan.international_prefix).and_then(|prefix| text.strip_prefix(prefix));
        if let Some(rest) =
            abroad.or_else(|| text.strip_prefix("00")).filter(|rest| rest.len() >= SHORTEST_INTERNATIONAL)
        {
            return international(rest);
        }
        let Some(plan) = plan else { return as_digits(text) };
        match self {
            Self::Digits => as_digits(text).or_else(|| with_trunk_prefix(text, plan)),
            Self::NationalBare => {
                bare(text, plan).or_else(|| with_trunk_prefix(text, plan)).or_else(|| as_digits(text))
            }
            Self::Plus | Self::National | Self::InternationalPrefix => with_trunk_prefix(text, plan)
                .or_else(|| with_code(text, plan))
                .or_else(|| bare(text, plan))
                .or_else(|| as_digits(text)),
        }
    }
}

/// No country code with a subscriber behind it is shorter; keeps short codes from being read as numbers.
const SHORTEST_INTERNATIONAL: usize = 7;

fn international(digits: &str) -> Option<E164> {
    format!("+{digits}").parse().ok()
}

fn as_digits(text: &str) -> Option<E164> {
    (text.len() > SHORTEST_INTERNATIONAL).then(|| international(text)).flatten()
}

/// `0` and a national number, where the country has such a prefix.
fn with_trunk_prefix(text: &str, plan: &DialPlan) -> Option<E164> {
    let rest = text.strip_prefix(plan.trunk_prefix).filter(|_| !plan.trunk_prefix.is_empty())?;
    bare(rest, plan)
}

/// The country's own code and a national number, without the plus.
fn with_code(text: &str, plan: &DialPlan) -> Option<E164> {
    text.strip_prefix(plan.code).filter(|rest| plan.fits(rest.len())).and_then(|_| international(text))
}

/// A national number with nothing before it.
fn bare(text: &str, plan: &DialPlan) -> Option<E164> {
    plan.fits(text.len()).then(|| international(&format!("{}{text}", plan.code))).flatten()
}

/// The first rule that applies, applied; the text itself when none does.
pub fn rewrite(rules: &[Rewrite], text: &str) -> String {
    match rules.iter().find(|rule| text.starts_with(&rule.starts) && text.is_char_boundary(rule.strip.min(text.len())))
    {
        Some(rule) => format!("{}{}", rule.prepend, &text[rule.strip.min(text.len())..]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> E164 {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_box_dials() {
        use NumberFormat::*;
        for (country, format, number_, written) in [
            ("US", Plus, "+14155550132", "+14155550132"),
            ("US", Digits, "+14155550132", "14155550132"),
            ("US", National, "+14155550132", "14155550132"),
            ("US", NationalBare, "+14155550132", "4155550132"),
            ("US", NationalBare, "+442079460018", "011442079460018"),
            ("US", InternationalPrefix, "+14155550132", "01114155550132"),
            ("GB", National, "+442079460018", "02079460018"),
            ("GB", NationalBare, "+442079460018", "2079460018"),
            ("GB", National, "+14155550132", "0014155550132"),
            ("IT", National, "+390612345678", "0612345678"),
            ("HU", National, "+3612345678", "0612345678"),
            ("RU", National, "+74951234567", "84951234567"),
            ("RU", National, "+442079460018", "810442079460018"),
            ("CN", National, "+8613800138000", "013800138000"),
            ("XX", National, "+442079460018", "+442079460018"),
            ("XX", InternationalPrefix, "+442079460018", "00442079460018"),
        ] {
            let plan = DialPlan::of(country);
            assert_eq!(format.write(&number(number_), plan.as_ref()), written, "{country} {format:?} {number_}");
        }
    }

    #[test]
    fn numbers_are_read_however_the_box_writes() {
        use NumberFormat::*;
        for (country, format, text, read) in [
            ("US", Plus, "+14155550132", Some("+14155550132")),
            ("US", National, "14155550132", Some("+14155550132")),
            ("US", National, "4155550132", Some("+14155550132")),
            ("US", National, "(415) 555-0132", Some("+14155550132")),
            ("US", National, "011442079460018", Some("+442079460018")),
            ("US", Digits, "442079460018", Some("+442079460018")),
            ("US", Digits, "14155550132", Some("+14155550132")),
            ("GB", National, "02079460018", Some("+442079460018")),
            ("GB", NationalBare, "2079460018", Some("+442079460018")),
            ("GB", Digits, "442079460018", Some("+442079460018")),
            ("GB", Digits, "02079460018", Some("+442079460018")),
            ("GB", National, "0014155550132", Some("+14155550132")),
            ("IT", National, "0612345678", Some("+390612345678")),
            ("HU", National, "0612345678", Some("+3612345678")),
            ("RU", National, "84951234567", Some("+74951234567")),
            ("RU", National, "4951234567", Some("+74951234567")),
            ("CN", National, "013800138000", Some("+8613800138000")),
            ("CN", National, "13800138000", Some("+8613800138000")),
            ("US", Plus, "911", None),
            ("US", National, "100", None),
            ("GB", National, "999", None),
            ("US", Plus, "*21#", None),
            ("US", Plus, "anonymous", None),
            ("US", Plus, "", None),
        ] {
            let plan = DialPlan::of(country);
            let got = format.read(text, plan.as_ref());
            assert_eq!(got.as_ref().map(E164::as_str), read, "{country} {format:?} {text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        use NumberFormat::*;
        for country in ["US", "GB", "DE", "FR", "IT", "RU", "CN", "IN", "AU", "JP", "BR", "HU"] {
            let plan = DialPlan::of(country);
            for text in ["+14155550132", "+442079460018", "+493012345678", "+8613800138000", "+390612345678"] {
                for format in [Plus, Digits, National, InternationalPrefix] {
                    let written = format.write(&number(text), plan.as_ref());
                    assert_eq!(
                        format.read(&written, plan.as_ref()),
                        Some(number(text)),
                        "{country} {format:?} {written}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_rule_that_fits_is_applied() {
        let rules = [
            Rewrite { starts: "+86".into(), strip: 3, prepend: String::new() },
            Rewrite { starts: "+".into(), strip: 1, prepend: "00".into() },
        ];
        assert_eq!(rewrite(&rules, "+8613800138000"), "13800138000");
        assert_eq!(rewrite(&rules, "+442079460018"), "00442079460018");
        assert_eq!(rewrite(&rules, "911"), "911");
        assert_eq!(rewrite(&[Rewrite { strip: 99, ..Rewrite::default() }], "911"), "");
    }
}
