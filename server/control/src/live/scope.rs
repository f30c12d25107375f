//! What a member may see of a feed: everything of the company, or what concerns their own seat.

use kernel::{SeatId, Uuid};
use patchbay_access::{Permission, Resource, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::EventRow;

use super::{LiveGrant, News};
use crate::{
    calls::routes::own_seats,
    kit::{
        app::App,
        caller::{Member, membership},
        problem::Problem,
    },
    seats::row::device,
};

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
    /// Of the member as they are now; `None` when the session or the membership has ended.
    pub async fn of(app: &App, grant: &LiveGrant) -> Result<Option<Self>, Problem> {
        use patchbay_tenancy::system::session::Entity;
        let session = app.database.system().find::<Entity>(grant.session.uuid()).await?;
        if session.is_none_or(|row| row.revoked_at.is_some()) {
            return Ok(None);
        }
        let Some(member) = membership(app, grant.user, grant.tenant, grant.session).await? else { return Ok(None) };
        Ok(Some(Self::seen_by(app, &member).await?))
    }

    async fn seen_by(app: &App, member: &Member) -> Result<Self, Problem> {
        if member.role.may(Permission { resource: Resource::Event, verb: Verb::Read }) {
            return Ok(Self::All);
        }
        let tx = app.database.tenant_read(member.tenant, app.stamp(member.actor())).await?;
        let seats = own_seats(&tx, member).await?;
        let mine =
            tx.select::<device::Entity>().filter(sea_orm::ColumnTrait::is_in(&device::Column::SeatId, seats.clone()));
        let devices = mine.all().await?.into_iter().map(|row| row.id).collect();
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
