//! Turns calls that are over into charge lines and entries of the books: each call once, whoever dies when.
//!
//! What is to be done stands in the row of the call (`charged = 'due'`), and all that is done for a call (lines, entries, the money
//! that was set aside, its own mark) is one transaction. A call without a price is kept with its reason and tried again. A call that
//! is due although it has lines is rated anew: what was charged is taken back, and what follows is charged.

use std::time::Duration;

use billing::{
    AllowanceKey, ChargeLine, Facts, Rated, Terms, Used, Zone,
    charge::{self, Discount},
    ledger::Entry,
    rate::Direction,
    subscription::Period,
};
use kernel::{CallId, TenantId, Uuid, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_plane::CallRecord;
use patchbay_tenancy::{StoreError, TenantTx, books::BooksError, system::tenant};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order, sea_query::Expr};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    facts,
    row::{billing_account, charge_fault, charge_line},
    tariffs::Tariff,
};
use crate::{calls::row::call, kit::app::App};

/// Calls of one transaction.
const AT_ONCE: u64 = 50;
/// Between two looks for calls that are over.
const EVERY: Duration = Duration::from_secs(2);
/// Looks after which calls without a price are tried again: an hour.
const AGAIN: u32 = 1_800;

/// Why a company's calls cannot be charged now.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Books(BooksError),
}

impl From<BooksError> for Fault {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Store(error) => Self::Store(error),
            other => Self::Books(other),
        }
    }
}

/// Never returns.
pub(crate) async fn work(app: &App) {
    if app.settings.private {
        return std::future::pending().await;
    }
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in 1u32.. {
        looks.tick().await;
        if look % AGAIN == 0
            && let Err(error) = again(app).await
        {
            tracing::warn!(%error, "calls without a price could not be tried again");
        }
        if let Err(error) = rate_due(app).await {
            tracing::warn!(%error, "calls could not be rated");
        }
    }
}

