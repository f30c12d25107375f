//! Blocks of consecutive numbers and the country that a number is in.

use kernel::E164;
use patchbay_gateway::DialPlan;
use patchbay_kernel as kernel;

/// The most numbers that one request may add.
pub const LONGEST_BLOCK: u32 = 1_000;

/// Why there is no such block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBlock {
    /// None or too many.
    #[error("between 1 and {LONGEST_BLOCK} numbers")]
    Count,
    /// Counting on would change the length of the number.
    #[error("the block runs past the end of its numbering range")]
    Overflow,
}

/// `count` numbers from `first` on, each one more than the one before.
pub fn block(first: &E164, count: u32) -> Result<Vec<E164>, BadBlock> {
    if !(1..=LONGEST_BLOCK).contains(&count) {
        return Err(BadBlock::Count);
    }
    let start: u64 = first.digits().parse().map_err(|_| BadBlock::Overflow)?;
    (start..start + u64::from(count))
        .map(|number| {
            format!("+{number}").parse::<E164>().ok().filter(|made| made.digits().len() == first.digits().len())
        })
        .collect::<Option<_>>()
        .ok_or(BadBlock::Overflow)
}

/// The country of a number: that of the site when the number carries its calling code (which a continent may share), else the
/// one that the numbering plan names. `None` for a number of no country.
pub fn country_of(number: &E164, site_country: &str) -> Option<String> {
    if DialPlan::of(site_country).is_some_and(|plan| plan.national(number).is_some()) {
        return Some(site_country.to_ascii_uppercase());
    }
    let parsed = phonenumber::parse(None, number.as_str()).ok()?;
    parsed.country().id().map(|id| id.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> E164 {
        text.parse().unwrap()
    }

    #[test]
    fn a_block_counts_on() {
        let made = block(&number("+14155550198"), 3).unwrap();
        assert_eq!(made, ["+14155550198", "+14155550199", "+14155550200"].map(number));
        assert_eq!(block(&number("+14155550198"), 0), Err(BadBlock::Count));
        assert_eq!(block(&number("+14155550198"), LONGEST_BLOCK + 1), Err(BadBlock::Count));
        assert_eq!(block(&number("+99"), 2), Err(BadBlock::Overflow));
        assert_eq!(block(&number("+999999999999999"), 2), Err(BadBlock::Overflow));
    }

    #[test]
    fn numbers_know_their_country() {
        assert_eq!(country_of(&number("+14155550132"), "us").as_deref(), Some("US"));
        assert_eq!(country_of(&number("+14155550132"), "CA").as_deref(), Some("CA"));
        assert_eq!(country_of(&number("+442079460018"), "US").as_deref(), Some("GB"));
        assert_eq!(country_of(&number("+990000000"), "US"), None);
    }
}
