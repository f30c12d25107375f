//! Money of running calls: set aside before they ring, more in slices while they last, and nothing is left over.
//!
//! Who calls out asks here first ([`Till::admit`]): the caps of the company and of the seat, then the wallet. From the answer on a
//! task of its own drives the call's [`Meter`]; it warns, and it ends the call when neither money nor cap has room for more. What was
//! set aside stays until the rater has booked what the call cost, so that nobody spends it meanwhile. A company without an account
//! is not metered.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use billing::{
    Meter, Quote, Zone,
    guard::{Cap, Caps, Denied, Guard, Reach, Scope, Velocity, Wish},
    meter::{Effect, Input, Pacing},
    rate::{Direction, Prefix},
    subscription::Period,
};
use kernel::{CallId, E164, EndCause, SeatId, TenantId, Tick, Wall, time::Span};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_plane::{CallOrder, CallRecord, Hearer, OrderAsk, Signal};
use patchbay_tenancy::{Stamp, StoreError, TenantTx};
use tokio::sync::mpsc;

use super::{
    facts, rater,
    row::{billing_account, spend_cap},
};
use crate::kit::app::App;

/// A call that was admitted and was not answered for so long is over: its plan was never used, or a flow looked for somebody else.
const FORGOTTEN: Span = Span::secs(600);
/// How often a metered call looks at the clock.
const LOOK: Duration = Duration::from_secs(1);
/// How long the agent hears that the money ends, and the tone, Hertz.
const WARNING: (Duration, u16) = (Duration::from_millis(400), 440);
/// Most seconds of a plan's minutes that one call takes for itself.
const COVERED_MOST_S: u64 = 4 * 3_600;

/// Somebody wants to call a number outside.
#[derive(Clone, Copy, Debug)]
pub struct Spend<'a> {
    /// Whose money.
    pub tenant: TenantId,
    /// Which call.
    pub call: CallId,
    /// Whose seat, when it is one.
    pub seat: Option<SeatId>,
    /// Whereto.
    pub number: &'a E164,
    /// Name of the company, for sentences.
    pub company: &'a str,
    /// ISO 3166 code of the country that it calls home.
    pub country: &'a str,
}

/// Why a number is not to be called.
#[derive(Debug)]
pub enum Refused {
    /// A rule, in a sentence for people.
    Rule(EndCause, String),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Till(Arc<Inner>);

struct Inner {
    app: App,
    companies: Mutex<HashMap<TenantId, Company>>,
    running: Mutex<HashMap<CallId, Vec<mpsc::UnboundedSender<Told>>>>,
}

/// What is known of a company's running calls on this node.
struct Company {
    guard: Guard,
    /// Seconds of its plan that running calls have taken.
    covered_s: u64,
    /// The call of each way out that is metered.
    calls: HashMap<CallId, CallId>,
}

/// What a metered call is told.
#[derive(Debug)]
enum Told {
    Answered,
    Ended(Box<CallRecord>),
}

/// What was charged before: minute since 1970, seat, micro-units.
type Minute = (i64, Option<kernel::Uuid>, i64);

/// A call that is metered.
struct Metered {
    /// Under which money is set aside: the call's own id, or another for a second way out of the same call.
    id: CallId,
    call: CallId,
    tenant: TenantId,
    seat: Option<SeatId>,
    number: String,
    quote: Quote,
    covered_s: u64,
    /// By which calendar its days are counted.
    zone: Zone,
    /// The last no came from a cap, not from the wallet.
    capped: bool,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl spend_cap::Model {
    /// As the pure side has them.
    pub fn caps(&self) -> Caps {
        let count = |n: i32| usize::try_from(n).unwrap_or(0);
        let velocity = self.velocity_calls.zip(self.velocity_s);
        Caps {
            hour: self.hour_micros,
            day: self.day_micros,
            longest_s: self.longest_s.and_then(|s| u64::try_from(s).ok()),
            parallel: self.parallel.map(count),
            international: self.international,
            premium: self.premium,
            velocity: velocity
                .map(|(calls, s)| Velocity { calls: count(calls), within_s: u32::try_from(s).unwrap_or(0) }),
        }
    }

    fn scope(&self) -> Scope {
        self.seat_id.map_or(Scope::Company, |seat| Scope::Seat(SeatId::from_uuid(seat)))
    }
}

/// What stands in the way, and what to press.
fn words(denied: &Denied, company: &str) -> String {
    let whose = match denied.scope {
        Scope::Company => company.to_owned(),
        Scope::Seat(_) => "this seat".to_owned(),
        Scope::Key(_) => "this key".to_owned(),
    };
    match denied.cap {
        Cap::International => {
            format!("Calls to other countries are closed for {whose}; they are opened under Billing, Limits")
        }
        Cap::Premium => {
            format!("Calls to premium destinations are closed for {whose}; they are opened under Billing, Limits")
        }
        Cap::Parallel => {
            format!("As many paid calls of {whose} are up as may be; more are allowed under Billing, Limits")
        }
        Cap::Hour => format!("What {whose} may spend in an hour is spent; the limit is under Billing, Limits"),
        Cap::Day => format!("What {whose} may spend in a day is spent; the limit is under Billing, Limits"),
        Cap::Alarm => {
            format!("Calls abroad of {whose} are stopped by the fraud alarm; it is lifted under Billing, Limits")
        }
    }
}

impl Till {
    /// That of the application.
    pub fn of(app: &App) -> Self {
        Self(Arc::new(Inner { app: app.clone(), companies: Mutex::default(), running: Mutex::default() }))
    }

