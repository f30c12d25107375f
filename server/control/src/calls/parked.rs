//! Calls that wait at a slot of the company for whoever picks them up.

use axum::{Json, http::StatusCode};
use kernel::{CallId, SeatId};
use patchbay_kernel as kernel;
use patchbay_plane::{CallOrder, OrderAsk};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    orders::{Acting, CallSecond, unobeyed},
    steers::Steers,
};
use crate::{
    kit::{
        body::{Ask, Body, Id},
        problem::{Or404, Problem},
    },
    seats::{row::seat, view::Surroundings},
};

/// Slots of a company.
const SLOTS: std::ops::RangeInclusive<u16> = 1..=99;

/// Where a call is to be parked.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CallPark {
    /// 1 to 99; absent: the first that is free.
    pub slot: Option<u16>,
}

/// A call that is parked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParkedCall {
    /// Where: 1 to 99. A phone picks it up by dialling `*85` and the slot.
    pub slot: u16,
    /// `call_..`
    pub call: String,
    /// Number of the one who waits; empty when withheld.
    pub number: String,
    /// Their name, where known.
    pub name: Option<String>,
    /// Who parked it.
    pub by: String,
    /// `seat_..` of who parked it, which is rung for it again every two minutes.
    pub seat: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// Park a call: the other party hears music at a slot of the company until somebody picks it up, and the seat is off the call. 409
/// `slot_taken` when the slot is taken, or all are.
#[utoipa::path(post, path = "/v1/calls/{id}/park", operation_id = "call_park", tag = "calls",
    params(("id" = String, Path), Acting), request_body = CallPark,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 200, body = ParkedCall)))]
pub async fn call_park(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
    Body(ask): Body<CallPark>,
) -> Result<Json<ParkedCall>, Problem> {
    steers.no_support()?;
    if ask.slot.is_some_and(|slot| !SLOTS.contains(&slot)) {
        return Err(Problem::field("slot", "out_of_range", "Slots are numbered 1 to 99."));
    }
    let seat = steers.acting(id, &acting).await?;
    let order = OrderAsk { tenant: steers.tenant(), call: id, seat, order: CallOrder::Park(ask.slot) };
    let switch = steers.app.switch()?;
    switch.order(order).await.map_err(|why| match why {
        patchbay_plane::Unobeyed::Refused(why) if why.cause == kernel::EndCause::Busy => {
            Problem::conflict("slot_taken", "This slot is taken, or all are.")
        }
        why => unobeyed(why),
    })?;
    let parked = switch.parked(steers.tenant()).into_iter().find(|parked| parked.call == id).or_404()?;
    let tx = steers.write().await?;
    let said = serde_json::json!({ "seat": seat.to_string(), "slot": parked.slot });
    tx.noted("call.parked", "call", &id.to_string(), said);
    tx.commit().await?;
    let shown = shown(&steers, vec![parked]).await?;
    shown.into_iter().next().map(Json).or_404()
}

/// Calls that are parked, by slot: whoever may pick one up sees them all.
#[utoipa::path(get, path = "/v1/parked-calls", operation_id = "parked_call_list", tag = "calls",
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 200, body = [ParkedCall])))]
pub async fn parked_call_list(steers: Steers) -> Result<Json<Vec<ParkedCall>>, Problem> {
    let parked = steers.app.switch_if_up().map(|switch| switch.parked(steers.tenant())).unwrap_or_default();
    Ok(Json(shown(&steers, parked).await?))
}

/// Pick up a parked call. 202: the seat's softphone takes it by itself, its desk phone rings. 404 where it is not parked.
#[utoipa::path(post, path = "/v1/calls/{id}/pick-up", operation_id = "call_pick_up", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 202, body = CallSecond)))]
pub async fn call_pick_up(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
) -> Result<(StatusCode, Json<CallSecond>), Problem> {
    steers.no_support()?;
    let switch = steers.app.switch()?;
    let slot = switch.parked(steers.tenant()).into_iter().find(|parked| parked.call == id).or_404()?.slot;
    let tx = steers.read().await?;
    let seat = SeatId::from_uuid(steers.seat(&tx, acting.named()?).await?.id);
    drop(tx);
    let call = switch.pick_up(steers.tenant(), slot, seat).await.map_err(unobeyed)?;
    let tx = steers.write().await?;
    let said = serde_json::json!({ "seat": seat.to_string(), "slot": slot });
    tx.noted("call.picked_up", "call", &call.to_string(), said);
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(CallSecond { id: call.to_string() })))
}

async fn shown(steers: &Steers, parked: Vec<patchbay_plane::ParkedCall>) -> Result<Vec<ParkedCall>, Problem> {
    if parked.is_empty() {
        return Ok(Vec::new());
    }
    let tx = steers.read().await?;
    let around = Surroundings::of(&steers.app, &tx).await?;
    let seats = tx.whole::<seat::Entity>().all().await?;
    let by = |id: SeatId| seats.iter().find(|row| row.id == id.uuid()).map(|row| around.name(row)).unwrap_or_default();
    let one = |of: patchbay_plane::ParkedCall| ParkedCall {
        slot: of.slot,
        call: of.call.to_string(),
        number: of.number,
        name: of.name,
        by: by(of.by),
        seat: of.by.to_string(),
        since: of.at.to_offset(),
    };
    Ok(parked.into_iter().map(one).collect())
}

crate::resource!(for pages
    "/v1/calls/{id}/park": call_park,
    "/v1/parked-calls": parked_call_list,
    "/v1/calls/{id}/pick-up": call_pick_up,
);
