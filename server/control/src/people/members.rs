//! Members: roles, suspension, removal. A company always keeps an owner.

use axum::{Json, http::StatusCode};
use kernel::{CustomRoleId, DepartmentId, MemberId, UserId, Uuid};
use patchbay_access::{
    MemberRefusal, Read, Role, Scope, Write, may_change_role, may_change_scope, may_remove, resource::of,
};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order, sea_query::Expr};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    departments::unknown,
    leaving::{Struck, end_calls, forget, seats_of, strike_devices},
    member_view::{Member, place_of, put_place, shown},
    organisation_row::{custom_role, department, placement},
    roles::Held,
    row::{invitation, member},
};
use crate::{
    identity::sessions,
    kit::{
        body::{Body, Id, nullable},
        caller::scope_of,
        may::May,
        problem::{Or404, Problem},
        words::{self, MemberState},
    },
    programs::seat_tokens::revoke_of,
    seats::row::seat,
};

/// Changes of a member; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct MemberPatch {
    /// Role.
    pub role: Option<words::Role>,
    /// `role_..` of the company's own that they have from now on, in place of `role`.
    #[schema(value_type = Option<String>)]
    pub custom_role: Option<CustomRoleId>,
    /// How far they see from now on; `null`: as the role says. Nobody gives a wider view than their own.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<words::Scope>)]
    pub scope: Option<Option<words::Scope>>,
    /// `dept_..` they belong to from now on; `null`: to none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub department: Option<Option<DepartmentId>>,
    /// Suspended members are signed out and cannot come in; their devices and seat tokens are struck, their calls end.
    pub state: Option<MemberState>,
    /// With `suspended`: their seat becomes free for somebody else.
    pub free_seat: Option<bool>,
}

/// Members, owners first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/members", operation_id = "member_list", tag = "members",
    security(("user" = ["members:read"])), responses((status = 200, body = [Member])))]
pub async fn member_list(may: May<Read<of::Member>>) -> Result<Json<Vec<Member>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.seen::<member::Entity>().order_by(member::Column::Id, Order::Asc).all().await?;
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
    let body = serde_json::json!({ "role": ask.role, "custom_role": ask.custom_role, "state": ask.state,
        "scope": ask.scope, "department": ask.department });
    // The event first: its sequence number is a lock on the company, and what is read after it stays as it was read.
    tx.changed("member.updated", "member", &id.to_string(), body).await?;
    let row = tx.find_seen::<member::Entity>(id.uuid()).await?.or_404()?;
    let from: Role = words::Role::stored(&row.role).into();
    let others = other_owners(&tx, row.id).await?;
    let mut place = place_of(&tx, row.id).await?;
    let had = Held::of(&tx, from, place.role_id).await?;
    let to = next_role(&tx, &ask, from, &mut place).await?;
    let has = Held::of(&tx, to, place.role_id).await?;
    may_change_role(may.caller.role, from, to, others).map_err(refused)?;
    if ask.role.is_some() || ask.custom_role.is_some() {
        may.caller.reaches(&had.might())?;
        may.caller.reaches(&has.permissions())?;
    }
    let saw = scope_of(from, had.scope(), place.scope.as_deref());
    ask.scope.into_iter().for_each(|scope| place.scope = scope.map(|scope| scope.as_str().to_owned()));
    may_change_scope(may.caller.scope, saw, scope_of(to, has.scope(), place.scope.as_deref())).map_err(refused)?;
    if let Some(department) = ask.department {
        place.department_id = belongs(&tx, department).await?;
    }
    if ask.state == Some(MemberState::Active) && row.state != "active" {
        // Whom one may not lock out one may not let in again.
        may.caller.reaches(&had.might())?;
        may_change_scope(may.caller.scope, saw, Scope::Own).map_err(refused)?;
    }
    let locks = ask.state == Some(MemberState::Suspended) && row.state == "active";
    let (mut struck, mut seats, user) = (Vec::new(), Vec::new(), UserId::from_uuid(row.user_id));
    if locks {
        may_touch(&may, &tx, &row).await?;
        struck = struck_seats(&tx, row.id).await?;
        seats = locked(&tx, row.id, ask.free_seat == Some(true)).await?;
        uninvite(&tx, row.user_id).await?;
    }
    let mut change = row.into_active_model();
    change.role = Set(to.code().to_owned());
    ask.state.into_iter().for_each(|state| change.state = Set(state.as_str().to_owned()));
    let row = tx.update(change).await?;
    put_place(&tx, place).await?;
    let member = shown(&may.app, &tx, vec![row]).await?.pop().or_404()?;
    tx.commit().await?;
    forget(&may.app, &struck);
    if locks {
        sessions::end_at(&may.app, may.caller.actor(), user, may.tenant()).await?;
        end_calls(&may.app, may.tenant(), &seats).await;
    }
    Ok(Json(member))
}

