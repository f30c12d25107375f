//! The table of cases, whose prices were worked out by hand: `rating/cases.txt`.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod rating_case;

use patchbay_billing::{Used, rate};
use rating_case::{Case, deck};

#[test]
fn every_case_of_the_table_costs_what_was_worked_out_by_hand() {
    let cases = Case::all();
    let mut wrong = Vec::new();
    for case in &cases {
        let got = case.rated();
        if got != case.want {
            wrong.push(format!("{}: want {:?}, got {got:?} ({})", case.number, case.want, case.how));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 200, "the table has {} cases only", cases.len());
}

#[test]
fn the_sum_of_the_lines_is_the_price() {
    for case in Case::all() {
        let rated = rate(&case.facts, &case.terms(&deck(&case.deck)), &case.used);
        let sum: i64 =
            case.want.iter().filter_map(|line| line.split('@').next()?.split_once('=')?.1.parse::<i64>().ok()).sum();
        assert!(rated.total().is_none_or(|total| total == sum), "{}", case.number);
        let keys: std::collections::BTreeSet<String> =
            rated.lines().iter().map(patchbay_billing::ChargeLine::key).collect();
        assert_eq!(keys.len(), rated.lines().len(), "{}: two lines with one key", case.number);
    }
}

#[test]
fn what_is_counted_as_used_is_what_was_covered() {
    for case in Case::all() {
        let rated = rate(&case.facts, &case.terms(&deck(&case.deck)), &case.used);
        let mut used = case.used.clone();
        used.count(rated.lines());
        for allowance in &case.allowances {
            let (before, after) = (case.used.of(&allowance.key), used.of(&allowance.key));
            assert!(after >= before && (after == before || after <= allowance.seconds), "{}", case.number);
        }
        let fresh = Used::default();
        assert!(case.allowances.iter().all(|allowance| fresh.of(&allowance.key) == 0));
    }
}
