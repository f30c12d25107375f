//! What routing asks of the store, each question by its name, answered from memory while nothing changes.

use std::{collections::HashSet, sync::Arc};

use kernel::{DeviceId, FlowId, GatewayId, PromptId, QueueId, SeatId, TeamId, TenantId, Uuid};
use patchbay_gateway::callers::CallerRule;
use patchbay_ivr::{Bundle, Graph};
use patchbay_kernel as kernel;
use patchbay_plane::FlowTarget;
use patchbay_sound::speech::Speech;
use patchbay_tenancy::{
    StoreError, TenantTx,
    system::{FoundDevice, FoundNumber, tenant},
};
use sea_orm::Order;

use super::{Core, memory::Memory, trunk::Port};
use crate::{
    flows::{bundle, row::flow, view::live_graph},
    inventory::{caller_rules, numbers::row as tenant_number, rentals::row as rental},
    kit::problem::Problem,
    people::organisation_row::team_member,
    prompts::sound,
    queues::row::queue,
    seats::row::{device, seat, seat_number},
};

/// Longest extension, in digits: what is longer is not looked for among a company's seats.
const LONGEST_EXTENSION: usize = 6;

/// A seat and its devices, by id.
pub(super) struct Ringable {
    pub(super) seat: seat::Model,
    pub(super) devices: Vec<device::Model>,
}

/// The ways out of a seat.
pub(super) struct Lines {
    /// Numbers of the company, by number.
    pub(super) numbers: Vec<tenant_number::Model>,
    /// Numbers given to the seat to display, in the order of giving.
    pub(super) given: Vec<Uuid>,
    /// Gateway ports that are on, of the company's numbers and of those it rents.
    pub(super) ports: Vec<Port>,
}

/// Where a number leads.
pub(super) struct Led {
    pub(super) company: tenant::Model,
    /// The company's own row of the number.
    pub(super) number: tenant_number::Model,
    /// The seat that it leads to; `None` when it leads nowhere or the seat is not active.
    pub(super) place: Option<Ringable>,
    /// The flow that its callers meet; `None` where it has none, or none that is published.
    pub(super) flow: Option<FlowTarget>,
    /// Whom the company keeps out.
    pub(super) callers: Vec<CallerRule>,
}

/// The answers.
#[derive(Default)]
pub(super) struct Recall {
    devices: Memory<(TenantId, DeviceId), Option<FoundDevice>>,
    extensions: Memory<(TenantId, String), Option<Ringable>>,
    seats: Memory<(TenantId, SeatId), Option<Ringable>>,
    lines: Memory<(TenantId, SeatId), Lines>,
    company_lines: Memory<TenantId, Lines>,
    teams: Memory<(TenantId, TeamId), Vec<Ringable>>,
    boxes: Memory<GatewayId, Vec<Port>>,
    numbers: Memory<String, Option<FoundNumber>>,
    on_port: Memory<Uuid, Vec<FoundNumber>>,
    leads: Memory<(TenantId, Uuid), Option<Led>>,
    prompts: Memory<(TenantId, PromptId, String), Option<Uuid>>,
    voices: Memory<TenantId, Arc<dyn Speech>>,
}

type Answer<T> = Result<Arc<T>, StoreError>;

impl Recall {
    /// A device with its seat and company.
    pub(super) async fn device(&self, core: &Core, tenant: TenantId, device: DeviceId) -> Answer<Option<FoundDevice>> {
        let ask = async { core.database().system().device_by_id(tenant, device.uuid()).await };
        self.devices.get(core.here(), (tenant, device), ask).await
    }

