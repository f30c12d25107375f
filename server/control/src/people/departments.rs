//! Departments: the tree that says whom a head of department sees.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{DepartmentId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    organisation_row::{department, placement, team},
    tree::{BadPlace, DEEPEST, Tree, may_lie},
};
use crate::kit::{
    body::{Body, Check, Id, nullable},
    may::May,
    once::Once,
    problem::{Or404, Problem},
};

/// Departments that a company may have.
const MOST: usize = 500;

/// A node of the organisation tree.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Department {
    /// `dept_..`
    pub id: String,
    /// Name, unique below its parent.
    pub name: String,
    /// `dept_..` of the one above; absent at the top.
    pub parent: Option<String>,
    /// Members in it that you see, those of departments below it not counted.
    pub members: i64,
    /// Whether your data scope reaches it: only then you change it.
    pub in_reach: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A department to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DepartmentNew {
    /// Name.
    pub name: String,
    /// `dept_..` of the one above; absent: at the top.
    #[schema(value_type = Option<String>)]
    pub parent: Option<DepartmentId>,
}

/// Changes of a department; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct DepartmentPatch {
    /// Name.
    pub name: Option<String>,
    /// `dept_..` of the one above from now on; `null`: at the top. What lies below moves along.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Option<DepartmentId>>,
}

/// All departments by name. Those that you may change are marked.
#[utoipa::path(get, path = "/v1/departments", operation_id = "department_list", tag = "departments",
    security(("user" = ["departments:read"])), responses((status = 200, body = [Department])))]
pub async fn department_list(may: May<Read<of::Department>>) -> Result<Json<Vec<Department>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<department::Entity>().order_by(department::Column::Name, Order::Asc).all().await?;
    let places = tx.select::<placement::Entity>().filter(placement::Column::DepartmentId.is_not_null()).all().await?;
    Ok(Json(rows.into_iter().map(|row| show(&tx, row, &places)).collect()))
}

/// Make a department.
#[utoipa::path(post, path = "/v1/departments", operation_id = "department_create", tag = "departments",
    request_body = DepartmentNew, security(("user" = ["departments:write"])), responses((status = 201, body = Department)))]
pub async fn department_create(
    may: May<Write<of::Department>>,
    once: Once,
    Body(ask): Body<DepartmentNew>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.name(&ask.name, "name");
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    let id = DepartmentId::from_uuid(tx.new_id());
    let body = serde_json::json!({ "name": ask.name.trim(), "parent": ask.parent });
    // First, because the number of the event is a lock on the company: two moves at once could make a ring.
    tx.changed("department.created", "department", &id.to_string(), body).await?;
    let tree = tree(&tx).await?;
    if tree.len() >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} departments.")));
    }
    let parent = ask.parent.map(DepartmentId::uuid);
    reachable(&tx, &tree, parent)?;
    may_lie(&tree, None, parent).map_err(misplaced)?;
    let row = department::ActiveModel {
        id: Set(id.uuid()),
        parent_id: Set(parent),
        name: Set(ask.name.trim().to_owned()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    // Whoever sees a part of the tree sees what they put below it.
    let out = Department { in_reach: true, ..show(&tx, row, &[]) };
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Rename or move a department.
#[utoipa::path(patch, path = "/v1/departments/{id}", operation_id = "department_patch", tag = "departments",
    params(("id" = String, Path)), request_body = DepartmentPatch, security(("user" = ["departments:write"])),
    responses((status = 200, body = Department)))]
