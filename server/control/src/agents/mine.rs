//! One's own working state, as the desk shows and changes it.

use axum::Json;
use kernel::Uuid;
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::Order;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    row::agent_state,
    state::{AgentChange, AgentReason, AgentState, change, show_reason},
    wrap_up::{self, MyWrapUp},
};
use crate::{
    kit::{body::Body, may::May, problem::Problem},
    queues::row::{queue, queue_member, reason_code},
    seats::row::seat,
};

/// One's own working state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyAgent {
    /// Whether there is a seat to take calls at.
    pub has_seat: bool,
    /// What one does.
    pub now: AgentState,
    /// Reasons to choose from when one takes no calls.
    pub reasons: Vec<AgentReason>,
    /// Names of the queues that one works in.
    pub queues: Vec<String>,
    /// The call that one writes up.
    pub wrap_up: Option<MyWrapUp>,
}

/// One's own working state, and the reasons there are for a break.
#[utoipa::path(get, path = "/v1/agents/me", operation_id = "my_agent", tag = "agents",
    security(("user" = ["softphone:read"])), responses((status = 200, body = MyAgent)))]
pub async fn my_agent(may: May<Read<of::Softphone>>) -> Result<Json<MyAgent>, Problem> {
    let tx = may.read().await?;
    Ok(Json(mine(&tx, may.caller.member.uuid()).await?))
}

/// Take calls, take none, or sign out.
#[utoipa::path(post, path = "/v1/agents/me/state", operation_id = "my_agent_state", tag = "agents", request_body = AgentChange,
    security(("user" = ["softphone:operate"])), responses((status = 200, body = MyAgent)))]
pub async fn my_agent_state(
    may: May<Operate<of::Softphone>>,
    Body(ask): Body<AgentChange>,
) -> Result<Json<MyAgent>, Problem> {
    let mut tx = may.write().await?;
    let member = may.caller.member.uuid();
    change(&mut tx, member, &ask).await?;
    let out = mine(&tx, member).await?;
    tx.commit().await?;
    may.app.tell_queues(may.tenant());
    Ok(Json(out))
}

pub(super) async fn mine(tx: &TenantTx, member: Uuid) -> Result<MyAgent, Problem> {
    let codes = tx.select::<reason_code::Entity>().order_by(reason_code::Column::Name, Order::Asc).all().await?;
    let row = tx.find::<agent_state::Entity>(member).await?;
    let seats = tx.whole::<seat::Entity>().is(seat::Column::MemberId, member).all().await?;
    let inside = tx.select::<queue_member::Entity>().is(queue_member::Column::MemberId, member).all().await?;
    let queues = tx.select::<queue::Entity>().order_by(queue::Column::Name, Order::Asc).all().await?;
    let queues = queues.into_iter().filter(|queue| inside.iter().any(|one| one.queue_id == queue.id));
    Ok(MyAgent {
        has_seat: seats.iter().any(|seat| seat.state == "active"),
        now: AgentState::of(row.as_ref(), &codes),
        reasons: codes.iter().map(show_reason).collect(),
        queues: queues.map(|queue| queue.name).collect(),
        wrap_up: match &row {
            Some(row) => wrap_up::of(tx, row).await?,
            None => None,
        },
    })
}

crate::resource!(my_agent, my_agent_state);
