//! Messages over HTTP: the list, hearing one, what is new, removing and bringing back.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, http::StatusCode};
use kernel::{CallId, MemberId, RecordingId, SeatId, TeamId, Uuid, VoicemailId, Wall};
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Scoped, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    lamp::{self, seats_of},
    row::{theirs, voicemail},
    taking::told,
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
    people::organisation_row::team,
    recordings::{
        routes::{LINK_S, RecordingLink},
        row::recording,
        sound,
    },
    seats::{
        row::seat,
        view::{called, names_among},
    },
};

words! {
    /// Where a message stands.
    VoicemailState {
        /// Nobody whose box it is has heard it.
        New = "new",
        /// It was heard.
        Heard = "heard",
        /// It was removed and can be brought back for some days.
        Removed = "removed",
    }
}

/// A message that a caller left.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Voicemail {
    /// `vm_..`
    pub id: String,
    /// `call_..`
    pub call: String,
    /// `seat_..`: whose box it lies in, where it is a seat's.
    pub seat: Option<String>,
    /// `team_..`: whose box it lies in, where it is a team's.
    pub team: Option<String>,
    /// What that box is called: who sits on the seat, the team.
    pub box_name: String,
    /// Number of the caller; empty when it was withheld.
    pub caller: String,
    /// What the caller's network calls them.
    pub caller_name: Option<String>,
    /// Where it stands.
    pub state: VoicemailState,
    /// Since when it is there.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// Its length in milliseconds.
    pub duration_ms: i64,
    /// When it was heard first.
    #[serde(with = "time::serde::rfc3339::option")]
    pub heard_at: Option<OffsetDateTime>,
    /// `mem_..`: who heard it first.
    pub heard_by: Option<String>,
    /// It is kept whatever its age, also when it was removed.
    pub legal_hold: bool,
    /// How loud it is from place to place, 0 to 100.
    pub wave: Vec<i64>,
}

/// How many messages there are, as far as the data scope reaches; and in one's own boxes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VoicemailSummary {
    /// New ones in the caller's own boxes: of their seat and of their teams.
    pub mine_new: u64,
    /// New ones.
    pub new: u64,
    /// All that were not removed.
    pub all: u64,
}

/// Which messages.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `new`, `heard` or `removed`; absent: all that were not removed.
    state: Option<VoicemailState>,
    /// Those of one's own boxes alone: of the seat and of the teams.
    mine: Option<bool>,
    /// `seat_..`: in this box.
    seat: Option<String>,
    /// `team_..`: in this box.
    team: Option<String>,
    /// `call_..`: left in this call.
    call: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Changes of a message.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct VoicemailPatch {
    /// Whether it counts as heard.
    pub heard: Option<bool>,
}

impl Wanted {
    fn filter(&self) -> Result<Condition, Problem> {
        use voicemail::Column;
        let mut all = match self.state {
            None => there(),
            Some(VoicemailState::Removed) => {
                Condition::all().add(Column::State.ne("leaving")).add(Column::RemovedMs.is_not_null())
            }
            Some(state) => there().add(Column::State.eq(state.as_str())),
        };
        if let Some(seat) = &self.seat {
            all = all.add(Column::SeatId.eq(named::<SeatId>(seat)?.uuid()));
        }
        if let Some(team) = &self.team {
            all = all.add(Column::TeamId.eq(named::<TeamId>(team)?.uuid()));
        }
        if let Some(call) = &self.call {
            all = all.add(Column::CallId.eq(named::<CallId>(call)?.uuid()));
        }
        if let Some(text) = &self.cursor {
            all = all.add(Column::Id.lt(named::<VoicemailId>(&cursor::read(text)?)?.uuid()));
        }
        Ok(all)
    }
}

fn named<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// Received and not removed.
fn there() -> Condition {
    Condition::all().add(voicemail::Column::State.ne("leaving")).add(voicemail::Column::RemovedMs.is_null())
}

/// Messages, newest first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/voicemails", operation_id = "voicemail_list", tag = "voicemails", params(Wanted),
    security(("user" = ["voicemails:read"])), responses((status = 200, body = Page<Voicemail>)))]
pub async fn voicemail_list(
    may: May<Read<of::Voicemail>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<Voicemail>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = want.filter()?;
    if want.mine == Some(true) {
        filter = filter.add(theirs(may.tenant().uuid(), &[may.caller.member.uuid()]));
    }
    let tx = may.read().await?;
    let rows = tx.seen::<voicemail::Entity>().filter(filter).order_by(voicemail::Column::Id, Order::Desc);
    let rows = rows.limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| VoicemailId::from_uuid(row.id).to_string());
    Ok(Json(Page { items: shown(&may.app, &tx, &page.items).await?, next_cursor: page.next_cursor }))
}

/// How many messages there are.
#[utoipa::path(get, path = "/v1/voicemails/summary", operation_id = "voicemail_summary", tag = "voicemails",
    security(("user" = ["voicemails:read"])), responses((status = 200, body = VoicemailSummary)))]