    /// The active seat with this extension.
    pub(super) async fn extension(&self, core: &Core, tenant: TenantId, dialled: &str) -> Answer<Option<Ringable>> {
        if dialled.len() > LONGEST_EXTENSION {
            return Ok(Arc::new(None));
        }
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            let seat = tx.whole::<seat::Entity>().is(seat::Column::Extension, dialled);
            match seat.is(seat::Column::State, "active").one().await? {
                Some(seat) => ringable(&tx, seat).await.map(Some),
                None => Ok(None),
            }
        };
        self.extensions.get(core.here(), (tenant, dialled.to_owned()), ask).await
    }

    /// The active seat.
    pub(super) async fn seat(&self, core: &Core, tenant: TenantId, seat: SeatId) -> Answer<Option<Ringable>> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            match tx.find_whole::<seat::Entity>(seat.uuid()).await?.filter(|seat| seat.state == "active") {
                Some(seat) => ringable(&tx, seat).await.map(Some),
                None => Ok(None),
            }
        };
        self.seats.get(core.here(), (tenant, seat), ask).await
    }

    /// The ways out of a seat.
    pub(super) async fn lines(&self, core: &Core, tenant: TenantId, seat: SeatId) -> Answer<Lines> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            let given = tx.select::<seat_number::Entity>().is(seat_number::Column::SeatId, seat.uuid());
            let given = given.order_by(seat_number::Column::Id, Order::Asc).all().await?;
            lines(core, tx, given.into_iter().map(|row| row.number_id).collect()).await
        };
        self.lines.get(core.here(), (tenant, seat), ask).await
    }

    /// The ways out of a company for nobody in particular.
    pub(super) async fn company_lines(&self, core: &Core, tenant: TenantId) -> Answer<Lines> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            lines(core, tx, Vec::new()).await
        };
        self.company_lines.get(core.here(), tenant, ask).await
    }

    /// The active seats of the members of a team.
    pub(super) async fn team(&self, core: &Core, tenant: TenantId, team: TeamId) -> Answer<Vec<Ringable>> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            let inside = tx.select::<team_member::Entity>().is(team_member::Column::TeamId, team.uuid()).all().await?;
            let inside: HashSet<Uuid> = inside.into_iter().map(|row| row.member_id).collect();
            let seats = tx.whole::<seat::Entity>().is(seat::Column::State, "active");
            let mut places = Vec::new();
            for seat in seats.order_by(seat::Column::Extension, Order::Asc).all().await? {
                if seat.member_id.is_some_and(|member| inside.contains(&member)) {
                    places.push(ringable(&tx, seat).await?);
                }
            }
            Ok(places)
        };
        self.teams.get(core.here(), (tenant, team), ask).await
    }

    /// Gateway ports of a box, by place.
    pub(super) async fn gateway_ports(&self, core: &Core, gateway: GatewayId) -> Answer<Vec<Port>> {
        let ask = async {
            let rows = core.database().system().trunks_of(gateway.uuid()).await?;
            Ok(rows.into_iter().filter_map(Port::of).collect())
        };
        self.boxes.get(core.here(), gateway, ask).await
    }

    /// The number, whoever has it.
    pub(super) async fn number(&self, core: &Core, e164: &str) -> Answer<Option<FoundNumber>> {
        let ask = async { core.database().system().number_by_e164(e164).await };
        self.numbers.get(core.here(), e164.to_owned(), ask).await
    }

    /// Numbers of companies that live on a gateway port.
    pub(super) async fn numbers_on(&self, core: &Core, gateway_port: Uuid) -> Answer<Vec<FoundNumber>> {
        let ask = async { core.database().system().assigned_numbers_on(gateway_port).await };
        self.on_port.get(core.here(), gateway_port, ask).await
    }

    /// The sound of a prompt for callers of this language.
    pub(super) async fn prompt(
        &self,
        core: &Core,
        tenant: TenantId,
        prompt: PromptId,
        language: &str,
    ) -> Answer<Option<Uuid>> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            sound::best(&tx, prompt.uuid(), language).await
        };
        self.prompts.get(core.here(), (tenant, prompt, language.to_owned()), ask).await
    }

    /// Who speaks for a company.
    pub(super) async fn voice(&self, core: &Core, tenant: TenantId) -> Result<Arc<Arc<dyn Speech>>, Problem> {
        let ask = async {
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            core.parts.studio.voice(&tx).await
        };
        self.voices.get(core.here(), tenant, ask).await
    }

    /// Where a company's number leads; `None` when it is not the company's any more.
    pub(super) async fn led(&self, core: &Core, tenant: TenantId, number: Uuid) -> Answer<Option<Led>> {
        let ask = async {
            let Some(company) = core.database().system().find::<tenant::Entity>(tenant.uuid()).await? else {
                return Ok(None);
            };
            let tx = core.database().tenant_read(tenant, core.stamp()).await?;
            let Some(number) = tx.find::<tenant_number::Entity>(number).await? else { return Ok(None) };
            let place = match number.destination_seat.filter(|_| number.destination_kind == "seat") {
                Some(id) => tx.find_whole::<seat::Entity>(id).await?.filter(|seat| seat.state == "active"),
                None => None,
            };
            let place = match place {
                Some(seat) => Some(ringable(&tx, seat).await?),
                None => None,
            };
            let flow = match number.flow_id {
                Some(id) => published(&tx, id).await?,
                None => None,
            };
            let callers = tx.select::<caller_rules::row::Entity>().all().await?;
            let callers = callers.iter().filter_map(caller_rules::judged).collect();
            Ok(Some(Led { company, number, place, flow, callers }))
        };
        self.leads.get(core.here(), (tenant, number), ask).await
    }
}

