//! How somebody leaves: signed out everywhere, or removed, with what was theirs handed over to a colleague.

use axum::{Json, http::StatusCode};
use kernel::{MemberId, UserId, Uuid};
use patchbay_access::{Permission, Read, Resource, Role, Scope, Verb, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, sea_query::Expr};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    leaving::{cut_browsers, end_calls, forget, seats_of},
    member_view::place_of,
    members::{may_touch, struck_seats, uninvite},
    organisation_row::team_member,
    roles::Held,
    row::member,
};
use crate::{
    identity::{me::my_seat, sessions, shapes::MySeat},
    kit::{
        body::{Ask, Id},
        caller::scope_of,
        may::May,
        problem::{Or404, Problem},
        words,
    },
    programs::{
        row::{api_key, seat_token, texts},
        seat_tokens::revoke_of,
    },
    seats::row::seat,
};

/// What is somebody's and can be handed over.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Belongings {
    /// Their seat: its extension and numbers go on for the heir, its phones get new passwords.
    pub seat: Option<MySeat>,
    /// Keys of programs that they answer for; they stop when nobody takes them over.
    pub api_keys: i64,
    /// Seat tokens that they made.
    pub seat_tokens: i64,
    /// Teams that they are in; these are not handed over.
    pub teams: i64,
}

/// Who gets it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Heir {
    /// `mem_..` of an active member: gets the seat, unless they have one, and answers for the keys as far as they may what these may.
    heir: Option<String>,
}

/// What somebody would leave behind.
#[utoipa::path(get, path = "/v1/members/{id}/belongings", operation_id = "member_belongings", tag = "members",
    params(("id" = String, Path)), security(("user" = ["members:read"])), responses((status = 200, body = Belongings)))]
pub async fn member_belongings(may: May<Read<of::Member>>, Id(id): Id<MemberId>) -> Result<Json<Belongings>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let keys = tx.select::<api_key::Entity>().filter(keys_of(row.user_id)).count().await?;
    let tokens = tx.select::<seat_token::Entity>().filter(tokens_of(&tx, row.user_id)).count().await?;
    let teams = tx.select::<team_member::Entity>().is(team_member::Column::MemberId, row.id).count().await?;
    let seat = seats_of(&tx, row.id).await?.into_iter().find(|seat| seat.state == "active");
    let seat = seat.as_ref().map(my_seat);
    Ok(Json(Belongings { seat, api_keys: count(keys), seat_tokens: count(tokens), teams: count(teams) }))
}

/// Sign somebody out of this company everywhere. They may come in again.
#[utoipa::path(post, path = "/v1/members/{id}/sign-out", operation_id = "member_sign_out", tag = "members",
    params(("id" = String, Path)), security(("user" = ["members:write"])), responses((status = 204)))]
pub async fn member_sign_out(may: May<Write<of::Member>>, Id(id): Id<MemberId>) -> Result<StatusCode, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    may_touch(&may, &tx, &row).await?;
    drop(tx);
    let user = UserId::from_uuid(row.user_id);
    sessions::end_at(&may.app, may.caller.actor(), user, may.tenant()).await?;
    cut_browsers(&may.app, may.tenant(), user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a member, and hand over what was theirs. Without an heir their seat stays, empty, and their keys stop. Their phones are
/// struck in any case, because they know the passwords; calls of theirs that are up end.
#[utoipa::path(delete, path = "/v1/members/{id}", operation_id = "member_remove", tag = "members",
    params(("id" = String, Path), Heir), security(("user" = ["members:write"])), responses((status = 204)))]
