//! Caps: what a company, a seat and a key may spend at most, so that a thief with one of them cannot do more harm than that.
//!
//! A call belongs to several scopes and needs the consent of each. What running calls have set aside counts as spent, so that many
//! at once do not each find the same room. Hours are the last sixty minutes, days those of the company's calendar.

use std::collections::{BTreeMap, VecDeque};

use patchbay_kernel::{ApiKeyId, CallId, SeatId, Wall};

use crate::{
    day::Day,
    rate::{Class, Prefix},
};

/// Whose cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole company.
    Company,
    /// One seat.
    Seat(SeatId),
    /// One API key.
    Key(ApiKeyId),
}

/// Where a call goes, as far as caps tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Into a country that the company calls home.
    Domestic,
    /// Anywhere else.
    International,
    /// To a destination whose owner earns from it, wherever it is.
    Premium,
}

impl Reach {
    /// Of a number (digits without the plus) with a rate of this class, for a company with these country codes.
    pub fn of(digits: &str, class: Class, home: &[Prefix]) -> Self {
        match class {
            Class::Premium => Self::Premium,
            Class::Standard if home.iter().any(|prefix| prefix.begins(digits)) => Self::Domestic,
            Class::Standard => Self::International,
        }
    }
}

/// So many calls beyond home within so long raise the alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// Calls that are still in order.
    pub calls: usize,
    /// Within so many seconds.
    pub within_s: u32,
}

/// Caps of one scope; what is `None` is not capped. Amounts in micro-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Within sixty minutes.
    pub hour: Option<i64>,
    /// On one day.
    pub day: Option<i64>,
    /// Seconds of one call.
    pub longest_s: Option<u64>,
    /// Calls at once.
    pub parallel: Option<usize>,
    /// Calls to other countries are open.
    pub international: bool,
    /// Calls to premium destinations are open.
    pub premium: bool,
    /// Alarm.
    pub velocity: Option<Velocity>,
}

impl Caps {
    /// What a new company begins with: nothing beyond home until somebody opens it.
    pub const CLOSED: Self = Self {
        hour: None,
        day: None,
        longest_s: Some(4 * 3_600),
        parallel: None,
        international: false,
        premium: false,
        velocity: Some(Velocity { calls: 20, within_s: 300 }),
    };
    /// No cap: for seats and keys, whose company has some.
    pub const OPEN: Self = Self {
        hour: None,
        day: None,
        longest_s: None,
        parallel: None,
        international: true,
        premium: true,
        velocity: None,
    };
}

/// Which cap said no. The words are codes: each has a text for people and the name of the button that changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    /// Calls to other countries are closed.
    International,
    /// Premium destinations are closed.
    Premium,
    /// Too many at once.
    Parallel,
    /// The money of the hour is spent.
    Hour,
    /// The money of the day is spent.
    Day,
    /// Blocked by the alarm until somebody lifts it.
    Alarm,
}

impl Cap {
    /// As sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::International => "international_closed",
            Self::Premium => "premium_closed",
            Self::Parallel => "parallel_calls_cap",
            Self::Hour => "hourly_spend_cap",
            Self::Day => "daily_spend_cap",
            Self::Alarm => "fraud_alarm",
        }
    }

    /// What to press.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::International => "open_international",
            Self::Premium => "open_premium",
            Self::Parallel => "raise_parallel_calls",
            Self::Hour => "raise_hourly_spend",
            Self::Day => "raise_daily_spend",
            Self::Alarm => "lift_alarm",
        }
    }
}

/// A no: whose cap, which one, and calls that must end because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Whose.
    pub scope: Scope,
    /// Which.
    pub cap: Cap,
    /// What is left under a cap of money, not negative; 0 for others.
    pub left: i64,
    /// Calls beyond home of this scope that run: only when the alarm has just been raised.
    pub end: Vec<CallId>,
}

/// A call that wants to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which call.
    pub call: CallId,
    /// Whom it belongs to; the company first.
    pub scopes: Vec<Scope>,
    /// Where it goes.
    pub reach: Reach,
    /// What is to be set aside for it.
    pub micros: i64,
}

