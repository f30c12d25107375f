//! Many rows of one company in few statements: what the busiest writers use.

use std::{fmt::Write as _, sync::OnceLock};

use patchbay_kernel::Uuid;
use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Value};

use crate::{
    StoreError, TenantRow, TenantTx,
    outbox::{EVENTS, event},
    rows,
};

/// Rows of one statement at most. Sizes are powers of two, so that the prepared statements of a connection stay few.
const MOST: usize = 64;
/// How many sizes there are.
const SIZES: usize = MOST.ilog2() as usize + 1;

/// An event to be written down.
#[derive(Clone, Debug)]
pub struct Happening {
    /// `call.ended` and the like.
    pub kind: &'static str,
    /// The resource's name.
    pub entity: &'static str,
    /// Its printed id.
    pub entity_id: String,
    /// What every member of the company may read of it.
    pub body: serde_json::Value,
}

/// Columns of a company's table that are written for many rows at once. Made once, as a `static`: the text of a statement is then
/// made once for each number of rows, and not, as a query builder would, for every call of the platform.
pub struct Sheet<E: EntityTrait> {
    columns: &'static [E::Column],
    puts: Option<Puts<E>>,
    texts: [[OnceLock<String>; SIZES]; 2],
}

/// What happens to a row that is there already.
struct Puts<E: EntityTrait> {
    /// Columns that are set.
    sets: &'static [E::Column],
    /// A column, and the text that it must still have.
    from: E::Column,
    is: &'static str,
}

impl<E: TenantRow> Sheet<E> {
    /// Rows of these columns, in this order; the company's column is not among them. A row whose key exists stays as it is.
    pub const fn new(columns: &'static [E::Column]) -> Self {
        Self { columns, puts: None, texts: [const { [const { OnceLock::new() }; SIZES] }; 2] }
    }

    /// As [`Self::new`], but where the key exists `sets` are set from the new row if the column `from` still has the value `is`.
    pub const fn put(
        columns: &'static [E::Column],
        sets: &'static [E::Column],
        from: E::Column,
        is: &'static str,
    ) -> Self {
        Self { columns, puts: Some(Puts { sets, from, is }), texts: [const { [const { OnceLock::new() }; SIZES] }; 2] }
    }

    fn text(&self, rows: usize, postgres: bool) -> &str {
        let of_this_size = &self.texts[usize::from(postgres)][rows.ilog2() as usize % SIZES];
        of_this_size.get_or_init(|| self.statement(rows, postgres).unwrap_or_default())
    }

    /// On PostgreSQL `$1` is the company, for every row. SQLite looks names of parameters up in a list, each from its beginning, so
    /// there they have none.
    fn statement(&self, rows: usize, postgres: bool) -> Result<String, std::fmt::Error> {
        let (tenant, id) = (E::tenant_column(), E::id_column());
        let mut text = format!("INSERT INTO \"{}\" (\"{}\"", E::default().table_name(), tenant.as_str());
        for column in self.columns {
            write!(text, ", \"{}\"", column.as_str())?;
        }
        text.push_str(") VALUES ");
        let mut place = 1;
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            text.push_str(if postgres { "$1" } else { "?" });
            for column in self.columns {
                place += 1;
                // JSON comes as text that is written already; SQLite keeps it so.
                let json = matches!(column.def().get_column_type(), ColumnType::Json | ColumnType::JsonBinary);
                match (postgres, json) {
                    (false, _) => text.push_str(", ?"),
                    (true, false) => write!(text, ", ${place}")?,
                    (true, true) => write!(text, ", CAST(${place} AS jsonb)")?,
                }
            }
            text.push(')');
        }
        let Some(Puts { sets, from, is }) = &self.puts else {
            text.push_str(" ON CONFLICT DO NOTHING");
            return Ok(text);
        };
        write!(text, " ON CONFLICT (\"{}\", \"{}\") DO UPDATE SET ", tenant.as_str(), id.as_str())?;
        for (number, column) in sets.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(text, "{comma}\"{0}\" = excluded.\"{0}\"", column.as_str())?;
        }
        write!(text, " WHERE \"{}\".\"{}\" = '{is}'", E::default().table_name(), from.as_str())?;
        write!(text, " RETURNING \"{}\"", id.as_str())?;
        Ok(text)
    }
}