pub async fn voicemail_summary(may: May<Read<of::Voicemail>>) -> Result<Json<VoicemailSummary>, Problem> {
    let tx = may.read().await?;
    let seen = || -> Scoped<'_, voicemail::Entity> { tx.seen::<voicemail::Entity>().filter(there()) };
    let new = || seen().is(voicemail::Column::State, "new");
    let mine = theirs(may.tenant().uuid(), &[may.caller.member.uuid()]);
    Ok(Json(VoicemailSummary {
        mine_new: new().filter(mine).count().await?,
        new: new().count().await?,
        all: seen().count().await?,
    }))
}

/// One message.
#[utoipa::path(get, path = "/v1/voicemails/{id}", operation_id = "voicemail_get", tag = "voicemails",
    params(("id" = String, Path)), security(("user" = ["voicemails:read"])), responses((status = 200, body = Voicemail)))]
pub async fn voicemail_get(may: May<Read<of::Voicemail>>, Id(id): Id<VoicemailId>) -> Result<Json<Voicemail>, Problem> {
    let tx = may.read().await?;
    let row = found(&tx, id).await?;
    one(&may.app, &tx, row).await
}

/// Hear a message: a link that is good for two minutes. It counts as heard when its box is one's own. Who asked for it stands in the
/// audit log.
#[utoipa::path(post, path = "/v1/voicemails/{id}/play", operation_id = "voicemail_play", tag = "voicemails",
    params(("id" = String, Path)), security(("user" = ["voicemails:read"])),
    responses((status = 200, body = RecordingLink)))]
pub async fn voicemail_play(
    may: May<Read<of::Voicemail>>,
    Id(id): Id<VoicemailId>,
) -> Result<Json<RecordingLink>, Problem> {
    let mut tx = may.write().await?;
    let row = found(&tx, id).await?;
    tx.noted("voicemail.played", "voicemail", &id.to_string(), told(&row));
    let (me, mut seats) = (may.caller.member, Vec::new());
    let mine = tx.seen::<voicemail::Entity>().is(voicemail::Column::Id, row.id);
    if row.state == "new" && mine.filter(theirs(may.tenant().uuid(), &[me.uuid()])).one().await?.is_some() {
        seats = seats_of(&tx, &row).await?;
        heard(&mut tx, row, Some(me)).await?;
    }
    let until = tx.now().plus_s(LINK_S);
    tx.commit().await?;
    lamp::changed(&may.app, may.tenant(), &seats);
    let url = sound::link(&may.app, may.tenant(), RecordingId::from_uuid(id.uuid()), until);
    Ok(Json(RecordingLink { url, expires_at: until.to_offset() }))
}

/// Say that a message was heard, or that it counts as new.
#[utoipa::path(patch, path = "/v1/voicemails/{id}", operation_id = "voicemail_patch", tag = "voicemails",
    params(("id" = String, Path)), request_body = VoicemailPatch, security(("user" = ["voicemails:operate"])),
    responses((status = 200, body = Voicemail)))]
pub async fn voicemail_patch(
    may: May<Operate<of::Voicemail>>,
    Id(id): Id<VoicemailId>,
    Body(ask): Body<VoicemailPatch>,
) -> Result<Json<Voicemail>, Problem> {
    let mut tx = may.write().await?;
    let mut row = found(&tx, id).await?;
    let seats = seats_of(&tx, &row).await?;
    if let Some(is_heard) = ask.heard {
        row = heard(&mut tx, row, is_heard.then_some(may.caller.member)).await?;
    }
    let out = one(&may.app, &tx, row).await?;
    tx.commit().await?;
    lamp::changed(&may.app, may.tenant(), &seats);
    Ok(out)
}

/// Remove a message. It can be brought back for seven days.
#[utoipa::path(delete, path = "/v1/voicemails/{id}", operation_id = "voicemail_remove", tag = "voicemails",
    params(("id" = String, Path)), security(("user" = ["voicemails:operate"])), responses((status = 204)))]
pub async fn voicemail_remove(
    may: May<Operate<of::Voicemail>>,
    Id(id): Id<VoicemailId>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = found(&tx, id).await?;
    let seats = seats_of(&tx, &row).await?;
    if row.removed_ms.is_some() {
        return Err(Problem::not_found());
    }
    tx.changed("voicemail.removed", "voicemail", &id.to_string(), told(&row)).await?;
    let mut change = row.into_active_model();
    change.removed_ms = Set(Some(tx.now().unix_ms()));
    tx.update(change).await?;
    tx.commit().await?;
    lamp::changed(&may.app, may.tenant(), &seats);
    Ok(StatusCode::NO_CONTENT)
}

/// Bring a removed message back.
#[utoipa::path(post, path = "/v1/voicemails/{id}/restore", operation_id = "voicemail_restore", tag = "voicemails",
    params(("id" = String, Path)), security(("user" = ["voicemails:operate"])),
    responses((status = 200, body = Voicemail)))]
