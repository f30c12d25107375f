//! The books: double entry, nothing is ever changed or taken out.
//!
//! An entry is made of transfers, each of which takes from one account what it gives to another: that all balances add up to zero is
//! not checked but cannot be otherwise. Every entry has a cause and a key of its own; the same key with the same content a second
//! time is no second entry, so that whoever was interrupted may simply say it again.

use std::collections::{BTreeMap, btree_map};

use patchbay_kernel::{Money, TenantId, Wall, money::Currency};

use crate::charge::ChargeLine;

/// Where value stands. What an account has is what came in less what went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What a company has paid ahead; below zero what it owes.
    Company(TenantId),
    /// What came from payers, as a negative balance.
    Payments,
    /// Earned with calls.
    Calls,
    /// Earned with plans, seats, numbers, gateway ports and storage.
    Subscriptions,
    /// Owed to the state.
    Tax,
    /// Given for nothing: credits, and what nobody will pay any more.
    Goodwill,
    /// What invoices round away to whole cents.
    Rounding,
}

impl Account {
    /// As stored in the books of one company.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Company(_) => "company",
            Self::Payments => "payments",
            Self::Calls => "calls",
            Self::Subscriptions => "subscriptions",
            Self::Tax => "tax",
            Self::Goodwill => "goodwill",
            Self::Rounding => "rounding",
        }
    }
}

/// Why an entry was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A line of a call, by [`ChargeLine::key`].
    Charge(String),
    /// A payment came in, by the provider's id or the operator's reference.
    Payment(String),
    /// A payment went back, by the id of the refund.
    Refund(String),
    /// A line of an invoice, by invoice and number of the line.
    Invoice(String, u32),
    /// An operator gave something, by its reference.
    Credit(String),
}

impl Cause {
    /// The unique key of the entry.
    pub fn key(&self) -> String {
        match self {
            Self::Charge(line) => format!("charge/{line}"),
            Self::Payment(id) => format!("payment/{id}"),
            Self::Refund(id) => format!("refund/{id}"),
            Self::Invoice(invoice, line) => format!("invoice/{invoice}/{line}"),
            Self::Credit(reference) => format!("credit/{reference}"),
        }
    }
}

/// So much from one account to another. Never negative: a negative amount is a positive one the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    from: Account,
    to: Account,
    amount: Money,
}

impl Transfer {
    /// `None` between an account and itself, for nothing, and for the one amount that has no opposite.
    pub fn new(from: Account, to: Account, amount: Money) -> Option<Self> {
        let there = amount.micros > 0;
        let amount = Money::new(amount.micros.checked_abs()?, amount.currency);
        let (from, to) = if there { (from, to) } else { (to, from) };
        (from != to && amount.micros > 0).then_some(Self { from, to, amount })
    }
}

/// One row of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Whose balance changes.
    pub account: Account,
    /// By how much.
    pub amount: Money,
}

/// Transfers with one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    cause: Cause,
    at: Wall,
    transfers: Vec<Transfer>,
}

impl Entry {
    /// `None` without a transfer.
    pub fn new(cause: Cause, at: Wall, transfers: Vec<Transfer>) -> Option<Self> {
        (!transfers.is_empty()).then_some(Self { cause, at, transfers })
    }

    /// Of a line of a call; `None` for a line of nothing.
    pub fn charge(tenant: TenantId, line: &ChargeLine, at: Wall) -> Option<Self> {
        let transfer = Transfer::new(Account::Company(tenant), Account::Calls, line.amount)?;
        Self::new(Cause::Charge(line.key()), at, vec![transfer])
    }

    /// Of money that came in.
    pub fn payment(tenant: TenantId, id: &str, amount: Money, at: Wall) -> Option<Self> {
        let transfer = Transfer::new(Account::Payments, Account::Company(tenant), amount)?;
        Self::new(Cause::Payment(id.into()), at, vec![transfer])
    }

    /// Of money that went back.
    pub fn refund(tenant: TenantId, id: &str, amount: Money, at: Wall) -> Option<Self> {
        let transfer = Transfer::new(Account::Company(tenant), Account::Payments, amount)?;
        Self::new(Cause::Refund(id.into()), at, vec![transfer])
    }

    /// Why.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// When.
    pub const fn at(&self) -> Wall {
        self.at
    }

    /// Two rows for each transfer.
    pub fn postings(&self) -> impl Iterator<Item = Posting> + '_ {
        self.transfers.iter().flat_map(|it| {
            let out = Money::new(-it.amount.micros, it.amount.currency);
            [Posting { account: it.from, amount: out }, Posting { account: it.to, amount: it.amount }]
        })
    }
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in the books now.
    New,
    /// It was there already.
    Already,
}

/// Why an entry is not taken in; the books are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The key is there with other content.
    #[error("{0} is in the books with other content")]
    OtherContent(String),
    /// A balance would not fit.
    #[error("the balance is too large")]
    TooLarge,
}

/// Balances by account and currency; one that is not there is zero.
pub type Balances = BTreeMap<(Account, Currency), i64>;

/// Books in memory: what a store with append-only tables and unique keys must do.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    by_key: BTreeMap<String, usize>,
    balances: Balances,
}

impl Ledger {
    /// Takes an entry in, wholly or not at all.
    ///
    /// # Errors
    /// When its key is taken by another content or a balance would not fit.
    pub fn append(&mut self, entry: Entry) -> Result<Appended, Refused> {
        let key = entry.cause.key();
        if let Some(there) = self.by_key.get(&key).map(|at| &self.entries[*at]) {
            let same = there.cause == entry.cause && there.transfers == entry.transfers;
            return if same { Ok(Appended::Already) } else { Err(Refused::OtherContent(key)) };
        }
        let mut changed = BTreeMap::new();
        for posting in entry.postings() {
            let account = (posting.account, posting.amount.currency);
            let balance = match changed.entry(account) {
                btree_map::Entry::Occupied(there) => there.into_mut(),
                btree_map::Entry::Vacant(empty) => empty.insert(self.balances.get(&account).copied().unwrap_or(0)),
            };
            *balance = balance.checked_add(posting.amount.micros).ok_or(Refused::TooLarge)?;
        }
        self.balances.extend(changed);
        self.by_key.insert(key, self.entries.len());
        self.entries.push(entry);
        Ok(Appended::New)
    }

    /// In the order in which they came.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Micro-units of one account.
    pub fn balance(&self, account: Account, currency: Currency) -> i64 {
        self.balances.get(&(account, currency)).copied().unwrap_or(0)
    }

    /// All balances as they are kept.
    pub const fn balances(&self) -> &Balances {
        &self.balances
    }

    /// All balances of one currency together: always zero.
    pub fn sum(&self, currency: Currency) -> i128 {
        self.balances.iter().filter(|((_, of), _)| *of == currency).map(|(_, micros)| i128::from(*micros)).sum()
    }
}

/// Balances counted anew from entries in any order, each as often as it likes to come. What is kept must equal this.
///
/// # Errors
/// When a balance does not fit or a key comes with two contents.
pub fn recount(entries: impl IntoIterator<Item = Entry>) -> Result<Balances, Refused> {
    let mut books = Ledger::default();
    for entry in entries {
        books.append(entry)?;
    }
    Ok(books.balances)
}