/// Rates what is due of all companies; says how many calls that were. Fails as the store does; what was done stays done.
pub async fn rate_due(app: &App) -> Result<u64, StoreError> {
    let mut done = 0;
    for tenant in app.database.system().companies_to_charge().await? {
        loop {
            let some = match some(app, tenant, AT_ONCE).await {
                Ok(some) => some,
                Err(Fault::Store(error)) => return Err(error),
                // One of them does not fit into the books: find out which, and set it aside.
                Err(Fault::Books(_)) => one(app, tenant).await?,
            };
            done += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(done)
}

/// Tries calls without a price again.
pub async fn again(app: &App) -> Result<u64, StoreError> {
    let tx = app.database.system().begin(patchbay_tenancy::Stamp::system(app.now(), app.chance())).await?;
    let calls = tx.unrated_again().await?;
    tx.commit_aside().await?;
    Ok(calls)
}

async fn begin(app: &App, tenant: TenantId) -> Result<TenantTx, StoreError> {
    let tx = app.database.tenant(tenant, patchbay_tenancy::Stamp::system(app.now(), app.chance())).await?;
    // Of two nodes the second one finds nothing left to do.
    tx.take_turn().await?;
    Ok(tx)
}

fn due() -> Condition {
    // In these words, so that the partial index serves.
    Condition::all().add(Expr::cust("state = 'ended' AND charged = 'due'"))
}

async fn some(app: &App, tenant: TenantId, most: u64) -> Result<u64, Fault> {
    let tx = begin(app, tenant).await?;
    let rows =
        tx.whole::<call::Entity>().filter(due()).order_by(call::Column::Id, Order::Asc).limit(most).all().await?;
    let Some(books) = Books::open(app, &tx).await? else { return Ok(0) };
    for row in &rows {
        books.settle(row).await?;
    }
    tx.commit_aside().await?;
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}

async fn one(app: &App, tenant: TenantId) -> Result<u64, StoreError> {
    match some(app, tenant, 1).await {
        Ok(done) => Ok(done),
        Err(Fault::Store(error)) => Err(error),
        Err(Fault::Books(why)) => {
            let tx = begin(app, tenant).await?;
            let rows = tx.whole::<call::Entity>().filter(due()).order_by(call::Column::Id, Order::Asc).limit(1);
            if let Some(row) = rows.one().await? {
                keep_fault(&tx, row.id, &why.to_string(), "").await?;
                mark(&tx, row.id, "unrated").await?;
            }
            tx.commit_aside().await?;
            Ok(1)
        }
    }
}

async fn mark(tx: &TenantTx, call: Uuid, charged: &str) -> Result<(), StoreError> {
    let set = vec![(call::Column::Charged, Expr::value(charged))];
    tx.update_many::<call::Entity>(set, call::Column::Id.eq(call)).await.map(|_| ())
}

async fn keep_fault(tx: &TenantTx, call: Uuid, why: &str, number: &str) -> Result<(), StoreError> {
    let tries = tx.find::<charge_fault::Entity>(call).await?.map_or(0, |row| row.tries);
    tx.delete::<charge_fault::Entity>(call).await?;
    let row = charge_fault::ActiveModel {
        id: Set(call),
        why: Set(why.to_owned()),
        number: Set(number.to_owned()),
        tries: Set(tries + 1),
        at: Set(tx.now().0),
        ..Default::default()
    };
    tx.insert(row).await.map(|_| ())
}

/// What a company's calls are rated with.
struct Books<'a> {
    app: &'a App,
    tx: &'a TenantTx,
    account: billing_account::Model,
    currency: Currency,
    zone: Zone,
}

/// A leg with what came of it.
struct RatedLeg {
    facts: Facts,
    tariff: std::sync::Arc<Tariff>,
    lines: Vec<ChargeLine>,
}

impl<'a> Books<'a> {
    async fn open(app: &'a App, tx: &'a TenantTx) -> Result<Option<Self>, StoreError> {
        let account = tx.select::<billing_account::Entity>().one().await?;
        let (Some(account), Some((_, currency))) = (account, tx.wallet().await?) else { return Ok(None) };
        let zone = zone(app, tx.tenant()).await?;
        Ok(Some(Self { app, tx, account, currency, zone }))
    }

    /// Everything of one call.
    async fn settle(&self, row: &call::Model) -> Result<(), Fault> {
        let (tx, id) = (self.tx, row.id);
        let began = row.started_at.unix_timestamp_nanos() / 1_000;
        let verdict = if began < i128::from(self.account.since) { "aside" } else { self.rate(row).await? };
        if verdict != "unrated" {
            tx.delete::<charge_fault::Entity>(id).await?;
        }
        tx.wallet_free(CallId::from_uuid(id)).await?;
        Ok(mark(tx, id, verdict).await?)
    }

    async fn rate(&self, row: &call::Model) -> Result<&'static str, Fault> {
        let tx = self.tx;
        let Some(record) = row.record.clone() else { return Ok("free") };
        let record: CallRecord = match serde_json::from_value(record) {
            Ok(record) => record,
            Err(why) => {
                keep_fault(tx, row.id, &format!("the record cannot be read: {why}"), &row.called).await?;
                return Ok("unrated");
            }
        };
        let before = tx.select::<charge_line::Entity>().is(charge_line::Column::CallId, row.id).all().await?;
        let mut legs = Vec::new();
        // What the legs before use up counts for the ones after.
        let mut used_here = Vec::new();
        let all = facts::paid(&record, true);
        for facts in all {
            let day = self.zone.day(facts.answered_at.unwrap_or(record.ended_at));
            let tariff = self.app.tariffs.in_force(&self.app.database.system(), self.currency, day).await?;
            let Some(tariff) = tariff else {
                if facts.answered_at.is_some() {
                    keep_fault(tx, row.id, "no price list is in force on this day", &facts.number).await?;
                    return Ok("unrated");
                }
                continue;
            };
            let sells_inbound = tariff.list.deck.rates().iter().any(|rate| rate.direction == Direction::Inbound);
            if facts.direction == Some(Direction::Inbound) && !sells_inbound {
                continue;
            }
            match self.rated(&facts, &tariff, &used_here).await? {
                Rated::Free(_) => {}
                Rated::Unrated(why) => {
                    keep_fault(tx, row.id, &why.to_string(), &facts.number).await?;
                    return Ok("unrated");
                }
                Rated::Lines(lines) => {
                    used_here.extend(lines.iter().cloned());
                    legs.push(RatedLeg { facts, tariff, lines });
                }
            }
        }
        self.book(row, &before, legs).await
    }

    async fn rated(&self, facts: &Facts, tariff: &Tariff, used_here: &[ChargeLine]) -> Result<Rated, StoreError> {
        let plan = self.account.plan.as_ref().and_then(|key| tariff.list.plans.get(key));
        let allowances: Vec<_> = plan.and_then(billing::price_list::Plan::allowance).into_iter().collect();
        let share = u16::try_from(self.account.discount_bp).unwrap_or(0);
        let discount = |direction| Discount { direction, prefixes: Vec::new(), basis_points: share };
        let discounts = if share > 0 { vec![discount(Direction::Outbound)] } else { Vec::new() };
        let terms = Terms { deck: &tariff.list.deck, zone: &self.zone, allowances: &allowances, discounts: &discounts };
        let mut used = Used::default();
        if let Some(answered) = facts.answered_at.filter(|_| !allowances.is_empty()) {
            used = self.used(self.zone.day(answered), facts.call).await?;
            used.count(used_here);
        }
        Ok(charge::rate(facts, &terms, &used))
    }

    /// What other calls have used up in the month of a day.
    async fn used(&self, day: billing::day::Day, except: CallId) -> Result<Used, StoreError> {
        let month = Period::of(day, 1);
        let mut used = Used::default();
        for (kind, seconds) in self.tx.included_seconds((month.from.0, month.until.0), except).await? {
            if let Some(key) = kind.strip_prefix("included:") {
                used.add(AllowanceKey(key.to_owned()), u64::try_from(seconds).unwrap_or(0));
            }
        }
        Ok(used)
    }

    async fn book(
        &self,
        row: &call::Model,
        before: &[charge_line::Model],
        legs: Vec<RatedLeg>,
    ) -> Result<&'static str, Fault> {
        let mut any = false;
        // A leg that was charged once and is free now is taken back as well.
        let gone = before.iter().filter(|line| !legs.iter().any(|leg| leg.facts.leg.uuid() == line.leg_id));
        let mut gone_legs: Vec<Uuid> = gone.map(|line| line.leg_id).collect();
        gone_legs.dedup();
        for leg in gone_legs {
            let old: Vec<&charge_line::Model> = before.iter().filter(|line| line.leg_id == leg).collect();
            let lines = old.iter().map(|row| row.line()).collect::<Result<Vec<_>, _>>()?;
            for line in charge::rerate(&lines, &[]) {
                let like = old[0];
                let of = (like.direction.as_str(), like.number.as_str(), like.destination.as_str());
                self.add(row, &line, of, like.list_id).await?;
            }
        }
        for leg in legs {
            let old = before.iter().filter(|line| line.leg_id == leg.facts.leg.uuid());
            let old = old.map(charge_line::Model::line).collect::<Result<Vec<_>, _>>()?;
            any |= !leg.lines.is_empty();
            for line in charge::rerate(&old, &leg.lines) {
                let direction = leg.facts.direction.unwrap_or(Direction::Outbound);
                let digits = leg.facts.number.trim_start_matches('+');
                let rate = leg.tariff.list.deck.find(direction, digits, line.day);
                let name = rate.map_or("", |rate| rate.name.as_str());
                self.add(row, &line, (direction.as_str(), leg.facts.number.as_str(), name), leg.tariff.id).await?;
            }
        }
        Ok(if any { "rated" } else { "free" })
    }

    /// A line and its entry.
    async fn add(
        &self,
        call: &call::Model,
        line: &ChargeLine,
        (direction, number, destination): (&str, &str, &str),
        list: Uuid,
    ) -> Result<(), Fault> {
        let tx = self.tx;
        let row = charge_line::ActiveModel {
            id: Set(tx.new_id()),
            call_id: Set(line.call.uuid()),
            leg_id: Set(line.leg.uuid()),
            kind: Set(line.kind.word()),
            revision: Set(i32::try_from(line.revision).unwrap_or(i32::MAX)),
            reversal: Set(line.reversal),
            key: Set(line.key()),
            micros: Set(line.amount.micros),
            currency: Set(line.amount.currency.as_str().to_owned()),
            seconds: Set(i64::try_from(line.seconds).unwrap_or(i64::MAX)),
            prefix: Set(line.prefix.to_string()),
            rate_from: Set(line.rate_from.0),
            day: Set(line.day.0),
            direction: Set(direction.to_owned()),
            number: Set(number.to_owned()),
            destination: Set(destination.to_owned()),
            seat_id: Set(call.seat_id),
            list_id: Set(list),
            at: Set(tx.now().0),
            ..Default::default()
        };
        tx.insert(row).await?;
        if let Some(entry) = Entry::charge(tx.tenant(), line, tx.now()) {
            tx.books_append(&entry).await?;
        }
        Ok(())
    }
}

/// By which calendar a company's days are counted.
pub(super) async fn zone(app: &App, tenant: TenantId) -> Result<Zone, StoreError> {
    let row = app.database.system().find::<tenant::Entity>(tenant.uuid()).await?;
    Ok(row.and_then(|row| row.timezone.parse().ok()).unwrap_or(Zone::UTC))
}
