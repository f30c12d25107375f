//! The time after a call: what came of it, a note, done or a little longer.

use axum::Json;
use kernel::{CallId, DispositionId, SeatId, Uuid, time::Span};
use patchbay_access::{Operate, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::acd::distributor::WrapUp;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    mine::{MyAgent, mine},
    row::{agent_state, call_disposition},
    state::AgentStateWord,
};
use crate::{
    kit::{
        body::{Body, Check},
        may::May,
        problem::Problem,
    },
    queues::row::{disposition, queue, queue_visit},
    seats::row::seat,
};

/// Longest note, in characters.
const NOTE_MOST: usize = 4_000;

/// The call that one writes up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyWrapUp {
    /// `call_..`
    pub call: String,
    /// The caller's number.
    pub caller: String,
    /// Name of the queue that it came from.
    pub queue: Option<String>,
    /// Whether it is over only with a disposition.
    pub disposition_required: bool,
    /// What can be said of the call.
    pub dispositions: Vec<DispositionChoice>,
    /// `dsp_..` that was said.
    pub disposition: Option<String>,
    /// What was noted.
    pub note: Option<String>,
    /// When it ends by itself, unless a disposition is missing.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

/// One that can be chosen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DispositionChoice {
    /// `dsp_..`
    pub id: String,
    /// Name.
    pub name: String,
}

/// What one does after a call; absent fields change nothing.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct WrapUpAsk {
    /// `dsp_..`: what came of the call.
    #[schema(value_type = Option<String>)]
    pub disposition: Option<DispositionId>,
    /// A note, at most 4,000 characters.
    pub note: Option<String>,
    /// Longer by so many seconds from now, 10 to 600.
    pub extend_s: Option<u32>,
    /// Ready for the next call, or for what was wished meanwhile.
    #[serde(default)]
    pub done: bool,
}

/// Say what came of the call that one writes up; be done, or ask for a little longer.
#[utoipa::path(post, path = "/v1/agents/me/wrap-up", operation_id = "my_wrap_up", tag = "agents", request_body = WrapUpAsk,
    security(("user" = ["softphone:operate"])), responses((status = 200, body = MyAgent)))]
pub async fn my_wrap_up(
    may: May<Operate<of::Softphone>>,
    Body(ask): Body<WrapUpAsk>,
) -> Result<Json<MyAgent>, Problem> {
    let mut check = Check::default();
    let short = ask.note.as_ref().is_none_or(|note| note.chars().count() <= NOTE_MOST);
    check.need(short, "note", "too_long", "At most 4,000 characters.");
    let sane = ask.extend_s.is_none_or(|seconds| (10..=600).contains(&seconds));
    check.need(sane, "extend_s", "out_of_range", "From 10 to 600.");
    check.done()?;
    let mut tx = may.write().await?;
    let member = may.caller.member.uuid();
    let now = tx.find::<agent_state::Entity>(member).await?;
    let wraps = now.filter(|row| AgentStateWord::stored(&row.state) == AgentStateWord::WrapUp);
    let Some(call) = wraps.and_then(|row| row.call_id) else {
        return Err(Problem::conflict("not_in_wrap_up", "There is no call to write up."));
    };
    let from = origin(&tx, call, member).await?;
    let said = say(&mut tx, &ask, (call, member), from.as_ref()).await?;
    let required = from.as_ref().is_some_and(|(_, queue)| queue.disposition_required);
    if ask.done && required && said.is_none() {
        return Err(Problem::field("disposition", "required", "Say what came of the call."));
    }
    let out = mine(&tx, member).await?;
    tx.commit().await?;
    let call = CallId::from_uuid(call);
    let disposed = said.is_some().then_some(WrapUp::Disposed(call));
    let longer = ask.extend_s.map(|seconds| WrapUp::Extend(Span::secs(seconds.into())));
    let done = ask.done.then_some(WrapUp::Done);
    if let Some(switch) = may.app.switch_if_up() {
        for wish in [disposed, longer, done].into_iter().flatten() {
            // What no longer fits is over already, which is what was wanted.
            switch.wrap_up(may.tenant(), may.caller.member, wish).await;
        }
    }
    Ok(Json(out))
}

