//! Registrations of devices and the health of gateways, written behind: what comes in bursts is gathered, and of several states of
//! one thing the last counts.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kernel::{DeviceId, GatewayId, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{ContactState, GatewayState, RegistrationState};
use patchbay_tenancy::{
    StoreError, SystemTx,
    system::{gateway, gateway_port, sip_account},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use tokio::sync::mpsc;

use super::Core;
use crate::{
    inventory::{
        reason::{GatewayError, LightReason},
        words::{GatewayErrorCode, Light, LightCode},
    },
    seats::row::device,
};

/// Time to gather.
const GATHER: Duration = Duration::from_millis(200);
/// A round trip that differs by less than this is not worth a write.
const SAME_LATENCY_MS: i32 = 10;

/// What the switch told.
pub(super) enum Change {
    /// Of a device.
    Contacts(ContactState),
    /// Of a gateway.
    Gateway(GatewayId, GatewayState),
}

/// Until the sender is gone.
pub(super) async fn write_behind(core: Arc<Core>, mut inbox: mpsc::UnboundedReceiver<Change>) {
    while let Some(first) = inbox.recv().await {
        tokio::time::sleep(GATHER).await;
        let mut contacts: HashMap<TenantId, HashMap<DeviceId, ContactState>> = HashMap::new();
        let mut gateways = Vec::new();
        let mut next = Some(first);
        while let Some(change) = next {
            match change {
                Change::Contacts(state) => _ = contacts.entry(state.tenant).or_default().insert(state.device, state),
                Change::Gateway(id, state) => gateways.push((id, state)),
            }
            next = inbox.try_recv().ok();
        }
        for (tenant, states) in contacts {
            if let Err(error) = write_contacts(&core, tenant, states.into_values()).await {
                tracing::warn!(%tenant, %error, "registrations were not written");
            }
        }
        if !gateways.is_empty()
            && let Err(error) = write_gateways(&core, &gateways).await
        {
            tracing::warn!(%error, "states of gateways were not written");
        }
    }
}

async fn write_contacts(
    core: &Core,
    tenant: TenantId,
    states: impl Iterator<Item = ContactState>,
) -> Result<(), StoreError> {
    let tx = core.database().tenant(tenant, core.stamp()).await?;
    for state in states {
        let Some(row) = tx.find_whole::<device::Entity>(state.device.uuid()).await? else { continue };
        let mut change = row.into_active_model();
        change.contacts = Set(i32::try_from(state.contacts).unwrap_or(i32::MAX));
        change.last_seen_at = Set(Some(tx.at()));
        if state.user_agent.is_some() {
            change.user_agent = Set(state.user_agent);
        }
        tx.update(change).await?;
    }
    tx.commit_aside().await.map(|_| ())
}

async fn write_gateways(core: &Core, states: &[(GatewayId, GatewayState)]) -> Result<(), StoreError> {
    let tx = core.database().system().begin(core.stamp()).await?;
    let mut turned = false;
    for (id, state) in states {
        // A gateway that was removed meanwhile has no light any more.
        let Some(row) = tx.find::<gateway::Entity>(id.uuid()).await? else { continue };
        let light = (row.light.clone(), row.circuit_until);
        apply(&tx, row, state).await?;
        let now = tx.find::<gateway::Entity>(id.uuid()).await?;
        let of_port = matches!(state, GatewayState::Account { .. });
        turned |= of_port || now.is_some_and(|row| (row.light, row.circuit_until) != light);
    }
    // Routing rests on lights; not on when a probe was answered last.
    if turned { tx.commit().await } else { tx.commit_aside().await }
}

/// What a state says of the box.
struct Seen {
    light: Light,
    reason: LightReason,
    latency_ms: Option<i32>,
    user_agent: Option<String>,
    error: Option<GatewayError>,
}

impl Seen {
    fn new(light: Light, reason: LightReason) -> Self {
        Self { light, reason, latency_ms: None, user_agent: None, error: None }
    }

    fn plain(light: Light, code: LightCode) -> Self {
        Self::new(light, LightReason::plain(code))
    }
}

async fn apply(tx: &SystemTx, row: gateway::Model, state: &GatewayState) -> Result<(), StoreError> {
    let seen = match state {
        GatewayState::Account { username, registered, contact, user_agent } => {
            let account = tx.find::<sip_account::Entity>(username.clone()).await?;
            let own = account.filter(|account| account.kind == "gateway_port").map(|account| account.ref_id);
            let user_agent = user_agent.clone();
            match own {
                Some(port) => {
                    let contact = contact.clone().filter(|_| *registered);
                    Seen { user_agent, ..port_registered(tx, row.id, port, contact, *registered).await? }
                }
                None => Seen { user_agent, ..account_seen(*registered, contact.clone()) },
            }
        }
        GatewayState::Held { state, .. } => held(tx, state),
        GatewayState::ProbeAnswered { latency_ms } => {
            Seen { latency_ms: i32::try_from(*latency_ms).ok(), ..Seen::plain(Light::Online, LightCode::Answers) }
        }
        GatewayState::ProbeFailed => Seen::plain(Light::Offline, LightCode::Silent),
        GatewayState::Circuit { failures, rest_ms } => return circuit(tx, row, *failures, *rest_ms).await,
        GatewayState::CallFailed { gateway_port, code, .. } => {
            return call_failed(tx, row, gateway_port.uuid(), *code).await;
        }
    };
    show(tx, row, seen).await
}

fn account_seen(registered: bool, contact: Option<String>) -> Seen {
    if !registered {
        return Seen::plain(Light::Offline, LightCode::NotRegistered);
    }
    Seen::new(Light::Online, LightReason { contact, ..LightReason::plain(LightCode::Registered) })
}

fn held(tx: &SystemTx, state: &RegistrationState) -> Seen {
    match state {
        RegistrationState::Registered { .. } => Seen::plain(Light::Online, LightCode::RegisteredWithIt),
        RegistrationState::Refused { code, phrase } => {
            let (sip_code, phrase) = (Some(i64::from(*code)), Some(phrase.clone()));
            let reason =
                LightReason { sip_code, phrase: phrase.clone(), ..LightReason::plain(LightCode::RegistrationRefused) };
            let error = GatewayError { at: tx.at(), code: GatewayErrorCode::RegistrationRefused, sip_code, phrase };
            Seen { error: Some(error), ..Seen::new(Light::Fault, reason) }
        }
        RegistrationState::Unreachable => Seen::plain(Light::Offline, LightCode::Silent),
        RegistrationState::Removed => Seen::plain(Light::Unknown, LightCode::RegistrationGivenUp),
    }
}

/// The gateway port has its own light; the box is there when any of its gateway ports is.
async fn port_registered(
    tx: &SystemTx,
    gateway: Uuid,
    port: Uuid,
    contact: Option<String>,
    registered: bool,
) -> Result<Seen, StoreError> {
    if let Some(row) = tx.find::<gateway_port::Entity>(port).await? {
        let mut change = row.into_active_model();
        let light = if registered { Light::Online } else { Light::Offline };
        change.light = Set(light.as_str().into());
        tx.update(change).await?;
    }
    let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, gateway).all().await?;
    let all = ports.iter().filter(|port| port.username.is_some()).count();
    let up = ports.iter().filter(|port| port.username.is_some() && port.light == Light::Online.as_str()).count();
    let reason = LightReason {
        up: Some(up as i64),
        of: Some(all as i64),
        contact,
        ..LightReason::plain(LightCode::GatewayPortsRegistered)
    };
    Ok(Seen::new(if up > 0 { Light::Online } else { Light::Offline }, reason))
}

