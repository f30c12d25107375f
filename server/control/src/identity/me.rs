//! One's own affairs.

use axum::{Json, http::StatusCode};
use kernel::{MemberId, SeatId, TenantId, UserId};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    TenantTx,
    system::{impersonation, tenant, user_account},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::{
    family::{self, Holder},
    shapes::{Company, Me, Membership, MySeat, PasswordChange, SupportVisit, User, UserPatch},
};
use crate::{
    kit::{
        app::App,
        body::{Body, Check},
        caller::{Member, sso_session},
        may::SignedIn,
        password,
        problem::{Or404, Problem},
        words::Role,
    },
    people::roles::RoleName,
    seats::row::seat,
};

/// Who one is, in which company, and what one may.
#[utoipa::path(get, path = "/v1/me", operation_id = "me", tag = "me", security(("user" = [])), responses((status = 200, body = Me)))]
pub async fn me(signed: SignedIn) -> Result<Json<Me>, Problem> {
    Ok(Json(me_of(&signed.app, &signed.caller).await?))
}

/// Change one's name or language.
#[utoipa::path(patch, path = "/v1/me", operation_id = "me_patch", tag = "me", request_body = UserPatch,
    security(("user" = [])), responses((status = 200, body = Me)))]
pub async fn me_patch(signed: SignedIn, Body(ask): Body<UserPatch>) -> Result<Json<Me>, Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    ask.locale.iter().for_each(|locale| check_locale(&mut check, locale));
    check.done()?;
    let (app, caller) = (&signed.app, &signed.caller);
    if caller.by_sso && app.database.system().memberships(caller.user).await?.len() > 1 {
        return Err(sso_session());
    }
    let tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    let mut row = tx.find::<user_account::Entity>(caller.user.uuid()).await?.or_404()?.into_active_model();
    if let Some(name) = ask.name {
        row.name = Set(name.trim().to_owned());
    }
    if let Some(locale) = ask.locale {
        row.locale = Set(locale);
    }
    tx.update(row).await?;
    let mut tx = tx.enter(caller.tenant).await?;
    tx.changed("member.updated", "member", &caller.member.to_string(), serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(Json(me_of(app, caller).await?))
}

/// Change one's password; every other session ends.
#[utoipa::path(post, path = "/v1/me/password", operation_id = "me_password", tag = "me", request_body = PasswordChange,
    security(("user" = [])), responses((status = 204)))]
pub async fn me_password(signed: SignedIn, Body(ask): Body<PasswordChange>) -> Result<StatusCode, Problem> {
    let (app, caller) = (&signed.app, &signed.caller);
    app.limits.password(&caller.user.to_string())?;
    let row = app.database.system().find::<user_account::Entity>(caller.user.uuid()).await?.or_404()?;
    if !app.passwords.is(&ask.current, Some(&row.password_hash)).await? {
        return Err(wrong_current());
    }
    let mut check = Check::default();
    password::check(&mut check, &ask.new, "new", &[&row.name, &row.email]);
    check.done()?;
    let hash = app.passwords.hash(&ask.new, app.chance().as_mut()).await?;
    let tx = app.database.system().begin(app.stamp(caller.actor())).await?;
    tx.update(user_account::ActiveModel { id: Set(row.id), password_hash: Set(hash), ..Default::default() }).await?;
    family::revoke_others(&tx, Holder::of(caller), caller.session).await?;
    let tx = tx.enter(caller.tenant).await?;
    tx.noted("user.password_changed", "user", &caller.user.to_string(), serde_json::json!({}));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 422: the password given as proof is not the right one.
pub fn wrong_current() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_current_password", "This is not your password.")
}

/// A language tag such as `en` or `pt-BR`.
pub fn check_locale(check: &mut Check, locale: &str) {
    let shaped =
        (2..=12).contains(&locale.len()) && locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    check.need(shaped, "locale", "invalid", "A language tag such as en or pt-BR.");
}

/// The whole picture of a member. Fails as the store does.
pub async fn me_of(app: &App, member: &Member) -> Result<Me, Problem> {
    let system = app.database.system();
    let user = system.find::<user_account::Entity>(member.user.uuid()).await?.ok_or_else(Problem::unauthenticated)?;
    let company = system.find::<tenant::Entity>(member.tenant.uuid()).await?.ok_or_else(Problem::unauthenticated)?;
    let places = system.memberships(member.user).await?.into_iter().filter(|place| place.state == "active");
    // What a company's provider says opens nothing of other companies, not even their names.
    let places = places.filter(|place| !member.by_sso || place.tenant_id == member.tenant.uuid());
    let memberships = places.map(|place| Membership {
        tenant: TenantId::from_uuid(place.tenant_id).to_string(),
        company: place.company,
        role: Role::stored(&place.role),
    });
    let support = match member.person.support {
        None => None,
        Some(_) => system.find::<impersonation::Entity>(member.session.uuid()).await?,
    };
    let tx = app.database.tenant_read(member.tenant, app.stamp(member.actor())).await?;
    // Nobody telephones in another's place.
    let seat = if support.is_none() { seat_of(&tx, member.member).await? } else { None };
    Ok(Me {
        user: show_user(user),
        company: show_company(company),
        role: member.role.into(),
        custom_role: member.custom.as_ref().map(|own| RoleName { id: own.id.to_string(), name: own.name.clone() }),
        scope: member.scope.into(),
        member: member.member.to_string(),
        permissions: member.permissions().iter().map(ToString::to_string).collect(),
        lacks_second_factor: member.lacks_second_factor,
        seat,
        memberships: memberships.collect(),
        support: support.map(|row| SupportVisit { reason: row.reason, ends_at: row.ends_at }),
    })
}

/// A member's active seat. Fails as the store does.
pub async fn seat_of(tx: &TenantTx, member: MemberId) -> Result<Option<MySeat>, Problem> {
    let seats = tx.whole::<seat::Entity>().is(seat::Column::MemberId, member.uuid()).is(seat::Column::State, "active");
    Ok(seats.one().await?.map(|row| my_seat(&row)))
}

/// A seat as its holder sees it.
pub fn my_seat(row: &seat::Model) -> MySeat {
    let id = SeatId::from_uuid(row.id).to_string();
    MySeat { id, extension: row.extension.clone(), label: row.label.clone() }
}

fn show_user(row: user_account::Model) -> User {
    User {
        id: UserId::from_uuid(row.id).to_string(),
        name: row.name,
        email: row.email,
        email_verified: row.email_verified_at.is_some(),
        locale: row.locale,
    }
}

/// A company as its members see it.
pub fn show_company(row: tenant::Model) -> Company {
    Company {
        id: TenantId::from_uuid(row.id).to_string(),
        name: row.name,
        realm: row.realm,
        country: row.country,
        timezone: row.timezone,
        locale: row.locale,
        state: row.state,
        max_calls: row.max_calls.into(),
        require_second_factor: row.require_second_factor,
        created_at: row.created_at,
    }
}

crate::resource!(me, me_patch, me_password);
