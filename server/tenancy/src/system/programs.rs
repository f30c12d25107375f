//! Keys of programs and tokens of seats, found by the part of them that may be shown: before that nobody knows whose they are.

use kernel::{TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::FromQueryResult;
use time::OffsetDateTime;

use super::{SystemDb, SystemTx, questions::ask};
use crate::{StoreError, rows};

/// A key, found by one of its secrets.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct FoundKey {
    /// Company.
    pub tenant_id: Uuid,
    /// The key.
    pub id: Uuid,
    /// The secret that was found.
    pub secret_id: Uuid,
    /// SHA-256 of the whole secret, hex.
    pub secret_hash: String,
    /// The secret is no good from then on.
    pub secret_ends_at: Option<OffsetDateTime>,
    /// Permissions, a JSON list.
    pub scopes: serde_json::Value,
    /// Networks it may come from, a JSON list; empty for anywhere.
    pub networks: serde_json::Value,
    /// The person who answers for it.
    pub created_by: Uuid,
    /// The key is no good from then on.
    pub expires_at: Option<OffsetDateTime>,
    /// It was taken back.
    pub revoked_at: Option<OffsetDateTime>,
}

/// A seat token, found by its handle.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct FoundSeatToken {
    /// Company.
    pub tenant_id: Uuid,
    /// Its state.
    pub tenant_state: String,
    /// The token.
    pub id: Uuid,
    /// The seat.
    pub seat_id: Uuid,
    /// State of the seat.
    pub seat_state: String,
    /// SHA-256 of the whole token, hex.
    pub secret_hash: String,
    /// Pages that may use it, a JSON list of origins; empty for any.
    pub origins: serde_json::Value,
    /// Until when.
    pub expires_at: OffsetDateTime,
    /// It was taken back.
    pub revoked_at: Option<OffsetDateTime>,
    /// The person who answers for it.
    pub created_by: Uuid,
    /// A key made it, and that key was taken back.
    pub key_revoked_at: Option<OffsetDateTime>,
    /// A key made it, and that key ends then.
    pub key_expires_at: Option<OffsetDateTime>,
}

/// When and from where a key or token was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Company.
    pub tenant: TenantId,
    /// The key, or the seat token.
    pub id: Uuid,
    /// Of a key: which of its secrets.
    pub secret: Option<Uuid>,
    /// When.
    pub at: Wall,
    /// Address.
    pub from: String,
}

const KEY: &str = "SELECT s.tenant_id, k.id, s.id AS secret_id, s.secret_hash, s.ends_at AS secret_ends_at, k.scopes, k.networks, \
    k.created_by, k.expires_at, k.revoked_at FROM api_key_secret s \
    JOIN api_key k ON k.tenant_id = s.tenant_id AND k.id = s.api_key_id ";

const SEAT_TOKEN: &str = "SELECT x.tenant_id, t.state AS tenant_state, x.id, x.seat_id, s.state AS seat_state, x.secret_hash, \
    x.origins, x.expires_at, x.revoked_at, x.created_by, k.revoked_at AS key_revoked_at, k.expires_at AS key_expires_at \
    FROM seat_token x JOIN tenant t ON t.id = x.tenant_id JOIN seat s ON s.tenant_id = x.tenant_id AND s.id = x.seat_id \
    LEFT JOIN api_key k ON k.tenant_id = x.tenant_id AND k.id = x.api_key_id ";

impl SystemDb {
    /// The key with a secret of this handle.
    pub async fn key_by_handle(&self, handle: &str) -> Result<Option<FoundKey>, StoreError> {
        let sql = format!("{KEY} WHERE s.handle = $1");
        Ok(ask(self.via(), &sql, vec![handle.into()]).await?.pop())
    }
    /// The key of this company, by any of its secrets; `None` without one.
    pub async fn key_by_id(&self, tenant: TenantId, key: Uuid) -> Result<Option<FoundKey>, StoreError> {
        let sql = format!("{KEY} WHERE s.tenant_id = $1 AND s.api_key_id = $2");
        Ok(ask(self.via(), &sql, vec![tenant.uuid().into(), key.into()]).await?.pop())
    }
    /// The seat token with this handle.
    pub async fn seat_token_by_handle(&self, handle: &str) -> Result<Option<FoundSeatToken>, StoreError> {
        let sql = format!("{SEAT_TOKEN} WHERE x.handle = $1");
        Ok(ask(self.via(), &sql, vec![handle.into()]).await?.pop())
    }
    /// The seat token of this company.
    pub async fn seat_token_by_id(&self, tenant: TenantId, id: Uuid) -> Result<Option<FoundSeatToken>, StoreError> {
        let sql = format!("{SEAT_TOKEN} WHERE x.tenant_id = $1 AND x.id = $2");
        Ok(ask(self.via(), &sql, vec![tenant.uuid().into(), id.into()]).await?.pop())
    }
}

impl SystemTx {
    /// Write down when keys were last used, of whatever companies. A key that is gone by now is nobody's loss.
    pub async fn note_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        for one in uses {
            let (tenant, id, at) = (one.tenant.uuid(), one.id, one.at.to_offset());
            if let Some(secret) = one.secret {
                let sql = "UPDATE api_key SET last_used_at = $1, last_used_from = $2 WHERE tenant_id = $3 AND id = $4";
                let values = vec![at.into(), one.from.as_str().into(), tenant.into(), id.into()];
                rows::run(self.via(), sql, values).await?;
                let sql = "UPDATE api_key_secret SET last_used_at = $1 WHERE tenant_id = $2 AND id = $3";
                rows::run(self.via(), sql, vec![at.into(), tenant.into(), secret.into()]).await?;
            } else {
                let sql = "UPDATE seat_token SET last_used_at = $1 WHERE tenant_id = $2 AND id = $3";
                rows::run(self.via(), sql, vec![at.into(), tenant.into(), id.into()]).await?;
            }
        }
        Ok(())
    }
    /// Forgets seat tokens that ended before this time; says how many.
    pub async fn forget_seat_tokens(&self, before: Wall) -> Result<u64, StoreError> {
        rows::run(self.via(), "DELETE FROM seat_token WHERE expires_at < $1", vec![before.to_offset().into()]).await
    }
    /// Forgets secrets of keys that ended before this time; says how many.
    pub async fn forget_key_secrets(&self, before: Wall) -> Result<u64, StoreError> {
        rows::run(self.via(), "DELETE FROM api_key_secret WHERE ends_at < $1", vec![before.to_offset().into()]).await
    }
}
