//! The event logs of all companies, as far back as they are kept.

use patchbay_kernel::{Uuid, Wall};

use super::SystemTx;
use crate::{error::StoreError, rows};

impl SystemTx {
    /// Forget what happened before then, but never a company's newest event: its place says where the log ends. Says how many.
    pub async fn forget_events(&self, before: Wall) -> Result<u64, StoreError> {
        let companies = rows::rows(self.via(), "SELECT id FROM tenant ORDER BY id", Vec::new()).await?;
        // Ids begin with their time (RFC 9562 section 5.7), and the key of the table is in their order.
        let edge = Uuid::from_u128(u128::try_from(before.unix_ms()).unwrap_or(0) << 80);
        let sql = "DELETE FROM event WHERE tenant_id = $1 AND id < $2 \
                   AND seq < (SELECT max(seq) FROM event WHERE tenant_id = $1)";
        let mut gone = 0;
        for company in companies {
            let company: Uuid = company.try_get("", "id")?;
            gone += rows::run(self.via(), sql, vec![company.into(), edge.into()]).await?;
        }
        Ok(gone)
    }
}
