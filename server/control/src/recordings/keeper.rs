//! What goes on about recordings without anybody asking for one: calls that the company records are begun, what ended is written
//! down, what is too old is forgotten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::{RecordingId, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{self as plane, Keep, KeepAsk, Keeper, Later, MessageAsk, PlaneError, RecordingEnd};
use patchbay_tenancy::Stamp;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::json;
use tokio::{sync::mpsc, time::interval};

use super::{
    orders::{Begun, By, running},
    policy::{RecordingMode, RecordingPolicy, policy},
    row::recording,
    shelf::{self, Ended},
};
use crate::{
    calls::row::call,
    kit::{app::App, problem::Problem},
    voicemails::{lamp, row::voicemail, taking},
};

/// Old recordings are looked for so often.
const EVERY: Duration = Duration::from_secs(120);
/// So many are forgotten at once.
const AT_ONCE: u32 = 100;
/// A message that was removed can be brought back for so many seconds: seven days.
const REMOVED_S: i64 = 7 * 86_400;
/// Why a recording failed whose writer is gone.
const NODE_LOST: &str = "node_lost";
/// What a company wishes is believed for so long.
const WISH_S: i64 = 5;

type Wishes = HashMap<TenantId, (Wall, Arc<RecordingPolicy>)>;

/// Where recordings that ended are told, and who writes them down.
pub struct Recordings {
    told: mpsc::UnboundedSender<Ended>,
    inbox: tokio::sync::Mutex<mpsc::UnboundedReceiver<Ended>>,
    wishes: Mutex<Wishes>,
}

impl Default for Recordings {
    fn default() -> Self {
        let (told, inbox) = mpsc::unbounded_channel();
        Self { told, inbox: inbox.into(), wishes: Mutex::default() }
    }
}

impl Recordings {
    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What this company wishes is asked anew.
    pub fn forget_wish(&self, tenant: TenantId) {
        self.wishes().remove(&tenant);
    }
    /// Tells what ended.
    pub fn teller(&self) -> mpsc::UnboundedSender<Ended> {
        self.told.clone()
    }
}

/// Never returns.
pub async fn work(app: &App) {
    let mut again = interval(EVERY);
    let mut inbox = app.recordings.inbox.lock().await;
    loop {
        tokio::select! {
            one = inbox.recv() => {
                if let Some(one) = one {
                    noted(app, one).await;
                }
            }
            _ = again.tick() => {
                if let Err(problem) = forget(app).await {
                    tracing::warn!(code = problem.code(), "old recordings could not be forgotten");
                }
            }
        }
    }
}

/// Writes down what has ended until now, once nobody works on it any more: at the end of a process.
pub async fn settle(app: &App) {
    let mut inbox = app.recordings.inbox.lock().await;
    while let Ok(one) = inbox.try_recv() {
        noted(app, one).await;
    }
}

/// Answers the switch.
pub struct CallKeeper(pub App);

impl Keeper for CallKeeper {
    fn keep(&self, ask: KeepAsk) -> Later<'_, Result<Option<plane::Kept>, PlaneError>> {
        Box::pin(async move { keep(&self.0, ask).await.map_err(|problem| PlaneError(problem.code().to_owned())) })
    }
    fn message(&self, ask: MessageAsk) -> Later<'_, Result<Option<plane::Kept>, PlaneError>> {
        Box::pin(
            async move { taking::take(&self.0, ask).await.map_err(|problem| PlaneError(problem.code().to_owned())) },
        )
    }
}

async fn keep(app: &App, ask: KeepAsk) -> Result<Option<plane::Kept>, Problem> {
    let wish = wish(app, ask.tenant).await?;
    let by = match (wish.mode, ask.why) {
        (RecordingMode::Always, _) => By::Policy,
        (RecordingMode::OnDemand, Keep::Queue(queue)) if wish.queues.contains(&queue) => By::Queue,
        (RecordingMode::OnDemand | RecordingMode::Never, _) => return Ok(None),
    };
    let tx = app.database.tenant(ask.tenant, Stamp::system(app.now(), app.chance())).await?;
    if running(&tx, ask.call).await?.is_some() {
        return Ok(None);
    }
    let Some(row) = tx.whole::<call::Entity>().is(call::Column::Id, ask.call.uuid()).one().await? else {
        return Ok(None);
    };
    let begun = Begun::write(app, tx, &row, by).await?;
    let id = RecordingId::from_uuid(begun.row.id);
    let out = begun.open(app).await?;
    Ok(out.map(|out| -> plane::Kept { (id, Box::new(out)) }))
}