pub async fn member_remove(
    may: May<Write<of::Member>>,
    Id(id): Id<MemberId>,
    Ask(ask): Ask<Heir>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let wished = ask.heir.as_deref().filter(|text| !text.is_empty());
    // The event first: its sequence number is a lock on the company, and what is read after it stays as it was read.
    tx.changed("member.removed", "member", &id.to_string(), serde_json::json!({ "heir": wished })).await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    let heir = heir(&tx, &row, wished).await?;
    may_touch(&may, &tx, &row).await?;
    let struck = struck_seats(&tx, row.id).await?;
    let seats: Vec<Uuid> = seats_of(&tx, row.id).await?.into_iter().map(|seat| seat.id).collect();
    revoke_of(&tx, &seats).await?;
    uninvite(&tx, row.user_id).await?;
    hand_over(&may, &tx, &row, heir.as_ref()).await?;
    tx.delete::<member::Entity>(row.id).await?;
    tx.commit().await?;
    forget(&may.app, &struck);
    sessions::end_at(&may.app, may.caller.actor(), UserId::from_uuid(row.user_id), may.tenant()).await?;
    end_calls(&may.app, may.tenant(), &seats).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn heir(tx: &TenantTx, leaving: &member::Model, text: Option<&str>) -> Result<Option<member::Model>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let unknown = || Problem::field("heir", "unknown_member", "There is no such active member.");
    let id: MemberId = text.parse().map_err(|_| unknown())?;
    let found = tx.find_seen::<member::Entity>(id.uuid()).await?;
    found.filter(|row| row.state == "active" && row.id != leaving.id).map(Some).ok_or_else(unknown)
}

async fn hand_over(
    may: &May<Write<of::Member>>,
    tx: &TenantTx,
    from: &member::Model,
    to: Option<&member::Model>,
) -> Result<(), StoreError> {
    let mut next = None;
    if let Some(to) = to {
        keys_over(may, tx, from, to).await?;
        let sits = seats_of(tx, to.id).await?.iter().any(|seat| seat.state == "active");
        next = Some(to.id).filter(|_| !sits);
    }
    let sitting = vec![(seat::Column::MemberId, Expr::value(next))];
    let theirs = Condition::all().add(seat::Column::MemberId.eq(from.id));
    tx.update_many::<seat::Entity>(sitting, theirs).await.map(|_| ())
}

/// The heir answers for the keys from now on, which keep of their scopes what heir, leaver and remover all may: the leaver may know
/// the secrets still, and nobody gives more than they have. A key that would keep none stops, and so do all of them where the heir
/// sees further than the leaver did.
async fn keys_over(
    may: &May<Write<of::Member>>,
    tx: &TenantTx,
    from: &member::Model,
    to: &member::Model,
) -> Result<(), StoreError> {
    let (had, saw) = held(tx, from).await?;
    let (has, sees) = held(tx, to).await?;
    if sees > saw {
        return Ok(());
    }
    let from = from.user_id;
    for row in tx.select::<api_key::Entity>().filter(keys_of(from)).all().await? {
        let all_may = |one| had.contains(&one) && has.contains(&one) && may.caller.may(one);
        let kept = texts(&row.scopes).into_iter().filter(|text| text.parse().is_ok_and(all_may));
        let kept: Vec<String> = kept.collect();
        if kept.is_empty() {
            continue;
        }
        let change = api_key::ActiveModel {
            id: Set(row.id),
            scopes: Set(serde_json::json!(kept)),
            created_by: Set(to.user_id),
            ..Default::default()
        };
        tx.update(change).await?;
    }
    if has.contains(&Permission { resource: Resource::SeatToken, verb: Verb::Write }) {
        let mine = vec![(seat_token::Column::CreatedBy, Expr::value(to.user_id))];
        tx.update_many::<seat_token::Entity>(mine, tokens_of(tx, from)).await?;
    }
    Ok(())
}

/// What a member may, and how far they see.
async fn held(tx: &TenantTx, row: &member::Model) -> Result<(Vec<Permission>, Scope), StoreError> {
    let place = place_of(tx, row.id).await?;
    let role: Role = words::Role::stored(&row.role).into();
    let held = Held::of(tx, role, place.role_id).await?;
    Ok((held.permissions(), scope_of(role, held.scope(), place.scope.as_deref())))
}

fn keys_of(user: Uuid) -> Condition {
    Condition::all().add(api_key::Column::CreatedBy.eq(user)).add(api_key::Column::RevokedAt.is_null())
}

fn tokens_of(tx: &TenantTx, user: Uuid) -> Condition {
    let live = seat_token::Column::ExpiresAt.gt(tx.at());
    Condition::all().add(seat_token::Column::CreatedBy.eq(user)).add(seat_token::Column::RevokedAt.is_null()).add(live)
}

crate::resource!(member_belongings, member_sign_out, member_remove);
