//! What must happen to a seat when its member may no longer telephone: its devices are struck, so that no password that the
//! person knows opens anything.

use kernel::{DeviceId, EndCause, TenantId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::ColumnTrait;

use crate::{
    kit::app::App,
    seats::row::{device, seat},
};

/// A device that is no more: tell the switch after the commit.
pub struct Struck {
    /// Which.
    pub device: DeviceId,
    /// Its SIP user name.
    pub username: String,
}

/// Strike all devices of a seat. Fails as the store does.
pub async fn strike_devices(tx: &TenantTx, seat: kernel::Uuid) -> Result<Vec<Struck>, StoreError> {
    let devices = tx.whole::<device::Entity>().is(device::Column::SeatId, seat).all().await?;
    for row in &devices {
        tx.remove_sip_account(&row.username).await?;
    }
    tx.delete_many::<device::Entity>(device::Column::SeatId.eq(seat)).await?;
    let struck = devices.into_iter().map(|row| Struck { device: DeviceId::from_uuid(row.id), username: row.username });
    Ok(struck.collect())
}

/// The active seats of a member.
pub async fn seats_of(tx: &TenantTx, member: kernel::Uuid) -> Result<Vec<seat::Model>, StoreError> {
    tx.whole::<seat::Entity>().is(seat::Column::MemberId, member).all().await
}

/// After the commit: calls of these seats that are up end.
pub async fn end_calls(app: &App, tenant: TenantId, seats: &[kernel::Uuid]) {
    let Some(switch) = app.switch_if_up() else { return };
    for live in switch.live(Some(tenant)) {
        if live.seat.is_some_and(|seat| seats.contains(&seat.uuid())) {
            switch.hang_up(tenant, live.call, EndCause::EndedByApi).await;
        }
    }
}

/// After the commit: the switch forgets their registrations.
pub fn forget(app: &App, struck: &[Struck]) {
    if let Some(switch) = app.switch_if_up() {
        struck.iter().for_each(|one| switch.forget_device(one.device, &one.username));
    }
}