/// What the company wishes, remembered for some seconds: most calls of most companies are not recorded.
async fn wish(app: &App, tenant: TenantId) -> Result<Arc<RecordingPolicy>, Problem> {
    let now = app.now();
    let known = app.recordings.wishes().get(&tenant).cloned();
    if let Some((_, wish)) = known.filter(|(since, _)| now.unix_s() - since.unix_s() < WISH_S) {
        return Ok(wish);
    }
    let tx = app.database.tenant_read(tenant, Stamp::system(now, app.chance())).await?;
    let wish = Arc::new(policy(&tx).await?);
    let mut wishes = app.recordings.wishes();
    wishes.retain(|_, (since, _)| now.unix_s() - since.unix_s() < WISH_S);
    wishes.insert(tenant, (now, Arc::clone(&wish)));
    Ok(wish)
}

async fn noted(app: &App, ended: Ended) {
    let (tenant, id) = (ended.tenant, ended.id);
    let why = ended.how.fault.map_or("unknown", plane::RecordingFault::as_str);
    if let Err(problem) = write_down(app, ended, why).await {
        tracing::error!(%tenant, recording = %id, code = problem.code(), "the end of a recording was not written down");
    }
}

async fn write_down(app: &App, ended: Ended, why: &str) -> Result<(), Problem> {
    let mut tx = app.database.tenant(ended.tenant, Stamp::system(app.now(), app.chance())).await?;
    let found = tx.whole::<recording::Entity>().is(recording::Column::Id, ended.id.uuid()).one().await?;
    let Some(row) = found.filter(|row| row.state == "recording") else { return Ok(()) };
    if row.kind == "voicemail" {
        return taking::ended(app, tx, row, ended, why).await;
    }
    let call = kernel::CallId::from_uuid(row.call_id).to_string();
    let of = tx.whole::<call::Entity>().is(call::Column::Id, row.call_id).one().await?;
    let mut change = row.into_active_model();
    // Who answered is known by now.
    change.seat_id = Set(of.and_then(|of| of.seat_id));
    change.ended_ms = Set(Some(tx.now().unix_ms()));
    change.duration_ms = Set(i64::try_from(ended.how.ms).unwrap_or(i64::MAX));
    change.lost = Set(i64::try_from(ended.how.lost).unwrap_or(i64::MAX));
    change.paused = Set(false);
    let (kind, body) = match ended.kept {
        Some(kept) => {
            change.state = Set("ready".into());
            change.bytes = Set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
            change.wave = Set(json!(kept.wave));
            ("recording.ready", json!({ "call": call, "duration_ms": ended.how.ms }))
        }
        None => {
            tracing::warn!(recording = %ended.id, why, "a recording failed");
            change.state = Set("failed".into());
            change.fault = Set(Some(why.into()));
            ("recording.failed", json!({ "call": call, "reason": why }))
        }
    };
    tx.update(change).await?;
    tx.happened(kind, "recording", &ended.id.to_string(), body).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets recordings that are older than their company keeps them, and gives up those whose writer is gone.
pub async fn forget(app: &App) -> Result<(), Problem> {
    for (tenant, id) in app.database.system().stranded_recordings(app.now(), AT_ONCE).await? {
        let id = RecordingId::from_uuid(id);
        write_down(app, Ended { tenant, id, how: RecordingEnd::default(), kept: None }, NODE_LOST).await?;
        // What it had written until then opens for nobody.
        app.blobs.remove(&shelf::name(tenant, id)).await.map_err(Problem::internal)?;
    }
    let mut old = app.database.system().old_recordings(app.now(), AT_ONCE).await?;
    let removed = app.now().plus_s(-REMOVED_S);
    old.extend(app.database.system().removed_voicemails(removed, AT_ONCE).await?);
    for (tenant, id) in old {
        let id = RecordingId::from_uuid(id);
        let mut tx = app.database.tenant(tenant, Stamp::system(app.now(), app.chance())).await?;
        let found = tx.whole::<recording::Entity>().is(recording::Column::Id, id.uuid()).one().await?;
        let Some(row) = found.filter(|row| !row.legal_hold) else { continue };
        let call = kernel::CallId::from_uuid(row.call_id).to_string();
        let message = tx.find_whole::<voicemail::Entity>(row.id).await?;
        let seats = match &message {
            Some(message) => lamp::seats_of(&tx, message).await?,
            None => Vec::new(),
        };
        app.blobs.remove(&shelf::name(tenant, id)).await.map_err(Problem::internal)?;
        tx.changed("recording.removed", "recording", &id.to_string(), json!({ "call": call, "reason": "age" })).await?;
        tx.delete::<recording::Entity>(id.uuid()).await?;
        tx.commit().await?;
        lamp::changed(app, tenant, &seats);
    }
    Ok(())
}
