//! The event log over HTTP, and the list of what may stand in it.

use axum::{Json, http::StatusCode};
use kernel::{Uuid, Wall};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    EventRow, TenantTx,
    catalogue::{self, Shape},
    outbox::{event, event_id},
};
use sea_orm::{ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::sight::Sight;
use crate::kit::{
    body::{Ask, Id},
    cursor::{self, Page},
    may::{May, SignedIn},
    problem::{Or404, Problem},
};

/// One entry of the event log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventEntry {
    /// `evt_..`
    pub id: String,
    /// Place in the log, without gaps.
    pub seq: i64,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `seat.created` and the like: one of the event types.
    pub kind: String,
    /// What kind of thing it befell.
    pub entity: String,
    /// Which one.
    pub entity_id: String,
    /// More about it, as the event type says.
    pub body: serde_json::Value,
}

impl From<&EventRow> for EventEntry {
    fn from(row: &EventRow) -> Self {
        Self {
            id: event_id(row),
            seq: row.seq,
            at: row.at,
            kind: row.kind.clone(),
            entity: row.entity.clone(),
            entity_id: row.entity_id.clone(),
            body: row.body.clone(),
        }
    }
}

/// Which events.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only later than this place in the log.
    after: Option<i64>,
    /// Only earlier than this place in the log.
    before: Option<i64>,
    /// Event types, comma between them: `call.ended,seat.*`.
    kind: Option<String>,
    /// Only what befell this: a printed id such as `seat_..`.
    subject: Option<String>,
    /// Not before.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
    /// Before.
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
    /// Newest first.
    newest_first: Option<bool>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
}

/// The event log from a place on, oldest first unless told otherwise. `next_cursor` is the `after` of the next page, or its `before`
/// where the newest come first. Shown are events of things that one may read, as far as the data scope reaches. Events are kept for
/// 90 days: 410 `events_forgotten` when some of those after `after` are not kept any more, so that nobody misses them unawares.
#[utoipa::path(get, path = "/v1/events", operation_id = "event_list", tag = "events", params(Wanted),
    security(("user" = ["events:read"])), responses((status = 200, body = Page<EventEntry>)))]
pub async fn event_list(may: May<Read<of::Event>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<EventEntry>>, Problem> {
    let limit = cursor::limit(want.limit);
    let sight = Sight::of_caller(&may.app, &may.caller).await?;
    let tx = may.read().await?;
    let mut filter = sight.condition().add(kinds(want.kind.as_deref())?);
    if let Some(after) = want.after {
        whole_after(&tx, after).await?;
        filter = filter.add(event::Column::Seq.gt(after));
    }
    if let Some(before) = want.before {
        filter = filter.add(event::Column::Seq.lt(before));
    }
    if let Some(subject) = want.subject.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        filter = filter.add(event::Column::EntityId.eq(subject));
    }
    // The first event from a time on; there is none when the time lies ahead.
    if let Some(since) = want.since {
        filter = filter.add(event::Column::Seq.gte(place(&tx, since).await?.unwrap_or(i64::MAX)));
    }
    if let Some(until) = want.until
        && let Some(place) = place(&tx, until).await?
    {
        filter = filter.add(event::Column::Seq.lt(place));
    }
    let order = if want.newest_first == Some(true) { Order::Desc } else { Order::Asc };
    let rows = tx.select::<event::Entity>().filter(filter).order_by(event::Column::Seq, order);
    let mut rows = rows.limit(limit + 1).all().await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = if more { rows.last().map(|row| row.seq.to_string()) } else { None };
    Ok(Json(Page { items: rows.iter().map(EventEntry::from).collect(), next_cursor }))
}

/// Whoever reads on from here misses nothing. From the very beginning is no reading on.
async fn whole_after(tx: &TenantTx, after: i64) -> Result<(), Problem> {
    if after <= 0 {
        return Ok(());
    }
    let first = tx.select::<event::Entity>().order_by(event::Column::Seq, Order::Asc).limit(1).one().await?;
    match first.map(|row| row.seq).filter(|first| *first > after + 1) {
        None => Ok(()),
        Some(first) => {
            let text = format!("The log is kept from event {first} on. Read what there is now, then go on from there.");
            Err(Problem::new(StatusCode::GONE, "events_forgotten", text))
        }
    }
}

