//! How it stands in the queues now, and how the day went: the wallboard.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{MemberId, QueueId, Uuid, Wall};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::{QueueBoard, QueueLine};
use patchbay_tenancy::{QueueSums, TenantTx, system::tenant};
use sea_orm::Order;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{queue, queue_member};
use crate::{
    agents::{row::agent_state, state::AgentStateWord},
    kit::{may::May, problem::Problem},
    seats::view::names,
};

/// A wait that ended before this, in seconds, was given up for other reasons than the queue's and counts as nothing.
const SHORT_MS: i64 = 5_000;

/// A queue as it stands now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueNow {
    /// `que_..`
    pub queue: String,
    /// Name.
    pub name: String,
    /// Those who wait, first come first.
    pub waiting: Vec<WaitingCaller>,
    /// How many of its callers talk with an agent.
    pub talking: i64,
    /// Seconds that somebody who came now would probably wait; absent: nobody is there to take them.
    pub estimate_s: Option<i64>,
    /// What its agents do, of those you see.
    pub agents: AgentCounts,
    /// Since midnight in the company's time zone.
    pub today: QueueDay,
    /// The target: so many seconds
    pub service_level_s: i32,
    /// for so many per cent of the callers.
    pub service_level_percent: i32,
}

/// Somebody who waits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingCaller {
    /// `call_..`
    pub call: String,
    /// The caller's number, for whoever sees the calls of the whole company.
    pub caller: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Name of the agent whose phone rings for them.
    pub offered_to: Option<String>,
}

/// How many agents are in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentCounts {
    /// Take the next call.
    pub ready: i64,
    /// Are being rung.
    pub offered: i64,
    /// Talk.
    pub on_call: i64,
    /// Write up.
    pub wrap_up: i64,
    /// Take no calls.
    pub not_ready: i64,
    /// Their phone is gone for a moment.
    pub reconnecting: i64,
    /// Are not signed in.
    pub offline: i64,
}

/// What became of those who came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueDay {
    /// Stays that are over; those given up within five seconds are left out.
    pub came: i64,
    /// Taken by an agent.
    pub answered: i64,
    /// Of these, within the target's time.
    pub in_time: i64,
    /// Given up.
    pub abandoned: i64,
    /// Moved on or given back: full, too long, nobody there.
    pub given_back: i64,
    /// Per cent of those who came that were answered in time; absent where nobody came.
    pub service_level_percent: Option<i64>,
    /// Longest wait of them all, in seconds.
    pub longest_wait_s: i64,
    /// Mean wait of those who were answered, in seconds.
    pub mean_wait_s: Option<i64>,
}

/// Every queue as it stands now, by name.
#[utoipa::path(get, path = "/v1/queues/live", operation_id = "queue_live", tag = "queues",
    security(("user" = ["queues:read"])), responses((status = 200, body = [QueueNow])))]
pub async fn queue_live(may: May<Read<of::Queue>>) -> Result<Json<Vec<QueueNow>>, Problem> {
    let board = match may.app.switch_if_up() {
        Some(switch) => switch.queue_board(may.tenant()).await,
        None => QueueBoard::default(),
    };
    let zone = may.app.database.system().find::<tenant::Entity>(may.tenant().uuid()).await?;
    let zone = zone.map(|row| row.timezone).unwrap_or_default();
    let tx = may.read().await?;
    let rows = tx.select::<queue::Entity>().order_by(queue::Column::Name, Order::Asc).all().await?;
    let inside = tx.select::<queue_member::Entity>().all().await?;
    let states = tx.select::<agent_state::Entity>().all().await?;
    let names = names(&may.app, &tx).await?;
    let days = days(&tx, &zone).await?;
    let states: BTreeMap<Uuid, AgentStateWord> =
        states.iter().map(|row| (row.id, AgentStateWord::stored(&row.state))).collect();
    let show = |row: queue::Model| {
        let line = board.queues.iter().find(|line| line.queue.uuid() == row.id);
        let members = inside.iter().filter(|one| one.queue_id == row.id && tx.sees_member(one.member_id));
        QueueNow {
            queue: QueueId::from_uuid(row.id).to_string(),
            name: row.name,
            waiting: line.map(|line| waiting(line, &names, &tx)).unwrap_or_default(),
            talking: line.map_or(0, |line| line.talking.into()),
            estimate_s: line.and_then(|line| line.estimate_ms).map(|ms| i64::try_from(ms / 1_000).unwrap_or(i64::MAX)),
            agents: counts(members.map(|one| states.get(&one.member_id).copied().unwrap_or(AgentStateWord::Offline))),
            today: days.get(&row.id).cloned().unwrap_or_default(),
            service_level_s: row.service_level_s,
            service_level_percent: row.service_level_percent,
        }
    };
    Ok(Json(rows.into_iter().map(show).collect()))
}

fn waiting(line: &QueueLine, names: &BTreeMap<Uuid, String>, tx: &TenantTx) -> Vec<WaitingCaller> {
    let named = |member: MemberId| Some(member).filter(|id| tx.sees_member(id.uuid()));
    let one = |one: &patchbay_plane::WaitingLine| WaitingCaller {
        call: one.call.to_string(),
        caller: tx.sees_all().then(|| one.caller.clone()),
        since: one.since.to_offset(),
        offered_to: one.offered_to.and_then(named).and_then(|id| names.get(&id.uuid()).cloned()),
    };
    line.waiting.iter().map(one).collect()
}

fn counts(states: impl Iterator<Item = AgentStateWord>) -> AgentCounts {
    let mut counts = AgentCounts::default();
    for state in states {
        let place = match state {
            AgentStateWord::Offline => &mut counts.offline,
            AgentStateWord::Ready => &mut counts.ready,
            AgentStateWord::Offered => &mut counts.offered,
            AgentStateWord::OnCall => &mut counts.on_call,
            AgentStateWord::WrapUp => &mut counts.wrap_up,
            AgentStateWord::NotReady => &mut counts.not_ready,
            AgentStateWord::Reconnecting => &mut counts.reconnecting,
        };
        *place += 1;
    }
    counts
}

/// The day of each queue, recounted from the stays in it.
async fn days(tx: &TenantTx, zone: &str) -> Result<BTreeMap<Uuid, QueueDay>, Problem> {
    let minute = patchbay_ivr::zone::local(tx.now(), zone).minute;
    let midnight = Wall(tx.now().0 - i64::from(minute) * 60_000_000 - tx.now().0.rem_euclid(60_000_000)).to_offset();
    let sums = tx.queue_sums(midnight, SHORT_MS).await?;
    Ok(sums.into_iter().map(|sums| (sums.queue_id, day(&sums))).collect())
}

fn day(sums: &QueueSums) -> QueueDay {
    QueueDay {
        came: sums.came,
        answered: sums.answered,
        in_time: sums.in_time,
        abandoned: sums.abandoned,
        given_back: sums.came - sums.answered - sums.abandoned,
        service_level_percent: (sums.came > 0).then(|| (sums.in_time * 100 + sums.came / 2) / sums.came.max(1)),
        longest_wait_s: sums.longest_ms / 1_000,
        mean_wait_s: (sums.answered > 0).then(|| sums.answered_ms / sums.answered.max(1) / 1_000),
    }
}

crate::resource!(queue_live);
