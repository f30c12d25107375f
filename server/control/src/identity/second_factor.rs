//! The second proof at the door: a one-time code, or a recovery code that is good once. The same for people and for operators.
//!
//! Who guesses is stopped: five wrong codes in a row close the door for a quarter of an hour, whichever addresses they come from.

use axum::http::StatusCode;
use kernel::{TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, StoreError, SystemTx,
    system::{recovery_code, second_factor as row},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ExprTrait, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::totp;
use crate::kit::{app::App, problem::Problem, token, words::SecondFactorState};

/// Recovery codes that are handed out at once.
const CODES: usize = 10;
const SECRET_BYTES: usize = 20;
const TRIES: i32 = 5;
/// How long the door stays closed after that many wrong codes, in seconds.
const CLOSED_S: i64 = 900;

/// Whether a second proof is asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SecondFactor {
    /// Off, begun, or on.
    pub state: SecondFactorState,
    /// On since.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// Recovery codes that are still good.
    pub recovery_codes_left: i64,
}

/// What is typed into, or opened with, an authenticator program. It is not shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct SecondFactorSecret {
    /// To type, in base 32.
    pub secret: String,
    /// To open: `otpauth://totp/..`.
    pub address: String,
}

/// Codes that open the door once each when the authenticator is lost. They are not shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// `xxxxx-xxxxx`
    pub recovery_codes: Vec<String>,
}

/// A password as proof.
#[derive(Clone, Deserialize, ToSchema)]
pub struct PasswordProof {
    /// The password.
    pub password: String,
}

/// A code as proof.
#[derive(Clone, Deserialize, ToSchema)]
pub struct CodeProof {
    /// Six digits, or a recovery code.
    pub code: String,
}

/// Password and code as proof.
#[derive(Clone, Deserialize, ToSchema)]
pub struct BothProofs {
    /// The password.
    pub password: String,
    /// Six digits, or a recovery code.
    pub code: String,
}

fn context(account: Uuid) -> String {
    format!("second_factor:{account}")
}

/// How it stands. Fails as the store does.
pub async fn state(app: &App, account: Uuid) -> Result<SecondFactor, Problem> {
    let system = app.database.system();
    let found = system.find::<row::Entity>(account).await?;
    let left = system.select::<recovery_code::Entity>().is(recovery_code::Column::AccountId, account);
    let left = left.filter(recovery_code::Column::UsedAt.is_null()).count().await?;
    let since = found.as_ref().and_then(|row| row.confirmed_at);
    let state = match (&found, since) {
        (None, _) => SecondFactorState::Off,
        (Some(_), None) => SecondFactorState::Begun,
        (Some(_), Some(_)) => SecondFactorState::On,
    };
    Ok(SecondFactor { state, since, recovery_codes_left: i64::try_from(left).unwrap_or(i64::MAX) })
}

/// Whose second factor, and in which company's log what becomes of it is written; an operator's is in the platform's.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Person or operator.
    pub id: Uuid,
    /// The same, for stamps.
    pub actor: Actor,
    /// Company.
    pub tenant: Option<TenantId>,
}

