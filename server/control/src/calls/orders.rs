//! Orders about a call that is up, from a page or a program, for one of the seats on it.

use axum::{Json, http::StatusCode};
use kernel::{CallId, DialString, FlowId, QueueId, SeatId};
use patchbay_kernel as kernel;
use patchbay_plane::{CallOrder, Hearer, OrderAsk, Signal, Unobeyed};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{place::refused, steers::Steers};
use crate::{
    kit::{
        body::{Ask, Body, Id},
        problem::Problem,
    },
    live::{News, feed::Answering},
};

/// Bounds of a tone, in Hertz: what a telephone carries.
const HEARD_HZ: std::ops::RangeInclusive<u16> = 300..=3_400;

/// For which seat.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Acting {
    /// `seat_..` of the call; none: one's own where it is on the call, else the one that the call is about.
    seat: Option<String>,
}

impl Acting {
    /// The seat that is named. 404 where that is none.
    pub fn named(&self) -> Result<Option<SeatId>, Problem> {
        self.seat.as_deref().map(str::parse::<SeatId>).transpose().map_err(|_| Problem::not_found())
    }
}

/// Where the other party is sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallTransfer {
    /// An extension or a number, as the seat would dial it.
    pub called: String,
}

/// Where the other party is sent: to what is dialled, to a flow, or to a queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CallSent {
    /// An extension or a number, as the seat would dial it.
    pub called: Option<String>,
    /// `flow_..` with a live version: who has called goes there, in this same call, and the seat leaves at once.
    #[schema(value_type = Option<String>)]
    pub flow: Option<FlowId>,
    /// `que_..`: who has called waits there, in this same call, and the seat leaves at once.
    #[schema(value_type = Option<String>)]
    pub queue: Option<QueueId>,
}

/// The call that was placed for an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallSecond {
    /// `call_..`: its events and its record go by it.
    pub id: String,
}

/// Digits to be sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallDigits {
    /// `0`-`9`, `*`, `#`; at most 32.
    pub digits: String,
}

/// A signal that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallSignal {
    /// As heard while it rings.
    Ringback,
    /// A steady tone.
    Tone,
}

/// Who hears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallHearer {
    /// The seat.
    Seat,
    /// The other party.
    #[default]
    Other,
    /// Both.
    Both,
}

/// What is played, and to whom.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallPlay {
    /// What.
    pub signal: CallSignal,
    /// Of `tone`, in Hertz: 300 to 3400; 440 unless told otherwise.
    pub hz: Option<u16>,
    /// To whom.
    #[serde(default)]
    pub to: CallHearer,
}

impl Steers {
    /// Gives the order and notes it; the call that was placed for it, where one was.
    async fn order(
        &self,
        id: CallId,
        acting: &Acting,
        order: CallOrder,
        noted: &'static str,
    ) -> Result<Option<CallId>, Problem> {
        let seat = self.acting(id, acting).await?;
        let ask = OrderAsk { tenant: self.tenant(), call: id, seat, order };
        let placed = self.app.switch()?.order(ask).await.map_err(unobeyed)?;
        let tx = self.write().await?;
        tx.noted(noted, "call", &id.to_string(), serde_json::json!({ "seat": seat.to_string() }));
        tx.commit().await?;
        Ok(placed)
    }

    /// The seat of the call for which somebody acts.
    pub(super) async fn acting(&self, id: CallId, acting: &Acting) -> Result<SeatId, Problem> {
        let named = acting.named()?;
        let tx = self.read().await?;
        let up = self.call(&tx, id).await?;
        self.party(&tx, &up, named).await
    }
}

/// Why an order is not obeyed, to whoever gave it.
pub(super) fn unobeyed(why: Unobeyed) -> Problem {
    match why {
        Unobeyed::NoCall => Problem::not_found(),
        Unobeyed::NotTalking => Problem::conflict("not_talking", "The two of this call do not talk."),
        Unobeyed::UnderWay => {
            Problem::conflict("transfer_under_way", "The other party of this call is being transferred, or was.")
        }
        Unobeyed::Refused(why) => refused(why),
    }
}

