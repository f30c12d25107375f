//! Teams: working groups of members, across departments if need be. A lead of a team is a member of it whose data scope is `team`.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{DepartmentId, MemberId, TeamId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    departments::unknown,
    organisation_row::{department, team, team_member},
    row::member,
};
use crate::{
    kit::{
        body::{Body, Check, Id, nullable},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
    seats::view::names,
};

/// Teams that a company may have.
const MOST: u64 = 500;
/// Members that a team may have.
const MEMBERS_MOST: usize = 500;

/// A working group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Team {
    /// `team_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// `dept_..` of the department whose head sees it; absent: of none.
    pub department: Option<String>,
    /// Its members that you see, by name.
    pub members: Vec<TeamMember>,
    /// Whether your data scope reaches it: only then you change it.
    pub in_reach: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Somebody in a team.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TeamMember {
    /// `mem_..`
    pub member: String,
    /// Name.
    pub name: String,
}

/// A team to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TeamNew {
    /// Name.
    pub name: String,
    /// `dept_..`
    #[schema(value_type = Option<String>)]
    pub department: Option<DepartmentId>,
    /// `mem_..`
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub members: Vec<MemberId>,
}

/// Changes of a team; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct TeamPatch {
    /// Name.
    pub name: Option<String>,
    /// `dept_..` from now on; `null`: of no department.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub department: Option<Option<DepartmentId>>,
    /// All its members from now on (`mem_..`).
    #[schema(value_type = Option<Vec<String>>)]
    pub members: Option<Vec<MemberId>>,
}

/// All teams by name, each with the members that you see.
#[utoipa::path(get, path = "/v1/teams", operation_id = "team_list", tag = "departments",
    security(("user" = ["departments:read"])), responses((status = 200, body = [Team])))]
pub async fn team_list(may: May<Read<of::Department>>) -> Result<Json<Vec<Team>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<team::Entity>().order_by(team::Column::Name, Order::Asc).all().await?;
    let inside = tx.select::<team_member::Entity>().all().await?;
    let names = names(&may.app, &tx).await?;
    Ok(Json(rows.into_iter().map(|row| show(&tx, row, &inside, &names)).collect()))
}

/// Make a team.
#[utoipa::path(post, path = "/v1/teams", operation_id = "team_create", tag = "departments", request_body = TeamNew,
    security(("user" = ["departments:write"])), responses((status = 201, body = Team)))]
pub async fn team_create(
    may: May<Write<of::Department>>,
    once: Once,
    Body(ask): Body<TeamNew>,
) -> Result<Response, Problem> {
    checked(Some(&ask.name), Some(&ask.members))?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<team::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} teams.")));
    }
    let department = placed(&tx, ask.department).await?;
    let id = TeamId::from_uuid(tx.new_id());
    let row = team::ActiveModel {
        id: Set(id.uuid()),
        department_id: Set(department),
        name: Set(ask.name.trim().to_owned()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    set_members(&tx, row.id, &ask.members).await?;
    let body = serde_json::json!({ "name": row.name, "department": ask.department, "members": ask.members });
    tx.changed("team.created", "team", &id.to_string(), body).await?;
    // Whoever may put it there has it in reach from now on.
    let out = Team { in_reach: true, ..one(&may, &tx, row).await? };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Rename a team, put it into another department, or say who is in it.
#[utoipa::path(patch, path = "/v1/teams/{id}", operation_id = "team_patch", tag = "departments", params(("id" = String, Path)),
    request_body = TeamPatch, security(("user" = ["departments:write"])), responses((status = 200, body = Team)))]
pub async fn team_patch(
    may: May<Write<of::Department>>,
    Id(id): Id<TeamId>,
    Body(ask): Body<TeamPatch>,
) -> Result<Json<Team>, Problem> {
    checked(ask.name.as_deref(), ask.members.as_deref())?;
    let mut tx = may.write().await?;
    let row = in_reach(&tx, id).await?;
    let before = row.department_id;
    let mut change = row.into_active_model();
    if let Some(department) = ask.department
        && department.map(DepartmentId::uuid) != before
    {
        change.department_id = Set(placed(&tx, department).await?);
    }
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    let row = tx.update(change).await.map_err(taken)?;
    if let Some(members) = &ask.members {
        set_members(&tx, row.id, members).await?;
    }
    let body = serde_json::json!({ "name": ask.name, "department": ask.department, "members": ask.members });
    tx.changed("team.updated", "team", &id.to_string(), body).await?;
    let out = one(&may, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a team. Its members stay in the company.
#[utoipa::path(delete, path = "/v1/teams/{id}", operation_id = "team_remove", tag = "departments", params(("id" = String, Path)),
    security(("user" = ["departments:write"])), responses((status = 204)))]
