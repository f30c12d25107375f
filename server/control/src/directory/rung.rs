//! Who is rung for the caller of a flow: seats, teams, extensions, and numbers outside.

use kernel::{DialString, E164, EndCause};
use patchbay_gateway::{Dial, DialPlan, NumberFormat};
use patchbay_ivr as ivr;
use patchbay_kernel as kernel;
use patchbay_plane::{RingAsk, Stage, Target};
use patchbay_tenancy::system::tenant;

use super::{
    Core,
    inbound::with_opus,
    no::No,
    outbound::{EMERGENCY, MOST_STAGES, ring_seat, target, way_out},
    paid,
    recall::Ringable,
};
use crate::money::Spend;

/// Everybody at once in the first stage; the stages after it are further ways to the one number outside, where that is all.
pub(super) async fn stages(core: &Core, ask: &RingAsk) -> Result<Vec<Stage>, No> {
    let codecs = with_opus(ask.codecs.clone());
    let mut all: Vec<Target> = Vec::new();
    let mut further = Vec::new();
    let mut why = None;
    for wanted in &ask.targets {
        match one(core, ask, wanted, &codecs).await {
            Ok(mut stages) if !stages.is_empty() => {
                all.append(&mut stages.remove(0).targets);
                further = stages;
            }
            Ok(_) => {}
            Err(No::Store(error)) => return Err(No::Store(error)),
            // Others may be there; who is not is told when nobody is.
            Err(no) => why = why.or(Some(no)),
        }
    }
    if all.is_empty() {
        return Err(why.unwrap_or_else(|| No::rule(EndCause::Unreachable, "There is nobody to ring")));
    }
    let mut stages = vec![Stage { targets: all }];
    if ask.targets.len() == 1 {
        stages.append(&mut further);
    }
    Ok(stages)
}

async fn one(
    core: &Core,
    ask: &RingAsk,
    wanted: &ivr::Target,
    codecs: &[patchbay_plane::Codec],
) -> Result<Vec<Stage>, No> {
    let tenant = ask.tenant;
    let gone = |what: &str| No::rule(EndCause::NotFound, format!("There is no such {what} any more"));
    let seat = |place: &Ringable| Ok(vec![Stage { targets: ring_seat(place, codecs)? }]);
    match wanted {
        ivr::Target::Seat { seat: id } => {
            let id = id.parse().map_err(|_| gone("seat"))?;
            let place = core.recall.seat(core, tenant, id).await?;
            seat((*place).as_ref().ok_or_else(|| gone("seat"))?)
        }
        ivr::Target::Team { team } => {
            let id = team.parse().map_err(|_| gone("team"))?;
            let places = core.recall.team(core, tenant, id).await?;
            let rung = |place: &Ringable| ring_seat(place, codecs).unwrap_or_default();
            let targets: Vec<Target> = places.iter().flat_map(rung).collect();
            if targets.is_empty() {
                return Err(No::rule(EndCause::Unreachable, "Nobody of the team has a device to ring"));
            }
            Ok(vec![Stage { targets }])
        }
        ivr::Target::Extension { extension } => {
            let place = core.recall.extension(core, tenant, extension).await?;
            let none = || No::rule(EndCause::NotFound, format!("There is no extension {extension}"));
            seat((*place).as_ref().ok_or_else(none)?)
        }
        ivr::Target::Number { number } => outside(core, ask, number).await,
    }
}

/// Ways to a number outside, which sees the number that the caller dialled.
async fn outside(core: &Core, ask: &RingAsk, dialled: &str) -> Result<Vec<Stage>, No> {
    let bad = || No::rule(EndCause::BadNumber, format!("\"{dialled}\" cannot be dialled"));
    let dialled: DialString = dialled.parse().map_err(|_| bad())?;
    if EMERGENCY.contains(&dialled.as_str()) {
        return Err(No::rule(EndCause::Forbidden, format!("{} is not dialled by a flow", dialled.as_str())));
    }
    let company = core.database().system().find::<tenant::Entity>(ask.tenant.uuid()).await?;
    let company = company.ok_or_else(|| No::rule(EndCause::NotFound, "The company is gone"))?;
    let number = NumberFormat::National.read(dialled.as_str(), DialPlan::of(&company.country).as_ref());
    let nothing = || No::rule(EndCause::NotFound, format!("{} is no telephone number", dialled.as_str()));
    let called: E164 = number.ok_or_else(nothing)?;
    let lines = core.recall.company_lines(core, ask.tenant).await?;
    let shown = lines.numbers.iter().find(|row| ask.number.is_some_and(|id| id.uuid() == row.id));
    let shown = shown.or_else(|| lines.numbers.iter().find(|row| row.shown_by_default)).or(lines.numbers.first());
    let none = || No::rule(EndCause::Forbidden, format!("{} has no number to display", company.name));
    let shown = shown.ok_or_else(none)?;
    let (mut ports, resting) = way_out(core, &lines.ports, shown).await?;
    if !core.database().system().has_verified_owner(ask.tenant).await? {
        let lines = ports.len();
        ports.retain(|port| port.row.simulated);
        if ports.is_empty() && lines > 0 {
            let text = format!(
                "Lines to the outside open once the owner of {} has confirmed the e-mail address",
                company.name
            );
            return Err(No::rule(EndCause::EmailUnverified, text));
        }
    }
    let dial = Dial::Number(called.clone());
    let targets = ports.iter().filter_map(|port| target(core, port, &dial, shown, &[shown]));
    let stage = |target| Stage { targets: vec![Target::Trunk(Box::new(target))] };
    let stages: Vec<Stage> = targets.take(MOST_STAGES).map(stage).collect();
    match (stages.is_empty(), resting) {
        (false, _) => {
            let (company, country) = (company.name.as_str(), company.country.as_str());
            let spend = Spend { tenant: ask.tenant, call: ask.call, seat: None, number: &called, company, country };
            paid(core, spend).await?;
            Ok(stages)
        }
        (true, Some(why)) => Err(No::rule(EndCause::Congested, why)),
        (true, None) => {
            let text = format!("No gateway port of {} can carry a call that shows {}", company.name, shown.e164);
            Err(No::rule(EndCause::CarrierFailed, text))
        }
    }
}
