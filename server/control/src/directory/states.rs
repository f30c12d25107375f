//! Registrations of devices and the health of gateways, written behind: what comes in bursts is gathered, and of several states of
//! one thing the last counts.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kernel::{DeviceId, GatewayId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{ContactState, GatewayState, RegistrationState};
use patchbay_tenancy::{
    StoreError, SystemTx,
    system::{gateway, gateway_port, sip_account},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use tokio::sync::mpsc;

use super::Core;
use crate::seats::row::device;

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
        let Some(row) = tx.find::<device::Entity>(state.device.uuid()).await? else { continue };
        let mut change = row.into_active_model();
        change.contacts = Set(i32::try_from(state.contacts).unwrap_or(i32::MAX));
        change.last_seen_at = Set(Some(tx.at()));
        if state.user_agent.is_some() {
            change.user_agent = Set(state.user_agent);
        }
        tx.update(change).await?;
    }
    tx.commit().await.map(|_| ())
}

async fn write_gateways(core: &Core, states: &[(GatewayId, GatewayState)]) -> Result<(), StoreError> {
    let tx = core.database().system().begin(core.stamp()).await?;
    for (id, state) in states {
        // A gateway that was removed meanwhile has no light any more.
        let Some(row) = tx.find::<gateway::Entity>(id.uuid()).await? else { continue };
        apply(&tx, row, state).await?;
    }
    tx.commit().await
}

/// What a state says of the box.
#[derive(Default)]
struct Light {
    light: &'static str,
    text: String,
    latency_ms: Option<i32>,
    user_agent: Option<String>,
    error: Option<serde_json::Value>,
}

async fn apply(tx: &SystemTx, row: gateway::Model, state: &GatewayState) -> Result<(), StoreError> {
    let light = match state {
        GatewayState::Account { username, registered, contact, user_agent } => {
            let account = tx.find::<sip_account::Entity>(username.clone()).await?;
            let own = account.filter(|account| account.kind == "gateway_port").map(|account| account.ref_id);
            let user_agent = user_agent.clone();
            match own {
                Some(port) => Light { user_agent, ..port_registered(tx, row.id, port, *registered).await? },
                None => Light { user_agent, ..registered_light(*registered, contact.as_deref()) },
            }
        }
        GatewayState::Held { state, .. } => held(tx, state),
        GatewayState::ProbeAnswered { latency_ms } => Light {
            light: "online",
            text: "Answers".into(),
            latency_ms: i32::try_from(*latency_ms).ok(),
            ..Light::default()
        },
        GatewayState::ProbeFailed => Light { light: "offline", text: "Does not answer".into(), ..Light::default() },
        GatewayState::CallFailed { gateway_port, code, text } => {
            return call_failed(tx, row, gateway_port.uuid(), *code, text).await;
        }
    };
    show(tx, row, light).await
}

fn registered_light(registered: bool, contact: Option<&str>) -> Light {
    let text = match (registered, contact) {
        (true, Some(contact)) => format!("Registered from {contact}"),
        (true, None) => "Registered".into(),
        (false, _) => "Not registered".into(),
    };
    Light { light: if registered { "online" } else { "offline" }, text, ..Light::default() }
}

fn held(tx: &SystemTx, state: &RegistrationState) -> Light {
    match state {
        RegistrationState::Registered { .. } => {
            Light { light: "online", text: "Registered with it".into(), ..Light::default() }
        }
        RegistrationState::Refused { code, phrase } => {
            let text = format!("Our registration is refused: {code} {phrase}");
            let error = Some(error(tx, Some(*code), phrase));
            Light { light: "fault", text, error, ..Light::default() }
        }
        RegistrationState::Unreachable => {
            Light { light: "offline", text: "Does not answer".into(), ..Light::default() }
        }
        RegistrationState::Removed => {
            Light { light: "unknown", text: "Registration given up".into(), ..Light::default() }
        }
    }
}

/// The gateway port has its own light; the box is there when any of its gateway ports is.
async fn port_registered(tx: &SystemTx, gateway: Uuid, port: Uuid, registered: bool) -> Result<Light, StoreError> {
    if let Some(row) = tx.find::<gateway_port::Entity>(port).await? {
        let mut change = row.into_active_model();
        change.light = Set(if registered { "online" } else { "offline" }.into());
        tx.update(change).await?;
    }
    let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, gateway).all().await?;
    let all = ports.iter().filter(|port| port.username.is_some()).count();
    let up = ports.iter().filter(|port| port.username.is_some() && port.light == "online").count();
    let text = format!("{up} of {all} gateway ports registered");
    Ok(Light { light: if up > 0 { "online" } else { "offline" }, text, ..Light::default() })
}

/// Writes what differs, and gives gateway ports without an account the light of their box.
async fn show(tx: &SystemTx, row: gateway::Model, light: Light) -> Result<(), StoreError> {
    let near = match (row.latency_ms, light.latency_ms) {
        (Some(old), Some(new)) => (old - new).abs() < SAME_LATENCY_MS,
        (old, new) => old == new || new.is_none(),
    };
    let agent = light.user_agent.is_none() || light.user_agent == row.user_agent;
    if row.light == light.light && row.light_text == light.text && near && agent && light.error.is_none() {
        return Ok(());
    }
    let (id, turned) = (row.id, row.light != light.light);
    let mut change = row.into_active_model();
    change.light = Set(light.light.into());
    change.light_text = Set(light.text);
    if light.latency_ms.is_some() {
        change.latency_ms = Set(light.latency_ms);
    }
    if light.user_agent.is_some() {
        change.user_agent = Set(light.user_agent);
    }
    if light.error.is_some() {
        change.last_error = Set(light.error);
    }
    tx.update(change).await?;
    if turned {
        let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, id).all().await?;
        for port in ports.into_iter().filter(|port| port.username.is_none()) {
            let mut change = port.into_active_model();
            change.light = Set(light.light.into());
            tx.update(change).await?;
        }
    }
    Ok(())
}

async fn call_failed(tx: &SystemTx, row: gateway::Model, port: Uuid, code: u16, text: &str) -> Result<(), StoreError> {
    let told = error(tx, Some(code), text);
    if let Some(port) = tx.find::<gateway_port::Entity>(port).await? {
        let mut change = port.into_active_model();
        change.last_error = Set(Some(told.clone()));
        tx.update(change).await?;
    }
    let mut change = row.into_active_model();
    change.last_error = Set(Some(told));
    tx.update(change).await.map(|_| ())
}

/// The shape `GatewayError` of the API.
fn error(tx: &SystemTx, code: Option<u16>, text: &str) -> serde_json::Value {
    let at = tx.at().format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    serde_json::json!({ "at": at, "code": code, "text": text })
}