impl Account {
    async fn written(&self, tx: SystemTx, action: &str) -> Result<(), Problem> {
        let (entity, id) = (if self.tenant.is_some() { "user" } else { "operator" }, self.actor.to_string());
        match self.tenant {
            Some(tenant) => {
                let tx = tx.enter(tenant).await?;
                tx.noted(action, entity, &id, serde_json::json!({}));
                tx.commit().await?;
            }
            None => {
                tx.noted(action, entity, &id, serde_json::json!({}));
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

/// Begin: a fresh secret, which asks for nothing before it is confirmed. 409 when it is on.
pub async fn begin(app: &App, whose: Account, name: &str) -> Result<SecondFactorSecret, Problem> {
    let account = whose.id;
    let mut tx = app.database.system().begin(app.stamp(whose.actor)).await?;
    if tx.find::<row::Entity>(account).await?.is_some_and(|row| row.confirmed_at.is_some()) {
        return Err(Problem::conflict("second_factor_on", "It is on already. Turn it off first."));
    }
    let mut bytes = [0; SECRET_BYTES];
    tx.chance().fill(&mut bytes);
    let secret = totp::base32(&bytes);
    let sealed = app.sealer.seal(&secret, &context(account), tx.chance());
    tx.delete_many::<row::Entity>(row::Column::AccountId.eq(account)).await?;
    let fresh = row::ActiveModel {
        account_id: Set(account),
        secret: Set(sealed),
        confirmed_at: Set(None),
        last_step: Set(0),
        failures: Set(0),
        failed_at: Set(None),
        created_at: Set(tx.at()),
    };
    tx.insert(fresh).await?;
    whose.written(tx, "second_factor.begun").await?;
    let address = totp::address(&app.settings.name, name, &secret);
    Ok(SecondFactorSecret { secret, address })
}

/// Confirm with the first code; from now on it is asked for. 409 when nothing was begun.
pub async fn confirm(app: &App, whose: Account, code: &str) -> Result<RecoveryCodes, Problem> {
    let account = whose.id;
    let mut tx = app.database.system().begin(app.stamp(whose.actor)).await?;
    let found = tx.find::<row::Entity>(account).await?.filter(|row| row.confirmed_at.is_none());
    let found = found.ok_or_else(|| Problem::conflict("not_begun", "Begin first."))?;
    let step = step_of(app, &found, code, tx.now())?.ok_or_else(wrong_code_typed)?;
    let on = row::ActiveModel {
        account_id: Set(account),
        confirmed_at: Set(Some(tx.at())),
        last_step: Set(step),
        ..Default::default()
    };
    tx.update(on).await?;
    let codes = fresh_codes(&mut tx, account).await?;
    whose.written(tx, "second_factor.turned_on").await?;
    Ok(RecoveryCodes { recovery_codes: codes })
}

/// New recovery codes; the old ones end. 409 when it is off.
pub async fn renew(app: &App, whose: Account, code: &str) -> Result<RecoveryCodes, Problem> {
    is_on(app, whose.id).await?;
    proven(app, whose.id, Some(code)).await.map_err(typed)?;
    let mut tx = app.database.system().begin(app.stamp(whose.actor)).await?;
    let codes = fresh_codes(&mut tx, whose.id).await?;
    whose.written(tx, "second_factor.codes_renewed").await?;
    Ok(RecoveryCodes { recovery_codes: codes })
}

/// Turn it off, with a code as proof. 409 when it is off.
pub async fn turn_off(app: &App, whose: Account, code: &str) -> Result<(), Problem> {
    is_on(app, whose.id).await?;
    proven(app, whose.id, Some(code)).await.map_err(typed)?;
    let tx = app.database.system().begin(app.stamp(whose.actor)).await?;
    forget(&tx, whose.id).await?;
    whose.written(tx, "second_factor.turned_off").await
}

/// Takes it away, whoever asks. Fails as the store does.
pub async fn forget(tx: &SystemTx, account: Uuid) -> Result<(), StoreError> {
    tx.delete_many::<recovery_code::Entity>(recovery_code::Column::AccountId.eq(account)).await?;
    tx.delete_many::<row::Entity>(row::Column::AccountId.eq(account)).await.map(|_| ())
}

async fn is_on(app: &App, account: Uuid) -> Result<(), Problem> {
    if state(app, account).await?.state == SecondFactorState::On {
        Ok(())
    } else {
        Err(Problem::conflict("second_factor_off", "It is off."))
    }
}

/// At the door, after the password: nothing where it is off. 401 without a code (`second_factor_needed`) or with a wrong one
/// (`wrong_code`); 429 after too many.
pub async fn proven(app: &App, account: Uuid, code: Option<&str>) -> Result<(), Problem> {
    let is_on = |row: &row::Model| row.confirmed_at.is_some();
    if app.database.system().find::<row::Entity>(account).await?.filter(is_on).is_none() {
        return Ok(());
    }
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        let text = "Give a code of your authenticator, or a recovery code.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "second_factor_needed", text));
    };
    let tx = app.database.system().begin(app.stamp(Actor::System)).await?;
    // Whoever guesses with many at a time stands in line here, and each of them sees how often the others failed.
    let same = vec![(row::Column::Failures, Expr::col(row::Column::Failures))];
    tx.update_many::<row::Entity>(same, row::Column::AccountId.eq(account)).await?;
    let Some(found) = tx.find::<row::Entity>(account).await?.filter(is_on) else { return Ok(()) };
    if let Some(wait_s) = closed_for(&found, tx.now()) {
        return Err(Problem::too_many(wait_s));
    }
    if is_good(app, &tx, &found, code).await? {
        let calm = vec![(row::Column::Failures, Expr::value(0))];
        tx.update_many::<row::Entity>(calm, row::Column::AccountId.eq(account)).await?;
        return Ok(tx.commit().await?);
    }
    let wrong = vec![
        (row::Column::Failures, Expr::col(row::Column::Failures).add(1)),
        (row::Column::FailedAt, Expr::value(tx.at())),
    ];
    tx.update_many::<row::Entity>(wrong, row::Column::AccountId.eq(account)).await?;
    tx.commit().await?;
    Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong_code", "This code is not good, or was used already."))
}

/// Seconds that the door is still closed.
fn closed_for(found: &row::Model, now: Wall) -> Option<u32> {
    let over = Wall::from_offset(found.failed_at?).plus_s(CLOSED_S);
    let left_ms = over.ms_since(now);
    // Every five more wrong codes close it again.
    (found.failures > 0 && found.failures % TRIES == 0 && left_ms > 0)
        .then(|| u32::try_from(left_ms / 1_000 + 1).unwrap_or(u32::MAX))
}

async fn is_good(app: &App, tx: &SystemTx, found: &row::Model, code: &str) -> Result<bool, Problem> {
    if let Some(step) = step_of(app, found, code, tx.now())? {
        // The condition makes it good once, however many come at the same time.
        let mine =
            Condition::all().add(row::Column::AccountId.eq(found.account_id)).add(row::Column::LastStep.lt(step));
        return Ok(tx.update_many::<row::Entity>(vec![(row::Column::LastStep, Expr::value(step))], mine).await? > 0);
    }
    let unused = Condition::all()
        .add(recovery_code::Column::AccountId.eq(found.account_id))
        .add(recovery_code::Column::CodeHash.eq(token::hash(&plain(code))))
        .add(recovery_code::Column::UsedAt.is_null());
    let used = vec![(recovery_code::Column::UsedAt, Expr::value(tx.at()))];
    Ok(tx.update_many::<recovery_code::Entity>(used, unused).await? > 0)
}

fn step_of(app: &App, found: &row::Model, code: &str, now: Wall) -> Result<Option<i64>, Problem> {
    let secret = app.sealer.unseal(&found.secret, &context(found.account_id))?;
    let bytes = totp::from_base32(secret.expose()).ok_or_else(|| Problem::internal("a secret that is none"))?;
    Ok(totp::matching(&bytes, code, now.unix_s(), found.last_step))
}

/// As hashed: people leave the dash out, or write in capitals.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

async fn fresh_codes(tx: &mut SystemTx, account: Uuid) -> Result<Vec<String>, StoreError> {
    tx.delete_many::<recovery_code::Entity>(recovery_code::Column::AccountId.eq(account)).await?;
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        // 50 bits, in letters that are not taken for one another.
        let text = kernel::id::encode(Uuid::from_u128(tx.chance().next_u64().into()));
        let code = format!("{}-{}", &text[16..21], &text[21..26]);
        let row = recovery_code::ActiveModel {
            account_id: Set(account),
            code_hash: Set(token::hash(&plain(&code))),
            used_at: Set(None),
        };
        tx.insert(row).await?;
        codes.push(code);
    }
    Ok(codes)
}

/// Inside, a wrong code is a fault of the form and ends no session.
fn typed(why: Problem) -> Problem {
    if why.code() == "wrong_code" { wrong_code_typed() } else { why }
}

fn wrong_code_typed() -> Problem {
    Problem::field("code", "wrong_code", "This code is not good, or was used already.")
}
