//! What the inventory looks like to an operator: answers and requests of the operator's endpoints.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    own_gateways::GatewaySuspension,
    port_rules::GatewayPortRules,
    reason::{GatewayError, LightReason},
    words::*,
};
use crate::kit::money::Money;

/// A place where gateways stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Site {
    /// `site_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// ISO 3166 code.
    pub country: String,
    /// City.
    pub city: Option<String>,
    /// The company whose site it is, by name; absent: the operator's.
    pub company: Option<String>,
    /// Gateways that stand there.
    pub gateways: i64,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A make of gateway.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayProfile {
    /// Stable name.
    pub key: String,
    /// For people.
    pub label: String,
    /// Maker.
    pub vendor: Option<String>,
    /// Kind.
    pub kind: GatewayKind,
    /// How it can be joined, usual way first.
    pub connections: Vec<GatewayConnection>,
    /// The usual number of gateway ports.
    pub default_ports: i64,
    /// Kind of its gateway ports.
    pub port_kind: GatewayPortKind,
    /// Numbers of gateway ports that it is sold with.
    pub port_choices: Vec<i64>,
    /// Calls at once on each gateway port.
    pub channels_default: i64,
    /// Whether each gateway port has a SIP account of its own.
    pub account_per_port: bool,
    /// What to know when setting it up.
    pub notes: Vec<String>,
}

/// A gateway with everything on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Gateway {
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
    /// How it is joined.
    pub connection: GatewayConnection,
    /// Its address, where we need one.
    pub host: Option<String>,
    /// UDP or TCP port of the address.
    pub udp_port: Option<i64>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Its one account, or ours with it.
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
    /// Calls that it begins a second, where that is limited.
    pub calls_per_second: Option<i64>,
    /// Calls at once of the whole box, where they are limited beyond its channels.
    pub max_calls: Option<i64>,
    /// Its circuit, when calls failed again and again and go elsewhere for a while.
    pub circuit: Option<GatewayCircuit>,
    /// Its gateway ports, in order.
    pub gateway_ports: Vec<GatewayPort>,
    /// Whether audio is encrypted (SDES-SRTP).
    pub srtp: bool,
    /// The company that racked it itself, by name; absent: the operator's.
    pub company: Option<String>,
    /// Its calls are stopped, when and why.
    pub suspended: Option<GatewaySuspension>,
    /// Whether the simulator plays it. Only such gateways carry calls of a company before its owner's address is checked.
    pub simulated: bool,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Calls failed again and again, so for a while none is sent; then one tries.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayCircuit {
    /// Failed calls in a row.
    pub failures: i64,
    /// Until when calls go elsewhere; past: the next call tries.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// A gateway port as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayPort {
    /// `gwp_..`
    pub id: String,
    /// `gw_..`
    pub gateway: String,
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
    /// Which channel carries which call.
    pub slots: Vec<SlotUse>,
    /// State.
    pub light: Light,
    /// Its own SIP account.
    pub username: Option<String>,
    /// Who may use it.
    pub rental: Rental,
    /// The company that rents it, by name.
    pub rented_by: Option<String>,
    /// Price per month.
    pub monthly: Money,
    /// Whether calls may use it.
    pub enabled: bool,
    /// Smaller is tried earlier.
    pub priority: i64,
    /// Share of the load among equals.
    pub weight: i64,
    /// Price of a minute out; of one priority the cheaper is tried earlier.
    pub cost: Option<Money>,
    /// Channels that calls out leave free for calls in.
    pub inbound_reserve: i64,
    /// How numbers are written on it, besides what its make of box wants.
    pub rules: GatewayPortRules,
    /// The line that arrives at it.
    pub line: Option<Line>,
    /// The numbers on it.
    pub numbers: Vec<PortNumber>,
    /// What went wrong last.
    pub last_error: Option<GatewayError>,
}

/// One busy channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SlotUse {
    /// Channel, from 0.
    pub slot: i64,
    /// `call_..`
    pub call: String,
}

/// A number on a gateway port.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PortNumber {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// State.
    pub state: NumberState,
    /// The company that has it, by name.
    pub company: Option<String>,
}

/// A line that a carrier sells.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Line {
    /// `line_..`
    pub id: String,
    /// `gwp_..`
    pub gateway_port: String,
    /// Kind.
    pub kind: LineKind,
    /// Who sells it.
    pub carrier: String,
    /// Name.
    pub label: String,
}

/// A number as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorNumber {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// ISO 3166 code.
    pub country: String,
    /// Area in words.
    pub area: Option<String>,
    /// Kind.
    pub kind: NumberKind,
    /// State.
    pub state: NumberState,
    /// `gwp_..`
    pub gateway_port: String,
    /// Its name.
    pub gateway_port_label: String,
    /// The name of its gateway.
    pub gateway_label: String,
    /// The company that has it, by name.
    pub company: Option<String>,
    /// Price per month.
    pub monthly: Money,
    /// Price once.
    pub setup: Money,
    /// Until when it rests.
    #[serde(with = "time::serde::rfc3339::option")]
    pub quarantined_until: Option<OffsetDateTime>,
    /// The company that holds it, may take it back or gets it when it arrives, by name.
    pub kept_for: Option<String>,
    /// Until when it is held for that company.
    #[serde(with = "time::serde::rfc3339::option")]
    pub reserved_until: Option<OffsetDateTime>,
    /// How far its way here is, for the company that waits for it.
    pub status_line: Option<String>,
}

/// A gateway just made, or given new credentials: the only answer that ever holds passwords.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayCreated {
    /// The gateway.
    pub gateway: Gateway,
    /// Its accounts. Empty where it has none, and in a replayed answer.
    pub credentials: Vec<GatewayAccount>,
}

/// What is typed into a gateway so that it can register.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatewayAccount {
    /// `gwp_..` where the account is one gateway port's.
    pub gateway_port: Option<String>,
    /// Name of the gateway port, or of the gateway.
    pub label: String,
    /// SIP user name.
    pub username: String,
    /// Password; it is not kept and cannot be shown again.
    pub password: String,
    /// Where to register.
    pub registrar: String,
    /// SIP domain.
    pub domain: String,
}
