//! Gateways that a company racks in its own office: rows, shapes and rules. The endpoints are in `own_gateway_routes`.
//!
//! Such a box joins the platform like the operator's own, and carries nobody else's calls: its gateway ports are the company's
//! alone from the start. What lives on it is what the company has shown to be its own (`number_checks`).

use std::{collections::BTreeMap, net::IpAddr};

use kernel::{GatewayId, GatewayPortId, SiteId, Uuid};
use patchbay_gateway::{Connection, profile};
use patchbay_kernel as kernel;
use patchbay_plane::Capacity;
use patchbay_tenancy::{StoreError, TenantRow, TenantTx, own_gateways::Racked, system::gateway};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    account::NewAccount,
    check,
    gateway_new::{GatewayNew, Realm},
    numbers, own_sites,
    reason::{GatewayError, LightReason},
    shapes::GatewayAccount,
    view::slots,
    words::*,
};
use crate::{
    kit::{body::Check, problem::Problem},
    webhooks::guard::is_public,
};

/// A gateway of the company. `id` is the gateway's.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_gateway")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub site_id: Uuid,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// Gateways of one company.
pub const MOST: u64 = 50;

/// A gateway that the company racked itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnGateway {
    /// `gw_..`
    pub id: String,
    /// `site_..`
    pub site: String,
    /// Its name.
    pub site_name: String,
    /// Name.
    pub label: String,
    /// Kind.
    pub kind: GatewayKind,
    /// Key of the profile.
    pub profile: String,
    /// How it is joined: `registers_with_us` or `ip_peer`.
    pub connection: GatewayConnection,
    /// Its address, where it is known by one.
    pub host: Option<String>,
    /// UDP or TCP port of the address.
    pub udp_port: Option<i64>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Its one account, where it has one.
    pub username: Option<String>,
    /// State.
    pub light: Light,
    /// Why it is so.
    pub light_reason: LightReason,
    /// Round trip of the last probe.
    pub latency_ms: Option<i64>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// What went wrong last.
    pub last_error: Option<GatewayError>,
    /// The operator stopped its calls, when and why.
    pub suspended: Option<GatewaySuspension>,
    /// Whether the simulator plays it.
    pub simulated: bool,
    /// Its gateway ports, in order.
    pub gateway_ports: Vec<OwnGatewayPort>,
    /// When it was racked.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The operator stopped the calls of a company's own gateway.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewaySuspension {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

/// A gateway port of the company's own gateway.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnGatewayPort {
    /// `gwp_..`
    pub id: String,
    /// Place in the box, from 1.
    pub ordinal: i64,
    /// Name.
    pub label: String,
    /// Kind.
    pub kind: GatewayPortKind,
    /// Calls that it can carry at once.
    pub channels: i64,
    /// Calls on it now.
    pub in_use: i64,
    /// State.
    pub light: Light,
    /// Its own SIP account.
    pub username: Option<String>,
    /// Whether calls may use it.
    pub enabled: bool,
    /// The company's numbers on it.
    pub numbers: Vec<String>,
    /// What went wrong last.
    pub last_error: Option<GatewayError>,
}

/// A gateway just racked, or given new credentials: the only answer that ever holds passwords.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnGatewayCreated {
    /// The gateway.
    pub gateway: OwnGateway,
    /// Its accounts. Empty where it has none, and in a replayed answer.
    pub credentials: Vec<GatewayAccount>,
}

/// A gateway that the company wants to rack.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnGatewayNew {
    /// `site_..`
    #[schema(value_type = String)]
    pub site: SiteId,
    /// Name.
    pub label: String,
    /// Key of a profile.
    pub profile: String,
    /// `registers_with_us` or `ip_peer`, as far as the profile offers it.
    pub connection: GatewayConnection,
    /// One of the profile's numbers of gateway ports.
    pub gateway_ports: i64,
    /// Calls at once on each gateway port; absent: the profile's.
    pub channels: Option<i64>,
    /// With `ip_peer`: its IP address on the internet.
    pub host: Option<String>,
    /// UDP or TCP port of the address; absent: 5060, with `tls` 5061.
    pub udp_port: Option<i64>,
    /// `udp` (usual), `tcp` or `tls`.
    pub transport: Option<String>,
    /// Whether the simulator plays it, where there is one and the gateway registers; absent: no.
    pub simulated: Option<bool>,
}

