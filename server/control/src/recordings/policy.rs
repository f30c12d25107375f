//! When calls are recorded and for how long recordings are kept.

use std::collections::BTreeSet;

use axum::Json;
use kernel::{QueueId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    StoreError, TenantTx,
    system::recordings::{USUAL_DAYS, USUAL_VOICEMAIL_DAYS},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::row::{recording_policy, recording_queue};
use crate::{
    kit::{
        body::{Body, Check},
        may::May,
        problem::Problem,
    },
    queues::row::queue,
};

const DAYS_MOST: i64 = 3_650;

/// When calls are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingMode {
    /// Every call, from its answer on.
    Always,
    /// When somebody in it, or a program, orders it.
    OnDemand,
    /// None, whoever asks.
    Never,
}

impl RecordingMode {
    /// As stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnDemand => "on_demand",
            Self::Never => "never",
        }
    }
    fn of(text: &str) -> Self {
        match text {
            "always" => Self::Always,
            "never" => Self::Never,
            _ => Self::OnDemand,
        }
    }
}

/// What the company wishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingPolicy {
    /// When calls are recorded.
    pub mode: RecordingMode,
    /// Days that recordings of calls are kept, 3650 at most; 0: until they are removed by hand. A legal hold wins over it.
    pub keep_days: i64,
    /// Days that messages of callers are kept, likewise.
    pub voicemail_keep_days: i64,
    /// `que_..`: queues whose calls are recorded where the mode is `on_demand`.
    #[schema(value_type = Vec<String>)]
    pub queues: Vec<QueueId>,
}

/// What the company wishes about recordings.
#[utoipa::path(get, path = "/v1/recording-policy", operation_id = "recording_policy_get", tag = "recordings",
    security(("user" = ["recordings:read"])), responses((status = 200, body = RecordingPolicy)))]
pub async fn recording_policy_get(may: May<Read<of::Recording>>) -> Result<Json<RecordingPolicy>, Problem> {
    let tx = may.read().await?;
    Ok(Json(policy(&tx).await?))
}

/// Say when calls are recorded and for how long recordings are kept; the latter holds for those that are there, too.
#[utoipa::path(put, path = "/v1/recording-policy", operation_id = "recording_policy_put", tag = "recordings",
    request_body = RecordingPolicy, security(("user" = ["recordings:write"])),
    responses((status = 200, body = RecordingPolicy)))]
pub async fn recording_policy_put(
    may: May<Write<of::Recording>>,
    Body(ask): Body<RecordingPolicy>,
) -> Result<Json<RecordingPolicy>, Problem> {
    let mut check = Check::default();
    for (field, days) in [("keep_days", ask.keep_days), ("voicemail_keep_days", ask.voicemail_keep_days)] {
        check.need((0..=DAYS_MOST).contains(&days), field, "out_of_range", "From 0 to 3650 days.");
    }
    check.done()?;
    let mut tx = may.write().await?;
    let body = json!({ "mode": ask.mode.as_str(), "keep_days": ask.keep_days });
    tx.changed("recording_policy.updated", "recording_policy", &may.tenant().to_string(), body).await?;
    let before = tx.select::<recording_policy::Entity>().one().await?;
    let mut change = before.clone().map_or_else(Default::default, IntoActiveModel::into_active_model);
    change.mode = Set(ask.mode.as_str().to_owned());
    change.keep_days = Set(i32::try_from(ask.keep_days).unwrap_or(USUAL_DAYS));
    change.voicemail_keep_days = Set(i32::try_from(ask.voicemail_keep_days).unwrap_or(USUAL_VOICEMAIL_DAYS));
    change.updated_at = Set(tx.at());
    if before.is_some() {
        tx.update(change).await?;
    } else {
        change.id = Set(tx.new_id());
        tx.insert(change).await?;
    }
    set_queues(&tx, &ask.queues).await?;
    let kept = policy(&tx).await?;
    tx.commit().await?;
    may.app.recordings.forget_wish(may.tenant());
    Ok(Json(kept))
}

async fn set_queues(tx: &TenantTx, queues: &[QueueId]) -> Result<(), Problem> {
    tx.delete_many::<recording_queue::Entity>(recording_queue::Column::QueueId.is_not_null()).await?;
    let wanted: BTreeSet<Uuid> = queues.iter().map(|queue| queue.uuid()).collect();
    for queue in wanted {
        let unknown = || Problem::field("queues", "unknown_queue", "One of these queues is not there.");
        tx.find::<queue::Entity>(queue).await?.ok_or_else(unknown)?;
        let row = recording_queue::ActiveModel { id: Set(tx.new_id()), queue_id: Set(queue), ..Default::default() };
        tx.insert(row).await?;
    }
    Ok(())
}

/// What the company wishes, or the usual.
pub async fn policy(tx: &TenantTx) -> Result<RecordingPolicy, StoreError> {
    let row = tx.select::<recording_policy::Entity>().one().await?;
    let queues = tx.select::<recording_queue::Entity>().order_by(recording_queue::Column::QueueId, Order::Asc);
    let queues = queues.all().await?.into_iter().map(|row| QueueId::from_uuid(row.queue_id)).collect();
    let (mode, days, voicemail) = row.map_or((RecordingMode::OnDemand, USUAL_DAYS, USUAL_VOICEMAIL_DAYS), |row| {
        (RecordingMode::of(&row.mode), row.keep_days, row.voicemail_keep_days)
    });
    Ok(RecordingPolicy { mode, keep_days: days.into(), voicemail_keep_days: voicemail.into(), queues })
}

crate::resource!(recording_policy_get, recording_policy_put);
