//! Kept SIP messages across companies: for an operator who looks for a fault, and their end.

use kernel::{CallId, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::FromQueryResult;
use time::OffsetDateTime;

use super::{SystemDb, SystemTx};
use crate::{StoreError, rows};

/// A call whose messages an operator asks for.
#[derive(Clone, Debug, FromQueryResult)]
pub struct FoundLadder {
    /// Company.
    pub tenant_id: Uuid,
    /// Its name.
    pub company: String,
    /// When the call began.
    pub started_at: OffsetDateTime,
    /// Caller.
    pub caller: String,
    /// Called.
    pub called: String,
    /// Why it ended.
    pub cause: Option<String>,
    /// The packed messages, when they were kept.
    pub body: Option<String>,
}

impl FoundLadder {
    /// Whose.
    pub fn tenant(&self) -> TenantId {
        TenantId::from_uuid(self.tenant_id)
    }
}

impl SystemDb {
    /// The call with this id, of whatever company, and its messages.
    pub async fn ladder(&self, call: CallId) -> Result<Option<FoundLadder>, StoreError> {
        let sql = "SELECT c.tenant_id, t.name AS company, c.started_at, c.caller, c.called, c.cause, l.body \
                   FROM call c JOIN tenant t ON t.id = c.tenant_id \
                   LEFT JOIN call_ladder l ON l.tenant_id = c.tenant_id AND l.id = c.id WHERE c.id = $1";
        let rows = rows::rows(self.via(), sql, vec![call.uuid().into()]).await?;
        Ok(rows.first().map(|row| FoundLadder::from_query_result(row, "")).transpose()?)
    }
}

impl SystemTx {
    /// Forgets messages kept before this time; says of how many calls.
    pub async fn forget_ladders(&self, before: Wall) -> Result<u64, StoreError> {
        let sql = "DELETE FROM call_ladder WHERE at < $1";
        rows::run(self.via(), sql, vec![before.to_offset().into()]).await
    }
}
