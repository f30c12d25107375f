//! All agents at once, for those who watch over them, and the time that one spent in each state.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{MemberId, Uuid};
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};

use super::{
    row::{agent_state, agent_time},
    state::{AgentChange, AgentState, AgentStateWord, change},
};
use crate::{
    kit::{
        body::{Ask, Body, Id},
        may::May,
        problem::{Or404, Problem},
    },
    people::row::member,
    queues::row::{queue, queue_member, reason_code},
    seats::{
        row::seat,
        view::{self, Surroundings},
    },
};

/// Longest stretch that can be asked for.
const LONGEST: Duration = Duration::days(31);

/// Somebody with a seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Agent {
    /// `mem_..`
    pub member: String,
    /// Name.
    pub name: String,
    /// Extension of their seat.
    pub extension: String,
    /// What they do.
    pub now: AgentState,
    /// Whether a phone of theirs can be rung.
    pub reachable: bool,
    /// Names of the queues that they work in.
    pub queues: Vec<String>,
}

/// A stretch of time in one state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentTime {
    /// State.
    pub state: AgentStateWord,
    /// Name of the reason, as it was then.
    pub reason: Option<String>,
    /// From when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Until when; absent: it goes on.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

/// Time in one state, summed up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentTotal {
    /// State.
    pub state: AgentStateWord,
    /// Name of the reason.
    pub reason: Option<String>,
    /// Seconds.
    pub seconds: i64,
}

/// What an agent did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentTimes {
    /// Stretches, newest first.
    pub times: Vec<AgentTime>,
    /// Sums of what lies within the time that was asked for, longest first.
    pub totals: Vec<AgentTotal>,
}

/// Which time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// RFC 3339; a day ago unless told otherwise.
    from: Option<String>,
    /// RFC 3339; now unless told otherwise.
    to: Option<String>,
}

/// Everybody with a seat that you see: what they do, and whether they can be reached.
#[utoipa::path(get, path = "/v1/agents", operation_id = "agent_list", tag = "agents",
    security(("user" = ["agents:read"])), responses((status = 200, body = [Agent])))]
pub async fn agent_list(may: May<Read<of::Agent>>) -> Result<Json<Vec<Agent>>, Problem> {
    let tx = may.read().await?;
    let seats = view::seen(&tx).await?;
    let around = Surroundings::of(&may.app, &tx).await?;
    let codes = tx.select::<reason_code::Entity>().all().await?;
    let states = tx.select::<agent_state::Entity>().all().await?;
    let inside = queues_of(&tx).await?;
    let agent = |seat: &seat::Model| {
        let member = seat.member_id.filter(|id| tx.sees_member(*id))?;
        Some(Agent {
            member: MemberId::from_uuid(member).to_string(),
            name: around.name(seat),
            extension: seat.extension.clone(),
            now: AgentState::of(states.iter().find(|row| row.id == member), &codes),
            reachable: around.is_online(&may.app, seat),
            queues: inside.get(&member).cloned().unwrap_or_default(),
        })
    };
    Ok(Json(seats.iter().filter_map(agent).collect()))
}

/// Put somebody into a state: who forgot to sign out, say.
#[utoipa::path(post, path = "/v1/agents/{id}/state", operation_id = "agent_state", tag = "agents", params(("id" = String, Path)),
    request_body = AgentChange, security(("user" = ["agents:operate"])), responses((status = 200, body = AgentState)))]
pub async fn set_agent_state(
    may: May<Operate<of::Agent>>,
    Id(id): Id<MemberId>,
    Body(ask): Body<AgentChange>,
) -> Result<Json<AgentState>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    let out = change(&mut tx, row.id, &ask).await?;
    tx.commit().await?;
    may.app.tell_queues(may.tenant());
    Ok(Json(out))
}

/// What an agent did: at most 31 days, a day unless told otherwise.
#[utoipa::path(get, path = "/v1/agents/{id}/times", operation_id = "agent_times", tag = "agents",
    params(("id" = String, Path), Stretch), security(("user" = ["agents:read"])), responses((status = 200, body = AgentTimes)))]
pub async fn agent_times(
    may: May<Read<of::Agent>>,
    Id(id): Id<MemberId>,
    Ask(ask): Ask<Stretch>,
) -> Result<Json<AgentTimes>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    let to = moment(ask.to.as_deref(), "to")?.unwrap_or_else(|| tx.at()).min(tx.at());
    let from = moment(ask.from.as_deref(), "from")?.unwrap_or(to - Duration::DAY);
    if from >= to || to - from > LONGEST {
        return Err(Problem::field("from", "out_of_range", "Before the end, and at most 31 days."));
    }
    let within = Condition::all()
        .add(agent_time::Column::MemberId.eq(row.id))
        .add(agent_time::Column::Until.gt(from))
        .add(agent_time::Column::Since.lt(to));
    let over = tx.select::<agent_time::Entity>().filter(within).order_by(agent_time::Column::Since, Order::Desc);
    let mut times: Vec<AgentTime> = over.all().await?.into_iter().map(stretch).collect();
    if let Some(now) = tx.find::<agent_state::Entity>(row.id).await?.filter(|now| now.since < to) {
        let codes = tx.select::<reason_code::Entity>().all().await?;
        let now = AgentState::of(Some(&now), &codes);
        let since = now.since.unwrap_or(to);
        times.insert(
            0,
            AgentTime { state: now.state, reason: now.reason.map(|reason| reason.name), since, until: None },
        );
    }
    Ok(Json(AgentTimes { totals: totals(&times, from, to), times }))
}

fn stretch(row: agent_time::Model) -> AgentTime {
    let state = AgentStateWord::stored(&row.state);
    AgentTime { state, reason: row.reason, since: row.since, until: Some(row.until) }
}

fn moment(text: Option<&str>, field: &str) -> Result<Option<OffsetDateTime>, Problem> {
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339);
    text.map(read).transpose().map_err(|_| Problem::field(field, "invalid", "A time, as RFC 3339 has it."))
}

fn totals(times: &[AgentTime], from: OffsetDateTime, to: OffsetDateTime) -> Vec<AgentTotal> {
    let mut sums: Vec<AgentTotal> = Vec::new();
    for time in times {
        let seconds = (time.until.unwrap_or(to).min(to) - time.since.max(from)).whole_seconds().max(0);
        match sums.iter_mut().find(|sum| sum.state == time.state && sum.reason == time.reason) {
            Some(sum) => sum.seconds += seconds,
            None => sums.push(AgentTotal { state: time.state, reason: time.reason.clone(), seconds }),
        }
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.seconds));
    sums
}

async fn queues_of(tx: &TenantTx) -> Result<BTreeMap<Uuid, Vec<String>>, Problem> {
    let queues = tx.select::<queue::Entity>().order_by(queue::Column::Name, Order::Asc).all().await?;
    let inside = tx.select::<queue_member::Entity>().all().await?;
    let mut of: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for queue in queues {
        for one in inside.iter().filter(|one| one.queue_id == queue.id) {
            of.entry(one.member_id).or_default().push(queue.name.clone());
        }
    }
    Ok(of)
}

crate::resource!(agent_list, set_agent_state, agent_times);
