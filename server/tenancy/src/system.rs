//! Rows that belong to no company, and the few questions that span companies. Each such question is a named method in a file of
//! this folder; a tenant's table is never open to a free select here.

pub mod ladders;
pub mod nodes;
pub mod operators;
pub mod people;
pub mod programs;
pub mod questions;
pub mod stock;
pub mod tenants;
pub mod trunks;

pub use nodes::{node, setting};
pub use operators::{operator_account, operator_audit};
pub use people::{email_check, session, session_token, user_account};
pub use programs::{FoundKey, FoundSeatToken, KeyUse};
pub use questions::{
    FoundDevice, FoundInvitation, FoundNumber, Membership, OpenCall, PendingInvitation, Rental, ShopFilter,
    ShopGatewayPort, ShopNumber, TenantCounts,
};
pub use stock::{gateway, gateway_port, line, number, number_history, sip_account, site};
pub use tenants::tenant;
pub use trunks::Trunk;

use kernel::{Entropy, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PrimaryKeyTrait, QueryFilter,
    sea_query::{IntoCondition, SimpleExpr},
};

use crate::{
    Actor, Database, GlobalRow, Scoped, Stamp, StoreError, TenantTx, database::is_postgres, rows::Via, stamp::Chance,
};

/// Key of a table: a `Uuid` for most.
pub type KeyOf<E> = <<E as EntityTrait>::PrimaryKey as PrimaryKeyTrait>::ValueType;

/// Reads that span companies. Cheap to clone.
#[derive(Clone)]
pub struct SystemDb {
    database: Database,
}

impl SystemDb {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }
    pub(crate) fn via(&self) -> Via<'_> {
        Via::Pool(self.database.system_reader())
    }
    /// The global row with this key.
    pub async fn find<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<Option<E::Model>, StoreError> {
        Ok(E::find_by_id(key).one(self.database.system_reader()).await?)
    }
    /// Global rows.
    pub fn select<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        Scoped::new(self.via(), None)
    }
    /// A writing transaction on global rows. On SQLite it is the only writer until it ends.
    pub async fn begin(&self, stamp: Stamp) -> Result<SystemTx, StoreError> {
        let tx = self.database.begin_system().await?;
        let Stamp { now, chance, actor } = stamp;
        Ok(SystemTx { database: self.database.clone(), tx, now, actor, chance: Chance::new(chance) })
    }
}

/// A writing transaction on global rows; may be carried on as one of a company ([`SystemTx::enter`]).
pub struct SystemTx {
    database: Database,
    tx: DatabaseTransaction,
    now: Wall,
    actor: Actor,
    chance: Chance,
}

impl SystemTx {
    /// The time of this transaction.
    pub fn now(&self) -> Wall {
        self.now
    }
    /// The same as the row type.
    pub fn at(&self) -> time::OffsetDateTime {
        self.now.to_offset()
    }
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }
    /// Chance for ids and tokens.
    pub fn chance(&mut self) -> &mut dyn Entropy {
        self.chance.get()
    }
    /// A new row id.
    pub fn new_id(&self) -> Uuid {
        self.chance.uuid(self.now)
    }
    /// The global row with this key.
    pub async fn find<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<Option<E::Model>, StoreError> {
        Ok(E::find_by_id(key).one(&self.tx).await?)
    }
    /// Global rows, as this transaction sees them.
    pub fn select<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        Scoped::new(Via::Tx(&self.tx), None)
    }
    /// Insert a global row.
    pub async fn insert<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        Ok(A::Entity::insert(row).exec_with_returning(&self.tx).await?)
    }
    /// Update the global row whose key `row` carries; [`StoreError::NotFound`] when there is none.
    pub async fn update<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        Ok(A::Entity::update(row).exec(&self.tx).await?)
    }
    /// Delete by key; `false` when there was none.
    pub async fn delete<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<bool, StoreError> {
        Ok(E::delete_by_id(key).exec(&self.tx).await?.rows_affected > 0)
    }
    /// Delete what matches; says how many.
    pub async fn delete_many<E: GlobalRow>(&self, filter: impl IntoCondition) -> Result<u64, StoreError> {
        Ok(E::delete_many().filter(filter).exec(&self.tx).await?.rows_affected)
    }
    /// Set columns in what matches; says how many.
    pub async fn update_many<E: GlobalRow>(
        &self,
        set: Vec<(E::Column, SimpleExpr)>,
        filter: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let many = set.into_iter().fold(E::update_many(), |many, (column, value)| many.col_expr(column, value));
        Ok(many.filter(filter).exec(&self.tx).await?.rows_affected)
    }
    /// Carry on, in the same transaction, as the transaction of a company: sign-up makes the company and the person here and the
    /// membership there, and one commit makes all of it so.
    pub async fn enter(self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        if is_postgres(&self.tx) {
            self.tx.execute_unprepared("SET LOCAL ROLE patchbay_app").await?;
        }
        TenantTx::resume(self.database, self.tx, tenant, self.now, self.actor, self.chance).await
    }
    /// Make it so.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await?;
        self.database.note_change();
        Ok(())
    }
    /// As [`Self::commit`], for what no other decision rests on: what was remembered under [`Database::changes`] stays good.
    pub async fn commit_aside(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
    pub(crate) fn via(&self) -> Via<'_> {
        Via::Tx(&self.tx)
    }
    pub(crate) fn postgres(&self) -> bool {
        is_postgres(&self.tx)
    }
}
