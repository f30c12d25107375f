//! The state of an agent and how it changes: one row for now, one for each state that is over, one event.

use kernel::{MemberId, ReasonCodeId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{agent_state, agent_time};
use crate::{
    kit::{problem::Problem, words::words},
    queues::row::reason_code,
    seats::row::seat,
};

words! {
    /// What an agent does.
    AgentStateWord {
        /// Not signed in.
        Offline = "offline",
        /// Takes the next call.
        Ready = "ready",
        /// Is being rung.
        Offered = "offered",
        /// Talks.
        OnCall = "on_call",
        /// Writes up a call.
        WrapUp = "wrap_up",
        /// Signed in, takes no calls.
        NotReady = "not_ready",
        /// The phone is gone for a moment.
        Reconnecting = "reconnecting",
    }
    /// What somebody may put an agent into.
    AgentStateWish {
        /// Signs out.
        Offline = "offline",
        /// Takes calls.
        Ready = "ready",
        /// Takes none.
        NotReady = "not_ready",
    }
}

/// A state that is wished for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct AgentChange {
    /// Which.
    pub state: AgentStateWish,
    /// `rsn_..`, with `not_ready` alone. Needed where the company has reason codes.
    #[schema(value_type = Option<String>)]
    pub reason: Option<ReasonCodeId>,
}

/// Why an agent takes no calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentReason {
    /// `rsn_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// Seconds after which it counts as too long.
    pub longest_s: Option<i32>,
}

/// What an agent does, and since when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentState {
    /// State.
    pub state: AgentStateWord,
    /// Why not ready.
    pub reason: Option<AgentReason>,
    /// Since when; absent for somebody who never signed in.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
}

impl AgentState {
    /// Of the row, with the company's reason codes.
    pub fn of(row: Option<&agent_state::Model>, codes: &[reason_code::Model]) -> Self {
        let Some(row) = row else { return Self { state: AgentStateWord::Offline, reason: None, since: None } };
        let code = row.reason_id.and_then(|id| codes.iter().find(|code| code.id == id));
        Self { state: AgentStateWord::stored(&row.state), reason: code.map(show_reason), since: Some(row.since) }
    }
}

/// A reason code as agents see it.
pub fn show_reason(row: &reason_code::Model) -> AgentReason {
    AgentReason { id: ReasonCodeId::from_uuid(row.id).to_string(), name: row.name.clone(), longest_s: row.longest_s }
}

/// Whether somebody's own wish can be done in this state: a call has to be over first.
const fn is_free(state: AgentStateWord) -> bool {
    matches!(state, AgentStateWord::Offline | AgentStateWord::Ready | AgentStateWord::NotReady)
}

/// Puts an agent into a state. The same state for the same reason changes nothing and begins no new time.
pub async fn change(tx: &mut TenantTx, member: Uuid, wish: &AgentChange) -> Result<AgentState, Problem> {
    tx.take_turn().await?;
    let codes = tx.select::<reason_code::Entity>().all().await?;
    let reason = reason(&codes, wish)?;
    let seats = tx.whole::<seat::Entity>().is(seat::Column::MemberId, member).all().await?;
    if wish.state != AgentStateWish::Offline && !seats.iter().any(|seat| seat.state == "active") {
        return Err(Problem::conflict("seat_required", "Calls are taken at a seat, and there is none."));
    }
    let before = tx.find::<agent_state::Entity>(member).await?;
    let stored = AgentState::of(before.as_ref(), &codes);
    if !is_free(stored.state) {
        return Err(Problem::conflict("agent_busy", "There is a call; it has to be over first."));
    }
    let same = stored.state.as_str() == wish.state.as_str()
        && before.as_ref().and_then(|row| row.reason_id) == reason.map(|code| code.id);
    if same {
        return Ok(stored);
    }
    let id = Set(reason.map(|code| code.id));
    let row = match before {
        Some(before) => {
            remember(tx, &before, stored.reason.as_ref()).await?;
            let mut row = before.into_active_model();
            row.state = Set(wish.state.as_str().to_owned());
            row.reason_id = id;
            row.since = Set(tx.at());
            tx.update(row).await?
        }
        None => {
            let state = Set(wish.state.as_str().to_owned());
            let row = agent_state::ActiveModel {
                id: Set(member),
                state,
                reason_id: id,
                since: Set(tx.at()),
                ..Default::default()
            };
            tx.insert(row).await?
        }
    };
    let body = serde_json::json!({ "state": row.state, "reason": reason.map(|code| &code.name) });
    tx.changed("agent.state_changed", "agent", &MemberId::from_uuid(member).to_string(), body).await?;
    Ok(AgentState::of(Some(&row), &codes))
}

fn reason<'a>(codes: &'a [reason_code::Model], wish: &AgentChange) -> Result<Option<&'a reason_code::Model>, Problem> {
    match (wish.state, wish.reason) {
        (AgentStateWish::NotReady, Some(id)) => {
            let found = codes.iter().find(|code| code.id == id.uuid());
            found.map(Some).ok_or_else(|| Problem::field("reason", "unknown_reason", "There is no such reason code."))
        }
        (AgentStateWish::NotReady, None) if !codes.is_empty() => Err(Problem::field("reason", "required", "Say why.")),
        (_, Some(_)) => Err(Problem::field("reason", "not_applicable", "Only with not_ready.")),
        (_, None) => Ok(None),
    }
}

/// Writes down the state that is over.
async fn remember(tx: &TenantTx, row: &agent_state::Model, reason: Option<&AgentReason>) -> Result<(), Problem> {
    let over = agent_time::ActiveModel {
        id: Set(tx.new_id()),
        member_id: Set(row.id),
        state: Set(row.state.clone()),
        reason: Set(reason.map(|reason| reason.name.clone())),
        since: Set(row.since),
        until: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(over).await?;
    Ok(())
}
