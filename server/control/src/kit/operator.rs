//! The extractor for operators of the platform.

use axum::{extract::FromRequestParts, http::StatusCode, http::request::Parts};
use kernel::OperatorId;
use patchbay_kernel as kernel;
use patchbay_tenancy::{Actor, OperatorTx, SystemDb};

use super::{app::App, caller::OperatorCaller, problem::Problem};

/// A signed-in operator who has a password of their own choice.
pub struct Operator {
    /// The application.
    pub app: App,
    /// Who.
    pub caller: OperatorCaller,
}

impl FromRequestParts<App> for Operator {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = OperatorCaller::from_request_parts(parts, app).await?;
        if caller.must_change_password {
            let text = "Change the first password before anything else.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "password_change_required", text));
        }
        Ok(Self { app: app.clone(), caller })
    }
}

impl Operator {
    /// Who.
    pub const fn id(&self) -> OperatorId {
        self.caller.operator
    }
    /// Questions across companies and the inventory.
    pub fn read(&self) -> SystemDb {
        self.app.database.system()
    }
    /// A writing transaction; each write leaves an audit line. Open it once everything else is known. Fails as the store does.
    pub async fn write(&self) -> Result<OperatorTx, Problem> {
        let stamp = self.app.stamp(Actor::Operator(self.id()));
        Ok(self.app.database.operator(self.id(), stamp).await?)
    }
}
