//! How the day went in the queues of a company: one question over all stays, so that a wallboard costs no more on a busy day.

use patchbay_kernel::Uuid;
use sea_orm::FromQueryResult;
use time::OffsetDateTime;

use crate::{StoreError, TenantTx, rows};

/// Sums over the stays in one queue that ended within a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct QueueSums {
    /// Which queue.
    pub queue_id: Uuid,
    /// All but those that were given up at once.
    pub came: i64,
    /// Taken by an agent.
    pub answered: i64,
    /// Of these, within the target's time.
    pub in_time: i64,
    /// Given up, not at once.
    pub abandoned: i64,
    /// Longest wait, in milliseconds.
    pub longest_ms: i64,
    /// Waits of those who were answered, added up, in milliseconds.
    pub answered_ms: i64,
}

/// `$3` is what counts as at once, in milliseconds.
const SUMS: &str = "SELECT queue_id, \
    COUNT(CASE WHEN outcome <> 'abandoned' OR waited_ms >= $3 THEN 1 END) AS came, \
    COUNT(CASE WHEN outcome = 'answered' THEN 1 END) AS answered, \
    COUNT(CASE WHEN outcome = 'answered' AND waited_ms <= CAST(level_s AS BIGINT) * 1000 THEN 1 END) AS in_time, \
    COUNT(CASE WHEN outcome = 'abandoned' AND waited_ms >= $3 THEN 1 END) AS abandoned, \
    CAST(COALESCE(MAX(CASE WHEN outcome <> 'abandoned' OR waited_ms >= $3 THEN waited_ms END), 0) AS BIGINT) AS longest_ms, \
    CAST(COALESCE(SUM(CASE WHEN outcome = 'answered' THEN waited_ms END), 0) AS BIGINT) AS answered_ms \
    FROM queue_visit WHERE tenant_id = $1 AND left_at >= $2 GROUP BY queue_id";

impl TenantTx {
    /// Of each queue in which a stay has ended since then. Who left within `short_ms` gave up for no reason of the queue's.
    pub async fn queue_sums(&self, since: OffsetDateTime, short_ms: i64) -> Result<Vec<QueueSums>, StoreError> {
        let values = vec![self.tenant().uuid().into(), since.into(), short_ms.into()];
        let rows = rows::rows(self.via(), SUMS, values).await?;
        rows.iter().map(|row| Ok(QueueSums::from_query_result(row, "")?)).collect()
    }
}
