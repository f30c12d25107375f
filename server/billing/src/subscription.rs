//! What a company has each month, what changing it costs today, and what the next invoice will say.
//!
//! A period begins on the company's day of the month (the last day of shorter months) and ends before the next one. A change pays for
//! the days that are left, today among them: what is more is paid today, what is less is taken off the next invoice. The two sides
//! of one change are set off against each other first, so that nobody pays for a new plan in full while the old one is refunded later.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    day::Day,
    price_list::{GatewayPortKind, Item, NumberKind, PriceList},
    round,
};

/// What a company has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Key of its plan.
    pub plan: String,
    /// Seats, those of the plan among them.
    pub seats: u32,
    /// Numbers by kind and country.
    pub numbers: BTreeMap<(NumberKind, [u8; 2]), u32>,
    /// Gateway ports by kind.
    pub gateway_ports: BTreeMap<GatewayPortKind, u32>,
    /// Whole gigabytes of recordings that are kept.
    pub recording_gb: u32,
}

/// Something that cannot be billed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbillable {
    /// The price list does not sell it.
    #[error("{0} has no price")]
    NotSold(String),
    /// The amount does not fit.
    #[error("the amount is too large")]
    TooLarge,
    /// The day is not in the period.
    #[error("{0} is not in the period")]
    OutsidePeriod(Day),
}

impl Holdings {
    /// What is counted and paid, without what the plan includes. Nothing stands there with a count of 0.
    ///
    /// # Errors
    /// When the plan is not sold.
    pub fn items(&self, list: &PriceList) -> Result<BTreeMap<Item, u32>, Unbillable> {
        let plan =
            list.plans.get(&self.plan).ok_or_else(|| Unbillable::NotSold(Item::Plan(self.plan.clone()).word()))?;
        let mut items = BTreeMap::from([
            (Item::Plan(self.plan.clone()), 1),
            (Item::Seat, self.seats.saturating_sub(plan.seats)),
            (Item::RecordingStorage, self.recording_gb),
        ]);
        items.extend(self.numbers.iter().map(|((kind, country), count)| (Item::Number(*kind, *country), *count)));
        items.extend(self.gateway_ports.iter().map(|(kind, count)| (Item::GatewayPort(*kind), *count)));
        items.retain(|_, count| *count > 0);
        Ok(items)
    }
}

/// Days that are paid together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// First day of the next period.
    pub until: Day,
}

impl Period {
    /// The period that holds this day, for a company whose periods begin on the `anchor`-th.
    pub fn of(day: Day, anchor: u8) -> Self {
        let (_, _, today) = day.civil();
        let here = day.on_month(0, anchor);
        if day >= here {
            return Self { from: here, until: day.on_month(1, anchor) };
        }
        // The month before: its last day is this month's first less one.
        let before = day.plus(-i32::from(today));
        Self { from: before.on_month(0, anchor), until: here }
    }

    /// The period after it.
    pub fn next(self, anchor: u8) -> Self {
        Self::of(self.until, anchor)
    }

    /// Its length in days.
    pub const fn days(self) -> u32 {
        self.from.until(self.until).unsigned_abs()
    }

    /// Days that are left from this one on, it included; `None` outside.
    pub fn left(self, day: Day) -> Option<u32> {
        (self.from <= day && day < self.until).then(|| day.until(self.until).unsigned_abs())
    }
}

/// One line of what is paid for having things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemLine {
    /// What.
    pub item: Item,
    /// How many more, or fewer when negative.
    pub count: i64,
    /// Micro-units a month of one.
    pub monthly: i64,
    /// Days that are paid, of those of the period.
    pub days: (u32, u32),
    /// Micro-units; negative for what is given back.
    pub micros: i64,
}

/// What a change would cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The lines of the change for the rest of the period.
    pub change: Vec<ItemLine>,
    /// What is paid today: their sum, unless that is negative.
    pub today: i64,
    /// What is taken off the next invoice: their sum, if that is negative.
    pub carried: i64,
    /// The whole months of the next invoice.
    pub next: Vec<ItemLine>,
    /// Sum of the next invoice, `carried` counted; calls come on top.
    pub next_total: i64,
}

/// A whole month of everything.
///
/// # Errors
/// When something has no price or does not fit.
pub fn month(holdings: &Holdings, list: &PriceList, period: Period) -> Result<Vec<ItemLine>, Unbillable> {
    let items = holdings.items(list)?;
    items.iter().map(|(item, count)| line(item, i64::from(*count), (list, period.days(), period))).collect()
}

/// What it costs to have `new` instead of `old` from `today` on. `current` has the prices of this period, `next_list` those of the next.
///
/// # Errors
/// When something has no price, does not fit, or the day is not in the period.
pub fn preview(
    (old, new): (&Holdings, &Holdings),
    (current, next_list): (&PriceList, &PriceList),
    (period, anchor): (Period, u8),
    today: Day,
) -> Result<Preview, Unbillable> {
    let left = period.left(today).ok_or(Unbillable::OutsidePeriod(today))?;
    let (before, after) = (old.items(current)?, new.items(current)?);
    let items: BTreeSet<&Item> = before.keys().chain(after.keys()).collect();
    let count = |of: &BTreeMap<Item, u32>, item: &Item| i64::from(of.get(item).copied().unwrap_or(0));
    let differences = items.into_iter().map(|item| (item, count(&after, item) - count(&before, item)));
    let change = differences
        .filter(|(_, more)| *more != 0)
        .map(|(item, more)| line(item, more, (current, left, period)))
        .collect::<Result<Vec<_>, _>>()?;
    let next = month(new, next_list, period.next(anchor))?;
    let (change_sum, next_sum) = (sum(&change)?, sum(&next)?);
    let carried = change_sum.min(0);
    let next_total = next_sum.checked_add(carried).ok_or(Unbillable::TooLarge)?;
    Ok(Preview { change, today: change_sum.max(0), carried, next, next_total })
}

fn line(item: &Item, count: i64, (list, days, period): (&PriceList, u32, Period)) -> Result<ItemLine, Unbillable> {
    let monthly = list.price(item).ok_or_else(|| Unbillable::NotSold(item.word()))?;
    let whole = monthly.checked_mul(count).ok_or(Unbillable::TooLarge)?;
    let of = period.days();
    let micros = round::share(whole, u64::from(days), u64::from(of)).ok_or(Unbillable::TooLarge)?;
    Ok(ItemLine { item: item.clone(), count, monthly, days: (days, of), micros })
}

/// Micro-units of all lines.
///
/// # Errors
/// When they do not fit.
pub fn sum(lines: &[ItemLine]) -> Result<i64, Unbillable> {
    lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.micros)).ok_or(Unbillable::TooLarge)
}
