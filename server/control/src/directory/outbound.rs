//! A call from a seat: to a colleague, to the echo, or out through a gateway port with a number that the seat may show.

use std::collections::{HashMap, HashSet};

use kernel::{DeviceId, DialString, E164, EndCause, NumberId, SeatId, TenantId, Uuid};
use patchbay_gateway::{Candidate, Dial, DialPlan, NumberFormat, order, uri::Uri};
use patchbay_kernel as kernel;
use patchbay_plane::{
    Codec, DeviceTarget, Direction, DtmfMode, EarlyMedia, InviteFacts, Party, Resource, RouteAsk, RoutePlan, Service,
    SrtpMode, Stage, Target, TrunkTarget,
};
use patchbay_tenancy::{TenantTx, system::FoundDevice};
use sea_orm::Order;

use super::{Core, ECHO, credentials::kind, inbound::with_opus, no::No, trunk::Port};
use crate::{
    inventory::{numbers::row as tenant_number, rentals::row as rental},
    seats::row::{device, seat, seat_number},
};

/// Longest call, in seconds: a forgotten receiver must not hold a line for days.
pub(super) const MAX_TALK_S: u32 = 4 * 3_600;
/// Seconds of ringing abroad; exchanges give up after about three minutes, people long before.
const RING_S: u32 = 75;
/// Seconds of ringing on a colleague's seat.
const RING_SEAT_S: u32 = 45;
/// Gateway ports that are tried for one call.
const MOST_STAGES: usize = 4;
/// Calls at once of a company while the caller's address is not verified.
const TRIAL_CALLS: u32 = 2;
/// Numbers that a caller in need dials. The platform knows no location to send help to, so it must not pretend.
const EMERGENCY: [&str; 5] = ["112", "911", "999", "000", "110"];
/// The header by which a device chooses the number that it displays.
const DISPLAYED_HEADER: &str = "x-displayed-number";

pub(super) async fn route(
    core: &Core,
    ask: &RouteAsk,
    (tenant, seat, device): (TenantId, SeatId, DeviceId),
) -> Result<RoutePlan, No> {
    let found = core.database().system().device_by_id(tenant, device.uuid()).await?;
    let found = found.filter(|found| found.seat_id == seat.uuid());
    let from = found.ok_or_else(|| No::rule(EndCause::Forbidden, "This device was removed"))?;
    if from.tenant_state != "active" {
        return Err(No::rule(EndCause::Suspended, format!("{} is suspended", from.company)));
    }
    if from.member_state.as_deref().is_some_and(|state| state != "active") {
        return Err(No::rule(EndCause::Forbidden, "Your membership is suspended"));
    }
    let dialled = dialled(&ask.invite)?;
    let plan = Draft { core, ask, from: &from, tenant };
    if dialled.as_str() == ECHO {
        return Ok(plan.echo());
    }
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let colleague = tx.select::<seat::Entity>().is(seat::Column::Extension, dialled.as_str());
    if let Some(colleague) = colleague.is(seat::Column::State, "active").one().await? {
        return plan.colleague(&tx, colleague).await;
    }
    if EMERGENCY.contains(&dialled.as_str()) {
        let text = format!("{} cannot be called from here: use a telephone that help can locate", dialled.as_str());
        return Err(No::rule(EndCause::Forbidden, text));
    }
    let number = NumberFormat::National.read(dialled.as_str(), DialPlan::of(&from.country).as_ref());
    let nothing = || {
        let text = format!("{} is neither an extension of {} nor a telephone number", dialled.as_str(), from.company);
        No::rule(EndCause::NotFound, text)
    };
    plan.out(tx, number.ok_or_else(nothing)?).await
}

/// The user part of the Request-URI, as dialled.
fn dialled(invite: &InviteFacts) -> Result<DialString, No> {
    let user = Uri::parse(&invite.request_uri).map(|uri| uri.user.into_owned()).unwrap_or_default();
    user.parse().map_err(|_| No::rule(EndCause::BadNumber, format!("\"{user}\" cannot be dialled")))
}

/// The limit of a company's calls.
pub(super) fn company_resource(tenant: TenantId, name: &str, max_calls: i32) -> Resource {
    let limit = u32::try_from(max_calls).unwrap_or(0);
    Resource { key: format!("ten:{}", tenant.uuid()), label: name.to_owned(), limit }
}

