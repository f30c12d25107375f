//! Who a SIP user name is, remembered for a few seconds: phones that register and callers of one busy seat ask again and again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{DeviceId, GatewayId, GatewayPortId, SeatId, Secret, TenantId, Tick, time::Span};
use patchbay_kernel as kernel;
use patchbay_plane::{Credential, DeviceKind, Principal};
use patchbay_tenancy::{
    EventRow, StoreError,
    system::{FoundDevice, gateway, gateway_port, sip_account},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::Core;

/// Another node may have changed an account; this is how long we may not notice.
const KEPT: Span = Span::secs(5);
/// Unknown names are remembered shorter: somebody may be making the account now. Long enough to blunt a scan.
const UNKNOWN_KEPT: Span = Span::secs(1);
/// Entries before everything is forgotten: bounds memory under a scan of names.
const MOST: usize = 20_000;

/// What is remembered.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<String, (Option<Credential>, Tick)>>);

impl Cache {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Option<Credential>, Tick)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forget everything.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// The stored proof for this name, from memory or from the store.
    pub(super) async fn get(&self, core: &Core, username: &str) -> Result<Option<Credential>, StoreError> {
        let now = core.parts.clock.tick();
        if let Some((known, until)) = self.lock().get(username)
            && *until > now
        {
            return Ok(known.clone());
        }
        let found = look_up(core, username).await?;
        let until = now + if found.is_some() { KEPT } else { UNKNOWN_KEPT };
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(username.to_owned(), (found.clone(), until));
        Ok(found)
    }
}

/// Forget when a company changes what names or proofs depend on.
pub(super) async fn follow(cache: Arc<Cache>, mut feed: Receiver<Arc<EventRow>>) {
    loop {
        match feed.recv().await {
            Ok(event) if matches!(event.entity.as_str(), "device" | "seat" | "member" | "company") => cache.clear(),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => cache.clear(),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn look_up(core: &Core, username: &str) -> Result<Option<Credential>, StoreError> {
    let system = core.database().system();
    let Some(account) = system.find::<sip_account::Entity>(username.to_owned()).await? else { return Ok(None) };
    if account.kind == "device" {
        return Ok(system.device_by_username(username).await?.map(|found| device(core, found)));
    }
    let (gateway, gateway_port, md5, sha256) = if account.kind == "gateway_port" {
        let Some(row) = system.find::<gateway_port::Entity>(account.ref_id).await? else { return Ok(None) };
        let stands = system.find::<gateway::Entity>(row.gateway_id).await?.is_some_and(|it| it.suspended_at.is_none());
        if !stands {
            return Ok(None);
        }
        (row.gateway_id, Some(GatewayPortId::from_uuid(row.id)), row.ha1_md5, row.ha1_sha256)
    } else {
        let Some(row) = system.find::<gateway::Entity>(account.ref_id).await? else { return Ok(None) };
        if row.suspended_at.is_some() {
            return Ok(None);
        }
        (row.id, None, row.ha1_md5, row.ha1_sha256)
    };
    // An account without proofs is one that we hold with a carrier; nobody signs in with it here.
    let (Some(md5), Some(sha256)) = (md5, sha256) else { return Ok(None) };
    Ok(Some(Credential {
        username: username.to_owned(),
        realm: core.parts.sip_domain.clone(),
        ha1_md5: Secret::new(md5),
        ha1_sha256: Secret::new(sha256),
        principal: Principal::Gateway { gateway: GatewayId::from_uuid(gateway), gateway_port },
    }))
}

/// The device as a principal, for a flow that a ticket has proven.
pub(super) async fn of_device(core: &Core, tenant: TenantId, id: DeviceId) -> Result<Option<Credential>, StoreError> {
    let found = core.database().system().device_by_id(tenant, id.uuid()).await?;
    Ok(found.map(|found| device(core, found)))
}

fn device(core: &Core, found: FoundDevice) -> Credential {
    let name = found.member_name.unwrap_or(found.seat_label);
    Credential {
        username: found.username,
        realm: core.parts.sip_domain.clone(),
        ha1_md5: Secret::new(found.ha1_md5),
        ha1_sha256: Secret::new(found.ha1_sha256),
        principal: Principal::Device {
            tenant: TenantId::from_uuid(found.tenant_id),
            seat: SeatId::from_uuid(found.seat_id),
            device: DeviceId::from_uuid(found.device_id),
            kind: kind(&found.kind),
            name: format!("{name} ({})", found.extension),
        },
    }
}

/// The word in the row.
pub(super) fn kind(word: &str) -> DeviceKind {
    if word == "browser" { DeviceKind::Browser } else { DeviceKind::SipPhone }
}
