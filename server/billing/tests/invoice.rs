//! What things cost by the month, what changing them costs today, and what the invoice says: prices worked out by hand.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use patchbay_billing::{
    Day, Deck, Facts, Invoice, Ledger, PriceList, Terms, Used, Zone,
    charge::{ChargeLine, Kind},
    import,
    invoice::{NoInvoice, Parts, Subject},
    ledger::{Account, Appended, Entry},
    price_list::{GatewayPortKind, Item, NumberKind, Plan},
    rate, rerate,
    subscription::{Holdings, Period, Unbillable, month, preview, sum},
};
use patchbay_kernel::{CallId, LegId, SeededEntropy, TenantId, Wall, money::Currency};
use proptest::prelude::*;

const USD: Currency = Currency::USD;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn deck() -> Deck {
    let text = "prefix,per_minute,setup,increment\n49,0.0123,0.001,1/1\n44,0.02,0,60/60\n";
    import::read(text.as_bytes(), Day(0)).unwrap().deck(USD).unwrap()
}

/// A seat costs 15, a number in the US 2, an E1 span 90, a gigabyte 0.10.
fn list() -> PriceList {
    let plan = |name: &str, monthly, seats| Plan { name: name.into(), monthly, seats, minutes: 0 };
    PriceList {
        version: 1,
        effective: Day(0),
        plans: BTreeMap::from([
            ("start".to_owned(), plan("Start", 0, 1)),
            ("team".to_owned(), plan("Team", 49_000_000, 5)),
            ("floor".to_owned(), plan("Floor", 199_000_000, 20)),
        ]),
        monthly: BTreeMap::from([
            (Item::Seat, 15_000_000),
            (Item::Number(NumberKind::Local, *b"US"), 2_000_000),
            (Item::GatewayPort(GatewayPortKind::E1Span), 90_000_000),
            (Item::RecordingStorage, 100_000),
        ]),
        deck: deck(),
    }
}

fn holdings(plan: &str, seats: u32, numbers: u32, spans: u32) -> Holdings {
    Holdings {
        plan: plan.into(),
        seats,
        numbers: BTreeMap::from([((NumberKind::Local, *b"US"), numbers)]),
        gateway_ports: BTreeMap::from([(GatewayPortKind::E1Span, spans)]),
        recording_gb: 0,
    }
}

#[test]
fn periods_begin_on_the_companys_day_or_the_last_one() {
    let of = |text: &str, anchor| {
        let Period { from, until } = Period::of(day(text), anchor);
        (from.to_string(), until.to_string())
    };
    let pair = |from: &str, until: &str| (from.to_owned(), until.to_owned());
    assert_eq!(of("2026-03-15", 1), pair("2026-03-01", "2026-04-01"));
    assert_eq!(of("2026-03-14", 15), pair("2026-02-15", "2026-03-15"));
    assert_eq!(of("2026-03-15", 15), pair("2026-03-15", "2026-04-15"));
    assert_eq!(of("2026-02-27", 31), pair("2026-01-31", "2026-02-28"));
    assert_eq!(of("2026-02-28", 31), pair("2026-02-28", "2026-03-31"));
    assert_eq!(of("2026-03-30", 31), pair("2026-02-28", "2026-03-31"));
    assert_eq!(of("2027-01-05", 10), pair("2026-12-10", "2027-01-10"));
    assert_eq!(of("2028-02-29", 30), pair("2028-02-29", "2028-03-30"));
}

#[test]
fn a_month_is_what_is_there_less_what_the_plan_includes() {
    let list = list();
    let lines = month(&holdings("team", 8, 3, 1), &list, Period::of(day("2026-04-10"), 1)).unwrap();
    let words: Vec<_> = lines.iter().map(|line| (line.item.word(), line.count, line.micros)).collect();
    assert_eq!(
        words,
        [
            ("plan:team".to_owned(), 1, 49_000_000),
            ("seat".to_owned(), 3, 45_000_000),
            ("number:local:US".to_owned(), 3, 6_000_000),
            ("gateway_port:e1_span".to_owned(), 1, 90_000_000),
        ]
    );
    assert_eq!(sum(&lines), Ok(190_000_000));
    let few = month(&holdings("team", 2, 0, 0), &list, Period::of(day("2026-04-10"), 1)).unwrap();
    assert_eq!(few.len(), 1, "fewer seats than the plan includes cost nothing more");
    let unsold =
        Holdings { gateway_ports: BTreeMap::from([(GatewayPortKind::SimSlot, 1)]), ..holdings("team", 1, 0, 0) };
    let period = Period::of(day("2026-04-10"), 1);
    assert_eq!(month(&unsold, &list, period), Err(Unbillable::NotSold("gateway_port:sim_slot".into())));
    assert_eq!(month(&holdings("gold", 1, 0, 0), &list, period), Err(Unbillable::NotSold("plan:gold".into())));
}

