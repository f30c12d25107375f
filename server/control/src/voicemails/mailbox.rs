//! Whose box a message is for.

use kernel::{SeatId, TeamId, Uuid};
use patchbay_ivr::Target;
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};

use crate::{people::organisation_row::team, seats::row::seat};

/// A box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailbox {
    /// Of an active seat.
    Seat(Uuid),
    /// Of a team.
    Team(Uuid),
}

impl Mailbox {
    /// The box that a flow means; `None`: there is none, or no longer.
    ///
    /// # Errors
    /// As the store fails.
    pub async fn meant(tx: &TenantTx, target: &Target) -> Result<Option<Self>, StoreError> {
        let active =
            |seats: Option<seat::Model>| seats.filter(|row| row.state == "active").map(|row| Self::Seat(row.id));
        match target {
            Target::Seat { seat } => {
                let Ok(id) = seat.parse::<SeatId>() else { return Ok(None) };
                Ok(active(tx.find_whole::<seat::Entity>(id.uuid()).await?))
            }
            Target::Extension { extension } => {
                let seats = tx.whole::<seat::Entity>().is(seat::Column::Extension, extension.trim());
                Ok(active(seats.is(seat::Column::State, "active").one().await?))
            }
            Target::Team { team } => {
                let Ok(id) = team.parse::<TeamId>() else { return Ok(None) };
                Ok(tx.find::<team::Entity>(id.uuid()).await?.map(|row| Self::Team(row.id)))
            }
            Target::Number { .. } => Ok(None),
        }
    }

    /// The seat, where it is one's.
    pub const fn seat(self) -> Option<Uuid> {
        match self {
            Self::Seat(id) => Some(id),
            Self::Team(_) => None,
        }
    }
    /// The team, where it is one's.
    pub const fn team(self) -> Option<Uuid> {
        match self {
            Self::Team(id) => Some(id),
            Self::Seat(_) => None,
        }
    }
}