pub async fn department_patch(
    may: May<Write<of::Department>>,
    Id(id): Id<DepartmentId>,
    Body(ask): Body<DepartmentPatch>,
) -> Result<Json<Department>, Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    check.done()?;
    let mut tx = may.write().await?;
    let row = in_reach(&tx, id).await?;
    let body = serde_json::json!({ "name": ask.name, "parent": ask.parent });
    tx.changed("department.updated", "department", &id.to_string(), body).await?;
    let mut change = row.into_active_model();
    if let Some(parent) = ask.parent {
        let (tree, parent) = (tree(&tx).await?, parent.map(DepartmentId::uuid));
        if tree.get(&id.uuid()) != Some(&parent) {
            reachable(&tx, &tree, parent)?;
            may_lie(&tree, Some(id.uuid()), parent).map_err(misplaced)?;
            change.parent_id = Set(parent);
        }
    }
    ask.name.into_iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    let row = tx.update(change).await.map_err(taken)?;
    let places = tx.select::<placement::Entity>().is(placement::Column::DepartmentId, row.id).all().await?;
    let out = show(&tx, row, &places);
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a department. Its members, its teams and the departments below it move to the one above.
#[utoipa::path(delete, path = "/v1/departments/{id}", operation_id = "department_remove", tag = "departments",
    params(("id" = String, Path)), security(("user" = ["departments:write"])), responses((status = 204)))]
pub async fn department_remove(
    may: May<Write<of::Department>>,
    Id(id): Id<DepartmentId>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = in_reach(&tx, id).await?;
    if !row.parent_id.map_or(tx.sees_all(), |parent| tx.sees_department(parent)) {
        return Err(Problem::forbidden());
    }
    let body = serde_json::json!({ "name": row.name });
    tx.changed("department.removed", "department", &id.to_string(), body).await?;
    let up = || Expr::value(row.parent_id);
    let below = department::Column::ParentId;
    tx.update_many::<department::Entity>(vec![(below, up())], below.eq(row.id)).await.map_err(taken)?;
    let team = team::Column::DepartmentId;
    tx.update_many::<team::Entity>(vec![(team, up())], team.eq(row.id)).await?;
    let member = placement::Column::DepartmentId;
    tx.update_many::<placement::Entity>(vec![(member, up())], member.eq(row.id)).await?;
    tx.delete::<department::Entity>(row.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The department, if there is one and the caller's data scope reaches it; 404 otherwise.
async fn in_reach(tx: &TenantTx, id: DepartmentId) -> Result<department::Model, Problem> {
    tx.find::<department::Entity>(id.uuid()).await?.filter(|row| tx.sees_department(row.id)).or_404()
}

async fn tree(tx: &TenantTx) -> Result<Tree, StoreError> {
    let all = tx.select::<department::Entity>().all().await?;
    Ok(all.into_iter().map(|row| (row.id, row.parent_id)).collect())
}

/// Whether something may be put there: the top belongs to those who see everything.
fn reachable(tx: &TenantTx, tree: &Tree, parent: Option<Uuid>) -> Result<(), Problem> {
    match parent {
        None if tx.sees_all() => Ok(()),
        None => Err(Problem::field("parent", "required", "You may only do this below a department of yours.")),
        Some(id) if tree.contains_key(&id) && tx.sees_department(id) => Ok(()),
        Some(_) => Err(unknown("parent")),
    }
}

/// 422: the field names a department that is not there or out of the caller's reach.
pub fn unknown(field: &str) -> Problem {
    Problem::field(field, "unknown_department", "There is no such department.")
}

fn misplaced(why: BadPlace) -> Problem {
    match why {
        BadPlace::BelowItself => Problem::field("parent", "below_itself", "A department cannot lie below itself."),
        BadPlace::TooDeep => Problem::field("parent", "too_deep", format!("The tree has at most {DEEPEST} floors.")),
    }
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => {
            Problem::conflict("name_taken", "A department of this name is there already, on the same floor.")
        }
        other => other.into(),
    }
}

fn show(tx: &TenantTx, row: department::Model, places: &[placement::Model]) -> Department {
    let inside = places.iter().filter(|place| place.department_id == Some(row.id) && tx.sees_member(place.id));
    Department {
        members: i64::try_from(inside.count()).unwrap_or(i64::MAX),
        in_reach: tx.sees_department(row.id),
        id: DepartmentId::from_uuid(row.id).to_string(),
        parent: row.parent_id.map(|id| DepartmentId::from_uuid(id).to_string()),
        name: row.name,
        created_at: row.created_at,
    }
}

crate::resource!(department_list, department_create, department_patch, department_remove);