/// What a scope has done.
#[derive(Clone, Debug, Default)]
struct Record {
    /// Spent, by minute since 1970, of the last sixty.
    minutes: VecDeque<(i64, i64)>,
    /// Spent on the day.
    day: Option<(Day, i64)>,
    /// Set aside for running calls.
    held: i64,
    /// Running calls.
    running: usize,
    /// When calls beyond home began.
    beyond: VecDeque<Wall>,
    blocked: bool,
}

impl Record {
    fn hour(&mut self, minute: i64) -> i64 {
        while self.minutes.front().is_some_and(|(of, _)| *of <= minute - 60) {
            self.minutes.pop_front();
        }
        self.minutes.iter().fold(self.held, |sum, (_, micros)| sum.saturating_add(*micros))
    }

    fn day(&self, today: Day) -> i64 {
        self.day.filter(|(day, _)| *day == today).map_or(0, |(_, micros)| micros).saturating_add(self.held)
    }

    fn spend(&mut self, micros: i64, minute: i64, today: Day) {
        match self.minutes.back_mut() {
            Some((of, sum)) if *of >= minute => *sum = sum.saturating_add(micros),
            _ => self.minutes.push_back((minute, micros)),
        }
        let before = self.day.filter(|(day, _)| *day == today).map_or(0, |(_, micros)| micros);
        self.day = Some((today, before.saturating_add(micros)));
    }
}

/// A running call.
#[derive(Clone, Debug)]
struct Running {
    scopes: Vec<Scope>,
    reach: Reach,
    held: i64,
}

/// Caps of one company with what was done under them.
#[derive(Clone, Debug)]
pub struct Guard {
    caps: BTreeMap<Scope, Caps>,
    records: BTreeMap<Scope, Record>,
    running: BTreeMap<CallId, Running>,
}

impl Guard {
    /// With these caps of the company.
    pub fn new(company: Caps) -> Self {
        Self { caps: BTreeMap::from([(Scope::Company, company)]), records: BTreeMap::new(), running: BTreeMap::new() }
    }

    /// Sets the caps of a scope; running calls keep what was set aside for them.
    pub fn set(&mut self, scope: Scope, caps: Caps) {
        self.caps.insert(scope, caps);
    }

    fn caps(&self, scope: Scope) -> Caps {
        self.caps.get(&scope).copied().unwrap_or(Caps::OPEN)
    }

    /// Whether the alarm of a scope is on.
    pub fn is_blocked(&self, scope: Scope) -> bool {
        self.records.get(&scope).is_some_and(|record| record.blocked)
    }

    /// The alarm of a scope is on, whoever raised it.
    pub fn block(&mut self, scope: Scope) {
        self.records.entry(scope).or_default().blocked = true;
    }

    /// Counts what a scope had spent before this guard was made, oldest first.
    pub fn restore(&mut self, scope: Scope, micros: i64, at: Wall, day: Day) {
        self.records.entry(scope).or_default().spend(micros, minute(at), day);
    }

    /// Somebody looked and lifted the alarm.
    pub fn lift(&mut self, scope: Scope) {
        if let Some(record) = self.records.get_mut(&scope) {
            record.blocked = false;
            record.beyond.clear();
        }
    }

    /// Lets a call begin: the most seconds that it may last, `None` for no limit. A second wish of a running call changes nothing.
    ///
    /// # Errors
    /// The first cap that says no. Nothing is counted then but the try itself, for the alarm.
    pub fn admit(&mut self, wish: &Wish, now: Wall, today: Day) -> Result<Option<u64>, Denied> {
        let longest = wish.scopes.iter().filter_map(|scope| self.caps(*scope).longest_s).min();
        if self.running.contains_key(&wish.call) {
            return Ok(longest);
        }
        for scope in &wish.scopes {
            self.alarm(*scope, wish.reach, now)?;
        }
        for scope in &wish.scopes {
            let caps = self.caps(*scope);
            let running = self.records.get(scope).map_or(0, |record| record.running);
            let cap = match wish.reach {
                Reach::International if !caps.international => Some(Cap::International),
                Reach::Premium if !caps.premium => Some(Cap::Premium),
                _ if caps.parallel.is_some_and(|most| running >= most) => Some(Cap::Parallel),
                _ => None,
            };
            if let Some(cap) = cap {
                return Err(Denied { scope: *scope, cap, left: 0, end: Vec::new() });
            }
        }
        self.room(&wish.scopes, wish.micros, now, today)?;
        for scope in &wish.scopes {
            let record = self.records.entry(*scope).or_default();
            record.held = record.held.saturating_add(wish.micros);
            record.running += 1;
        }
        let running = Running { scopes: wish.scopes.clone(), reach: wish.reach, held: wish.micros };
        self.running.insert(wish.call, running);
        Ok(longest)
    }

