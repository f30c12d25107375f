//! Prepaid calls on a clock of their own: nobody is let in without money, nobody is cut off who has some, and however many call at
//! once, the balance does not go below zero by more than one slice each.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use patchbay_billing::{
    Increment, Meter, Quote, Wallet,
    meter::{Effect, Input, Pacing},
    rate::Tariff,
};
use patchbay_kernel::{Entropy, SeededEntropy, Tick, time::Span};
use proptest::prelude::*;

const PACING: Pacing = Pacing { slice_s: 60, lead_s: 15, least_s: 10, margin_ms: 500 };

fn quote(increment: &str, per_minute: i64, setup: i64) -> Quote {
    Quote::plain(Tariff { per_minute, setup, minimum: 0, increment: increment.parse::<Increment>().unwrap() })
}

fn drain(meter: &mut Meter) -> Vec<Effect> {
    std::iter::from_fn(|| meter.poll()).collect()
}

fn step(meter: &mut Meter, input: Input, ms: u64) -> Vec<Effect> {
    meter.handle(input, Tick::from_ms(ms));
    drain(meter)
}

#[test]
fn a_call_sets_money_aside_slice_by_slice_and_frees_the_rest() {
    let mut meter = Meter::new(quote("1/1", 60_000, 5_000), PACING);
    assert_eq!(step(&mut meter, Input::SetUp, 0), [Effect::Reserve(65_000)]);
    assert_eq!(step(&mut meter, Input::Reserved, 1), [Effect::Admit]);
    assert_eq!(step(&mut meter, Input::Answered, 5_000), [Effect::WakeAt(Tick::from_ms(49_500))]);
    let asks = [Effect::WakeAt(Tick::from_ms(64_500)), Effect::Reserve(60_000)];
    assert_eq!(step(&mut meter, Input::Deadline, 49_500), asks);
    assert_eq!(step(&mut meter, Input::Reserved, 49_510), [Effect::WakeAt(Tick::from_ms(109_500))]);
    assert_eq!(meter.reserved(), 125_000);
    let price = quote("1/1", 60_000, 5_000).price(70).unwrap();
    assert_eq!(step(&mut meter, Input::Ended(price), 75_000), [Effect::Settle { charged: 75_000, reserved: 125_000 }]);
    assert_eq!(step(&mut meter, Input::Ended(price), 75_001), [], "told twice, paid once");
    assert_eq!(step(&mut meter, Input::Deadline, 109_500), []);
}

#[test]
fn who_has_too_little_is_not_let_in_and_who_has_some_talks_for_that() {
    let mut meter = Meter::new(quote("1/1", 60_000, 0), PACING);
    step(&mut meter, Input::SetUp, 0);
    assert_eq!(step(&mut meter, Input::Short(9_999), 1), [Effect::Refuse]);
    assert_eq!(step(&mut meter, Input::Ended(0), 2), [Effect::Settle { charged: 0, reserved: 0 }]);

    let mut meter = Meter::new(quote("1/1", 60_000, 0), PACING);
    step(&mut meter, Input::SetUp, 0);
    assert_eq!(step(&mut meter, Input::Short(30_999), 1), [Effect::Reserve(30_000)]);
    assert_eq!(step(&mut meter, Input::Reserved, 2), [Effect::Admit]);
    assert_eq!(step(&mut meter, Input::Answered, 1_000), [Effect::WakeAt(Tick::from_ms(15_500))]);
    assert_eq!(step(&mut meter, Input::Deadline, 15_500), [Effect::Warn(15), Effect::WakeAt(Tick::from_ms(30_500))]);
    assert_eq!(step(&mut meter, Input::Deadline, 30_500), [Effect::End]);
    assert_eq!(step(&mut meter, Input::Ended(30_000), 30_700), [Effect::Settle { charged: 30_000, reserved: 30_000 }]);

    let mut meter = Meter::new(quote("60/60", 60_000, 0), PACING);
    step(&mut meter, Input::SetUp, 0);
    assert_eq!(step(&mut meter, Input::Short(59_999), 1), [Effect::Refuse], "the first minute is owed whole");
}

#[test]
fn a_call_that_runs_dry_warns_ends_and_is_saved_by_a_top_up() {
    let begin = || {
        let mut meter = Meter::new(quote("6/6", 60_000, 0), PACING);
        step(&mut meter, Input::SetUp, 0);
        step(&mut meter, Input::Reserved, 1);
        step(&mut meter, Input::Answered, 0);
        step(&mut meter, Input::Deadline, 44_500);
        // 20 s of money are left beyond the first minute, three steps of six seconds of them.
        assert_eq!(step(&mut meter, Input::Short(20_000), 44_600), [Effect::Reserve(18_000)]);
        let warned = [Effect::Warn(32), Effect::WakeAt(Tick::from_ms(62_500))];
        assert_eq!(step(&mut meter, Input::Reserved, 44_700), warned);
        assert_eq!(
            step(&mut meter, Input::Deadline, 62_500),
            [Effect::Warn(15), Effect::WakeAt(Tick::from_ms(77_500))]
        );
        meter
    };
    let mut meter = begin();
    assert_eq!(step(&mut meter, Input::Deadline, 77_500), [Effect::End]);
    assert_eq!(step(&mut meter, Input::ToppedUp, 77_600), [], "too late");

    let mut meter = begin();
    assert_eq!(step(&mut meter, Input::ToppedUp, 70_000), [Effect::Reserve(60_000)]);
    assert_eq!(step(&mut meter, Input::Reserved, 70_010), [Effect::WakeAt(Tick::from_ms(122_500))]);
}

