//! Whose a number is: rows, shapes and rules of the check. The endpoints are in `number_check_routes`.
//!
//! A company says that a number is its own. We call it, over a line of the operator's and through the telephone network, and
//! whoever answers there keys in the code that the company was shown. Who can do that has the number; a company's own box has no
//! part in it, because it could say of any call what it likes.

use kernel::{
    CallId, DialString, E164, EndCause, GatewayId, GatewayPortId, NumberCheckId, Secret, TenantId, Uuid, Wall,
};
use patchbay_gateway::DialPlan;
use patchbay_ivr::{Heard, Language};
use patchbay_kernel as kernel;
use patchbay_plane::{KeyedCode, TestCallAsk, TestVerdict, TestVerdictKind};
use patchbay_tenancy::{Actor, StoreError, TenantRow, TenantTx, own_gateways::OwnNumber};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{block::country_of, numbers, own_sites, rentals, words::*};
use crate::kit::{app::App, body::Check, problem::Problem, words::words};

/// A check. `code_sealed` opens under the context `number_check:<uuid>`.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub e164: String,
        pub kind: String,
        pub gateway_port_id: Uuid,
        pub code_sealed: String,
        pub state: String,
        pub calls: i32,
        pub failure: Option<String>,
        pub called_at: Option<TimeDateTimeWithTimeZone>,
        pub created_at: TimeDateTimeWithTimeZone,
        pub expires_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// Digits of a code.
const DIGITS: u32 = 6;
/// Minutes that a code holds.
const HOLDS_MIN: i64 = 30;
/// Calls for one check.
const CALLS: i32 = 3;
/// Checks of one company a day, so that nobody is rung again and again by somebody who owns nothing.
const A_DAY: u64 = 20;
/// Seconds after which a call whose end nobody wrote down is over all the same.
const CALL_S: i64 = 150;
/// The operator's lines that are tried for one call.
const LINES: usize = 3;

words! {
    /// How far a check is.
    NumberCheckState {
        /// A call can be asked for.
        Waiting = "waiting",
        /// The number is being called.
        Calling = "calling",
        /// The number is the company's.
        Passed = "passed",
        /// No more calls: begin anew.
        Failed = "failed",
    }
    /// Why the last call did not bring the code.
    NumberCheckFailure {
        /// Nobody answered.
        NoAnswer = "no_answer",
        /// Busy.
        Busy = "busy",
        /// The network said no.
        Refused = "refused",
        /// None of the operator's lines could be reached.
        NoLine = "no_line",
        /// They hung up without a code.
        NoCode = "no_code",
        /// Other digits were keyed in.
        WrongCode = "wrong_code",
        /// Somebody else has the number.
        Taken = "taken",
    }
}

/// A check whose a number is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberCheck {
    /// `nck_..`
    pub id: String,
    /// The number, with plus.
    pub number: String,
    /// Its kind.
    pub kind: NumberKind,
    /// `gwp_..`: where it lives.
    pub gateway_port: String,
    /// What is to be keyed in on the telephone that rings; gone once the check is over.
    pub code: Option<String>,
    /// How far it is.
    pub state: NumberCheckState,
    /// Why the last call did not bring the code.
    pub failure: Option<NumberCheckFailure>,
    /// Calls that can still be asked for.
    pub calls_left: i64,
    /// Until when the code holds.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A number that the company says is its own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberCheckNew {
    /// With plus; of the country of the gateway's site.
    pub number: String,
    /// Its kind.
    pub kind: NumberKind,
    /// `gwp_..`: a gateway port of a gateway of one's own.
    #[schema(value_type = String)]
    pub gateway_port: GatewayPortId,
}

/// What is said on the telephone that rings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberCheckCall {
    /// `en` (usual), `zh-Hans` or `zh-Hant`.
    pub language: Option<String>,
}

fn context(id: Uuid) -> String {
    format!("number_check:{id}")
}

