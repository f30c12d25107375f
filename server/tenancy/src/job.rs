//! Work for later: a queue in the database, so that a job exists exactly when the change that asked for it does.
//!
//! Claimed under a lease; a worker that dies loses its jobs to the next one. Times are microseconds since 1970.

use patchbay_kernel::{JobId, Uuid, Wall};
use sea_orm::{FromQueryResult, Value};

use crate::{StoreError, SystemTx, TenantTx, rows, rows::Via};

/// A job to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which workers take it: `mail`.
    pub queue: String,
    /// What it is: `mail.verify_email`.
    pub kind: String,
    /// What it needs.
    pub payload: serde_json::Value,
    /// Not before.
    pub run_at: Wall,
    /// Attempts before it is left for people to look at.
    pub max_attempts: i32,
    /// Of several pending jobs with one key only the first is kept.
    pub dedupe_key: Option<String>,
}

/// A job under lease.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Job {
    /// Id.
    pub id: Uuid,
    /// What it is.
    pub kind: String,
    /// What it needs.
    pub payload: serde_json::Value,
    /// This attempt's number, from 1.
    pub attempts: i32,
    /// Attempts in all.
    pub max_attempts: i32,
    /// The company it is done for.
    pub tenant_id: Option<Uuid>,
}

const ENQUEUE: &str = "INSERT INTO job (id, queue, kind, payload, run_at, attempts, max_attempts, dedupe_key, tenant_id, created_at) \
    VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9) ON CONFLICT DO NOTHING";

async fn enqueue(via: Via<'_>, id: Uuid, now: Wall, tenant: Option<Uuid>, job: NewJob) -> Result<JobId, StoreError> {
    let values: Vec<Value> = vec![
        id.into(),
        job.queue.into(),
        job.kind.into(),
        job.payload.into(),
        job.run_at.0.into(),
        job.max_attempts.into(),
        job.dedupe_key.into(),
        tenant.into(),
        now.0.into(),
    ];
    rows::run(via, ENQUEUE, values).await?;
    Ok(JobId::from_uuid(id))
}

impl TenantTx {
    /// Ask for work, in this transaction.
    pub async fn enqueue(&self, job: NewJob) -> Result<JobId, StoreError> {
        enqueue(self.via(), self.new_id(), self.now(), Some(self.tenant().uuid()), job).await
    }
}

impl SystemTx {
    /// Ask for work that is no company's.
    pub async fn enqueue(&self, job: NewJob) -> Result<JobId, StoreError> {
        enqueue(self.via(), self.new_id(), self.now(), None, job).await
    }

    /// Take up to `limit` due jobs of a queue for `lease_s` seconds.
    pub async fn claim_jobs(
        &self,
        queue: &str,
        worker: &str,
        limit: u64,
        lease_s: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let skip = if self.postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE job SET locked_by = $1, locked_until = $2, attempts = attempts + 1 WHERE id IN \
             (SELECT id FROM job WHERE queue = $3 AND finished_at IS NULL AND run_at <= $4 AND attempts < max_attempts \
             AND (locked_until IS NULL OR locked_until < $4) ORDER BY run_at, id LIMIT $5 {skip}) \
             RETURNING id, kind, payload, attempts, max_attempts, tenant_id"
        );
        let now = self.now();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = vec![worker.into(), now.plus_s(lease_s).0.into(), queue.into(), now.0.into(), limit.into()];
        let rows = rows::rows(self.via(), &sql, values).await?;
        Ok(rows.iter().map(|row| Job::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// The job is done; `false` when the lease was lost meanwhile.
    pub async fn finish_job(&self, job: Uuid, worker: &str) -> Result<bool, StoreError> {
        let sql =
            "UPDATE job SET finished_at = $1, locked_by = NULL, locked_until = NULL WHERE id = $2 AND locked_by = $3";
        Ok(rows::run(self.via(), sql, vec![self.now().0.into(), job.into(), worker.into()]).await? > 0)
    }

    /// The attempt failed; it is made again at `again_at` unless attempts are used up, when the job stays for people to look at.
    pub async fn fail_job(&self, job: Uuid, worker: &str, error: &str, again_at: Wall) -> Result<bool, StoreError> {
        let sql = "UPDATE job SET run_at = $1, last_error = $2, locked_by = NULL, locked_until = NULL \
                   WHERE id = $3 AND locked_by = $4";
        Ok(rows::run(self.via(), sql, vec![again_at.0.into(), error.into(), job.into(), worker.into()]).await? > 0)
    }
}

/// Seconds to wait after this attempt: 2, 4, 8 ... up to an hour. Add jitter where many fail together.
pub const fn backoff_s(attempts: i32) -> i64 {
    let doublings = if attempts < 1 {
        1
    } else if attempts > 12 {
        12
    } else {
        attempts
    };
    let wait = 1_i64 << doublings;
    if wait > 3_600 { 3_600 } else { wait }
}
