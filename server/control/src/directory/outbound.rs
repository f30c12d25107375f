//! A call from a seat: to a colleague, to the echo, or out through a gateway port with a number that the seat may show.

use kernel::{DeviceId, DialString, E164, EndCause, NumberId, SeatId, TenantId, Uuid};
use patchbay_gateway::{Candidate, Dial, DialPlan, NumberFormat, order, uri::Uri};
use patchbay_kernel as kernel;
use patchbay_plane::{
    CapacityError, Codec, DeviceTarget, Direction, DtmfMode, EarlyMedia, InviteFacts, Party, Resource, RouteAsk,
    RoutePlan, Service, SrtpMode, Stage, Target, TrunkTarget,
};
use patchbay_tenancy::{StoreError, system::FoundDevice};

use super::{
    Core, ECHO,
    credentials::kind,
    inbound::with_opus,
    no::No,
    paid,
    recall::{Lines, Ringable},
    sims,
    trunk::Port,
};
use crate::{inventory::numbers::row as tenant_number, money::Spend, seats::row::device};

/// Longest call, in seconds: a forgotten receiver must not hold a line for days.
pub(super) const MAX_TALK_S: u32 = 4 * 3_600;
/// Seconds of ringing abroad; exchanges give up after about three minutes, people long before.
const RING_S: u32 = 75;
/// Seconds of ringing on a colleague's seat.
const RING_SEAT_S: u32 = 45;
/// Gateway ports that are tried for one call.
pub(super) const MOST_STAGES: usize = 4;
/// Calls at once of a company while its owner's address, or the caller's, is not verified.
const TRIAL_CALLS: u32 = 2;
/// Numbers that a caller in need dials. The platform knows no location to send help to, so it must not pretend.
pub(super) const EMERGENCY: [&str; 5] = ["112", "911", "999", "000", "110"];
/// The header by which a device chooses the number that it displays.
pub(super) const DISPLAYED_HEADER: &str = "x-displayed-number";

