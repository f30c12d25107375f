//! The extractor that is the permission: a handler that takes `May<Write<of::Seat>>` cannot run without `seats:write`.
//!
//! It is also the only way to the company's rows: transactions are opened from it, late, once the body has been read, because
//! on SQLite an open writer keeps all others waiting.

use std::marker::PhantomData;

use axum::{extract::FromRequestParts, http::StatusCode, http::request::Parts};
use kernel::TenantId;
use patchbay_access::{Permit, Verb};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;

use super::{
    app::App,
    caller::{Member, OperatorCaller},
    problem::Problem,
};

/// A member who has the permission `P`.
pub struct May<P> {
    /// The application.
    pub app: App,
    /// Who.
    pub caller: Member,
    proof: PhantomData<P>,
}

impl<P: Permit> FromRequestParts<App> for May<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Member::from_request_parts(parts, app).await?;
        if !caller.role.may(P::PERMISSION) {
            return Err(Problem::forbidden());
        }
        if caller.suspended && P::PERMISSION.verb != Verb::Read {
            let text = "This company is suspended: it can look, no more.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "suspended", text));
        }
        Ok(Self { app: app.clone(), caller, proof: PhantomData })
    }
}

impl<P> May<P> {
    /// Whose rows.
    pub const fn tenant(&self) -> TenantId {
        self.caller.tenant
    }
    /// A reading transaction of the caller's company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        Ok(self.app.database.tenant_read(self.tenant(), self.app.stamp(self.caller.actor())).await?)
    }
    /// A writing transaction of the caller's company. Open it once everything else is known. Fails as the store does.
    pub async fn write(&self) -> Result<TenantTx, Problem> {
        Ok(self.app.database.tenant(self.tenant(), self.app.stamp(self.caller.actor())).await?)
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
        Ok(Self { app: app.clone(), caller: Member::from_request_parts(parts, app).await? })
    }
}

impl SignedIn {
    /// A reading transaction of the caller's company. Fails as the store does.
    pub async fn read(&self) -> Result<TenantTx, Problem> {
        Ok(self.app.database.tenant_read(self.caller.tenant, self.app.stamp(self.caller.actor())).await?)
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
