//! A company's wallet in the store: one row that guards the books while calls run.
//!
//! Setting money aside is one conditional update, so that of many calls on many nodes none is given what another has. What is set
//! aside is a row for each call, so that a node that died leaves a name and not a wrong number.

use billing::wallet::{Short, Wallet};
use kernel::{CallId, Money, Wall, money::Currency};
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use sea_orm::Value;

use crate::{
    StoreError, TenantTx,
    books::{BALANCE_MOST, BooksError, number, text},
    rows,
};

impl TenantTx {
    fn own(&self) -> Value {
        self.tenant().uuid().into()
    }

    /// Opens the wallet in this currency, or sets how far below zero an open one may go (micro-units, 0 for prepaid).
    ///
    /// # Errors
    /// When it is open in another currency.
    pub async fn wallet_open(&self, currency: Currency, credit_limit: i64) -> Result<(), BooksError> {
        let limit = credit_limit.clamp(0, BALANCE_MOST);
        let sql = "INSERT INTO wallet (tenant_id, currency, balance, reserved, credit_limit) VALUES ($1, $2, 0, 0, $3) \
                   ON CONFLICT (tenant_id) DO UPDATE SET credit_limit = excluded.credit_limit \
                   WHERE wallet.currency = excluded.currency";
        let values = vec![self.own(), currency.as_str().into(), limit.into()];
        let touched = rows::run(self.via(), sql, values).await?;
        if touched == 0 { Err(BooksError::Currency(currency)) } else { Ok(()) }
    }

    /// The wallet with its currency; `None` where none was opened.
    pub async fn wallet(&self) -> Result<Option<(Wallet, Currency)>, StoreError> {
        let sql = "SELECT currency, balance, reserved, credit_limit FROM wallet WHERE tenant_id = $1";
        let found = rows::rows(self.via(), sql, vec![self.own()]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let (balance, reserved) = (number(row, "balance")?, number(row, "reserved")?);
        let currency = text(row, "currency")?.parse().map_err(|_| StoreError::Other("not a currency".into()))?;
        Ok(Some((Wallet { balance, reserved, credit_limit: number(row, "credit_limit")? }, currency)))
    }

    /// Sets so many micro-units aside for a call, on top of what is set aside for it already; or says what is there instead, and
    /// then nothing is. Without a wallet nothing is there.
    pub async fn wallet_reserve(&self, call: CallId, micros: i64) -> Result<Result<(), Short>, StoreError> {
        let micros = micros.max(0);
        // Nothing is always there, also below zero.
        let sql = "UPDATE wallet SET reserved = reserved + $2 \
                   WHERE tenant_id = $1 AND (balance + credit_limit - reserved >= $2 OR $2 = 0)";
        if rows::run(self.via(), sql, vec![self.own(), micros.into()]).await? == 0 {
            let available = self.wallet().await?.map_or(0, |(wallet, _)| wallet.available());
            return Ok(Err(Short { available: available.max(0) }));
        }
        let sql = "INSERT INTO wallet_hold (tenant_id, id, micros, at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (tenant_id, id) DO UPDATE SET micros = wallet_hold.micros + excluded.micros";
        rows::run(self.via(), sql, vec![self.own(), call.uuid().into(), micros.into(), self.now().0.into()]).await?;
        Ok(Ok(()))
    }

    /// Frees what is set aside for a call and says how much that was; 0 the second time.
    pub async fn wallet_free(&self, call: CallId) -> Result<i64, StoreError> {
        let sql = "DELETE FROM wallet_hold WHERE tenant_id = $1 AND id = $2 RETURNING micros";
        let gone = rows::rows(self.via(), sql, vec![self.own(), call.uuid().into()]).await?;
        let Some(row) = gone.first() else { return Ok(0) };
        let micros = number(row, "micros")?;
        let sql = "UPDATE wallet SET reserved = reserved - $2 WHERE tenant_id = $1";
        rows::run(self.via(), sql, vec![self.own(), micros.into()]).await?;
        Ok(micros)
    }

    /// Calls for which money was set aside before this instant: those of a node that died are among them.
    pub async fn wallet_holds(&self, before: Wall) -> Result<Vec<(CallId, i64)>, StoreError> {
        let sql = "SELECT id, micros FROM wallet_hold WHERE tenant_id = $1 AND at < $2 ORDER BY at, id";
        let found = rows::rows(self.via(), sql, vec![self.own(), before.0.into()]).await?;
        found.iter().map(|row| Ok((CallId::from_uuid(row.try_get("", "id")?), number(row, "micros")?))).collect()
    }

    /// The balance follows the books.
    pub(crate) async fn wallet_follow(&self, moved: Money) -> Result<(), BooksError> {
        let Money { micros, currency } = moved;
        if micros.checked_abs().is_none_or(|amount| amount > BALANCE_MOST) {
            return Err(BooksError::TooLarge);
        }
        let sql = "UPDATE wallet SET balance = balance + $2 WHERE tenant_id = $1 AND currency = $3 \
                   AND balance + $2 BETWEEN $4 AND $5";
        let values =
            vec![self.own(), micros.into(), currency.as_str().into(), (-BALANCE_MOST).into(), BALANCE_MOST.into()];
        if rows::run(self.via(), sql, values).await? > 0 {
            return Ok(());
        }
        let there = self.wallet().await?.is_some_and(|(_, of)| of == currency);
        Err(if there { BooksError::TooLarge } else { BooksError::Currency(currency) })
    }
}
