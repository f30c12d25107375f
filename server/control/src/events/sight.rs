//! What somebody may see of the log and of the news: the one place that decides it, for the list, the feed and webhooks.
//!
//! Two questions: may they read the kind of thing that an event befell, and how far do they see: the whole company, or what concerns
//! their own seat.

use kernel::{SeatId, SessionId, TenantId, UserId, Uuid};
use patchbay_access::{Permission, Resource, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, EventRow, TenantTx, catalogue, outbox::event, system::session};
use sea_orm::{ColumnTrait, Condition};

use crate::{
    calls::routes::own_seats,
    kit::{
        app::App,
        caller::{Caller, membership},
        problem::Problem,
    },
    live::{LiveGrant, News, Watcher},
    programs::gate,
    seats::row::device,
};

const EVENTS: Permission = Permission { resource: Resource::Event, verb: Verb::Read };

/// What somebody sees. Looked up when a feed opens and again with every ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Event types whose things they may read.
    kinds: Vec<&'static str>,
    reach: Reach,
}

/// How far somebody sees. Whatever lies between a seat and the company (a team, a department) is one more variant here.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// The whole company.
    All,
    /// Only these seats and devices.
    Own { seats: Vec<Uuid>, devices: Vec<Uuid> },
}

fn kinds(may: impl Fn(Permission) -> bool) -> Vec<&'static str> {
    catalogue::ALL.iter().filter(|of| may(of.needs())).map(|of| of.kind).collect()
}

impl Sight {
    /// Of somebody who may read the log of their company.
    pub fn of_caller(caller: &Caller) -> Self {
        Self { kinds: kinds(|permission| caller.may(permission)), reach: Reach::All }
    }

    /// The same as a filter of rows.
    pub fn condition(&self) -> Condition {
        let all = Condition::all();
        if self.kinds.len() == catalogue::ALL.len() {
            all
        } else {
            all.add(event::Column::Kind.is_in(self.kinds.clone()))
        }
    }

    /// Whether they may see events of this type at all.
    pub fn knows(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether calls that are up may be shown.
    pub fn shows_seat(&self, seat: Option<SeatId>) -> bool {
        match &self.reach {
            Reach::All => self.knows("call.started"),
            Reach::Own { seats, .. } => seat.is_some_and(|seat| seats.contains(&seat.uuid())),
        }
    }

    /// Of whoever looks, as they are now; `None` when the session, the membership, the key or the token has ended.
    pub async fn of(app: &App, grant: &LiveGrant) -> Result<Option<Self>, Problem> {
        match grant.watcher {
            Watcher::Member { user, session } => Self::of_member(app, grant.tenant, user, session).await,
            Watcher::Key(key) => {
                let Some(caller) = gate::key_now(app, grant.tenant, key).await? else { return Ok(None) };
                Ok(caller.may(EVENTS).then(|| Self::of_caller(&caller)))
            }
            Watcher::Seat { token, seat } => {
                if !gate::seat_token_now(app, grant.tenant, token).await? {
                    return Ok(None);
                }
                let tx = app.database.tenant_read(grant.tenant, app.stamp(Actor::SeatToken(token))).await?;
                Ok(Some(Self::of_seats(&tx, vec![seat.uuid()]).await?))
            }
        }
    }

    async fn of_member(app: &App, tenant: TenantId, user: UserId, id: SessionId) -> Result<Option<Self>, Problem> {
        let row = app.database.system().find::<session::Entity>(id.uuid()).await?;
        if row.is_none_or(|row| row.revoked_at.is_some()) {
            return Ok(None);
        }
        let Some(member) = membership(app, user, tenant, id).await? else { return Ok(None) };
        if member.may(EVENTS) {
            return Ok(Some(Self { kinds: kinds(|permission| member.may(permission)), reach: Reach::All }));
        }
        let tx = app.database.tenant_read(tenant, app.stamp(member.actor())).await?;
        let seats = own_seats(&tx, &member).await?;
        Ok(Some(Self::of_seats(&tx, seats).await?))
    }

    async fn of_seats(tx: &TenantTx, seats: Vec<Uuid>) -> Result<Self, Problem> {
        let theirs = tx.select::<device::Entity>().filter(device::Column::SeatId.is_in(seats.clone()));
        let devices = theirs.all().await?.into_iter().map(|row| row.id).collect();
        Ok(Self { kinds: Vec::new(), reach: Reach::Own { seats, devices } })
    }

    /// Whether the event may be seen. The log of a company is nothing for agents but what befalls their own seat.
    pub fn shows_event(&self, row: &EventRow) -> bool {
        let Reach::Own { seats, .. } = &self.reach else { return self.knows(&row.kind) };
        let about = match row.entity.as_str() {
            "seat" => Some(row.entity_id.as_str()),
            "call" | "device" => row.body.get("seat").and_then(|seat| seat.as_str()),
            _ => None,
        };
        about.and_then(|text| text.parse::<SeatId>().ok()).is_some_and(|seat| seats.contains(&seat.uuid()))
    }

    /// Whether the piece of news may be seen.
    pub fn shows_news(&self, news: &News) -> bool {
        let Reach::Own { seats, devices } = &self.reach else {
            return self.knows(match news {
                News::Call(_) => "call.started",
                News::Contacts(_) => "device.created",
            });
        };
        match news {
            News::Call(event) => event.seat.is_some_and(|seat| seats.contains(&seat.uuid())),
            News::Contacts(state) => devices.contains(&state.device.uuid()) || seats.contains(&state.seat.uuid()),
        }
    }
}
