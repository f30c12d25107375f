//! How a message gets into its box: written down before it is spoken, received when its sound is whole, gone when there is none.

use kernel::{CallId, RecordingId, SeatId, TeamId, VoicemailId};
use patchbay_kernel as kernel;
use patchbay_plane::{Kept, MessageAsk, RecordingFault};
use patchbay_tenancy::{Stamp, TenantTx};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{lamp, mailbox::Mailbox, notice, row::voicemail};
use crate::{
    calls::row::call,
    kit::{app::App, problem::Problem},
    recordings::{
        orders::{Begun, By},
        row::recording,
        shelf::Ended,
    },
};

/// Where a message goes; `None`: that box or that call is not there.
///
/// # Errors
/// As the store fails.
pub async fn take(app: &App, ask: MessageAsk) -> Result<Option<Kept>, Problem> {
    let mut tx = app.database.tenant(ask.tenant, Stamp::system(app.now(), app.chance())).await?;
    let call = tx.whole::<call::Entity>().is(call::Column::Id, ask.call.uuid()).one().await?;
    let (Some(call), Some(mailbox)) = (call, Mailbox::meant(&tx, &ask.mailbox).await?) else { return Ok(None) };
    let begun = Begun::add(app, &mut tx, &call, By::Caller, mailbox.seat()).await?;
    let row = voicemail::ActiveModel {
        id: Set(begun.row.id),
        call_id: Set(call.id),
        seat_id: Set(mailbox.seat()),
        team_id: Set(mailbox.team()),
        caller: Set(call.caller.clone()),
        caller_name: Set(call.caller_name.clone()),
        state: Set("leaving".into()),
        received_ms: Set(None),
        duration_ms: Set(0),
        heard_ms: Set(None),
        heard_by: Set(None),
        removed_ms: Set(None),
        ..Default::default()
    };
    tx.insert(row).await?;
    tx.commit().await?;
    let id = RecordingId::from_uuid(begun.row.id);
    Ok(begun.open(app).await?.map(|out| -> Kept { (id, Box::new(out)) }))
}

/// The sound of a message has ended.
///
/// # Errors
/// As the store fails.
pub async fn ended(
    app: &App,
    mut tx: TenantTx,
    sound: recording::Model,
    ended: Ended,
    why: &str,
) -> Result<(), Problem> {
    let (id, call) = (sound.id, CallId::from_uuid(sound.call_id).to_string());
    let found = tx.whole::<voicemail::Entity>().is(voicemail::Column::Id, id).one().await?;
    let mut change = sound.into_active_model();
    change.ended_ms = Set(Some(tx.now().unix_ms()));
    change.duration_ms = Set(i64::try_from(ended.how.ms).unwrap_or(i64::MAX));
    change.lost = Set(i64::try_from(ended.how.lost).unwrap_or(i64::MAX));
    let (mut letters, mut seats) = (false, Vec::new());
    match (ended.kept, found) {
        (Some(kept), Some(row)) => {
            change.state = Set("ready".into());
            change.bytes = Set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
            change.wave = Set(json!(kept.wave));
            tx.update(change).await?;
            let mut message = row.into_active_model();
            message.state = Set("new".into());
            message.received_ms = Set(Some(tx.now().unix_ms()));
            message.duration_ms = Set(i64::try_from(ended.how.ms).unwrap_or(i64::MAX));
            let row = tx.update(message).await?;
            let mut body = told(&row);
            body["caller"] = row.caller.as_str().into();
            body["duration_ms"] = row.duration_ms.into();
            tx.happened("voicemail.received", "voicemail", &VoicemailId::from_uuid(id).to_string(), body).await?;
            letters = notice::write(app, &tx, &row).await?;
            seats = lamp::seats_of(&tx, &row).await?;
        }
        // Who says nothing, or hangs up at the beep, leaves no trace but the way of the call.
        _ if matches!(ended.how.fault, Some(RecordingFault::Empty | RecordingFault::CallOver)) => {
            tx.delete::<recording::Entity>(id).await?;
        }
        _ => {
            tracing::warn!(recording = %ended.id, why, "a message of a caller is lost");
            change.state = Set("failed".into());
            change.fault = Set(Some(why.into()));
            tx.update(change).await?;
            tx.delete::<voicemail::Entity>(id).await?;
            let body = json!({ "call": call, "reason": why });
            tx.happened("recording.failed", "recording", &ended.id.to_string(), body).await?;
        }
    }
    let tenant = tx.tenant();
    tx.commit().await?;
    lamp::changed(app, tenant, &seats);
    if letters {
        app.mail_waits.notify_one();
    }
    Ok(())
}

/// What events of a message say.
pub fn told(row: &voicemail::Model) -> Value {
    json!({
        "call": CallId::from_uuid(row.call_id).to_string(),
        "seat": row.seat_id.map(|id| SeatId::from_uuid(id).to_string()),
        "team": row.team_id.map(|id| TeamId::from_uuid(id).to_string()),
    })
}