/// Whether somebody may be locked out, signed out or removed by the caller: not the last owner, nobody mightier, nobody who sees
/// further.
pub async fn may_touch(may: &May<Write<of::Member>>, tx: &TenantTx, row: &member::Model) -> Result<(), Problem> {
    let role: Role = words::Role::stored(&row.role).into();
    may_remove(may.caller.role, role, other_owners(tx, row.id).await?).map_err(refused)?;
    let place = place_of(tx, row.id).await?;
    let had = Held::of(tx, role, place.role_id).await?;
    let saw = scope_of(role, had.scope(), place.scope.as_deref());
    may_change_scope(may.caller.scope, saw, Scope::Own).map_err(refused)?;
    may.caller.reaches(&had.might())
}

fn refused(why: MemberRefusal) -> Problem {
    match why {
        MemberRefusal::LastOwner => Problem::conflict("last_owner", "A company keeps at least one active owner."),
        MemberRefusal::OwnersOnly => Problem::forbidden(),
        MemberRefusal::WiderThanOwn => Problem::new(
            StatusCode::FORBIDDEN,
            "wider_than_own",
            "They see, or would see, further than you do: ask somebody who sees as far.",
        ),
    }
}

/// Takes back the invitations of somebody who goes: one of them may be to themselves. Fails as the store does.
pub async fn uninvite(tx: &TenantTx, user: Uuid) -> Result<(), StoreError> {
    let theirs =
        Condition::all().add(invitation::Column::InvitedBy.eq(user)).add(invitation::Column::AcceptedAt.is_null());
    tx.delete_many::<invitation::Entity>(theirs).await.map(|_| ())
}

/// Their seats, without tokens, and free if wished.
async fn locked(tx: &TenantTx, member: Uuid, free: bool) -> Result<Vec<Uuid>, StoreError> {
    let seats: Vec<Uuid> = seats_of(tx, member).await?.into_iter().map(|seat| seat.id).collect();
    revoke_of(tx, &seats).await?;
    if free {
        let nobody = vec![(seat::Column::MemberId, Expr::value(None::<Uuid>))];
        tx.update_many::<seat::Entity>(nobody, seat::Column::MemberId.eq(member)).await?;
    }
    Ok(seats)
}

/// The built-in role from now on; one of the company's own stands in `place`, above the weakest built-in one.
async fn next_role(
    tx: &TenantTx,
    ask: &MemberPatch,
    from: Role,
    place: &mut placement::Model,
) -> Result<Role, Problem> {
    match (ask.role, ask.custom_role) {
        (Some(_), Some(_)) => Err(Problem::field("custom_role", "one_role", "One role, not two.")),
        (Some(role), None) => {
            place.role_id = None;
            Ok(role.into())
        }
        (None, Some(id)) => {
            let unknown = || Problem::field("custom_role", "unknown_role", "There is no such role.");
            place.role_id = Some(tx.find::<custom_role::Entity>(id.uuid()).await?.ok_or_else(unknown)?.id);
            Ok(Role::Agent)
        }
        (None, None) => Ok(from),
    }
}

/// The department that somebody may be put into. Out of all departments goes only who is put there by somebody who sees everything.
async fn belongs(tx: &TenantTx, department: Option<DepartmentId>) -> Result<Option<Uuid>, Problem> {
    let Some(id) = department else {
        let needed = || Problem::field("department", "required", "Say one of your departments.");
        return if tx.sees_all() { Ok(None) } else { Err(needed()) };
    };
    let row = tx.find::<department::Entity>(id.uuid()).await?.filter(|row| tx.sees_department(row.id));
    row.map(|row| Some(row.id)).ok_or_else(|| unknown("department"))
}

/// Active owners besides this member. Ask after the event was written: its sequence number is a lock on the company, so two owners
/// who demote each other in one instant stand in line and the second one counts right.
async fn other_owners(tx: &TenantTx, member: Uuid) -> Result<usize, StoreError> {
    let owners = tx.whole::<member::Entity>().is(member::Column::Role, "owner").is(member::Column::State, "active");
    let others = owners.filter(member::Column::Id.ne(member)).count().await?;
    Ok(usize::try_from(others).unwrap_or(usize::MAX))
}

/// Strikes the devices of all seats of a member. Fails as the store does.
pub async fn struck_seats(tx: &TenantTx, member: Uuid) -> Result<Vec<Struck>, StoreError> {
    let mut struck = Vec::new();
    for seat in seats_of(tx, member).await? {
        struck.extend(strike_devices(tx, seat.id).await?);
    }
    Ok(struck)
}

crate::resource!(member_list, member_patch);
