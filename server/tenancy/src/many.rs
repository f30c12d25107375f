//! Many rows of one company in few statements: what the busiest writers use.

use std::{fmt::Write as _, sync::OnceLock};

use patchbay_kernel::Uuid;
use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Value};

use crate::{
    StoreError, TenantRow, TenantTx, catalogue,
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
    /// `call.ended` and the like, from [`catalogue`].
    pub kind: &'static str,
    /// The printed id of what it befell.
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

    /// As [`TenantTx::happened`] for many, with consecutive sequence numbers. Fails for what [`catalogue`] does not know.
    pub async fn happened_all(&mut self, all: Vec<Happening>) -> Result<(), StoreError> {
        let mut models = Vec::with_capacity(all.len());
        for happening in all {
            let of = catalogue::find(happening.kind);
            let of = of.ok_or_else(|| StoreError::Other(format!("no event type {}", happening.kind)))?;
            if cfg!(debug_assertions)
                && let Some(why) = catalogue::fault(of.kind, of.entity, &happening.body)
            {
                return Err(StoreError::Other(why));
            }
            models.push(event::Model {
                tenant_id: self.tenant().uuid(),
                id: self.new_id(),
                seq: 0,
                kind: of.kind.to_owned(),
                entity: of.entity.to_owned(),
                entity_id: happening.entity_id,
                body: happening.body,
                at: self.at(),
            });
        }
        while !models.is_empty() {
            let size = MOST.min(1 << models.len().ilog2());
            let rest = models.split_off(size);
            self.log(std::mem::replace(&mut models, rest)).await?;
        }
        Ok(())
    }

    /// Events of one statement. PostgreSQL gives the numbers in the same statement, since there each one is a journey.
    async fn log(&mut self, mut models: Vec<event::Model>) -> Result<(), StoreError> {
        let count = i64::try_from(models.len()).unwrap_or(i64::MAX);
        let postgres = self.is_postgres();
        let mut first = if postgres { 0 } else { self.next_seqs(count).await? };
        let mut values: Vec<Value> = Vec::with_capacity(2 + 7 * models.len());
        if postgres {
            values.extend::<[Value; 2]>([self.tenant().uuid().into(), count.into()]);
        }
        for (seq, model) in (first..).zip(&models) {
            values.push(model.id.into());
            if !postgres {
                values.push(seq.into());
            }
            values.extend::<[Value; 5]>([
                model.kind.as_str().into(),
                model.entity.as_str().into(),
                model.entity_id.as_str().into(),
                model.body.to_string().into(),
                model.at.into(),
            ]);
        }
        if postgres {
            let given = rows::rows(self.via(), numbered(models.len()), values).await?;
            let seqs: Vec<i64> = given.iter().map(|row| row.try_get("", "seq")).collect::<Result<_, _>>()?;
            first =
                seqs.into_iter().min().ok_or_else(|| StoreError::Other("the event cursor gave no number".into()))?;
        } else {
            self.write(&EVENTS, values).await?;
        }
        for (seq, model) in (first..).zip(&mut models) {
            model.seq = seq;
        }
        models.into_iter().for_each(|model| self.remember(model));
        Ok(())
    }

    /// Takes the company's turn at writing: whoever else asks for it waits until this transaction is over. Ask before reading what
    /// decides what is written. (SQLite has one writer anyhow; on PostgreSQL it is the row lock of the event cursor.)
    pub async fn take_turn(&self) -> Result<(), StoreError> {
        if self.is_postgres() { self.next_seqs(0).await.map(drop) } else { Ok(()) }
    }

    /// The first of so many consecutive numbers. The row lock on the cursor is kept until commit, so sequence order is commit order
    /// within one company.
    pub(crate) async fn next_seqs(&self, count: i64) -> Result<i64, StoreError> {
        let values: Vec<Value> = vec![self.tenant().uuid().into(), count.into()];
        let rows = rows::rows(self.via(), NEXT_SEQS, values).await?;
        let row = rows.first().ok_or_else(|| StoreError::Other("the event cursor gave no number".into()))?;
        Ok(row.try_get("", "seq")?)
    }
}

/// Takes numbers and writes events with them, on PostgreSQL: `$1` the company, `$2` how many, then six values for each. Says the
/// numbers, in no order.
fn numbered(rows: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; SIZES] = [const { OnceLock::new() }; SIZES];
    TEXTS[rows.ilog2() as usize % SIZES].get_or_init(|| {
        let row = |row: usize| {
            let casts = ["uuid", "text", "text", "text", "jsonb", "timestamptz"].into_iter().enumerate();
            let casts = casts.map(|(at, cast)| format!("CAST(${} AS {cast})", 3 + row * 6 + at));
            format!("(CAST({row} AS bigint), {})", casts.collect::<Vec<_>>().join(", "))
        };
        let rows = (0..rows).map(row).collect::<Vec<_>>().join(", ");
        format!(
            "WITH place AS ({NEXT_SEQS}) \
             INSERT INTO event (tenant_id, id, seq, kind, entity, entity_id, body, \"at\") \
             SELECT $1, v.id, place.seq + v.n, v.kind, v.entity, v.entity_id, v.body, v.happened \
             FROM place, (VALUES {rows}) AS v (n, id, kind, entity, entity_id, body, happened) RETURNING seq"
        )
    })
}

const NEXT_SEQS: &str = "INSERT INTO event_cursor (tenant_id, next) VALUES ($1, 1 + $2) \
    ON CONFLICT (tenant_id) DO UPDATE SET next = event_cursor.next + $2 RETURNING next - $2 AS seq";

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
