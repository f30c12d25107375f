//! Which endpoints have something to be sent, whoever's they are: the courier's question.

use kernel::{TenantId, Uuid, Wall};
use patchbay_kernel as kernel;

use super::{SystemDb, SystemTx};
use crate::{StoreError, rows};

/// Which endpoints: those that are well and quick, or those that are not. The ones never wait for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The last attempt went well and did not take long.
    Swift,
    /// It failed, or took long.
    Slow,
}

impl Lane {
    const fn filter(self) -> &'static str {
        match self {
            Self::Swift => "w.failures = 0 AND w.is_slow = FALSE",
            Self::Slow => "(w.failures > 0 OR w.is_slow = TRUE)",
        }
    }
}

fn due(lane: Lane) -> String {
    format!(
        "FROM webhook w JOIN event_cursor c ON c.tenant_id = w.tenant_id WHERE w.state = 'active' AND {} \
         AND w.next_try_at <= $1 AND (w.locked_until IS NULL OR w.locked_until < $1) \
         AND (w.place < c.next - 1 OR w.replays > 0)",
        lane.filter()
    )
}

impl SystemDb {
    /// Whether there is anything to be sent. Reads only: it is asked often, and a writer would keep others waiting.
    pub async fn webhooks_wait(&self, lane: Lane, now: Wall) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 AS one {} LIMIT 1", due(lane));
        Ok(!rows::rows(self.via(), &sql, vec![now.0.into()]).await?.is_empty())
    }
}

impl SystemTx {
    /// Take up to `limit` endpoints with something to be sent for `lease_s` seconds, those that have waited longest first. Of two
    /// couriers one gets each.
    pub async fn claim_webhooks(
        &self,
        lane: Lane,
        courier: &str,
        limit: usize,
        lease_s: i64,
    ) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let skip = if self.postgres() { "FOR UPDATE OF w SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE webhook SET locked_by = $2, locked_until = $3 WHERE (tenant_id, id) IN \
             (SELECT w.tenant_id, w.id {} ORDER BY w.next_try_at, w.id LIMIT $4 {skip}) RETURNING tenant_id, id",
            due(lane)
        );
        let now = self.now();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = vec![now.0.into(), courier.into(), now.plus_s(lease_s).0.into(), limit.into()];
        let rows = rows::rows(self.via(), &sql, values).await?;
        let of = |row: &sea_orm::QueryResult| -> Result<(TenantId, Uuid), StoreError> {
            Ok((TenantId::from_uuid(row.try_get("", "tenant_id")?), row.try_get("", "id")?))
        };
        rows.iter().map(of).collect()
    }

    /// Forget what was delivered before then; says how many deliveries.
    pub async fn forget_deliveries(&self, before: Wall) -> Result<u64, StoreError> {
        rows::run(self.via(), "DELETE FROM webhook_delivery WHERE made_at < $1", vec![before.0.into()]).await
    }
}
