//! The state of an agent and how it changes: one row for now, one for each state that is over, one event.

use kernel::{CallId, MemberId, ReasonCodeId, Uuid};
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
    /// Why, where it was nobody's choice: `missed` (calls were not answered), `supervisor`.
    pub cause: Option<String>,
    /// Since when; absent for somebody who never signed in.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// When it ends by itself, of a wrap-up.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// `call_..` that it is about.
    pub call: Option<String>,
    /// What follows the call, where it was wished.
    pub next: Option<AgentStateWish>,
}

impl AgentState {
    /// Of the row, with the company's reason codes.
    pub fn of(row: Option<&agent_state::Model>, codes: &[reason_code::Model]) -> Self {
        let Some(row) = row else {
            let state = AgentStateWord::Offline;
            return Self { state, reason: None, cause: None, since: None, until: None, call: None, next: None };
        };
        let code = row.reason_id.and_then(|id| codes.iter().find(|code| code.id == id));
        let state = AgentStateWord::stored(&row.state);
        let next = Some(AgentStateWish::stored(&row.wish)).filter(|_| !is_free(state));
        Self {
            state,
            reason: code.map(show_reason),
            cause: row.cause.clone(),
            since: Some(row.since),
            until: row.until,
            call: row.call_id.map(|id| CallId::from_uuid(id).to_string()),
            next,
        }
    }
}

/// A reason code as agents see it.
pub fn show_reason(row: &reason_code::Model) -> AgentReason {
    AgentReason { id: ReasonCodeId::from_uuid(row.id).to_string(), name: row.name.clone(), longest_s: row.longest_s }
}

/// Whether a wish is done at once in this state: otherwise a call has to be over first.
pub(crate) const fn is_free(state: AgentStateWord) -> bool {
    matches!(state, AgentStateWord::Offline | AgentStateWord::Ready | AgentStateWord::NotReady)
}

/// Puts an agent into a state, or, while there is a call, notes that it is to follow. The same state for the same reason changes
/// nothing and begins no new time. Tell the switch after the commit: [`patchbay_plane::Switch::queues_changed`].
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
    let id = reason.map(|code| code.id);
    let free = is_free(stored.state);
    let begins = !free && before.is_some();
    let same = stored.state.as_str() == wish.state.as_str() && before.as_ref().and_then(|row| row.reason_id) == id;
    // Somebody who was set away says by the same word that they are there again.
    let noted = before.as_ref().is_some_and(|row| row.wish == wish.state.as_str() && row.wish_reason_id == id);
    if free && same && noted {
        return Ok(stored);
    }
    let Some(before) = before else {
        let row = agent_state::ActiveModel {
            id: Set(member),
            state: Set(wish.state.as_str().to_owned()),
            reason_id: Set(id),
            since: Set(tx.at()),
            wish: Set(wish.state.as_str().to_owned()),
            wish_reason_id: Set(id),
            wished_at: Set(Some(tx.at())),
            ..Default::default()
        };
        let row = tx.insert(row).await?;
        announce(tx, &row, reason.map(|code| code.name.as_str())).await?;
        return Ok(AgentState::of(Some(&row), &codes));
    };
    let mut row = before.clone().into_active_model();
    row.wish = Set(wish.state.as_str().to_owned());
    row.wish_reason_id = Set(id);
    row.wished_at = Set(Some(tx.at()));
    if begins || same {
        let row = tx.update(row).await?;
        let body = serde_json::json!({ "state": row.wish, "reason": reason.map(|code| &code.name) });
        tx.changed("agent.state_wished", "agent", &MemberId::from_uuid(member).to_string(), body).await?;
        return Ok(AgentState::of(Some(&row), &codes));
    }
    remember(tx, &before, stored.reason.as_ref().map(|reason| reason.name.clone()), tx.at()).await?;
    row.state = Set(wish.state.as_str().to_owned());
    row.reason_id = Set(id);
    row.since = Set(tx.at());
    row.cause = Set(None);
    let row = tx.update(row).await?;
    announce(tx, &row, reason.map(|code| code.name.as_str())).await?;
    Ok(AgentState::of(Some(&row), &codes))
}

/// Tells of a state that has begun.
pub(crate) async fn announce(
    tx: &mut TenantTx,
    row: &agent_state::Model,
    reason: Option<&str>,
) -> Result<(), patchbay_tenancy::StoreError> {
    let call = row.call_id.map(|id| CallId::from_uuid(id).to_string());
    let body = serde_json::json!({ "state": row.state, "reason": reason, "cause": row.cause, "call": call });
    tx.changed("agent.state_changed", "agent", &MemberId::from_uuid(row.id).to_string(), body).await.map(drop)
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
pub(crate) async fn remember(
    tx: &TenantTx,
    row: &agent_state::Model,
    reason: Option<String>,
    until: OffsetDateTime,
) -> Result<(), patchbay_tenancy::StoreError> {
    let over = agent_time::ActiveModel {
        id: Set(tx.new_id()),
        member_id: Set(row.id),
        state: Set(row.state.clone()),
        reason: Set(reason),
        since: Set(row.since),
        until: Set(until.max(row.since)),
        ..Default::default()
    };
    tx.insert(over).await.map(drop)
}
