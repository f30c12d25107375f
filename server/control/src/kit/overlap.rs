//! How long the old one of two secrets works beside the new one, so that whoever uses it changes over without a gap.

use super::{body::Check, problem::Problem};

/// Unless told otherwise, in seconds: a day.
const USUAL_S: i64 = 86_400;
/// At most: 30 days.
const MOST_S: i64 = 30 * 86_400;

/// Seconds for what was asked in the field `old_works_for_s`; 422 beyond 30 days.
pub fn overlap_s(asked: Option<i64>) -> Result<i64, Problem> {
    let overlap_s = asked.unwrap_or(USUAL_S);
    let mut check = Check::default();
    check.need((0..=MOST_S).contains(&overlap_s), "old_works_for_s", "out_of_range", "From 0 to 2592000 seconds.");
    check.done()?;
    Ok(overlap_s)
}