/// Changes of a gateway; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnGatewayPatch {
    /// Name.
    pub label: Option<String>,
    /// `site_..`, in the same country.
    #[schema(value_type = Option<String>)]
    pub site: Option<SiteId>,
    /// Its IP address, where it is known by one.
    pub host: Option<String>,
    /// UDP or TCP port of the address.
    pub udp_port: Option<i64>,
    /// `udp`, `tcp` or `tls`.
    pub transport: Option<String>,
}

/// What depends on the installation.
#[derive(Clone, Copy)]
pub struct House<'a> {
    /// What accounts are made with.
    pub realm: &'a Realm<'a>,
    /// Addresses inside are taken too.
    pub private: bool,
    /// There is a simulated carrier.
    pub lab: bool,
}

/// A company names no host: what a name leads to can change after it was looked at.
fn judge_address(check: &mut Check, host: Option<&str>, private: bool) {
    let Some(host) = host else { return };
    let address = host.trim().parse::<IpAddr>();
    check.need(address.is_ok(), "host", "ip_address", "An IP address, such as 198.51.100.7.");
    let reached = address.as_ref().map_or(true, |address| private || is_public(*address));
    check.need(reached, "host", "not_public", "An address that the platform reaches over the internet.");
}

/// The address as it is compared.
fn plain(host: &str) -> String {
    host.trim().parse::<IpAddr>().map_or_else(|_| host.trim().to_owned(), |address| address.to_string())
}

impl OwnGatewayNew {
    /// As an operator would ask for it.
    fn as_new(&self) -> GatewayNew {
        GatewayNew {
            site: self.site,
            label: self.label.clone(),
            profile: self.profile.clone(),
            connection: self.connection,
            gateway_ports: self.gateway_ports,
            host: self.host.as_deref().map(plain),
            udp_port: self.udp_port,
            transport: self.transport.clone(),
            channels: self.channels,
            username: None,
            password: None,
            realm: None,
            monthly: None,
            rental: Some(Rental::Exclusive),
            srtp: None,
            simulated: self.simulated,
        }
    }

    fn judge(&self, house: House<'_>) -> Result<&'static patchbay_gateway::Profile, Problem> {
        let unknown = || Problem::field("profile", "unknown_profile", "There is no such make of gateway.");
        let profile = profile(&self.profile).ok_or_else(unknown)?;
        let mut check = Check::default();
        let connection = Connection::from(self.connection);
        let joins = connection != Connection::WeRegister;
        check.need(joins, "connection", "not_offered", "It registers with the platform, or is known by its address.");
        let by_address = connection == Connection::IpPeer;
        check.need(by_address || self.host.is_none(), "host", "not_applicable", "It registers: its address is seen.");
        judge_address(&mut check, self.host.as_deref(), house.private);
        let played = self.simulated != Some(true) || (house.lab && connection == Connection::RegistersWithUs);
        check.need(played, "simulated", "not_offered", "There is no simulator here that could play it.");
        check.done()?;
        self.as_new().check(profile)?;
        Ok(profile)
    }
}

/// Rack a gateway. Answers its id and, for this once, the passwords.
pub async fn rack(
    tx: &mut TenantTx,
    ask: &OwnGatewayNew,
    house: House<'_>,
) -> Result<(Uuid, Vec<GatewayAccount>), Problem> {
    let profile = ask.judge(house)?;
    if tx.find::<own_sites::row::Entity>(ask.site.uuid()).await?.is_none() {
        return Err(Problem::field("site", "unknown_site", "There is no such site."));
    }
    if tx.select::<row::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("too_many_gateways", format!("A company has at most {MOST} gateways.")));
    }
    let new = ask.as_new();
    if let Some(host) = &new.host {
        unless_taken(tx, host).await?;
    }
    let now = tx.now();
    let planned = new.plan(profile, house.realm, now, tx.chance());
    let racked = Racked { gateway: planned.gateway, ports: planned.ports, accounts: planned.accounts };
    let made = tx.rack_gateway(racked).await?;
    let body = serde_json::json!({ "label": made.label });
    tx.changed("gateway.racked", "gateway", &GatewayId::from_uuid(made.id).to_string(), body).await?;
    Ok((made.id, planned.credentials))
}

