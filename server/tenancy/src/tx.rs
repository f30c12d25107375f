//! The only door to a company's rows.

use kernel::{Entropy, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    ModelTrait, QueryFilter, QuerySelect, Statement,
    sea_query::{IntoCondition, SimpleExpr},
};

use crate::{
    Actor, Database, EventRow, Scoped, Stamp, StoreError, TenantRow,
    audit::{Journal, picture},
    database::is_postgres,
    rows::{OpenRow, Via},
    sight::Sight,
    stamp::Chance,
};

/// Rows that one statement changes and that are still shown one by one in the audit log.
pub(crate) const SHOWN_AT_ONCE: u64 = 40;

/// One transaction of one company. Dropped without [`TenantTx::commit`], it leaves no trace.
///
/// The connection is private, so a select that forgot its company does not compile:
/// ```compile_fail
/// use patchbay_tenancy::{TenantTx, outbox::event};
/// use sea_orm::EntityTrait;
/// async fn leak(tx: &TenantTx) { event::Entity::find().all(tx).await.ok(); }
/// ```
/// while the same question through the scope does:
/// ```
/// use patchbay_tenancy::{TenantTx, outbox::event};
/// async fn own(tx: &TenantTx) { tx.select::<event::Entity>().all().await.ok(); }
/// ```
/// Rows about people ([`crate::SeenRow`]) have no `select`: who reads them says whether the caller's data scope counts
/// ([`Self::seen`]) or not ([`Self::whole`]).
pub struct TenantTx {
    database: Database,
    tx: DatabaseTransaction,
    tenant: TenantId,
    now: Wall,
    journal: Journal,
    chance: Chance,
    events: Vec<EventRow>,
    pub(crate) sight: Sight,
}

impl TenantTx {
    pub(crate) async fn enter(
        database: Database,
        tx: DatabaseTransaction,
        tenant: TenantId,
        stamp: Stamp,
    ) -> Result<Self, StoreError> {
        let Stamp { now, chance, actor, origin } = stamp;
        Self::resume(database, tx, tenant, now, Journal::new(actor, origin), Chance::new(chance)).await
    }

    pub(crate) async fn resume(
        database: Database,
        tx: DatabaseTransaction,
        tenant: TenantId,
        now: Wall,
        journal: Journal,
        chance: Chance,
    ) -> Result<Self, StoreError> {
        if is_postgres(&tx) {
            let sql = "SELECT set_config('app.tenant_id', $1, true)";
            let values = [tenant.uuid().to_string().into()];
            tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        }
        Ok(Self { database, tx, tenant, now, journal, chance, events: Vec::new(), sight: Sight::default() })
    }