/// Writes what differs, and gives gateway ports without an account the light of their box.
async fn show(tx: &SystemTx, row: gateway::Model, seen: Seen) -> Result<(), StoreError> {
    let near = match (row.latency_ms, seen.latency_ms) {
        (Some(old), Some(new)) => (old - new).abs() < SAME_LATENCY_MS,
        (old, new) => old == new || new.is_none(),
    };
    let agent = seen.user_agent.is_none() || seen.user_agent == row.user_agent;
    let (light, reason) = (seen.light.as_str(), seen.reason.stored());
    if row.light == light && row.light_reason == reason && near && agent && seen.error.is_none() {
        return Ok(());
    }
    let (id, turned) = (row.id, row.light != light);
    let mut change = row.into_active_model();
    change.light = Set(light.into());
    change.light_reason = Set(reason);
    if seen.latency_ms.is_some() {
        change.latency_ms = Set(seen.latency_ms);
    }
    if seen.user_agent.is_some() {
        change.user_agent = Set(seen.user_agent);
    }
    if let Some(error) = seen.error {
        change.last_error = Set(Some(error.stored()));
    }
    tx.update(change).await?;
    if turned {
        let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, id).all().await?;
        for port in ports.into_iter().filter(|port| port.username.is_none()) {
            let mut change = port.into_active_model();
            change.light = Set(light.into());
            tx.update(change).await?;
        }
    }
    Ok(())
}

async fn circuit(tx: &SystemTx, row: gateway::Model, failures: u32, rest_ms: Option<u64>) -> Result<(), StoreError> {
    let until =
        rest_ms.map(|ms| Wall(tx.now().0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX / 1_000) * 1_000)));
    let mut change = row.into_active_model();
    change.circuit_failures = Set(i32::try_from(failures).unwrap_or(i32::MAX));
    change.circuit_until = Set(until.map(Wall::to_offset));
    tx.update(change).await.map(|_| ())
}

async fn call_failed(tx: &SystemTx, row: gateway::Model, port: Uuid, code: u16) -> Result<(), StoreError> {
    let sip_code = Some(i64::from(code));
    let told = GatewayError { at: tx.at(), code: GatewayErrorCode::CallFailed, sip_code, phrase: None }.stored();
    if let Some(port) = tx.find::<gateway_port::Entity>(port).await? {
        let mut change = port.into_active_model();
        change.last_error = Set(Some(told.clone()));
        tx.update(change).await?;
    }
    let mut change = row.into_active_model();
    change.last_error = Set(Some(told));
    tx.update(change).await.map(|_| ())
}
