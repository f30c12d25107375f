//! Which calls of a company somebody asks for: one filter, of the list and of the file.

use kernel::{CallId, QueueId, SeatId, TenantId, Uuid};
use patchbay_kernel as kernel;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};

use super::row::call;
use crate::{
    kit::{
        cursor,
        problem::Problem,
        words::{Direction, words},
    },
    queues::row::queue_visit,
    recordings::row::recording,
};

words! {
    /// What came of a call, in three words: each call that is over is one of them.
    CallOutcome {
        /// Somebody answered.
        Answered = "answered",
        /// Nobody did, by the doing of caller or called: busy, no answer, given up.
        Unanswered = "unanswered",
        /// It could not be put through: a line, a rule or the platform stood in the way.
        Failed = "failed",
    }
}

/// A call begins at most so long before or after it got its id: what clocks of two nodes may differ by, and more.
const MARGIN_MS: i128 = 3_600_000;

/// Which calls.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only of this direction.
    pub direction: Option<Direction>,
    /// Only those of which this came.
    #[param(inline)]
    pub outcome: Option<CallOutcome>,
    /// Only of this seat (`seat_..`).
    pub seat: Option<String>,
    /// Only those that were in this queue (`que_..`).
    pub queue: Option<String>,
    /// Only with these digits in caller or called.
    pub party: Option<String>,
    /// Only those with something that can be heard, or only those without.
    pub recorded: Option<bool>,
    /// Not begun before this time (RFC 3339).
    pub since: Option<String>,
    /// Begun before this time (RFC 3339).
    pub until: Option<String>,
    /// At most so many, 250 at most.
    #[serde(skip_serializing)]
    pub limit: Option<i64>,
    /// Where the last page ended.
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

impl Wanted {
    /// Where the last page ended; 400 for a foreign cursor.
    pub fn place(&self) -> Result<Option<CallId>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        Ok(Some(cursor::read(text)?.parse().map_err(|_| cursor::foreign())?))
    }

    /// As a condition on calls of this company. 404 for an id of another kind, 422 for a time that is none.
    pub fn filter(&self, tenant: TenantId) -> Result<Condition, Problem> {
        let mut all = Condition::all();
        if let Some(direction) = self.direction {
            all = all.add(call::Column::Direction.eq(direction.as_str()));
        }
        if let Some(outcome) = self.outcome {
            all = all.add(came_of(outcome));
        }
        if let Some(seat) = &self.seat {
            let seat: SeatId = seat.parse().map_err(|_| Problem::not_found())?;
            all = all.add(call::Column::SeatId.eq(seat.uuid()));
        }
        if let Some(queue) = &self.queue {
            let queue: QueueId = queue.parse().map_err(|_| Problem::not_found())?;
            all = all.add(call::Column::Id.in_subquery(waited_in(tenant.uuid(), queue.uuid())));
        }
        if let Some(recorded) = self.recorded {
            let heard = heard(tenant.uuid());
            let column = call::Column::Id;
            all = all.add(if recorded { column.in_subquery(heard) } else { column.not_in_subquery(heard) });
        }
        let party = self.party.iter().flat_map(|party| party.chars());
        let digits: String = party.filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#')).collect();
        if !digits.is_empty() {
            let either = Condition::any().add(call::Column::Caller.contains(&digits));
            all = all.add(either.add(call::Column::Called.contains(&digits)));
        }
        if let Some(since) = time(self.since.as_deref(), "since")? {
            all = all.add(call::Column::StartedAt.gte(since)).add(call::Column::Id.gte(first_id(since, -MARGIN_MS)));
        }
        if let Some(until) = time(self.until.as_deref(), "until")? {
            all = all.add(call::Column::StartedAt.lt(until)).add(call::Column::Id.lt(first_id(until, MARGIN_MS)));
        }
        Ok(all)
    }
}

fn came_of(outcome: CallOutcome) -> Condition {
    let parties = ["caller", "callee"];
    let all = Condition::all().add(call::Column::EndedAt.is_not_null());
    match outcome {
        CallOutcome::Answered => all.add(call::Column::AnsweredAt.is_not_null()),
        CallOutcome::Unanswered => all.add(call::Column::AnsweredAt.is_null()).add(call::Column::Blame.is_in(parties)),
        CallOutcome::Failed => {
            let other = Condition::any().add(call::Column::Blame.is_null());
            let other = other.add(call::Column::Blame.is_not_in(parties));
            all.add(call::Column::AnsweredAt.is_null()).add(other)
        }
    }
}

/// Calls that were in this queue.
fn waited_in(tenant: Uuid, queue: Uuid) -> SelectStatement {
    let stays = queue_visit::Entity::find().select_only().column(queue_visit::Column::CallId);
    let stays = stays.filter(queue_visit::Column::TenantId.eq(tenant));
    stays.filter(queue_visit::Column::QueueId.eq(queue)).into_query()
}

/// Calls that can be heard.
fn heard(tenant: Uuid) -> SelectStatement {
    let kept = recording::Entity::find().select_only().column(recording::Column::CallId);
    let kept = kept.filter(recording::Column::TenantId.eq(tenant));
    kept.filter(recording::Column::State.eq("ready")).into_query()
}

/// The least id of a call that is named then. Ids begin with their time (RFC 9562 section 5.7), so that the list's own index finds
/// the days, however many calls there are.
fn first_id(at: OffsetDateTime, plus_ms: i128) -> Uuid {
    let ms = (at.unix_timestamp_nanos() / 1_000_000 + plus_ms).clamp(0, (1 << 48) - 1);
    Uuid::from_u128(ms.unsigned_abs() << 80)
}

/// A time that was asked for; 422 when it is none.
pub fn time(text: Option<&str>, field: &str) -> Result<Option<OffsetDateTime>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = |_| Problem::field(field, "time", "A time such as 2026-01-31T08:00:00Z.");
    OffsetDateTime::parse(text, &Rfc3339).map(Some).map_err(wrong)
}