/// The state as it is at this time: a call that nobody ended is over after a while, and a code does not hold for ever.
fn state(row: &row::Model, now: Wall) -> NumberCheckState {
    let before = |at: OffsetDateTime, s: i64| Wall::from_offset(at).plus_s(s) < now;
    match NumberCheckState::stored(&row.state) {
        NumberCheckState::Calling if row.called_at.is_none_or(|at| before(at, CALL_S)) => settled(row.calls),
        NumberCheckState::Waiting if before(row.expires_at, 0) => NumberCheckState::Failed,
        other => other,
    }
}

/// After a call that did not bring the code.
const fn settled(calls: i32) -> NumberCheckState {
    if calls >= CALLS { NumberCheckState::Failed } else { NumberCheckState::Waiting }
}

/// The check as the company sees it.
pub fn shown(app: &App, row: &row::Model, now: Wall) -> NumberCheck {
    let state = state(row, now);
    let open = matches!(state, NumberCheckState::Waiting | NumberCheckState::Calling);
    let code = app.sealer.unseal(&row.code_sealed, &context(row.id)).ok().filter(|_| open);
    NumberCheck {
        id: NumberCheckId::from_uuid(row.id).to_string(),
        number: row.e164.clone(),
        kind: NumberKind::stored(&row.kind),
        gateway_port: GatewayPortId::from_uuid(row.gateway_port_id).to_string(),
        code: code.map(Secret::into_inner),
        state,
        failure: row.failure.as_deref().map(NumberCheckFailure::stored),
        calls_left: i64::from(if open { (CALLS - row.calls).max(0) } else { 0 }),
        expires_at: row.expires_at,
        created_at: row.created_at,
    }
}

