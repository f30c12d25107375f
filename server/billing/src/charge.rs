//! What a call costs: facts of one paid leg in, charge lines out, exact to the micro-unit.
//!
//! The rules, each of which the table of cases in `tests/rating` tries:
//! - A leg that was not answered costs nothing, nor does one between seats.
//! - The rate is the one of the day of the answer, by the company's calendar, and holds to the end of the call: neither midnight nor
//!   a new price changes what a running call costs.
//! - Time is the length of the talk on the monotonic clock, never a difference of clock times: summer time neither adds nor takes an hour.
//! - A begun second and a begun step count whole; the first step is owed from the answer on.
//! - Allowances (included minutes, bundles) cover charged seconds in their order. What they cover wholly costs nothing, the set-up
//!   fee and the minimum included; what they cover in part pays set-up and the rest of the time.
//! - The largest discount that fits is taken from set-up and time; then the minimum is filled up.
//! - Each line is rounded once ([`crate::round`]); the price of a call is the sum of its lines.
//! - A leg that has no price is never lost: it is [`Rated::Unrated`] and says why.

use std::collections::BTreeMap;

use patchbay_kernel::{CallId, LegId, Money, Wall};

use crate::{
    day::{Day, Zone},
    deck::{Deck, NoRate},
    quote::Quote,
    rate::{Direction, Prefix, Rate},
};

/// One leg of a call as far as it matters for its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which call.
    pub call: CallId,
    /// Which leg of it.
    pub leg: LegId,
    /// Which way it went; `None` between seats of the company.
    pub direction: Option<Direction>,
    /// The number that has the price: called by us (outbound) or ours (inbound). With the plus: `1001` is an extension and not in
    /// North America.
    pub number: String,
    /// When it was answered.
    pub answered_at: Option<Wall>,
    /// From answer to end in milliseconds, on the monotonic clock.
    pub talk_ms: u64,
}

/// Names an allowance in lines and in counts of what is used up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllowanceKey(pub String);

/// Seconds of a period that are paid already: included minutes of a plan, or a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Its name.
    pub key: AllowanceKey,
    /// Which way legs must go.
    pub direction: Direction,
    /// What numbers must begin with; none for all.
    pub prefixes: Vec<Prefix>,
    /// Charged seconds that it covers in a period.
    pub seconds: u64,
}

/// A share that is not paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// Which way legs must go.
    pub direction: Direction,
    /// What numbers must begin with; none for all.
    pub prefixes: Vec<Prefix>,
    /// Hundredths of a percent; more than 10,000 counts as 10,000.
    pub basis_points: u16,
}

/// What a company has agreed to.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Its prices.
    pub deck: &'a Deck,
    /// Where its days begin.
    pub zone: &'a Zone,
    /// In the order in which they are used up.
    pub allowances: &'a [Allowance],
    /// Any order: the largest that fits counts.
    pub discounts: &'a [Discount],
}

/// Seconds used up of each allowance in the period of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used(BTreeMap<AllowanceKey, u64>);

impl Used {
    /// Seconds used up of this one.
    pub fn of(&self, key: &AllowanceKey) -> u64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// Counts so many seconds more of this one.
    pub fn add(&mut self, key: AllowanceKey, seconds: u64) {
        *self.0.entry(key).or_default() += seconds;
    }

    /// Counts what these lines use up, and gives back what reversals return.
    pub fn count<'a>(&mut self, lines: impl IntoIterator<Item = &'a ChargeLine>) {
        for line in lines {
            if let Kind::Included(key) = &line.kind {
                let used = self.0.entry(key.clone()).or_default();
                *used = if line.reversal { used.saturating_sub(line.seconds) } else { *used + line.seconds };
            }
        }
    }
}

/// What a line is for. One leg has at most one line of each kind and revision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Being answered.
    SetUp,
    /// Time that is paid.
    Usage,
    /// Time that an allowance covers, for nothing.
    Included(AllowanceKey),
    /// What is not paid.
    Discount,
    /// What is missing to the least price.
    Minimum,
}

impl Kind {
    /// As in unique keys.
    pub fn word(&self) -> String {
        match self {
            Self::SetUp => "set_up".into(),
            Self::Usage => "usage".into(),
            Self::Included(key) => format!("included:{}", key.0),
            Self::Discount => "discount".into(),
            Self::Minimum => "minimum".into(),
        }
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeLine {
    /// Which call.
    pub call: CallId,
    /// Which leg of it.
    pub leg: LegId,
    /// What for.
    pub kind: Kind,
    /// 0 when it was first rated, one more each time it was rated anew.
    pub revision: u32,
    /// It takes back the line of the same kind and revision.
    pub reversal: bool,
    /// Price; negative for discounts, and for reversals of what was not.
    pub amount: Money,
    /// Charged or covered seconds; 0 for lines that are not about time.
    pub seconds: u64,
    /// The rate: its prefix.
    pub prefix: Prefix,
    /// The rate: its first day.
    pub rate_from: Day,
    /// The day on which it counts: that of the answer.
    pub day: Day,
}

impl ChargeLine {
    /// Never the same for two lines.
    pub fn key(&self) -> String {
        let back = if self.reversal { "/reversed" } else { "" };
        format!("{}/{}/{}/{}{back}", self.call, self.leg, self.kind.word(), self.revision)
    }
}

/// Why a leg costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// Nobody answered.
    NotAnswered,
    /// Between seats of the company.
    Internal,
}

/// Why a leg has no price yet. It is listed until it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrated {
    /// The number is not an international one.
    #[error("the number is not an international one")]
    NotANumber,
    /// No rate.
    #[error(transparent)]
    NoRate(#[from] NoRate),
    /// The price does not fit into an amount.
    #[error("the price is too large")]
    TooLarge,
}

/// What came of rating a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rated {
    /// It costs this.
    Lines(Vec<ChargeLine>),
    /// It costs nothing.
    Free(Free),
    /// Nobody can say what it costs.
    Unrated(Unrated),
}

