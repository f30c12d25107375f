//! What anybody may know of this installation.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::app::App;

/// What anybody may know of this installation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Status {
    /// What it is called.
    pub name: String,
    /// Version.
    pub version: String,
    /// A demonstration.
    pub demo: bool,
    /// A simulated carrier runs.
    pub lab: bool,
    /// Mail can be sent.
    pub mail: bool,
    /// SIP domain.
    pub sip_domain: String,
    /// One company's own installation: nobody signs up, and there are no prices.
    pub private: bool,
}

/// Name, version and abilities of this installation.
#[utoipa::path(get, path = "/v1/status", operation_id = "status", security(()), tag = "status",
    responses((status = 200, body = Status)))]
pub async fn status(State(app): State<App>) -> Json<Status> {
    let settings = &app.settings;
    Json(Status {
        name: settings.name.clone(),
        version: settings.version.clone(),
        demo: settings.demo,
        lab: app.lab().is_some(),
        mail: app.mail.is_some(),
        sip_domain: settings.sip_domain.clone(),
        private: settings.private,
    })
}

crate::resource!(status);
