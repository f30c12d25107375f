//! Whoever steers calls that are up, and places new ones: a member, a program with the scope, or a browser with a seat token,
//! which reaches the calls of its seat and no others.

use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{CallId, SeatId, TenantId};
use patchbay_access::{Operate, Permission, Permit, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::LiveCall;
use patchbay_tenancy::{Actor, TenantTx};

use super::routes::seen_seats;
use crate::{
    kit::{
        app::App,
        caller::program_secret,
        may::{May, Place, active},
        problem::{Or404, Problem},
    },
    phone::softphone::own_seat,
    programs::gate::{self, Program},
    seats::row::seat,
};

/// The proof that somebody may steer calls.
pub struct Steers {
    /// The application.
    pub app: App,
    who: Who,
}

enum Who {
    Member(Box<May<Operate<of::Call>>>),
    Seat { tenant: TenantId, seat: SeatId, actor: Actor },
}

impl FromRequestParts<App> for Steers {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let who = match program_secret(parts) {
            Some(text) => match gate::program(parts, app, text).await? {
                Program::Key(caller) => Who::Member(Box::new(May::of(app, caller)?)),
                Program::Seat(grant) => {
                    active(grant.suspended, Operate::<of::Call>::PERMISSION)?;
                    Who::Seat { tenant: grant.tenant, seat: grant.seat, actor: Actor::SeatToken(grant.token) }
                }
            },
            None => Who::Member(Box::new(May::from_request_parts(parts, app).await?)),
        };
        Ok(Self { app: app.clone(), who })
    }
}

impl Steers {
    /// Whose rows.
    pub const fn tenant(&self) -> TenantId {
        match &self.who {
            Who::Member(may) => may.tenant(),
            Who::Seat { tenant, .. } => *tenant,
        }
    }

    /// A reading transaction of the company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        match &self.who {
            Who::Member(may) => may.read().await,
            Who::Seat { tenant, actor, .. } => {
                Ok(self.app.database.tenant_read(*tenant, self.app.stamp(*actor)).await?)
            }
        }
    }

    /// A writing transaction of the company. Fails as the store does.
    pub async fn write(&self) -> Result<TenantTx, Problem> {
        match &self.who {
            Who::Member(may) => may.write().await,
            Who::Seat { tenant, actor, .. } => Ok(self.app.database.tenant(*tenant, self.app.stamp(*actor)).await?),
        }
    }

    /// 403 for an operator at work in a company: they do not call in its name.
    pub fn no_support(&self) -> Result<(), Problem> {
        match &self.who {
            Who::Member(may) if may.caller.person.support.is_some() => Err(Problem::support_limited()),
            Who::Member(_) | Who::Seat { .. } => Ok(()),
        }
    }

    /// 403 for who may not change flows: a draft may dial whomever its author likes.
    pub fn draws_flows(&self) -> Result<(), Problem> {
        const WRITES: Permission = Write::<of::Flow>::PERMISSION;
        match &self.who {
            Who::Member(may) if may.caller.may(WRITES) => Ok(()),
            Who::Member(_) | Who::Seat { .. } => Err(Problem::forbidden()),
        }
    }

    /// The active seat that is meant: the one named, as far as the data scope reaches, else one's own. 404 where there is none.
    pub async fn seat(&self, tx: &TenantTx, named: Option<SeatId>) -> Result<seat::Model, Problem> {
        match (&self.who, named) {
            (Who::Seat { seat, .. }, named) => {
                named.is_none_or(|named| named == *seat).then_some(()).or_404()?;
                own_seat(tx, Place::At(*seat)).await
            }
            (Who::Member(may), None) => own_seat(tx, Place::Of(may.caller.member)).await,
            (Who::Member(_), Some(named)) => {
                let found = tx.find_seen::<seat::Entity>(named.uuid()).await?;
                found.filter(|seat| seat.state == "active").or_404()
            }
        }
    }

    /// The seat of this call for which somebody acts: the one named, else one's own where it is on the call, else the one that the
    /// call is about. 404 where none is in reach.
    pub async fn party(&self, tx: &TenantTx, up: &LiveCall, named: Option<SeatId>) -> Result<SeatId, Problem> {
        let seen = match &self.who {
            Who::Seat { seat, .. } => Some(vec![seat.uuid()]),
            Who::Member(_) => seen_seats(tx).await?,
        };
        let in_reach = |seat: &SeatId| seen.as_ref().is_none_or(|seen| seen.contains(&seat.uuid()));
        if let Some(named) = named {
            return up.seats().find(|seat| *seat == named).filter(in_reach).or_404();
        }
        let own = match &self.who {
            Who::Seat { seat, .. } => Some(*seat),
            Who::Member(may) => {
                own_seat(tx, Place::Of(may.caller.member)).await.ok().map(|row| SeatId::from_uuid(row.id))
            }
        };
        let own = up.seats().find(|seat| Some(*seat) == own);
        own.or_else(|| up.seats().find(in_reach)).or_404()
    }

    /// The call that is up, where a seat of it is in reach; 404 otherwise.
    pub async fn call(&self, tx: &TenantTx, id: CallId) -> Result<LiveCall, Problem> {
        let up = self.app.switch()?.live(Some(self.tenant())).into_iter().find(|live| live.call == id).or_404()?;
        let seats = match &self.who {
            Who::Seat { seat, .. } => Some(vec![seat.uuid()]),
            Who::Member(_) => seen_seats(tx).await?,
        };
        let reached = seats.is_none_or(|seats| up.seats().any(|seat| seats.contains(&seat.uuid())));
        reached.then_some(up).or_404()
    }
}