#[test]
fn more_is_paid_today_for_the_days_that_are_left() {
    let list = list();
    // April has thirty days; from the 21st on ten are left: a third of the month.
    let (period, today) = (Period::of(day("2026-04-21"), 1), day("2026-04-21"));
    let ask = |old: &Holdings, new: &Holdings| preview((old, new), (&list, &list), (period, 1), today).unwrap();
    let more = ask(&holdings("team", 5, 1, 0), &holdings("team", 7, 2, 1));
    // Two seats 30, a number 2, a span 90 a month: a third is 10, 0.666667, 30.
    let change: Vec<_> = more.change.iter().map(|line| (line.count, line.days, line.micros)).collect();
    assert_eq!(change, [(2, (10, 30), 10_000_000), (1, (10, 30), 666_667), (1, (10, 30), 30_000_000)]);
    assert_eq!((more.today, more.carried), (40_666_667, 0));
    // 49 + 30 + 4 + 90 in May.
    assert_eq!(more.next_total, 173_000_000);
    assert!(more.next.iter().all(|line| line.days == (31, 31)));

    let less = ask(&holdings("team", 7, 2, 1), &holdings("team", 5, 1, 0));
    assert_eq!((less.today, less.carried), (0, -40_666_667));
    assert_eq!(less.next_total, 51_000_000 - 40_666_667);

    // Plan up: 199 - 49 = 150 more, but the two paid seats come with it: 30 less. A third of 120.
    let up = ask(&holdings("team", 7, 0, 0), &holdings("floor", 7, 0, 0));
    assert_eq!(up.today, 66_333_333 - 16_333_333 - 10_000_000);
    assert_eq!(up.next_total, 199_000_000);
    assert!(ask(&holdings("team", 7, 0, 0), &holdings("team", 7, 0, 0)).change.is_empty());
}

#[test]
fn the_next_invoice_has_the_prices_of_the_next_period() {
    let (current, mut next) = (list(), list());
    next.monthly.insert(Item::Seat, 18_000_000);
    let (period, today) = (Period::of(day("2026-04-30"), 1), day("2026-04-30"));
    let (old, new) = (holdings("team", 5, 0, 0), holdings("team", 6, 0, 0));
    let got = preview((&old, &new), (&current, &next), (period, 1), today).unwrap();
    assert_eq!((got.today, got.next_total), (500_000, 67_000_000), "the last day: one of thirty");
    let outside = preview((&old, &new), (&current, &next), (period, 1), day("2026-05-01"));
    assert_eq!(outside, Err(Unbillable::OutsidePeriod(day("2026-05-01"))));
}

proptest! {
    #[test]
    fn a_change_and_its_undoing_on_one_day_cost_nothing(
        seats in 0u32..60, numbers in 0u32..60, spans in 0u32..9, more in 0u32..60, on in 0i32..900, anchor in 1u8..=31,
    ) {
        let (list, today) = (list(), day("2026-01-01").plus(on));
        let period = Period::of(today, anchor);
        prop_assert!(period.left(today).is_some() && (28..=31).contains(&period.days()));
        prop_assert_eq!(period.next(anchor).from, period.until);
        let (old, new) = (holdings("team", seats, numbers, spans), holdings("floor", seats + more, spans, numbers));
        let there = preview((&old, &new), (&list, &list), (period, anchor), today).unwrap();
        let back = preview((&new, &old), (&list, &list), (period, anchor), today).unwrap();
        prop_assert_eq!(there.today + there.carried, -(back.today + back.carried));
        prop_assert!(there.today == 0 || there.carried == 0);
    }
}

/// Calls of a month with what each costs.
fn charges(calls: u64) -> Vec<ChargeLine> {
    let (deck, mut chance) = (deck(), SeededEntropy::new(4));
    let terms = Terms { deck: &deck, zone: &Zone::UTC, allowances: &[], discounts: &[] };
    let mut lines = Vec::new();
    for number in 0..calls {
        let now = Wall::from_unix_ms(1_775_000_000_000 + number as i64 * 60_000);
        let facts = Facts {
            call: CallId::new(now, &mut chance),
            leg: LegId::new(now, &mut chance),
            direction: Some(patchbay_billing::Direction::Outbound),
            number: if number % 3 == 0 { "+442079460018" } else { "+4930901820" }.into(),
            answered_at: Some(now),
            talk_ms: 10_000 + number * 1_000,
        };
        lines.extend(rate(&facts, &terms, &Used::default()).lines().to_vec());
    }
    lines
}

fn parts<'a>(tenant: TenantId, charges: &'a [ChargeLine], carried: &'a [(String, i64)]) -> Parts<'a> {
    let period = Period::of(day("2026-04-01"), 1);
    Parts {
        number: "2026-04-0001".into(),
        tenant,
        period,
        currency: USD,
        items: &[],
        charges,
        carried,
        tax_basis_points: 1_900,
    }
}

