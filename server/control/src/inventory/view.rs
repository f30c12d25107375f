//! The inventory put together for an operator's eyes: gateways with their gateway ports, lines, numbers and busy channels.

use std::collections::BTreeMap;

use kernel::{GatewayId, GatewayPortId, LineId, NumberId, SiteId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{Capacity, CapacityError};
use patchbay_tenancy::{
    GlobalRow, OperatorTx, Scoped, StoreError, SystemDb,
    system::{gateway, gateway_port, line, number, site, tenant},
};
use sea_orm::{ColumnTrait, Order};

use super::{
    own_gateways::GatewaySuspension,
    port_rules::GatewayPortRules,
    reason::{GatewayError, LightReason},
    shapes::*,
    words::*,
};
use crate::kit::money::Money;

/// Something that the inventory's rows can be read from: the store as committed, or an operator's open transaction.
pub trait Stock: Sync {
    /// Rows of a table.
    fn rows<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync;
}

impl Stock for SystemDb {
    fn rows<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        self.select::<E>()
    }
}

impl Stock for OperatorTx {
    fn rows<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        self.select::<E>()
    }
}

/// Where a view is taken from.
pub struct View<'a, S> {
    /// The inventory.
    pub stock: &'a S,
    /// Rentals of companies, as committed.
    pub system: &'a SystemDb,
    /// Busy channels.
    pub capacity: &'a dyn Capacity,
}

/// Rows that many gateway ports are shown with, read once.
struct Surroundings {
    lines: BTreeMap<Uuid, line::Model>,
    numbers: BTreeMap<Uuid, Vec<number::Model>>,
    renters: BTreeMap<Uuid, String>,
    companies: BTreeMap<Uuid, String>,
}

impl Surroundings {
    async fn of<S: Stock>(view: &View<'_, S>, ports: &[Uuid]) -> Result<Self, StoreError> {
        let on_ports = number::Column::GatewayPortId.is_in(ports.iter().copied());
        let found = view
            .stock
            .rows::<number::Entity>()
            .filter(on_ports)
            .order_by(number::Column::E164, Order::Asc)
            .all()
            .await?;
        let mut numbers: BTreeMap<Uuid, Vec<number::Model>> = BTreeMap::new();
        for number in found {
            numbers.entry(number.gateway_port_id).or_default().push(number);
        }
        let lines = view.stock.rows::<line::Entity>().filter(line::Column::GatewayPortId.is_in(ports.iter().copied()));
        let lines = lines.all().await?.into_iter().map(|line| (line.gateway_port_id, line)).collect();
        let renters = view.system.rentals().await?.into_iter().map(|rental| (rental.id, rental.company)).collect();
        Ok(Self { lines, numbers, renters, companies: companies(view.stock).await? })
    }

    fn show(&self, port: &gateway_port::Model, slots: Vec<SlotUse>) -> GatewayPort {
        let numbers = self.numbers.get(&port.id).into_iter().flatten().filter(|number| number.state != "retired");
        GatewayPort {
            id: GatewayPortId::from_uuid(port.id).to_string(),
            gateway: GatewayId::from_uuid(port.gateway_id).to_string(),
            ordinal: port.ordinal.into(),
            label: port.label.clone(),
            kind: GatewayPortKind::stored(&port.kind),
            channels: port.channels.into(),
            in_use: slots.len() as i64,
            slots,
            light: Light::stored(&port.light),
            username: port.username.clone(),
            rental: Rental::stored(&port.rental),
            rented_by: self.renters.get(&port.id).cloned(),
            monthly: Money::stored(port.monthly_micros, &port.currency),
            enabled: port.enabled,
            priority: port.priority.into(),
            weight: port.weight.into(),
            cost: port.cost_micros.map(|micros| Money::stored(micros, &port.currency)),
            inbound_reserve: port.inbound_reserve.into(),
            rules: GatewayPortRules::stored(port.rules.as_ref()),
            line: self.lines.get(&port.id).map(show_line),
            numbers: numbers.map(|number| self.show_number(number)).collect(),
            last_error: GatewayError::read(port.last_error.as_ref()),
        }
    }

    fn show_number(&self, number: &number::Model) -> PortNumber {
        PortNumber {
            id: NumberId::from_uuid(number.id).to_string(),
            e164: number.e164.clone(),
            state: NumberState::stored(&number.state),
            company: number.tenant_id.and_then(|tenant| self.companies.get(&tenant).cloned()),
        }
    }
}

