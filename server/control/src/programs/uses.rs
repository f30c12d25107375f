//! When keys were last used, kept in memory and written down every few seconds: a request that only reads writes nothing.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use kernel::{TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Stamp, system::KeyUse};

use crate::kit::{app::App, problem::Problem};

/// The last use of each key since the last time it was written down.
#[derive(Default)]
pub struct Uses(Mutex<HashMap<Uuid, KeyUse>>);

impl Uses {
    /// A key (with the secret it came with) or a seat token was used.
    pub fn note(&self, tenant: TenantId, id: Uuid, secret: Option<Uuid>, at: Wall, from: IpAddr) {
        let from = from.to_string();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // By secret: while a key has two, each shows whether it is still in use.
        open.insert(secret.unwrap_or(id), KeyUse { tenant, id, secret, at, from });
    }

    fn take(&self) -> Vec<KeyUse> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all: Vec<KeyUse> = taken.into_values().collect();
        // The later use of two secrets is the key's.
        all.sort_by_key(|one| (one.at, one.id, one.secret));
        all
    }
}

/// Writes down what was noted. Fails as the store does; what could not be written is lost, and the next use brings it back.
pub async fn keep(app: &App) -> Result<(), Problem> {
    let uses = app.uses.take();
    if uses.is_empty() {
        return Ok(());
    }
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    tx.note_uses(&uses).await?;
    Ok(tx.commit_aside().await?)
}