async fn lines(core: &Core, tx: TenantTx, given: Vec<Uuid>) -> Result<Lines, StoreError> {
    let numbers = tx.select::<tenant_number::Entity>().order_by(tenant_number::Column::E164, Order::Asc);
    let numbers = numbers.all().await?;
    let rented = tx.select::<rental::Entity>().all().await?;
    // The next question takes a connection of its own: whoever waits for one must hold none, or enough callers at once wait for
    // each other.
    drop(tx);
    let ids: HashSet<Uuid> =
        numbers.iter().map(|row| row.gateway_port_id).chain(rented.iter().map(|row| row.id)).collect();
    let rows = core.database().system().trunks(&ids.into_iter().collect::<Vec<_>>()).await?;
    let ports = rows.into_iter().filter(|row| row.enabled).filter_map(Port::of).collect();
    Ok(Lines { numbers, given, ports })
}

/// The draft of a flow, with the live versions of all that it goes to; `None`: there is no such flow.
pub(super) async fn draft(core: &Core, tenant: TenantId, id: FlowId) -> Result<Option<FlowTarget>, StoreError> {
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let Some(row) = tx.find::<flow::Entity>(id.uuid()).await? else { return Ok(None) };
    let Ok(graph) = Graph::read(&row.draft) else { return Ok(None) };
    let (bundle, _) = bundle::gather(&tx, id, 0, graph).await?;
    Ok(Some(FlowTarget { name: row.name, bundle: Arc::new(bundle) }))
}

/// The live version of a flow; `None`: there is none.
pub(super) async fn live(core: &Core, tenant: TenantId, id: FlowId) -> Result<Option<FlowTarget>, StoreError> {
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    published(&tx, id.uuid()).await
}

/// The way into a queue, as a flow of its own: who comes out of it untaken is told nothing more.
pub(super) async fn into_queue(core: &Core, tenant: TenantId, id: QueueId) -> Result<Option<FlowTarget>, StoreError> {
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let Some(row) = tx.find::<queue::Entity>(id.uuid()).await? else { return Ok(None) };
    let ends = ["timed_out", "full", "nobody", "after"].map(|exit| (exit.to_owned(), "over".into()));
    let graph = serde_json::json!({
        "schema": 1,
        "start": "start",
        "nodes": {
            "start": { "kind": "start", "exits": { "next": "queue" } },
            "queue": { "kind": "queue", "settings": { "queue": id.to_string() },
                "exits": serde_json::Map::from_iter(ends) },
            "over": { "kind": "hangup" },
        },
    });
    let Ok(graph) = Graph::read(&graph) else { return Ok(None) };
    Ok(Some(FlowTarget { name: row.name, bundle: Arc::new(Bundle::of(&id.to_string(), 1, graph)) }))
}

/// What calls run of a flow now, with every flow that they may come to.
async fn published(tx: &TenantTx, id: Uuid) -> Result<Option<FlowTarget>, StoreError> {
    let Some(row) = tx.find::<flow::Entity>(id).await? else { return Ok(None) };
    let graph = live_graph(tx, &row).await?.and_then(|graph| Graph::read(&graph).ok());
    let (Some(graph), Some(version)) = (graph, row.live) else { return Ok(None) };
    // What is wrong with it was said before it was published; what became wrong since then ends calls as `flow_failed`.
    let version = u32::try_from(version).unwrap_or_default();
    let (bundle, _) = bundle::gather(tx, FlowId::from_uuid(id), version, graph).await?;
    Ok(Some(FlowTarget { name: row.name, bundle: Arc::new(bundle) }))
}

async fn ringable(tx: &TenantTx, seat: seat::Model) -> Result<Ringable, StoreError> {
    let devices = tx.whole::<device::Entity>().is(device::Column::SeatId, seat.id);
    let devices = devices.order_by(device::Column::Id, Order::Asc).all().await?;
    Ok(Ringable { seat, devices })
}
