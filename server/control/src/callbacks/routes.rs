//! Calls back over HTTP: what is due, what became of the others, closing one by hand.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use kernel::{CallId, CallbackId, MemberId, QueueId, Uuid, Wall};
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    book::facts,
    row::callback,
    steps::{call_text, close},
};
use crate::{
    kit::{
        app::App,
        body::{Ask, Body, Id},
        cursor::{self, Page},
        may::May,
        problem::{Or404, Problem},
        words::words,
    },
    seats::view::names_among,
};

words! {
    /// Where a call-back stands.
    CallbackState {
        /// It waits at its place in the queue, or for the time of its next try.
        Waiting = "waiting",
        /// An agent's phone rings for it.
        Offered = "offered",
        /// An agent has accepted and the customer is being called, or talks.
        Calling = "calling",
        /// Nothing more is to be done.
        Closed = "closed",
    }
    /// What came of a call-back.
    CallbackOutcome {
        /// The customer talked with an agent.
        Reached = "reached",
        /// The customer was not reached in all tries.
        Unreached = "unreached",
        /// Somebody dealt with it by hand.
        Done = "done",
        /// Somebody called it off.
        Cancelled = "cancelled",
    }
    /// How a call-back is closed by hand.
    CallbackClosing {
        /// It was dealt with.
        Done = "done",
        /// It is called off.
        Cancelled = "cancelled",
    }
}

/// A call back that was promised.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Callback {
    /// `cb_..`
    pub id: String,
    /// `que_..` that keeps it; absent: people do, by hand.
    pub queue: Option<String>,
    /// Its name then.
    pub queue_name: Option<String>,
    /// Whom to call.
    pub number: String,
    /// Who that is, where the network said so.
    pub caller_name: Option<String>,
    /// `call_..` in which it was asked for.
    pub call: String,
    /// Where it stands.
    pub state: CallbackState,
    /// Since when they wait: the place in the queue.
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
    /// It is tried from then on.
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
    /// Tries so far, of three.
    pub tries: i32,
    /// `mem_..`: the agent of the last offer, or who closed it.
    pub member: Option<String>,
    /// Who that is.
    pub member_name: Option<String>,
    /// `call_..` of the last try.
    pub last_call: Option<String>,
    /// Why the last try did not reach the customer: a cause of `GET /v1/call-causes`.
    pub last_cause: Option<String>,
    /// What came of it.
    pub outcome: Option<CallbackOutcome>,
    /// When it was closed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
}

/// Which call-backs.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Open ones (true, the oldest place first) or closed ones (false, the last closed first); absent: open ones.
    open: Option<bool>,
    /// `que_..`
    queue: Option<String>,
    /// `call_..` in which it was asked for.
    call: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// How it is closed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct CallbackClose {
    /// What came of it.
    pub outcome: CallbackClosing,
}

/// Calls back that were promised, as far as the data scope reaches: those of the queues in which one works, and one's own.
#[utoipa::path(get, path = "/v1/callbacks", operation_id = "callback_list", tag = "callbacks", params(Wanted),
    security(("user" = ["callbacks:read"])), responses((status = 200, body = Page<Callback>)))]
pub async fn callback_list(
    may: May<Read<of::Callback>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<Callback>>, Problem> {
    use callback::Column;
    let limit = cursor::limit(want.limit);
    let open = want.open.unwrap_or(true);
    let mut filter = Condition::all();
    filter = filter.add(if open { Column::State.ne("closed") } else { Column::State.eq("closed") });
    if let Some(text) = &want.queue {
        filter = filter.add(Column::QueueId.eq(named::<QueueId>(text)?.uuid()));
    }
    if let Some(text) = &want.call {
        filter = filter.add(Column::CallId.eq(named::<CallId>(text)?.uuid()));
    }
    // Places and ends may be the same to the millisecond: the id decides among them.
    let (column, order) = if open { (Column::AskedMs, Order::Asc) } else { (Column::ClosedMs, Order::Desc) };
    if let Some(text) = &want.cursor {
        let text = cursor::read(text)?;
        let (at, id) = text.split_once(' ').ok_or_else(Problem::not_found)?;
        let (at, id): (i64, Uuid) = (named(at)?, named(id)?);
        let (beyond, next) = if open { (column.gt(at), Column::Id.gt(id)) } else { (column.lt(at), Column::Id.lt(id)) };
        filter = filter.add(Condition::any().add(beyond).add(Condition::all().add(column.eq(at)).add(next)));
    }
    let tx = may.read().await?;
    let rows = tx.seen::<callback::Entity>().filter(filter).order_by(column, order.clone());
    let rows = rows.order_by(Column::Id, order).limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| {
        let at = if open { row.asked_ms } else { row.closed_ms.unwrap_or_default() };
        format!("{at} {}", row.id)
    });
    Ok(Json(Page { items: shown(&may.app, &tx, &page.items).await?, next_cursor: page.next_cursor }))
}