#[test]
fn an_answer_that_never_comes_is_a_no() {
    let mut meter = Meter::new(quote("1/1", 60_000, 0), PACING);
    step(&mut meter, Input::SetUp, 0);
    step(&mut meter, Input::Reserved, 1);
    step(&mut meter, Input::Answered, 0);
    step(&mut meter, Input::Deadline, 44_500);
    assert_eq!(step(&mut meter, Input::Deadline, 59_500), [Effect::End]);
    assert_eq!(step(&mut meter, Input::Reserved, 59_600), [], "late, but it is set aside now");
    assert_eq!(step(&mut meter, Input::Ended(60_000), 59_700), [Effect::Settle { charged: 60_000, reserved: 120_000 }]);
}

#[test]
fn money_set_aside_after_the_end_is_given_back() {
    let mut meter = Meter::new(quote("1/1", 60_000, 0), PACING);
    step(&mut meter, Input::SetUp, 0);
    assert_eq!(
        step(&mut meter, Input::Ended(0), 5),
        [Effect::Settle { charged: 0, reserved: 0 }],
        "the caller gave up"
    );
    assert_eq!(step(&mut meter, Input::Reserved, 9), [Effect::Settle { charged: 0, reserved: 60_000 }]);
    assert_eq!(step(&mut meter, Input::Reserved, 10), []);
}

#[test]
fn a_call_for_nothing_needs_no_money() {
    let (mut meter, mut wallet) = (Meter::new(quote("1/1", 0, 0), PACING), Wallet::default());
    assert_eq!(step(&mut meter, Input::SetUp, 0), [Effect::Reserve(0)]);
    assert_eq!(wallet.reserve(0), Ok(()));
    assert_eq!(step(&mut meter, Input::Reserved, 1), [Effect::Admit]);
}

/// One call of the crowd.
struct Call {
    quote: Quote,
    meter: Meter,
    wake: Option<Tick>,
    admitted: bool,
    answered: Option<Tick>,
    /// When the parties hang up by themselves.
    hangs_up: Tick,
    /// When it ends because it was told to.
    ends: Option<Tick>,
}

/// What came of a crowd.
struct Crowd {
    wallet: Wallet,
    spent: i64,
    admitted: usize,
    cut: usize,
    /// Sum over all calls of what one slice costs.
    slices: i64,
    lowest: i64,
}

/// Calls begin within ten seconds, are answered after some, last up to ten minutes; an end takes up to `end_ms`.
fn crowd(seed: u64, calls: usize, wallet: Wallet, end_ms: u64) -> Crowd {
    let mut chance = SeededEntropy::new(seed);
    let mut crowd = Crowd { wallet, spent: 0, admitted: 0, cut: 0, slices: 0, lowest: wallet.balance };
    let mut running: BTreeMap<usize, Call> = BTreeMap::new();
    let mut agenda: BTreeSet<(Tick, usize)> = BTreeSet::new();
    for id in 0..calls {
        let steps = ["60/60", "30/6", "1/1", "6/6"][chance.below(4) as usize];
        let quote = quote(steps, chance.below(600_000) as i64, chance.below(2) as i64 * 20_000);
        crowd.slices += quote.price(PACING.slice_s).unwrap();
        let hangs_up = Tick::from_ms(20_000 + chance.below(600_000));
        let meter = Meter::new(quote, PACING);
        running.insert(id, Call { quote, meter, wake: None, admitted: false, answered: None, hangs_up, ends: None });
        agenda.insert((Tick::from_ms(chance.below(10_000)), id));
    }
    while let Some((now, id)) = agenda.pop_first() {
        let Some(call) = running.get_mut(&id) else { continue };
        let input = if call.ends.is_some_and(|at| at <= now) || (call.answered.is_some() && call.hangs_up <= now) {
            let talk_ms = call.answered.map_or(0, |since| now.since(since).as_ms());
            let price = call.answered.and_then(|_| call.quote.parts(talk_ms)).and_then(|parts| parts.total());
            Input::Ended(price.unwrap_or(0))
        } else if call.wake.is_some_and(|at| at <= now) {
            Input::Deadline
        } else if call.answered.is_none() && call.admitted {
            call.answered = Some(now);
            agenda.insert((call.hangs_up.max(now), id));
            Input::Answered
        } else if call.answered.is_none() {
            Input::SetUp
        } else {
            continue;
        };
        call.meter.handle(input, now);
        let mut over = matches!(input, Input::Ended(_));
        while let Some(effect) = call.meter.poll() {
            match effect {
                Effect::Reserve(micros) => match crowd.wallet.reserve(micros) {
                    Ok(()) => call.meter.handle(Input::Reserved, now),
                    Err(short) => call.meter.handle(Input::Short(short.available), now),
                },
                Effect::Admit => {
                    crowd.admitted += 1;
                    call.admitted = true;
                    agenda.insert((now + Span::ms(1 + chance.below(8_000)), id));
                }
                Effect::Refuse => over = true,
                Effect::WakeAt(at) => {
                    call.wake = Some(at);
                    agenda.insert((at.max(now), id));
                }
                Effect::Warn(_) => {}
                Effect::End => {
                    crowd.cut += 1;
                    call.wake = None;
                    let at = now + Span::ms(chance.below(end_ms + 1));
                    call.ends = Some(at);
                    agenda.insert((at, id));
                }
                Effect::Settle { charged, reserved } => {
                    crowd.wallet.settle(charged, reserved);
                    crowd.spent += charged;
                    crowd.lowest = crowd.lowest.min(crowd.wallet.balance);
                }
            }
        }
        if over {
            running.remove(&id);
        }
    }
    assert!(running.is_empty(), "{} calls never ended", running.len());
    crowd
}

