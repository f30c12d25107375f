//! Roles: the four built-in ones and those that a company puts together itself. Nobody gives, or changes, a role that may more than
//! they may themselves.

use axum::{Json, http::StatusCode, response::Response};
use kernel::{CustomRoleId, Uuid};
use patchbay_access::{Permission, Read, Role, Scope, Verb, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    organisation_row::{custom_role, placement},
    row::{invitation, member},
};
use crate::{
    kit::{
        body::{Body, Check, Id},
        caller::Caller,
        may::May,
        once::Once,
        problem::{Or404, Problem},
        words,
    },
    programs::row::texts,
};

/// Roles of its own that a company may have.
const MOST: u64 = 100;

/// A role as the company sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompanyRole {
    /// `role_..`, or the word of a built-in one: `supervisor`.
    pub id: String,
    /// Name; of a built-in one its word.
    pub name: String,
    /// Whether it is the same in every company and cannot be changed.
    pub built_in: bool,
    /// What it may: `seats:write` and so on.
    pub permissions: Vec<String>,
    /// How far its members see unless they were given another scope.
    pub scope: words::Scope,
    /// Members who have it.
    pub members: i64,
    /// Whether you may give it: it may nothing that you may not, and sees no further.
    pub in_reach: bool,
}

/// A role of the company's own, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoleName {
    /// `role_..`
    pub id: String,
    /// Name.
    pub name: String,
}

/// A role to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoleNew {
    /// Name.
    pub name: String,
    /// What it may.
    pub permissions: Vec<String>,
    /// How far its members see.
    pub scope: words::Scope,
}

/// Changes of a role; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RolePatch {
    /// Name.
    pub name: Option<String>,
    /// All that it may from now on.
    pub permissions: Option<Vec<String>>,
    /// How far its members see from now on.
    pub scope: Option<words::Scope>,
}

/// What somebody holds: a built-in role, or one of the company's own in its place.
pub struct Held {
    role: Role,
    own: Option<custom_role::Model>,
}

impl Held {
    /// Of a role and, perhaps, the id of one of the company's own. Fails as the store does.
    pub async fn of(tx: &TenantTx, role: Role, own: Option<Uuid>) -> Result<Self, StoreError> {
        let own = match own {
            Some(id) => tx.find::<custom_role::Entity>(id).await?,
            None => None,
        };
        Ok(Self { role, own })
    }
    /// All that it may.
    pub fn permissions(&self) -> Vec<Permission> {
        self.own.as_ref().map_or_else(|| self.role.permissions().collect(), |own| parsed(&texts(&own.permissions)))
    }
    /// How far it sees.
    pub fn scope(&self) -> Scope {
        self.own.as_ref().map_or_else(|| self.role.scope(), |own| own.scope.parse().unwrap_or(Scope::Own))
    }
    /// What may not be taken from its holder by somebody who has not got it: whatever changes something.
    pub fn might(&self) -> Vec<Permission> {
        self.permissions().into_iter().filter(|permission| permission.verb == Verb::Write).collect()
    }
}

/// Permissions out of texts; what is none (any more) is left out.
pub fn parsed(texts: &[String]) -> Vec<Permission> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// All roles, built-in ones first.
#[utoipa::path(get, path = "/v1/roles", operation_id = "role_list", tag = "departments",
    security(("user" = ["roles:read"])), responses((status = 200, body = [CompanyRole])))]
pub async fn role_list(may: May<Read<of::Role>>) -> Result<Json<Vec<CompanyRole>>, Problem> {
    let tx = may.read().await?;
    let own = tx.select::<custom_role::Entity>().order_by(custom_role::Column::Name, Order::Asc).all().await?;
    let members = tx.whole::<member::Entity>().all().await?;
    let places = tx.select::<placement::Entity>().filter(placement::Column::RoleId.is_not_null()).all().await?;
    let plain = |role: Role| {
        let of_role = members.iter().filter(|row| row.role == role.code());
        let instead = |id: Uuid| places.iter().any(|place| place.id == id);
        CompanyRole {
            id: role.code().to_owned(),
            name: role.code().to_owned(),
            built_in: true,
            permissions: role.permissions().map(|one| one.to_string()).collect(),
            scope: role.scope().into(),
            members: count(of_role.filter(|row| !instead(row.id)).count()),
            in_reach: may.caller.may_give(&role.permissions().collect::<Vec<_>>()) && role.scope() <= may.caller.scope,
        }
    };
    let mut all: Vec<CompanyRole> = Role::ALL.into_iter().map(plain).collect();
    all.extend(own.into_iter().map(|row| show(&may.caller, row, &places)));
    Ok(Json(all))
}

/// Put a role together.
#[utoipa::path(post, path = "/v1/roles", operation_id = "role_create", tag = "departments", request_body = RoleNew,
    security(("user" = ["roles:write"])), responses((status = 201, body = CompanyRole)))]
pub async fn role_create(may: May<Write<of::Role>>, once: Once, Body(ask): Body<RoleNew>) -> Result<Response, Problem> {
    let mut check = Check::default();
    check.name(&ask.name, "name");
    check_permissions(&mut check, &ask.permissions, &may.caller);
    check_scope(&mut check, ask.scope, &may.caller);
    check.done()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<custom_role::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} roles of its own.")));
    }
    let id = CustomRoleId::from_uuid(tx.new_id());
    let row = custom_role::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        permissions: Set(canonical(&ask.permissions)),
        scope: Set(ask.scope.as_str().to_owned()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    told(&mut tx, "role.created", &row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &show(&may.caller, row, &[])).await
}

