//! The company's event log.

use axum::Json;
use patchbay_access::{Read, resource::of};
use patchbay_tenancy::{
    EventRow,
    outbox::{event, event_id},
};
use sea_orm::{ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::kit::{
    body::Ask,
    cursor::{self, Page},
    may::May,
    problem::Problem,
};

/// One entry of the event log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventEntry {
    /// `evt_..`
    pub id: String,
    /// Place in the log, without gaps.
    pub seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `seat.created` and the like.
    pub kind: String,
    /// What kind of thing.
    pub entity: String,
    /// Which one.
    pub entity_id: String,
    /// More about it.
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
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only later than this place in the log.
    after: Option<i64>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
}

/// The event log from a place on, oldest first. `next_cursor` is the `after` of the next page.
#[utoipa::path(get, path = "/v1/events", operation_id = "event_list", tag = "events", params(Wanted),
    security(("user" = ["events:read"])), responses((status = 200, body = Page<EventEntry>)))]
pub async fn event_list(may: May<Read<of::Event>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<EventEntry>>, Problem> {
    let limit = cursor::limit(want.limit);
    let tx = may.read().await?;
    let rows = tx.select::<event::Entity>().filter(event::Column::Seq.gt(want.after.unwrap_or(0)));
    let mut rows = rows.order_by(event::Column::Seq, Order::Asc).limit(limit + 1).all().await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = if more { rows.last().map(|row| row.seq.to_string()) } else { None };
    Ok(Json(Page { items: rows.iter().map(EventEntry::from).collect(), next_cursor }))
}

crate::resource!(event_list);
