//! An invoice that explains itself: every amount is the sum of lines, every line of usage names the charge lines of its calls.
//!
//! Lines are exact micro-units; the sum is asked for in whole hundredths. What that rounds away stands on the invoice as a line and in
//! the books as an entry, so that both agree to the micro-unit.

use std::collections::BTreeMap;

use patchbay_kernel::{CallId, Money, TenantId, Wall, money::Currency};

use crate::{
    charge::{ChargeLine, Kind},
    ledger::{Account, Cause, Entry, Transfer},
    rate::Prefix,
    round,
    subscription::{ItemLine, Period},
};

/// What one line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Something that the company has.
    Item(ItemLine),
    /// Calls to numbers that begin so, of one kind of charge.
    Usage {
        /// First digits.
        prefix: Prefix,
        /// Kind of charge.
        kind: Kind,
        /// Charged or covered seconds.
        seconds: u64,
        /// Its calls, each once, in order.
        calls: Vec<CallId>,
        /// The charge lines that it is the sum of, by [`ChargeLine::key`].
        charges: Vec<String>,
    },
    /// Something of before: what a change gave back, a credit.
    Carried(String),
    /// What is rounded away to whole hundredths.
    Rounding,
    /// Tax on the net sum.
    Tax {
        /// Hundredths of a percent.
        basis_points: u16,
    },
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What for.
    pub subject: Subject,
    /// How much, in micro-units.
    pub micros: i64,
}

/// What a company is asked for at the end of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its number, unique for ever.
    pub number: String,
    /// Whose.
    pub tenant: TenantId,
    /// For which days; of what the company has, those to come, of calls, those gone by.
    pub period: Period,
    /// Of every amount.
    pub currency: Currency,
    /// In order: items, usage, what is carried, tax, rounding.
    pub lines: Vec<Line>,
    /// Sum of all lines but tax and rounding, in micro-units.
    pub net: i64,
    /// Sum of all lines, whole hundredths.
    pub total: i64,
}

/// Why there is no invoice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoInvoice {
    /// A charge is in another currency.
    #[error("the charge {0} is in another currency")]
    Currency(String),
    /// The same charge twice.
    #[error("the charge {0} is there twice")]
    Twice(String),
    /// The sum does not fit.
    #[error("the sum is too large")]
    TooLarge,
}

/// What an invoice is made of.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// Its number.
    pub number: String,
    /// Whose.
    pub tenant: TenantId,
    /// For which days.
    pub period: Period,
    /// Of every amount.
    pub currency: Currency,
    /// What the company has.
    pub items: &'a [ItemLine],
    /// Charge lines of its calls, reversals among them, in any order.
    pub charges: &'a [ChargeLine],
    /// Amounts of before with a word for each.
    pub carried: &'a [(String, i64)],
    /// Tax in hundredths of a percent.
    pub tax_basis_points: u16,
}

impl Invoice {
    /// Puts an invoice together.
    ///
    /// # Errors
    /// When charges do not belong together or do not fit.
    pub fn of(parts: Parts<'_>) -> Result<Self, NoInvoice> {
        let items = parts.items.iter().map(|item| Line { subject: Subject::Item(item.clone()), micros: item.micros });
        let mut lines: Vec<Line> = items.collect();
        lines.extend(usage(parts.charges, parts.currency)?);
        let carried =
            |(word, micros): &(String, i64)| Line { subject: Subject::Carried(word.clone()), micros: *micros };
        lines.extend(parts.carried.iter().map(carried));
        let net = add(&lines)?;
        let basis_points = parts.tax_basis_points;
        if basis_points > 0 {
            let tax = round::share(net, u64::from(basis_points), 10_000).ok_or(NoInvoice::TooLarge)?;
            lines.push(Line { subject: Subject::Tax { basis_points }, micros: tax });
        }
        let exact = add(&lines)?;
        let total = round::share(exact, 1, HUNDREDTH as u64).and_then(|cents| cents.checked_mul(HUNDREDTH));
        let total = total.ok_or(NoInvoice::TooLarge)?;
        if total != exact {
            lines.push(Line { subject: Subject::Rounding, micros: total - exact });
        }
        let Parts { number, tenant, period, currency, .. } = parts;
        Ok(Self { number, tenant, period, currency, lines, net, total })
    }

    /// Entries of what is not in the books yet: items, tax and rounding. Calls are there line by line since they were rated, and so
    /// is what was carried.
    pub fn entries(&self, at: Wall) -> Vec<Entry> {
        let entry = |(number, line): (u32, &Line)| {
            let to = match line.subject {
                Subject::Item(_) => Account::Subscriptions,
                Subject::Tax { .. } => Account::Tax,
                Subject::Rounding => Account::Rounding,
                Subject::Usage { .. } | Subject::Carried(_) => return None,
            };
            let transfer = Transfer::new(Account::Company(self.tenant), to, Money::new(line.micros, self.currency))?;
            Entry::new(Cause::Invoice(self.number.clone(), number), at, vec![transfer])
        };
        (0..).zip(&self.lines).filter_map(entry).collect()
    }
}

/// Micro-units of a hundredth.
const HUNDREDTH: i64 = 10_000;

fn add(lines: &[Line]) -> Result<i64, NoInvoice> {
    lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.micros)).ok_or(NoInvoice::TooLarge)
}

/// A charge with its call and its key.
type Keyed<'a> = (CallId, String, &'a ChargeLine);

/// Charges by destination and kind.
fn usage(charges: &[ChargeLine], currency: Currency) -> Result<Vec<Line>, NoInvoice> {
    let mut groups: BTreeMap<(Prefix, &Kind), Vec<Keyed<'_>>> = BTreeMap::new();
    for charge in charges {
        if charge.amount.currency != currency {
            return Err(NoInvoice::Currency(charge.key()));
        }
        groups.entry((charge.prefix, &charge.kind)).or_default().push((charge.call, charge.key(), charge));
    }
    let mut lines = Vec::new();
    for ((prefix, kind), mut group) in groups {
        group.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        if let Some(pair) = group.windows(2).find(|pair| pair[0].1 == pair[1].1) {
            return Err(NoInvoice::Twice(pair[0].1.clone()));
        }
        let mut calls: Vec<CallId> = group.iter().map(|(call, ..)| *call).collect();
        calls.dedup();
        let (mut seconds, mut micros) = (0i64, 0i64);
        for (.., charge) in &group {
            micros = micros.checked_add(charge.amount.micros).ok_or(NoInvoice::TooLarge)?;
            let of = i64::try_from(charge.seconds).map_err(|_| NoInvoice::TooLarge)?;
            seconds = seconds.saturating_add(if charge.reversal { -of } else { of });
        }
        // What is taken back may be of another month: never fewer than none.
        let seconds = seconds.max(0).unsigned_abs();
        let charges = group.into_iter().map(|(_, key, _)| key).collect();
        lines.push(Line { subject: Subject::Usage { prefix, kind: kind.clone(), seconds, calls, charges }, micros });
    }
    Ok(lines)
}
