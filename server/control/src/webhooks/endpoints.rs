//! Endpoints over HTTP: lists, making one, looking at one, removing one.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{Uuid, WebhookId};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, catalogue, outbox::event};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    address::Address,
    row::{webhook, webhook_secret},
    sign,
    view::{Webhook, WebhookShown, WebhookState, context, shown},
};
use crate::{
    events::sight::Sight,
    kit::{
        app::App,
        body::{Ask, Body, Check, Id},
        caller::Caller,
        cursor::{self, Page},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
    programs::row::texts,
};

/// Endpoints that a company may have.
pub const MOST: u64 = 20;
/// Event types that one may list.
const KINDS_MOST: usize = 100;

/// An endpoint to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookNew {
    /// Name; the host of the address unless told otherwise.
    pub label: Option<String>,
    /// Where events are to be sent: `https://..`.
    pub url: String,
    /// Event types that it wants: `call.ended`, `seat.*`, `*`.
    pub kinds: Vec<String>,
}

/// Which endpoints.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only with this in name or address.
    search: Option<String>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Endpoints of the company, newest first.
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "webhook_list", tag = "webhooks", params(Wanted),
    security(("user" = ["webhooks:read"])), responses((status = 200, body = Page<Webhook>)))]
pub async fn webhook_list(may: May<Read<of::Webhook>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<Webhook>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = Condition::all();
    if let Some(text) = want.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let any = Condition::any().add(webhook::Column::Label.contains(text)).add(webhook::Column::Url.contains(text));
        filter = filter.add(any);
    }
    if let Some(text) = &want.cursor {
        let last: WebhookId = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(webhook::Column::Id.lt(last.uuid()));
    }
    let tx = may.read().await?;
    let rows = tx.select::<webhook::Entity>().filter(filter).order_by(webhook::Column::Id, Order::Desc);
    let page = Page::cut(rows.limit(limit + 1).all().await?, limit, |row| WebhookId::from_uuid(row.id).to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(shown(&may.app, &tx, row).await?);
    }
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// One endpoint.
#[utoipa::path(get, path = "/v1/webhooks/{id}", operation_id = "webhook_get", tag = "webhooks", params(("id" = String, Path)),
    security(("user" = ["webhooks:read"])), responses((status = 200, body = Webhook)))]
pub async fn webhook_get(may: May<Read<of::Webhook>>, Id(id): Id<WebhookId>) -> Result<Json<Webhook>, Problem> {
    let tx = may.read().await?;
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    Ok(Json(shown(&may.app, &tx, row).await?))
}

/// Make an endpoint. It is told of what happens from now on.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "webhook_create", tag = "webhooks", request_body = WebhookNew,
    security(("user" = ["webhooks:write"])), responses((status = 201, body = WebhookShown)))]
pub async fn webhook_create(
    may: May<Write<of::Webhook>>,
    once: Once,
    Body(ask): Body<WebhookNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    let address = check_url(&mut check, &ask.url, &may.app);
    check_kinds(&mut check, &ask.kinds, &may.caller, &may.app).await?;
    ask.label.iter().for_each(|label| check.name(label, "label"));
    check.done()?;
    let address = address.ok_or_else(Problem::not_found)?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<webhook::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} endpoints.")));
    }
    let id = WebhookId::from_uuid(tx.new_id());
    let row = webhook::ActiveModel {
        id: Set(id.uuid()),
        label: Set(ask.label.as_deref().map_or_else(|| address.host(), |label| label.trim().to_owned())),
        url: Set(address.as_str().to_owned()),
        kinds: Set(serde_json::json!(ask.kinds)),
        state: Set(WebhookState::Active.as_str().into()),
        off_reason: Set(None),
        created_by: Set(may.caller.user.uuid()),
        created_at: Set(tx.at()),
        place: Set(end(&tx).await?),
        head: Set(None),
        failures: Set(0),
        failing_since: Set(None),
        next_try_at: Set(tx.now().0),
        is_slow: Set(false),
        replays: Set(0),
        last_taken_at: Set(None),
        locked_by: Set(None),
        locked_until: Set(None),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let secret = add_secret(&may.app, &mut tx, id.uuid()).await?;
    let body = serde_json::json!({ "label": row.label, "url": row.url, "kinds": ask.kinds });
    tx.changed("webhook.created", "webhook", &id.to_string(), body).await?;
    let out = WebhookShown { webhook: shown(&may.app, &tx, row).await?, secret };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Remove an endpoint with its deliveries.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", operation_id = "webhook_remove", tag = "webhooks", params(("id" = String, Path)),
    security(("user" = ["webhooks:write"])), responses((status = 204)))]
