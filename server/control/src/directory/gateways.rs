//! Gateways that are known by an address, and our registrations with carriers.

use std::collections::HashSet;

use patchbay_gateway::Connection;
use patchbay_plane::{GatewayPeer, HeldRegistration};
use patchbay_tenancy::StoreError;

use super::{Core, trunk::Port};

async fn ports(core: &Core) -> Result<Vec<Port>, StoreError> {
    Ok(core.database().system().addressed_trunks().await?.into_iter().filter_map(Port::of).collect())
}

/// One per box.
pub(super) async fn peers(core: &Core) -> Result<Vec<GatewayPeer>, StoreError> {
    let mut seen = HashSet::new();
    let ports = ports(core).await?;
    let first = ports.iter().filter(|port| seen.insert(port.row.gateway_id));
    let peers = first.filter_map(|port| {
        Some(GatewayPeer {
            gateway: port.gateway(),
            host: port.row.host.clone()?,
            udp_port: udp_port(port).unwrap_or(if port.row.transport == "tls" { 5061 } else { 5060 }),
            transport: port.row.transport.clone(),
            // A carrier that we register with calls from its registrar's address.
            trusted_by_address: true,
            probe_every_s: port.profile.health.probe_every_s,
            of_company: port.row.owner.is_some(),
        })
    });
    Ok(peers.collect())
}

/// One per account: of each gateway port that has its own, else of the box.
pub(super) async fn held(core: &Core) -> Result<Vec<HeldRegistration>, StoreError> {
    let mut seen = HashSet::new();
    let ports = ports(core).await?;
    let ours = ports.iter().filter(|port| port.connection() == Connection::WeRegister);
    let held = ours.filter_map(|port| {
        let (username, password) = port.account(core)?;
        let own = port.row.port_username.as_ref() == Some(&username);
        if !seen.insert((port.row.gateway_id, username.clone())) {
            return None;
        }
        let host = port.row.host.as_ref()?;
        Some(HeldRegistration {
            gateway: port.gateway(),
            gateway_port: own.then(|| port.id()),
            registrar: udp_port(port).map_or_else(|| host.clone(), |number| format!("{host}:{number}")),
            transport: port.row.transport.clone(),
            username,
            password,
            realm: port.row.realm.clone(),
            expires_s: port.profile.health.register_s,
        })
    });
    Ok(held.collect())
}

fn udp_port(port: &Port) -> Option<u16> {
    port.row.udp_port.and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0)
}
