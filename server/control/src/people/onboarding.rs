//! How far the company has come with setting up. What can be seen in the data is done when it is there; the rest is ticked off.

use axum::{Json, extract::Path};
use patchbay_access::{Read, Write, resource::of};
use patchbay_tenancy::{TenantTx, system::user_account};
use sea_orm::{ActiveValue::Set, ColumnTrait};
use serde::Serialize;
use utoipa::ToSchema;

use super::row::{invitation, member, onboarding as row};
use crate::{
    calls::row::call,
    inventory::numbers,
    kit::{
        may::May,
        problem::{Or404, Problem},
        words::OnboardingStep as Step,
    },
    seats::row::seat,
};

/// What is done and what is not.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Onboarding {
    /// In order.
    pub steps: Vec<OnboardingEntry>,
    /// Nothing is left.
    pub finished: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnboardingEntry {
    /// Which.
    pub key: Step,
    /// Done.
    pub done: bool,
    /// Left out.
    pub skipped: bool,
}

/// In the order of the screen.
const ORDER: [Step; 6] =
    [Step::VerifyEmail, Step::MicTest, Step::ClaimNumber, Step::AddSeat, Step::TestCall, Step::Invite];

/// How far the company has come.
#[utoipa::path(get, path = "/v1/onboarding", operation_id = "onboarding", tag = "company",
    security(("user" = ["onboarding:read"])), responses((status = 200, body = Onboarding)))]
pub async fn onboarding(may: May<Read<of::Onboarding>>) -> Result<Json<Onboarding>, Problem> {
    let verified = verified(&may).await?;
    Ok(Json(state(&may.read().await?, verified).await?))
}

/// Leave a step out.
#[utoipa::path(post, path = "/v1/onboarding/{step}/skip", operation_id = "onboarding_skip", tag = "company",
    params(("step" = String, Path)), security(("user" = ["onboarding:write"])), responses((status = 200, body = Onboarding)))]
pub async fn onboarding_skip(
    may: May<Write<of::Onboarding>>,
    Path(step): Path<String>,
) -> Result<Json<Onboarding>, Problem> {
    marked(may, &step, "skipped").await
}

/// Tick a step off that no data shows.
#[utoipa::path(post, path = "/v1/onboarding/{step}/done", operation_id = "onboarding_done", tag = "company",
    params(("step" = String, Path)), security(("user" = ["onboarding:write"])), responses((status = 200, body = Onboarding)))]
pub async fn onboarding_done(
    may: May<Write<of::Onboarding>>,
    Path(step): Path<String>,
) -> Result<Json<Onboarding>, Problem> {
    if !["mic_test", "test_call"].contains(&step.as_str()) && Step::ALL.iter().any(|known| known.as_str() == step) {
        return Err(Problem::conflict("seen_in_data", "This step is done when the thing itself is there."));
    }
    marked(may, &step, "done").await
}

async fn marked(may: May<Write<of::Onboarding>>, step: &str, how: &str) -> Result<Json<Onboarding>, Problem> {
    let step = Step::ALL.iter().find(|known| known.as_str() == step).or_404()?;
    let verified = verified(&may).await?;
    let mut tx = may.write().await?;
    tx.delete_many::<row::Entity>(row::Column::Step.eq(step.as_str())).await?;
    let mark = row::ActiveModel {
        id: Set(tx.new_id()),
        step: Set(step.as_str().to_owned()),
        state: Set(how.to_owned()),
        updated_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(mark).await?;
    let tenant = tx.tenant().to_string();
    tx.changed("onboarding.updated", "company", &tenant, serde_json::json!({ "step": step, "state": how })).await?;
    let out = state(&tx, verified).await?;
    tx.commit().await?;
    Ok(Json(out))
}

async fn verified<P>(may: &May<P>) -> Result<bool, Problem> {
    let user = may.app.database.system().find::<user_account::Entity>(may.caller.user.uuid()).await?;
    Ok(user.is_some_and(|user| user.email_verified_at.is_some()))
}

async fn state(tx: &TenantTx, verified: bool) -> Result<Onboarding, Problem> {
    let marks = tx.select::<row::Entity>().all().await?;
    let marked = |step: Step, how: &str| marks.iter().any(|mark| mark.step == step.as_str() && mark.state == how);
    let heard =
        tx.whole::<call::Entity>().filter(call::Column::AnsweredAt.is_not_null()).limit(1).one().await?.is_some();
    let number = tx.select::<numbers::row::Entity>().limit(1).one().await?.is_some();
    let seat = tx.whole::<seat::Entity>().is(seat::Column::State, "active").limit(1).one().await?.is_some();
    let invited = tx.whole::<member::Entity>().count().await? > 1
        || tx.select::<invitation::Entity>().limit(1).one().await?.is_some();
    let seen = |step: Step| match step {
        Step::VerifyEmail => verified,
        Step::MicTest => false,
        Step::ClaimNumber => number,
        Step::AddSeat => seat,
        Step::TestCall => heard,
        Step::Invite => invited,
    };
    let steps: Vec<OnboardingEntry> = ORDER
        .into_iter()
        .map(|key| {
            let done = seen(key) || marked(key, "done");
            OnboardingEntry { key, done, skipped: !done && marked(key, "skipped") }
        })
        .collect();
    let finished = steps.iter().all(|step| step.done || step.skipped);
    Ok(Onboarding { steps, finished })
}

crate::resource!(onboarding, onboarding_skip, onboarding_done);