async fn unless_taken(tx: &TenantTx, host: &str) -> Result<(), Problem> {
    if tx.address_taken(host).await? {
        return Err(Problem::conflict("address_taken", "Another gateway is known by this address."));
    }
    Ok(())
}

/// Change a gateway.
pub async fn change(tx: &mut TenantTx, id: GatewayId, ask: &OwnGatewayPatch, private: bool) -> Result<(), Problem> {
    let (row, _) = tx.own_gateway(id.uuid()).await?;
    let mut check = Check::default();
    if let Some(label) = &ask.label {
        check.name(label, "label");
    }
    let addressed = GatewayConnection::stored(&row.connection) == GatewayConnection::IpPeer;
    let address = ask.host.is_some() || ask.udp_port.is_some() || ask.transport.is_some();
    check.need(addressed || !address, "host", "not_applicable", "It registers: its address is seen.");
    judge_address(&mut check, ask.host.as_deref(), private);
    check::address(&mut check, None, ask.udp_port, ask.transport.as_deref());
    check.done()?;
    let mut change = row.clone().into_active_model();
    if let Some(label) = &ask.label {
        change.label = Set(label.trim().to_owned());
    }
    if let Some(site) = ask.site.filter(|site| site.uuid() != row.site_id) {
        let found = tx.find::<own_sites::row::Entity>(site.uuid()).await?;
        let here = tx.find::<own_sites::row::Entity>(row.site_id).await?;
        let unknown = || Problem::field("site", "unknown_site", "There is no such site.");
        let same = here.is_none_or(|here| found.as_ref().is_some_and(|it| it.country == here.country));
        found.ok_or_else(unknown)?;
        if !same {
            let text = "Numbers are written as its country does: it can only move within it.";
            return Err(Problem::field("site", "other_country", text));
        }
        change.site_id = Set(site.uuid());
    }
    if let Some(host) = ask.host.as_deref().map(plain) {
        unless_taken(tx, &host).await?;
        change.host = Set(Some(host));
    }
    if let Some(udp_port) = ask.udp_port {
        change.udp_port = Set(i32::try_from(udp_port).ok());
    }
    if let Some(transport) = &ask.transport {
        change.transport = Set(transport.clone());
    }
    let label = change.label.as_ref().clone();
    if change != row.into_active_model() {
        tx.alter_gateway(change).await?;
    }
    let body = serde_json::json!({ "label": label });
    tx.changed("gateway.updated", "gateway", &id.to_string(), body).await?;
    Ok(())
}

/// New passwords for every account; the old ones stop working at once.
pub async fn renew(tx: &mut TenantTx, id: GatewayId, realm: &Realm<'_>) -> Result<Vec<GatewayAccount>, Problem> {
    let (row, ports) = tx.own_gateway(id.uuid()).await?;
    if GatewayConnection::stored(&row.connection) != GatewayConnection::RegistersWithUs {
        let text = "This gateway does not register with the platform: it has no accounts.";
        return Err(Problem::conflict("no_accounts", text));
    }
    let mut credentials = Vec::new();
    let label = row.label.clone();
    if let Some(username) = row.username.clone() {
        let account = NewAccount::make(username, realm.domain, tx.chance());
        let mut change = row.into_active_model();
        change.ha1_md5 = Set(Some(account.ha1.md5.clone()));
        change.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
        tx.alter_gateway(change).await?;
        credentials.push(realm.show(account, None, &label));
    }
    for port in ports {
        let Some(username) = port.username.clone() else { continue };
        let account = NewAccount::make(username, realm.domain, tx.chance());
        let (port_id, port_label) = (port.id, port.label.clone());
        let mut change = port.into_active_model();
        change.ha1_md5 = Set(Some(account.ha1.md5.clone()));
        change.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
        tx.alter_own_gateway_port(change).await?;
        credentials.push(realm.show(account, Some(port_id), &port_label));
    }
    let body = serde_json::json!({ "label": label });
    tx.changed("gateway.credentials_reset", "gateway", &id.to_string(), body).await?;
    Ok(credentials)
}

