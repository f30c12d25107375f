//! Invitations as the company sees them.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{CustomRoleId, DepartmentId, InvitationId, TeamId, UserId, Uuid, Wall};
use patchbay_access::{MemberRefusal, Read, Scope, Write, may_change_role, may_change_scope, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, system::tenant};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    departments::unknown,
    organisation_row::{custom_role, department, team},
    roles::{Held, RoleName, mightier},
    row::{invitation, member},
};
use crate::{
    identity::sign_up::{check_email, email},
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
        quota, token,
        words::{QuotaKind, Role},
    },
    mail::{self, Letter, LetterKind},
};

/// How long a link is good, in seconds.
const LIFE_S: i64 = 7 * 86_400;
/// Invitations that may wait at once: a company is no mailing list.
const WAITING_MOST: u64 = 100;
/// Teams that somebody may be invited into at once.
const TEAMS_MOST: usize = 20;

/// Somebody who is asked to come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// `inv_..`
    pub id: String,
    /// Address.
    pub email: String,
    /// As what.
    pub role: Role,
    /// As which of the company's own roles, in place of it.
    pub custom_role: Option<RoleName>,
    /// `dept_..` that they will belong to.
    pub department: Option<String>,
    /// `team_..` that they will be in.
    pub teams: Vec<String>,
    /// Who invites, by name.
    pub invited_by: String,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The link, where it could not be mailed; for whoever invites alone, because it opens the company.
    pub link: Option<String>,
}

/// Whom to ask.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvitationNew {
    /// Address.
    pub email: String,
    /// As what.
    pub role: Role,
    /// `role_..` of the company's own, in place of `role`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub custom_role: Option<CustomRoleId>,
    /// `dept_..` that they will belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub department: Option<DepartmentId>,
    /// `team_..` that they will be in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub teams: Vec<TeamId>,
}

/// Invitations that wait for an answer.
#[utoipa::path(get, path = "/v1/invitations", operation_id = "invitation_list", tag = "members",
    security(("user" = ["invitations:read"])), responses((status = 200, body = [Invitation])))]
pub async fn invitation_list(may: May<Read<of::Invitation>>) -> Result<Json<Vec<Invitation>>, Problem> {
    let tx = may.read().await?;
    let rows = waiting(&tx).await?;
    Ok(Json(shown(&may, &tx, rows).await?))
}

/// Invite somebody. An invitation to the same address that still waits is replaced.
#[utoipa::path(post, path = "/v1/invitations", operation_id = "invitation_create", tag = "members", request_body = InvitationNew,
    security(("user" = ["invitations:write"])), responses((status = 201, body = Invitation)))]
pub async fn invitation_create(
    may: May<Write<of::Invitation>>,
    once: Once,
    Body(ask): Body<InvitationNew>,
) -> Result<Response, Problem> {
    let address = email(&ask.email);
    let mut check = Check::default();
    check_email(&mut check, &address);
    check.done()?;
    may_change_role(may.caller.role, patchbay_access::Role::Agent, ask.role.into(), 1).map_err(|why| match why {
        MemberRefusal::LastOwner | MemberRefusal::OwnersOnly | MemberRefusal::WiderThanOwn => Problem::forbidden(),
    })?;
    let app = &may.app;
    let known = app.database.system().user_by_email(&address).await?;
    let company = app.database.system().find::<tenant::Entity>(may.tenant().uuid()).await?.or_404()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if let Some(user) = known {
        let here = tx.whole::<member::Entity>().is(member::Column::UserId, user.id).count().await?;
        if here > 0 {
            return Err(Problem::conflict("already_member", "Somebody with this address is a member already."));
        }
    }
    let role = given(&may, &tx, &ask).await?;
    let has = tx.whole::<member::Entity>().count().await?;
    quota::room(app, may.tenant(), QuotaKind::Members, has).await?;
    let place = placed(&tx, &ask).await?;
    let (row, link) = write(&may, &mut tx, &address, (role, ask.custom_role), place).await?;
    if app.mail.is_some() {
        let letter =
            Letter { kind: LetterKind::Invitation, to: address, name: String::new(), about: company.name, link };
        let now = tx.now();
        tx.enqueue(mail::job(app, &letter, now)?).await?;
    }
    let out = shown(&may, &tx, vec![row]).await?.pop().or_404()?;
    let answer = once.after(tx, &ask, StatusCode::CREATED, &out).await?;
    app.mail_waits.notify_one();
    Ok(answer)
}

/// The built-in role that is stored; whoever invites has all that the invited will have, and sees as far.
async fn given(may: &May<Write<of::Invitation>>, tx: &TenantTx, ask: &InvitationNew) -> Result<Role, Problem> {
    let own = ask.custom_role.map(CustomRoleId::uuid);
    if let Some(id) = own {
        let unknown = || Problem::field("custom_role", "unknown_role", "There is no such role.");
        tx.find::<custom_role::Entity>(id).await?.ok_or_else(unknown)?;
    }
    let role = if own.is_some() { Role::Agent } else { ask.role };
    let held = Held::of(tx, role.into(), own).await?;
    may_change_scope(may.caller.scope, Scope::Own, held.scope()).map_err(|_| mightier())?;
    may.caller.reaches(&held.permissions())?;
    Ok(role)
}

/// Where somebody will belong.
struct Placed {
    department: Option<Uuid>,
    teams: Vec<Uuid>,
}

