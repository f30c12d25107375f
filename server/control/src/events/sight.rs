//! What somebody may see of the log and of the news: the one place that decides it, for the list, the feed and webhooks.
//!
//! Two questions: may they read the kind of thing that an event befell, and how far do they see: the whole company, or what befalls
//! the members and seats that their data scope reaches.

use kernel::{MemberId, SeatId, SessionId, TenantId, UserId, Uuid};
use patchbay_access::{Permission, Resource, Scope, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, EventRow, TenantTx, catalogue, outbox::event, system::session};
use sea_orm::{ColumnTrait, Condition, ExprTrait, sea_query::Expr};

use crate::{
    calls::routes::seen_seats,
    kit::{
        app::App,
        caller::{Caller, Person, membership, support_of},
        problem::Problem,
    },
    live::{LiveGrant, News, Watcher},
    people::row::member,
    programs::gate,
    seats::row::device,
};

const EVENTS: Permission = Permission { resource: Resource::Event, verb: Verb::Read };
/// What is told of their own seat to whoever may not read the log.
const OWN: [&str; 4] = ["seat", "call", "device", "voicemail"];
/// Things whose events name the seat they are about.
const OF_SEATS: [&str; 4] = ["call", "device", "seat_token", "voicemail"];

/// What somebody sees. Looked up when a feed opens and again with every ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Event types whose things they may read.
    kinds: Vec<&'static str>,
    reach: Reach,
}

/// How far somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// The whole company.
    All,
    /// Only these.
    Some { members: Vec<Uuid>, seats: Vec<Uuid>, devices: Vec<Uuid> },
}

fn kinds(may: impl Fn(&catalogue::EventType) -> bool) -> Vec<&'static str> {
    catalogue::ALL.iter().filter(|of| may(of)).map(|of| of.kind).collect()
}

impl Sight {
    /// Of somebody who may read the log of their company, as far as their data scope reaches. Fails as the store does.
    pub async fn of_caller(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let kinds = kinds(|of| caller.may(of.needs()));
        Ok(Self { kinds, reach: Reach::of(app, caller, caller.scope, caller.actor()).await? })
    }

    /// The same as a filter of rows.
    pub fn condition(&self) -> Condition {
        let mut all = Condition::all();
        if self.kinds.len() != catalogue::ALL.len() {
            all = all.add(event::Column::Kind.is_in(self.kinds.clone()));
        }
        let Reach::Some { members, seats, .. } = &self.reach else { return all };
        let members: Vec<String> = members.iter().map(|id| MemberId::from_uuid(*id).to_string()).collect();
        let seats: Vec<String> = seats.iter().map(|id| SeatId::from_uuid(*id).to_string()).collect();
        let is = |entity: &str| event::Column::Entity.eq(entity);
        let member = Condition::all().add(is("member")).add(event::Column::EntityId.is_in(members));
        let seat = Condition::all().add(is("seat")).add(event::Column::EntityId.is_in(seats.clone()));
        // Both back ends read JSON so.
        let named = Expr::cust("body ->> 'seat'").is_in(seats);
        let of_seat = Condition::all().add(event::Column::Entity.is_in(OF_SEATS)).add(named);
        all.add(Condition::any().add(member).add(seat).add(of_seat))
    }

