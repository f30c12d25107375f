//! Writing lines and walking chains, for companies and for the platform.

use kernel::{AuditId, Wall};
use patchbay_kernel as kernel;
use sea_orm::{ActiveValue::Set, ColumnTrait, Order};

use super::{
    Chain, Journal, Link, Record, Verdict,
    chain::{Columns, seal},
    journal::Draft,
    line,
};
use crate::{StoreError, SystemDb, SystemTx, TenantTx, rows, rows::Via, system::operator_audit};

/// Lines that are read at once while a chain is walked.
const PAGE: u64 = 500;
/// A line of more bytes than this loses its rows and keeps their number.
const LONGEST: usize = 64 * 1024;

/// A line ready to be stored.
struct Sealed {
    record: Record,
    text: String,
    hash: String,
}

/// The lines of a journal, sealed behind the one with the seal `before`, whose place is `seq - 1`.
fn sealed(
    drafts: Vec<Draft>,
    journal: &Journal,
    now: Wall,
    mut ids: impl FnMut() -> AuditId,
    mut seq: i64,
    mut before: String,
) -> Result<Vec<Sealed>, StoreError> {
    let mut lines = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut record = Record {
            seq,
            id: ids().to_string(),
            at_ms: now.unix_ms(),
            actor: journal.actor().to_string(),
            acting_as: journal.actor().acting_as().map(|user| user.to_string()),
            action: draft.action,
            entity: draft.entity,
            entity_id: draft.entity_id,
            body: draft.body,
            changes: draft.changes,
            more_changes: draft.more_changes,
            from: journal.origin().clone(),
        };
        let text = |record: &Record| serde_json::to_string(record).map_err(|why| StoreError::Other(why.to_string()));
        let mut line = text(&record)?;
        if line.len() > LONGEST {
            record.more_changes += std::mem::take(&mut record.changes).len();
            line = text(&record)?;
        }
        before = seal(&before, &line);
        lines.push(Sealed { record, text: line, hash: before.clone() });
        seq += 1;
    }
    Ok(lines)
}

fn first_of(rows: &[sea_orm::QueryResult], count: usize) -> Result<(i64, String), StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::Other("the audit log gave no place".into()))?;
    let last: i64 = row.try_get("", "seq")?;
    Ok((last + 1 - i64::try_from(count).unwrap_or(i64::MAX), row.try_get("", "hash")?))
}

impl TenantTx {
    /// An audit line without an event: for what concerns nobody's screen (who signed in, who took a copy away). The rows changed so
    /// far belong to it. Keep secrets out of `body`.
    pub fn noted(&self, action: &str, entity: &str, entity_id: &str, body: serde_json::Value) {
        self.journal().say(action, entity, entity_id, body);
    }

    /// Writes the journal down behind the company's last line, whose row stays locked until commit: lines are in commit order.
    pub(crate) async fn write_journal(&self) -> Result<(), StoreError> {
        let drafts = self.journal().close();
        if drafts.is_empty() {
            return Ok(());
        }
        let (tenant, count) = (self.tenant().uuid(), drafts.len());
        let sql = "INSERT INTO audit_head (tenant_id, seq, hash) VALUES ($1, $2, '') \
                   ON CONFLICT (tenant_id) DO UPDATE SET seq = audit_head.seq + $2 RETURNING seq, hash";
        let places = i64::try_from(count).unwrap_or(i64::MAX);
        let (seq, before) = first_of(&rows::rows(self.via(), sql, vec![tenant.into(), places.into()]).await?, count)?;
        let ids = || AuditId::from_uuid(self.new_id());
        let lines = sealed(drafts, self.journal(), self.now(), ids, seq, before)?;
        let last = lines.last().map(|line| line.hash.clone()).unwrap_or_default();
        for line in lines {
            let Record { id, actor, action, entity, entity_id, body, seq, .. } = line.record;
            let row = line::ActiveModel {
                id: Set(id.parse::<AuditId>().map_err(|why| StoreError::Other(why.to_string()))?.uuid()),
                at: Set(self.at()),
                actor: Set(actor),
                action: Set(action),
                entity: Set(entity),
                entity_id: Set(entity_id),
                body: Set(body),
                seq: Set(seq),
                record: Set(Some(line.text)),
                hash: Set(Some(line.hash)),
                ..Default::default()
            };
            self.insert(row).await?;
        }
        let sql = "UPDATE audit_head SET hash = $2 WHERE tenant_id = $1";
        rows::run(self.via(), sql, vec![tenant.into(), last.into()]).await.map(|_| ())
    }