    /// Lets a call out: the most seconds that it may last, `None` for no limit of ours.
    ///
    /// # Errors
    /// When there is no price, a cap says no, or the money does not last.
    pub async fn admit(&self, ask: Spend<'_>) -> Result<Option<u64>, Refused> {
        let app = &self.0.app;
        if app.settings.private {
            return Ok(None);
        }
        let tx = app.database.tenant_read(ask.tenant, self.stamp()).await?;
        let account = tx.select::<billing_account::Entity>().one().await?;
        let (Some(account), Some((_, currency))) = (account, tx.wallet().await?) else { return Ok(None) };
        let (now, zone) = (app.now(), rater::zone(app, ask.tenant).await?);
        let today = zone.day(now);
        let caps = tx.select::<spend_cap::Entity>().all().await?;
        let unsold = || {
            let text =
                format!("There is no price for {} yet; the operator of this service can add it", ask.number.as_str());
            Refused::Rule(EndCause::Forbidden, text)
        };
        let tariff = app.tariffs.in_force(&app.database.system(), currency, today).await?.ok_or_else(unsold)?;
        let digits = ask.number.as_str().trim_start_matches('+');
        let rate = tariff.list.deck.find(Direction::Outbound, digits, today).map_err(|_| unsold())?;
        let left_s = match account.plan.as_ref().and_then(|key| tariff.list.plans.get(key)) {
            Some(plan) => self.plan_left(&tx, u64::from(plan.minutes) * 60, today).await?,
            None => 0,
        };
        let spent = if locked(&self.0.companies).contains_key(&ask.tenant) {
            Vec::new()
        } else {
            tx.spent_minutes(now.plus_s(-86_400)).await?
        };
        drop(tx);
        let home: Vec<Prefix> =
            patchbay_gateway::DialPlan::of(ask.country).and_then(|plan| plan.code.parse().ok()).into_iter().collect();
        let reach = Reach::of(digits, rate.class, &home);
        let share = u16::try_from(account.discount_bp).unwrap_or(0);
        let mut metered = Metered {
            id: self.own_id(ask.call),
            call: ask.call,
            tenant: ask.tenant,
            seat: ask.seat,
            number: ask.number.as_str().to_owned(),
            quote: Quote { tariff: rate.tariff(), covered_s: 0, basis_points: share },
            covered_s: 0,
            zone,
            capped: false,
        };
        let begun = self.begin(&mut metered, (&ask, &caps[..], &spent[..]), (left_s, reach), (now, today));
        let (longest, meter) = match begun {
            Ok(begun) => begun,
            Err(denied) => {
                let text = words(&denied, ask.company);
                if self.newly_blocked(&denied, &caps) {
                    self.alarm(ask.tenant, &denied, &text).await;
                }
                return Err(Refused::Rule(EndCause::Capped, text));
            }
        };
        self.set_aside(metered, meter, ask).await.map(|()| longest)
    }

    fn stamp(&self) -> Stamp {
        Stamp::system(self.0.app.now(), self.0.app.chance())
    }

