//! An endpoint as people see it. Its secrets are in none of this.

use kernel::{Secret, UserId, Uuid, Wall, WebhookId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, catalogue, outbox::event, system::user_account};
use sea_orm::{ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{webhook, webhook_secret};
use crate::{
    kit::{app::App, problem::Problem, words::words},
    programs::row::texts,
};

/// An event that only a test makes: it goes to the endpoint that is tested and to no other.
pub const TESTED: &str = "webhook.tested";

words! {
    /// Whether an endpoint is served.
    WebhookState {
        /// Not for now: somebody paused it.
        Paused = "paused",
        /// It failed for days, or wanted no more.
        Off = "off",
        /// Yes.
        Active = "active",
    }
    /// Why an endpoint was switched off.
    WebhookOffReason {
        /// It took nothing for three days.
        Failing = "failing",
        /// It answered 410.
        Gone = "gone",
    }
}

/// A server of the company that is told of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// `whk_..`
    pub id: String,
    /// Name.
    pub label: String,
    /// Where events are sent.
    pub url: String,
    /// Event types that it wants: `call.ended`, `seat.*`, `*`.
    pub kinds: Vec<String>,
    /// Whether it is served.
    pub state: WebhookState,
    /// Why it was switched off.
    pub off_reason: Option<WebhookOffReason>,
    /// Who answers for it, by name.
    pub created_by: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The place in the log up to which everything is settled.
    pub place: i64,
    /// Places between that one and the end of the log.
    pub behind: i64,
    /// Whether events are being sent again.
    pub replaying: bool,
    /// Attempts of the event at the head that failed.
    pub failures: i64,
    /// Since when nothing was taken.
    #[serde(with = "time::serde::rfc3339::option")]
    pub failing_since: Option<OffsetDateTime>,
    /// When it is tried again, if it fails.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_try_at: Option<OffsetDateTime>,
    /// When it last took an event.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_taken_at: Option<OffsetDateTime>,
    /// Its secrets, newest first: two while one replaces the other.
    pub secrets: Vec<WebhookSecret>,
}

/// A secret of an endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// It signs until then; without it there is no end.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ends_at: Option<OffsetDateTime>,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookShown {
    /// The endpoint.
    pub webhook: Webhook,
    /// `whsec_..`: receivers verify signatures with it.
    pub secret: String,
}

/// Event types that the words of an endpoint's list stand for.
pub fn wanted(kinds: &serde_json::Value) -> Vec<&'static str> {
    let mut all: Vec<&str> = texts(kinds).iter().flat_map(|one| catalogue::named(one)).collect();
    all.retain(|kind| *kind != TESTED);
    all.sort_unstable();
    all.dedup();
    all
}

fn live(now: OffsetDateTime) -> Condition {
    let ends = webhook_secret::Column::EndsAt;
    Condition::any().add(ends.is_null()).add(ends.gt(now))
}

async fn secret_rows(tx: &TenantTx, webhook: Uuid) -> Result<Vec<webhook_secret::Model>, Problem> {
    let rows =
        tx.select::<webhook_secret::Entity>().is(webhook_secret::Column::WebhookId, webhook).filter(live(tx.at()));
    Ok(rows.order_by(webhook_secret::Column::Id, Order::Desc).all().await?)
}

/// What a secret is sealed for.
pub fn context(webhook: Uuid) -> String {
    format!("webhook:{webhook}")
}

/// The secrets that sign now, newest first. Fails as the store does, and when they were sealed with another key.
pub async fn live_secrets(app: &App, tx: &TenantTx, webhook: Uuid) -> Result<Vec<Secret<String>>, Problem> {
    let rows = secret_rows(tx, webhook).await?;
    rows.iter().map(|row| Ok(app.sealer.unseal(&row.sealed, &context(webhook))?)).collect()
}

/// As people see it.
pub async fn shown(app: &App, tx: &TenantTx, row: webhook::Model) -> Result<Webhook, Problem> {
    let newest = tx.select::<event::Entity>().order_by(event::Column::Seq, Order::Desc).limit(1).one().await?;
    let person = app.database.system().find::<user_account::Entity>(row.created_by).await?;
    let secrets = secret_rows(tx, row.id).await?;
    let failing = row.failing_since.map(|us| Wall(us).to_offset());
    let is_active = row.state == WebhookState::Active.as_str();
    Ok(Webhook {
        id: WebhookId::from_uuid(row.id).to_string(),
        label: row.label,
        url: row.url,
        kinds: texts(&row.kinds),
        state: WebhookState::stored(&row.state),
        off_reason: row.off_reason.as_deref().map(WebhookOffReason::stored),
        created_by: person.map_or_else(|| UserId::from_uuid(row.created_by).to_string(), |person| person.name),
        created_at: row.created_at,
        place: row.place,
        behind: newest.map_or(0, |newest| newest.seq - row.place).max(0),
        replaying: row.replays > 0,
        failures: row.failures.into(),
        failing_since: failing,
        next_try_at: failing.filter(|_| is_active).map(|_| Wall(row.next_try_at).to_offset()),
        last_taken_at: row.last_taken_at,
        secrets: secrets
            .into_iter()
            .map(|row| WebhookSecret { created_at: row.created_at, ends_at: row.ends_at })
            .collect(),
    })
}