pub(super) async fn route(
    core: &Core,
    ask: &RouteAsk,
    (tenant, seat, device): (TenantId, SeatId, DeviceId),
) -> Result<RoutePlan, No> {
    let found = core.recall.device(core, tenant, device).await?;
    let found = (*found).as_ref().filter(|found| found.seat_id == seat.uuid());
    let from = found.ok_or_else(|| No::rule(EndCause::Forbidden, "This device was removed"))?;
    if from.tenant_state != "active" {
        return Err(No::rule(EndCause::Suspended, format!("{} is suspended", from.company)));
    }
    if from.member_state.as_deref().is_some_and(|state| state != "active") {
        return Err(No::rule(EndCause::Forbidden, "Your membership is suspended"));
    }
    let dialled = dialled(&ask.invite)?;
    let plan = Draft { core, ask, from, tenant };
    if dialled.as_str() == ECHO {
        return Ok(plan.echo());
    }
    if let Some(colleague) = &*core.recall.extension(core, tenant, dialled.as_str()).await? {
        return plan.colleague(colleague);
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
    plan.out(number.ok_or_else(nothing)?).await
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
pub(super) fn ring_seat(place: &Ringable, codecs: &[Codec]) -> Result<Vec<Target>, No> {
    if place.devices.is_empty() {
        let text = format!("Extension {} has no device to ring", place.seat.extension);
        return Err(No::rule(EndCause::Unreachable, text));
    }
    let target = |device: &device::Model| {
        Target::Device(DeviceTarget {
            seat: SeatId::from_uuid(place.seat.id),
            device: DeviceId::from_uuid(device.id),
            username: device.username.clone(),
            kind: kind(&device.kind),
            codecs: codecs.to_vec(),
        })
    };
    Ok(place.devices.iter().map(target).collect())
}

/// Numbers that the seat may show, its default first: those given to it, then those that lead to it.
fn allowed(lines: &Lines, seat: Uuid) -> Vec<&tenant_number::Model> {
    let of = |id: &Uuid| lines.numbers.iter().find(|number| number.id == *id);
    let mut allowed: Vec<_> = lines.given.iter().filter_map(of).collect();
    for number in &lines.numbers {
        if number.destination_seat == Some(seat) && !allowed.iter().any(|known| known.id == number.id) {
            allowed.push(number);
        }
    }
    // The company's number for seats that have none.
    if allowed.is_empty() {
        allowed.extend(lines.numbers.iter().filter(|number| number.shown_by_default));
    }
    allowed
}

fn unknown(error: CapacityError) -> No {
    No::Store(StoreError::Other(error.to_string()))
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
            placed: None,
            ring_timeout_s: RING_SEAT_S,
            max_talk_s: MAX_TALK_S,
            early_media: EarlyMedia::OwnRingback,
            caller_gateway_port: None,
            caller_dtmf: DtmfMode::Rfc4733,
            caller_codecs: vec![Codec::Opus, Codec::Pcmu, Codec::Pcma],
            caller_srtp: SrtpMode::Off,
        }
    }

    /// The company's limit, and a small one while its owner or the caller has not shown that the address is theirs.
    fn limits(&self) -> Vec<Resource> {
        let mut limits = vec![company_resource(self.tenant, &self.from.company, self.from.max_calls)];
        let unknown_caller = self.from.member_state.is_some() && self.from.email_verified_at.is_none();
        if unknown_caller || !self.from.owner_verified {
            let label = format!("{} before its e-mail address is verified", self.from.company);
            limits.push(Resource { key: format!("trial:{}", self.tenant.uuid()), label, limit: TRIAL_CALLS });
        }
        limits
    }

    fn echo(&self) -> RoutePlan {
        let called = Party { number: ECHO.into(), name: Some("Echo".into()), seat: None };
        self.plan(Direction::Internal, called, vec![Stage { targets: vec![Target::Service(Service::Echo)] }])
    }

    fn colleague(&self, place: &Ringable) -> Result<RoutePlan, No> {
        let seat = &place.seat;
        if seat.id == self.from.seat_id {
            return Err(No::rule(EndCause::Busy, format!("{} is your own extension", seat.extension)));
        }
        let targets = ring_seat(place, &[Codec::Opus, Codec::Pcmu, Codec::Pcma])?;
        let called = Party {
            number: seat.extension.clone(),
            name: Some(seat.label.clone()),
            seat: Some(SeatId::from_uuid(seat.id)),
        };
        Ok(self.plan(Direction::Internal, called, vec![Stage { targets }]))
    }

    async fn out(&self, called: E164) -> Result<RoutePlan, No> {
        let lines = self.core.recall.lines(self.core, self.tenant, SeatId::from_uuid(self.from.seat_id)).await?;
        let allowed = allowed(&lines, self.from.seat_id);
        let shown = self.shown(&lines.numbers, &allowed)?;
        let (mut ports, resting) = way_out(self.core, &lines.ports, shown).await?;
        if !self.from.owner_verified {
            let lines = ports.len();
            ports.retain(|port| port.row.simulated);
            if ports.is_empty() && lines > 0 {
                let text = format!(
                    "Lines to the outside open once the owner of {} has confirmed the e-mail address, under Set up, \
                     Confirm your e-mail",
                    self.from.company
                );
                return Err(No::rule(EndCause::EmailUnverified, text));
            }
        }
        let first = ports.first().map(|port| (port.codecs(), port.early_media()));
        let dial = Dial::Number(called.clone());
        let targets = ports.iter().filter_map(|port| target(self.core, port, &dial, shown, &allowed));
        let stage = |target| Stage { targets: vec![Target::Trunk(Box::new(target))] };
        let stages: Vec<Stage> = targets.take(MOST_STAGES).map(stage).collect();
        let (Some((codecs, early_media)), false) = (first, stages.is_empty()) else {
            // A card that rests is a limit like any other, and named like one.
            if let Some(why) = resting {
                return Err(No::rule(EndCause::Congested, why));
            }
            let text = format!("No gateway port of {} can carry a call that shows {}", self.from.company, shown.e164);
            return Err(No::rule(EndCause::CarrierFailed, text));
        };
        let spend = Spend {
            tenant: self.tenant,
            call: self.ask.call,
            seat: Some(SeatId::from_uuid(self.from.seat_id)),
            number: &called,
            company: &self.from.company,
            country: &self.from.country,
        };
        let max_talk_s = paid(self.core, spend).await?;
        let party = Party { number: called.as_str().into(), name: None, seat: None };
        Ok(RoutePlan {
            max_talk_s,
            number: Some(NumberId::from_uuid(shown.id)),
            displayed: shown.e164.parse().ok(),
            ring_timeout_s: RING_S,
            early_media,
            caller_codecs: with_opus(codecs),
            ..self.plan(Direction::Outbound, party, stages)
        })
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
}

/// In the order of trying: by priority, price, and nearness to the displayed number's own line.
pub(super) async fn way_out<'p>(
    core: &Core,
    ports: &'p [Port],
    shown: &tenant_number::Model,
) -> Result<(Vec<&'p Port>, Option<String>), No> {
    let keys: Vec<String> = ports.iter().map(|port| port.resource().key).collect();
    // With one way there is nothing to weigh.
    let used = if ports.len() > 1 { core.parts.capacity.used(&keys).await.map_err(unknown)? } else { vec![0] };
    let home = ports.iter().find(|port| port.row.port_id == shown.gateway_port_id).map(Port::gateway);
    let now = core.parts.clock.wall();
    let candidates = ports.iter().zip(used).map(|(port, in_use)| Candidate {
        priority: u32::try_from(port.row.priority).unwrap_or(0),
        cost: port.row.cost_micros.and_then(|cost| u64::try_from(cost).ok()),
        distance: match home {
            _ if port.row.port_id == shown.gateway_port_id => 0,
            Some(home) if home == port.gateway() => 1,
            _ => 2,
        },
        weight: u32::try_from(port.row.weight).unwrap_or(1),
        in_use,
        channels: u32::try_from(port.row.channels - port.row.inbound_reserve).unwrap_or(0),
        health: port.health(now),
        id: port,
    });
    sims::awake(core, order(candidates.collect())).await
}

/// A line that shows its own number whatever is sent may be used only where that number is one the seat may show.
pub(super) fn target(
    core: &Core,
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
    port.target(core, called, Some(&number.e164.parse().ok()?))
}
