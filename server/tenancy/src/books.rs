//! A company's books in the store: entries and their postings are added and never changed (triggers refuse it to everybody), and the
//! balance in the wallet follows in the same transaction.
//!
//! What an entry is and why it adds up to zero is `billing::ledger`; here it gets rows. To say an entry again is safe at any time:
//! after a crash between any two writes nothing of the transaction is there, and after the commit the second saying changes nothing.

use std::collections::BTreeMap;

use billing::ledger::{Account, Appended, Entry};
use kernel::{Money, Wall, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use sea_orm::{QueryResult, Value};

use crate::{StoreError, TenantTx, rows};

/// Largest balance either way, in micro-units: far from where an integer ends, because SQLite would go on in floating point.
pub const BALANCE_MOST: i64 = 1_000_000_000_000_000_000;

/// Why an entry is not taken in. The transaction is to be dropped.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same cause is in the books with other postings.
    #[error("{0} is in the books with other content")]
    OtherContent(String),
    /// The entry names another company's account, or none of this one.
    #[error("the entry is not of this company")]
    Foreign,
    /// The wallet is in another currency, or there is none.
    #[error("the company has no wallet in {0:?}")]
    Currency(Currency),
    /// The balance would be larger than [`BALANCE_MOST`].
    #[error("the balance is too large")]
    TooLarge,
}

/// Balances of the accounts of one company's books, by name and currency, counted from the postings.
pub type Counted = BTreeMap<(String, String), i64>;

/// A posting as stored: account, micro-units, currency.
type Row = (String, i64, String);

impl TenantTx {
    /// Takes an entry in and lets the wallet follow.
    ///
    /// # Errors
    /// When it is not of this company, contradicts what is there, or does not fit; drop the transaction then.
    pub async fn books_append(&self, entry: &Entry) -> Result<Appended, BooksError> {
        let (mut rows, moved) = self.booked(entry)?;
        let cause = entry.cause().key();
        let id = self.new_id();
        let tenant: Value = self.tenant().uuid().into();
        let sql = "INSERT INTO ledger_entry (tenant_id, id, cause, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let values = vec![tenant.clone(), id.into(), cause.clone().into(), entry.at().0.into()];
        if rows::run(self.via(), sql, values).await? == 0 {
            let mut there = self.postings(&cause).await?;
            there.sort();
            rows.sort();
            return if there == rows { Ok(Appended::Already) } else { Err(BooksError::OtherContent(cause)) };
        }
        for (account, micros, currency) in rows {
            let sql = "INSERT INTO ledger_posting (tenant_id, id, entry_id, account, micros, currency) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
            let own = self.new_id();
            let values = vec![tenant.clone(), own.into(), id.into(), account.into(), micros.into(), currency.into()];
            rows::run(self.via(), sql, values).await?;
        }
        self.wallet_follow(moved).await?;
        Ok(Appended::New)
    }

    /// The postings of an entry, and by how much they change what the company has.
    fn booked(&self, entry: &Entry) -> Result<(Vec<Row>, Money), BooksError> {
        let (mut rows, mut moved) = (Vec::new(), None);
        for posting in entry.postings() {
            let Money { micros, currency } = posting.amount;
            if let Account::Company(tenant) = posting.account {
                let before = moved.get_or_insert(Money::new(0, currency));
                if tenant != self.tenant() || before.currency != currency {
                    return Err(BooksError::Foreign);
                }
                before.micros = before.micros.checked_add(micros).ok_or(BooksError::TooLarge)?;
            }
            rows.push((posting.account.word().to_owned(), micros, currency.as_str().to_owned()));
        }
        Ok((rows, moved.ok_or(BooksError::Foreign)?))
    }

    async fn postings(&self, cause: &str) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT p.account, p.micros, p.currency FROM ledger_posting p \
                   JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.id = p.entry_id \
                   WHERE p.tenant_id = $1 AND e.tenant_id = $1 AND e.cause = $2";
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), cause.into()]).await?;
        found.iter().map(|row| Ok((text(row, "account")?, number(row, "micros")?, text(row, "currency")?))).collect()
    }

    /// Balances counted from the postings up to an instant, it excluded; from all of them without one. That they add up to zero and
    /// that the company's is the balance of its wallet is what an auditor looks for.
    pub async fn books_count(&self, before: Option<Wall>) -> Result<Counted, StoreError> {
        let sql = "SELECT p.account, p.currency, CAST(SUM(p.micros) AS bigint) AS micros FROM ledger_posting p \
                   JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.id = p.entry_id \
                   WHERE p.tenant_id = $1 AND e.tenant_id = $1 AND e.at < $2 GROUP BY p.account, p.currency";
        let before = before.map_or(i64::MAX, |before| before.0);
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), before.into()]).await?;
        let counted =
            found.iter().map(|row| Ok(((text(row, "account")?, text(row, "currency")?), number(row, "micros")?)));
        counted.collect()
    }
}

pub(crate) fn number(row: &QueryResult, column: &str) -> Result<i64, StoreError> {
    Ok(row.try_get("", column)?)
}

pub(crate) fn text(row: &QueryResult, column: &str) -> Result<String, StoreError> {
    Ok(row.try_get("", column)?)
}