    /// Walks the company's chain from its first line to its last. Fails as the store does.
    pub async fn verify_audit(&self) -> Result<Verdict, StoreError> {
        let (mut chain, mut last) = (Chain::default(), i64::MIN);
        // First the end: what is written while the chain is walked comes after it.
        let sql = "SELECT seq, hash FROM audit_head WHERE tenant_id = $1";
        let end = head(self.via(), sql, vec![self.tenant().uuid().into()]).await?;
        let until = end.as_ref().map_or(i64::MAX, |(seq, _)| *seq);
        loop {
            let page = self.select::<line::Entity>().filter(line::Column::Seq.gt(last));
            let page = page.filter(line::Column::Seq.lte(until));
            let page = page.order_by(line::Column::Seq, Order::Asc).limit(PAGE).all().await?;
            let holds = page.iter().all(|row| chain.walk(&row.into()));
            match page.last() {
                Some(row) if holds => last = row.seq,
                _ => break,
            }
        }
        Ok(chain.end(end))
    }
}

impl SystemTx {
    /// Writes the journal down behind the platform's last line, whose row stays locked until commit.
    pub(crate) async fn write_journal(&self) -> Result<(), StoreError> {
        let drafts = self.journal().close();
        if drafts.is_empty() {
            return Ok(());
        }
        let count = drafts.len();
        let sql = "INSERT INTO operator_audit_head (id, seq, hash) VALUES (1, $1, '') \
                   ON CONFLICT (id) DO UPDATE SET seq = operator_audit_head.seq + $1 RETURNING seq, hash";
        let places = i64::try_from(count).unwrap_or(i64::MAX);
        let (seq, before) = first_of(&rows::rows(self.via(), sql, vec![places.into()]).await?, count)?;
        let ids = || AuditId::from_uuid(self.new_id());
        let lines = sealed(drafts, self.journal(), self.now(), ids, seq, before)?;
        let last = lines.last().map(|line| line.hash.clone()).unwrap_or_default();
        for line in lines {
            let Record { id, actor, action, entity, entity_id, body, seq, .. } = line.record;
            let row = operator_audit::ActiveModel {
                id: Set(id.parse::<AuditId>().map_err(|why| StoreError::Other(why.to_string()))?.uuid()),
                operator_id: Set(self.journal().actor().operator().map(|id| id.uuid()).unwrap_or_default()),
                actor: Set(actor),
                action: Set(action),
                entity: Set(entity),
                entity_id: Set(entity_id),
                body: Set(body),
                at: Set(self.at()),
                seq: Set(seq),
                record: Set(Some(line.text)),
                hash: Set(Some(line.hash)),
            };
            self.insert(row).await?;
        }
        let sql = "UPDATE operator_audit_head SET hash = $1 WHERE id = 1";
        rows::run(self.via(), sql, vec![last.into()]).await.map(|_| ())
    }
}

impl SystemDb {
    /// Walks the platform's chain from its first line to its last. Fails as the store does.
    pub async fn verify_audit(&self) -> Result<Verdict, StoreError> {
        let (mut chain, mut last) = (Chain::default(), i64::MIN);
        // First the end: what is written while the chain is walked comes after it.
        let end = head(self.via(), "SELECT seq, hash FROM operator_audit_head WHERE id = $1", vec![1.into()]).await?;
        let until = end.as_ref().map_or(i64::MAX, |(seq, _)| *seq);
        loop {
            let page = self.select::<operator_audit::Entity>().filter(operator_audit::Column::Seq.gt(last));
            let page = page.filter(operator_audit::Column::Seq.lte(until));
            let page = page.order_by(operator_audit::Column::Seq, Order::Asc).limit(PAGE).all().await?;
            let holds = page.iter().all(|row| chain.walk(&row.into()));
            match page.last() {
                Some(row) if holds => last = row.seq,
                _ => break,
            }
        }
        Ok(chain.end(end))
    }
}

async fn head(via: Via<'_>, sql: &str, values: Vec<sea_orm::Value>) -> Result<Option<(i64, String)>, StoreError> {
    match rows::rows(via, sql, values).await?.first() {
        None => Ok(None),
        Some(row) => Ok(Some((row.try_get("", "seq")?, row.try_get("", "hash")?))),
    }
}

/// Both logs keep a line in the same columns.
macro_rules! link_of {
    ($row:path) => {
        impl From<&$row> for Link {
            fn from(row: &$row) -> Self {
                Self {
                    id: AuditId::from_uuid(row.id).to_string(),
                    seq: row.seq,
                    record: row.record.clone(),
                    hash: row.hash.clone(),
                    columns: Columns {
                        at_ms: Wall::from_offset(row.at).unix_ms(),
                        actor: row.actor.clone(),
                        action: row.action.clone(),
                        entity: row.entity.clone(),
                        entity_id: row.entity_id.clone(),
                    },
                }
            }
        }
    };
}

link_of!(line::Model);
link_of!(operator_audit::Model);
