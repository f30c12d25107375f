//! Ten thousand random things happen to three companies, each said once, twice or out of order: the books add up to zero, equal a
//! count by hand and a recount of what happened.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use patchbay_billing::{
    Ledger,
    charge::{ChargeLine, Kind},
    day::Day,
    ledger::{Account, Appended, Cause, Entry, Refused, Transfer, recount},
    rerate,
};
use patchbay_kernel::{CallId, Entropy, LegId, Money, SeededEntropy, TenantId, Wall, money::Currency};

const USD: Currency = Currency::USD;

/// Companies, what each should have, counted without the books, and everything that was ever said.
struct World {
    chance: SeededEntropy,
    now: Wall,
    tenants: Vec<TenantId>,
    by_hand: BTreeMap<TenantId, i64>,
    calls: Vec<(TenantId, Vec<ChargeLine>)>,
    payments: Vec<(TenantId, String, i64)>,
    said: Vec<Entry>,
    books: Ledger,
}

impl World {
    fn new(seed: u64) -> Self {
        let (mut chance, now) = (SeededEntropy::new(seed), Wall::from_unix_ms(1_770_000_000_000));
        let tenants = (0..3).map(|_| TenantId::new(now, &mut chance)).collect();
        let (by_hand, calls, payments, said) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Self { chance, now, tenants, by_hand, calls, payments, said, books: Ledger::default() }
    }

    /// Appends; now and then the same again, and something older again.
    fn say(&mut self, entry: Entry) {
        assert_eq!(self.books.append(entry.clone()), Ok(Appended::New));
        self.said.push(entry.clone());
        if self.chance.below(4) == 0 {
            assert_eq!(self.books.append(entry), Ok(Appended::Already));
        }
        if self.chance.below(4) == 0 {
            let old = self.said[self.chance.below(self.said.len() as u64) as usize].clone();
            assert_eq!(self.books.append(old), Ok(Appended::Already));
        }
    }

    fn owe(&mut self, tenant: TenantId, micros: i64) {
        *self.by_hand.entry(tenant).or_default() += micros;
    }

    fn lines(&mut self, call: CallId, leg: LegId) -> Vec<ChargeLine> {
        let mut line = |kind, most: u64, sign: i64| ChargeLine {
            call,
            leg,
            kind,
            revision: 0,
            reversal: false,
            amount: Money::new(sign * self.chance.below(most) as i64, USD),
            seconds: 0,
            prefix: "49".parse().unwrap(),
            rate_from: Day(0),
            day: Day(20_000),
        };
        vec![line(Kind::SetUp, 50_000, 1), line(Kind::Usage, 9_000_000, 1), line(Kind::Discount, 40_000, -1)]
    }

    fn charge(&mut self, tenant: TenantId, lines: &[ChargeLine]) {
        for line in lines {
            self.owe(tenant, -line.amount.micros);
            if let Some(entry) = Entry::charge(tenant, line, self.now) {
                self.say(entry);
            }
        }
    }

    fn step(&mut self, number: usize) {
        self.now = self.now.plus_s(1);
        let tenant = self.tenants[self.chance.below(3) as usize];
        match self.chance.below(10) {
            0..=4 => {
                let (call, leg) = (CallId::new(self.now, &mut self.chance), LegId::new(self.now, &mut self.chance));
                let lines = self.lines(call, leg);
                self.charge(tenant, &lines);
                self.calls.push((tenant, lines));
            }
            5 | 6 if !self.calls.is_empty() => {
                let at = self.chance.below(self.calls.len() as u64) as usize;
                let (tenant, mut kept) = self.calls[at].clone();
                let new = if self.chance.below(3) == 0 { Vec::new() } else { self.lines(kept[0].call, kept[0].leg) };
                let more = rerate(&kept, &new);
                self.charge(tenant, &more);
                kept.extend(more);
                let price: i64 = new.iter().map(|line| line.amount.micros).sum();
                assert_eq!(kept.iter().map(|line| line.amount.micros).sum::<i64>(), price);
                self.calls[at].1 = kept;
            }
            7 if !self.payments.is_empty() => {
                let (tenant, id, micros) =
                    self.payments.swap_remove(self.chance.below(self.payments.len() as u64) as usize);
                self.owe(tenant, -micros);
                self.say(Entry::refund(tenant, &id, Money::new(micros, USD), self.now).unwrap());
            }
            8 => {
                let (net, tax) = (1 + self.chance.below(90_000_000) as i64, 1 + self.chance.below(9_000_000) as i64);
                self.owe(tenant, -net - tax);
                let to = |account, micros| {
                    Transfer::new(Account::Company(tenant), account, Money::new(micros, USD)).unwrap()
                };
                let transfers = vec![to(Account::Subscriptions, net), to(Account::Tax, tax)];
                self.say(Entry::new(Cause::Invoice(format!("inv{number}"), 0), self.now, transfers).unwrap());
            }
            _ => {
                let micros = 1 + self.chance.below(500_000_000) as i64;
                self.owe(tenant, micros);
                self.payments.push((tenant, format!("pay{number}"), micros));
                self.say(Entry::payment(tenant, &format!("pay{number}"), Money::new(micros, USD), self.now).unwrap());
            }
        }
    }

