//! What must happen to a seat when its member may no longer telephone: its devices are struck, so that no password that the
//! person knows opens anything.

use kernel::{DeviceId, EndCause, TenantId, UserId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, StoreError, TenantTx};
use sea_orm::ColumnTrait;

use super::row::member;
use crate::{
    kit::{app::App, words::DeviceKind},
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

/// The telephones in somebody's pages hang on connections that were let in once: these are closed, and whoever still has a right comes
/// back with a new ticket. Fails as the store does.
pub async fn cut_browsers(app: &App, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
    let tx = app.database.tenant_read(tenant, app.stamp(Actor::System)).await?;
    let mut browsers = Vec::new();
    for member in tx.whole::<member::Entity>().is(member::Column::UserId, user.uuid()).all().await? {
        for seat in seats_of(&tx, member.id).await? {
            let theirs = tx.whole::<device::Entity>().is(device::Column::SeatId, seat.id);
            browsers.extend(theirs.is(device::Column::Kind, DeviceKind::Browser.as_str()).all().await?);
        }
    }
    drop(tx);
    let cut = browsers.into_iter().map(|row| Struck { device: DeviceId::from_uuid(row.id), username: row.username });
    forget(app, &cut.collect::<Vec<_>>());
    Ok(())
}

/// After the commit: the switch forgets their registrations.
pub fn forget(app: &App, struck: &[Struck]) {
    if let Some(switch) = app.switch_if_up() {
        struck.iter().for_each(|one| switch.forget_device(one.device, &one.username));
    }
}
