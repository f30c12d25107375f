//! The ticket that opens a feed.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use patchbay_access::{Permission, Resource, Verb};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LiveGrant, Watcher};
use crate::{
    kit::{
        app::App,
        caller::{Member, program_secret},
        problem::Problem,
    },
    programs::gate::{self, Program},
};

/// Opens one feed: `GET /v1/live?ticket=..&after=..` as a WebSocket.
#[derive(Clone, Serialize, ToSchema)]
pub struct LiveTicket {
    /// Good once, for 30 seconds.
    pub ticket: String,
}

impl FromRequestParts<App> for LiveGrant {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(text) = program_secret(parts) else {
            let who = Member::from_request_parts(parts, app).await?;
            let watcher = Watcher::Member { user: who.user, session: who.session };
            return Ok(Self { tenant: who.tenant, watcher });
        };
        match gate::program(parts, app, text).await? {
            Program::Seat(grant) => {
                Ok(Self { tenant: grant.tenant, watcher: Watcher::Seat { token: grant.token, seat: grant.seat } })
            }
            Program::Key(caller) => {
                let events = Permission { resource: Resource::Event, verb: Verb::Read };
                let key = caller.key.as_ref().filter(|_| caller.may(events));
                let key = key.ok_or_else(|| Problem::scope_missing(&events.to_string()))?;
                Ok(Self { tenant: caller.tenant, watcher: Watcher::Key(key.id) })
            }
        }
    }
}

/// A ticket for the live feed of one's company: all of it, or what befalls one's own seat, as the role, the scopes or the seat
/// token say.
#[utoipa::path(post, path = "/v1/live/ticket", operation_id = "live_ticket", tag = "events",
    security(("user" = []), ("api_key" = ["events:read"]), ("seat_token" = [])), responses((status = 201, body = LiveTicket)))]
pub async fn live_ticket(State(app): State<App>, grant: LiveGrant) -> Result<(StatusCode, Json<LiveTicket>), Problem> {
    let ticket = app.live_tickets.sell(grant, app.clock.tick(), app.chance().as_mut())?;
    Ok((StatusCode::CREATED, Json(LiveTicket { ticket })))
}

crate::resource!(for pages "/v1/live/ticket": live_ticket);