/// Take a gateway away; refused while numbers live on it. Answers the accounts that are no more.
pub async fn unrack(tx: &mut TenantTx, id: GatewayId) -> Result<Vec<String>, Problem> {
    let (row, ports) = tx.own_gateway(id.uuid()).await?;
    let mut on_it = 0;
    for port in &ports {
        let there = tx.select::<numbers::row::Entity>().is(numbers::row::Column::GatewayPortId, port.id);
        on_it += there.count().await?;
    }
    if on_it > 0 {
        let text = format!("{on_it} number(s) live on this gateway: release them first.");
        return Err(Problem::conflict("gateway_in_use", text));
    }
    tx.unrack_gateway(row.id).await?;
    let body = serde_json::json!({ "label": row.label });
    tx.changed("gateway.removed", "gateway", &id.to_string(), body).await?;
    Ok(row.username.into_iter().chain(ports.into_iter().filter_map(|port| port.username)).collect())
}

/// The gateway as the company sees it.
pub async fn shown(tx: &TenantTx, capacity: &dyn Capacity, id: Uuid) -> Result<OwnGateway, StoreError> {
    let (row, ports) = tx.own_gateway(id).await?;
    let site = tx.find::<own_sites::row::Entity>(row.site_id).await?;
    let numbers = tx.select::<numbers::row::Entity>().is(numbers::row::Column::Own, true);
    let numbers = numbers.order_by(numbers::row::Column::E164, Order::Asc).all().await?;
    let mut on: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for number in numbers {
        on.entry(number.gateway_port_id).or_default().push(number.e164);
    }
    let mut gateway_ports = Vec::with_capacity(ports.len());
    for port in ports {
        gateway_ports.push(OwnGatewayPort {
            id: GatewayPortId::from_uuid(port.id).to_string(),
            ordinal: port.ordinal.into(),
            in_use: slots(capacity, port.id).await?.len() as i64,
            numbers: on.remove(&port.id).unwrap_or_default(),
            label: port.label.clone(),
            kind: GatewayPortKind::stored(&port.kind),
            channels: port.channels.into(),
            light: Light::stored(&port.light),
            last_error: GatewayError::read(port.last_error.as_ref()),
            username: port.username,
            enabled: port.enabled,
        });
    }
    Ok(view(row, site.map(|site| site.name).unwrap_or_default(), gateway_ports))
}

fn view(row: gateway::Model, site_name: String, gateway_ports: Vec<OwnGatewayPort>) -> OwnGateway {
    OwnGateway {
        id: GatewayId::from_uuid(row.id).to_string(),
        site: SiteId::from_uuid(row.site_id).to_string(),
        site_name,
        kind: GatewayKind::stored(&row.kind),
        profile: row.profile,
        connection: GatewayConnection::stored(&row.connection),
        host: row.host,
        udp_port: row.udp_port.map(i64::from),
        transport: row.transport,
        username: row.username,
        light: Light::stored(&row.light),
        light_reason: LightReason::read(&row.light_reason),
        latency_ms: row.latency_ms.map(i64::from),
        user_agent: row.user_agent,
        last_error: GatewayError::read(row.last_error.as_ref()),
        suspended: row.suspended_at.map(|at| GatewaySuspension { at, reason: row.suspended_why }),
        simulated: row.simulated,
        label: row.label,
        gateway_ports,
        created_at: row.created_at,
    }
}

/// Gateway ports of a racked gateway, for the quota.
pub fn wants(ask: &OwnGatewayNew) -> u64 {
    u64::try_from(ask.gateway_ports).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(host: &str, private: bool) -> bool {
        let mut check = Check::default();
        judge_address(&mut check, Some(host), private);
        check.done().is_err()
    }

    #[test]
    fn an_address_is_one_on_the_internet() {
        for (host, outside, inside) in [
            ("1.1.1.1", false, false),
            ("10.0.0.7", true, false),
            ("127.0.0.1", true, false),
            ("169.254.169.254", true, false),
            ("gw.example.com", true, true),
            ("::1", true, false),
        ] {
            assert_eq!((refused(host, false), refused(host, true)), (outside, inside), "{host}");
        }
        assert_eq!(plain(" 2001:DB8:0::1 "), "2001:db8::1");
    }
}
