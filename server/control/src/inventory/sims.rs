//! Rules of SIM cards as operators set and see them.

use axum::Json;
use kernel::{GatewayPortId, Wall};
use patchbay_gateway::sim::day;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx,
    system::{gateway_port, sim},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::words::GatewayPortKind;
use crate::{
    directory::sims::read,
    kit::{
        body::{Check, Id},
        operator::Operator,
        problem::{Or404, Problem},
    },
};

/// What a SIM card may do. Absent limits are none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimRules {
    /// Minutes of talk a day (UTC), begun ones counted; 1 to 1,440.
    #[serde(default)]
    pub minutes_a_day: Option<i64>,
    /// Calls a day; 1 to 10,000.
    #[serde(default)]
    pub calls_a_day: Option<i64>,
    /// Seconds between the end of a call and the next; up to 3,600.
    #[serde(default)]
    pub rest_s: i64,
    /// Failed calls in a row after which it rests longer; 1 to 100.
    #[serde(default)]
    pub failures: Option<i64>,
    /// Seconds of that rest; up to 86,400.
    #[serde(default)]
    pub failure_rest_s: i64,
    /// What is known of its balance, for people; at most 120 characters.
    #[serde(default)]
    pub balance: Option<String>,
}

/// A SIM card: its rules, and what it has done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SimCard {
    /// Its rules.
    pub rules: SimRules,
    /// Calls of today (UTC).
    pub calls_today: i64,
    /// Minutes of talk of today, begun ones counted.
    pub minutes_today: i64,
    /// Failed calls in a row.
    pub failed: i64,
    /// Until when it rests.
    #[serde(with = "time::serde::rfc3339::option")]
    pub rests_until: Option<OffsetDateTime>,
    /// Why it may not call now, in one English sentence; absent: it may.
    pub refuses: Option<String>,
}

impl SimRules {
    /// What is wrong with a wish.
    pub fn judge(&self, check: &mut Check) {
        let within = |n: Option<i64>, low, high| n.is_none_or(|n| (low..=high).contains(&n));
        check.need(within(self.minutes_a_day, 1, 1_440), "sim.minutes_a_day", "range", "Between 1 and 1,440.");
        check.need(within(self.calls_a_day, 1, 10_000), "sim.calls_a_day", "range", "Between 1 and 10,000.");
        check.need(within(Some(self.rest_s), 0, 3_600), "sim.rest_s", "range", "Between 0 and 3,600.");
        check.need(within(self.failures, 1, 100), "sim.failures", "range", "Between 1 and 100.");
        check.need(within(Some(self.failure_rest_s), 0, 86_400), "sim.failure_rest_s", "range", "Up to 86,400.");
        let long = self.balance.as_ref().map_or(0, |text| text.trim().chars().count());
        check.need(long <= 120, "sim.balance", "length", "At most 120 characters.");
    }

    /// Keep them for the card in this gateway port. What it has done stays.
    pub async fn keep(&self, tx: &OperatorTx, port: kernel::Uuid) -> Result<(), Problem> {
        let some = |n: Option<i64>| n.and_then(|n| i32::try_from(n).ok());
        let known = tx.find::<sim::Entity>(port).await?;
        let new = known.is_none();
        let fresh = || sim::ActiveModel { id: Set(port), ..Default::default() };
        let mut row = known.map_or_else(fresh, IntoActiveModel::into_active_model);
        row.minutes_a_day = Set(some(self.minutes_a_day));
        row.calls_a_day = Set(some(self.calls_a_day));
        row.rest_s = Set(i32::try_from(self.rest_s).unwrap_or(0));
        row.failures = Set(some(self.failures));
        row.failure_rest_s = Set(i32::try_from(self.failure_rest_s).unwrap_or(0));
        let balance = self.balance.as_ref().map(|text| text.trim().to_owned());
        row.balance = Set(balance.filter(|text| !text.is_empty()));
        if new {
            tx.insert(row).await?;
        } else {
            tx.update(row).await?;
        }
        Ok(())
    }
}

/// The SIM card in a gateway port; a card without rules may do everything.
#[utoipa::path(get, path = "/v1/operator/gateway-ports/{id}/sim", operation_id = "gateway_port_sim", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = SimCard)))]
pub async fn gateway_port_sim(operator: Operator, Id(id): Id<GatewayPortId>) -> Result<Json<SimCard>, Problem> {
    let system = operator.read();
    let port = system.find::<gateway_port::Entity>(id.uuid()).await?.or_404()?;
    if GatewayPortKind::stored(&port.kind) != GatewayPortKind::SimSlot {
        return Err(Problem::not_found());
    }
    let row = system.find::<sim::Entity>(id.uuid()).await?;
    let none = || SimCard {
        rules: SimRules::default(),
        calls_today: 0,
        minutes_today: 0,
        failed: 0,
        rests_until: None,
        refuses: None,
    };
    Ok(Json(row.map_or_else(none, |row| shown(&row, operator.app.now()))))
}

/// A card as shown.
fn shown(row: &sim::Model, now: Wall) -> SimCard {
    let (rules, used) = read(row);
    let today = used.day == day(now);
    SimCard {
        rules: SimRules {
            minutes_a_day: row.minutes_a_day.map(i64::from),
            calls_a_day: row.calls_a_day.map(i64::from),
            rest_s: row.rest_s.into(),
            failures: row.failures.map(i64::from),
            failure_rest_s: row.failure_rest_s.into(),
            balance: row.balance.clone(),
        },
        calls_today: if today { row.used_calls.into() } else { 0 },
        minutes_today: if today { row.used_minutes.into() } else { 0 },
        failed: row.failed.into(),
        rests_until: row.rests_until.filter(|until| Wall::from_offset(*until) > now),
        refuses: rules.may_call(&used, now).err().map(|rest| format!("This card {rest}.")),
    }
}

crate::resource!(gateway_port_sim);
