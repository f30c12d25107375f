//! The one place where an amount is rounded.

/// `parts / of` of an amount in micro-units, to the nearest one, halves away from zero; so that the share of a negative amount is
/// exactly the negative share. `None` when `of` is zero or the result does not fit.
pub fn share(micros: i64, parts: u64, of: u64) -> Option<i64> {
    let of = i128::from(of);
    if of == 0 {
        return None;
    }
    let whole = i128::from(micros) * i128::from(parts);
    let half = if whole < 0 { -of } else { of };
    i64::try_from((2 * whole + half) / (2 * of)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_on_both_sides() {
        for (micros, parts, of, want) in [
            (100, 1, 3, 33),
            (200, 1, 3, 67),
            (1, 1, 2, 1),
            (-1, 1, 2, -1),
            (3, 1, 2, 2),
            (-3, 1, 2, -2),
            (-100, 1, 3, -33),
            (7, 60, 60, 7),
            (0, 5, 60, 0),
            (i64::MAX, 1, 1, i64::MAX),
            (i64::MIN, 1, 1, i64::MIN),
        ] {
            assert_eq!(share(micros, parts, of), Some(want), "{micros} * {parts} / {of}");
        }
        assert_eq!(share(i64::MAX, 2, 1), None);
        assert_eq!(share(1, 1, 0), None);
    }

    proptest::proptest! {
        #[test]
        fn a_share_is_never_further_away_than_half_a_unit(micros in -1_000_000_000_000i64..1_000_000_000_000, parts in 0u64..100_000, of in 1u64..100_000) {
            let got = i128::from(share(micros, parts, of).unwrap());
            let exact = i128::from(micros) * i128::from(parts);
            proptest::prop_assert!((got * i128::from(of) - exact).abs() * 2 <= i128::from(of));
            proptest::prop_assert_eq!(share(-micros, parts, of), Some(-share(micros, parts, of).unwrap()));
        }
    }
}
