//! Gateways: adding, changing, new passwords, removing.

use kernel::{GatewayId, SiteId, TenantId, Uuid};
use patchbay_gateway::{Profile, profile, profiles};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx, StoreError,
    system::{gateway, gateway_port, number, sip_account, site},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    account::NewAccount,
    check,
    gateway_new::{GatewayNew, Realm, gateway_context},
    shapes::{GatewayAccount, GatewayProfile},
    words::*,
};
use crate::kit::{body::Check, problem::Problem};

/// Changes of a gateway; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayPatch {
    /// Name.
    pub label: Option<String>,
    /// `site_..`
    #[schema(value_type = Option<String>)]
    pub site: Option<SiteId>,
    /// Its address.
    pub host: Option<String>,
    /// UDP or TCP port of the address.
    pub udp_port: Option<i64>,
    /// `udp`, `tcp` or `tls`.
    pub transport: Option<String>,
    /// Our account with the carrier.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// The only realm that may see a digest of ours.
    pub realm: Option<String>,
    /// Whether audio is encrypted.
    pub srtp: Option<bool>,
    /// Calls that it begins a second, at most 1,000; 0: no limit.
    pub calls_per_second: Option<i64>,
    /// Calls at once of the whole box, at most 10,000; 0: no limit beyond its channels.
    pub max_calls: Option<i64>,
    /// Stops all calls of a gateway that a company racked itself, or lets them go on.
    pub suspended: Option<bool>,
    /// Why, for the company to read; at most 200 characters.
    pub suspended_reason: Option<String>,
}

/// All makes of gateway, as shown.
pub fn profiles_shown() -> Vec<GatewayProfile> {
    profiles().iter().map(profile_shown).collect()
}

fn profile_shown(profile: &Profile) -> GatewayProfile {
    GatewayProfile {
        key: profile.key.clone(),
        label: profile.label.clone(),
        vendor: profile.vendor.clone(),
        kind: profile.kind.into(),
        connections: profile.connections.iter().copied().map(Into::into).collect(),
        default_ports: profile.ports.default.into(),
        port_kind: profile.ports.kind.into(),
        port_choices: profile.ports.choices.iter().copied().map(Into::into).collect(),
        channels_default: profile.ports.channels.into(),
        account_per_port: profile.ports.account_per_port,
        notes: profile.notes.clone(),
    }
}

/// Add a gateway with its gateway ports and accounts. Answers its id and, for this once, the passwords.
pub async fn gateway_add(
    tx: &mut OperatorTx,
    ask: &GatewayNew,
    realm: &Realm<'_>,
) -> Result<(Uuid, Vec<GatewayAccount>), Problem> {
    let unknown = || Problem::field("profile", "unknown_profile", "There is no such make of gateway.");
    let profile = profile(&ask.profile).ok_or_else(unknown)?;
    ask.check(profile)?;
    if tx.find::<site::Entity>(ask.site.uuid()).await?.is_none_or(|site| site.tenant_id.is_some()) {
        return Err(Problem::field("site", "unknown_site", "There is no such site."));
    }
    let now = tx.now();
    let planned = ask.plan(profile, realm, now, tx.chance());
    let gateway = tx.insert(planned.gateway).await?;
    for port in planned.ports {
        tx.insert(port).await?;
    }
    for account in planned.accounts {
        tx.insert(account).await?;
    }
    Ok((gateway.id, planned.credentials))
}