/// Writes down what was said; the disposition that holds now.
async fn say(
    tx: &mut TenantTx,
    ask: &WrapUpAsk,
    (call, member): (Uuid, Uuid),
    from: Option<&(queue_visit::Model, queue::Model)>,
) -> Result<Option<Uuid>, Problem> {
    let before = said(tx, call, member).await?;
    if ask.disposition.is_none() && ask.note.is_none() {
        return Ok(before.and_then(|row| row.disposition_id));
    }
    let chosen = match ask.disposition {
        None => None,
        Some(id) => {
            let here =
                |row: &disposition::Model| row.queue_id.is_none_or(|id| from.is_some_and(|(_, queue)| queue.id == id));
            let unknown =
                || Problem::field("disposition", "unknown_disposition", "It is not among those of this queue.");
            Some(tx.find::<disposition::Entity>(id.uuid()).await?.filter(here).ok_or_else(unknown)?)
        }
    };
    let note = ask.note.as_ref().map(|note| note.trim().to_owned());
    let row = match before {
        Some(before) => {
            let mut row = before.into_active_model();
            if let Some(chosen) = &chosen {
                (row.disposition_id, row.name) = (Set(Some(chosen.id)), Set(Some(chosen.name.clone())));
            }
            note.into_iter().for_each(|note| row.note = Set(Some(note)));
            row.at = Set(tx.at());
            tx.update(row).await?
        }
        None => {
            let row = call_disposition::ActiveModel {
                id: Set(tx.new_id()),
                call_id: Set(call),
                member_id: Set(member),
                disposition_id: Set(chosen.as_ref().map(|row| row.id)),
                name: Set(chosen.as_ref().map(|row| row.name.clone())),
                note: Set(note),
                at: Set(tx.at()),
                ..Default::default()
            };
            tx.insert(row).await?
        }
    };
    let seats = tx.whole::<seat::Entity>().is(seat::Column::MemberId, member).all().await?;
    let seat = seats.iter().find(|seat| seat.state == "active").map(|seat| SeatId::from_uuid(seat.id).to_string());
    let queue = from.map(|(_, queue)| kernel::QueueId::from_uuid(queue.id).to_string());
    let body = serde_json::json!({ "seat": seat, "queue": queue, "disposition": row.name });
    tx.changed("call.disposed", "call", &CallId::from_uuid(call).to_string(), body).await?;
    Ok(row.disposition_id)
}

/// The stay that led to this call, and its queue.
async fn origin(
    tx: &TenantTx,
    call: Uuid,
    member: Uuid,
) -> Result<Option<(queue_visit::Model, queue::Model)>, Problem> {
    let taken =
        Condition::all().add(queue_visit::Column::CallId.eq(call)).add(queue_visit::Column::MemberId.eq(member));
    let stay = tx.select::<queue_visit::Entity>().filter(taken);
    let Some(stay) = stay.order_by(queue_visit::Column::LeftAt, Order::Desc).limit(1).one().await? else {
        return Ok(None);
    };
    Ok(tx.find::<queue::Entity>(stay.queue_id).await?.map(|queue| (stay, queue)))
}

async fn said(tx: &TenantTx, call: Uuid, member: Uuid) -> Result<Option<call_disposition::Model>, Problem> {
    let own = Condition::all()
        .add(call_disposition::Column::CallId.eq(call))
        .add(call_disposition::Column::MemberId.eq(member));
    Ok(tx.select::<call_disposition::Entity>().filter(own).limit(1).one().await?)
}

/// The wrap-up that this state is.
pub(super) async fn of(tx: &TenantTx, row: &agent_state::Model) -> Result<Option<MyWrapUp>, Problem> {
    let Some(call) = row.call_id.filter(|_| AgentStateWord::stored(&row.state) == AgentStateWord::WrapUp) else {
        return Ok(None);
    };
    let from = origin(tx, call, row.id).await?;
    let said = said(tx, call, row.id).await?;
    let all = tx.select::<disposition::Entity>().order_by(disposition::Column::Name, Order::Asc).all().await?;
    let queue = from.as_ref().map(|(_, queue)| queue);
    let here = |row: &&disposition::Model| row.queue_id.is_none_or(|id| queue.is_some_and(|queue| queue.id == id));
    let choice = |row: &disposition::Model| DispositionChoice {
        id: DispositionId::from_uuid(row.id).to_string(),
        name: row.name.clone(),
    };
    Ok(Some(MyWrapUp {
        call: CallId::from_uuid(call).to_string(),
        caller: from.as_ref().map(|(stay, _)| stay.caller.clone()).unwrap_or_default(),
        queue: queue.map(|queue| queue.name.clone()),
        disposition_required: queue.is_some_and(|queue| queue.disposition_required),
        dispositions: all.iter().filter(here).map(choice).collect(),
        disposition: (said.as_ref().and_then(|said| said.disposition_id))
            .map(|id| DispositionId::from_uuid(id).to_string()),
        note: said.and_then(|said| said.note),
        until: row.until,
    }))
}

crate::resource!(my_wrap_up);