    fn check(&self) {
        assert_eq!(self.books.sum(USD), 0);
        for tenant in &self.tenants {
            let want = self.by_hand.get(tenant).copied().unwrap_or(0);
            assert_eq!(self.books.balance(Account::Company(*tenant), USD), want);
        }
    }
}

#[test]
fn ten_thousand_operations_add_up_to_zero_and_equal_a_recount() {
    for seed in [1, 2, 3] {
        let mut world = World::new(seed);
        for number in 0..10_000 {
            world.step(number);
            if number % 100 == 0 {
                world.check();
            }
        }
        world.check();
        // Every event late, doubled and in another order.
        let mut again = world.said.clone();
        again.extend(world.said.iter().step_by(3).cloned());
        for at in (1..again.len()).rev() {
            again.swap(at, world.chance.below(at as u64 + 1) as usize);
        }
        assert_eq!(&recount(again).unwrap(), world.books.balances());
        let rows: i128 = world
            .books
            .entries()
            .iter()
            .flat_map(Entry::postings)
            .map(|posting| i128::from(posting.amount.micros))
            .sum();
        assert_eq!((rows, world.books.entries().len()), (0, world.said.len()));
    }
}

#[test]
fn a_key_has_one_content_for_ever() {
    let (now, mut chance, mut books) = (Wall(0), SeededEntropy::new(9), Ledger::default());
    let tenant = TenantId::new(now, &mut chance);
    let paid = |micros, at| Entry::payment(tenant, "pi_1", Money::new(micros, USD), at).unwrap();
    assert_eq!(books.append(paid(5, now)), Ok(Appended::New));
    assert_eq!(books.append(paid(5, now.plus_s(9))), Ok(Appended::Already), "told again later");
    assert_eq!(books.append(paid(6, now)), Err(Refused::OtherContent("payment/pi_1".into())));
    assert_eq!(books.balance(Account::Company(tenant), USD), 5);
}

#[test]
fn an_entry_that_does_not_fit_changes_nothing() {
    let (now, mut chance, mut books) = (Wall(0), SeededEntropy::new(9), Ledger::default());
    let tenant = TenantId::new(now, &mut chance);
    books.append(Entry::payment(tenant, "a", Money::new(i64::MAX, USD), now).unwrap()).unwrap();
    let before = books.balances().clone();
    let second = Entry::payment(tenant, "b", Money::new(1, USD), now).unwrap();
    assert_eq!(books.append(second), Err(Refused::TooLarge));
    assert_eq!((books.balances(), books.entries().len()), (&before, 1));
    let euro = Entry::payment(tenant, "c", Money::new(1, "EUR".parse().unwrap()), now).unwrap();
    assert_eq!(books.append(euro), Ok(Appended::New), "another currency has balances of its own");
    assert_eq!(books.sum(USD), 0);
}

#[test]
fn a_transfer_is_never_negative_and_never_nothing() {
    let mut chance = SeededEntropy::new(9);
    let tenant = Account::Company(TenantId::new(Wall(0), &mut chance));
    let transfer = |from, to, micros| Transfer::new(from, to, Money::new(micros, USD));
    assert_eq!(transfer(tenant, Account::Calls, -5), transfer(Account::Calls, tenant, 5));
    for (from, to, micros) in [(tenant, tenant, 5), (tenant, Account::Calls, 0), (tenant, Account::Calls, i64::MIN)] {
        assert_eq!(transfer(from, to, micros), None);
    }
}
