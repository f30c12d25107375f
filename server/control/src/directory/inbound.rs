//! A call from a gateway: which number was called, whose it is, and who is rung.

use std::sync::Arc;

use kernel::{EndCause, GatewayId, GatewayPortId, NumberId, SeatId, TenantId};
use patchbay_gateway::{Called, Facts, Ingress, PortHint, callers::keeps_out, ingress};
use patchbay_kernel as kernel;
use patchbay_plane::{Codec, Direction, EarlyMedia, InviteFacts, Party, Refusal, RouteAsk, RoutePlan, Stage, Target};
use patchbay_tenancy::system::FoundNumber;

use super::{
    Core,
    no::No,
    outbound::{MAX_TALK_S, company_resource, ring_seat},
    recall::Led,
    trunk::Port,
};
use crate::inventory::numbers::row as tenant_number;

/// Seconds of ringing on a seat.
const RING_S: u32 = 45;
/// Seconds within which a flow must answer: telephone networks give up after about three minutes.
pub(super) const UNANSWERED_S: u32 = 170;

/// A call from a box, understood as far as the inventory goes.
pub(super) struct Arrival {
    heard: Ingress,
    ports: Arc<Vec<Port>>,
    /// Which of them it came in on.
    pub(super) place: usize,
    pub(super) number: FoundNumber,
    pub(super) tenant: TenantId,
}

/// What says which gateway port of a box a call comes in on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// The account that spoke.
    Account,
    /// The INVITE names it.
    Hint(PortHint),
    /// There is only one.
    Only,
    /// Nothing but the number, which lives on one.
    Number,
}

pub(super) async fn route(
    core: &Core,
    ask: &RouteAsk,
    gateway: GatewayId,
    gateway_port: Option<GatewayPortId>,
) -> Result<RoutePlan, Refusal> {
    let arrival = arrive(core, &ask.invite, gateway, gateway_port).await.map_err(|no| no.told(None))?;
    let tenant = arrival.tenant;
    ring(core, ask, arrival).await.map_err(|no| no.told(Some(tenant)))
}

/// What the box's profile makes of an INVITE.
pub(super) fn hear(first: &Port, invite: &InviteFacts) -> Ingress {
    let facts = Facts {
        request_uri: &invite.request_uri,
        to_uri: &invite.to_uri,
        from_uri: &invite.from_uri,
        from_name: invite.from_name.as_deref(),
        headers: &invite.headers,
    };
    ingress(first.profile, &facts, &first.row.country)
}

/// Which of a box's gateway ports the call comes in on, as far as it says so itself. The account that spoke is proof; what the
/// INVITE says of the gateway port is a hint.
pub(super) fn placed(
    ports: &[Port],
    account_of: Option<GatewayPortId>,
    hint: Option<&PortHint>,
) -> (Option<usize>, Placed) {
    match (account_of, hint) {
        (Some(id), _) => (ports.iter().position(|port| port.id() == id), Placed::Account),
        (None, Some(hint)) => {
            let place = match hint {
                PortHint::Ordinal(n) => ports.iter().position(|port| port.row.ordinal == i32::from(*n)),
                PortHint::Group(name) => ports.iter().position(|port| port.row.port_label == *name),
            };
            (place, Placed::Hint(hint.clone()))
        }
        (None, None) if ports.len() == 1 => (Some(0), Placed::Only),
        (None, None) => (None, Placed::Number),
    }
}

/// From the box's words to a number that belongs to a company.
pub(super) async fn arrive(
    core: &Core,
    invite: &InviteFacts,
    gateway: GatewayId,
    account_of: Option<GatewayPortId>,
) -> Result<Arrival, No> {
    let ports = core.recall.gateway_ports(core, gateway).await?;
    let gone = || No::rule(EndCause::NotFound, "This gateway has no gateway ports");
    let first = ports.first().ok_or_else(gone)?;
    let label = first.row.gateway_label.clone();
    let heard = hear(first, invite);
    let (place, _) = placed(&ports, account_of, heard.port_hint.as_ref());
    let number = match &heard.called {
        Some(Called::Number(number)) => {
            let unknown = || No::rule(EndCause::NotFound, format!("{number} is not a number of this platform"));
            let found = core.recall.number(core, number.as_str()).await?;
            let found = (*found).clone().ok_or_else(unknown)?;
            if !ports.iter().any(|port| port.row.port_id == found.gateway_port_id) {
                return Err(No::rule(EndCause::NotFound, format!("{number} does not live on {label}")));
            }
            found
        }
        Some(Called::Line) => line_number(core, place.map(|place| &ports[place]), &label).await?,
        Some(Called::Dialled(text)) => {
            return Err(No::rule(
                EndCause::NotFound,
                format!("{} is not a number that {label} brings calls for", text.as_str()),
            ));
        }
        None => return Err(No::rule(EndCause::BadNumber, format!("{label} does not say which number was called"))),
    };
    let unassigned = || No::rule(EndCause::NotFound, format!("{} is not assigned to any company", number.e164));
    let tenant = TenantId::from_uuid(number.tenant_id.ok_or_else(unassigned)?);
    let place = place.or_else(|| ports.iter().position(|port| port.row.port_id == number.gateway_port_id));
    let place = place.ok_or_else(gone)?;
    if !ports[place].row.enabled {
        return Err(No::rule(EndCause::NotFound, format!("{} is switched off", ports[place].label())));
    }
    Ok(Arrival { heard, ports, place, number, tenant })
}