/// Every device of a seat, to ring together; refused when it has none.
pub(super) async fn ring_seat(tx: &TenantTx, seat: &seat::Model, codecs: &[Codec]) -> Result<Vec<Target>, No> {
    let devices = tx.select::<device::Entity>().is(device::Column::SeatId, seat.id);
    let devices = devices.order_by(device::Column::Id, Order::Asc).all().await?;
    if devices.is_empty() {
        return Err(No::rule(EndCause::Unreachable, format!("Extension {} has no device to ring", seat.extension)));
    }
    let target = |device: device::Model| {
        Target::Device(DeviceTarget {
            seat: SeatId::from_uuid(seat.id),
            device: DeviceId::from_uuid(device.id),
            username: device.username,
            kind: kind(&device.kind),
            codecs: codecs.to_vec(),
        })
    };
    Ok(devices.into_iter().map(target).collect())
}

/// What is known of the call before its way is.
struct Draft<'a> {
    core: &'a Core,
    ask: &'a RouteAsk,
    from: &'a FoundDevice,
    tenant: TenantId,
}

impl Draft<'_> {
    fn plan(&self, direction: Direction, called: Party, stages: Vec<Stage>) -> RoutePlan {
        let name = self.from.member_name.clone().unwrap_or_else(|| self.from.seat_label.clone());
        let seat = SeatId::from_uuid(self.from.seat_id);
        let caller = Party { number: self.from.extension.clone(), name: Some(name), seat: Some(seat) };
        RoutePlan {
            tenant: self.tenant,
            call: self.ask.call,
            direction,
            caller,
            called,
            number: None,
            displayed: None,
            resources: self.limits(),
            stages,
            ring_timeout_s: RING_SEAT_S,
            max_talk_s: MAX_TALK_S,
            early_media: EarlyMedia::OwnRingback,
            caller_gateway_port: None,
            caller_dtmf: DtmfMode::Rfc4733,
            caller_codecs: vec![Codec::Opus, Codec::Pcmu, Codec::Pcma],
            caller_srtp: SrtpMode::Off,
        }
    }

    /// The company's limit, and a small one while the person has not shown that the address is theirs.
    fn limits(&self) -> Vec<Resource> {
        let mut limits = vec![company_resource(self.tenant, &self.from.company, self.from.max_calls)];
        if self.from.member_state.is_some() && self.from.email_verified_at.is_none() {
            let label = format!("{} before its e-mail address is verified", self.from.company);
            limits.push(Resource { key: format!("trial:{}", self.tenant.uuid()), label, limit: TRIAL_CALLS });
        }
        limits
    }

    fn echo(&self) -> RoutePlan {
        let called = Party { number: ECHO.into(), name: Some("Echo".into()), seat: None };
        self.plan(Direction::Internal, called, vec![Stage { targets: vec![Target::Service(Service::Echo)] }])
    }

    async fn colleague(&self, tx: &TenantTx, seat: seat::Model) -> Result<RoutePlan, No> {
        if seat.id == self.from.seat_id {
            return Err(No::rule(EndCause::Busy, format!("{} is your own extension", seat.extension)));
        }
        let targets = ring_seat(tx, &seat, &[Codec::Opus, Codec::Pcmu, Codec::Pcma]).await?;
        let called = Party { number: seat.extension, name: Some(seat.label), seat: Some(SeatId::from_uuid(seat.id)) };
        Ok(self.plan(Direction::Internal, called, vec![Stage { targets }]))
    }

    async fn out(&self, tx: TenantTx, called: E164) -> Result<RoutePlan, No> {
        let numbers =
            tx.select::<tenant_number::Entity>().order_by(tenant_number::Column::E164, Order::Asc).all().await?;
        let allowed = self.allowed(&tx, &numbers).await?;
        let shown = self.shown(&numbers, &allowed)?;
        let rented = tx.select::<rental::Entity>().all().await?;
        // The next questions take a connection of their own: whoever waits for one must hold none, or enough callers at once
        // wait for each other.
        drop(tx);
        let ids: HashSet<Uuid> =
            numbers.iter().map(|row| row.gateway_port_id).chain(rented.iter().map(|row| row.id)).collect();
        let ports = self.ports(&ids.into_iter().collect::<Vec<_>>(), shown).await?;
        let first = ports.first().map(|port| (port.codecs(), port.early_media()));
        let dial = Dial::Number(called.clone());
        let targets = ports.iter().filter_map(|port| self.target(port, &dial, shown, &allowed));
        let stage = |target| Stage { targets: vec![Target::Trunk(Box::new(target))] };
        let stages: Vec<Stage> = targets.take(MOST_STAGES).map(stage).collect();
        let (Some((codecs, early_media)), false) = (first, stages.is_empty()) else {
            let text = format!("No gateway port of {} can carry a call that shows {}", self.from.company, shown.e164);
            return Err(No::rule(EndCause::CarrierFailed, text));
        };
        let party = Party { number: called.as_str().into(), name: None, seat: None };
        Ok(RoutePlan {
            number: Some(NumberId::from_uuid(shown.id)),
            displayed: shown.e164.parse().ok(),
            ring_timeout_s: RING_S,
            early_media,
            caller_codecs: with_opus(codecs),
            ..self.plan(Direction::Outbound, party, stages)
        })
    }

    /// Numbers that the seat may show, its default first: those given to it, then those that lead to it.
    async fn allowed<'n>(
        &self,
        tx: &TenantTx,
        numbers: &'n [tenant_number::Model],
    ) -> Result<Vec<&'n tenant_number::Model>, No> {
        let given = tx.select::<seat_number::Entity>().is(seat_number::Column::SeatId, self.from.seat_id);
        let given = given.order_by(seat_number::Column::Id, Order::Asc).all().await?;
        let mut allowed: Vec<_> =
            given.iter().filter_map(|row| numbers.iter().find(|number| number.id == row.number_id)).collect();
        for number in numbers {
            let own = number.destination_seat == Some(self.from.seat_id);
            if own && !allowed.iter().any(|known| known.id == number.id) {
                allowed.push(number);
            }
        }
        Ok(allowed)
    }

    /// The displayed number: the one that the device chose, when the company has it and the seat may show it, else the default.
    fn shown<'n>(
        &self,
        numbers: &[tenant_number::Model],
        allowed: &[&'n tenant_number::Model],
    ) -> Result<&'n tenant_number::Model, No> {
        let extension = &self.from.extension;
        let header = self.ask.invite.headers.iter().find(|(name, _)| name == DISPLAYED_HEADER);
        let Some((_, chosen)) = header.filter(|(_, value)| !value.trim().is_empty()) else {
            let none = || {
                let text = format!("Extension {extension} has no number to display: claim one and give it to the seat");
                No::rule(EndCause::Forbidden, text)
            };
            return allowed.first().copied().ok_or_else(none);
        };
        let dialled: Option<DialString> = chosen.trim().parse().ok();
        let chosen = dialled.map_or_else(|| chosen.trim().to_owned(), |text| text.as_str().to_owned());
        if let Some(number) = allowed.iter().find(|number| number.e164 == chosen) {
            return Ok(number);
        }
        let text = if numbers.iter().any(|number| number.e164 == chosen) {
            format!("Extension {extension} may not display {chosen}")
        } else {
            format!("{chosen} is not a number of {}", self.from.company)
        };
        Err(No::rule(EndCause::Forbidden, text))
    }

    /// In the order of trying: the gateway port of the displayed number, others of its box, others.
    async fn ports(&self, ids: &[Uuid], shown: &tenant_number::Model) -> Result<Vec<Port>, No> {
        let system = self.core.database().system();
        let rows = system.trunks(ids).await?.into_iter().filter(|row| row.enabled);
        let ports: Vec<Port> = rows.filter_map(Port::of).collect();
        let keys: Vec<String> = ports.iter().map(|port| port.resource().key).collect();
        let used: HashMap<String, i64> = system.slots_in_use(&keys).await?;
        let home = ports.iter().find(|port| port.row.port_id == shown.gateway_port_id).map(Port::gateway);
        let candidates = ports.into_iter().zip(keys).map(|(port, key)| Candidate {
            priority: match home {
                _ if port.row.port_id == shown.gateway_port_id => 0,
                Some(home) if home == port.gateway() => 1,
                _ => 2,
            },
            in_use: used.get(&key).and_then(|count| u32::try_from(*count).ok()).unwrap_or(0),
            channels: u32::try_from(port.row.channels).unwrap_or(0),
            health: port.health(),
            id: port,
        });
        Ok(order(candidates.collect()))
    }

    /// A line that shows its own number whatever is sent may be used only where that number is one the seat may show.
    fn target(
        &self,
        port: &Port,
        called: &Dial,
        shown: &tenant_number::Model,
        allowed: &[&tenant_number::Model],
    ) -> Option<TrunkTarget> {
        let own = |number: &&&tenant_number::Model| number.gateway_port_id == port.row.port_id;
        let number = if port.shows_own_number() && shown.gateway_port_id != port.row.port_id {
            allowed.iter().find(own)?
        } else {
            shown
        };
        port.target(self.core, called, Some(&number.e164.parse().ok()?))
    }
}
