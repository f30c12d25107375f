//! A new gateway: from an operator's wish and the profile to rows and accounts.
//!
//! Passwords exist here once, on their way to the answer. Kept are HA1 hashes of accounts that gateways use towards us, and,
//! sealed, the password that we need to register with a carrier.

use kernel::{Entropy, GatewayId, GatewayPortId, SiteId, Uuid, Wall};
use patchbay_gateway::{Connection, Profile};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Sealer,
    system::{gateway, gateway_port, sip_account},
};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    account::{NewAccount, port_username, stem},
    check,
    reason::LightReason,
    shapes::GatewayAccount,
    words::*,
};
use crate::kit::{body::Check, money::Money, problem::Problem};

/// A gateway that an operator wants to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayNew {
    /// `site_..`
    #[schema(value_type = String)]
    pub site: SiteId,
    /// Name.
    pub label: String,
    /// Key of a profile.
    pub profile: String,
    /// One of the profile's ways of joining.
    pub connection: GatewayConnection,
    /// One of the profile's numbers of gateway ports.
    pub gateway_ports: i64,
    /// Its address; needed unless it registers with us.
    pub host: Option<String>,
    /// UDP or TCP port of the address; absent: found by DNS, else 5060.
    pub udp_port: Option<i64>,
    /// `udp` (usual), `tcp` or `tls`.
    pub transport: Option<String>,
    /// Calls at once on each gateway port; absent: the profile's.
    pub channels: Option<i64>,
    /// Our account with a carrier that we register with.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// The only realm that may see a digest of ours.
    pub realm: Option<String>,
    /// Price per month of each gateway port; absent: free.
    pub monthly: Option<Money>,
    /// Who may use the gateway ports; absent: nobody yet.
    pub rental: Option<Rental>,
    /// Whether audio is encrypted; absent: no.
    pub srtp: Option<bool>,
    /// Whether the simulator plays it, so that companies may try it before their address is checked; absent: no.
    pub simulated: Option<bool>,
}

/// What accounts are made with.
pub struct Realm<'a> {
    /// SIP domain: digest realm of gateway accounts and host of their addresses.
    pub domain: &'a str,
    /// What gateways register with: `host:udp_port`.
    pub registrar: &'a str,
    /// Seals carriers' passwords.
    pub sealer: &'a Sealer,
}

/// The rows of a new gateway, and what is shown once.
pub struct Planned {
    /// The gateway.
    pub gateway: gateway::ActiveModel,
    /// Its gateway ports.
    pub ports: Vec<gateway_port::ActiveModel>,
    /// Entries of the user name registry.
    pub accounts: Vec<sip_account::ActiveModel>,
    /// Passwords.
    pub credentials: Vec<GatewayAccount>,
}

impl GatewayNew {
    /// What is wrong with the wish, as far as the profile knows.
    pub fn check(&self, profile: &Profile) -> Result<(), Problem> {
        let mut check = Check::default();
        let connection = Connection::from(self.connection);
        check.name(&self.label, "label");
        check.need(
            profile.connections.contains(&connection),
            "connection",
            "not_offered",
            "This make cannot be joined in this way.",
        );
        let count = u16::try_from(self.gateway_ports).is_ok_and(|count| profile.has_choice(count));
        check.need(count, "gateway_ports", "not_offered", "This make does not come with so many gateway ports.");
        let most = i64::from(profile.ports.channels_max);
        check.need(
            self.channels.is_none_or(|n| (1..=most).contains(&n)),
            "channels",
            "range",
            &format!("Between 1 and {most}."),
        );
        check::address(&mut check, self.host.as_deref(), self.udp_port, self.transport.as_deref());
        if connection != Connection::RegistersWithUs {
            check.need(self.host.is_some(), "host", "required", "The platform must know where the gateway is.");
        }
        if connection == Connection::WeRegister {
            let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            check.need(given(&self.username), "username", "required", "The account with the carrier.");
            check.need(given(&self.password), "password", "required", "The password of the account.");
        } else {
            let absent = self.username.is_none() && self.password.is_none();
            check.need(absent, "username", "not_applicable", "Accounts are given by the platform, not by you.");
        }
        if let Some(price) = &self.monthly {
            check::price(&mut check, price, "monthly");
        }
        check.done()
    }