/// Change a gateway.
pub async fn gateway_change(
    tx: &mut OperatorTx,
    id: GatewayId,
    ask: &GatewayPatch,
    realm: &Realm<'_>,
) -> Result<(), Problem> {
    let row = tx.get::<gateway::Entity>(id.uuid()).await?;
    check_patch(&row, ask)?;
    if let Some(site) = ask.site
        && tx.find::<site::Entity>(site.uuid()).await?.is_none()
    {
        return Err(Problem::field("site", "unknown_site", "There is no such site."));
    }
    let sealed =
        ask.password.as_ref().map(|password| realm.sealer.seal(password, &gateway_context(row.id), tx.chance()));
    let mut change = row.into_active_model();
    if let Some(label) = &ask.label {
        change.label = Set(label.trim().to_owned());
    }
    if let Some(site) = ask.site {
        change.site_id = Set(site.uuid());
    }
    if let Some(host) = &ask.host {
        change.host = Set(Some(host.clone()));
    }
    if let Some(udp_port) = ask.udp_port {
        change.udp_port = Set(i32::try_from(udp_port).ok());
    }
    if let Some(transport) = &ask.transport {
        change.transport = Set(transport.clone());
    }
    if let Some(username) = &ask.username {
        change.username = Set(Some(username.clone()));
    }
    if let Some(sealed) = sealed {
        change.password_sealed = Set(Some(sealed));
    }
    if let Some(realm) = &ask.realm {
        change.realm = Set(Some(realm.clone()).filter(|realm| !realm.is_empty()));
    }
    if let Some(srtp) = ask.srtp {
        change.srtp = Set(srtp);
    }
    let limit = |wanted: i64| i32::try_from(wanted).ok().filter(|limit| *limit > 0);
    if let Some(wanted) = ask.calls_per_second {
        change.calls_per_second = Set(limit(wanted));
    }
    if let Some(wanted) = ask.max_calls {
        change.max_calls = Set(limit(wanted));
    }
    tx.update(change).await?;
    Ok(())
}

fn check_patch(row: &gateway::Model, ask: &GatewayPatch) -> Result<(), Problem> {
    let mut check = Check::default();
    if let Some(label) = &ask.label {
        check.name(label, "label");
    }
    check::address(&mut check, ask.host.as_deref(), ask.udp_port, ask.transport.as_deref());
    let ours = GatewayConnection::stored(&row.connection) == GatewayConnection::WeRegister;
    let account = ask.username.is_some() || ask.password.is_some();
    check.need(ours || !account, "username", "not_applicable", "Accounts are given by the platform, not by you.");
    let given = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.is_empty());
    check.need(given(&ask.username), "username", "required", "The account with the carrier.");
    check.need(given(&ask.password), "password", "required", "The password of the account.");
    let within = |n: Option<i64>, most| n.is_none_or(|n| (0..=most).contains(&n));
    check.need(within(ask.calls_per_second, 1_000), "calls_per_second", "range", "Between 0 and 1,000.");
    check.need(within(ask.max_calls, 10_000), "max_calls", "range", "Between 0 and 10,000.");
    let theirs = row.tenant_id.is_some() || ask.suspended.is_none();
    check.need(theirs, "suspended", "not_applicable", "Only a gateway that a company racked itself is suspended.");
    let length = ask.suspended_reason.as_ref().map_or(0, |text| text.chars().count());
    check.need(length <= 200, "suspended_reason", "too_long", "At most 200 characters.");
    check.done()
}

