//! Rated anew: what was kept is never changed, only taken back and followed by the next revision.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use patchbay_billing::{
    Allowance, AllowanceKey, ChargeLine, Day, Direction, Facts, Terms, Used, Zone, charge, import, rate, rerate,
};
use patchbay_kernel::{CallId, LegId, SeededEntropy, Wall, money::Currency};

fn facts(talk_ms: u64) -> Facts {
    let (now, mut chance) = (Wall::from_unix_ms(1_770_000_000_000), SeededEntropy::new(3));
    Facts {
        call: CallId::new(now, &mut chance),
        leg: LegId::new(now, &mut chance),
        direction: Some(Direction::Outbound),
        number: "+4930901820".into(),
        answered_at: Some(now),
        talk_ms,
    }
}

fn rated(per_minute: &str, allowance_s: u64) -> Vec<ChargeLine> {
    let text = format!("prefix,per_minute,setup,increment\n49,{per_minute},0.05,1/1\n");
    let deck = import::read(text.as_bytes(), Day(0)).unwrap().deck(Currency::USD).unwrap();
    let plan = Allowance {
        key: AllowanceKey("plan".into()),
        direction: Direction::Outbound,
        prefixes: vec![],
        seconds: allowance_s,
    };
    let terms = Terms { deck: &deck, zone: &Zone::UTC, allowances: &[plan], discounts: &[] };
    rate(&facts(100_000), &terms, &Used::default()).lines().to_vec()
}

fn sum(lines: &[ChargeLine]) -> i64 {
    lines.iter().map(|line| line.amount.micros).sum()
}

#[test]
fn a_new_price_takes_the_old_lines_back_and_follows_with_its_own() {
    let mut kept = rated("0.06", 0);
    assert_eq!(sum(&kept), 150_000);
    kept.extend(rerate(&kept, &rated("0.03", 0)));
    assert_eq!((sum(&kept), kept.len()), (100_000, 6));
    kept.extend(rerate(&kept, &rated("0.09", 0)));
    assert_eq!(sum(&kept), 200_000);
    let keys: std::collections::BTreeSet<String> = kept.iter().map(ChargeLine::key).collect();
    assert_eq!(keys.len(), kept.len(), "every line has a key of its own");
    assert_eq!(kept.iter().map(|line| line.revision).max(), Some(2));
}

#[test]
fn the_same_price_appends_nothing() {
    let mut kept = rated("0.06", 0);
    assert_eq!(rerate(&kept, &rated("0.06", 0)), []);
    kept.extend(rerate(&kept, &rated("0.03", 0)));
    assert_eq!(rerate(&kept, &rated("0.03", 0)), []);
    let back = rerate(&kept, &rated("0.06", 0));
    assert_eq!(sum(&back), 50_000, "an old price may come back");
}

#[test]
fn what_becomes_free_is_taken_back_and_may_be_rated_again() {
    let mut kept = rated("0.06", 0);
    kept.extend(rerate(&kept, &[]));
    assert_eq!(sum(&kept), 0);
    assert_eq!(rerate(&kept, &[]), []);
    kept.extend(rerate(&kept, &rated("0.06", 0)));
    assert_eq!(sum(&kept), 150_000);
    assert!(rerate(&[], &rated("0.06", 0)).iter().all(|line| line.revision == 0 && !line.reversal));
}

#[test]
fn a_reversal_gives_the_included_minutes_back() {
    let (kept, mut used) = (rated("0.06", 40), Used::default());
    used.count(&kept);
    let plan = AllowanceKey("plan".into());
    assert_eq!(used.of(&plan), 40);
    used.count(&rerate(&kept, &[]));
    assert_eq!(used.of(&plan), 0);
    let longer = rated("0.06", 70);
    let mut both = kept.clone();
    both.extend(rerate(&kept, &longer));
    used = Used::default();
    used.count(&both);
    assert_eq!(used.of(&plan), 70);
    assert_eq!(sum(&both), sum(&longer));
}

#[test]
fn nothing_but_an_answered_leg_to_the_world_is_charged() {
    let deck = import::read(b"prefix,per_minute\n49,0.06\n", Day(0)).unwrap().deck(Currency::USD).unwrap();
    let terms = Terms { deck: &deck, zone: &Zone::UTC, allowances: &[], discounts: &[] };
    let unanswered = Facts { answered_at: None, ..facts(0) };
    assert_eq!(rate(&unanswered, &terms, &Used::default()), charge::Rated::Free(charge::Free::NotAnswered));
    assert_eq!(rate(&unanswered, &terms, &Used::default()).total(), Some(0));
}