impl Rated {
    /// Its lines; none when it is free or unrated.
    pub fn lines(&self) -> &[ChargeLine] {
        match self {
            Self::Lines(lines) => lines,
            Self::Free(_) | Self::Unrated(_) => &[],
        }
    }

    /// Micro-units of all lines; `None` when it is unrated.
    pub fn total(&self) -> Option<i64> {
        match self {
            Self::Lines(lines) => lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.amount.micros)),
            Self::Free(_) => Some(0),
            Self::Unrated(_) => None,
        }
    }
}

/// Rates one leg. `used` is not changed: count the lines when they are kept.
#[must_use]
pub fn rate(facts: &Facts, terms: &Terms<'_>, used: &Used) -> Rated {
    let Some(direction) = facts.direction else { return Rated::Free(Free::Internal) };
    let Some(answered_at) = facts.answered_at else { return Rated::Free(Free::NotAnswered) };
    let Some(digits) = international(&facts.number) else { return Rated::Unrated(Unrated::NotANumber) };
    let day = terms.zone.day(answered_at);
    match terms.deck.find(direction, digits, day) {
        Ok(rate) => priced(facts, terms, used, (direction, digits), (rate, day)),
        Err(why) => Rated::Unrated(why.into()),
    }
}

/// Digits of a number as [`patchbay_kernel::E164`] wants it, without a copy: a million are read in a row.
fn international(number: &str) -> Option<&str> {
    let digits = number.strip_prefix('+')?;
    let fits = (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (fits && !digits.starts_with('0')).then_some(digits)
}

fn priced(
    facts: &Facts,
    terms: &Terms<'_>,
    used: &Used,
    (direction, digits): (Direction, &str),
    (rate, day): (&Rate, Day),
) -> Rated {
    let line = |kind, micros, seconds| ChargeLine {
        call: facts.call,
        leg: facts.leg,
        kind,
        revision: 0,
        reversal: false,
        amount: Money::new(micros, terms.deck.currency()),
        seconds,
        prefix: rate.prefix,
        rate_from: rate.from,
        day,
    };
    let fits = |of: Direction, prefixes: &[Prefix]| {
        of == direction && (prefixes.is_empty() || prefixes.iter().any(|prefix| prefix.begins(digits)))
    };
    let billed_s = rate.increment.billed_s(facts.talk_ms);
    let (mut rest_s, mut lines) = (billed_s, Vec::with_capacity(2));
    for allowance in terms.allowances.iter().filter(|it| fits(it.direction, &it.prefixes)) {
        let covered_s = allowance.seconds.saturating_sub(used.of(&allowance.key)).min(rest_s);
        if covered_s > 0 {
            lines.push(line(Kind::Included(allowance.key.clone()), 0, covered_s));
            rest_s -= covered_s;
        }
    }
    if rest_s == 0 {
        return Rated::Lines(lines);
    }
    let part = terms.discounts.iter().filter(|it| fits(it.direction, &it.prefixes)).map(|it| it.basis_points).max();
    let quote =
        Quote { tariff: rate.tariff(), covered_s: billed_s - rest_s, basis_points: part.unwrap_or(0).min(10_000) };
    let Some(parts) = quote.parts(facts.talk_ms) else { return Rated::Unrated(Unrated::TooLarge) };
    if parts.setup != 0 {
        lines.push(line(Kind::SetUp, parts.setup, 0));
    }
    lines.push(line(Kind::Usage, parts.usage, rest_s));
    if parts.discount != 0 {
        lines.push(line(Kind::Discount, -parts.discount, 0));
    }
    if parts.minimum != 0 {
        lines.push(line(Kind::Minimum, parts.minimum, 0));
    }
    Rated::Lines(lines)
}

/// What is to be appended so that the lines of a leg are `new` instead of `old`: reversals of the old lines that count, then the new
/// ones with the next revision. Nothing when the price is the same to the micro-unit and the second. `old` are all lines of the leg
/// that were ever kept, in any order.
#[must_use]
pub fn rerate(old: &[ChargeLine], new: &[ChargeLine]) -> Vec<ChargeLine> {
    let revision = old.iter().map(|line| line.revision).max();
    let reversed =
        |line: &ChargeLine| old.iter().any(|it| it.reversal && it.revision == line.revision && it.kind == line.kind);
    let count: Vec<&ChargeLine> = old.iter().filter(|line| !line.reversal && !reversed(line)).collect();
    let same = count.len() == new.len() && new.iter().all(|line| count.iter().any(|old| says_the_same(old, line)));
    if same {
        return Vec::new();
    }
    let back = count.into_iter().map(|line| ChargeLine {
        reversal: true,
        amount: Money::new(-line.amount.micros, line.amount.currency),
        ..line.clone()
    });
    let next = revision.map_or(0, |revision| revision + 1);
    back.chain(new.iter().map(|line| ChargeLine { revision: next, ..line.clone() })).collect()
}

fn says_the_same(old: &ChargeLine, new: &ChargeLine) -> bool {
    (&old.kind, old.amount, old.seconds, old.prefix, old.rate_from, old.day)
        == (&new.kind, new.amount, new.seconds, new.prefix, new.rate_from, new.day)
}
