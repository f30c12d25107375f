//! Many rows of one company in few statements: what the busiest writers use.

use patchbay_kernel::Uuid;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, Iden, Insert, IntoActiveModel, QueryTrait, Value,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{StoreError, TenantRow, TenantTx, outbox::event, rows};

/// Rows of one statement at most. Sizes are powers of two, so that the prepared statements of a connection stay few.
const MOST: usize = 64;

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

impl TenantTx {
    /// Insert rows with this company's id whatever they say. A row whose key exists already stays as it is.
    pub async fn insert_new<A>(&self, rows: Vec<A>) -> Result<(), StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: TenantRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        for part in self.parts(rows) {
            let insert = Insert::<A>::many(part).on_conflict(OnConflict::new().do_nothing().to_owned());
            self.connection().execute(insert.as_query()).await?;
        }
        Ok(())
    }

    /// Insert rows with this company's id whatever they say. Where the key exists, `columns` are set from the new row if `from`,
    /// a column, still has the value `is`; otherwise the row stays as it is. Says the ids of the rows that were written.
    pub async fn put<A>(
        &self,
        rows: Vec<A>,
        columns: &[<A::Entity as EntityTrait>::Column],
        (from, is): (<A::Entity as EntityTrait>::Column, &str),
    ) -> Result<Vec<Uuid>, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: TenantRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let (tenant, id) = (A::Entity::tenant_column(), A::Entity::id_column());
        let mut written = Vec::with_capacity(rows.len());
        for part in self.parts(rows) {
            let still = Expr::col((A::Entity::default(), from)).eq(is);
            let mut conflict = OnConflict::columns([tenant, id]);
            conflict.update_columns(columns.iter().copied()).action_and_where(still);
            let mut insert = Insert::<A>::many(part).on_conflict(conflict).into_query();
            insert.returning(Query::returning().column(id));
            for row in self.connection().query_all(&insert).await? {
                written.push(row.try_get("", id.unquoted())?);
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
        let models: Vec<event::Model> = (first..)
            .zip(all)
            .map(|(seq, happening)| event::Model {
                tenant_id: self.tenant().uuid(),
                id: self.new_id(),
                seq,
                kind: happening.kind.to_owned(),
                entity: happening.entity.to_owned(),
                entity_id: happening.entity_id,
                body: happening.body,
                at: self.at(),
            })
            .collect();
        self.insert_new(models.iter().cloned().map(|model| event::ActiveModel::from(model).reset_all()).collect())
            .await?;
        models.into_iter().for_each(|model| self.remember(model));
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

    fn parts<A>(&self, rows: Vec<A>) -> Vec<Vec<A>>
    where
        A: ActiveModelTrait + Send,
        A::Entity: TenantRow,
    {
        let mut left: Vec<A> = rows
            .into_iter()
            .map(|mut row| {
                row.set(A::Entity::tenant_column(), self.tenant().uuid().into());
                row
            })
            .collect();
        let mut parts = Vec::new();
        while !left.is_empty() {
            let size = MOST.min(1 << left.len().ilog2());
            let rest = left.split_off(size);
            parts.push(std::mem::replace(&mut left, rest));
        }
        parts
    }
}
