//! Work in the background: what waits, what was given up, and what to do with that.

use axum::{Json, http::StatusCode};
use kernel::{JobId, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::job;
use sea_orm::{ColumnTrait, Condition, ExprTrait, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::kit::{
    body::{Ask, Id},
    cursor::{self, Page},
    operator::Operator,
    problem::Problem,
    words::words,
};

words! {
    /// Where a job stands.
    JobState {
        /// To be done, or tried again.
        Waiting = "waiting",
        /// Being done.
        Running = "running",
        /// Given up after its last attempt.
        Dead = "dead",
        /// Done.
        Done = "done",
    }
}

/// A job in the background.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Job {
    /// `job_..`
    pub id: String,
    /// Which workers take it.
    pub queue: String,
    /// What it is: `mail.invitation`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// Attempts made.
    pub attempts: i64,
    /// Attempts in all.
    pub max_attempts: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// The company it is done for, `ten_..`.
    pub tenant: Option<String>,
    /// The next attempt is not before.
    #[serde(with = "time::serde::rfc3339")]
    pub run_at: OffsetDateTime,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Done at.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// How many there are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobFigures {
    /// To be done.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
    /// Done.
    pub done: i64,
}

/// Which jobs.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those that stand so; `waiting` has those that are running too.
    state: Option<JobState>,
    /// At most so many, 250 at most.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Where a job stands at this time.
fn state(row: &job::Model, now: Wall) -> JobState {
    if row.finished_at.is_some() {
        JobState::Done
    } else if row.locked_until.is_some_and(|until| until > now.0) {
        JobState::Running
    } else if row.attempts >= row.max_attempts {
        JobState::Dead
    } else {
        JobState::Waiting
    }
}

fn shown(row: job::Model, now: Wall) -> Job {
    Job {
        id: JobId::from_uuid(row.id).to_string(),
        state: state(&row, now),
        queue: row.queue,
        kind: row.kind,
        attempts: row.attempts.into(),
        max_attempts: row.max_attempts.into(),
        last_error: row.last_error,
        tenant: row.tenant_id.map(|id| TenantId::from_uuid(id).to_string()),
        run_at: Wall(row.run_at).to_offset(),
        created_at: Wall(row.created_at).to_offset(),
        finished_at: row.finished_at.map(|at| Wall(at).to_offset()),
    }
}

/// Jobs, newest first. What they need is not shown: it may be a secret.
#[utoipa::path(get, path = "/v1/operator/jobs", operation_id = "operator_job_list", tag = "operator", params(Wanted),
    security(("operator" = [])), responses((status = 200, body = Page<Job>)))]
pub async fn operator_job_list(operator: Operator, Ask(want): Ask<Wanted>) -> Result<Json<Page<Job>>, Problem> {
    let (limit, now) = (cursor::limit(want.limit), operator.app.now());
    let mut filter = Condition::all();
    let used_up = || Expr::col(job::Column::Attempts).gte(Expr::col(job::Column::MaxAttempts));
    filter = match want.state {
        None => filter,
        Some(JobState::Done) => filter.add(job::Column::FinishedAt.is_not_null()),
        Some(JobState::Dead) => filter.add(job::Column::FinishedAt.is_null()).add(used_up()),
        Some(JobState::Waiting | JobState::Running) => {
            filter.add(job::Column::FinishedAt.is_null()).add(used_up().not())
        }
    };
    if let Some(text) = &want.cursor {
        let last: JobId = cursor::read(text)?.parse().map_err(|_| cursor::foreign())?;
        filter = filter.add(job::Column::Id.lt(last.uuid()));
    }
    let system = operator.read();
    let rows = system.select::<job::Entity>().filter(filter).order_by(job::Column::Id, Order::Desc).limit(limit + 1);
    let jobs = rows.all().await?.into_iter().map(|row| shown(row, now)).collect();
    Ok(Json(Page::cut(jobs, limit, |job| job.id.clone())))
}

/// How many jobs there are.
#[utoipa::path(get, path = "/v1/operator/jobs/figures", operation_id = "operator_job_figures", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = JobFigures)))]
pub async fn operator_job_figures(operator: Operator) -> Result<Json<JobFigures>, Problem> {
    let counts = operator.read().job_counts().await?;
    Ok(Json(JobFigures { waiting: counts.waiting, dead: counts.dead, done: counts.done }))
}

/// Try a job again from the beginning, now.
#[utoipa::path(post, path = "/v1/operator/jobs/{id}/retry", operation_id = "operator_job_retry", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn operator_job_retry(operator: Operator, Id(id): Id<JobId>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    let row = tx.get::<job::Entity>(id.uuid()).await?;
    if !tx.retry_job(id).await? {
        return Err(under_way());
    }
    tx.wrote("job.retried", "job", &id.to_string(), serde_json::json!({ "kind": row.kind })).await?;
    tx.commit().await?;
    operator.app.mail_waits.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Strike a job that nobody needs any more.
#[utoipa::path(delete, path = "/v1/operator/jobs/{id}", operation_id = "operator_job_discard", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 204)))]
pub async fn operator_job_discard(operator: Operator, Id(id): Id<JobId>) -> Result<StatusCode, Problem> {
    let tx = operator.write().await?;
    let row = tx.get::<job::Entity>(id.uuid()).await?;
    if !tx.discard_job(id).await? {
        return Err(under_way());
    }
    let said = serde_json::json!({ "kind": row.kind, "last_error": row.last_error });
    tx.wrote("job.discarded", "job", &id.to_string(), said).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn under_way() -> Problem {
    Problem::conflict("job_under_way", "This job is done or being done.")
}

crate::resource!(operator_job_list, operator_job_figures, operator_job_retry, operator_job_discard);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_stands_somewhere() {
        let waiting = job::Model {
            id: kernel::Uuid::nil(),
            queue: "mail".into(),
            kind: "mail.invitation".into(),
            run_at: 5,
            attempts: 2,
            max_attempts: 12,
            locked_until: None,
            tenant_id: None,
            last_error: None,
            finished_at: None,
            created_at: 0,
        };
        let now = Wall(100);
        assert_eq!(state(&waiting, now), JobState::Waiting);
        assert_eq!(state(&job::Model { locked_until: Some(101), ..waiting.clone() }, now), JobState::Running);
        assert_eq!(state(&job::Model { locked_until: Some(99), attempts: 12, ..waiting.clone() }, now), JobState::Dead);
        assert_eq!(state(&job::Model { finished_at: Some(50), attempts: 12, ..waiting }, now), JobState::Done);
    }
}