#[test]
fn an_invoice_explains_every_micro_unit() {
    let tenant = TenantId::new(Wall(0), &mut SeededEntropy::new(1));
    let list = list();
    let items = month(&holdings("team", 8, 3, 1), &list, Period::of(day("2026-04-10"), 1)).unwrap();
    // Six calls: 0 and 3 to 44, one minute each; 1, 2, 4, 5 to 49 with 11, 12, 14 and 15 seconds at 205 a second.
    let (charges, carried) = (charges(6), vec![("downgrade".to_owned(), -1_000_000)]);
    let invoice = Invoice::of(Parts { items: &items, ..parts(tenant, &charges, &carried) }).unwrap();
    let usage: Vec<_> = invoice
        .lines
        .iter()
        .filter_map(|line| match &line.subject {
            Subject::Usage { prefix, kind, seconds, calls, charges } => {
                Some((prefix.to_string(), kind.word(), *seconds, calls.len(), charges.len(), line.micros))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        usage,
        [
            ("44".to_owned(), "usage".to_owned(), 120, 2, 2, 40_000),
            ("49".to_owned(), "set_up".to_owned(), 0, 4, 4, 4_000),
            ("49".to_owned(), "usage".to_owned(), 52, 4, 4, 52 * 205),
        ]
    );
    let net = 190_000_000 + 40_000 + 4_000 + 10_660 - 1_000_000;
    // 19 % of 189,054,660 is 35,920,385.4.
    assert_eq!((invoice.net, invoice.total), (net, 224_980_000));
    let last = invoice.lines.last().unwrap();
    assert_eq!((&last.subject, last.micros), (&Subject::Rounding, 224_980_000 - net - 35_920_385));
    assert_eq!(invoice.lines.iter().map(|line| line.micros).sum::<i64>(), invoice.total);
    let named: BTreeSet<&String> = invoice
        .lines
        .iter()
        .flat_map(|line| match &line.subject {
            Subject::Usage { charges, .. } => charges.iter(),
            _ => [].iter(),
        })
        .collect();
    assert_eq!(named, charges.iter().map(ChargeLine::key).collect::<Vec<_>>().iter().collect());
}

#[test]
fn when_the_invoice_is_paid_the_company_owes_nothing() {
    let now = Wall(0);
    let tenant = TenantId::new(now, &mut SeededEntropy::new(1));
    let mut charges = charges(40);
    let first: Vec<ChargeLine> = charges.iter().filter(|line| line.call == charges[0].call).cloned().collect();
    charges.extend(rerate(&first, &[]));
    let items = month(&holdings("team", 8, 3, 1), &list(), Period::of(day("2026-04-10"), 1)).unwrap();
    let invoice = Invoice::of(Parts { items: &items, ..parts(tenant, &charges, &[]) }).unwrap();
    let mut books = Ledger::default();
    for line in &charges {
        books.append(Entry::charge(tenant, line, now).unwrap()).unwrap();
    }
    for entry in invoice.entries(now).into_iter().chain(invoice.entries(now.plus_s(5))) {
        books.append(entry).unwrap();
    }
    let owed = books.balance(Account::Company(tenant), USD);
    assert_eq!(owed, -invoice.total, "the books and the invoice agree to the micro-unit");
    let paid = Entry::payment(tenant, "pi_1", patchbay_kernel::Money::new(invoice.total, USD), now).unwrap();
    assert_eq!(books.append(paid), Ok(Appended::New));
    assert_eq!((books.balance(Account::Company(tenant), USD), books.sum(USD)), (0, 0));
    assert_eq!(invoice.total % 10_000, 0);
}

#[test]
fn a_call_that_was_taken_back_is_there_with_both_lines() {
    let tenant = TenantId::new(Wall(0), &mut SeededEntropy::new(1));
    let mut charges = charges(1);
    charges.extend(rerate(&charges, &[]));
    let invoice = Invoice::of(parts(tenant, &charges, &[])).unwrap();
    assert_eq!(invoice.total, 0);
    let Subject::Usage { seconds, calls, charges: keys, kind, .. } = &invoice.lines[0].subject else { panic!() };
    assert_eq!((*seconds, calls.len(), keys.len(), kind), (0, 1, 2, &Kind::Usage));
}

#[test]
fn what_does_not_belong_together_is_no_invoice() {
    let tenant = TenantId::new(Wall(0), &mut SeededEntropy::new(1));
    let mut twice = charges(1);
    twice.push(twice[0].clone());
    assert_eq!(Invoice::of(parts(tenant, &twice, &[])), Err(NoInvoice::Twice(twice[0].key())));
    let mut euro = charges(1);
    euro[0].amount.currency = "EUR".parse().unwrap();
    assert_eq!(Invoice::of(parts(tenant, &euro, &[])), Err(NoInvoice::Currency(euro[0].key())));
    let large = [("a".to_owned(), i64::MAX), ("b".to_owned(), 1)];
    assert_eq!(Invoice::of(parts(tenant, &[], &large)), Err(NoInvoice::TooLarge));
}
