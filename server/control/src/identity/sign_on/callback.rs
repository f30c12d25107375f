//! Back from the provider: who it is, and whether they come in. The browser follows a link here, so the answer is always a page of
//! ours: the one it wanted, or the sign-in with a word that tells what went wrong.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use kernel::{TenantId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, SystemTx,
    system::{Membership, single_sign_on, sso_domain, sso_link, tenant, user_account},
};
use sea_orm::ActiveValue::Set;
use serde::Deserialize;

use super::{
    arrival::{Account, Arrival, Facts, Invited, Place, judged},
    attempt::{self, Back},
    provider::{self, Fault, Proven},
};
use crate::{
    identity::{
        cookie,
        family::{self, Holder},
    },
    kit::{
        app::App,
        body::Ask,
        caller::Realm,
        problem::{Or404, Problem},
        source::{Source, user_agent},
    },
    people::{
        invitation_token::{NewPlace, added_member, used_up},
        invitations::{is_open, teams_of},
        row::invitation,
    },
};

/// With what the browser comes back.
#[derive(Deserialize)]
pub struct SignOnBack {
    /// The one that it was sent with.
    pub state: Option<String>,
    /// To be redeemed.
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Where a provider sends the browser back to: 303 to the page that was wanted, or to the sign-in.
pub async fn single_sign_on_callback(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Ask(back): Ask<SignOnBack>,
) -> Result<Response, Problem> {
    app.limits.refresh(source)?;
    let (to, session) = match come_in(&app, &headers, back).await {
        Ok((to, token)) => (to, Some(cookie::set(&app, Realm::Tenant, &token)?)),
        Err(No { code, realm }) => {
            let company = realm.map(|realm| format!("&company={realm}")).unwrap_or_default();
            (format!("/sign-in?problem={code}{company}"), None)
        }
    };
    let cookies = session.into_iter().chain([attempt::cookie_off(&app)?]).map(|line| (header::SET_COOKIE, line));
    let cookies = AppendHeaders(cookies.collect::<Vec<_>>());
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, app.link(&to))], cookies).into_response())
}

/// Why somebody stays outside, for their browser.
struct No {
    code: &'static str,
    realm: Option<String>,
}

impl From<Problem> for No {
    fn from(problem: Problem) -> Self {
        Self { code: problem.code(), realm: None }
    }
}

impl From<patchbay_tenancy::StoreError> for No {
    fn from(error: patchbay_tenancy::StoreError) -> Self {
        Problem::from(error).into()
    }
}

async fn come_in(app: &App, headers: &HeaderMap, back: SignOnBack) -> Result<(String, kernel::Secret<String>), No> {
    let state = back.state.as_deref().unwrap_or_default();
    let over = || No { code: "sso_attempt_over", realm: None };
    let attempt = attempt::ended(app, state, headers).await?.ok_or_else(over)?;
    let system = app.database.system();
    let company = system.find::<tenant::Entity>(attempt.tenant.uuid()).await?.or_404()?;
    let no = |code| No { code, realm: Some(company.realm.clone()) };
    if company.state != "active" {
        return Err(no("company_suspended"));
    }
    let row = system.find::<single_sign_on::Entity>(company.id).await?.ok_or_else(|| no("sso_attempt_over"))?;
    // Changed meanwhile, or the answer of another provider than the one that was asked (RFC 9207).
    if row.issuer != attempt.issuer || back.iss.as_ref().is_some_and(|said| *said != row.issuer) {
        return Err(no("sso_attempt_over"));
    }
    let code = back.code.as_deref().filter(|_| back.error.is_none()).ok_or_else(|| no("sso_denied"))?;
    let proven = proven(app, &row, &attempt, code).await.map_err(|fault| {
        let (word, why) = match fault {
            Fault::Provider(why) => ("sso_unreachable", why),
            Fault::Code(why) => ("sso_denied", why),
            Fault::Token(why) => ("sso_token", why),
        };
        tracing::warn!(company = company.realm, code = word, why, "somebody was not let in by single sign-on");
        no(word)
    })?;
    let places = facts(app, &row, &proven).await?;
    let arrival = judged(&proven, places).map_err(|why| no(why.code()))?;
    let token = let_in(app, &row, &proven, arrival, headers).await;
    let token = token.map_err(|problem| no(problem.code()))?;
    Ok((attempt.return_to.unwrap_or_else(|| "/".into()), token))
}

async fn proven(app: &App, row: &single_sign_on::Model, back: &Back, code: &str) -> Result<Proven, Fault> {
    let terms = attempt::terms(app, row).map_err(|_| Fault::Provider("The client secret cannot be read.".into()))?;
    let found = provider::found(&app.outside, &row.issuer).await?;
    found.proven(&terms, &back.question, code, app.now()).await
}

