//! What a company and its seats may spend at most, and the fraud alarm that somebody has to lift.

use axum::Json;
use kernel::{SeatId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{row::spend_cap, sold};
use crate::{
    kit::{
        body::{Body, Check},
        may::May,
        problem::Problem,
    },
    seats::row::seat,
};

/// Most that a cap may be: a hundred million units.
const MOST: i64 = 100_000_000_000_000;
/// Seats with caps of their own.
const SEATS_MOST: usize = 1_000;

/// Caps; what is `null` is not capped. Amounts are micro-units of the account's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendCaps {
    /// Within sixty minutes.
    pub hour_micros: Option<i64>,
    /// On one day, by the company's calendar.
    pub day_micros: Option<i64>,
    /// Seconds of one call.
    pub longest_s: Option<i64>,
    /// Paid calls at once.
    pub parallel: Option<i64>,
    /// Calls to other countries are open.
    pub international: bool,
    /// Calls to premium destinations are open.
    pub premium: bool,
    /// More calls abroad than this within `velocity_s` raise the alarm.
    pub velocity_calls: Option<i64>,
    /// Seconds of the alarm.
    pub velocity_s: Option<i64>,
}

/// Caps of one seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatCaps {
    /// `sea_..`
    pub seat: String,
    /// Its caps, on top of the company's.
    pub caps: SpendCaps,
}

/// All caps of a company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpendCapsShown {
    /// The company's.
    pub company: SpendCaps,
    /// Those of seats.
    pub seats: Vec<SeatCaps>,
    /// Whose calls abroad the alarm has stopped; without a seat, everybody's.
    pub alarms: Vec<SpendAlarm>,
}

/// An alarm that nobody has lifted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpendAlarm {
    /// `sea_..`; absent: the whole company.
    pub seat: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// All caps, instead of those that were there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendCapsPut {
    /// The company's.
    pub company: SpendCaps,
    /// Those of seats; a seat that is not named has none of its own.
    #[serde(default)]
    pub seats: Vec<SeatCaps>,
}

impl SpendCaps {
    /// Those of a company that has said nothing.
    fn usual() -> Self {
        let caps = patchbay_billing::guard::Caps::CLOSED;
        Self {
            hour_micros: caps.hour,
            day_micros: caps.day,
            longest_s: caps.longest_s.and_then(|s| i64::try_from(s).ok()),
            parallel: caps.parallel.and_then(|n| i64::try_from(n).ok()),
            international: caps.international,
            premium: caps.premium,
            velocity_calls: caps.velocity.and_then(|velocity| i64::try_from(velocity.calls).ok()),
            velocity_s: caps.velocity.map(|velocity| velocity.within_s.into()),
        }
    }

    fn of(row: &spend_cap::Model) -> Self {
        Self {
            hour_micros: row.hour_micros,
            day_micros: row.day_micros,
            longest_s: row.longest_s,
            parallel: row.parallel.map(i64::from),
            international: row.international,
            premium: row.premium,
            velocity_calls: row.velocity_calls.map(i64::from),
            velocity_s: row.velocity_s.map(i64::from),
        }
    }

    fn check(&self, check: &mut Check, field: &str) {
        let money = [self.hour_micros, self.day_micros].into_iter().flatten().all(|n| (0..=MOST).contains(&n));
        check.need(money, field, "range", "An amount is between 0 and 100,000,000.");
        let longest = self.longest_s.is_none_or(|s| (10..=86_400).contains(&s));
        check.need(longest, field, "range", "A call lasts between 10 seconds and a day.");
        let parallel = self.parallel.is_none_or(|n| (0..=10_000).contains(&n));
        check.need(parallel, field, "range", "Between 0 and 10,000 calls at once.");
        let both = self.velocity_calls.is_some() == self.velocity_s.is_some();
        let calls = self.velocity_calls.is_none_or(|n| (0..=10_000).contains(&n));
        let span = self.velocity_s.is_none_or(|s| (10..=86_400).contains(&s));
        check.need(
            both && calls && span,
            field,
            "range",
            "The alarm counts up to 10,000 calls within 10 seconds to a day.",
        );
    }

    fn row(&self, tx: &TenantTx, seat: Option<Uuid>, blocked_at: Option<OffsetDateTime>) -> spend_cap::ActiveModel {
        let small = |n: Option<i64>| n.and_then(|n| i32::try_from(n).ok());
        spend_cap::ActiveModel {
            id: Set(tx.new_id()),
            seat_id: Set(seat),
            hour_micros: Set(self.hour_micros),
            day_micros: Set(self.day_micros),
            longest_s: Set(self.longest_s),
            parallel: Set(small(self.parallel)),
            international: Set(self.international),
            premium: Set(self.premium),
            velocity_calls: Set(small(self.velocity_calls)),
            velocity_s: Set(small(self.velocity_s)),
            blocked_at: Set(blocked_at),
            updated_at: Set(tx.at()),
            ..Default::default()
        }
    }
}

