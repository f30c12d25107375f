//! Decks from files: every row is read or says what is wrong with it, whatever the bytes are.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use patchbay_billing::{
    Day, Deck,
    compare::{Summary, compare},
    import::{self, BadFile},
};
use patchbay_kernel::money::Currency;
use proptest::prelude::*;

fn bad(text: &str) -> Vec<(usize, &'static str)> {
    let read = import::read(text.as_bytes(), Day(0)).unwrap();
    read.bad.into_iter().map(|error| (error.line, error.column)).collect()
}

#[test]
fn a_file_says_row_by_row_what_is_wrong_with_it() {
    let text = "prefix,per_minute,increment,from,until,class,direction\n\
        1,0.01,60/60,2026-01-01,,standard,outbound\n\
        044,0.01,,,,,\n\
        44,one,61,2026-02-30,,cheap,sideways\n\
        49,0.0000001,,,,,\n\
        33,,,,,,\n\
        39,0.01,,2026-02-01,2026-02-01,,\n\
        34,0.01,,,,,,more\n\
        86,0.02,1/1,,,,\n";
    assert_eq!(
        bad(text),
        [
            (3, "prefix"),
            (4, "direction"),
            (4, "class"),
            (4, "per_minute"),
            (4, "increment"),
            (4, "from"),
            (5, "per_minute"),
            (6, "per_minute"),
            (7, "until"),
            (8, ""),
        ]
    );
    let read = import::read(text.as_bytes(), Day(0)).unwrap();
    let good: Vec<_> = read.good.iter().map(|(line, rate)| (*line, rate.prefix.to_string(), rate.per_minute)).collect();
    assert_eq!(good, [(2, "1".to_owned(), 10_000), (9, "86".to_owned(), 20_000)]);
}

#[test]
fn of_two_rates_for_one_day_the_later_row_is_refused() {
    let text = "prefix,per_minute,from,until\n49,0.02,2026-03-01,\n49,0.01,2026-01-01,2026-03-02\n49,0.03,2026-01-01,2026-02-01\n33,1,,\n33,1,,\n";
    let read = import::read(text.as_bytes(), Day(0)).unwrap();
    let lines: Vec<usize> = read.bad.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 4, 6]);
    assert_eq!(read.bad[2].why, "line 5 has a rate for 33 on 1970-01-01 too");
    assert!(read.deck(Currency::USD).is_some());
}

#[test]
fn what_is_no_deck_says_why() {
    let read = |text: &str| import::read(text.as_bytes(), Day(0)).map(|_| ());
    assert_eq!(read(""), Err(BadFile::Empty));
    assert_eq!(read("prefix,name\n1,US\n"), Err(BadFile::Missing("per_minute")));
    assert_eq!(read("per_minute\n1\n"), Err(BadFile::Missing("prefix")));
    assert_eq!(read("prefix,per_minute,colour\n"), Err(BadFile::Column("colour".into())));
    assert_eq!(read("prefix,per_minute,Prefix\n"), Err(BadFile::Column("Prefix".into())));
    assert!(matches!(import::read(b"prefix,per_minute\n\xff,1\n", Day(0)), Err(BadFile::Csv(_))));
}

#[test]
fn an_import_is_previewed_as_differences_to_the_deck_in_force() {
    let deck = |text: &str| import::read(text.as_bytes(), Day(0)).unwrap().deck(Currency::USD).unwrap();
    let old = deck("prefix,per_minute\n1,0.01\n44,0.02\n49,0.03\n");
    let new = deck("Prefix;per_minute\n1;0.02\n44;0.01\n86;0.1\n");
    let sum = Summary::of(&compare(&old, &new));
    assert_eq!(sum, Summary { added: 1, removed: 1, changed: 2, dearer: 1, cheaper: 1 });
}

const GOOD: &str = "prefix,name,direction,class,per_minute,setup,minimum,increment,from,until\n\
    1,\"US, and \"\"Canada\"\"\",outbound,standard,0.01,0.001,0.02,60/60,2026-01-01,2026-06-01\n\
    1,US,outbound,standard,0.02,0,0,30/6,2026-06-01,\n\
    44,UK,inbound,premium,1.5,0,0,1/1,2026-01-01,\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_a_deck_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        hold(&bytes);
    }

    #[test]
    fn any_text_of_the_signs_of_tables_is_a_deck_or_a_reason(text in "prefix,per_minute(,from)?\n([0-9,;\"\n./ +-]|1,0\\.1\n|\"){0,80}") {
        hold(text.as_bytes());
    }

    #[test]
    fn a_bent_deck_is_a_deck_or_a_reason(at in 0usize..GOOD.len(), byte in any::<u8>(), cut in 0usize..GOOD.len(), twice in any::<bool>()) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = byte;
        if twice { bytes.extend_from_slice(&GOOD.as_bytes()[cut..]) } else { bytes.truncate(cut) }
        hold(&bytes);
    }
}

/// Whatever comes: no panic, every row is good or bad, the good ones make a deck that survives being written.
fn hold(bytes: &[u8]) {
    let Ok(read) = import::read(bytes, Day(0)) else { return };
    let deck: Deck = read.deck(Currency::USD).expect("good rows make a deck");
    let again = import::read(import::write(&deck).as_bytes(), Day(0)).unwrap();
    assert_eq!(again.bad, []);
    assert_eq!(again.deck(Currency::USD).unwrap().rates(), deck.rates());
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(read.bad.iter().all(|error| (2..=lines).contains(&error.line)));
    assert!(read.good.iter().all(|(line, _)| (2..=lines).contains(line)));
}

#[test]
fn a_good_deck_survives_being_written() {
    let read = import::read(GOOD.as_bytes(), Day(0)).unwrap();
    assert_eq!((read.good.len(), read.bad.len()), (3, 0));
    hold(GOOD.as_bytes());
}