pub async fn voicemail_restore(
    may: May<Operate<of::Voicemail>>,
    Id(id): Id<VoicemailId>,
) -> Result<Json<Voicemail>, Problem> {
    let mut tx = may.write().await?;
    let row = found(&tx, id).await?;
    let seats = seats_of(&tx, &row).await?;
    if row.removed_ms.is_none() {
        return Err(Problem::conflict("voicemail_there", "This message was not removed."));
    }
    tx.changed("voicemail.restored", "voicemail", &id.to_string(), told(&row)).await?;
    let mut change = row.into_active_model();
    change.removed_ms = Set(None);
    let row = tx.update(change).await?;
    let out = one(&may.app, &tx, row).await?;
    tx.commit().await?;
    lamp::changed(&may.app, may.tenant(), &seats);
    Ok(out)
}

async fn found(tx: &TenantTx, id: VoicemailId) -> Result<voicemail::Model, Problem> {
    tx.find_seen::<voicemail::Entity>(id.uuid()).await?.filter(|row| row.received_ms.is_some()).or_404()
}

/// It was heard by this member; `None`: it counts as new again.
async fn heard(tx: &mut TenantTx, row: voicemail::Model, by: Option<MemberId>) -> Result<voicemail::Model, Problem> {
    let mut body = told(&row);
    body["heard"] = json!(by.is_some());
    tx.changed("voicemail.updated", "voicemail", &VoicemailId::from_uuid(row.id).to_string(), body).await?;
    let first = row.heard_ms.zip(row.heard_by);
    let mut change = row.into_active_model();
    change.state = Set(if by.is_some() { "heard" } else { "new" }.into());
    let by = by.map(|member| first.unwrap_or((tx.now().unix_ms(), member.uuid())));
    (change.heard_ms, change.heard_by) = (Set(by.map(|it| it.0)), Set(by.map(|it| it.1)));
    Ok(tx.update(change).await?)
}

async fn one(app: &App, tx: &TenantTx, row: voicemail::Model) -> Result<Json<Voicemail>, Problem> {
    shown(app, tx, &[row]).await?.pop().map(Json).or_404()
}

/// As they are shown, with their sounds' waves and the names of their boxes.
async fn shown(app: &App, tx: &TenantTx, rows: &[voicemail::Model]) -> Result<Vec<Voicemail>, Problem> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let sounds = tx.whole::<recording::Entity>().filter(recording::Column::Id.is_in(ids)).all().await?;
    let boxes = box_names(app, tx, rows).await?;
    let show = |row: &voicemail::Model| {
        let sound = sounds.iter().find(|sound| sound.id == row.id)?;
        let at = |ms: i64| Wall::from_unix_ms(ms).to_offset();
        // Both channels are the same.
        let wave = sound.wave.as_array().into_iter().flatten().step_by(2);
        Some(Voicemail {
            id: VoicemailId::from_uuid(row.id).to_string(),
            call: CallId::from_uuid(row.call_id).to_string(),
            seat: row.seat_id.map(|id| SeatId::from_uuid(id).to_string()),
            team: row.team_id.map(|id| TeamId::from_uuid(id).to_string()),
            box_name: row.seat_id.or(row.team_id).and_then(|id| boxes.get(&id).cloned()).unwrap_or_default(),
            caller: row.caller.clone(),
            caller_name: row.caller_name.clone(),
            state: match row.removed_ms {
                Some(_) => VoicemailState::Removed,
                None => VoicemailState::stored(&row.state),
            },
            received_at: at(row.received_ms?),
            duration_ms: row.duration_ms,
            heard_at: row.heard_ms.map(at),
            heard_by: row.heard_by.map(|id| MemberId::from_uuid(id).to_string()),
            legal_hold: sound.legal_hold,
            wave: wave.filter_map(serde_json::Value::as_i64).collect(),
        })
    };
    Ok(rows.iter().filter_map(show).collect())
}

async fn box_names(app: &App, tx: &TenantTx, rows: &[voicemail::Model]) -> Result<BTreeMap<Uuid, String>, Problem> {
    let ids = |of: fn(&voicemail::Model) -> Option<Uuid>| rows.iter().filter_map(of).collect::<BTreeSet<Uuid>>();
    let seats = tx.whole::<seat::Entity>().filter(seat::Column::Id.is_in(ids(|row| row.seat_id))).all().await?;
    let people = names_among(app, tx, seats.iter().filter_map(|row| row.member_id).collect()).await?;
    let teams = tx.select::<team::Entity>().filter(team::Column::Id.is_in(ids(|row| row.team_id))).all().await?;
    let of_seats = seats.iter().map(|row| (row.id, called(&people, row)));
    Ok(of_seats.chain(teams.into_iter().map(|row| (row.id, row.name))).collect())
}

crate::resource!(
    voicemail_list,
    voicemail_summary,
    voicemail_get,
    voicemail_play,
    voicemail_patch,
    voicemail_remove,
    voicemail_restore
);
