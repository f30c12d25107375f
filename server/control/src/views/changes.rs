//! One's views over HTTP. They are a member's own affair: no role is needed, no program has any. What is shared everybody sees.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{MemberId, SavedViewId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    row::saved_view,
    shapes::{SavedView, SavedViewNew, SavedViewPatch, ViewContent, ViewList, show},
};
use crate::{
    kit::{
        body::{Ask, Body, Check, Id},
        may::SignedIn,
        once::Once,
        problem::{Or404, Problem},
    },
    people::row::member,
};

/// Views that one member keeps, of all lists together.
const OWN_MOST: u64 = 200;
/// Views of others that a list shows.
const SHARED_MOST: u64 = 100;

/// Which.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ViewsOf {
    /// Of this list.
    pub list: ViewList,
}

/// One's own views of a list, and those that others share.
#[utoipa::path(get, path = "/v1/views", operation_id = "view_list", tag = "me", params(ViewsOf), security(("user" = [])),
    responses((status = 200, body = [SavedView])))]
pub async fn view_list(signed: SignedIn, Ask(ask): Ask<ViewsOf>) -> Result<Json<Vec<SavedView>>, Problem> {
    let tx = signed.read().await?;
    let me = signed.caller.member.uuid();
    let all = || tx.select::<saved_view::Entity>().is(saved_view::Column::List, ask.list.as_str());
    let own = all().is(saved_view::Column::MemberId, me).order_by(saved_view::Column::Name, Order::Asc).all().await?;
    let others = Condition::all().add(saved_view::Column::Shared.eq(true)).add(saved_view::Column::MemberId.ne(me));
    let others = all().filter(others).order_by(saved_view::Column::Name, Order::Asc).limit(SHARED_MOST).all().await?;
    let rows: Vec<saved_view::Model> = own.into_iter().chain(others).collect();
    Ok(Json(shown(&signed, &tx, rows).await?))
}

/// Keep a view. 409 when one's own of that name is there.
#[utoipa::path(post, path = "/v1/views", operation_id = "view_create", tag = "me", request_body = SavedViewNew,
    security(("user" = [])), responses((status = 201, body = SavedView)))]
pub async fn view_create(signed: SignedIn, once: Once, Body(ask): Body<SavedViewNew>) -> Result<Response, Problem> {
    checked(Some(&ask.name), Some(&ask.content))?;
    let tx = signed.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let me = signed.caller.member;
    let has = tx.select::<saved_view::Entity>().is(saved_view::Column::MemberId, me.uuid()).count().await?;
    if has >= OWN_MOST {
        return Err(Problem::conflict("limit_reached", format!("A member keeps at most {OWN_MOST} views.")));
    }
    let id = SavedViewId::from_uuid(tx.new_id());
    let row = saved_view::ActiveModel {
        id: Set(id.uuid()),
        member_id: Set(me.uuid()),
        list: Set(ask.list.as_str().to_owned()),
        name: Set(ask.name.trim().to_owned()),
        content: Set(serde_json::json!(ask.content)),
        shared: Set(ask.shared),
        created_at: Set(tx.at()),
        updated_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    tx.noted("view.created", "view", &id.to_string(), said(&row));
    let out = shown(&signed, &tx, vec![row]).await?.pop().or_404()?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Change a view of one's own.
#[utoipa::path(patch, path = "/v1/views/{id}", operation_id = "view_patch", tag = "me", params(("id" = String, Path)),
    request_body = SavedViewPatch, security(("user" = [])), responses((status = 200, body = SavedView)))]
pub async fn view_patch(
    signed: SignedIn,
    Id(id): Id<SavedViewId>,
    Body(ask): Body<SavedViewPatch>,
) -> Result<Json<SavedView>, Problem> {
    checked(ask.name.as_deref(), ask.content.as_ref())?;
    let tx = signed.write().await?;
    let mut row = own(&tx, id, signed.caller.member).await?.into_active_model();
    ask.name.iter().for_each(|name| row.name = Set(name.trim().to_owned()));
    ask.content.iter().for_each(|content| row.content = Set(serde_json::json!(content)));
    ask.shared.iter().for_each(|shared| row.shared = Set(*shared));
    row.updated_at = Set(tx.at());
    let row = tx.update(row).await.map_err(taken)?;
    tx.noted("view.updated", "view", &id.to_string(), said(&row));
    let out = shown(&signed, &tx, vec![row]).await?.pop().or_404()?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Drop a view of one's own.
#[utoipa::path(delete, path = "/v1/views/{id}", operation_id = "view_remove", tag = "me", params(("id" = String, Path)),
    security(("user" = [])), responses((status = 204)))]
pub async fn view_remove(signed: SignedIn, Id(id): Id<SavedViewId>) -> Result<StatusCode, Problem> {
    let tx = signed.write().await?;
    let row = own(&tx, id, signed.caller.member).await?;
    tx.noted("view.removed", "view", &id.to_string(), said(&row));
    tx.delete::<saved_view::Entity>(row.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn own(tx: &TenantTx, id: SavedViewId, me: MemberId) -> Result<saved_view::Model, Problem> {
    let row = tx.find::<saved_view::Entity>(id.uuid()).await?;
    row.filter(|row| row.member_id == me.uuid()).or_404()
}

fn said(row: &saved_view::Model) -> serde_json::Value {
    serde_json::json!({ "list": row.list, "name": row.name, "shared": row.shared })
}

fn checked(name: Option<&str>, content: Option<&ViewContent>) -> Result<(), Problem> {
    let mut check = Check::default();
    name.iter().for_each(|name| check.name(name, "name"));
    check.need(content.is_none_or(ViewContent::fits), "content", "too_long", "A view is not so large.");
    check.done()
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "You keep a view of this name already."),
        other => other.into(),
    }
}

async fn shown(signed: &SignedIn, tx: &TenantTx, rows: Vec<saved_view::Model>) -> Result<Vec<SavedView>, Problem> {
    let mut users: BTreeMap<Uuid, UserId> = BTreeMap::new();
    for row in &rows {
        if !users.contains_key(&row.member_id)
            && let Some(member) = tx.find_whole::<member::Entity>(row.member_id).await?
        {
            users.insert(row.member_id, UserId::from_uuid(member.user_id));
        }
    }
    let ids: Vec<UserId> = users.values().copied().collect();
    let people = signed.app.database.system().users(&ids).await?;
    let names: BTreeMap<Uuid, String> = people.into_iter().map(|user| (user.id, user.name)).collect();
    let name = |id: Uuid| users.get(&id).and_then(|user| names.get(&user.uuid())).cloned().unwrap_or_default();
    let me = signed.caller.member.uuid();
    Ok(rows
        .into_iter()
        .map(|row| {
            let owner = name(row.member_id);
            show(row, me, owner)
        })
        .collect())
}

crate::resource!(view_list, view_create, view_patch, view_remove);
