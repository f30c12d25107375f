//! What a member may see of a feed: everything of the company, or what concerns their own seat.

use kernel::{SeatId, SessionId, TenantId, UserId, Uuid};
use patchbay_access::{Permission, Resource, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, EventRow, TenantTx, system::session};
use sea_orm::ColumnTrait;

use super::{LiveGrant, News, Watcher};
use crate::{
    calls::routes::own_seats,
    kit::{app::App, caller::membership, problem::Problem},
    programs::gate,
    seats::row::device,
};

const EVENTS: Permission = Permission { resource: Resource::Event, verb: Verb::Read };

/// Looked up when the feed opens and again with every ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The whole company.
    All,
    /// Only these seats and devices.
    Own {
        /// `seat_..`
        seats: Vec<Uuid>,
        /// `dev_..`
        devices: Vec<Uuid>,
    },
}

impl Sight {
    /// Of whoever looks, as they are now; `None` when the session, the membership, the key or the token has ended.
    pub async fn of(app: &App, grant: &LiveGrant) -> Result<Option<Self>, Problem> {
        match grant.watcher {
            Watcher::Member { user, session } => Self::of_member(app, grant.tenant, user, session).await,
            Watcher::Key(key) => {
                let Some(caller) = gate::key_now(app, grant.tenant, key).await? else { return Ok(None) };
                Ok(caller.may(EVENTS).then_some(Self::All))
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
            return Ok(Some(Self::All));
        }
        let tx = app.database.tenant_read(tenant, app.stamp(member.actor())).await?;
        let seats = own_seats(&tx, &member).await?;
        Ok(Some(Self::of_seats(&tx, seats).await?))
    }

    async fn of_seats(tx: &TenantTx, seats: Vec<Uuid>) -> Result<Self, Problem> {
        let theirs = tx.select::<device::Entity>().filter(device::Column::SeatId.is_in(seats.clone()));
        let devices = theirs.all().await?.into_iter().map(|row| row.id).collect();
        Ok(Self::Own { seats, devices })
    }

    /// Whether the event may be seen. The log of a company is nothing for agents but what befalls their own seat.
    pub fn shows_event(&self, row: &EventRow) -> bool {
        let Self::Own { seats, .. } = self else { return true };
        let about = match row.entity.as_str() {
            "seat" => Some(row.entity_id.as_str()),
            "call" | "device" => row.body.get("seat").and_then(|seat| seat.as_str()),
            _ => None,
        };
        about.and_then(|text| text.parse::<SeatId>().ok()).is_some_and(|seat| seats.contains(&seat.uuid()))
    }

    /// Whether the piece of news may be seen.
    pub fn shows_news(&self, news: &News) -> bool {
        let Self::Own { seats, devices } = self else { return true };
        match news {
            News::Call(event) => event.seat.is_some_and(|seat| seats.contains(&seat.uuid())),
            News::Contacts(state) => devices.contains(&state.device.uuid()) || seats.contains(&state.seat.uuid()),
        }
    }
}
