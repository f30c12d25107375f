//! Invitations as the invited see them: by the token of the link.
//!
//! A link that was mailed proves that its holder reads the mail of that address. Where links cannot be mailed, the inviter and the
//! operator see them too, so a link proves less: an account that exists must give its password, and a new address stays unchecked.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use kernel::{TenantId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, StoreError, SystemTx, TenantTx,
    system::{FoundInvitation, single_sign_on, user_account},
};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    invitations::{is_open, teams_of},
    member_view::{place_of, put_place},
    organisation_row::{department, placement, team, team_member},
    row::{invitation, member},
};
use crate::{
    identity::{
        family::{self, Holder},
        grant::{Opened, granted},
        second_factor,
        session::wrong_password,
        shapes::Session,
    },
    kit::{
        app::App,
        body::{Ask, Body, Check},
        caller::sso_required,
        password,
        problem::Problem,
        quota,
        source::{Source, user_agent},
        token,
        words::{QuotaKind, Role},
    },
};

/// The token of a link.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ByToken {
    /// As in the link.
    pub token: String,
}

/// What an invited person sees first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvitationPreview {
    /// Company's name.
    pub company: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// The company's name for it, where the role is its own.
    pub custom_role: Option<String>,
    /// By whom.
    pub inviter: String,
    /// A password must be given: a new one by who is new, one's own by who has an account and was not mailed the link.
    pub needs_password: bool,
}

/// A yes.
#[derive(Clone, Deserialize, ToSchema)]
pub struct InvitationAccept {
    /// Name, of who is new.
    pub name: String,
    /// Password; see `needs_password`.
    pub password: Option<String>,
    /// Six digits of the authenticator, or a recovery code, of who has an account with a second factor.
    pub code: Option<String>,
}

/// What an invitation is about.
#[utoipa::path(get, path = "/v1/invitations/by-token", operation_id = "invitation_preview", tag = "session", params(ByToken),
    security(()), responses((status = 200, body = InvitationPreview)))]
pub async fn invitation_preview(
    State(app): State<App>,
    source: Source,
    Ask(by): Ask<ByToken>,
) -> Result<Json<InvitationPreview>, Problem> {
    app.limits.link(source)?;
    let found = open_invitation(&app, &by.token).await?;
    let known = app.database.system().user_by_email(&found.email).await?.is_some();
    Ok(Json(InvitationPreview {
        company: found.company,
        email: found.email,
        role: Role::stored(&found.role),
        custom_role: found.role_name,
        inviter: found.inviter,
        needs_password: !known || app.mail.is_none(),
    }))
}

/// Join the company, and sign in.
#[utoipa::path(post, path = "/v1/invitations/by-token/accept", operation_id = "invitation_accept", tag = "session",
    params(ByToken), request_body = InvitationAccept, security(()), responses((status = 200, body = Session)))]
pub async fn invitation_accept(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Ask(by): Ask<ByToken>,
    Body(ask): Body<InvitationAccept>,
) -> Result<Response, Problem> {
    app.limits.link(source)?;
    let found = open_invitation(&app, &by.token).await?;
    let who = proven(&app, &found, &ask).await?;
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    // Again inside the transaction: the first one to accept wins.
    let again = tx.invitation_by_token(&token::hash(&by.token)).await?;
    let still = again.filter(|row| is_open(row.expires_at, row.accepted_at, tx.now())).ok_or_else(link_over)?;
    let (tenant, mailed) = (TenantId::from_uuid(still.tenant_id), app.mail.is_some());
    let user = match who {
        Who::Known(user) => {
            tx.act(Actor::User(user));
            user
        }
        Who::New { name, hash } => added(&mut tx, &still.email, name, hash, mailed).await?,
    };
    let provider = tx.find::<single_sign_on::Entity>(still.tenant_id).await?;
    if provider.is_some_and(|provider| provider.enforced) && still.role != "owner" {
        joined(&app, tx, &still, user).await?;
        return Err(sso_required());
    }
    let (session, token) = family::open(&mut tx, Holder::User(user, tenant), user_agent(&headers)).await?;
    joined(&app, tx, &still, user).await?;
    granted(&app, &Opened { user, tenant, session, by_sso: false }, &token, StatusCode::OK, None).await
}

async fn open_invitation(app: &App, text: &str) -> Result<FoundInvitation, Problem> {
    let found = app.database.system().invitation_by_token(&token::hash(text)).await?;
    found.filter(|row| is_open(row.expires_at, row.accepted_at, app.now())).ok_or_else(link_over)
}

fn link_over() -> Problem {
    Problem::new(StatusCode::GONE, "token_invalid", "This invitation was used, taken back, or is too old.")
}

