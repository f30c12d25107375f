//! What calls cost, counted: which companies have calls to be rated, and what was used up and spent in a time.

use patchbay_kernel::{CallId, TenantId, Uuid, Wall};
use sea_orm::{FromQueryResult, QueryResult};

use crate::{
    StoreError, SystemDb, SystemTx, TenantTx,
    books::{number, text},
    rows,
};

/// What calls to destinations of one kind cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Spent {
    /// `outbound` or `inbound`.
    pub direction: String,
    /// First digits.
    pub prefix: String,
    /// What people call the destination.
    pub destination: String,
    /// Calls.
    pub calls: i64,
    /// Charged and covered seconds.
    pub seconds: i64,
    /// Micro-units.
    pub micros: i64,
}

/// A line of a company's books as it sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Of the entry.
    pub id: Uuid,
    /// Why: `payment/..`, `charge/..`, `invoice/..`.
    pub cause: String,
    /// When.
    pub at: Wall,
    /// By how much the balance changed, in micro-units.
    pub micros: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// A call that nobody could price.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct UnratedCall {
    /// Whose.
    pub tenant_id: Uuid,
    /// Name of the company.
    pub company: String,
    /// Which call.
    pub id: Uuid,
    /// Why.
    pub why: String,
    /// The number that has no price.
    pub number: String,
    /// Tries.
    pub tries: i32,
    /// Last try, in microseconds since 1970.
    pub at: i64,
}

impl SystemDb {
    /// Companies with an account that have calls to be rated.
    pub async fn companies_to_charge(&self) -> Result<Vec<TenantId>, StoreError> {
        let sql = "SELECT a.tenant_id AS id FROM billing_account a WHERE EXISTS (SELECT 1 FROM call c \
                   WHERE c.tenant_id = a.tenant_id AND c.state = 'ended' AND c.charged = 'due') ORDER BY a.tenant_id";
        let found = rows::rows(self.via(), sql, Vec::new()).await?;
        found.iter().map(|row| Ok(TenantId::from_uuid(row.try_get("", "id")?))).collect()
    }

    /// Calls without a price, the last ones first.
    pub async fn unrated_calls(&self, most: i64) -> Result<Vec<UnratedCall>, StoreError> {
        let sql = "SELECT f.tenant_id, t.name AS company, f.id, f.why, f.number, f.tries, f.at FROM charge_fault f \
                   JOIN tenant t ON t.id = f.tenant_id ORDER BY f.at DESC, f.id LIMIT $1";
        let found = rows::rows(self.via(), sql, vec![most.into()]).await?;
        Ok(found.iter().map(|row| UnratedCall::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }
}

impl SystemTx {
    /// Calls without a price are due again; says how many.
    pub async fn unrated_again(&self) -> Result<u64, StoreError> {
        rows::run(self.via(), "UPDATE call SET charged = 'due' WHERE charged = 'unrated'", Vec::new()).await
    }
}

impl TenantTx {
    /// Calls that ended before the company had an account are nobody's to charge.
    pub async fn calls_aside(&self) -> Result<u64, StoreError> {
        let sql = "UPDATE call SET charged = 'aside' WHERE tenant_id = $1 AND state = 'ended' AND charged = 'due'";
        rows::run(self.via(), sql, vec![self.tenant().uuid().into()]).await
    }

    /// Calls of these days (since 1970-01-01, the second one not counted) that were charged are due again: they are rated anew.
    pub async fn rate_anew(&self, (from, until): (i32, i32)) -> Result<u64, StoreError> {
        let sql = "UPDATE call SET charged = 'due' WHERE tenant_id = $1 AND state = 'ended' AND id IN \
                   (SELECT call_id FROM charge_line WHERE tenant_id = $1 AND day >= $2 AND day < $3)";
        rows::run(self.via(), sql, vec![self.tenant().uuid().into(), from.into(), until.into()]).await
    }

    /// Seconds that allowances cover on these days, by kind of line, without those of one call.
    pub async fn included_seconds(
        &self,
        (from, until): (i32, i32),
        except: CallId,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT kind, CAST(SUM(CASE WHEN reversal THEN -seconds ELSE seconds END) AS bigint) AS seconds \
                   FROM charge_line WHERE tenant_id = $1 AND day >= $2 AND day < $3 AND kind LIKE 'included:%' \
                   AND call_id <> $4 GROUP BY kind";
        let values = vec![self.tenant().uuid().into(), from.into(), until.into(), except.uuid().into()];
        let found = rows::rows(self.via(), sql, values).await?;
        found.iter().map(|row| Ok((text(row, "kind")?, number(row, "seconds")?))).collect()
    }

    /// What calls of these days cost, by destination, the dearest first.
    pub async fn spent(&self, (from, until): (i32, i32)) -> Result<Vec<Spent>, StoreError> {
        let sql = "SELECT direction, prefix, MIN(destination) AS destination, COUNT(DISTINCT call_id) AS calls, \
                   CAST(SUM(CASE WHEN reversal THEN -seconds ELSE seconds END) AS bigint) AS seconds, \
                   CAST(SUM(micros) AS bigint) AS micros FROM charge_line \
                   WHERE tenant_id = $1 AND day >= $2 AND day < $3 GROUP BY direction, prefix ORDER BY 6 DESC, prefix";
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), from.into(), until.into()]).await?;
        Ok(found.iter().map(|row| Spent::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// What was charged since then: minute since 1970, seat, micro-units; oldest first.
    pub async fn spent_minutes(&self, since: Wall) -> Result<Vec<(i64, Option<Uuid>, i64)>, StoreError> {
        let sql = "SELECT c.at / 60000000 AS minute, c.seat_id, CAST(SUM(c.micros) AS bigint) AS micros FROM charge_line c \
                   WHERE c.tenant_id = $1 AND c.at >= $2 GROUP BY c.at / 60000000, c.seat_id ORDER BY 1";
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), since.0.into()]).await?;
        found
            .iter()
            .map(|row| Ok((number(row, "minute")?, row.try_get("", "seat_id")?, number(row, "micros")?)))
            .collect()
    }

    /// The company's books as it sees them, newest first: entries before this one.
    pub async fn statement(&self, before: Option<Uuid>, most: u64) -> Result<Vec<Statement>, StoreError> {
        let sql = "SELECT e.id, e.cause, e.at, p.micros, p.currency FROM ledger_posting p \
                   JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.id = p.entry_id \
                   WHERE p.tenant_id = $1 AND e.tenant_id = $1 AND p.account = 'company' AND e.id < $2 \
                   ORDER BY e.id DESC LIMIT $3";
        let before = before.unwrap_or(Uuid::max());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), before.into(), most.into()]).await?;
        let read = |row: &QueryResult| {
            Ok(Statement {
                id: row.try_get("", "id")?,
                cause: text(row, "cause")?,
                at: Wall(number(row, "at")?),
                micros: number(row, "micros")?,
                currency: text(row, "currency")?,
            })
        };
        found.iter().map(read).collect()
    }
}
