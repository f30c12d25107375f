//! Recordings over HTTP: the list, hearing one, holding it, removing it.

use axum::{Json, http::StatusCode};
use kernel::{CallId, RecordingId, SeatId, Wall};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{row::recording, shelf, sound};
use crate::kit::{
    body::{Ask, Body, Id},
    cursor::{self, Page},
    may::May,
    problem::{Or404, Problem},
};
use crate::voicemails::{lamp, row::voicemail};

/// A link to a recording is good for so many seconds.
pub const LINK_S: i64 = 120;

/// What was said in a call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Recording {
    /// `rec_..`
    pub id: String,
    /// `call_..`
    pub call: String,
    /// `seat_..` of the agent.
    pub seat: Option<String>,
    /// `call`, or `voicemail`: a message that a caller left.
    pub kind: String,
    /// Who began it: `policy`, `queue`, `order`, `caller`.
    pub begun_by: String,
    /// `recording`, `ready`, `failed`.
    pub state: String,
    /// Why it failed: `store_full`, `store_failed`, `store_slow`, `call_over`, `caller_refused`, `recorded_already`, `recorder_failed`, `nothing_said`, `node_lost`.
    pub fault: Option<String>,
    /// It runs and is silent now.
    pub paused: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub began_at: OffsetDateTime,
    /// Its length in milliseconds, pauses included.
    pub duration_ms: i64,
    /// Packets that did not get into it.
    pub lost: i64,
    /// It is kept whatever its age.
    pub legal_hold: bool,
    /// How loud it is from place to place, 0 to 100: customer and agent in turn.
    pub wave: Vec<i64>,
}

/// Which recordings.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `call_..`: of this call.
    call: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Changes of a recording.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RecordingPatch {
    /// Keep it whatever its age.
    pub legal_hold: Option<bool>,
}

/// Where a recording can be heard for a little while.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordingLink {
    /// A path of this server, for an audio element.
    pub url: String,
    /// Good until then.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Recordings, newest first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/recordings", operation_id = "recording_list", tag = "recordings", params(Wanted),
    security(("user" = ["recordings:read"])), responses((status = 200, body = Page<Recording>)))]
pub async fn recording_list(
    may: May<Read<of::Recording>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<Recording>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = Condition::all();
    if let Some(call) = &want.call {
        let call: CallId = call.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(recording::Column::CallId.eq(call.uuid()));
    }
    if let Some(text) = &want.cursor {
        let last: RecordingId = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(recording::Column::Id.lt(last.uuid()));
    }
    let tx = may.read().await?;
    let rows = tx.seen::<recording::Entity>().filter(filter).order_by(recording::Column::Id, Order::Desc);
    let rows = rows.limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| RecordingId::from_uuid(row.id).to_string());
    Ok(Json(Page { items: page.items.iter().map(show).collect(), next_cursor: page.next_cursor }))
}

/// One recording.
#[utoipa::path(get, path = "/v1/recordings/{id}", operation_id = "recording_get", tag = "recordings",
    params(("id" = String, Path)), security(("user" = ["recordings:read"])), responses((status = 200, body = Recording)))]
pub async fn recording_get(may: May<Read<of::Recording>>, Id(id): Id<RecordingId>) -> Result<Json<Recording>, Problem> {
    let tx = may.read().await?;
    Ok(Json(show(&tx.find_seen::<recording::Entity>(id.uuid()).await?.or_404()?)))
}

/// Hear a recording: a link that is good for two minutes. Who asked for it stands in the audit log.
#[utoipa::path(post, path = "/v1/recordings/{id}/play", operation_id = "recording_play", tag = "recordings",
    params(("id" = String, Path)), security(("user" = ["recordings:read"])),
    responses((status = 200, body = RecordingLink)))]