/// The one number of the line that it came in on.
async fn line_number(core: &Core, port: Option<&Port>, label: &str) -> Result<FoundNumber, No> {
    let nameless = || No::rule(EndCause::NotFound, format!("{label} does not say which line the call came in on"));
    let port = port.ok_or_else(nameless)?;
    match core.recall.numbers_on(core, port.row.port_id).await?.as_slice() {
        [number] => Ok(number.clone()),
        [] => Err(No::rule(EndCause::NotFound, format!("No number on {} is assigned to any company", port.label()))),
        _ => {
            let text = format!("{} has several numbers, and {label} does not say which was called", port.label());
            Err(No::rule(EndCause::NotFound, text))
        }
    }
}

/// From the company's number to its devices.
pub(super) async fn ring(core: &Core, ask: &RouteAsk, arrival: Arrival) -> Result<RoutePlan, No> {
    let Arrival { heard, ports, place, number, tenant: id } = arrival;
    let port = &ports[place];
    let gone = || No::rule(EndCause::NotFound, format!("{} is not assigned to any company", number.e164));
    let led = core.recall.led(core, id, number.id).await?;
    let Led { company, number: row, place, flow, callers } = (*led).as_ref().ok_or_else(gone)?;
    if company.state != "active" {
        return Err(No::rule(EndCause::Suspended, format!("{} is suspended", company.name)));
    }
    if let Some(rule) = keeps_out(callers, &heard.caller) {
        let text =
            format!("{} does not take calls from {}: {} is blocked", company.name, heard.caller.text(), rule.pattern);
        return Err(No::rule(EndCause::Forbidden, text));
    }
    let (targets, seat, ring_timeout_s) = match (flow, place) {
        (Some(flow), _) => (vec![Target::Flow(flow.clone())], None, UNANSWERED_S),
        (None, Some(place)) => {
            (ring_seat(place, &with_opus(port.codecs()))?, Some(SeatId::from_uuid(place.seat.id)), RING_S)
        }
        (None, None) => return Err(nowhere(row)),
    };
    let name = if row.label.is_empty() { None } else { Some(row.label.clone()) };
    let mut resources = vec![company_resource(id, &company.name, company.max_calls)];
    resources.extend(port.shared());
    resources.push(port.resource());
    Ok(RoutePlan {
        tenant: id,
        call: ask.call,
        direction: Direction::Inbound,
        caller: Party { number: heard.caller.text().to_owned(), name: heard.caller_name, seat: None },
        called: Party { number: row.e164.clone(), name, seat },
        number: Some(NumberId::from_uuid(number.id)),
        displayed: None,
        resources,
        stages: vec![Stage { targets }],
        placed: None,
        ring_timeout_s,
        max_talk_s: MAX_TALK_S,
        // The telephone network makes the ringing tone for its own subscriber when it is told 180.
        early_media: EarlyMedia::None,
        caller_gateway_port: Some((port.gateway(), port.id())),
        caller_dtmf: port.dtmf(),
        caller_codecs: port.codecs(),
        caller_srtp: port.srtp(),
    })
}

fn nowhere(row: &tenant_number::Model) -> No {
    let to_seat = row.destination_seat.is_some() && row.destination_kind == "seat";
    let text = if to_seat { "leads to a seat that was released" } else { "leads nowhere: give it a seat" };
    No::rule(EndCause::NotFound, format!("{} {text}", row.e164))
}

/// The line's codecs first, so that nothing need be transcoded; Opus for devices that have nothing else.
pub(super) fn with_opus(mut codecs: Vec<Codec>) -> Vec<Codec> {
    if !codecs.contains(&Codec::Opus) {
        codecs.push(Codec::Opus);
    }
    codecs
}
