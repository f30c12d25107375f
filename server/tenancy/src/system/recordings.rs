//! Recordings of all companies that have something to happen to them.

use kernel::{TenantId, Uuid, Wall};
use patchbay_kernel as kernel;

use super::SystemDb;
use crate::{StoreError, rows};

/// Days that recordings are kept where the company has not said anything.
pub const USUAL_DAYS: i32 = 90;
/// Days that messages of callers are.
pub const USUAL_VOICEMAIL_DAYS: i32 = 30;
const DAY_MS: i64 = 86_400_000;
/// A recording whose call ended so long ago, in milliseconds, and that runs on, has lost its node.
const STRANDED_MS: i64 = 120_000;

impl SystemDb {
    /// Recordings that are older than their company keeps their kind, and not held: company and id, at most so many.
    pub async fn old_recordings(&self, now: Wall, most: u32) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let sql = "SELECT k.tenant_id, k.id FROM ( \
                     SELECT r.tenant_id, r.id, r.ended_ms, CASE WHEN r.kind = 'voicemail' \
                       THEN COALESCE(p.voicemail_keep_days, $1) ELSE COALESCE(p.keep_days, $2) END AS days \
                     FROM recording r LEFT JOIN recording_policy p ON p.tenant_id = r.tenant_id \
                     WHERE r.legal_hold = FALSE AND r.ended_ms IS NOT NULL) k \
                   WHERE k.days > 0 AND k.ended_ms + k.days * $3 < $4 ORDER BY k.ended_ms LIMIT $5";
        let usual = [USUAL_VOICEMAIL_DAYS.into(), USUAL_DAYS.into()];
        let values = usual.into_iter().chain([DAY_MS.into(), now.unix_ms().into(), i64::from(most).into()]);
        pairs(rows::rows(self.via(), sql, values.collect()).await?)
    }

    /// Messages that somebody removed before this moment, and that are not held: company and id, at most so many.
    pub async fn removed_voicemails(&self, before: Wall, most: u32) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let sql = "SELECT v.tenant_id, v.id FROM voicemail v JOIN recording r ON r.tenant_id = v.tenant_id AND r.id = v.id \
                   WHERE v.removed_ms IS NOT NULL AND v.removed_ms < $1 AND r.legal_hold = FALSE LIMIT $2";
        pairs(rows::rows(self.via(), sql, vec![before.unix_ms().into(), i64::from(most).into()]).await?)
    }

    /// Recordings that run on without their call: whoever wrote them is gone.
    pub async fn stranded_recordings(&self, now: Wall, most: u32) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let sql = "SELECT r.tenant_id, r.id FROM recording r JOIN call c ON c.tenant_id = r.tenant_id AND c.id = r.call_id \
                   WHERE r.state = 'recording' AND c.state = 'ended' AND c.ended_at < $1 LIMIT $2";
        let before = now.plus_ms(-STRANDED_MS).to_offset();
        pairs(rows::rows(self.via(), sql, vec![before.into(), i64::from(most).into()]).await?)
    }
}

fn pairs(rows: Vec<sea_orm::QueryResult>) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
    rows.iter().map(|row| Ok((TenantId::from_uuid(row.try_get("", "tenant_id")?), row.try_get("", "id")?))).collect()
}
