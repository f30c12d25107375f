//! What the way of a call needs to know of the inventory.

use kernel::Uuid;
use patchbay_kernel as kernel;
use sea_orm::{FromQueryResult, Value};

use super::{FoundNumber, SystemDb, SystemTx};
use crate::{StoreError, rows};

/// A gateway port with its box, as far as a call is concerned.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Trunk {
    /// The gateway port.
    pub port_id: Uuid,
    /// Its place in the box, from 1.
    pub ordinal: i32,
    /// Its label.
    pub port_label: String,
    /// Calls at once.
    pub channels: i32,
    /// Smaller is tried earlier.
    pub priority: i32,
    /// Share of the load among equals.
    pub weight: i32,
    /// Price of a minute out, in millionths.
    pub cost_micros: Option<i64>,
    /// Channels that outbound calls leave free.
    pub inbound_reserve: i32,
    /// How numbers are written on it.
    pub rules: Option<serde_json::Value>,
    /// Whether it may be used: switched on, and its box not suspended.
    pub enabled: bool,
    /// The company that racked the box itself; `None`: the operator's.
    pub owner: Option<Uuid>,
    /// Its own SIP account.
    pub port_username: Option<String>,
    /// Its own password, sealed.
    pub port_password_sealed: Option<String>,
    /// `online`, `offline`, `unknown`, `fault`: its own account's state.
    pub port_light: String,
    /// The box.
    pub gateway_id: Uuid,
    /// Its label.
    pub gateway_label: String,
    /// Key of its profile.
    pub profile: String,
    /// `registers_with_us`, `ip_peer`, `we_register`.
    pub connection: String,
    /// Address.
    pub host: Option<String>,
    /// UDP or TCP port of the address.
    pub udp_port: Option<i32>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// SIP account of the box, or ours with the carrier.
    pub gateway_username: Option<String>,
    /// Our password with the carrier, sealed.
    pub gateway_password_sealed: Option<String>,
    /// The only realm that may see a digest.
    pub realm: Option<String>,
    /// A SIM card with rules is in it.
    pub sim: bool,
    /// Calls that the box begins a second.
    pub calls_per_second: Option<i32>,
    /// Calls of the box at once.
    pub max_calls: Option<i32>,
    /// Until when its open circuit sends calls elsewhere.
    pub circuit_until: Option<time::OffsetDateTime>,
    /// Whether audio is encrypted.
    pub srtp: bool,
    /// Whether the simulator plays it.
    pub simulated: bool,
    /// State of the box.
    pub light: String,
    /// ISO code of the country where it stands.
    pub country: String,
}

const TRUNK: &str = "SELECT p.id AS port_id, p.ordinal, p.label AS port_label, p.channels, (p.enabled AND g.suspended_at IS NULL) AS enabled, g.tenant_id AS owner, \
    p.priority, p.weight, p.cost_micros, p.inbound_reserve, p.rules, (m.id IS NOT NULL) AS sim, g.calls_per_second, g.max_calls, g.circuit_until, \
    p.username AS port_username, p.password_sealed AS port_password_sealed, p.light AS port_light, \
    g.id AS gateway_id, g.label AS gateway_label, g.profile, g.connection, g.host, g.udp_port, g.transport, \
    g.username AS gateway_username, g.password_sealed AS gateway_password_sealed, g.realm, g.srtp, g.simulated, g.light, \
    s.country \
    FROM gateway_port p JOIN gateway g ON g.id = p.gateway_id JOIN site s ON s.id = g.site_id \
    LEFT JOIN sim m ON m.id = p.id";

/// `$1, $2 ..` for so many parameters.
fn places(count: usize) -> String {
    (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

impl SystemDb {
    async fn ask_trunks(&self, rest: &str, values: Vec<Value>) -> Result<Vec<Trunk>, StoreError> {
        let found = rows::rows(self.via(), &format!("{TRUNK} {rest}"), values).await?;
        Ok(found.iter().map(|row| Trunk::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// These gateway ports, by box and place.
    pub async fn trunks(&self, ports: &[Uuid]) -> Result<Vec<Trunk>, StoreError> {
        if ports.is_empty() {
            return Ok(Vec::new());
        }
        let rest = format!("WHERE p.id IN ({}) ORDER BY g.label, g.id, p.ordinal", places(ports.len()));
        self.ask_trunks(&rest, ports.iter().map(|id| (*id).into()).collect()).await
    }

    /// All gateway ports of a box, by place.
    pub async fn trunks_of(&self, gateway: Uuid) -> Result<Vec<Trunk>, StoreError> {
        self.ask_trunks("WHERE g.id = $1 ORDER BY p.ordinal", vec![gateway.into()]).await
    }

    /// Gateway ports of the boxes that are known by an address or with which we register.
    pub async fn addressed_trunks(&self) -> Result<Vec<Trunk>, StoreError> {
        let rest = "WHERE g.connection IN ('ip_peer', 'we_register') AND g.host IS NOT NULL ORDER BY g.id, p.ordinal";
        self.ask_trunks(rest, vec![]).await
    }

    /// The numbers that live on a gateway port and belong to a company.
    pub async fn assigned_numbers_on(&self, port: Uuid) -> Result<Vec<FoundNumber>, StoreError> {
        let sql = "SELECT id, e164, state, gateway_port_id, tenant_id FROM number \
                   WHERE gateway_port_id = $1 AND tenant_id IS NOT NULL ORDER BY e164";
        let found = rows::rows(self.via(), sql, vec![port.into()]).await?;
        Ok(found.iter().map(|row| FoundNumber::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }
}

impl SystemTx {
    /// After a start of the only node: no device is registered and nothing is known of any gateway.
    pub async fn forget_registrations(&self) -> Result<(), StoreError> {
        for sql in [
            "UPDATE device SET contacts = 0 WHERE contacts <> 0",
            "UPDATE gateway SET light = 'unknown', light_reason = '', latency_ms = NULL, circuit_failures = 0, circuit_until = NULL",
            "UPDATE gateway_port SET light = 'unknown'",
        ] {
            rows::run(self.via(), sql, vec![]).await?;
        }
        Ok(())
    }
}
