//! A new company with its first person, signed in at once.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use kernel::{Entropy, TenantId, UserId};
use patchbay_gateway::DialPlan;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, StoreError, SystemTx,
    system::{tenant, user_account},
};
use sea_orm::ActiveValue::Set;

use super::{
    email_check,
    family::{self, Holder},
    grant::{Opened, granted},
    me::check_locale,
    shapes::{Session, SignUp},
};
use crate::{
    kit::{
        app::App,
        body::{Body, Check},
        password,
        problem::Problem,
        source::{Source, user_agent},
    },
    people::row::member,
};

/// Make a company and its owner, and sign in.
#[utoipa::path(post, path = "/v1/sign-up", operation_id = "sign_up", tag = "session", request_body = SignUp,
    security(()), responses((status = 201, body = Session)))]
pub async fn sign_up(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Body(ask): Body<SignUp>,
) -> Result<Response, Problem> {
    app.limits.sign_up(source)?;
    if app.settings.private {
        let text = "This installation belongs to one company: its administrators invite people.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "sign_up_closed", text));
    }
    let ask = checked(ask)?;
    if app.database.system().user_by_email(&ask.email).await?.is_some() {
        return Err(email_taken());
    }
    let hash = app.passwords.hash(&ask.password, app.chance().as_mut()).await?;
    let mut tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    let (tenant, user) = found(&mut tx, &ask, hash).await?;
    let (session, token) = family::open(&mut tx, Holder::User(user, tenant), user_agent(&headers)).await?;
    let link = email_check::issue(&mut tx, &app, user, &ask.email, &ask.name).await?;
    first_member(tx, tenant, user, &ask.company).await?;
    email_check::sent(&app, &ask.email, &link);
    let shown = email_check::shown(&app, link);
    granted(&app, &Opened { user, tenant, session, by_sso: false }, &token, StatusCode::CREATED, shown).await
}

fn email_taken() -> Problem {
    Problem::conflict("email_taken", "Somebody has signed up with this address already. Sign in instead.")
}

/// Company and person of a sign-up, in this transaction.
pub(super) async fn found(tx: &mut SystemTx, ask: &SignUp, hash: String) -> Result<(TenantId, UserId), Problem> {
    let (tenant, user) = (TenantId::from_uuid(tx.new_id()), UserId::from_uuid(tx.new_id()));
    tx.act(Actor::User(user));
    let realm = realm(&ask.company, tx.chance());
    let (country, locale) = (ask.country.clone().unwrap_or_else(|| "US".into()), ask.locale.clone());
    let locale = locale.unwrap_or_else(|| "en".into());
    let company = tenant::ActiveModel {
        id: Set(tenant.uuid()),
        name: Set(ask.company.clone()),
        realm: Set(realm),
        country: Set(country),
        timezone: Set("UTC".into()),
        locale: Set(locale.clone()),
        state: Set("active".into()),
        max_calls: Set(MAX_CALLS),
        require_second_factor: Set(false),
        created_at: Set(tx.at()),
    };
    tx.insert(company).await?;
    let person = user_account::ActiveModel {
        id: Set(user.uuid()),
        email: Set(ask.email.clone()),
        name: Set(ask.name.clone()),
        password_hash: Set(hash),
        email_verified_at: Set(None),
        locale: Set(locale),
        created_at: Set(tx.at()),
    };
    tx.insert(person).await.map_err(|error| match error {
        StoreError::Unique { .. } => email_taken(),
        other => other.into(),
    })?;
    Ok((tenant, user))
}

/// Makes the person the company's owner, and the transaction so.
pub(super) async fn first_member(tx: SystemTx, tenant: TenantId, user: UserId, company: &str) -> Result<(), Problem> {
    let mut tx = tx.enter(tenant).await?;
    let owner = member::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user.uuid()),
        role: Set("owner".into()),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        last_seen_at: Set(None),
        ..Default::default()
    };
    tx.insert(owner).await?;
    tx.changed("company.created", "company", &tenant.to_string(), serde_json::json!({ "name": company })).await?;
    tx.commit().await?;
    Ok(())
}

/// Trimmed, lower-cased where it must be, and within the rules; else every fault at once.
fn checked(mut ask: SignUp) -> Result<SignUp, Problem> {
    ask.email = email(&ask.email);
    ask.company = ask.company.trim().to_owned();
    ask.name = ask.name.trim().to_owned();
    ask.country = ask.country.map(|code| code.trim().to_uppercase());
    let mut check = Check::default();
    check.name(&ask.company, "company");
    check.name(&ask.name, "name");
    check_email(&mut check, &ask.email);
    password::check(&mut check, &ask.password, "password", &[&ask.name, &ask.email]);
    ask.country.iter().for_each(|code| check_country(&mut check, code));
    ask.locale.iter().for_each(|locale| check_locale(&mut check, locale));
    check.done().map(|()| ask)
}

/// As stored: trimmed, lower case.
pub fn email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// One at sign with something on both sides and a dot after it; only a letter sent there proves more.
pub fn check_email(check: &mut Check, email: &str) {
    let parts = email.split_once('@');
    let shaped = parts.is_some_and(|(name, host)| {
        let last = host.rsplit('.').next().unwrap_or_default();
        !name.is_empty() && !host.contains('@') && host.contains('.') && !host.starts_with('.') && last.len() >= 2
    });
    let plain = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    check.need(shaped && plain, "email", "email", "Not an e-mail address.");
}

/// A country with a dialling plan.
pub fn check_country(check: &mut Check, code: &str) {
    check.need(DialPlan::of(code).is_some(), "country", "unknown_country", "Not a country code of two letters.");
}

/// A short name out of the company's: what can stand in a host name, and four characters of chance.
fn realm(company: &str, chance: &mut dyn Entropy) -> String {
    let plain =
        company.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let mut name: String = words.join("-").chars().take(24).collect();
    if name.is_empty() {
        name.push_str("company");
    }
    let tail = kernel::id::encode(kernel::Uuid::from_u128(chance.next_u64().into()));
    format!("{}-{}", name.trim_end_matches('-'), &tail[22..])
}

const MAX_CALLS: i32 = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededEntropy;

    #[test]
    fn addresses_look_right_or_not() {
        let good = |text: &str| {
            let mut check = Check::default();
            check_email(&mut check, text);
            check.done().is_ok()
        };
        for text in ["ana@example.com", "a.b+c@mail.example.org", "josé@exämple.com"] {
            assert!(good(text), "{text}");
        }
        for text in
            ["", "ana", "@example.com", "ana@", "ana@host", "a b@example.com", "a@b@example.com", "ana@example.c"]
        {
            assert!(!good(text), "{text}");
        }
    }

    #[test]
    fn a_realm_fits_into_a_host_name() {
        let chance = &mut SeededEntropy::new(4);
        for name in ["Acme & Sons, Inc.", "日本", "-", &"long ".repeat(40)] {
            let made = realm(name, chance);
            assert!(made.len() <= 30 && made.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{made}");
            assert!(!made.starts_with('-'), "{made}");
        }
    }
}

crate::resource!(sign_up);
