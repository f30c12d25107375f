//! Where a recording lies and with which key it opens; and the end of it that the media writes to.

use kernel::{RecordingId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{RecordingEnd, RecordingFault, RecordingOut};
use patchbay_sound::{
    Blobs, StoreFault,
    vault::{Kept, Sealing, VaultKey},
};
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, Order};
use tokio::sync::mpsc;

use super::row::recording_key;
use crate::kit::{app::App, problem::Problem};

/// A recording that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub id: RecordingId,
    /// How.
    pub how: RecordingEnd,
    /// What is in the store; `None`: nothing, because the store or the recording failed.
    pub kept: Option<Kept>,
}

/// Takes sound from the media and seals it into the store. Dropped before its end it tells that its call was over.
pub struct Out {
    tenant: TenantId,
    id: RecordingId,
    sealing: Option<Sealing>,
    /// Who is told when it has ended; `None`: was told.
    ended: Option<mpsc::UnboundedSender<Ended>>,
}

impl Out {
    /// Opens its file. Whoever is to be told is, also when that fails.
    ///
    /// # Errors
    /// As the store fails.
    pub fn begin(
        blobs: &dyn Blobs,
        key: VaultKey,
        (tenant, id): (TenantId, RecordingId),
        ended: mpsc::UnboundedSender<Ended>,
    ) -> Result<Self, RecordingFault> {
        let mut out = Self { tenant, id, sealing: None, ended: Some(ended) };
        match blobs.begin(&name(tenant, id)).and_then(|file| Sealing::begin(key, file)) {
            Ok(sealing) => out.sealing = Some(sealing),
            Err(why) => {
                let fault = out.fault(&why);
                out.tell(RecordingEnd::failed(fault), None);
                return Err(fault);
            }
        }
        Ok(out)
    }

    fn fault(&self, why: &StoreFault) -> RecordingFault {
        tracing::error!(recording = %self.id, error = %why, "a recording cannot be kept; its call goes on");
        if matches!(why, StoreFault::Full) { RecordingFault::StoreFull } else { RecordingFault::StoreFailed }
    }

    fn tell(&mut self, how: RecordingEnd, kept: Option<Kept>) {
        if let Some(ended) = self.ended.take() {
            // Nobody is told any more when the process ends.
            drop(ended.send(Ended { tenant: self.tenant, id: self.id, how, kept }));
        }
    }
}

impl RecordingOut for Out {
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault> {
        let sealing = self.sealing.as_mut().ok_or(RecordingFault::StoreFailed)?;
        sealing.write(stereo).map_err(|why| {
            // What is incomplete is not kept: the room belongs to others.
            self.sealing = None;
            self.fault(&why)
        })
    }

    fn end(mut self: Box<Self>, mut how: RecordingEnd) {
        let kept = match self.sealing.take() {
            Some(sealing) if how.fault.is_none() => {
                sealing.finish().map_err(|why| how.fault = Some(self.fault(&why))).ok()
            }
            _ => None,
        };
        if kept.is_none() {
            how.fault.get_or_insert(RecordingFault::StoreFailed);
        }
        self.tell(how, kept);
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.tell(RecordingEnd::failed(RecordingFault::CallOver), None);
    }
}

/// Its name in the store.
pub fn name(tenant: TenantId, id: RecordingId) -> String {
    format!("recordings/{}/{}.sealed", tenant.uuid(), id.uuid())
}

fn context(tenant: TenantId, key: Uuid) -> String {
    format!("recording_key:{tenant}:{key}")
}

/// The company's newest key; makes the first one.
pub async fn newest_key(app: &App, tx: &TenantTx) -> Result<(Uuid, [u8; 32]), Problem> {
    let newest = tx.select::<recording_key::Entity>().order_by(recording_key::Column::Id, Order::Desc).limit(1);
    if let Some(row) = newest.one().await? {
        return Ok((row.id, open(app, tx.tenant(), &row)?));
    }
    let mut key = [0; 32];
    app.chance().fill(&mut key);
    let id = tx.new_id();
    let text = crate::kit::token::hex(&key);
    let row = recording_key::ActiveModel {
        id: Set(id),
        key_sealed: Set(app.sealer.seal(&text, &context(tx.tenant(), id), app.chance().as_mut())),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(row).await?;
    Ok((id, key))
}

/// The key with this id.
pub async fn key(app: &App, tx: &TenantTx, id: Uuid) -> Result<[u8; 32], Problem> {
    let row = tx.get::<recording_key::Entity>(id).await?;
    open(app, tx.tenant(), &row)
}

fn open(app: &App, tenant: TenantId, row: &recording_key::Model) -> Result<[u8; 32], Problem> {
    let text = app.sealer.unseal(&row.key_sealed, &context(tenant, row.id))?;
    let text = text.expose();
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        let digits = text.get(at * 2..at * 2 + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).map_err(Problem::internal)?;
    }
    Ok(key)
}
