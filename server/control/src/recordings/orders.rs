//! Orders about recording a call that is up: begin, pause, go on, end.

use axum::Json;
use kernel::{CallId, RecordingId, TenantId, Uuid};
use patchbay_access::{Operate, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::RecordOrder;
use patchbay_sound::vault::VaultKey;
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    policy::{RecordingMode, policy},
    routes::{Recording, show},
    row::recording,
    shelf::{self, Out},
};
use crate::{
    calls::row::call,
    kit::{
        app::App,
        body::{Body, Id},
        may::May,
        problem::{Or404, Problem},
    },
};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingDeed {
    /// Begin.
    Start,
    /// Be silent, for what is nobody's business: a card number.
    Pause,
    /// Go on.
    Resume,
    /// End.
    Stop,
}

/// An order about recording a call.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct RecordingAsk {
    /// What is to be done.
    pub order: RecordingDeed,
}

/// Record a call that is up, pause, go on, or end it. Company policy decides what may be ordered.
#[utoipa::path(post, path = "/v1/calls/{id}/recording", operation_id = "call_record", tag = "recordings",
    params(("id" = String, Path)), request_body = RecordingAsk, security(("user" = ["calls:operate"])),
    responses((status = 200, body = Recording)))]
pub async fn call_record(
    may: May<Operate<of::Call>>,
    Id(id): Id<CallId>,
    Body(ask): Body<RecordingAsk>,
) -> Result<Json<Recording>, Problem> {
    let app = &may.app;
    let mut tx = may.write().await?;
    let row = tx.find_seen::<call::Entity>(id.uuid()).await?.or_404()?;
    let mode = policy(&tx).await?.mode;
    let running = running(&tx, id).await?;
    match (ask.order, running) {
        (RecordingDeed::Start, Some(_)) => {
            Err(Problem::conflict("recording_running", "This call is being recorded already."))
        }
        (RecordingDeed::Start, None) if mode == RecordingMode::Never => {
            Err(Problem::conflict("recording_off", "Your company records no calls."))
        }
        (RecordingDeed::Start, None) => {
            let begun = Begun::write(app, tx, &row, By::Order).await?;
            let shown = show(&begun.row);
            let recording = RecordingId::from_uuid(begun.row.id);
            // What cannot be kept has ended, and whoever asks for it sees how.
            if let Some(out) = begun.open(app).await?
                && !app.switch()?.record(may.tenant(), id, recording, RecordOrder::Begin(Box::new(out)))
            {
                return Err(Problem::conflict("call_over", "This call has just ended."));
            }
            Ok(Json(shown))
        }
        (_, None) => Err(Problem::conflict("not_recording", "This call is not being recorded.")),
        (RecordingDeed::Stop, Some(running)) if running.begun_by != By::Order.as_str() => {
            Err(Problem::conflict("recording_required", "Your company records this call. You can pause it."))
        }
        (deed, Some(running)) => {
            let recording = RecordingId::from_uuid(running.id);
            let (kind, order) = match deed {
                RecordingDeed::Pause => ("recording.paused", RecordOrder::Pause),
                RecordingDeed::Resume => ("recording.resumed", RecordOrder::Resume),
                RecordingDeed::Start | RecordingDeed::Stop => ("recording.stopped", RecordOrder::Stop),
            };
            tx.changed(kind, "recording", &recording.to_string(), json!({ "call": id.to_string() })).await?;
            let mut change = running.into_active_model();
            change.paused = Set(deed == RecordingDeed::Pause);
            let kept = tx.update(change).await?;
            // Obeyed before it is written down: nothing that is said after the answer may be kept.
            if !app.switch()?.record(may.tenant(), id, recording, order) {
                return Err(Problem::conflict("not_recording", "This call has just ended."));
            }
            tx.commit().await?;
            Ok(Json(show(&kept)))
        }
    }
}

/// The recording of this call that runs.
pub async fn running(tx: &TenantTx, call: CallId) -> Result<Option<recording::Model>, Problem> {
    let of = tx.whole::<recording::Entity>().is(recording::Column::CallId, call.uuid());
    let of = of.is(recording::Column::Kind, "call");
    Ok(of.is(recording::Column::State, "recording").one().await?)
}

/// Who began a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The company records every call.
    Policy,
    /// The company records this queue's calls.
    Queue,
    /// Somebody, or a program, ordered it.
    Order,
    /// The caller leaves a message.
    Caller,
}

impl By {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Queue => "queue",
            Self::Order => "order",
            Self::Caller => "caller",
        }
    }
}

/// A recording that is written down and has not begun.
pub struct Begun {
    /// As it stands in the store.
    pub row: recording::Model,
    tenant: TenantId,
    company: [u8; 32],
}

impl Begun {
    /// Writes it down for good.
    pub async fn write(app: &App, mut tx: TenantTx, call: &call::Model, by: By) -> Result<Self, Problem> {
        let begun = Self::add(app, &mut tx, call, by, call.seat_id).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Writes it down, as part of a transaction that does more. `seat`: whose it is.
    pub async fn add(
        app: &App,
        tx: &mut TenantTx,
        call: &call::Model,
        by: By,
        seat: Option<Uuid>,
    ) -> Result<Self, Problem> {
        let (key_id, company) = shelf::newest_key(app, tx).await?;
        let id = RecordingId::from_uuid(tx.new_id());
        let body = json!({ "call": CallId::from_uuid(call.id).to_string() });
        match by {
            By::Order => tx.changed("recording.started", "recording", &id.to_string(), body).await?,
            By::Policy | By::Queue => tx.happened("recording.started", "recording", &id.to_string(), body).await?,
            // A message is told of when it is there.
            By::Caller => {}
        }
        let row = recording::ActiveModel {
            id: Set(id.uuid()),
            call_id: Set(call.id),
            seat_id: Set(seat),
            key_id: Set(key_id),
            kind: Set(if by == By::Caller { "voicemail" } else { "call" }.into()),
            begun_by: Set(by.as_str().into()),
            state: Set("recording".into()),
            began_ms: Set(tx.now().unix_ms()),
            ended_ms: Set(None),
            duration_ms: Set(0),
            bytes: Set(0),
            lost: Set(0),
            legal_hold: Set(false),
            paused: Set(false),
            fault: Set(None),
            wave: Set(json!([])),
            ..Default::default()
        };
        let row = tx.insert(row).await?;
        Ok(Self { row, tenant: tx.tenant(), company })
    }

    /// Opens its file; `None`: the store fails, which is the recording's end and not the call's.
    pub async fn open(self, app: &App) -> Result<Option<Out>, Problem> {
        let key = VaultKey::new(&self.company, *self.row.id.as_bytes());
        let (blobs, whose) = (app.blobs.clone(), (self.tenant, RecordingId::from_uuid(self.row.id)));
        let told = app.recordings.teller();
        let begin = move || Out::begin(blobs.as_ref(), key, whose, told).ok();
        tokio::task::spawn_blocking(begin).await.map_err(Problem::internal)
    }
}

crate::resource!(call_record);
