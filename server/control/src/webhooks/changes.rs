//! Changing endpoints: address, types, pausing, renewing the secret, trying it, sending again.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{EventId, WebhookId};
use patchbay_access::{Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, outbox::event};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, sea_query::Expr};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    endpoints::{add_secret, check_kinds, check_url, end, may_hear},
    row::{webhook, webhook_replay, webhook_secret},
    view::{TESTED, Webhook, WebhookShown, WebhookState, shown, wanted},
};
use crate::{
    events::sight::Sight,
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        overlap::overlap_s,
        problem::{Or404, Problem},
    },
};

/// Ranges that may wait to be sent again.
const REPLAYS_MOST: i32 = 20;

/// What is to change in an endpoint; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct WebhookPatch {
    /// Name.
    pub label: Option<String>,
    /// Where events are to be sent. The next attempt is made at once.
    pub url: Option<String>,
    /// All its event types from now on.
    pub kinds: Option<Vec<String>>,
    /// `paused` keeps what happens for later; `active` goes on where it stopped, at once.
    pub state: Option<WebhookState>,
    /// Forget what was not taken yet and go on with what happens from now on.
    pub skip_missed: Option<bool>,
}

/// How a secret is to be replaced.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WebhookRotation {
    /// The old secret signs beside the new one for so many seconds more: a day unless told otherwise, 30 days at most.
    pub old_works_for_s: Option<i64>,
}

/// What is to be sent again: one event, or a part of the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WebhookReplayNew {
    /// `evt_..`: this one, whatever the endpoint's types.
    pub event: Option<String>,
    /// From this place in the log on.
    pub from_seq: Option<i64>,
    /// Up to this place in the log; to its end unless told otherwise.
    pub to_seq: Option<i64>,
}

/// What will be sent again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookReplay {
    /// First place.
    pub from_seq: i64,
    /// Last place.
    pub to_seq: i64,
    /// Events between them that the endpoint wants.
    pub events: i64,
}

/// Change an endpoint, pause it, or switch it on again.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", operation_id = "webhook_patch", tag = "webhooks", params(("id" = String, Path)),
    request_body = WebhookPatch, security(("user" = ["webhooks:write"])), responses((status = 200, body = Webhook)))]
pub async fn webhook_patch(
    may: May<Write<of::Webhook>>,
    Id(id): Id<WebhookId>,
    Body(ask): Body<WebhookPatch>,
) -> Result<Json<Webhook>, Problem> {
    let mut check = Check::default();
    let address = ask.url.as_deref().and_then(|url| check_url(&mut check, url, &may.app));
    if let Some(kinds) = &ask.kinds {
        check_kinds(&mut check, kinds, &may.caller, &may.app).await?;
    }
    ask.label.iter().for_each(|label| check.name(label, "label"));
    let text = "Either active or paused; switching off is for endpoints that fail.";
    check.need(ask.state != Some(WebhookState::Off), "state", "not_offered", text);
    check.done()?;
    if address.is_some() {
        may_hear(&may, id).await?;
    }
    let mut tx = may.write().await?;
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    let begins_anew = address.is_some() || (ask.state == Some(WebhookState::Active) && row.state != "active");
    let mut change = row.into_active_model();
    ask.label.into_iter().for_each(|label| change.label = Set(label.trim().to_owned()));
    address.into_iter().for_each(|address| change.url = Set(address.as_str().to_owned()));
    ask.kinds.into_iter().for_each(|kinds| change.kinds = Set(serde_json::json!(kinds)));
    if let Some(state) = ask.state {
        change.state = Set(state.as_str().into());
        change.off_reason = Set(None);
    }
    let skips = ask.skip_missed == Some(true);
    if skips {
        change.place = Set(end(&tx).await?);
        change.head = Set(None);
        change.replays = Set(0);
        tx.delete_many::<webhook_replay::Entity>(webhook_replay::Column::WebhookId.eq(id.uuid())).await?;
    }
    if begins_anew || skips {
        change.failures = Set(0);
        change.failing_since = Set(None);
        change.is_slow = Set(false);
        change.next_try_at = Set(tx.now().0);
        // A courier that is on its way finds that it is not expected.
        change.locked_by = Set(None);
        change.locked_until = Set(None);
    }
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "label": row.label, "url": row.url, "kinds": row.kinds, "state": row.state });
    tx.changed("webhook.updated", "webhook", &id.to_string(), body).await?;
    let out = shown(&may.app, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Replace an endpoint's secret. For a while both sign, so that the receiver can change over without a gap.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate", operation_id = "webhook_rotate", tag = "webhooks",
    params(("id" = String, Path)), request_body = WebhookRotation, security(("user" = ["webhooks:write"])),
    responses((status = 201, body = WebhookShown)))]
