//! Companies' own gateways that the simulator plays: after a start they get new passwords, which only it learns.

use kernel::{E164, GatewayId, Secret, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::LabBox;
use patchbay_tenancy::{
    StoreError, SystemTx,
    system::{gateway, gateway_port, number},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};

use super::{account::NewAccount, gateway_new::Realm};

/// A box to be played, and where its numbers live: place from 0, number.
pub type Played = (LabBox, Vec<(usize, E164)>);

/// Every such box. Commit `tx` afterwards. Fails as the store does.
pub async fn renew_simulated(tx: &mut SystemTx, realm: &Realm<'_>) -> Result<Vec<Played>, StoreError> {
    let own = tx.select::<gateway::Entity>().is(gateway::Column::Simulated, true);
    let own = own.filter(gateway::Column::TenantId.is_not_null()).all().await?;
    let mut played = Vec::with_capacity(own.len());
    for row in own {
        let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, row.id);
        let ports = ports.order_by(gateway_port::Column::Ordinal, Order::Asc).all().await?;
        let (key, label, count) = (GatewayId::from_uuid(row.id).to_string(), row.label.clone(), ports.len());
        let numbers = numbers_on(tx, &ports.iter().map(|port| port.id).collect::<Vec<_>>()).await?;
        let whole_box = row.username.clone();
        let mut accounts = Vec::new();
        if let Some(username) = whole_box.clone() {
            let account = NewAccount::make(username, realm.domain, tx.chance());
            let mut change = row.into_active_model();
            change.ha1_md5 = Set(Some(account.ha1.md5));
            change.ha1_sha256 = Set(Some(account.ha1.sha256));
            tx.update(change).await?;
            accounts.push((account.username, account.password));
        }
        for port in ports {
            let Some(username) = port.username.clone() else { continue };
            let account = NewAccount::make(username, realm.domain, tx.chance());
            let mut change = port.into_active_model();
            change.ha1_md5 = Set(Some(account.ha1.md5));
            change.ha1_sha256 = Set(Some(account.ha1.sha256));
            tx.update(change).await?;
            accounts.push((account.username, account.password));
        }
        let accounts: Vec<(String, Secret<String>)> = accounts;
        played.push((LabBox { key, label, accounts, slots: whole_box.map(|_| count) }, numbers));
    }
    Ok(played)
}

async fn numbers_on(tx: &SystemTx, ports: &[Uuid]) -> Result<Vec<(usize, E164)>, StoreError> {
    let rows = tx.select::<number::Entity>().filter(number::Column::GatewayPortId.is_in(ports.iter().copied()));
    let place = |id: Uuid| ports.iter().position(|port| *port == id);
    let rows = rows.all().await?;
    Ok(rows.into_iter().filter_map(|row| Some((place(row.gateway_port_id)?, row.e164.parse().ok()?))).collect())
}