    /// The rows. Call [`Self::check`] first.
    pub fn plan(&self, profile: &Profile, realm: &Realm<'_>, now: Wall, chance: &mut dyn Entropy) -> Planned {
        let connection = Connection::from(self.connection);
        let id = GatewayId::new(now, chance);
        let stem = stem(&self.label, chance);
        let mut planned = Planned {
            gateway: self.gateway_row(profile, id.uuid(), realm, now, chance),
            ports: Vec::new(),
            accounts: Vec::new(),
            credentials: Vec::new(),
        };
        let per_port = profile.account_per_port(connection);
        if connection == Connection::RegistersWithUs && !per_port {
            let account = NewAccount::make(stem.clone(), realm.domain, chance);
            planned.gateway.username = Set(Some(account.username.clone()));
            planned.gateway.ha1_md5 = Set(Some(account.ha1.md5.clone()));
            planned.gateway.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
            planned.accounts.push(registry_row(&account.username, "gateway", id.uuid()));
            planned.credentials.push(realm.show(account, None, &self.label));
        }
        for ordinal in 1..=u16::try_from(self.gateway_ports).unwrap_or(1) {
            let mut port = self.port_row(profile, id.uuid(), ordinal, now, chance);
            if per_port {
                let port_id = *port.id.as_ref();
                let account = NewAccount::make(port_username(&stem, ordinal), realm.domain, chance);
                port.username = Set(Some(account.username.clone()));
                port.ha1_md5 = Set(Some(account.ha1.md5.clone()));
                port.ha1_sha256 = Set(Some(account.ha1.sha256.clone()));
                planned.accounts.push(registry_row(&account.username, "gateway_port", port_id));
                planned.credentials.push(realm.show(account, Some(port_id), &profile.port_label(ordinal)));
            }
            planned.ports.push(port);
        }
        planned
    }

    fn gateway_row(
        &self,
        profile: &Profile,
        id: Uuid,
        realm: &Realm<'_>,
        now: Wall,
        chance: &mut dyn Entropy,
    ) -> gateway::ActiveModel {
        let sealed = self.password.as_ref().map(|password| realm.sealer.seal(password, &gateway_context(id), chance));
        gateway::ActiveModel {
            id: Set(id),
            site_id: Set(self.site.uuid()),
            label: Set(self.label.trim().to_owned()),
            kind: Set(profile.kind.as_str().to_owned()),
            profile: Set(profile.key.clone()),
            connection: Set(self.connection.as_str().to_owned()),
            host: Set(self.host.clone()),
            udp_port: Set(self.udp_port.and_then(|port| i32::try_from(port).ok())),
            transport: Set(self.transport.clone().unwrap_or_else(|| "udp".into())),
            username: Set(self.username.clone()),
            password_sealed: Set(sealed),
            realm: Set(self.realm.clone().filter(|realm| !realm.is_empty())),
            ha1_md5: Set(None),
            ha1_sha256: Set(None),
            srtp: Set(self.srtp.unwrap_or(false)),
            simulated: Set(self.simulated.unwrap_or(false)),
            light: Set(Light::Unknown.as_str().to_owned()),
            light_reason: Set(LightReason::waiting(self.connection).stored()),
            latency_ms: Set(None),
            user_agent: Set(None),
            last_error: Set(None),
            created_at: Set(now.to_offset()),
            ..Default::default()
        }
    }

    fn port_row(
        &self,
        profile: &Profile,
        gateway: Uuid,
        ordinal: u16,
        now: Wall,
        chance: &mut dyn Entropy,
    ) -> gateway_port::ActiveModel {
        let channels = self.channels.and_then(|n| i32::try_from(n).ok()).unwrap_or(profile.ports.channels.into());
        let price = self.monthly.clone().unwrap_or_else(|| Money::stored(0, "USD"));
        gateway_port::ActiveModel {
            id: Set(GatewayPortId::new(now, chance).uuid()),
            gateway_id: Set(gateway),
            ordinal: Set(ordinal.into()),
            label: Set(profile.port_label(ordinal)),
            kind: Set(profile.ports.kind.as_str().to_owned()),
            channels: Set(channels),
            rental: Set(self.rental.unwrap_or(Rental::NotForRent).as_str().to_owned()),
            monthly_micros: Set(price.micros),
            currency: Set(price.currency),
            enabled: Set(true),
            username: Set(None),
            ha1_md5: Set(None),
            ha1_sha256: Set(None),
            password_sealed: Set(None),
            light: Set(Light::Unknown.as_str().to_owned()),
            last_error: Set(None),
            created_at: Set(now.to_offset()),
            ..Default::default()
        }
    }
}

impl Realm<'_> {
    /// An account as shown once.
    pub fn show(&self, account: NewAccount, port: Option<Uuid>, label: &str) -> GatewayAccount {
        GatewayAccount {
            gateway_port: port.map(|id| GatewayPortId::from_uuid(id).to_string()),
            label: label.to_owned(),
            username: account.username,
            password: account.password.into_inner(),
            registrar: self.registrar.to_owned(),
            domain: self.domain.to_owned(),
        }
    }
}

/// The place for which a gateway's password is sealed.
pub fn gateway_context(id: Uuid) -> String {
    format!("gateway:{id}")
}

fn registry_row(username: &str, kind: &str, row: Uuid) -> sip_account::ActiveModel {
    sip_account::ActiveModel {
        username: Set(username.to_owned()),
        kind: Set(kind.to_owned()),
        ref_id: Set(row),
        tenant_id: Set(None),
    }
}