impl TenantTx {
    /// Write rows, each with the sheet's columns in their order, as this company's. JSON is given as its text. Says the ids of the
    /// rows that were written, if the sheet puts; nothing otherwise.
    pub async fn write<E: TenantRow>(&self, sheet: &Sheet<E>, values: Vec<Value>) -> Result<Vec<Uuid>, StoreError> {
        let width = sheet.columns.len();
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(StoreError::Other(format!("{} values are no rows of {width} columns", values.len())));
        }
        let id = E::id_column();
        let mut written = Vec::new();
        let (mut left, mut values) = (values.len() / width, values.into_iter());
        while left > 0 {
            let size = MOST.min(1 << left.ilog2());
            left -= size;
            let mut some: Vec<Value> = Vec::with_capacity(size * (1 + width));
            let postgres = self.is_postgres();
            for row in 0..size {
                if row == 0 || !postgres {
                    some.push(self.tenant().uuid().into());
                }
                some.extend(values.by_ref().take(width));
            }
            let text = sheet.text(size, postgres);
            if sheet.puts.is_some() {
                for row in rows::rows(self.via(), text, some).await? {
                    written.push(row.try_get("", id.as_str())?);
                }
            } else {
                rows::run(self.via(), text, some).await?;
            }
        }
        Ok(written)
    }

    /// As [`TenantTx::happened`] for many, with consecutive sequence numbers.
    pub async fn happened_all(&mut self, all: Vec<Happening>) -> Result<(), StoreError> {
        if all.is_empty() {
            return Ok(());
        }
        let first = self.next_seqs(i64::try_from(all.len()).unwrap_or(i64::MAX)).await?;
        let mut values = Vec::with_capacity(all.len() * EVENTS.columns.len());
        for (seq, happening) in (first..).zip(all) {
            let model = event::Model {
                tenant_id: self.tenant().uuid(),
                id: self.new_id(),
                seq,
                kind: happening.kind.to_owned(),
                entity: happening.entity.to_owned(),
                entity_id: happening.entity_id,
                body: happening.body,
                at: self.at(),
            };
            values.extend::<[Value; 7]>([
                model.id.into(),
                model.seq.into(),
                happening.kind.into(),
                happening.entity.into(),
                model.entity_id.as_str().into(),
                model.body.to_string().into(),
                model.at.into(),
            ]);
            self.remember(model);
        }
        self.write(&EVENTS, values).await?;
        Ok(())
    }

    /// The first of so many consecutive numbers. The row lock on the cursor is kept until commit, so sequence order is commit order
    /// within one company.
    pub(crate) async fn next_seqs(&self, count: i64) -> Result<i64, StoreError> {
        let sql = "INSERT INTO event_cursor (tenant_id, next) VALUES ($1, 1 + $2) \
                   ON CONFLICT (tenant_id) DO UPDATE SET next = event_cursor.next + $2 RETURNING next - $2 AS seq";
        let values: Vec<Value> = vec![self.tenant().uuid().into(), count.into()];
        let rows = rows::rows(self.via(), sql, values).await?;
        let row = rows.first().ok_or_else(|| StoreError::Other("the event cursor gave no number".into()))?;
        Ok(row.try_get("", "seq")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::event::Column::{Body, Id, Kind, Seq};

    #[test]
    fn a_statement_names_the_company_in_every_row() {
        let sheet: Sheet<event::Entity> = Sheet::new(&[Id, Body]);
        assert_eq!(
            sheet.text(2, true),
            "INSERT INTO \"event\" (\"tenant_id\", \"id\", \"body\") VALUES ($1, $2, CAST($3 AS jsonb)), \
             ($1, $4, CAST($5 AS jsonb)) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            sheet.text(2, false),
            "INSERT INTO \"event\" (\"tenant_id\", \"id\", \"body\") VALUES (?, ?, ?), (?, ?, ?) ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn what_is_there_is_set_only_while_it_is_as_it_must_be() {
        let sheet: Sheet<event::Entity> = Sheet::put(&[Id, Kind], &[Seq, Kind], Kind, "open");
        assert_eq!(
            sheet.text(1, false),
            "INSERT INTO \"event\" (\"tenant_id\", \"id\", \"kind\") VALUES (?, ?, ?) ON CONFLICT (\"tenant_id\", \"id\") \
             DO UPDATE SET \"seq\" = excluded.\"seq\", \"kind\" = excluded.\"kind\" WHERE \"event\".\"kind\" = 'open' \
             RETURNING \"id\""
        );
    }
}