/// One call-back.
#[utoipa::path(get, path = "/v1/callbacks/{id}", operation_id = "callback_get", tag = "callbacks",
    params(("id" = String, Path)), security(("user" = ["callbacks:read"])), responses((status = 200, body = Callback)))]
pub async fn callback_get(may: May<Read<of::Callback>>, Id(id): Id<CallbackId>) -> Result<Json<Callback>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<callback::Entity>(id.uuid()).await?.or_404()?;
    one(&may.app, &tx, row).await
}

/// Close a call-back by hand: it was dealt with, or is called off. 409 while an agent calls.
#[utoipa::path(post, path = "/v1/callbacks/{id}/close", operation_id = "callback_close", tag = "callbacks",
    params(("id" = String, Path)), request_body = CallbackClose, security(("user" = ["callbacks:operate"])),
    responses((status = 200, body = Callback)))]
pub async fn callback_close(
    may: May<Operate<of::Callback>>,
    Id(id): Id<CallbackId>,
    Body(ask): Body<CallbackClose>,
) -> Result<Json<Callback>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<callback::Entity>(id.uuid()).await?.or_404()?;
    match CallbackState::stored(&row.state) {
        CallbackState::Closed => return Err(Problem::conflict("callback_closed", "This call-back is closed already.")),
        CallbackState::Calling => {
            return Err(Problem::conflict("callback_under_way", "An agent is calling this customer now."));
        }
        CallbackState::Waiting | CallbackState::Offered => {}
    }
    let mut body = facts(&row);
    body["outcome"] = json!(ask.outcome.as_str());
    tx.changed("callback.closed", "callback", &id.to_string(), body).await?;
    let mut change = row.into_active_model();
    close(&mut change, ask.outcome.as_str(), tx.now().unix_ms());
    change.member_id = sea_orm::ActiveValue::Set(Some(may.caller.member.uuid()));
    let row = tx.update(change).await?;
    let out = one(&may.app, &tx, row).await?;
    tx.commit().await?;
    Ok(out)
}

fn named<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

async fn one(app: &App, tx: &TenantTx, row: callback::Model) -> Result<Json<Callback>, Problem> {
    shown(app, tx, &[row]).await?.pop().map(Json).or_404()
}

async fn shown(app: &App, tx: &TenantTx, rows: &[callback::Model]) -> Result<Vec<Callback>, Problem> {
    let members: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.member_id).collect();
    let people: BTreeMap<Uuid, String> = names_among(app, tx, members.into_iter().collect()).await?;
    let at = |ms: i64| Wall::from_unix_ms(ms).to_offset();
    let show = |row: &callback::Model| Callback {
        id: CallbackId::from_uuid(row.id).to_string(),
        queue: row.queue_id.map(|id| QueueId::from_uuid(id).to_string()),
        queue_name: row.queue_name.clone(),
        number: row.number.clone(),
        caller_name: row.caller_name.clone(),
        call: CallId::from_uuid(row.call_id).to_string(),
        state: CallbackState::stored(&row.state),
        asked_at: at(row.asked_ms),
        due_at: at(row.due_ms),
        tries: row.tries,
        member: row.member_id.map(|id| MemberId::from_uuid(id).to_string()),
        member_name: row.member_id.and_then(|id| people.get(&id).cloned()),
        last_call: call_text(row.last_call_id),
        last_cause: row.last_cause.clone(),
        outcome: row.outcome.as_deref().map(CallbackOutcome::stored),
        closed_at: row.closed_ms.map(at),
    };
    Ok(rows.iter().map(show).collect())
}

crate::resource!(callback_list, callback_get, callback_close);