fn place_of(places: &[Membership], tenant: Uuid, linked: bool) -> Option<Place> {
    let place = places.iter().find(|place| place.tenant_id == tenant)?;
    Some(Place { active: place.state == "active", linked })
}

async fn facts(app: &App, row: &single_sign_on::Model, proven: &Proven) -> Result<Facts, Problem> {
    let (system, tenant) = (app.database.system(), row.tenant_id);
    let domains = system.select::<sso_domain::Entity>().is(sso_domain::Column::TenantId, tenant).all().await?;
    let mut facts = Facts {
        domains: domains.into_iter().map(|row| row.domain).collect(),
        joins_as: row.auto_join.then(|| row.auto_role.clone()),
        ..Facts::default()
    };
    if let Some(link) = system.find::<sso_link::Entity>((tenant, proven.subject.clone())).await? {
        let user = UserId::from_uuid(link.user_id);
        facts.known = Some((user, place_of(&system.memberships(user).await?, tenant, true)));
        return Ok(facts);
    }
    let Some(email) = proven.email.as_deref().map(crate::identity::sign_up::email) else { return Ok(facts) };
    if let Some(account) = system.user_by_email(&email).await? {
        let user = UserId::from_uuid(account.id);
        let links = system.select::<sso_link::Entity>().is(sso_link::Column::TenantId, tenant);
        let linked = links.is(sso_link::Column::UserId, account.id).count().await? > 0;
        facts.account = Some(Account { user, place: place_of(&system.memberships(user).await?, tenant, linked) });
        return Ok(facts);
    }
    let tx = app.database.tenant_read(TenantId::from_uuid(tenant), app.stamp(Actor::System)).await?;
    let waiting = tx.select::<invitation::Entity>().is(invitation::Column::Email, email).all().await?;
    let open = waiting.into_iter().find(|row| is_open(row.expires_at, row.accepted_at, app.now()));
    facts.invited = open.map(|row| {
        let teams = teams_of(row.team_ids.as_ref());
        let place = NewPlace { role: row.role, own_role: row.role_id, department: row.department_id, teams };
        Invited { invitation: row.id, place }
    });
    Ok(facts)
}

/// Opens the session and writes down what is new, in one transaction.
async fn let_in(
    app: &App,
    row: &single_sign_on::Model,
    proven: &Proven,
    arrival: Arrival,
    headers: &HeaderMap,
) -> Result<kernel::Secret<String>, Problem> {
    let tenant = TenantId::from_uuid(row.tenant_id);
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    let user = match arrival {
        Arrival::Known(user) | Arrival::Linked(user) => {
            tx.act(Actor::User(user));
            user
        }
        Arrival::Joins { .. } => added_account(&mut tx, row, proven).await?,
    };
    if !matches!(arrival, Arrival::Known(_)) {
        let link = sso_link::ActiveModel {
            tenant_id: Set(row.tenant_id),
            subject: Set(proven.subject.clone()),
            user_id: Set(user.uuid()),
            linked_at: Set(tx.at()),
        };
        tx.insert(link).await?;
    }
    if row.tested_at.is_none() {
        let tested = single_sign_on::ActiveModel {
            tenant_id: Set(row.tenant_id),
            tested_at: Set(Some(tx.at())),
            ..Default::default()
        };
        tx.update(tested).await?;
    }
    let (session, token) = family::open(&mut tx, Holder::Vouched(user, tenant), user_agent(headers)).await?;
    let mut tx = tx.enter(tenant).await?;
    if let Arrival::Joins { place, invitation } = arrival {
        added_member(app, &mut tx, user, &place).await?;
        if let Some(id) = invitation {
            used_up(&tx, id).await?;
        }
    }
    tx.noted("session.opened", "session", &session.to_string(), serde_json::json!({ "by": "single_sign_on" }));
    tx.commit().await?;
    Ok(token)
}

/// An account without a password. Its address counts as unchecked for everybody but this company: it is the provider's word.
async fn added_account(tx: &mut SystemTx, row: &single_sign_on::Model, proven: &Proven) -> Result<UserId, Problem> {
    let company = tx.get::<tenant::Entity>(row.tenant_id).await?;
    let email = crate::identity::sign_up::email(proven.email.as_deref().unwrap_or_default());
    let plain = |text: &String| !text.trim().is_empty() && !text.chars().any(char::is_control);
    let name = proven.name.clone().filter(plain).unwrap_or_else(|| email.split('@').next().unwrap_or_default().into());
    let user = UserId::from_uuid(tx.new_id());
    tx.act(Actor::User(user));
    let account = user_account::ActiveModel {
        id: Set(user.uuid()),
        email: Set(email),
        name: Set(name.trim().chars().take(80).collect()),
        // No text has this hash.
        password_hash: Set("none".into()),
        email_verified_at: Set(None),
        locale: Set(company.locale),
        created_at: Set(tx.at()),
    };
    tx.insert(account).await?;
    Ok(user)
}