pub async fn team_remove(may: May<Write<of::Department>>, Id(id): Id<TeamId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = in_reach(&tx, id).await?;
    tx.delete::<team::Entity>(row.id).await?;
    tx.changed("team.removed", "team", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The team, if there is one and the caller's data scope reaches it; 404 otherwise.
async fn in_reach(tx: &TenantTx, id: TeamId) -> Result<team::Model, Problem> {
    tx.find::<team::Entity>(id.uuid()).await?.filter(|row| tx.sees_team(row.id)).or_404()
}

/// The department that a team may be put into: teams of none belong to those who see everything.
async fn placed(tx: &TenantTx, department: Option<DepartmentId>) -> Result<Option<Uuid>, Problem> {
    let Some(id) = department else {
        let needed = || Problem::field("department", "required", "Say one of your departments.");
        return if tx.sees_all() { Ok(None) } else { Err(needed()) };
    };
    let row = tx.find::<department::Entity>(id.uuid()).await?.filter(|row| tx.sees_department(row.id));
    row.map(|row| Some(row.id)).ok_or_else(|| unknown("department"))
}

/// Nobody is put into a team who is not seen: else a lead would see further by adding people.
async fn set_members(tx: &TenantTx, team: Uuid, wanted: &[MemberId]) -> Result<(), Problem> {
    tx.delete_many::<team_member::Entity>(team_member::Column::TeamId.eq(team)).await?;
    for (at, id) in wanted.iter().enumerate() {
        if wanted[..at].contains(id) {
            continue;
        }
        let unknown = || Problem::field("members", "unknown_member", "One of these is not among the members you see.");
        let row = tx.find_seen::<member::Entity>(id.uuid()).await?.ok_or_else(unknown)?;
        let inside = team_member::ActiveModel {
            id: Set(tx.new_id()),
            team_id: Set(team),
            member_id: Set(row.id),
            ..Default::default()
        };
        tx.insert(inside).await?;
    }
    Ok(())
}

fn checked(name: Option<&str>, members: Option<&[MemberId]>) -> Result<(), Problem> {
    let mut check = Check::default();
    name.into_iter().for_each(|name| check.name(name, "name"));
    let few = members.is_none_or(|members| members.len() <= MEMBERS_MOST);
    check.need(few, "members", "too_many", &format!("A team has at most {MEMBERS_MOST} members."));
    check.done()
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A team of this name is there already."),
        other => other.into(),
    }
}

async fn one(may: &May<Write<of::Department>>, tx: &TenantTx, row: team::Model) -> Result<Team, Problem> {
    let inside = tx.select::<team_member::Entity>().is(team_member::Column::TeamId, row.id).all().await?;
    Ok(show(tx, row, &inside, &names(&may.app, tx).await?))
}

fn show(tx: &TenantTx, row: team::Model, inside: &[team_member::Model], names: &BTreeMap<Uuid, String>) -> Team {
    let seen = inside.iter().filter(|one| one.team_id == row.id && tx.sees_member(one.member_id));
    let mut members: Vec<TeamMember> = seen
        .map(|one| TeamMember {
            member: MemberId::from_uuid(one.member_id).to_string(),
            name: names.get(&one.member_id).cloned().unwrap_or_default(),
        })
        .collect();
    members.sort_by(|left, right| (&left.name, &left.member).cmp(&(&right.name, &right.member)));
    Team {
        in_reach: tx.sees_team(row.id),
        id: TeamId::from_uuid(row.id).to_string(),
        name: row.name,
        department: row.department_id.map(|id| DepartmentId::from_uuid(id).to_string()),
        members,
        created_at: row.created_at,
    }
}

crate::resource!(team_list, team_create, team_patch, team_remove);
