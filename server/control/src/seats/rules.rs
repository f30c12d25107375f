//! What an extension may be.

/// First extension that is given out.
const FIRST: u32 = 101;
/// Numbers that a frightened person dials, wherever they come from: never an extension.
/// Source: emergency numbers of ITU-T E.161.1 and national plans.
const EMERGENCY: [&str; 12] = ["100", "110", "111", "112", "113", "115", "117", "118", "119", "911", "999", "995"];

/// Why an extension cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadExtension {
    /// Not two to six digits, or it begins with the 0 or 9 that lines are taken with.
    Shape,
    /// People dial it for help.
    Emergency,
}

/// Two to six digits, not beginning with 0, and nobody's call for help.
pub fn check(extension: &str) -> Result<(), BadExtension> {
    let digits = (2..=6).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || extension.starts_with('0') {
        return Err(BadExtension::Shape);
    }
    if EMERGENCY.contains(&extension) { Err(BadExtension::Emergency) } else { Ok(()) }
}

/// The first free one from 101 on.
pub fn free(taken: &[String]) -> String {
    let is_free = |extension: &String| check(extension).is_ok() && !taken.contains(extension);
    (FIRST..).map(|n| n.to_string()).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_short_digits_and_no_cry_for_help() {
        for good in ["10", "101", "9999", "700000"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "1", "0123", "1234567", "10a", "*43", "１２"] {
            assert_eq!(check(bad), Err(BadExtension::Shape), "{bad}");
        }
        assert_eq!(check("911"), Err(BadExtension::Emergency));
        assert_eq!(check("112"), Err(BadExtension::Emergency));
    }

    #[test]
    fn the_next_free_one_leaves_out_what_is_taken_and_what_may_not_be() {
        let taken: Vec<String> = (101..110).map(|n| n.to_string()).collect();
        assert_eq!(free(&[]), "101");
        assert_eq!(free(&taken), "114", "110 to 113 are numbers for help");
    }
}
