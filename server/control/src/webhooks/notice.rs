//! The letter to whoever answers for an endpoint that was switched off.

use kernel::WebhookId;
use patchbay_kernel as kernel;
use patchbay_tenancy::{job::NewJob, system::user_account};

use super::row::webhook;
use crate::{
    kit::{app::App, problem::Problem},
    mail::{self, Letter, LetterKind},
};

/// The job that sends it; `None` when there is nobody to write to. Fails as the store does.
pub async fn letter(app: &App, row: &webhook::Model) -> Result<Option<NewJob>, Problem> {
    let Some(person) = app.database.system().find::<user_account::Entity>(row.created_by).await? else {
        return Ok(None);
    };
    let letter = Letter {
        kind: LetterKind::WebhookOff,
        to: person.email,
        name: person.name,
        about: row.url.clone(),
        link: app.link(&format!("/developers/webhooks/{}", WebhookId::from_uuid(row.id))),
    };
    mail::job(app, &letter, app.now()).map(Some)
}
