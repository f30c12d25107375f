//! The ticket that opens a feed.

use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::LiveGrant;
use crate::kit::{may::SignedIn, problem::Problem};

/// Opens one feed: `GET /v1/live?ticket=..&after=..` as a WebSocket.
#[derive(Clone, Serialize, ToSchema)]
pub struct LiveTicket {
    /// Good once, for 30 seconds.
    pub ticket: String,
}

/// A ticket for the live feed of one's company.
#[utoipa::path(post, path = "/v1/live/ticket", operation_id = "live_ticket", tag = "events", security(("user" = [])),
    responses((status = 201, body = LiveTicket)))]
pub async fn live_ticket(signed: SignedIn) -> Result<(StatusCode, Json<LiveTicket>), Problem> {
    let (app, who) = (&signed.app, &signed.caller);
    let grant = LiveGrant { tenant: who.tenant, user: who.user, member: who.member, session: who.session };
    let ticket = app.live_tickets.sell(grant, app.clock.tick(), app.chance().as_mut())?;
    Ok((StatusCode::CREATED, Json(LiveTicket { ticket })))
}

crate::resource!(live_ticket);