fn dialled(field: &str, text: &str) -> Result<DialString, Problem> {
    let why = "Digits, *, # and a plus in front, at most 32.";
    text.parse().map_err(|_| Problem::field(field, "not_dialable", why))
}

/// Put the other party on hold.
#[utoipa::path(post, path = "/v1/calls/{id}/hold", operation_id = "call_hold", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_hold(steers: Steers, Id(id): Id<CallId>, Ask(acting): Ask<Acting>) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::Hold, "call.held").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Talk to the other party again.
#[utoipa::path(post, path = "/v1/calls/{id}/resume", operation_id = "call_resume", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_resume(steers: Steers, Id(id): Id<CallId>, Ask(acting): Ask<Acting>) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::Resume, "call.resumed").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send the other party to an extension or a number. 202 when that is being dialled: the seat stays on until it is answered, and
/// has the other party back when it is not. Or send a caller to a flow or a queue: the answer names this same call, and the seat is
/// off it.
#[utoipa::path(post, path = "/v1/calls/{id}/transfer", operation_id = "call_transfer", tag = "calls",
    params(("id" = String, Path), Acting), request_body = CallSent,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 202, body = CallSecond)))]
pub async fn call_transfer(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
    Body(ask): Body<CallSent>,
) -> Result<(StatusCode, Json<CallSecond>), Problem> {
    steers.no_support()?;
    let order = match (&ask.called, ask.flow, ask.queue) {
        (None, Some(flow), None) => CallOrder::ToFlow(flow),
        (None, None, Some(queue)) => CallOrder::ToQueue(queue),
        (called, None, None) => CallOrder::Transfer(dialled("called", called.as_deref().unwrap_or_default())?),
        (_, _, queue) => {
            let field = if queue.is_some() { "queue" } else { "flow" };
            return Err(Problem::field(field, "not_applicable", "Something to dial, a flow, or a queue: one of them."));
        }
    };
    second(steers.order(id, &acting, order, "call.transferred").await?)
}

fn second(placed: Option<CallId>) -> Result<(StatusCode, Json<CallSecond>), Problem> {
    let placed = placed.ok_or_else(|| Problem::internal("an order that places a call placed none"))?;
    Ok((StatusCode::ACCEPTED, Json(CallSecond { id: placed.to_string() })))
}

/// Ask a third party, in a second call in the seat's name, while the other party hears music. 202 when it is being dialled; then
/// `swap`, `merge`, `complete` or `cancel-consult`.
#[utoipa::path(post, path = "/v1/calls/{id}/consult", operation_id = "call_consult", tag = "calls",
    params(("id" = String, Path), Acting), request_body = CallTransfer,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 202, body = CallSecond)))]
pub async fn call_consult(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
    Body(ask): Body<CallTransfer>,
) -> Result<(StatusCode, Json<CallSecond>), Problem> {
    steers.no_support()?;
    let called = dialled("called", &ask.called)?;
    second(steers.order(id, &acting, CallOrder::Consult(called), "call.consulted").await?)
}

/// Talk to the one who waits; the one that the seat talks to hears music.
#[utoipa::path(post, path = "/v1/calls/{id}/swap", operation_id = "call_swap", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_swap(steers: Steers, Id(id): Id<CallId>, Ask(acting): Ask<Acting>) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::Swap, "call.swapped").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All talk to each other; a further `consult` brings in one more.
#[utoipa::path(post, path = "/v1/calls/{id}/merge", operation_id = "call_merge", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_merge(steers: Steers, Id(id): Id<CallId>, Ask(acting): Ask<Acting>) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::Merge, "call.merged").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leave the others to each other. While the one who was asked still rings, this is a transfer to it.
#[utoipa::path(post, path = "/v1/calls/{id}/complete", operation_id = "call_complete", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_complete(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::Complete, "call.completed").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End the second call and talk to the other party again.
#[utoipa::path(post, path = "/v1/calls/{id}/cancel-consult", operation_id = "call_cancel_consult", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_cancel_consult(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::CancelConsult, "call.consult_cancelled").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send digits to the other party, in the way that it takes digits. The call's timeline keeps them, the audit log does not.
#[utoipa::path(post, path = "/v1/calls/{id}/digits", operation_id = "call_digits", tag = "calls",
    params(("id" = String, Path), Acting), request_body = CallDigits,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 204)))]