fn shown(rows: &[spend_cap::Model]) -> SpendCapsShown {
    let name = |id: Uuid| SeatId::from_uuid(id).to_string();
    let seats = rows.iter().filter_map(|row| Some(SeatCaps { seat: name(row.seat_id?), caps: SpendCaps::of(row) }));
    let alarms = rows.iter().filter_map(|row| Some(SpendAlarm { seat: row.seat_id.map(name), since: row.blocked_at? }));
    SpendCapsShown {
        company: rows.iter().find(|row| row.seat_id.is_none()).map_or_else(SpendCaps::usual, SpendCaps::of),
        seats: seats.collect(),
        alarms: alarms.collect(),
    }
}

/// What may be spent at most, and alarms that nobody has lifted.
#[utoipa::path(get, path = "/v1/billing/caps", operation_id = "spend_caps", tag = "billing",
    security(("user" = ["billing:read"])), responses((status = 200, body = SpendCapsShown)))]
pub async fn spend_caps(may: May<Read<of::Billing>>) -> Result<Json<SpendCapsShown>, Problem> {
    sold(&may.app)?;
    let tx = may.read().await?;
    Ok(Json(shown(&tx.select::<spend_cap::Entity>().all().await?)))
}

/// Say what may be spent at most. Calls that run keep what was set aside for them.
#[utoipa::path(put, path = "/v1/billing/caps", operation_id = "spend_caps_put", tag = "billing", request_body = SpendCapsPut,
    security(("user" = ["billing:write"])), responses((status = 200, body = SpendCapsShown)))]
pub async fn spend_caps_put(
    may: May<Write<of::Billing>>,
    Body(ask): Body<SpendCapsPut>,
) -> Result<Json<SpendCapsShown>, Problem> {
    sold(&may.app)?;
    let mut check = Check::default();
    ask.company.check(&mut check, "company");
    ask.seats.iter().for_each(|one| one.caps.check(&mut check, "seats"));
    check.need(ask.seats.len() <= SEATS_MOST, "seats", "too_many", "A thousand seats at most.");
    check.done()?;
    let mut tx = may.write().await?;
    let before = tx.select::<spend_cap::Entity>().all().await?;
    let blocked = |seat: Option<Uuid>| before.iter().find(|row| row.seat_id == seat).and_then(|row| row.blocked_at);
    tx.delete_many::<spend_cap::Entity>(Condition::all()).await?;
    tx.insert(ask.company.row(&tx, None, blocked(None))).await?;
    for one in &ask.seats {
        let unknown = || Problem::field("seats", "not_found", "There is no such seat.");
        let id = one.seat.parse::<SeatId>().map_err(|_| unknown())?.uuid();
        tx.whole::<seat::Entity>().is(seat::Column::Id, id).one().await?.ok_or_else(unknown)?;
        tx.insert(one.caps.row(&tx, Some(id), blocked(Some(id)))).await.map_err(|error| match error {
            StoreError::Unique { .. } => Problem::field("seats", "twice", "A seat is there twice."),
            other => other.into(),
        })?;
    }
    let said = serde_json::json!({ "international": ask.company.international, "premium": ask.company.premium,
        "hour_micros": ask.company.hour_micros, "day_micros": ask.company.day_micros, "seats": ask.seats.len() });
    tx.changed("billing.caps_changed", "account", &may.tenant().to_string(), said).await?;
    let rows = tx.select::<spend_cap::Entity>().all().await?;
    tx.commit().await?;
    Ok(Json(shown(&rows)))
}

/// Lift the fraud alarm of the company and of all seats.
#[utoipa::path(post, path = "/v1/billing/alarms/lift", operation_id = "spend_alarm_lift", tag = "billing",
    security(("user" = ["billing:write"])), responses((status = 200, body = SpendCapsShown)))]
pub async fn spend_alarm_lift(may: May<Write<of::Billing>>) -> Result<Json<SpendCapsShown>, Problem> {
    sold(&may.app)?;
    let mut tx = may.write().await?;
    let set = vec![(spend_cap::Column::BlockedAt, Expr::value(Option::<OffsetDateTime>::None))];
    let lifted = tx.update_many::<spend_cap::Entity>(set, spend_cap::Column::BlockedAt.is_not_null()).await?;
    let said = serde_json::json!({ "alarms": lifted });
    tx.changed("billing.alarm_lifted", "account", &may.tenant().to_string(), said).await?;
    let rows = tx.select::<spend_cap::Entity>().all().await?;
    tx.commit().await?;
    Ok(Json(shown(&rows)))
}

/// The alarm of the company, or of a seat, is on from now on.
pub(super) async fn block(tx: &TenantTx, seat: Option<Uuid>) -> Result<(), StoreError> {
    let which = match seat {
        Some(seat) => spend_cap::Column::SeatId.eq(seat),
        None => spend_cap::Column::SeatId.is_null(),
    };
    let set = vec![(spend_cap::Column::BlockedAt, Expr::value(Some(tx.at())))];
    if tx.update_many::<spend_cap::Entity>(set, which).await? == 0 {
        let caps = SpendCaps::usual();
        tx.insert(caps.row(tx, seat, Some(tx.at()))).await?;
    }
    Ok(())
}

crate::resource!(spend_caps, spend_caps_put, spend_alarm_lift);