enum Who {
    Known(UserId),
    New { name: String, hash: String },
}

async fn proven(app: &App, found: &FoundInvitation, ask: &InvitationAccept) -> Result<Who, Problem> {
    if let Some(user) = app.database.system().user_by_email(&found.email).await? {
        if app.mail.is_none() {
            app.limits.password(&found.email)?;
            let given = ask.password.as_deref().unwrap_or_default();
            if !app.passwords.is(given, Some(&user.password_hash)).await? {
                return Err(wrong_password());
            }
        }
        second_factor::proven(app, user.id, ask.code.as_deref()).await?;
        return Ok(Who::Known(UserId::from_uuid(user.id)));
    }
    let given = ask.password.clone().unwrap_or_default();
    let mut check = Check::default();
    check.name(&ask.name, "name");
    password::check(&mut check, &given, "password", &[&ask.name, &found.email]);
    check.done()?;
    let hash = app.passwords.hash(&given, app.chance().as_mut()).await?;
    Ok(Who::New { name: ask.name.trim().to_owned(), hash })
}

async fn added(tx: &mut SystemTx, email: &str, name: String, hash: String, verified: bool) -> Result<UserId, Problem> {
    let user = UserId::from_uuid(tx.new_id());
    tx.act(Actor::User(user));
    let row = user_account::ActiveModel {
        id: Set(user.uuid()),
        email: Set(email.to_owned()),
        name: Set(name),
        password_hash: Set(hash),
        email_verified_at: Set(verified.then(|| tx.at())),
        locale: Set("en".into()),
        created_at: Set(tx.at()),
    };
    tx.insert(row).await?;
    Ok(user)
}

async fn joined(app: &App, tx: SystemTx, found: &FoundInvitation, user: UserId) -> Result<(), Problem> {
    let mut tx = tx.enter(TenantId::from_uuid(found.tenant_id)).await?;
    let place = NewPlace {
        role: found.role.clone(),
        own_role: found.role_id,
        department: found.department_id,
        teams: teams_of(found.team_ids.as_ref()),
    };
    added_member(app, &mut tx, user, &place).await?;
    used_up(&tx, found.id).await?;
    tx.commit().await?;
    Ok(())
}

/// The invitation was followed. Fails as the store does.
pub async fn used_up(tx: &TenantTx, id: Uuid) -> Result<(), StoreError> {
    let used =
        invitation::ActiveModel { id: Set(id), accepted_at: Set(Some(tx.at())), link: Set(None), ..Default::default() };
    tx.update(used).await.map(|_| ())
}

/// Where somebody new belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlace {
    /// One of the built-in roles.
    pub role: String,
    /// One of the company's own in place of it.
    pub own_role: Option<Uuid>,
    /// Department, while there is one of that id.
    pub department: Option<Uuid>,
    /// Teams, those that there are.
    pub teams: Vec<Uuid>,
}

/// Makes somebody a member. 409 when they are one already, or the company is full.
pub async fn added_member(app: &App, tx: &mut TenantTx, user: UserId, place: &NewPlace) -> Result<(), Problem> {
    let has = tx.whole::<member::Entity>().count().await?;
    quota::room(app, tx.tenant(), QuotaKind::Members, has).await?;
    let id = kernel::MemberId::from_uuid(tx.new_id());
    let row = member::ActiveModel {
        id: Set(id.uuid()),
        user_id: Set(user.uuid()),
        role: Set(place.role.clone()),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        last_seen_at: Set(None),
        ..Default::default()
    };
    tx.insert(row).await.map_err(|error| match error {
        StoreError::Unique { .. } => Problem::conflict("already_member", "You are a member of this company already."),
        other => other.into(),
    })?;
    let mut department_id = None;
    if let Some(department) = place.department {
        department_id = tx.find::<department::Entity>(department).await?.map(|row| row.id);
    }
    if place.own_role.is_some() || department_id.is_some() {
        let put = placement::Model { role_id: place.own_role, department_id, ..place_of(tx, id.uuid()).await? };
        put_place(tx, put).await?;
    }
    for team in &place.teams {
        if tx.find::<team::Entity>(*team).await?.is_none() {
            continue;
        }
        let inside = team_member::ActiveModel {
            id: Set(tx.new_id()),
            team_id: Set(*team),
            member_id: Set(id.uuid()),
            ..Default::default()
        };
        tx.insert(inside).await?;
    }
    tx.changed("member.joined", "member", &id.to_string(), serde_json::json!({ "role": place.role })).await?;
    Ok(())
}

crate::resource!(invitation_preview, invitation_accept);
