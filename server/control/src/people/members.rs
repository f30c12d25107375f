//! Members: roles, suspension, removal. A company always keeps an owner.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode};
use kernel::{MemberId, UserId, Uuid};
use patchbay_access::{MemberRefusal, Read, Role, Write, may_change_role, may_remove, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx, system::user_account};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    leaving::{Struck, forget, seats_of, strike_devices},
    row::member,
};
use crate::{
    identity::{me::my_seat, shapes::MySeat},
    kit::{
        app::App,
        body::{Body, Id},
        may::May,
        problem::{Or404, Problem},
        words::{self, MemberState},
    },
    seats::row::seat,
};

/// A person in the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Member {
    /// `mem_..`
    pub id: String,
    /// `usr_..`
    pub user: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role.
    pub role: words::Role,
    /// Whether they may come in.
    pub state: MemberState,
    /// Their seat.
    pub seat: Option<MySeat>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last seen.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_seen_at: Option<OffsetDateTime>,
}

/// Changes of a member; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct MemberPatch {
    /// Role.
    pub role: Option<words::Role>,
    /// Suspended members cannot come in; their devices are struck.
    pub state: Option<MemberState>,
}

/// All members, owners first.
#[utoipa::path(get, path = "/v1/members", operation_id = "member_list", tag = "members",
    security(("user" = ["members:read"])), responses((status = 200, body = [Member])))]
pub async fn member_list(may: May<Read<of::Member>>) -> Result<Json<Vec<Member>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<member::Entity>().order_by(member::Column::Id, Order::Asc).all().await?;
    let mut members = shown(&may.app, &tx, rows).await?;
    members.sort_by_key(|one| patchbay_access::ROLE_ORDER.iter().position(|role| *role == one.role.into()));
    Ok(Json(members))
}

/// Change a member's role, suspend, or let in again.
#[utoipa::path(patch, path = "/v1/members/{id}", operation_id = "member_patch", tag = "members", params(("id" = String, Path)),
    request_body = MemberPatch, security(("user" = ["members:write"])), responses((status = 200, body = Member)))]
pub async fn member_patch(
    may: May<Write<of::Member>>,
    Id(id): Id<MemberId>,
    Body(ask): Body<MemberPatch>,
) -> Result<Json<Member>, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<member::Entity>(id.uuid()).await?.or_404()?;
    let body = serde_json::json!({ "role": ask.role, "state": ask.state });
    tx.changed("member.updated", "member", &id.to_string(), body).await?;
    let from: Role = words::Role::stored(&row.role).into();
    let others = other_owners(&tx, row.id).await?;
    let to: Role = ask.role.map_or(from, Role::from);
    may_change_role(may.caller.role, from, to, others).map_err(refused)?;
    if to != from {
        may.caller.reaches(to)?;
    }
    let mut struck = Vec::new();
    if ask.state == Some(MemberState::Suspended) && row.state == "active" {
        may_remove(may.caller.role, from, others).map_err(refused)?;
        struck = struck_seats(&tx, row.id).await?;
    }
    let mut change = row.into_active_model();
    change.role = Set(to.code().to_owned());
    ask.state.into_iter().for_each(|state| change.state = Set(state.as_str().to_owned()));
    let row = tx.update(change).await?;
    let member = shown(&may.app, &tx, vec![row]).await?.pop().or_404()?;
    tx.commit().await?;
    forget(&may.app, &struck);
    Ok(Json(member))
}

/// Remove a member. Their seat stays, empty and without devices.
#[utoipa::path(delete, path = "/v1/members/{id}", operation_id = "member_remove", tag = "members", params(("id" = String, Path)),
    security(("user" = ["members:write"])), responses((status = 204)))]
pub async fn member_remove(may: May<Write<of::Member>>, Id(id): Id<MemberId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<member::Entity>(id.uuid()).await?.or_404()?;
    tx.changed("member.removed", "member", &id.to_string(), serde_json::json!({})).await?;
    let others = other_owners(&tx, row.id).await?;
    may_remove(may.caller.role, words::Role::stored(&row.role).into(), others).map_err(refused)?;
    let struck = struck_seats(&tx, row.id).await?;
    let nobody = vec![(seat::Column::MemberId, Expr::value(None::<Uuid>))];
    tx.update_many::<seat::Entity>(nobody, seat::Column::MemberId.eq(row.id)).await?;
    tx.delete::<member::Entity>(row.id).await?;
    tx.commit().await?;
    forget(&may.app, &struck);
    Ok(StatusCode::NO_CONTENT)
}

fn refused(why: MemberRefusal) -> Problem {
    match why {
        MemberRefusal::LastOwner => Problem::conflict("last_owner", "A company keeps at least one active owner."),
        MemberRefusal::OwnersOnly => Problem::forbidden(),
    }
}

/// Active owners besides this member. Ask after the event was written: its sequence number is a lock on the company, so two owners
/// who demote each other in one instant stand in line and the second one counts right.
async fn other_owners(tx: &TenantTx, member: Uuid) -> Result<usize, StoreError> {
    let owners = tx.select::<member::Entity>().is(member::Column::Role, "owner").is(member::Column::State, "active");
    let others = owners.filter(member::Column::Id.ne(member)).count().await?;
    Ok(usize::try_from(others).unwrap_or(usize::MAX))
}

async fn struck_seats(tx: &TenantTx, member: Uuid) -> Result<Vec<Struck>, StoreError> {
    let mut struck = Vec::new();
    for seat in seats_of(tx, member).await? {
        struck.extend(strike_devices(tx, seat.id).await?);
    }
    Ok(struck)
}

async fn shown(app: &App, tx: &TenantTx, rows: Vec<member::Model>) -> Result<Vec<Member>, Problem> {
    let ids: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
    let people: BTreeMap<Uuid, user_account::Model> =
        app.database.system().users(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
    let seats = tx.select::<seat::Entity>().is(seat::Column::State, "active").all().await?;
    let seats: BTreeMap<Uuid, MySeat> =
        seats.iter().filter_map(|row| row.member_id.map(|member| (member, my_seat(row)))).collect();
    let show = |row: member::Model| {
        let (name, email) = people.get(&row.user_id).map(|p| (p.name.clone(), p.email.clone())).unwrap_or_default();
        Member {
            id: MemberId::from_uuid(row.id).to_string(),
            user: UserId::from_uuid(row.user_id).to_string(),
            name,
            email,
            role: words::Role::stored(&row.role),
            state: MemberState::stored(&row.state),
            seat: seats.get(&row.id).cloned(),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    };
    Ok(rows.into_iter().map(show).collect())
}

crate::resource!(member_list, member_patch, member_remove);