    /// The call's own id for its first way out, a fresh one for every other.
    fn own_id(&self, call: CallId) -> CallId {
        if locked(&self.0.running).contains_key(&call) {
            CallId::new(self.0.app.now(), self.0.app.chance().as_mut())
        } else {
            call
        }
    }

    /// Seconds of the plan's minutes that are not used up in the month of this day.
    async fn plan_left(&self, tx: &TenantTx, seconds: u64, today: billing::day::Day) -> Result<u64, StoreError> {
        let month = Period::of(today, 1);
        let nobody = CallId::from_uuid(kernel::Uuid::nil());
        let used = tx.included_seconds((month.from.0, month.until.0), nobody).await?;
        let used: i64 = used.iter().map(|(_, seconds)| seconds).sum();
        Ok(seconds.saturating_sub(u64::try_from(used).unwrap_or(0)))
    }

    /// Asks the caps and takes seconds of the plan. No await in here: of many calls at once none finds the same room.
    fn begin(
        &self,
        metered: &mut Metered,
        (ask, caps, spent): (&Spend<'_>, &[spend_cap::Model], &[Minute]),
        (left_s, reach): (u64, Reach),
        (now, today): (Wall, billing::day::Day),
    ) -> Result<(Option<u64>, Meter), Denied> {
        let mut companies = locked(&self.0.companies);
        let company = companies.entry(ask.tenant).or_insert_with(|| {
            let mut guard = Guard::new(Caps::CLOSED);
            for (minute, seat, micros) in spent {
                let at = Wall(minute * 60_000_000);
                guard.restore(Scope::Company, *micros, at, today);
                if let Some(seat) = seat {
                    guard.restore(Scope::Seat(SeatId::from_uuid(*seat)), *micros, at, today);
                }
            }
            Company { guard, covered_s: 0, calls: HashMap::new() }
        });
        let own = caps.iter().find(|row| row.seat_id.is_none());
        company.guard.set(Scope::Company, own.map_or(Caps::CLOSED, spend_cap::Model::caps));
        let mut scopes = vec![Scope::Company];
        if let Some(seat) = ask.seat {
            scopes.push(Scope::Seat(seat));
            let caps =
                caps.iter().find(|row| row.seat_id == Some(seat.uuid())).map_or(Caps::OPEN, spend_cap::Model::caps);
            company.guard.set(Scope::Seat(seat), caps);
        }
        for scope in &scopes {
            // What another node blocked, and what somebody lifted, stands in the store.
            let blocked = caps.iter().any(|row| row.scope() == *scope && row.blocked_at.is_some());
            match (blocked, company.guard.is_blocked(*scope)) {
                (true, false) => company.guard.block(*scope),
                (false, true) => company.guard.lift(*scope),
                _ => {}
            }
        }
        let free_s = left_s.saturating_sub(company.covered_s);
        let covered_s = (free_s / 4).max(free_s.min(60)).min(COVERED_MOST_S);
        metered.quote.covered_s = covered_s;
        let pacing = Pacing::default();
        let first = metered.quote.price(pacing.slice_s).unwrap_or(i64::MAX);
        let wish = Wish { call: metered.id, scopes, reach, micros: first };
        let longest = company.guard.admit(&wish, now, today).map_err(|mut denied| {
            denied.end = denied.end.iter().filter_map(|id| company.calls.get(id).copied()).collect();
            denied
        })?;
        company.calls.insert(metered.id, metered.call);
        metered.covered_s = covered_s;
        company.covered_s += covered_s;
        Ok((longest, Meter::new(metered.quote, pacing)))
    }

    fn newly_blocked(&self, denied: &Denied, caps: &[spend_cap::Model]) -> bool {
        denied.cap == Cap::Alarm && !caps.iter().any(|row| row.scope() == denied.scope && row.blocked_at.is_some())
    }

    /// The first slice; then the call has a task of its own.
    async fn set_aside(&self, metered: Metered, mut meter: Meter, ask: Spend<'_>) -> Result<(), Refused> {
        let now = self.0.app.clock.tick();
        meter.handle(Input::SetUp, now);
        loop {
            match meter.poll() {
                Some(Effect::Reserve(micros)) => match self.reserve(&metered, micros).await {
                    Ok(input) => meter.handle(input, now),
                    Err(error) => {
                        self.release(&metered, 0);
                        return Err(error.into());
                    }
                },
                Some(Effect::Admit) => break,
                Some(_) => {}
                None => {
                    self.release(&metered, 0);
                    let text = format!(
                        "The balance of {} does not last for a call to {}; it is topped up under Billing",
                        ask.company,
                        ask.number.as_str()
                    );
                    return Err(Refused::Rule(EndCause::NoCredit, text));
                }
            }
        }
        let (tell, told) = mpsc::unbounded_channel();
        locked(&self.0.running).entry(metered.call).or_default().push(tell);
        let till = self.clone();
        tokio::spawn(async move { till.drive(metered, meter, told).await });
        Ok(())
    }

    /// Somebody answered.
    pub fn answered(&self, call: CallId) {
        for tell in locked(&self.0.running).get(&call).into_iter().flatten() {
            let _ = tell.send(Told::Answered);
        }
    }

    /// A call is over.
    pub fn ended(&self, record: &CallRecord) {
        let gone = locked(&self.0.running).remove(&record.started.call);
        for tell in gone.into_iter().flatten() {
            let _ = tell.send(Told::Ended(Box::new(record.clone())));
        }
    }

    /// Calls that are metered on this node now.
    pub fn metered(&self) -> usize {
        locked(&self.0.running).values().map(Vec::len).sum()
    }

    async fn reserve(&self, metered: &Metered, micros: i64) -> Result<Input, StoreError> {
        if micros == 0 {
            return Ok(Input::Reserved);
        }
        let tx = self.0.app.database.tenant(metered.tenant, self.stamp()).await?;
        let granted = tx.wallet_reserve(metered.id, micros).await?;
        tx.commit_aside().await?;
        Ok(match granted {
            Ok(()) => Input::Reserved,
            Err(short) => Input::Short(short.available),
        })
    }

    /// The next slice: first under the caps, then from the wallet. A store that does not answer is a no.
    async fn more(&self, metered: &mut Metered, micros: i64) -> Input {
        let now = self.0.app.now();
        let today = metered.zone.day(now);
        if let Some(company) = locked(&self.0.companies).get_mut(&metered.tenant)
            && let Err(denied) = company.guard.extend(metered.id, micros, now, today)
        {
            metered.capped = true;
            return Input::Short(denied.left);
        }
        match self.reserve(metered, micros).await {
            Ok(input) => {
                metered.capped = false;
                input
            }
            Err(error) => {
                tracing::warn!(call.id = %metered.call, %error, "no further slice could be set aside");
                Input::Short(0)
            }
        }
    }

    async fn drive(&self, mut metered: Metered, mut meter: Meter, mut told: mpsc::UnboundedReceiver<Told>) {
        let mut wake: Option<Tick> = None;
        let mut forgotten = Some(self.0.app.clock.tick() + FORGOTTEN);
        loop {
            while let Some(effect) = meter.poll() {
                match effect {
                    Effect::Reserve(micros) => {
                        let input = self.more(&mut metered, micros).await;
                        meter.handle(input, self.0.app.clock.tick());
                    }
                    Effect::WakeAt(at) => wake = Some(at),
                    Effect::Warn(left_s) => self.warn(&metered, left_s),
                    Effect::End => self.end(&metered).await,
                    Effect::Admit | Effect::Refuse | Effect::Settle { .. } => {}
                }
            }
            let now = self.0.app.clock.tick();
            let pause = match wake {
                Some(at) if at > now => Duration::from_micros(at.since(now).0).min(LOOK),
                Some(_) => Duration::ZERO,
                None => LOOK,
            };
            tokio::select! {
                news = told.recv() => match news {
                    Some(Told::Answered) => {
                        forgotten = None;
                        meter.handle(Input::Answered, self.0.app.clock.tick());
                    }
                    Some(Told::Ended(record)) => return self.over(&metered, &record).await,
                    None => return self.forget(&metered).await,
                },
                () = tokio::time::sleep(pause) => {
                    let now = self.0.app.clock.tick();
                    if wake.is_some_and(|at| at <= now) {
                        wake = None;
                        meter.handle(Input::Deadline, now);
                    } else if forgotten.is_some_and(|at| at <= now) {
                        return self.forget(&metered).await;
                    }
                }
            }
        }
    }

    /// What it cost counts under the caps; what was set aside for its own id is freed by the rater with its charge.
    async fn over(&self, metered: &Metered, record: &CallRecord) {
        let legs = facts::paid(record, false);
        let own = legs.iter().filter(|leg| leg.number == metered.number && leg.answered_at.is_some());
        let cost = own.filter_map(|leg| metered.quote.parts(leg.talk_ms)?.total()).max().unwrap_or(0);
        self.release(metered, cost);
        if metered.id != metered.call || cost == 0 {
            self.free(metered).await;
        }
    }

    async fn forget(&self, metered: &Metered) {
        {
            let mut running = locked(&self.0.running);
            if running.get(&metered.call).is_some_and(|all| all.len() == 1) {
                running.remove(&metered.call);
            }
        }
        self.release(metered, 0);
        self.free(metered).await;
    }

    async fn free(&self, metered: &Metered) {
        let freed = async {
            let tx = self.0.app.database.tenant(metered.tenant, self.stamp()).await?;
            tx.wallet_free(metered.id).await?;
            tx.commit_aside().await.map(|_| ())
        };
        if let Err(error) = freed.await {
            tracing::warn!(call.id = %metered.call, %error, "what was set aside is freed with the next sweep");
        }
    }

    fn release(&self, metered: &Metered, cost: i64) {
        let now = self.0.app.now();
        let mut companies = locked(&self.0.companies);
        if let Some(company) = companies.get_mut(&metered.tenant) {
            company.guard.end(metered.id, cost, now, metered.zone.day(now));
            company.calls.remove(&metered.id);
            company.covered_s = company.covered_s.saturating_sub(metered.covered_s);
        }
    }

    async fn end(&self, metered: &Metered) {
        let cause = if metered.capped { EndCause::Capped } else { EndCause::NoCredit };
        if let Some(switch) = self.0.app.switch_if_up() {
            switch.hang_up(metered.tenant, metered.call, cause).await;
        }
    }

    /// The seat hears it and its page shows it.
    fn warn(&self, metered: &Metered, left_s: u64) {
        let (till, tenant, call, seat) = (self.clone(), metered.tenant, metered.call, metered.seat);
        tokio::spawn(async move {
            let body = serde_json::json!({ "seconds": left_s, "seat": seat.map(|seat| seat.to_string()) });
            if let Err(error) = till.tell(tenant, ("call.credit_low", "call", call.to_string()), body).await {
                tracing::warn!(call.id = %call, %error, "that the money ends was not told");
            }
            let (Some(seat), Some(switch)) = (seat, till.0.app.switch_if_up()) else { return };
            let order = |order| OrderAsk { tenant, call, seat, order };
            let _ = switch.order(order(CallOrder::Play(Signal::Tone(WARNING.1), Hearer::Seat))).await;
            tokio::time::sleep(WARNING.0).await;
            let _ = switch.order(order(CallOrder::StopPlay)).await;
        });
    }

    async fn tell(
        &self,
        tenant: TenantId,
        (kind, entity, id): (&'static str, &'static str, String),
        body: serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.0.app.database.tenant(tenant, self.stamp()).await?;
        tx.happened(kind, entity, &id, body).await?;
        tx.commit_aside().await.map(|_| ())
    }

    /// Ends what runs abroad, keeps the block in the store and tells the company.
    async fn alarm(&self, tenant: TenantId, denied: &Denied, text: &str) {
        if let Some(switch) = self.0.app.switch_if_up() {
            for call in &denied.end {
                switch.hang_up(tenant, *call, EndCause::Capped).await;
            }
        }
        let seat = match denied.scope {
            Scope::Seat(seat) => Some(seat),
            Scope::Company | Scope::Key(_) => None,
        };
        let kept = async {
            let tx = self.0.app.database.tenant(tenant, self.stamp()).await?;
            super::caps::block(&tx, seat.map(SeatId::uuid)).await?;
            tx.commit_aside().await?;
            let body = serde_json::json!({ "seat": seat.map(|seat| seat.to_string()), "calls_ended": denied.end.len(), "text": text });
            self.tell(tenant, ("billing.alarm_raised", "account", tenant.to_string()), body).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(tenant.id = %tenant, %error, "a fraud alarm could not be kept");
        }
    }
}