/// Change a role, and with it at once what its members may.
#[utoipa::path(patch, path = "/v1/roles/{id}", operation_id = "role_patch", tag = "departments", params(("id" = String, Path)),
    request_body = RolePatch, security(("user" = ["roles:write"])), responses((status = 200, body = CompanyRole)))]
pub async fn role_patch(
    may: May<Write<of::Role>>,
    Id(id): Id<CustomRoleId>,
    Body(ask): Body<RolePatch>,
) -> Result<Json<CompanyRole>, Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    ask.permissions.iter().for_each(|all| check_permissions(&mut check, all, &may.caller));
    ask.scope.into_iter().for_each(|scope| check_scope(&mut check, scope, &may.caller));
    check.done()?;
    let mut tx = may.write().await?;
    let row = in_reach(&may, &tx, id).await?;
    let mut change = row.into_active_model();
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    ask.permissions.iter().for_each(|all| change.permissions = Set(canonical(all)));
    ask.scope.into_iter().for_each(|scope| change.scope = Set(scope.as_str().to_owned()));
    let row = tx.update(change).await.map_err(taken)?;
    told(&mut tx, "role.updated", &row).await?;
    let places = tx.select::<placement::Entity>().is(placement::Column::RoleId, row.id).all().await?;
    let out = show(&may.caller, row, &places);
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a role that nobody has and nobody is invited as.
#[utoipa::path(delete, path = "/v1/roles/{id}", operation_id = "role_remove", tag = "departments", params(("id" = String, Path)),
    security(("user" = ["roles:write"])), responses((status = 204)))]
pub async fn role_remove(may: May<Write<of::Role>>, Id(id): Id<CustomRoleId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = in_reach(&may, &tx, id).await?;
    told(&mut tx, "role.removed", &row).await?;
    let held = tx.select::<placement::Entity>().is(placement::Column::RoleId, row.id).count().await?;
    let open =
        Condition::all().add(invitation::Column::AcceptedAt.is_null()).add(invitation::Column::ExpiresAt.gt(tx.at()));
    let asked = tx.select::<invitation::Entity>().filter(open).is(invitation::Column::RoleId, row.id).count().await?;
    if held + asked > 0 {
        return Err(Problem::conflict(
            "in_use",
            "Members have this role, or are invited as it. Give them another first.",
        ));
    }
    tx.delete::<custom_role::Entity>(row.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The role, unless it may more or sees further than the caller: then it is not theirs to change.
async fn in_reach(may: &May<Write<of::Role>>, tx: &TenantTx, id: CustomRoleId) -> Result<custom_role::Model, Problem> {
    let row = tx.find::<custom_role::Entity>(id.uuid()).await?.or_404()?;
    if reaches(&may.caller, &row) { Ok(row) } else { Err(mightier()) }
}

fn reaches(caller: &Caller, row: &custom_role::Model) -> bool {
    let sees = row.scope.parse::<Scope>().is_ok_and(|scope| scope <= caller.scope);
    sees && caller.may_give(&parsed(&texts(&row.permissions)))
}

/// 403: nobody gives more than they have, nor changes what may more.
pub fn mightier() -> Problem {
    let text = "This may, or would let somebody, do more than you may yourself.";
    Problem::new(StatusCode::FORBIDDEN, "mightier_than_own", text)
}

fn check_permissions(check: &mut Check, all: &[String], caller: &Caller) {
    check.need(!all.is_empty(), "permissions", "required", "At least one permission.");
    for text in all {
        let known: Option<Permission> = text.parse().ok();
        check.need(known.is_some(), "permissions", "unknown", &format!("{text} is no permission."));
        let held = known.is_none_or(|one| caller.may_give(&[one]));
        check.need(held, "permissions", "not_yours", &format!("You do not have {text} yourself."));
    }
}

fn check_scope(check: &mut Check, scope: words::Scope, caller: &Caller) {
    let text = "Nobody gives a wider view than their own.";
    check.need(Scope::from(scope) <= caller.scope, "scope", "wider_than_own", text);
}

/// In the order of the tables, each once.
fn canonical(all: &[String]) -> serde_json::Value {
    let wanted = parsed(all);
    let known = Role::Owner.permissions().filter(|one| wanted.contains(one));
    serde_json::json!(known.map(|one| one.to_string()).collect::<Vec<_>>())
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A role of this name is there already."),
        other => other.into(),
    }
}

async fn told(tx: &mut TenantTx, kind: &str, row: &custom_role::Model) -> Result<(), Problem> {
    let id = CustomRoleId::from_uuid(row.id).to_string();
    let body = serde_json::json!({ "name": row.name, "permissions": row.permissions, "scope": row.scope });
    Ok(tx.changed(kind, "role", &id, body).await?)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn show(caller: &Caller, row: custom_role::Model, places: &[placement::Model]) -> CompanyRole {
    CompanyRole {
        members: count(places.iter().filter(|place| place.role_id == Some(row.id)).count()),
        in_reach: reaches(caller, &row),
        id: CustomRoleId::from_uuid(row.id).to_string(),
        name: row.name,
        built_in: false,
        permissions: texts(&row.permissions),
        scope: words::Scope::stored(&row.scope),
    }
}

crate::resource!(role_list, role_create, role_patch, role_remove);