pub async fn recording_play(
    may: May<Read<of::Recording>>,
    Id(id): Id<RecordingId>,
) -> Result<Json<RecordingLink>, Problem> {
    let tx = may.write().await?;
    let row = tx.find_seen::<recording::Entity>(id.uuid()).await?.or_404()?;
    if row.state != "ready" {
        return Err(Problem::conflict("recording_not_ready", "There is nothing to be heard yet."));
    }
    let call = CallId::from_uuid(row.call_id).to_string();
    tx.noted("recording.played", "recording", &id.to_string(), json!({ "call": call }));
    let until = tx.now().plus_s(LINK_S);
    tx.commit().await?;
    let url = sound::link(&may.app, may.tenant(), id, until);
    Ok(Json(RecordingLink { url, expires_at: until.to_offset() }))
}

/// Hold a recording, or let it go.
#[utoipa::path(patch, path = "/v1/recordings/{id}", operation_id = "recording_patch", tag = "recordings",
    params(("id" = String, Path)), request_body = RecordingPatch, security(("user" = ["recordings:write"])),
    responses((status = 200, body = Recording)))]
pub async fn recording_patch(
    may: May<Write<of::Recording>>,
    Id(id): Id<RecordingId>,
    Body(ask): Body<RecordingPatch>,
) -> Result<Json<Recording>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<recording::Entity>(id.uuid()).await?.or_404()?;
    let body = json!({ "call": CallId::from_uuid(row.call_id).to_string(), "legal_hold": ask.legal_hold });
    tx.changed("recording.updated", "recording", &id.to_string(), body).await?;
    let mut change = row.into_active_model();
    ask.legal_hold.into_iter().for_each(|hold| change.legal_hold = Set(hold));
    let row = tx.update(change).await?;
    tx.commit().await?;
    Ok(Json(show(&row)))
}

/// Remove a recording for good. 409 while it is held or runs.
#[utoipa::path(delete, path = "/v1/recordings/{id}", operation_id = "recording_remove", tag = "recordings",
    params(("id" = String, Path)), security(("user" = ["recordings:write"])), responses((status = 204)))]
pub async fn recording_remove(may: May<Write<of::Recording>>, Id(id): Id<RecordingId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find_seen::<recording::Entity>(id.uuid()).await?.or_404()?;
    if row.legal_hold {
        return Err(Problem::conflict("legal_hold", "This recording is held. Lift the hold first."));
    }
    if row.state == "recording" {
        return Err(Problem::conflict("recording_not_ready", "This recording still runs."));
    }
    let body = json!({ "call": CallId::from_uuid(row.call_id).to_string(), "reason": "removed" });
    // Where it was a message, lamps go out.
    let seats = match tx.find_whole::<voicemail::Entity>(row.id).await? {
        Some(message) => lamp::seats_of(&tx, &message).await?,
        None => Vec::new(),
    };
    tx.changed("recording.removed", "recording", &id.to_string(), body).await?;
    tx.delete::<recording::Entity>(id.uuid()).await?;
    // First the sound: a row without it can be removed again, sound without a row is never found.
    may.app.blobs.remove(&shelf::name(may.tenant(), id)).await.map_err(Problem::internal)?;
    tx.commit().await?;
    lamp::changed(&may.app, may.tenant(), &seats);
    Ok(StatusCode::NO_CONTENT)
}

/// As it is shown.
pub fn show(row: &recording::Model) -> Recording {
    let wave = row.wave.as_array().into_iter().flatten();
    Recording {
        id: RecordingId::from_uuid(row.id).to_string(),
        call: CallId::from_uuid(row.call_id).to_string(),
        seat: row.seat_id.map(|id| SeatId::from_uuid(id).to_string()),
        kind: row.kind.clone(),
        begun_by: row.begun_by.clone(),
        state: row.state.clone(),
        fault: row.fault.clone(),
        paused: row.paused,
        began_at: Wall::from_unix_ms(row.began_ms).to_offset(),
        duration_ms: row.duration_ms,
        lost: row.lost,
        legal_hold: row.legal_hold,
        wave: wave.filter_map(serde_json::Value::as_i64).collect(),
    }
}

crate::resource!(recording_list, recording_get, recording_play, recording_patch, recording_remove);