/// Begin a check.
pub async fn begin(app: &App, tx: &mut TenantTx, ask: &NumberCheckNew) -> Result<row::Model, Problem> {
    let bad = || Problem::field("number", "e164", "A number with plus and country code.");
    let number: E164 = ask.number.trim().parse().map_err(|_| bad())?;
    let unknown = || Problem::field("gateway_port", "unknown_gateway_port", "No gateway port of a gateway of yours.");
    let port = tx.find::<rentals::row::Entity>(ask.gateway_port.uuid()).await?.filter(|port| port.own);
    port.ok_or_else(unknown)?;
    let stands = tx.own_port(ask.gateway_port.uuid()).await?.ok_or_else(unknown)?;
    let site = tx.get::<own_sites::row::Entity>(stands.site_id).await?;
    let mut check = Check::default();
    let plan = DialPlan::of(&site.country);
    let here = plan.is_some_and(|plan| plan.national(&number).is_some_and(|rest| plan.fits(rest.len())));
    check.need(here, "number", "other_country", "A number of the country where the gateway stands.");
    check.done()?;
    let kind = GatewayPortKind::stored(&stands.kind);
    let on_it = tx.select::<numbers::row::Entity>().is(numbers::row::Column::GatewayPortId, ask.gateway_port.uuid());
    if let Some(most) = kind.most_numbers()
        && on_it.count().await? as usize >= most
    {
        return Err(Problem::conflict("gateway_port_full", format!("This gateway port carries {most} number.")));
    }
    let day = tx.now().plus_s(-86_400).to_offset();
    let lately =
        tx.select::<row::Entity>().filter(sea_orm::ColumnTrait::gt(&row::Column::CreatedAt, day)).all().await?;
    if lately.len() as u64 >= A_DAY {
        return Err(Problem::conflict("too_many_checks", format!("A company checks at most {A_DAY} numbers a day.")));
    }
    let now = tx.now();
    if lately.iter().any(|row| {
        row.e164 == number.as_str() && matches!(state(row, now), NumberCheckState::Waiting | NumberCheckState::Calling)
    }) {
        return Err(Problem::conflict("check_under_way", "This number is being checked already."));
    }
    if tx.number_known(number.as_str()).await? {
        return Err(Problem::conflict("number_unavailable", "This number cannot be added."));
    }
    let id = tx.new_id();
    let mut bytes = [0; 8];
    tx.chance().fill(&mut bytes);
    let code = format!("{:06}", u64::from_be_bytes(bytes) % 10_u64.pow(DIGITS));
    let sealed = app.sealer.seal(&code, &context(id), tx.chance());
    let row = row::ActiveModel {
        id: Set(id),
        e164: Set(number.as_str().to_owned()),
        kind: Set(ask.kind.as_str().to_owned()),
        gateway_port_id: Set(ask.gateway_port.uuid()),
        code_sealed: Set(sealed),
        state: Set(NumberCheckState::Waiting.as_str().to_owned()),
        calls: Set(0),
        failure: Set(None),
        called_at: Set(None),
        created_at: Set(tx.at()),
        expires_at: Set(tx.now().plus_s(HOLDS_MIN * 60).to_offset()),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let body = serde_json::json!({ "e164": row.e164 });
    tx.changed("number_check.begun", "number_check", &NumberCheckId::from_uuid(id).to_string(), body).await?;
    Ok(row)
}

/// A call that is to be placed.
pub struct Ring {
    tenant: TenantId,
    actor: Actor,
    id: Uuid,
    number: E164,
    code: Secret<String>,
    ask: Heard,
    lines: Vec<GatewayPortId>,
}

/// The operator's lines over which a number of this country may be called for this company, best first.
pub async fn lines(app: &App, tenant: TenantId, row: &row::Model) -> Result<Vec<GatewayPortId>, Problem> {
    let system = app.database.system();
    let number: E164 = row.e164.parse().map_err(Problem::internal)?;
    let country = country_of(&number, "").unwrap_or_default();
    // Before its owner's address is checked a company reaches nobody but the simulator, this way neither.
    let verified = system.owner_verified(tenant).await?;
    let mut lines = system.check_lines(&country, !verified).await?;
    lines.truncate(LINES);
    if lines.is_empty() {
        let text = if verified {
            "The operator has no line over which the number could be called."
        } else {
            "Numbers are called once the owner of the company has confirmed the e-mail address."
        };
        return Err(Problem::conflict("no_check_line", text));
    }
    Ok(lines.into_iter().map(GatewayPortId::from_uuid).collect())
}

/// What whoever answers hears.
fn asked(language: Option<&str>) -> Heard {
    let (language, text) = match language {
        Some("zh-Hans") => ("zh-Hans", "您好，这是号码核验。请输入屏幕上显示的六位验证码。"),
        Some("zh-Hant") => ("zh-Hant", "您好，這是號碼核驗。請輸入畫面上顯示的六位驗證碼。"),
        _ => ("en", "Hello. This call checks whose number this is. Please key in the six digits on your screen."),
    };
    let language: Language = language.parse().unwrap_or_default();
    Heard::Text { text: text.to_owned(), language, voice: None }
}

impl NumberCheckCall {
    /// 422 for a language in which nothing is said.
    pub fn judge(&self) -> Result<(), Problem> {
        let known = |language: &str| matches!(language, "en" | "zh-Hans" | "zh-Hant");
        if self.language.as_deref().is_none_or(known) {
            return Ok(());
        }
        Err(Problem::field("language", "not_offered", "One of en, zh-Hans, zh-Hant."))
    }
}

/// The number is about to be called.
pub async fn call(
    app: &App,
    tx: &mut TenantTx,
    row: row::Model,
    ask: &NumberCheckCall,
    lines: Vec<GatewayPortId>,
) -> Result<(row::Model, Ring), Problem> {
    let language = ask.language.as_deref();
    match state(&row, tx.now()) {
        NumberCheckState::Waiting => {}
        NumberCheckState::Calling => {
            return Err(Problem::conflict("check_under_way", "The number is being called already."));
        }
        NumberCheckState::Passed | NumberCheckState::Failed => {
            return Err(Problem::conflict("check_over", "This check is over: begin a new one."));
        }
    }
    let code = app.sealer.unseal(&row.code_sealed, &context(row.id))?;
    let ring = Ring {
        tenant: tx.tenant(),
        actor: tx.actor(),
        id: row.id,
        number: row.e164.parse().map_err(Problem::internal)?,
        code,
        ask: asked(language),
        lines,
    };
    let calls = row.calls + 1;
    let mut change = row.into_active_model();
    change.state = Set(NumberCheckState::Calling.as_str().to_owned());
    change.calls = Set(calls);
    change.failure = Set(None);
    change.called_at = Set(Some(tx.at()));
    let row = tx.update(change).await?;
    let body = serde_json::json!({ "e164": row.e164 });
    tx.changed("number_check.called", "number_check", &NumberCheckId::from_uuid(row.id).to_string(), body).await?;
    Ok((row, ring))
}

impl Ring {
    /// Calls, waits for what is keyed in, and writes down what came of it.
    pub async fn run(self, app: App) {
        let failure = match self.place(&app).await {
            Ok(verdict) => failed(&verdict),
            Err(why) => {
                tracing::warn!(error = ?why, "a number could not be called");
                Some(NumberCheckFailure::NoLine)
            }
        };
        if let Err(why) = self.settle(&app, failure).await {
            tracing::error!(error = ?why, "what came of the check of a number was not written");
        }
    }

    async fn place(&self, app: &App) -> Result<TestVerdict, Problem> {
        let called: DialString = self.number.as_str().parse().map_err(Problem::internal)?;
        let mut last = None;
        for line in &self.lines {
            let code = KeyedCode { tenant: self.tenant, code: self.code.clone(), ask: self.ask.clone() };
            let order = TestCallAsk {
                call: CallId::new(app.now(), app.chance().as_mut()),
                gateway_port: *line,
                called: called.as_str().to_owned(),
                code: Some(code),
            };
            let verdict = app.switch()?.test_call(order).await.map_err(Problem::internal)?;
            let elsewhere = verdict.key == TestVerdictKind::NotRegistered
                || verdict.cause.is_some_and(|cause| matches!(cause, EndCause::Congested | EndCause::CarrierFailed));
            last = Some(verdict);
            if !elsewhere {
                break;
            }
        }
        last.ok_or_else(Problem::not_found)
    }

    async fn settle(&self, app: &App, failure: Option<NumberCheckFailure>) -> Result<(), Problem> {
        let failure = match failure {
            Some(failure) => Some(failure),
            None if self.passed(app).await? => return Ok(()),
            None => Some(NumberCheckFailure::Taken),
        };
        // Nobody does this: it is what came of a call that somebody asked for, which is in the log.
        let mut tx = app.database.tenant(self.tenant, app.stamp(Actor::System)).await?;
        let Some(row) = tx.find::<row::Entity>(self.id).await? else { return Ok(()) };
        let over = failure == Some(NumberCheckFailure::Taken);
        let next = if over { NumberCheckState::Failed } else { settled(row.calls) };
        let (e164, mut change) = (row.e164.clone(), row.into_active_model());
        change.state = Set(next.as_str().to_owned());
        change.failure = Set(failure.map(|failure| failure.as_str().to_owned()));
        tx.update(change).await?;
        let body = serde_json::json!({ "e164": e164, "failure": failure.map(NumberCheckFailure::as_str) });
        tx.happened("number_check.failed", "number_check", &NumberCheckId::from_uuid(self.id).to_string(), body)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The number becomes the company's; `false` when somebody was quicker, or the gateway is gone.
    async fn passed(&self, app: &App) -> Result<bool, Problem> {
        let mut tx = app.database.tenant(self.tenant, app.stamp(self.actor)).await?;
        let Some(row) = tx.find::<row::Entity>(self.id).await? else { return Ok(false) };
        let Some(stands) = tx.own_port(row.gateway_port_id).await? else { return Ok(false) };
        let site = tx.get::<own_sites::row::Entity>(stands.site_id).await?;
        let own = OwnNumber {
            e164: row.e164.clone(),
            country: site.country,
            kind: row.kind.clone(),
            gateway_port: GatewayPortId::from_uuid(row.gateway_port_id),
        };
        let number = match tx.bring_number(&own).await {
            Ok(number) => number,
            Err(StoreError::Unique { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let mut change = row.into_active_model();
        change.state = Set(NumberCheckState::Passed.as_str().to_owned());
        tx.update(change).await?;
        let body = serde_json::json!({ "e164": own.e164 });
        tx.changed("number.brought", "number", &number.to_string(), body).await?;
        tx.commit().await?;
        if let Some(lab) = app.lab() {
            let place = usize::try_from(stands.ordinal).unwrap_or(1).saturating_sub(1);
            lab.move_in(&GatewayId::from_uuid(stands.gateway_id).to_string(), place, &own.e164);
        }
        Ok(true)
    }
}

/// What stood in the way; `None`: the code was keyed in.
fn failed(verdict: &TestVerdict) -> Option<NumberCheckFailure> {
    Some(match verdict.key {
        TestVerdictKind::CodeKeyed => return None,
        TestVerdictKind::WrongCode => NumberCheckFailure::WrongCode,
        TestVerdictKind::NotRegistered => NumberCheckFailure::NoLine,
        TestVerdictKind::NoAnswer => NumberCheckFailure::NoAnswer,
        TestVerdictKind::Busy => NumberCheckFailure::Busy,
        TestVerdictKind::Refused => NumberCheckFailure::Refused,
        TestVerdictKind::Ok
        | TestVerdictKind::NoCode
        | TestVerdictKind::NoAudioReceived
        | TestVerdictKind::NoAudioSent => NumberCheckFailure::NoCode,
    })
}

/// The company's checks of the last day, the latest first.
pub async fn all(tx: &TenantTx) -> Result<Vec<row::Model>, StoreError> {
    let day = tx.now().plus_s(-86_400).to_offset();
    let rows = tx.select::<row::Entity>().filter(sea_orm::ColumnTrait::gt(&row::Column::CreatedAt, day));
    rows.order_by(row::Column::CreatedAt, Order::Desc).all().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, calls: i32) -> row::Model {
        let at = Wall::from_unix_ms(1_000_000_000).to_offset();
        row::Model {
            tenant_id: Uuid::nil(),
            id: Uuid::nil(),
            e164: "+14155550100".into(),
            kind: "local".into(),
            gateway_port_id: Uuid::nil(),
            code_sealed: String::new(),
            state: word.into(),
            calls,
            failure: None,
            called_at: Some(at),
            created_at: at,
            expires_at: Wall::from_unix_ms(1_000_000_000).plus_s(HOLDS_MIN * 60).to_offset(),
        }
    }

    #[test]
    fn a_check_that_nobody_ended_ends_by_itself() {
        use NumberCheckState::*;
        let at = |s: i64| Wall::from_unix_ms(1_000_000_000).plus_s(s);
        for (word, calls, s, then) in [
            ("calling", 1, CALL_S - 1, Calling),
            ("calling", 1, CALL_S + 1, Waiting),
            ("calling", CALLS, CALL_S + 1, Failed),
            ("waiting", 1, HOLDS_MIN * 60 - 1, Waiting),
            ("waiting", 1, HOLDS_MIN * 60 + 1, Failed),
            ("passed", 1, HOLDS_MIN * 60 + 1, Passed),
        ] {
            assert_eq!(state(&check(word, calls), at(s)), then, "{word} {calls} {s}");
        }
    }
}
