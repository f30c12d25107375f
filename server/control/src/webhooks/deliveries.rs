//! What was sent to endpoints, and what came back.

use axum::Json;
use kernel::{EventId, WebhookDeliveryId, WebhookId};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use sea_orm::{ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::row::{webhook, webhook_attempt, webhook_delivery};
use crate::{
    events::{routes::named, sight::Sight},
    kit::{
        body::{Ask, Id},
        cursor::{self, Page},
        may::May,
        problem::{Or404, Problem},
        words::words,
    },
};

/// Attempts of one delivery that are shown: the newest.
const ATTEMPTS_SHOWN: u64 = 100;

words! {
    /// How a delivery stands.
    DeliveryState {
        /// The receiver does not take it, for now; it is tried again.
        Failing = "failing",
        /// The receiver refused it again and again; the next one got its turn.
        SetAside = "set_aside",
        /// The receiver has it.
        Taken = "taken",
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// `dlv_..`
    pub id: String,
    /// `evt_..`, the `webhook-id` of every attempt.
    pub event: String,
    /// Place in the log.
    pub seq: i64,
    /// Event type.
    pub kind: String,
    /// How it stands.
    pub state: DeliveryState,
    /// Whether it was sent again on somebody's wish.
    pub is_replay: bool,
    /// Attempts so far.
    pub attempts: i64,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// Why there was no answer.
    pub last_error: Option<String>,
    /// First attempt.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last attempt.
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}

/// A header of HTTP.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HttpHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookAttempt {
    /// From 1.
    pub number: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Milliseconds until the answer or the end.
    pub took_ms: i64,
    /// Headers that were sent.
    pub request_headers: Vec<HttpHeader>,
    /// Status of the answer.
    pub status: Option<i64>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// Headers of the answer, cut.
    pub response_headers: Vec<HttpHeader>,
    /// The first 4096 bytes of the answer.
    pub response_body: String,
}

/// A delivery with all that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryDetail {
    /// The delivery.
    pub delivery: WebhookDelivery,
    /// `whk_..`
    pub webhook: String,
    /// What was sent.
    pub body: String,
    /// Attempts, newest first; at most a hundred.
    pub attempts: Vec<WebhookAttempt>,
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only in this state.
    state: Option<DeliveryState>,
    /// Event types, comma between them: `call.ended,seat.*`.
    kind: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// What was sent to an endpoint in the last 14 days, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", operation_id = "webhook_delivery_list", tag = "webhooks",
    params(("id" = String, Path), Wanted), security(("user" = ["webhooks:read"])),
    responses((status = 200, body = Page<WebhookDelivery>)))]
pub async fn webhook_delivery_list(
    may: May<Read<of::Webhook>>,
    Id(id): Id<WebhookId>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<WebhookDelivery>>, Problem> {
    may.whole_company()?;
    let limit = cursor::limit(want.limit);
    let mut filter = Condition::all().add(webhook_delivery::Column::WebhookId.eq(id.uuid()));
    if let Some(state) = want.state {
        filter = filter.add(webhook_delivery::Column::State.eq(state.as_str()));
    }
    let kinds = named(want.kind.as_deref().unwrap_or_default())?;
    if !kinds.is_empty() {
        filter = filter.add(webhook_delivery::Column::Kind.is_in(kinds));
    }
    if let Some(text) = &want.cursor {
        let last: WebhookDeliveryId = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(webhook_delivery::Column::Id.lt(last.uuid()));
    }
    let tx = may.read().await?;
    tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    let rows =
        tx.select::<webhook_delivery::Entity>().filter(filter).order_by(webhook_delivery::Column::Id, Order::Desc);
    let rows = rows.limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| WebhookDeliveryId::from_uuid(row.id).to_string());
    Ok(Json(Page { items: page.items.iter().map(shown).collect(), next_cursor: page.next_cursor }))
}

/// One delivery with its request and every answer.
#[utoipa::path(get, path = "/v1/webhook-deliveries/{id}", operation_id = "webhook_delivery_get", tag = "webhooks",
    params(("id" = String, Path)), security(("user" = ["webhooks:read"])),
    responses((status = 200, body = WebhookDeliveryDetail)))]
pub async fn webhook_delivery_get(
    may: May<Read<of::Webhook>>,
    Id(id): Id<WebhookDeliveryId>,
) -> Result<Json<WebhookDeliveryDetail>, Problem> {
    may.whole_company()?;
    let sight = Sight::of_caller(&may.app, &may.caller).await?;
    let tx = may.read().await?;
    let found = tx.find::<webhook_delivery::Entity>(id.uuid()).await?;
    let row = found.filter(|row| sight.knows(&row.kind)).or_404()?;
    let attempts = tx.select::<webhook_attempt::Entity>().is(webhook_attempt::Column::DeliveryId, id.uuid());
    let attempts = attempts.order_by(webhook_attempt::Column::Number, Order::Desc).limit(ATTEMPTS_SHOWN).all().await?;
    let shown_attempt = |row: webhook_attempt::Model| WebhookAttempt {
        number: row.number.into(),
        at: row.at,
        took_ms: row.took_ms.into(),
        request_headers: headers(row.request_headers),
        status: row.status.map(i64::from),
        error: row.error,
        response_headers: headers(row.response_headers),
        response_body: row.response_body,
    };
    Ok(Json(WebhookDeliveryDetail {
        delivery: shown(&row),
        webhook: WebhookId::from_uuid(row.webhook_id).to_string(),
        attempts: attempts.into_iter().map(shown_attempt).collect(),
        body: row.body,
    }))
}

fn headers(kept: serde_json::Value) -> Vec<HttpHeader> {
    let pairs: Vec<(String, String)> = serde_json::from_value(kept).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| HttpHeader { name, value }).collect()
}

fn shown(row: &webhook_delivery::Model) -> WebhookDelivery {
    WebhookDelivery {
        id: WebhookDeliveryId::from_uuid(row.id).to_string(),
        event: EventId::from_uuid(row.event_id).to_string(),
        seq: row.seq,
        kind: row.kind.clone(),
        state: DeliveryState::stored(&row.state),
        is_replay: row.is_replay,
        attempts: row.attempts.into(),
        last_status: row.last_status.map(i64::from),
        last_error: row.last_error.clone(),
        created_at: row.created_at,
        last_at: row.last_at,
    }
}

crate::resource!(webhook_delivery_list, webhook_delivery_get);