#[test]
fn two_hundred_prepaid_calls_at_once_never_spend_what_is_not_there() {
    for seed in 0..40 {
        let wallet = Wallet { balance: 60_000_000, reserved: 0, credit_limit: 0 };
        let crowd = crowd(seed, 200, wallet, 400);
        assert!(crowd.lowest >= 0, "seed {seed}: {} below zero", crowd.lowest);
        assert_eq!((crowd.wallet.reserved, crowd.wallet.balance), (0, 60_000_000 - crowd.spent), "seed {seed}");
        assert!(crowd.admitted > 100 && crowd.cut > 20, "seed {seed}: {} admitted, {} cut", crowd.admitted, crowd.cut);
        assert!(crowd.spent > 50_000_000, "seed {seed}: {} spent only", crowd.spent);
    }
}

#[test]
fn when_ends_take_long_each_call_overspends_by_one_slice_at_most() {
    for seed in 0..40 {
        let wallet = Wallet { balance: 40_000_000, reserved: 0, credit_limit: 0 };
        let crowd = crowd(seed, 200, wallet, 30_000);
        assert!(crowd.lowest >= -crowd.slices, "seed {seed}: {} below zero", crowd.lowest);
        assert_eq!(crowd.wallet.reserved, 0, "seed {seed}");
    }
}

#[test]
fn postpaid_goes_as_far_below_zero_as_was_agreed() {
    let wallet = Wallet { balance: 0, reserved: 0, credit_limit: 30_000_000 };
    let crowd = crowd(7, 200, wallet, 400);
    assert!((-30_000_000..-20_000_000).contains(&crowd.lowest), "{}", crowd.lowest);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_balance_nothing_is_spent_that_is_not_there(seed in any::<u64>(), calls in 1usize..60, balance in 0i64..40_000_000) {
        let crowd = crowd(seed, calls, Wallet { balance, reserved: 0, credit_limit: 0 }, 400);
        prop_assert!(crowd.lowest >= 0);
        prop_assert_eq!((crowd.wallet.reserved, crowd.wallet.balance), (0, balance - crowd.spent));
    }

    #[test]
    fn in_any_order_what_is_set_aside_is_settled_once(inputs in proptest::collection::vec((0u8..7, 0u64..90_000, 0i64..100_000), 1..60)) {
        let (mut meter, mut now) = (Meter::new(quote("6/6", 60_000, 1_000), PACING), 0);
        // Granted less settled; each grant answers the last question only.
        let (mut held, mut asked) = (0i64, None);
        for (kind, later, micros) in inputs {
            now += later;
            let input = match kind {
                0 => Input::SetUp,
                1 if asked.is_some() => { held += asked.take().unwrap_or(0); Input::Reserved }
                2 if asked.is_some() => { asked = None; Input::Short(micros) }
                3 => Input::Answered,
                4 => Input::Ended(micros),
                5 => Input::ToppedUp,
                _ => Input::Deadline,
            };
            for effect in step(&mut meter, input, now) {
                match effect {
                    Effect::Reserve(micros) => { prop_assert!(asked.is_none()); asked = Some(micros); }
                    Effect::Settle { reserved, .. } => held -= reserved,
                    _ => {}
                }
            }
            prop_assert_eq!(held, meter.reserved());
        }
    }
}
