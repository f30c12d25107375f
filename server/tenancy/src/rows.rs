//! The two kinds of rows, and the select that cannot lose its filter.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, FromQueryResult,
    IntoSimpleExpr, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, IntoCondition},
};

use crate::StoreError;

/// A table with a `tenant_id`. Implement it next to the row, in the resource's file.
pub trait TenantRow: EntityTrait {
    /// Whether somebody's changes of it are written into the audit log; false for logs and what serves a single request.
    const AUDITED: bool = true;
    /// The column that names the company.
    fn tenant_column() -> Self::Column;
    /// The column that names the row within the company.
    fn id_column() -> Self::Column;
}

/// Rows that are the same for everybody who may read them at all.
pub trait OpenRow: TenantRow {}

/// Rows about people and what is theirs: whoever reads them sees as far as their data scope reaches. They are found through
/// [`TenantTx::seen`](crate::TenantTx::seen), or, for what is shown to nobody, through [`TenantTx::whole`](crate::TenantTx::whole).
pub trait SeenRow: TenantRow {
    /// Which of them belong to these members of the company. The condition must name the company in every table it looks into
    /// besides its own.
    fn of_members(tenant: patchbay_kernel::Uuid, members: &[patchbay_kernel::Uuid]) -> Condition;
}

/// A table that belongs to no company. Only this crate names such tables.
pub trait GlobalRow: EntityTrait {
    /// Name of the table in audit lines.
    const NAME: &'static str;
    /// Whether somebody's changes of it are written into the audit log.
    const AUDITED: bool = true;
}

/// Where a select runs.
#[derive(Clone, Copy)]
pub(crate) enum Via<'a> {
    Tx(&'a DatabaseTransaction),
    Pool(&'a DatabaseConnection),
}

/// Runs the same future on either kind of connection.
macro_rules! via {
    ($via:expr, $c:ident => $run:expr) => {
        match $via {
            $crate::rows::Via::Tx($c) => $run,
            $crate::rows::Via::Pool($c) => $run,
        }
    };
}

/// A select whose first filter was set by the scope it came from. Filters only add to it; the connection stays private.
#[must_use]
pub struct Scoped<'a, E: EntityTrait> {
    select: Select<E>,
    via: Via<'a>,
}

impl<'a, E: EntityTrait> Scoped<'a, E>
where
    E::Model: Send + Sync,
{
    pub(crate) fn new(via: Via<'a>, scope: Option<Condition>) -> Self {
        let select = E::find();
        Self { select: if let Some(scope) = scope { select.filter(scope) } else { select }, via }
    }
    /// And also this.
    pub fn filter(mut self, filter: impl IntoCondition) -> Self {
        self.select = self.select.filter(filter);
        self
    }
    /// Equality, the most common filter.
    pub fn is(self, column: E::Column, value: impl Into<sea_orm::Value>) -> Self {
        let value: sea_orm::Value = value.into();
        self.filter(column.eq(value))
    }
    /// Sort by a column after those named before.
    pub fn order_by(mut self, column: impl IntoSimpleExpr, order: Order) -> Self {
        self.select = self.select.order_by(column, order);
        self
    }
    /// At most so many.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select = self.select.limit(rows);
        self
    }
    /// Skip so many; prefer a filter on the last id seen.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select = self.select.offset(rows);
        self
    }
    /// All of them. Fails as the store does.
    pub async fn all(self) -> Result<Vec<E::Model>, StoreError> {
        Ok(via!(self.via, c => self.select.all(c).await)?)
    }
    /// Their ids alone, whatever else the rows hold. `id` is the column.
    pub async fn ids(self, id: E::Column) -> Result<Vec<patchbay_kernel::Uuid>, StoreError> {
        let select = self.select.select_only().column(id).into_tuple::<patchbay_kernel::Uuid>();
        Ok(via!(self.via, c => select.all(c).await)?)
    }
    /// The first of them.
    pub async fn one(self) -> Result<Option<E::Model>, StoreError> {
        Ok(via!(self.via, c => self.select.one(c).await)?)
    }
    /// How many there are of each combination of these columns: `M` has a field for each, and `rows`. Fails as the store does.
    pub async fn grouped<M: FromQueryResult + Send + Sync>(self, by: &[E::Column]) -> Result<Vec<M>, StoreError> {
        let columns = |select: Select<E>, column: &E::Column| select.column(*column).group_by(*column);
        let select = by.iter().fold(self.select.select_only(), columns);
        let select = select.column_as(Expr::cust("COUNT(*)"), "rows").into_model::<M>();
        Ok(via!(self.via, c => select.all(c).await)?)
    }
    /// How many there are.
    pub async fn count(self) -> Result<u64, StoreError> {
        Ok(via!(self.via, c => self.select.count(c).await)?)
    }
}

/// A statement with `$1`-style parameters for the back end behind `via`.
pub(crate) async fn rows(
    via: Via<'_>,
    sql: &str,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<sea_orm::QueryResult>, StoreError> {
    via!(via, c => {
        let statement = sea_orm::Statement::from_sql_and_values(c.get_database_backend(), sql, values);
        Ok(c.query_all_raw(statement).await?)
    })
}

/// As [`rows`], for statements that return none; says how many rows were touched.
pub(crate) async fn run(via: Via<'_>, sql: &str, values: Vec<sea_orm::Value>) -> Result<u64, StoreError> {
    via!(via, c => {
        let statement = sea_orm::Statement::from_sql_and_values(c.get_database_backend(), sql, values);
        Ok(c.execute_raw(statement).await?.rows_affected())
    })
}
