//! The extractor that is the permission: a handler that takes `May<Write<of::Seat>>` cannot run without `seats:write`.
//!
//! It is also the only way to the company's rows: transactions are opened from it, late, once the body has been read, because
//! on SQLite an open writer keeps all others waiting.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    http::{Method, StatusCode},
};
use kernel::{MemberId, SeatId, TenantId};
use patchbay_access::{Permission, Permit, Resource, Scope, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, TenantTx};

use super::{
    app::App,
    caller::{Caller, Member, OperatorCaller, Person, program_secret},
    problem::Problem,
};
use crate::{
    phone::softphone::Pages,
    programs::gate::{self, Program},
};

/// A member who has the permission `P`, or a program that has it too.
pub struct May<P> {
    /// The application.
    pub app: App,
    /// Who.
    pub caller: Caller,
    proof: PhantomData<P>,
}

impl<P: Permit> FromRequestParts<App> for May<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(app, Caller::from_request_parts(parts, app).await?)
    }
}

impl<P: Permit> May<P> {
    /// Of a caller who is known already; 403 without the permission.
    pub fn of(app: &App, caller: Caller) -> Result<Self, Problem> {
        allowed(&caller, P::PERMISSION)?;
        Ok(Self { app: app.clone(), caller, proof: PhantomData })
    }
}

fn allowed(caller: &Caller, permission: Permission) -> Result<(), Problem> {
    // A program shows a key, which is a proof of its own.
    if caller.key.is_none() && caller.lacks_second_factor {
        let text = "This company asks for a second factor. Turn yours on first.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "second_factor_required", text));
    }
    if !caller.may(permission) {
        return Err(match &caller.key {
            None => Problem::forbidden(),
            Some(_) if !permission.is_for_programs() => Problem::person_required(),
            Some(_) => Problem::scope_missing(&permission.to_string()),
        });
    }
    unlasting(caller, permission)?;
    active(caller.suspended, permission)
}

/// An operator at work in a company leaves nothing there that outlives the visit: no credential, no person, no telephone.
fn unlasting(caller: &Caller, permission: Permission) -> Result<(), Problem> {
    use Resource::{ApiKey, Device, Invitation, Member, Role, SeatToken, SingleSignOn, Softphone, Webhook};
    let lasts = matches!(
        permission.resource,
        ApiKey | Device | Invitation | Member | Role | SeatToken | SingleSignOn | Softphone | Webhook
    );
    if caller.person.support.is_some() && lasts && permission.verb != Verb::Read {
        return Err(Problem::support_limited());
    }
    Ok(())
}

/// 403 for what a suspended company may not.
pub fn active(suspended: bool, permission: Permission) -> Result<(), Problem> {
    if suspended && permission.verb != Verb::Read {
        return Err(is_suspended());
    }
    Ok(())
}

fn is_suspended() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "suspended", "This company is suspended: it can look, no more.")
}

/// Whose telephone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one of whoever is signed in.
    Of(MemberId),
    /// The one that a seat token names.
    At(SeatId),
}

/// Whoever sits at a telephone: a member with the permission `P`, or a browser with a seat token.
pub struct AtSeat<P> {
    /// The application.
    pub app: App,
    /// Whose.
    pub place: Place,
    /// Whose pages may be that telephone.
    pub pages: Pages,
    tenant: TenantId,
    actor: Actor,
    proof: PhantomData<P>,
}

impl<P: Permit> FromRequestParts<App> for AtSeat<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (tenant, place, pages, actor) = if let Some(text) = program_secret(parts) {
            match gate::program(parts, app, text).await? {
                Program::Key(_) => return Err(Problem::person_required()),
                Program::Seat(grant) => {
                    active(grant.suspended, P::PERMISSION)?;
                    (grant.tenant, Place::At(grant.seat), grant.pages, Actor::SeatToken(grant.token))
                }
            }
        } else {
            let may = May::<P>::from_request_parts(parts, app).await?;
            (may.tenant(), Place::Of(may.caller.member), Pages::Ours, may.caller.actor())
        };
        Ok(Self { app: app.clone(), place, pages, tenant, actor, proof: PhantomData })
    }
}

impl<P> AtSeat<P> {
    /// Whose rows.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
    /// A reading transaction of the seat's company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        Ok(self.app.database.tenant_read(self.tenant, self.app.stamp(self.actor)).await?)
    }
    /// A writing transaction of the seat's company. Fails as the store does.
    pub async fn write(&self) -> Result<TenantTx, Problem> {
        Ok(self.app.database.tenant(self.tenant, self.app.stamp(self.actor)).await?)
    }
}

/// The transaction as this person looks at it.
async fn looking(mut tx: TenantTx, person: &Person) -> Result<TenantTx, Problem> {
    tx.look_as(person.member, person.scope).await?;
    Ok(tx)
}

impl<P> May<P> {
    /// 403 unless they see the whole company: for what is about all of it and cannot be shown in part.
    pub fn whole_company(&self) -> Result<(), Problem> {
        if self.caller.scope == Scope::All {
            return Ok(());
        }
        let text = "Only who sees the whole company may see this.";
        Err(Problem::new(StatusCode::FORBIDDEN, "whole_company_only", text))
    }
    /// Whose rows.
    pub const fn tenant(&self) -> TenantId {
        self.caller.person.tenant
    }
    /// A reading transaction of the caller's company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        let tx = self.app.database.tenant_read(self.tenant(), self.app.stamp(self.caller.actor())).await?;
        looking(tx, &self.caller).await
    }
    /// A writing transaction of the caller's company. Open it once everything else is known. Fails as the store does.
    pub async fn write(&self) -> Result<TenantTx, Problem> {
        let tx = self.app.database.tenant(self.tenant(), self.app.stamp(self.caller.actor())).await?;
        looking(tx, &self.caller).await
    }
}

/// Any signed-in member, whatever the role: for one's own affairs.
pub struct SignedIn {
    /// The application.
    pub app: App,
    /// Who.
    pub caller: Member,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Member::from_request_parts(parts, app).await?;
        if caller.person.support.is_some() && parts.method != Method::GET {
            return Err(Problem::support_limited());
        }
        Ok(Self { app: app.clone(), caller })
    }
}

impl SignedIn {
    /// A reading transaction of the caller's company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        let tx = self.app.database.tenant_read(self.caller.tenant, self.app.stamp(self.caller.actor())).await?;
        looking(tx, &self.caller).await
    }
    /// A writing transaction of the caller's company, for what is their own. 403 in a company that is suspended.
    pub async fn write(&self) -> Result<TenantTx, Problem> {
        if self.caller.suspended {
            return Err(is_suspended());
        }
        let tx = self.app.database.tenant(self.caller.tenant, self.app.stamp(self.caller.actor())).await?;
        looking(tx, &self.caller).await
    }
}

/// Any signed-in operator, first password changed or not: for one's own affairs.
pub struct OperatorSelf {
    /// The application.
    pub app: App,
    /// Who.
    pub caller: OperatorCaller,
}

impl FromRequestParts<App> for OperatorSelf {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self { app: app.clone(), caller: OperatorCaller::from_request_parts(parts, app).await? })
    }
}
