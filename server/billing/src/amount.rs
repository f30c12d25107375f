//! Amounts as people write them in files: `0.0125` of a unit is 12,500 micro-units, exactly.

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAmount {
    /// Anything but digits with at most one decimal point.
    #[error("not an amount such as 0.0125")]
    Form,
    /// More than six decimals: it would have to be rounded.
    #[error("more than six decimals")]
    TooFine,
    /// More than a billion units.
    #[error("larger than a billion")]
    TooLarge,
}

/// Largest amount in files: a billion units.
const MOST: i64 = 1_000_000_000_000_000;

/// Micro-units of a text; no sign, a decimal point and no comma.
///
/// # Errors
/// When it cannot be read without rounding.
pub fn micros(text: &str) -> Result<i64, NotAnAmount> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.is_empty() || (part.is_empty() && text.contains('.')) {
        return Err(NotAnAmount::Form);
    }
    let part = part.trim_end_matches('0');
    if part.len() > 6 {
        return Err(NotAnAmount::TooFine);
    }
    let number = |text: &str| text.parse::<i64>().map_err(|_| NotAnAmount::TooLarge);
    let units = number(whole)?;
    let fine = if part.is_empty() { 0 } else { number(part)? * 10i64.pow(6 - part.len() as u32) };
    units
        .checked_mul(1_000_000)
        .and_then(|micros| micros.checked_add(fine))
        .filter(|micros| *micros <= MOST)
        .ok_or(NotAnAmount::TooLarge)
}

/// As written in files: the inverse of [`micros`], without needless zeros.
pub fn text(micros: i64) -> String {
    let (sign, of) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (units, part) = (of / 1_000_000, of % 1_000_000);
    if part == 0 {
        return format!("{sign}{units}");
    }
    format!("{sign}{units}.{}", format!("{part:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (written, micro_units) in [
            ("0", 0),
            ("1", 1_000_000),
            ("0.0125", 12_500),
            ("0.000001", 1),
            ("12.50", 12_500_000),
            ("0.1000000", 100_000),
        ] {
            assert_eq!(micros(written), Ok(micro_units), "{written}");
        }
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1,5", "1e3", " 1", "1.2.3", "٣"] {
            assert_eq!(micros(bad), Err(NotAnAmount::Form), "{bad}");
        }
        assert_eq!(micros("0.0000001"), Err(NotAnAmount::TooFine));
        for large in ["1000000001", "99999999999999999999"] {
            assert_eq!(micros(large), Err(NotAnAmount::TooLarge));
        }
    }

    proptest::proptest! {
        #[test]
        fn an_amount_survives_its_text(amount in 0..=MOST) {
            proptest::prop_assert_eq!(micros(&text(amount)), Ok(amount));
        }
    }
}
