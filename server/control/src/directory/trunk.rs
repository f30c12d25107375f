//! A gateway port as something that can be dialled or that calls come from: rows and profile become plan.

use kernel::{E164, GatewayId, GatewayPortId, Secret, Wall};
use patchbay_gateway::{
    self as boxes, Ask, Connection, Dial, DialPlan, Egress, Health, PortFacts, Presentation, Profile, TrunkRules, Way,
    egress, profile::Shows,
};
use patchbay_kernel as kernel;
use patchbay_plane::{Codec, Destination, DtmfMode, EarlyMedia, Resource, SrtpMode, TrunkTarget, route::TrunkAuth};
use patchbay_tenancy::system::Trunk;

use super::Core;
use crate::inventory::{gateway_new::gateway_context, view::resource_key};

/// A gateway port with its profile. Boxes whose profile or connection this version does not know cannot be used.
pub(super) struct Port {
    pub(super) row: Trunk,
    pub(super) profile: &'static Profile,
    connection: Connection,
}

impl Port {
    /// `None`, with a line in the log, when the row names a profile or connection that does not exist.
    pub(super) fn of(row: Trunk) -> Option<Self> {
        let (profile, connection) = (boxes::profile(&row.profile), row.connection.parse().ok());
        let (Some(profile), Some(connection)) = (profile, connection) else {
            tracing::error!(gateway = %row.gateway_id, profile = %row.profile, "a gateway with an unknown profile");
            return None;
        };
        Some(Self { row, profile, connection })
    }

    pub(super) fn gateway(&self) -> GatewayId {
        GatewayId::from_uuid(self.row.gateway_id)
    }

    pub(super) fn id(&self) -> GatewayPortId {
        GatewayPortId::from_uuid(self.row.port_id)
    }

    /// For people: `Line 7 of Kestrel`.
    pub(super) fn label(&self) -> String {
        format!("{} of {}", self.row.port_label, self.row.gateway_label)
    }

    /// Its channels.
    pub(super) fn resource(&self) -> Resource {
        let limit = u32::try_from(self.row.channels).unwrap_or(0);
        Resource { key: resource_key(self.row.port_id), label: self.label(), limit }
    }

    /// Its channels as calls out may use them: some may be kept for calls in.
    fn resource_out(&self) -> Resource {
        let (all, kept) = (self.resource(), u32::try_from(self.row.inbound_reserve).unwrap_or(0));
        if kept == 0 {
            return all;
        }
        let label = format!("{}, less {kept} channel(s) kept for calls in,", all.label);
        Resource { limit: all.limit.saturating_sub(kept), label, ..all }
    }

    /// The calls of its box, where they are limited.
    pub(super) fn shared(&self) -> Vec<Resource> {
        let limit = self.row.max_calls.and_then(|most| u32::try_from(most).ok());
        let key = format!("gw:{}", self.row.gateway_id);
        limit.map(|limit| Resource { key, label: self.row.gateway_label.clone(), limit }).into_iter().collect()
    }

    /// How numbers are written on it, besides what its profile says.
    pub(super) fn rules(&self) -> TrunkRules {
        let read = |rules: &serde_json::Value| serde_json::from_value(rules.clone()).ok();
        self.row.rules.as_ref().and_then(read).unwrap_or_default()
    }

    /// Whether the far end sees the line's own number whatever we send.
    pub(super) fn shows_own_number(&self) -> bool {
        self.profile.outbound.shows == Shows::OwnNumber
    }

    /// As far as is known: a gateway port with an account of its own is as reachable as that account.
    pub(super) fn health(&self, now: Wall) -> Health {
        if self.row.circuit_until.is_some_and(|until| Wall::from_offset(until) > now) {
            return Health::Offline;
        }
        let light = if self.row.port_username.is_some() { &self.row.port_light } else { &self.row.light };
        match light.as_str() {
            "online" => Health::Online,
            "unknown" => Health::Unknown,
            _ => Health::Offline,
        }
    }

    /// The habits of the country where the box stands.
    pub(super) fn plan(&self) -> Option<DialPlan> {
        DialPlan::of(&self.row.country)
    }

    pub(super) fn codecs(&self) -> Vec<Codec> {
        self.profile
            .media
            .codecs
            .iter()
            .map(|codec| match codec {
                boxes::Codec::Pcmu => Codec::Pcmu,
                boxes::Codec::Pcma => Codec::Pcma,
                boxes::Codec::Opus => Codec::Opus,
            })
            .collect()
    }

