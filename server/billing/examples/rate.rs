//! Rates a million records against a deck of fifty thousand prefixes: prints records a second and nanoseconds a record.

use std::{hint::black_box, io::Write as _, time::Instant};

use patchbay_billing::{Allowance, AllowanceKey, Day, Deck, Direction, Facts, Terms, Used, Zone, import, rate};
use patchbay_kernel::{CallId, Entropy, LegId, SeededEntropy, Wall, money::Currency};

const PREFIXES: u64 = 50_000;
const RECORDS: usize = 1_000_000;

fn main() {
    let mut chance = SeededEntropy::new(6);
    let deck = deck(&mut chance);
    let zone: Zone = "Europe/Berlin".parse().expect("a zone that we carry");
    let key = AllowanceKey("plan".into());
    let plan = Allowance { key, direction: Direction::Outbound, prefixes: Vec::new(), seconds: 600_000 };
    let terms = Terms { deck: &deck, zone: &zone, allowances: &[plan], discounts: &[] };
    let records: Vec<Facts> = (0..RECORDS).map(|_| facts(&mut chance)).collect();
    let (mut used, mut sum, mut unrated, mut lines) = (Used::default(), 0i64, 0u32, 0usize);
    let began = Instant::now();
    for record in &records {
        let rated = black_box(rate(record, &terms, &used));
        used.count(rated.lines());
        lines += rated.lines().len();
        match rated.total() {
            Some(micros) => sum += micros,
            None => unrated += 1,
        }
    }
    let took = began.elapsed();
    assert!(sum > 0 && lines > RECORDS / 2 && (unrated as usize) < RECORDS / 2, "{sum} {lines} {unrated}");
    let a_second = RECORDS as f64 / took.as_secs_f64();
    let nanos = took.as_nanos() as f64 / RECORDS as f64;
    writeln!(std::io::stdout(), "{a_second:.0} {nanos:.0}").expect("stdout");
}

/// Prefixes of one to seven digits, each with a price until July and one from then on.
fn deck(chance: &mut SeededEntropy) -> Deck {
    let mut text = "prefix,per_minute,setup,increment,from,until\n".to_owned();
    let mut seen = std::collections::BTreeSet::new();
    while (seen.len() as u64) < PREFIXES {
        let digits = 1 + chance.below(7) as u32;
        seen.insert(10u64.pow(digits - 1) + chance.below(9 * 10u64.pow(digits - 1)));
    }
    for prefix in seen {
        let steps = ["60/60", "30/6", "1/1"][chance.below(3) as usize];
        let (price, dearer) = (1 + chance.below(900), 1 + chance.below(900));
        text += &format!("{prefix},0.{price:04},0,{steps},2026-01-01,2026-07-01\n");
        text += &format!("{prefix},0.{dearer:04},0.01,{steps},2026-07-01,\n");
    }
    let read = import::read(text.as_bytes(), Day(0)).expect("a table");
    assert!(read.bad.is_empty());
    read.deck(Currency::USD).expect("no clash")
}

fn facts(chance: &mut SeededEntropy) -> Facts {
    let at = Wall::from_unix_ms(1_775_000_000_000 + chance.below(15_000_000_000) as i64);
    let answered = chance.below(10) > 2;
    Facts {
        call: CallId::new(at, chance),
        leg: LegId::new(at, chance),
        direction: Some(Direction::Outbound),
        number: format!("+{}", 10_000_000_000 + chance.below(89_999_999_999)),
        answered_at: answered.then_some(at),
        talk_ms: if answered { chance.below(600_000) } else { 0 },
    }
}