/// Stop the calls of a company's own gateway, or let them go on, and tell the company. Answers the accounts that no longer hold.
pub async fn suspend(
    tx: OperatorTx,
    id: GatewayId,
    suspended: bool,
    reason: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let row = tx.get::<gateway::Entity>(id.uuid()).await?;
    let Some(tenant) = row.tenant_id.filter(|_| row.suspended_at.is_some() != suspended) else {
        tx.commit().await?;
        return Ok(Vec::new());
    };
    let accounts = if suspended { accounts_of(&tx, id).await? } else { Vec::new() };
    let (label, mut change) = (row.label.clone(), row.into_active_model());
    let reason = reason.map(str::trim).filter(|text| suspended && !text.is_empty()).map(str::to_owned);
    change.suspended_at = Set(suspended.then(|| tx.at()));
    change.suspended_why = Set(reason.clone());
    tx.update(change).await?;
    let mut tx = tx.enter(TenantId::from_uuid(tenant)).await?;
    let (kind, body) = if suspended {
        ("gateway.suspended", serde_json::json!({ "label": label, "reason": reason }))
    } else {
        ("gateway.resumed", serde_json::json!({ "label": label }))
    };
    tx.changed(kind, "gateway", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(accounts)
}

/// SIP user names of the accounts by which a gateway registers with us.
pub async fn accounts_of(tx: &OperatorTx, id: GatewayId) -> Result<Vec<String>, StoreError> {
    let row = tx.get::<gateway::Entity>(id.uuid()).await?;
    if GatewayConnection::stored(&row.connection) != GatewayConnection::RegistersWithUs {
        return Ok(Vec::new());
    }
    let ports = ports_of(tx, id.uuid()).await?.into_iter().filter_map(|port| port.username);
    Ok(row.username.into_iter().chain(ports).collect())
}

/// Give every account of a gateway a new password; the old ones stop working at once.
pub async fn gateway_new_passwords(
    tx: &mut OperatorTx,
    id: GatewayId,
    realm: &Realm<'_>,
) -> Result<Vec<GatewayAccount>, Problem> {
    let row = tx.get::<gateway::Entity>(id.uuid()).await?;
    if row.tenant_id.is_some() {
        return Err(Problem::conflict(
            "gateway_of_company",
            "A company racked this gateway itself: it has the passwords.",
        ));
    }
    if GatewayConnection::stored(&row.connection) != GatewayConnection::RegistersWithUs {
        return Err(Problem::conflict(
            "no_accounts",
            "This gateway does not register with the platform: it has no accounts.",
        ));
    }
    let mut credentials = Vec::new();
    if let Some(username) = row.username.clone() {
        let account = NewAccount::make(username, realm.domain, tx.chance());
        let label = row.label.clone();
        let mut change = row.into_active_model();
        change.ha1_md5 = Set(Some(account.ha1.md5.clone()));
        change.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
        tx.update(change).await?;
        credentials.push(realm.show(account, None, &label));
    }
    for port in ports_of(tx, id.uuid()).await? {
        let Some(username) = port.username.clone() else { continue };
        let account = NewAccount::make(username, realm.domain, tx.chance());
        let (port_id, label) = (port.id, port.label.clone());
        let mut change = port.into_active_model();
        change.ha1_md5 = Set(Some(account.ha1.md5.clone()));
        change.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
        tx.update(change).await?;
        credentials.push(realm.show(account, Some(port_id), &label));
    }
    tx.wrote("credentials_renewed", "gateway", &id.uuid().to_string(), serde_json::json!({})).await?;
    Ok(credentials)
}

/// The gateway ports of a gateway, in order.
pub async fn ports_of(tx: &OperatorTx, gateway: Uuid) -> Result<Vec<gateway_port::Model>, StoreError> {
    let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, gateway);
    ports.order_by(gateway_port::Column::Ordinal, Order::Asc).all().await
}

/// Remove a gateway. Refused while a number that is not retired lives on it or a company rents one of its gateway ports;
/// `rented` are the gateway ports that companies rent now.
pub async fn gateway_strike(tx: &OperatorTx, id: GatewayId, rented: &[Uuid]) -> Result<(), Problem> {
    let row = tx.get::<gateway::Entity>(id.uuid()).await?;
    let ports: Vec<Uuid> = ports_of(tx, row.id).await?.into_iter().map(|port| port.id).collect();
    let on_it = number::Column::GatewayPortId.is_in(ports.iter().copied());
    let numbers = tx.select::<number::Entity>().filter(on_it).all().await?;
    let alive = numbers.iter().filter(|number| number.state != NumberState::Retired.as_str()).count();
    if alive > 0 {
        return Err(Problem::conflict(
            "gateway_in_use",
            format!("{alive} number(s) live on this gateway: retire or move them first."),
        ));
    }
    if ports.iter().any(|port| rented.contains(port)) {
        return Err(Problem::conflict("gateway_in_use", "A company rents a gateway port of this gateway."));
    }
    for number in numbers {
        tx.delete::<number::Entity>(number.id).await?;
    }
    let refs = ports.into_iter().chain([row.id]);
    let accounts = tx.select::<sip_account::Entity>().filter(sip_account::Column::RefId.is_in(refs)).all().await?;
    for account in accounts {
        tx.delete::<sip_account::Entity>(account.username).await?;
    }
    tx.delete::<gateway::Entity>(row.id).await?;
    Ok(())
}