pub async fn webhook_remove(may: May<Write<of::Webhook>>, Id(id): Id<WebhookId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    tx.delete::<webhook::Entity>(row.id).await?;
    let body = serde_json::json!({ "label": row.label, "url": row.url });
    tx.changed("webhook.removed", "webhook", &id.to_string(), body).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last place of the log. Fails as the store does.
pub async fn end(tx: &TenantTx) -> Result<i64, Problem> {
    let newest = tx.select::<event::Entity>().order_by(event::Column::Seq, Order::Desc).limit(1).one().await?;
    Ok(newest.map_or(0, |row| row.seq))
}

/// A fresh secret of the endpoint; the text leaves us once. Fails as the store does.
pub async fn add_secret(app: &App, tx: &mut TenantTx, webhook: Uuid) -> Result<String, Problem> {
    let secret = sign::mint(tx.chance());
    let sealed = app.sealer.seal(secret.expose(), &context(webhook), tx.chance());
    let row = webhook_secret::ActiveModel {
        id: Set(tx.new_id()),
        webhook_id: Set(webhook),
        sealed: Set(sealed),
        created_at: Set(tx.at()),
        ends_at: Set(None),
        ..Default::default()
    };
    tx.insert(row).await?;
    Ok(secret.into_inner())
}

/// The address is one that may be called.
pub fn check_url(check: &mut Check, text: &str, app: &App) -> Option<Address> {
    match Address::parse(text, app.settings.private_webhooks) {
        Ok(address) => Some(address),
        Err(fault) => {
            check.need(false, "url", fault.code(), &fault.to_string());
            None
        }
    }
}

/// Every word names event types, all of which the caller may see, wherever in the company. Fails as the store does.
pub async fn check_kinds(check: &mut Check, kinds: &[String], caller: &Caller, app: &App) -> Result<(), Problem> {
    check.need(!kinds.is_empty(), "kinds", "required", "At least one event type.");
    check.need(kinds.len() <= KINDS_MOST, "kinds", "too_many", "At most 100 event types.");
    let sight = Sight::of_caller(app, caller).await?;
    check.need(
        sight.is_whole(),
        "kinds",
        "beyond_you",
        "An endpoint hears of the whole company, which you do not see.",
    );
    for one in kinds {
        let named = catalogue::named(one);
        check.need(!named.is_empty(), "kinds", "unknown", &format!("{one} is no event type."));
        let seen = named.iter().all(|kind| sight.knows(kind));
        check.need(seen, "kinds", "beyond_you", &format!("You may not see all events of {one}."));
    }
    Ok(())
}

/// 404 where there is no such endpoint, 403 unless the caller may see all that it hears: whoever sends it elsewhere, signs for it or
/// asks for it again hears it too. Before the writing transaction: it reads. Fails as the store does.
pub async fn may_hear<P>(may: &May<P>, id: WebhookId) -> Result<(), Problem> {
    let tx = may.read().await?;
    let row = tx.find::<webhook::Entity>(id.uuid()).await?.or_404()?;
    drop(tx);
    let mut check = Check::default();
    check_kinds(&mut check, &texts(&row.kinds), &may.caller, &may.app).await?;
    check.done().map_err(|_| Problem::forbidden())
}

crate::resource!(webhook_list, webhook_create, webhook_get, webhook_remove);