/// Departments and teams that the inviter has in reach, or 422: else a lead would put people where they see nothing. Who does not see
/// the whole company says a department of theirs, as when somebody is moved.
async fn placed(tx: &TenantTx, ask: &InvitationNew) -> Result<Placed, Problem> {
    let department = match ask.department {
        None => None,
        Some(id) => {
            let row = tx.find::<department::Entity>(id.uuid()).await?.filter(|row| tx.sees_department(row.id));
            Some(row.ok_or_else(|| unknown("department"))?.id)
        }
    };
    if ask.teams.len() > TEAMS_MOST {
        return Err(Problem::field("teams", "too_many", format!("At most {TEAMS_MOST} teams.")));
    }
    let mut teams = Vec::new();
    for id in &ask.teams {
        let missing = || Problem::field("teams", "unknown_team", "There is no such team in your reach.");
        let row = tx.find::<team::Entity>(id.uuid()).await?.filter(|row| tx.sees_team(row.id));
        teams.push(row.ok_or_else(missing)?.id);
    }
    teams.sort_unstable();
    teams.dedup();
    Ok(Placed { department, teams })
}

async fn write(
    may: &May<Write<of::Invitation>>,
    tx: &mut TenantTx,
    address: &str,
    (role, own): (Role, Option<CustomRoleId>),
    place: Placed,
) -> Result<(invitation::Model, String), Problem> {
    let open = Condition::all().add(invitation::Column::AcceptedAt.is_null());
    tx.delete_many::<invitation::Entity>(open.add(invitation::Column::Email.eq(address))).await?;
    if waiting(tx).await?.len() as u64 >= WAITING_MOST {
        return Err(Problem::conflict("limit_reached", "A hundred invitations wait already."));
    }
    let token = token::new(tx.chance());
    let link = may.app.link(&format!("/join?token={}", token.expose()));
    let id = InvitationId::from_uuid(tx.new_id());
    let row = invitation::ActiveModel {
        id: Set(id.uuid()),
        email: Set(address.to_owned()),
        role: Set(role.as_str().to_owned()),
        token_hash: Set(token::hash(token.expose())),
        link: Set(may.app.mail.is_none().then(|| link.clone())),
        invited_by: Set(may.caller.user.uuid()),
        expires_at: Set(tx.now().plus_s(LIFE_S).to_offset()),
        accepted_at: Set(None),
        created_at: Set(tx.at()),
        role_id: Set(own.map(CustomRoleId::uuid)),
        department_id: Set(place.department),
        team_ids: Set((!place.teams.is_empty()).then(|| serde_json::json!(place.teams))),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let body = serde_json::json!({ "email": address, "role": role, "custom_role": own });
    tx.changed("invitation.created", "invitation", &id.to_string(), body).await?;
    Ok((row, link))
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/v1/invitations/{id}", operation_id = "invitation_revoke", tag = "members",
    params(("id" = String, Path)), security(("user" = ["invitations:write"])), responses((status = 204)))]
pub async fn invitation_revoke(
    may: May<Write<of::Invitation>>,
    Id(id): Id<InvitationId>,
) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<invitation::Entity>(id.uuid()).await?.filter(|row| row.accepted_at.is_none()).or_404()?;
    tx.delete::<invitation::Entity>(row.id).await?;
    tx.changed("invitation.revoked", "invitation", &id.to_string(), serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn waiting(tx: &TenantTx) -> Result<Vec<invitation::Model>, Problem> {
    let open =
        Condition::all().add(invitation::Column::AcceptedAt.is_null()).add(invitation::Column::ExpiresAt.gt(tx.at()));
    let rows = tx.select::<invitation::Entity>().filter(open).order_by(invitation::Column::Id, Order::Desc);
    Ok(rows.all().await?)
}

async fn shown<P>(may: &May<P>, tx: &TenantTx, rows: Vec<invitation::Model>) -> Result<Vec<Invitation>, Problem> {
    let ids: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.invited_by)).collect();
    let names: BTreeMap<Uuid, String> =
        may.app.database.system().users(&ids).await?.into_iter().map(|user| (user.id, user.name)).collect();
    let roles = tx.select::<custom_role::Entity>().all().await?;
    let named = |id: Uuid| {
        let row = roles.iter().find(|row| row.id == id)?;
        Some(RoleName { id: CustomRoleId::from_uuid(id).to_string(), name: row.name.clone() })
    };
    let show = |row: invitation::Model| Invitation {
        custom_role: row.role_id.and_then(named),
        department: row.department_id.map(|id| DepartmentId::from_uuid(id).to_string()),
        teams: teams_of(row.team_ids.as_ref()).into_iter().map(|id| TeamId::from_uuid(id).to_string()).collect(),
        id: InvitationId::from_uuid(row.id).to_string(),
        email: row.email,
        role: Role::stored(&row.role),
        invited_by: names.get(&row.invited_by).cloned().unwrap_or_default(),
        expires_at: row.expires_at,
        link: row.link.filter(|_| row.invited_by == may.caller.user.uuid()),
    };
    Ok(rows.into_iter().map(show).collect())
}

/// The teams of an invitation's row.
pub fn teams_of(stored: Option<&serde_json::Value>) -> Vec<Uuid> {
    stored.and_then(|ids| serde_json::from_value(ids.clone()).ok()).unwrap_or_default()
}

/// Whether the invitation can be accepted now.
pub fn is_open(expires_at: OffsetDateTime, accepted_at: Option<OffsetDateTime>, now: Wall) -> bool {
    accepted_at.is_none() && Wall::from_offset(expires_at) > now
}

crate::resource!(invitation_list, invitation_create, invitation_revoke);