pub async fn call_digits(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
    Body(ask): Body<CallDigits>,
) -> Result<StatusCode, Problem> {
    let digits = dialled("digits", &ask.digits)?;
    steers.order(id, &acting, CallOrder::Digits(digits), "call.digits_sent").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Play a signal to one side or both, until it is stopped.
#[utoipa::path(post, path = "/v1/calls/{id}/play", operation_id = "call_play", tag = "calls",
    params(("id" = String, Path), Acting), request_body = CallPlay,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 204)))]
pub async fn call_play(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
    Body(ask): Body<CallPlay>,
) -> Result<StatusCode, Problem> {
    let hz = ask.hz.unwrap_or(440);
    if !HEARD_HZ.contains(&hz) {
        return Err(Problem::field("hz", "out_of_range", "A telephone carries 300 to 3400 Hertz."));
    }
    let signal = match ask.signal {
        CallSignal::Ringback => Signal::Ringback,
        CallSignal::Tone => Signal::Tone(hz),
    };
    let hearer = match ask.to {
        CallHearer::Seat => Hearer::Seat,
        CallHearer::Other => Hearer::Other,
        CallHearer::Both => Hearer::Both,
    };
    steers.order(id, &acting, CallOrder::Play(signal, hearer), "call.played").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End what is played.
#[utoipa::path(post, path = "/v1/calls/{id}/stop-play", operation_id = "call_stop_play", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 204)))]
pub async fn call_stop_play(
    steers: Steers,
    Id(id): Id<CallId>,
    Ask(acting): Ask<Acting>,
) -> Result<StatusCode, Problem> {
    steers.order(id, &acting, CallOrder::StopPlay, "call.play_stopped").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have the softphones of the seat answer the call that rings there. 202: pages that are open are told over their live feed;
/// desk phones answer by hand.
#[utoipa::path(post, path = "/v1/calls/{id}/answer", operation_id = "call_answer", tag = "calls",
    params(("id" = String, Path), Acting), security(("user" = ["calls:operate"]), ("seat_token" = [])),
    responses((status = 202)))]
pub async fn call_answer(steers: Steers, Id(id): Id<CallId>, Ask(acting): Ask<Acting>) -> Result<StatusCode, Problem> {
    steers.no_support()?;
    let seat = steers.acting(id, &acting).await?;
    let tx = steers.write().await?;
    tx.noted("call.answer_asked", "call", &id.to_string(), serde_json::json!({ "seat": seat.to_string() }));
    tx.commit().await?;
    steers.app.feed.tell(News::Answer(Answering { tenant: steers.tenant(), seat, call: id }));
    Ok(StatusCode::ACCEPTED)
}

crate::resource!(for pages
    "/v1/calls/{id}/hold": call_hold,
    "/v1/calls/{id}/resume": call_resume,
    "/v1/calls/{id}/transfer": call_transfer,
    "/v1/calls/{id}/consult": call_consult,
    "/v1/calls/{id}/swap": call_swap,
    "/v1/calls/{id}/merge": call_merge,
    "/v1/calls/{id}/complete": call_complete,
    "/v1/calls/{id}/cancel-consult": call_cancel_consult,
    "/v1/calls/{id}/digits": call_digits,
    "/v1/calls/{id}/play": call_play,
    "/v1/calls/{id}/stop-play": call_stop_play,
    "/v1/calls/{id}/answer": call_answer,
);