    /// Sets more aside for a running call.
    ///
    /// # Errors
    /// The first cap that has no room for it, or the alarm; then the call is not to be extended. A call that does not run has no room.
    pub fn extend(&mut self, call: CallId, micros: i64, now: Wall, today: Day) -> Result<(), Denied> {
        let Some(running) = self.running.get(&call) else {
            return Err(Denied { scope: Scope::Company, cap: Cap::Hour, left: 0, end: Vec::new() });
        };
        let scopes = running.scopes.clone();
        if running.reach != Reach::Domestic
            && let Some(scope) = scopes.iter().find(|scope| self.is_blocked(**scope))
        {
            return Err(Denied { scope: *scope, cap: Cap::Alarm, left: 0, end: Vec::new() });
        }
        self.room(&scopes, micros, now, today)?;
        for scope in &scopes {
            let record = self.records.entry(*scope).or_default();
            record.held = record.held.saturating_add(micros);
        }
        if let Some(running) = self.running.get_mut(&call) {
            running.held = running.held.saturating_add(micros);
        }
        Ok(())
    }

    /// A call is over and cost so much. What was set aside for it is free again. A second time changes nothing.
    pub fn end(&mut self, call: CallId, charged: i64, now: Wall, today: Day) {
        let Some(running) = self.running.remove(&call) else { return };
        for scope in running.scopes {
            let record = self.records.entry(scope).or_default();
            record.held = record.held.saturating_sub(running.held);
            record.running = record.running.saturating_sub(1);
            record.spend(charged, minute(now), today);
        }
    }

    /// Counts a try beyond home and raises the alarm when there are too many.
    fn alarm(&mut self, scope: Scope, reach: Reach, now: Wall) -> Result<(), Denied> {
        if reach == Reach::Domestic {
            return Ok(());
        }
        let caps = self.caps(scope);
        let record = self.records.entry(scope).or_default();
        let denied = |end| Err(Denied { scope, cap: Cap::Alarm, left: 0, end });
        if record.blocked {
            return denied(Vec::new());
        }
        let Some(Velocity { calls, within_s }) = caps.velocity else { return Ok(()) };
        let since = now.plus_s(-i64::from(within_s));
        while record.beyond.front().is_some_and(|at| *at <= since) {
            record.beyond.pop_front();
        }
        record.beyond.push_back(now);
        if record.beyond.len() <= calls {
            return Ok(());
        }
        record.blocked = true;
        let beyond = self.running.iter().filter(|(_, it)| it.reach != Reach::Domestic && it.scopes.contains(&scope));
        denied(beyond.map(|(call, _)| *call).collect())
    }

    /// Whether every scope has room for so much more.
    fn room(&mut self, scopes: &[Scope], micros: i64, now: Wall, today: Day) -> Result<(), Denied> {
        for scope in scopes {
            let caps = self.caps(*scope);
            let record = self.records.entry(*scope).or_default();
            let spent = [(Cap::Hour, caps.hour, record.hour(minute(now))), (Cap::Day, caps.day, record.day(today))];
            for (cap, most, spent) in spent {
                let left = most.map_or(i64::MAX, |most| most.saturating_sub(spent).max(0));
                if micros > left {
                    return Err(Denied { scope: *scope, cap, left, end: Vec::new() });
                }
            }
        }
        Ok(())
    }
}

fn minute(at: Wall) -> i64 {
    at.unix_s().div_euclid(60)
}