    pub(super) fn dtmf(&self) -> DtmfMode {
        match self.profile.media.dtmf {
            boxes::DtmfMode::Rfc4733 => DtmfMode::Rfc4733,
            boxes::DtmfMode::Info => DtmfMode::Info,
            boxes::DtmfMode::Inband => DtmfMode::Inband,
        }
    }

    pub(super) fn early_media(&self) -> EarlyMedia {
        match self.profile.media.early_media {
            boxes::EarlyMedia::PassThrough => EarlyMedia::PassThrough,
            boxes::EarlyMedia::OwnRingback => EarlyMedia::OwnRingback,
            boxes::EarlyMedia::None => EarlyMedia::None,
        }
    }

    pub(super) fn srtp(&self) -> SrtpMode {
        match self.profile.media.srtp {
            _ if self.row.srtp => SrtpMode::Required,
            boxes::SrtpPolicy::Required => SrtpMode::Required,
            boxes::SrtpPolicy::Optional => SrtpMode::Optional,
            boxes::SrtpPolicy::None => SrtpMode::Off,
        }
    }

    /// The way out through this gateway port; `None` when it has no account to be reached by.
    pub(super) fn target(&self, core: &Core, called: &Dial, displayed: Option<&E164>) -> Option<TrunkTarget> {
        let out = self.written(&core.parts.sip_domain, called, displayed, self.rules())?;
        let destination = match out.way {
            Way::Account(username) => Destination::Account(username),
            Way::Address => Destination::Address {
                host: self.row.host.clone()?,
                udp_port: self.row.udp_port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
                transport: self.row.transport.clone(),
            },
        };
        Some(TrunkTarget {
            gateway: self.gateway(),
            gateway_port: self.id(),
            resource: self.resource_out(),
            shared: self.shared(),
            calls_per_second: self.row.calls_per_second.and_then(|most| u32::try_from(most).ok()),
            destination,
            number: match called {
                Dial::Number(number) => Some(number.clone()),
                _ => None,
            },
            request_user: out.request_user,
            user_parameters: out.user_parameters,
            from_user: out.from_user,
            from_name: out.from_name,
            from_host: out.from_host,
            headers: out.headers,
            auth: self.auth(core),
            codecs: self.codecs(),
            dtmf: self.dtmf(),
            srtp: self.srtp(),
            latch_within_host: self.profile.media.latch_within_host,
            answer_within_s: self.profile.outbound.answer_within_s,
        })
    }

    /// What stands in an INVITE through this gateway port, under these rules.
    pub(super) fn written(
        &self,
        domain: &str,
        called: &Dial,
        displayed: Option<&E164>,
        rules: TrunkRules,
    ) -> Option<Egress> {
        let facts = PortFacts {
            connection: self.connection,
            ordinal: u16::try_from(self.row.ordinal).ok()?,
            account: self.row.port_username.clone(),
            gateway_account: self.row.gateway_username.clone(),
            rules,
        };
        let (name, presentation, country) = (None, Presentation::Shown, self.row.country.as_str());
        egress(self.profile, &facts, &Ask { called, displayed, name, presentation, domain, country }).ok()
    }

    /// Our account with the carrier, where we register with it.
    pub(super) fn auth(&self, core: &Core) -> Option<TrunkAuth> {
        if self.connection != Connection::WeRegister {
            return None;
        }
        let (username, password) = self.account(core)?;
        Some(TrunkAuth { username, password, realm: self.row.realm.clone() })
    }

    /// The gateway port's own account before the box's.
    pub(super) fn account(&self, core: &Core) -> Option<(String, Secret<String>)> {
        let row = &self.row;
        let (username, sealed, context) = match (&row.port_username, &row.port_password_sealed) {
            (Some(username), Some(sealed)) => (username, sealed, format!("gateway_port:{}", row.port_id)),
            _ => {
                (row.gateway_username.as_ref()?, row.gateway_password_sealed.as_ref()?, gateway_context(row.gateway_id))
            }
        };
        match core.parts.sealer.unseal(sealed, &context) {
            Ok(password) => Some((username.clone(), password)),
            Err(error) => {
                tracing::error!(gateway = %row.gateway_id, %error, "a carrier's password cannot be read");
                None
            }
        }
    }

    /// Whether calls come to and from a fixed address.
    pub(super) fn connection(&self) -> Connection {
        self.connection
    }
}
