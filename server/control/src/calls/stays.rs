//! A call's stays in queues, as its page tells them: who was offered it, why they and not others, and how it ended.

use std::collections::BTreeMap;

use kernel::{CallId, MemberId, QueueId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::acd::distributor::{Census, Turn, TurnKind};
use patchbay_tenancy::TenantTx;
use sea_orm::Order;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    kit::problem::Problem,
    queues::{
        live::AgentCounts,
        row::{queue, queue_visit},
    },
};

/// One stay of a call in a queue, over.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueStay {
    /// `que_..`
    pub queue: String,
    /// Its name then.
    pub name: String,
    /// From when.
    #[serde(with = "time::serde::rfc3339")]
    pub entered_at: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub left_at: OffsetDateTime,
    /// Milliseconds of waiting in all, former queues included.
    pub waited_ms: i64,
    /// `answered`, `abandoned`, `timed_out`, `full`, `nobody`, `overflowed`, `failed`.
    pub outcome: String,
    /// Who took the caller, where you see them.
    pub agent: Option<String>,
    /// Name of the queue that the caller went on to.
    pub next: Option<String>,
    /// What happened, in order.
    pub turns: Vec<QueueTurn>,
    /// Turns that were too many to be kept.
    pub turns_lost: i32,
}

/// One thing that happened in a queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueTurn {
    /// Milliseconds since the stay began.
    pub at_ms: i64,
    /// `offered`, `missed`, `answered`, `left`.
    pub kind: String,
    /// Who, where you see them.
    pub agent: Option<String>,
    /// Of `missed`: `no_answer`, `declined`, `unreachable`, `caller_left`.
    pub why: Option<String>,
    /// Of `offered`: milliseconds of waiting, head starts added, that won.
    pub score_ms: Option<i64>,
    /// Of `offered`: the agent whom the caller knows.
    pub known: bool,
    /// Of `offered`: free agents who did not get the call, a few of each reason.
    pub others: Vec<NotChosen>,
    /// Of `offered`: how many for each reason.
    pub counts: Vec<WhyCount>,
    /// Of `offered`: callers with more to show for who had to be passed over, a few.
    pub passed: Vec<PassedCaller>,
    /// Of `offered` and `left`: what the agents of the queue did.
    pub agents: Option<AgentCounts>,
}

/// A free agent who did not get the call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotChosen {
    /// Who, where you see them.
    pub agent: Option<String>,
    /// `lacks_skill`, `missed_this_call`, `kept_for_rare_skill`, `caller_knows_another`, `lower_level`, `more_skills`, `less_idle`.
    pub why: String,
}

/// How many free agents did not get the call for one reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhyCount {
    /// As of [`NotChosen`].
    pub why: String,
    /// How many.
    pub count: i64,
}

/// A caller who was passed over.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassedCaller {
    /// `call_..`
    pub call: String,
    /// `nobody_idle_can_serve`, `agents_are_kept`, `waits_for_known_agent`.
    pub why: String,
}

/// The stays of a call, in order.
pub async fn stays(tx: &TenantTx, call: CallId, names: &BTreeMap<Uuid, String>) -> Result<Vec<QueueStay>, Problem> {
    let rows = tx.select::<queue_visit::Entity>().is(queue_visit::Column::CallId, call.uuid());
    let rows = rows.order_by(queue_visit::Column::EnteredAt, Order::Asc).limit(100).all().await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let queues = tx.select::<queue::Entity>().all().await?;
    let named = |id: Option<Uuid>| queues.iter().find(|row| Some(row.id) == id).map(|row| row.name.clone());
    let who = |id: Option<Uuid>| id.filter(|id| tx.sees_member(*id)).and_then(|id| names.get(&id).cloned());
    let show = |row: queue_visit::Model| QueueStay {
        queue: QueueId::from_uuid(row.queue_id).to_string(),
        entered_at: row.entered_at,
        left_at: row.left_at,
        waited_ms: row.waited_ms,
        agent: who(row.member_id),
        next: named(row.next_queue_id),
        // What an older version wrote and this one cannot read is left out.
        turns: serde_json::from_value::<Vec<Turn>>(row.turns)
            .unwrap_or_default()
            .into_iter()
            .map(|turn| show_turn(turn, &|member| who(Some(member.uuid()))))
            .collect(),
        turns_lost: row.turns_lost,
        name: row.queue_name,
        outcome: row.outcome,
    };
    Ok(rows.into_iter().map(show).collect())
}

fn show_turn(turn: Turn, who: &dyn Fn(MemberId) -> Option<String>) -> QueueTurn {
    let blank = QueueTurn {
        at_ms: i64::try_from(turn.at_ms).unwrap_or(i64::MAX),
        kind: word(&turn.kind, "kind"),
        agent: None,
        why: None,
        score_ms: None,
        known: false,
        others: Vec::new(),
        counts: Vec::new(),
        passed: Vec::new(),
        agents: None,
    };
    match turn.kind {
        TurnKind::Offered { agent, score_ms, known, others, counts, passed, census } => QueueTurn {
            agent: who(agent),
            score_ms: i64::try_from(score_ms).ok(),
            known,
            others: others.iter().map(|one| NotChosen { agent: who(one.agent), why: word(one, "why") }).collect(),
            counts: counts.iter().map(|one| WhyCount { why: word(one, "why"), count: whole(one.count) }).collect(),
            passed: (passed.iter())
                .map(|one| PassedCaller { call: one.call.to_string(), why: word(one, "why") })
                .collect(),
            agents: Some(counted(census)),
            ..blank
        },
        TurnKind::Missed { agent, .. } => QueueTurn { agent: who(agent), why: Some(word(&turn.kind, "why")), ..blank },
        TurnKind::Answered { agent } => QueueTurn { agent: who(agent), ..blank },
        TurnKind::Left { census } => QueueTurn { agents: Some(counted(census)), ..blank },
    }
}

fn counted(census: Census) -> AgentCounts {
    AgentCounts {
        ready: census.ready.into(),
        offered: census.offered.into(),
        on_call: census.on_call.into(),
        wrap_up: census.wrap_up.into(),
        not_ready: census.not_ready.into(),
        reconnecting: census.reconnecting.into(),
        offline: census.offline.into(),
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The word under this key, as it is stored.
fn word(value: &impl Serialize, key: &str) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.get(key).and_then(|word| word.as_str()).unwrap_or_default().to_owned()
}
