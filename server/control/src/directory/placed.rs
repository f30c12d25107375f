//! A call that is placed for a seat: what the seat may dial, with one more side to ring, its own devices.

use kernel::{DeviceId, EndCause};
use patchbay_kernel as kernel;
use patchbay_plane::{
    EarlyMedia, First, InviteFacts, Party, PlaceAsk, Placed, RouteAsk, RoutePlan, Source, Stage, Target,
};

use super::{
    Core,
    inbound::UNANSWERED_S,
    no::No,
    outbound::{self, DISPLAYED_HEADER, ring_seat},
    recall,
};

pub(super) async fn plan(core: &Core, ask: &PlaceAsk) -> Result<RoutePlan, No> {
    let (tenant, seat) = (ask.tenant, ask.seat);
    let place = core.recall.seat(core, tenant, seat).await?;
    let gone = || No::rule(EndCause::NotFound, "This seat was released");
    let place = (*place).as_ref().ok_or_else(gone)?;
    let nothing = || {
        let text = format!("Extension {} has no device to ring: sign in at it once, or add one", place.seat.extension);
        No::rule(EndCause::Unreachable, text)
    };
    let device = DeviceId::from_uuid(place.devices.first().ok_or_else(nothing)?.id);
    // As if one of its devices had dialled: the same rules, the same words.
    let route = RouteAsk { call: ask.call, source: Source::Seat { tenant, seat, device }, invite: invite(ask) };
    let mut plan = outbound::route(core, &route, (tenant, seat, device)).await?;
    if let Some(flow) = ask.draft {
        let none = || No::rule(EndCause::NotFound, "There is no such flow");
        let draft = recall::draft(core, tenant, flow).await?.ok_or_else(none)?;
        plan.called = Party { number: ask.called.as_str().to_owned(), name: Some(draft.name.clone()), seat: None };
        plan.ring_timeout_s = UNANSWERED_S;
        plan.stages = vec![Stage { targets: vec![Target::Flow(draft)] }];
    }
    let own = Stage { targets: ring_seat(place, &plan.caller_codecs)? };
    let called_first = ask.first == First::Called;
    let first_stages = if called_first { plan.stages.len() } else { 1 };
    if called_first {
        plan.stages.push(own);
        plan.early_media = EarlyMedia::OwnRingback;
    } else {
        plan.stages.insert(0, own);
    }
    plan.placed = Some(Placed { first_stages, called_first, auto_answer: ask.auto_answer });
    Ok(plan)
}

fn invite(ask: &PlaceAsk) -> InviteFacts {
    let uri = format!("sip:{}@placed", ask.called.as_str().replace('#', "%23"));
    InviteFacts {
        request_uri: uri.clone(),
        to_uri: uri,
        from_uri: String::new(),
        from_name: None,
        headers: ask.displayed.iter().map(|number| (DISPLAYED_HEADER.to_owned(), number.clone())).collect(),
    }
}