/// Names of all companies by id.
pub async fn companies(stock: &impl Stock) -> Result<BTreeMap<Uuid, String>, StoreError> {
    Ok(stock.rows::<tenant::Entity>().all().await?.into_iter().map(|row| (row.id, row.name)).collect())
}

/// A line as shown.
pub fn show_line(line: &line::Model) -> Line {
    Line {
        id: LineId::from_uuid(line.id).to_string(),
        gateway_port: GatewayPortId::from_uuid(line.gateway_port_id).to_string(),
        kind: LineKind::stored(&line.kind),
        carrier: line.carrier.clone(),
        label: line.label.clone(),
    }
}

impl<S: Stock> View<'_, S> {
    /// Gateways with all that is on them, by name; of one gateway when `only` says so.
    pub async fn gateways(&self, only: Option<Uuid>) -> Result<Vec<Gateway>, StoreError> {
        let mut select = self.stock.rows::<gateway::Entity>().order_by(gateway::Column::Label, Order::Asc);
        if let Some(id) = only {
            select = select.is(gateway::Column::Id, id);
        }
        let rows = select.all().await?;
        let sites = self.stock.rows::<site::Entity>().all().await?;
        let sites: BTreeMap<Uuid, String> = sites.into_iter().map(|site| (site.id, site.name)).collect();
        let of_these = gateway_port::Column::GatewayId.is_in(rows.iter().map(|row| row.id));
        let ports = self.stock.rows::<gateway_port::Entity>().filter(of_these);
        let ports = ports.order_by(gateway_port::Column::Ordinal, Order::Asc).all().await?;
        let ids: Vec<Uuid> = ports.iter().map(|port| port.id).collect();
        let around = Surroundings::of(self, &ids).await?;
        let mut shown: BTreeMap<Uuid, Vec<GatewayPort>> = BTreeMap::new();
        for port in &ports {
            let slots = slots(self.capacity, port.id).await?;
            shown.entry(port.gateway_id).or_default().push(around.show(port, slots));
        }
        let show = |row: gateway::Model| {
            let ports = shown.remove(&row.id).unwrap_or_default();
            let site = sites.get(&row.site_id).cloned().unwrap_or_default();
            let company = row.tenant_id.and_then(|tenant| around.companies.get(&tenant).cloned());
            show_gateway(row, site, company, ports)
        };
        Ok(rows.into_iter().map(show).collect())
    }

    /// One gateway with all that is on it; [`StoreError::NotFound`] when there is none.
    pub async fn gateway(&self, id: Uuid) -> Result<Gateway, StoreError> {
        self.gateways(Some(id)).await?.pop().ok_or(StoreError::NotFound)
    }

    /// One gateway port with all that is on it; [`StoreError::NotFound`] when there is none.
    pub async fn gateway_port(&self, id: Uuid) -> Result<GatewayPort, StoreError> {
        let row = self.stock.rows::<gateway_port::Entity>().is(gateway_port::Column::Id, id).one().await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let around = Surroundings::of(self, &[id]).await?;
        Ok(around.show(&row, slots(self.capacity, id).await?))
    }
}

fn show_gateway(
    row: gateway::Model,
    site_name: String,
    company: Option<String>,
    gateway_ports: Vec<GatewayPort>,
) -> Gateway {
    Gateway {
        id: GatewayId::from_uuid(row.id).to_string(),
        site: SiteId::from_uuid(row.site_id).to_string(),
        site_name,
        label: row.label,
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
        calls_per_second: row.calls_per_second.map(i64::from),
        max_calls: row.max_calls.map(i64::from),
        circuit: row.circuit_until.map(|until| GatewayCircuit { failures: row.circuit_failures.into(), until }),
        gateway_ports,
        srtp: row.srtp,
        company,
        suspended: row.suspended_at.map(|at| GatewaySuspension { at, reason: row.suspended_why.clone() }),
        simulated: row.simulated,
        created_at: row.created_at,
    }
}

/// The busy channels of a gateway port.
pub async fn slots(capacity: &dyn Capacity, port: Uuid) -> Result<Vec<SlotUse>, StoreError> {
    let used = capacity.in_use(&resource_key(port)).await.map_err(|error| match error {
        CapacityError::Store(text) => StoreError::Other(text),
        CapacityError::Full(_) | CapacityError::Fenced => StoreError::Busy,
    })?;
    Ok(used.into_iter().map(|(slot, call)| SlotUse { slot: slot.into(), call: call.to_string() }).collect())
}

/// The row key under which the channels of a gateway port are counted.
pub fn resource_key(port: Uuid) -> String {
    format!("gwp:{port}")
}