    /// Whether they may see events of this type at all.
    pub fn knows(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether they see the whole company.
    pub const fn is_whole(&self) -> bool {
        matches!(self.reach, Reach::All)
    }

    /// Whether calls that are up may be shown.
    pub fn shows_seat(&self, seat: Option<SeatId>) -> bool {
        self.knows("call.started")
            && match &self.reach {
                Reach::All => true,
                Reach::Some { seats, .. } => seat.is_some_and(|seat| seats.contains(&seat.uuid())),
            }
    }

    /// Of whoever looks, as they are now; `None` when the session, the membership, the key or the token has ended.
    pub async fn of(app: &App, grant: &LiveGrant) -> Result<Option<Self>, Problem> {
        match grant.watcher {
            Watcher::Member { user, session } => Self::of_member(app, grant.tenant, user, session).await,
            Watcher::Key(key) => {
                let Some(caller) = gate::key_now(app, grant.tenant, key).await? else { return Ok(None) };
                if !caller.may(EVENTS) {
                    return Ok(None);
                }
                Self::of_caller(app, &caller).await.map(Some)
            }
            Watcher::Seat { token, seat } => {
                if !gate::seat_token_now(app, grant.tenant, token).await? {
                    return Ok(None);
                }
                let tx = app.database.tenant_read(grant.tenant, app.stamp(Actor::SeatToken(token))).await?;
                Ok(Some(Self::own(Reach::of_seats(&tx, Vec::new(), vec![seat.uuid()]).await?)))
            }
        }
    }

    async fn of_member(app: &App, tenant: TenantId, user: UserId, id: SessionId) -> Result<Option<Self>, Problem> {
        let row = app.database.system().find::<session::Entity>(id.uuid()).await?;
        let Some(row) = row.filter(|row| row.revoked_at.is_none()) else { return Ok(None) };
        // An operator in this person's place stays no longer than the visit lasts.
        if row.user_id.is_none() && support_of(app, &row).await?.is_none() {
            return Ok(None);
        }
        if row.sso_tenant_id.is_some_and(|home| home != tenant.uuid()) {
            return Ok(None);
        }
        let member = membership(app, user, tenant, id, row.sso_tenant_id.is_some()).await?;
        let kept_out = |needs_sso: bool| needs_sso && row.user_id.is_some();
        let member = member.filter(|member| !member.lacks_second_factor && !kept_out(member.needs_sso));
        let Some(member) = member else { return Ok(None) };
        if member.may(EVENTS) {
            let reach = Reach::of(app, &member, member.scope, member.actor()).await?;
            return Ok(Some(Self { kinds: kinds(|of| member.may(of.needs())), reach }));
        }
        // Without the right to the log nobody hears of more than themselves.
        Ok(Some(Self::own(Reach::of(app, &member, Scope::Own, member.actor()).await?)))
    }

    fn own(reach: Reach) -> Self {
        Self { kinds: kinds(|of| OWN.contains(&of.entity)), reach }
    }

    /// Whether the event may be seen.
    pub fn shows_event(&self, row: &EventRow) -> bool {
        if !self.knows(&row.kind) {
            return false;
        }
        let Reach::Some { members, seats, .. } = &self.reach else { return true };
        let about = match row.entity.as_str() {
            "member" => {
                return row.entity_id.parse::<MemberId>().is_ok_and(|member| members.contains(&member.uuid()));
            }
            "seat" => Some(row.entity_id.as_str()),
            entity if OF_SEATS.contains(&entity) => row.body.get("seat").and_then(|seat| seat.as_str()),
            _ => None,
        };
        about.and_then(|text| text.parse::<SeatId>().ok()).is_some_and(|seat| seats.contains(&seat.uuid()))
    }

    /// Whether the piece of news may be seen.
    pub fn shows_news(&self, news: &News) -> bool {
        let known = self.knows(match news {
            News::Call(_) | News::Answer(_) => "call.started",
            News::Contacts(_) => "device.created",
            News::Queues(_) => "queue.created",
        });
        let Reach::Some { seats, devices, .. } = &self.reach else { return known };
        known
            && match news {
                News::Call(event) => event.seat.is_some_and(|seat| seats.contains(&seat.uuid())),
                // A hint without figures: what is seen then is bounded where it is read.
                News::Queues(_) => true,
                News::Answer(wish) => seats.contains(&wish.seat.uuid()),
                News::Contacts(state) => devices.contains(&state.device.uuid()) || seats.contains(&state.seat.uuid()),
            }
    }
}

impl Reach {
    async fn of(app: &App, person: &Person, scope: Scope, actor: Actor) -> Result<Self, Problem> {
        if scope == Scope::All {
            return Ok(Self::All);
        }
        let mut tx = app.database.tenant_read(person.tenant, app.stamp(actor)).await?;
        tx.look_as(person.member, scope).await?;
        let members = tx.seen::<member::Entity>().ids(member::Column::Id).await?;
        let seats = seen_seats(&tx).await?.unwrap_or_default();
        Self::of_seats(&tx, members, seats).await
    }

    async fn of_seats(tx: &TenantTx, members: Vec<Uuid>, seats: Vec<Uuid>) -> Result<Self, Problem> {
        let theirs = tx.whole::<device::Entity>().filter(device::Column::SeatId.is_in(seats.clone()));
        let devices = theirs.all().await?.into_iter().map(|row| row.id).collect();
        Ok(Self::Some { members, seats, devices })
    }
}
