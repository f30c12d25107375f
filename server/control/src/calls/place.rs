//! Calls that are placed from a page or a program, and their end.

use axum::{http::StatusCode, response::Response};
use kernel::{CallId, DialString, EndCause, FlowId, SeatId};
use patchbay_kernel as kernel;
use patchbay_plane::{self as plane, PlaceAsk, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::steers::Steers;
use crate::{
    directory::ECHO,
    flows::row::flow,
    kit::{
        body::{Body, Id},
        once::Once,
        problem::{Or404, Problem},
    },
};

/// Who is dialled first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CallFirst)]
pub enum First {
    /// The seat: its devices ring, and the number is dialled when one has answered.
    #[default]
    Seat,
    /// The number: the seat is rung when it has answered.
    Number,
}

/// How devices of the seat take the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CallAnswer)]
pub enum Answer {
    /// By themselves, where they can: softphones in pages, and most desk phones.
    #[default]
    Auto,
    /// They ring until somebody answers.
    Ring,
}

/// A call to be placed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallNew {
    /// What to dial: a number as one would dial it, or an extension. Left out with `draft`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub called: String,
    /// `flow_..`: nothing is dialled, whoever answers at the seat meets the draft of this flow as a caller would. Needs `flows:write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub draft: Option<FlowId>,
    /// `seat_..`; none: one's own.
    pub seat: Option<String>,
    /// Who is dialled first.
    #[serde(default)]
    pub first: First,
    /// The number to display, one that the seat may; none: its usual one.
    pub displayed: Option<String>,
    /// How devices of the seat take the call.
    #[serde(default)]
    pub answer: Answer,
}

/// A call that has begun.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallPlaced {
    /// `call_..`: its events and its record go by it.
    pub id: String,
    /// `seat_..`
    pub seat: String,
    /// What is dialled.
    pub called: String,
}

/// Place a call for a seat. 202 when the first side is being dialled; events and the record tell how it goes. 422 `validation`
/// for what cannot be dialled or displayed, 409 `seat_unreachable` when the seat has no device, 503 `calls_full` with the limit.
#[utoipa::path(post, path = "/v1/calls", operation_id = "call_place", tag = "calls", request_body = CallNew,
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 202, body = CallPlaced)))]
pub async fn call_place(steers: Steers, once: Once, Body(ask): Body<CallNew>) -> Result<Response, Problem> {
    steers.no_support()?;
    let named = ask.seat.as_deref().map(str::parse::<SeatId>).transpose().map_err(|_| Problem::not_found())?;
    let text = "Digits, *, # and a plus in front, at most 32.";
    let called = if ask.draft.is_some() { ECHO } else { ask.called.as_str() };
    let called: DialString = called.parse().map_err(|_| Problem::field("called", "not_dialable", text))?;
    // Two readings around the call, never one writing through it: the switch writes its start meanwhile.
    let tx = steers.read().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let seat = SeatId::from_uuid(steers.seat(&tx, named).await?.id);
    if let Some(draft) = ask.draft {
        steers.draws_flows()?;
        tx.find::<flow::Entity>(draft.uuid()).await?.or_404()?;
    }
    drop(tx);
    let call = CallId::new(steers.app.now(), steers.app.chance().as_mut());
    let first = match ask.first {
        First::Seat => plane::First::Seat,
        First::Number => plane::First::Called,
    };
    let order = PlaceAsk {
        call,
        tenant: steers.tenant(),
        seat,
        called: called.clone(),
        first,
        displayed: ask.displayed.clone(),
        auto_answer: ask.answer == Answer::Auto,
        draft: ask.draft,
    };
    steers.app.switch()?.place(order).await.map_err(refused)?;
    let placed = CallPlaced { id: call.to_string(), seat: seat.to_string(), called: called.as_str().to_owned() };
    let tx = steers.write().await?;
    let noted =
        serde_json::json!({ "seat": placed.seat, "called": placed.called, "first": ask.first, "draft": ask.draft });
    tx.noted("call.placed", "call", &placed.id, noted);
    once.after(tx, &ask, StatusCode::ACCEPTED, &placed).await
}

/// What stands in the way, as an answer over HTTP.
pub(super) fn refused(why: Refusal) -> Problem {
    match why.cause {
        EndCause::BadNumber | EndCause::NotFound => Problem::field("called", "not_dialable", why.text),
        EndCause::Forbidden => Problem::new(StatusCode::FORBIDDEN, "call_refused", why.text),
        EndCause::Suspended => Problem::new(StatusCode::FORBIDDEN, "suspended", why.text),
        EndCause::EmailUnverified => Problem::new(StatusCode::FORBIDDEN, "email_unverified", why.text),
        EndCause::NoCredit => Problem::new(StatusCode::PAYMENT_REQUIRED, "no_credit", why.text),
        EndCause::Capped => Problem::new(StatusCode::FORBIDDEN, "capped", why.text),
        EndCause::Congested => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "calls_full", why.text),
        EndCause::Unreachable => Problem::conflict("seat_unreachable", why.text),
        EndCause::Overloaded | EndCause::Shutdown => Problem::busy(),
        EndCause::Internal => Problem::internal(why.text),
        _ => Problem::conflict("call_refused", why.text),
    }
}

/// End a call.
#[utoipa::path(post, path = "/v1/calls/{id}/hang-up", operation_id = "call_hang_up", tag = "calls", params(("id" = String, Path)),
    security(("user" = ["calls:operate"]), ("seat_token" = [])), responses((status = 204)))]
pub async fn call_hang_up(steers: Steers, Id(id): Id<CallId>) -> Result<StatusCode, Problem> {
    let tx = steers.read().await?;
    steers.call(&tx, id).await?;
    drop(tx);
    let tx = steers.write().await?;
    tx.noted("call.hung_up", "call", &id.to_string(), serde_json::json!({}));
    tx.commit().await?;
    if steers.app.switch()?.hang_up(steers.tenant(), id, EndCause::EndedByApi).await {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

crate::resource!(for pages "/v1/calls": call_place, "/v1/calls/{id}/hang-up": call_hang_up);
