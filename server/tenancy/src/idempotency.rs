//! Answers kept so that a repeated request is answered, not done again.
//!
//! The answer is stored in the transaction that did the work. Two requests with one key at once: the second one's insert meets
//! the unique constraint, its work is rolled back, and it then finds the first one's answer.

use crate::{OperatorTx, StoreError, TenantTx, rows, rows::Via};

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// `POST /v1/seats`.
    pub route: String,
    /// Hash of the request's body.
    pub request_hash: String,
    /// HTTP status.
    pub status: u16,
    /// Body as sent.
    pub body: String,
}

impl TenantTx {
    /// The answer given to this principal's key before.
    pub async fn answer(&self, principal: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let sql = "SELECT route, request_hash, status, body FROM idempotency \
                   WHERE tenant_id = $1 AND principal = $2 AND idempotency_key = $3";
        read(self.via(), sql, vec![self.tenant().uuid().into(), principal.into(), key.into()]).await
    }
    /// Keep the answer. [`StoreError::Unique`] when another request with this key was faster.
    pub async fn keep_answer(&self, principal: &str, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
        let sql = "INSERT INTO idempotency \
                   (tenant_id, id, principal, idempotency_key, route, request_hash, status, body, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let mut values = vec![self.tenant().uuid().into(), self.new_id().into()];
        values.extend(columns(principal, key, answer, self.at()));
        rows::run(self.via(), sql, values).await.map(|_| ())
    }
}

impl OperatorTx {
    /// The answer given to this operator's key before.
    pub async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let sql = "SELECT route, request_hash, status, body FROM operator_idempotency \
                   WHERE principal = $1 AND idempotency_key = $2";
        read(self.via(), sql, vec![self.operator().to_string().into(), key.into()]).await
    }
    /// Keep the answer. [`StoreError::Unique`] when another request with this key was faster.
    pub async fn keep_answer(&self, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
        let sql = "INSERT INTO operator_idempotency \
                   (principal, idempotency_key, route, request_hash, status, body, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = columns(&self.operator().to_string(), key, answer, self.at());
        rows::run(self.via(), sql, values).await.map(|_| ())
    }
}

fn columns(principal: &str, key: &str, answer: &StoredAnswer, at: time::OffsetDateTime) -> Vec<sea_orm::Value> {
    vec![
        principal.into(),
        key.into(),
        answer.route.clone().into(),
        answer.request_hash.clone().into(),
        i32::from(answer.status).into(),
        answer.body.clone().into(),
        at.into(),
    ]
}

async fn read(via: Via<'_>, sql: &str, values: Vec<sea_orm::Value>) -> Result<Option<StoredAnswer>, StoreError> {
    let rows = rows::rows(via, sql, values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let status: i32 = row.try_get("", "status")?;
    Ok(Some(StoredAnswer {
        route: row.try_get("", "route")?,
        request_hash: row.try_get("", "request_hash")?,
        status: u16::try_from(status).unwrap_or(500),
        body: row.try_get("", "body")?,
    }))
}