/// Where in the log a time begins. Ids begin with their time (RFC 9562 section 5.7), and by id the log is sorted.
async fn place(tx: &TenantTx, at: OffsetDateTime) -> Result<Option<i64>, Problem> {
    let ms = u128::try_from(Wall::from_offset(at).unix_ms()).unwrap_or(0);
    let first = tx.select::<event::Entity>().filter(event::Column::Id.gte(Uuid::from_u128(ms << 80)));
    Ok(first.order_by(event::Column::Id, Order::Asc).limit(1).one().await?.map(|row| row.seq))
}

/// Types of a filter, each a name or `seat.*`; 422 for one that is no event type.
pub fn named(text: &str) -> Result<Vec<&'static str>, Problem> {
    let mut all = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let known = catalogue::named(one);
        if known.is_empty() {
            return Err(Problem::field("kind", "unknown", format!("{one} is no event type.")));
        }
        all.extend(known);
    }
    Ok(all)
}

fn kinds(text: Option<&str>) -> Result<Condition, Problem> {
    let all = named(text.unwrap_or_default())?;
    Ok(if all.is_empty() { Condition::all() } else { Condition::all().add(event::Column::Kind.is_in(all)) })
}

/// One event.
#[utoipa::path(get, path = "/v1/events/{id}", operation_id = "event_get", tag = "events", params(("id" = String, Path)),
    security(("user" = ["events:read"])), responses((status = 200, body = EventEntry)))]
pub async fn event_get(may: May<Read<of::Event>>, Id(id): Id<kernel::EventId>) -> Result<Json<EventEntry>, Problem> {
    let sight = Sight::of_caller(&may.app, &may.caller).await?;
    let tx = may.read().await?;
    let row = tx.find::<event::Entity>(id.uuid()).await?;
    let row = row.filter(|row| sight.shows_event(row)).or_404()?;
    Ok(Json((&row).into()))
}

/// A field of an event's body.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventField {
    /// Name.
    pub name: String,
    /// What it holds: `text`, `id`, `time`, `int`, `flag`, `texts`.
    pub shape: String,
    /// Whether it may be null or absent.
    pub optional: bool,
}

/// One type of event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventTypeEntry {
    /// `seat.created` and the like.
    pub kind: String,
    /// What it befalls.
    pub entity: String,
    /// Permission that one needs to see it: `seats:read`.
    pub permission: String,
    /// When it is written.
    pub about: String,
    /// What its body holds.
    pub fields: Vec<EventField>,
}

/// All event types that there are, with what their bodies hold.
#[utoipa::path(get, path = "/v1/event-types", operation_id = "event_type_list", tag = "events",
    security(("user" = [])), responses((status = 200, body = [EventTypeEntry])))]
pub async fn event_type_list(_: SignedIn) -> Json<Vec<EventTypeEntry>> {
    Json(types())
}

/// The same for whoever asks from inside.
pub fn types() -> Vec<EventTypeEntry> {
    let shown = |of: &catalogue::EventType| EventTypeEntry {
        kind: of.kind.to_owned(),
        entity: of.entity.to_owned(),
        permission: of.needs().to_string(),
        about: of.about.to_owned(),
        fields: of.fields().map(shown_field).collect(),
    };
    catalogue::ALL.iter().map(shown).collect()
}

fn shown_field(field: catalogue::Field) -> EventField {
    let shape = match field.shape {
        Shape::Text => "text",
        Shape::Id => "id",
        Shape::Time => "time",
        Shape::Int => "int",
        Shape::Flag => "flag",
        Shape::Texts => "texts",
    };
    EventField { name: field.name.to_owned(), shape: shape.to_owned(), optional: field.optional }
}

crate::resource!(event_list, event_get, event_type_list);