pub async fn webhook_rotate(
    may: May<Write<of::Webhook>>,
    once: Once,
    Id(id): Id<WebhookId>,
    Body(ask): Body<WebhookRotation>,
) -> Result<Response, Problem> {
    let overlap_s = overlap_s(ask.old_works_for_s)?;
    may_hear(&may, id).await?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    // Two at most: one that is being replaced already ends now.
    let ends = webhook_secret::Column::EndsAt;
    let (now, later) = (tx.at(), tx.now().plus_s(overlap_s).to_offset());
    for (at, which) in [(now, ends.gt(now)), (later, ends.is_null())] {
        let of = Condition::all().add(webhook_secret::Column::WebhookId.eq(id.uuid())).add(which);
        tx.update_many::<webhook_secret::Entity>(vec![(ends, Expr::value(at))], of).await?;
    }
    let secret = add_secret(&may.app, &mut tx, id.uuid()).await?;
    let body = serde_json::json!({ "label": row.label, "url": row.url, "old_works_for_s": overlap_s });
    tx.changed("webhook.secret_rotated", "webhook", &id.to_string(), body).await?;
    let out = WebhookShown { webhook: shown(&may.app, &tx, row).await?, secret };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Send an event `webhook.tested` to this endpoint alone. What came of it is among its deliveries.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", operation_id = "webhook_test", tag = "webhooks",
    params(("id" = String, Path)), security(("user" = ["webhooks:write"])), responses((status = 202, body = WebhookReplay)))]
pub async fn webhook_test(
    may: May<Write<of::Webhook>>,
    Id(id): Id<WebhookId>,
) -> Result<(StatusCode, Json<WebhookReplay>), Problem> {
    let mut tx = may.write().await?;
    let row = served(&tx, id).await?;
    let body = serde_json::json!({ "label": row.label, "url": row.url });
    tx.changed(TESTED, "webhook", &id.to_string(), body).await?;
    let seq = end(&tx).await?;
    again(&tx, row, (seq - 1, seq), true).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(WebhookReplay { from_seq: seq, to_seq: seq, events: 1 })))
}

/// Send one event or a part of the log again, in order, with the same ids. What happens meanwhile is not held up.
#[utoipa::path(post, path = "/v1/webhooks/{id}/replay", operation_id = "webhook_replay", tag = "webhooks",
    params(("id" = String, Path)), request_body = WebhookReplayNew, security(("user" = ["webhooks:write"])),
    responses((status = 202, body = WebhookReplay)))]
pub async fn webhook_replay(
    may: May<Write<of::Webhook>>,
    Id(id): Id<WebhookId>,
    Body(ask): Body<WebhookReplayNew>,
) -> Result<(StatusCode, Json<WebhookReplay>), Problem> {
    may_hear(&may, id).await?;
    let sight = Sight::of_caller(&may.app, &may.caller).await?;
    let mut tx = may.write().await?;
    let row = served(&tx, id).await?;
    let last = end(&tx).await?;
    let (from, to, is_exact) = match (&ask.event, ask.from_seq) {
        (Some(event), None) => {
            let event: EventId = event.parse().map_err(|_| Problem::not_found())?;
            let found = tx.find::<event::Entity>(event.uuid()).await?.filter(|row| sight.shows_event(row)).or_404()?;
            (found.seq, found.seq, true)
        }
        (None, Some(from)) => (from.max(1), ask.to_seq.unwrap_or(last).min(last), false),
        _ => return Err(Problem::field("event", "required", "Either event, or from_seq and perhaps to_seq.")),
    };
    let events = if is_exact {
        1
    } else {
        let rows = tx.select::<event::Entity>().filter(event::Column::Seq.between(from, to));
        i64::try_from(rows.filter(event::Column::Kind.is_in(wanted(&row.kinds))).count().await?).unwrap_or(i64::MAX)
    };
    if events == 0 {
        return Err(Problem::field("from_seq", "empty", "The endpoint wants nothing of what lies there."));
    }
    if row.replays >= REPLAYS_MOST {
        return Err(Problem::conflict("limit_reached", "Twenty parts of the log wait to be sent again already."));
    }
    let body = serde_json::json!({ "label": row.label, "url": row.url, "from_seq": from, "to_seq": to });
    again(&tx, row, (from - 1, to), is_exact).await?;
    tx.changed("webhook.replayed", "webhook", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(WebhookReplay { from_seq: from, to_seq: to, events })))
}

/// An endpoint that is served; 409 for one that is not.
async fn served(tx: &TenantTx, id: WebhookId) -> Result<webhook::Model, Problem> {
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    if row.state == WebhookState::Active.as_str() {
        return Ok(row);
    }
    Err(Problem::conflict("webhook_off", "This endpoint is paused or switched off. Switch it on first."))
}

/// `(after, up to)`.
async fn again(tx: &TenantTx, row: webhook::Model, (after, to): (i64, i64), is_exact: bool) -> Result<(), Problem> {
    let replay = webhook_replay::ActiveModel {
        id: Set(tx.new_id()),
        webhook_id: Set(row.id),
        to_seq: Set(to),
        place: Set(after),
        is_exact: Set(is_exact),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(replay).await?;
    let change = webhook::ActiveModel {
        id: Set(row.id),
        replays: Set(row.replays + 1),
        // Somebody waits: an endpoint that fails is tried at once.
        next_try_at: Set(tx.now().0),
        ..Default::default()
    };
    tx.update(change).await?;
    Ok(())
}

crate::resource!(webhook_patch, webhook_rotate, webhook_test, webhook_replay);