    /// The time of this transaction.
    pub fn now(&self) -> Wall {
        self.now
    }
    /// The same as the row type.
    pub fn at(&self) -> time::OffsetDateTime {
        self.now.to_offset()
    }
    /// Whose rows these are.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }
    /// Who acts, where that was not known when the transaction began.
    pub fn act(&mut self, actor: Actor) {
        self.journal.act(actor);
    }
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.journal.actor()
    }
    /// Chance for ids and tokens.
    pub fn chance(&mut self) -> &mut dyn Entropy {
        self.chance.get()
    }
    /// A new row id, sortable by this transaction's time and, within it, by the order of asking.
    pub fn new_id(&self) -> Uuid {
        self.chance.uuid(self.now)
    }

    /// The row with this id, if it is this company's.
    pub async fn find<E: OpenRow>(&self, id: Uuid) -> Result<Option<E::Model>, StoreError> {
        Ok(E::find().filter(self.guard::<E>()).filter(E::id_column().eq(id)).one(&self.tx).await?)
    }

    /// As [`Self::find`], with [`StoreError::NotFound`] when there is none.
    pub async fn get<E: OpenRow>(&self, id: Uuid) -> Result<E::Model, StoreError> {
        self.find::<E>(id).await?.ok_or(StoreError::NotFound)
    }

    /// This company's rows of a table.
    pub fn select<E: OpenRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        Scoped::new(Via::Tx(&self.tx), Some(self.guard::<E>()))
    }

    /// Insert, with this company's id whatever the row says.
    pub async fn insert<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: TenantRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.set(A::Entity::tenant_column(), self.tenant.uuid().into());
        let made = A::Entity::insert(row).exec_with_returning(&self.tx).await?;
        if self.keeps::<A::Entity>() {
            self.journal.row(picture::made::<A::Entity>(&made));
        }
        Ok(made)
    }

    /// Update the row with the id that `row` carries; [`StoreError::NotFound`] when it is not this company's.
    pub async fn update<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: TenantRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        if !row.is_changed() {
            // Without this an update of nothing would read the row by its key alone.
            let id = row.get(A::Entity::id_column()).into_value().ok_or(StoreError::NotFound)?;
            let same = A::Entity::find().filter(self.guard::<A::Entity>()).filter(A::Entity::id_column().eq(id));
            return same.one(&self.tx).await?.ok_or(StoreError::NotFound);
        }
        row.set(A::Entity::tenant_column(), self.tenant.uuid().into());
        let before = match row.get(A::Entity::id_column()).into_value() {
            Some(id) if self.keeps::<A::Entity>() => {
                let same = A::Entity::find().filter(self.guard::<A::Entity>());
                same.filter(A::Entity::id_column().eq(id)).one(&self.tx).await?
            }
            _ => None,
        };
        let made = A::Entity::update(row).validate()?.filter(self.guard::<A::Entity>()).exec(&self.tx).await?;
        let change = before.and_then(|before| picture::changed::<A::Entity>(&before, &made));
        change.into_iter().for_each(|change| self.journal.row(change));
        Ok(made)
    }

    /// Delete the row with this id; `false` when this company has none.
    pub async fn delete<E: TenantRow>(&self, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.delete_many::<E>(E::id_column().eq(id)).await? > 0)
    }

    /// Delete this company's rows that match; says how many.
    pub async fn delete_many<E: TenantRow>(&self, filter: impl IntoCondition) -> Result<u64, StoreError> {
        let which = self.guard::<E>().add(filter.into_condition());
        let before = self.some::<E>(&which).await?;
        let count = E::delete_many().filter(which).exec(&self.tx).await?.rows_affected;
        before.iter().for_each(|row| self.journal.row(picture::gone::<E>(row)));
        self.unshown::<E>(count, before.len());
        Ok(count)
    }

    /// Set columns in this company's rows that match; says how many.
    pub async fn update_many<E: TenantRow>(
        &self,
        set: Vec<(E::Column, SimpleExpr)>,
        filter: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let which = self.guard::<E>().add(filter.into_condition());
        let before = self.some::<E>(&which).await?;
        let many = set.into_iter().fold(E::update_many(), |many, (column, value)| many.col_expr(column, value));
        let count = many.filter(which).exec(&self.tx).await?.rows_affected;
        for row in &before {
            let same = E::find().filter(self.guard::<E>()).filter(E::id_column().eq(row.get(E::id_column())));
            let change = same.one(&self.tx).await?.and_then(|after| picture::changed::<E>(row, &after));
            change.into_iter().for_each(|change| self.journal.row(change));
        }
        self.unshown::<E>(count, before.len());
        Ok(count)
    }

    /// Whether changes of this table are kept for the audit log.
    fn keeps<E: TenantRow>(&self) -> bool {
        E::AUDITED && self.journal.keeps_rows()
    }

    /// The first rows that are about to be changed at once.
    async fn some<E: TenantRow>(&self, which: &Condition) -> Result<Vec<E::Model>, StoreError> {
        if !self.keeps::<E>() {
            return Ok(Vec::new());
        }
        Ok(E::find().filter(which.clone()).limit(SHOWN_AT_ONCE).all(&self.tx).await?)
    }

    fn unshown<E: TenantRow>(&self, count: u64, shown: usize) {
        if self.keeps::<E>() {
            self.journal.rows(usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(shown));
        }
    }

    /// Make it so, with the audit lines of what was changed. The events of [`Self::changed`] go out on the feed and are returned.
    pub async fn commit(self) -> Result<Vec<EventRow>, StoreError> {
        let database = self.database.clone();
        self.write_journal().await?;
        let events = self.commit_aside().await?;
        database.note_change();
        Ok(events)
    }

    /// As [`Self::commit`], for what no other decision rests on (records of calls, when a device was last seen): what was
    /// remembered under [`Database::changes`] stays good, and nothing is written into the audit log.
    pub async fn commit_aside(self) -> Result<Vec<EventRow>, StoreError> {
        self.tx.commit().await?;
        for event in &self.events {
            self.database.publish(event.clone());
        }
        Ok(self.events)
    }

    pub(crate) fn guard<E: TenantRow>(&self) -> Condition {
        let all = Condition::all();
        if self.database.filters() { all.add(E::tenant_column().eq(self.tenant.uuid())) } else { all }
    }
    pub(crate) fn via(&self) -> Via<'_> {
        Via::Tx(&self.tx)
    }
    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
    pub(crate) fn is_postgres(&self) -> bool {
        is_postgres(&self.tx)
    }
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }
    pub(crate) fn remember(&mut self, event: EventRow) {
        self.events.push(event);
    }
}
