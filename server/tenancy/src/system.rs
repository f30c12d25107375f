//! Rows that belong to no company, and the few questions that span companies. Each such question is a named method in a file of
//! this folder; a tenant's table is never open to a free select here.

pub mod console;
mod events;
pub mod ladders;
pub mod nodes;
pub mod operators;
pub mod people;
pub mod prices;
pub mod programs;
pub mod questions;
pub mod recordings;
pub mod sign_on;
pub mod stock;
pub mod tenants;
pub mod trunks;
pub mod webhooks;

pub use console::{JobCounts, impersonation, job, number_import, number_import_row, tenant_limit};
pub use nodes::{node, setting};
pub use operators::{operator_account, operator_audit};
pub use people::{email_check, password_reset, recovery_code, second_factor, session, session_token, user_account};
pub use prices::{price_list, price_rate};
pub use programs::{FoundKey, FoundSeatToken, KeyUse};
pub use questions::{
    FoundDevice, FoundInvitation, FoundNumber, Membership, OpenCall, PendingInvitation, Rental, ShopFilter,
    ShopGatewayPort, ShopNumber, TenantCounts,
};
pub use sign_on::{single_sign_on, sso_attempt, sso_domain, sso_link};
pub use stock::{gateway, gateway_port, line, number, number_history, sim, sip_account, site};
pub use tenants::tenant;
pub use trunks::Trunk;
pub use webhooks::Lane;

use kernel::{Entropy, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::{
    ActiveModelTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, ModelTrait,
    PrimaryKeyTrait, QueryFilter, QuerySelect,
    sea_query::{FromValueTuple, IntoCondition, IntoValueTuple, SimpleExpr},
};

use crate::{
    Actor, Database, GlobalRow, Scoped, Stamp, StoreError, TenantTx,
    audit::{Journal, picture},
    database::is_postgres,
    rows::Via,
    stamp::Chance,
    tx::SHOWN_AT_ONCE,
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
        let Stamp { now, chance, actor, origin } = stamp;
        let journal = Journal::new(actor, origin);
        Ok(SystemTx { database: self.database.clone(), tx, now, journal, chance: Chance::new(chance) })
    }
}

/// A writing transaction on global rows; may be carried on as one of a company ([`SystemTx::enter`]).
pub struct SystemTx {
    database: Database,
    tx: DatabaseTransaction,
    now: Wall,
    journal: Journal,
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
    /// A new row id.
    pub fn new_id(&self) -> Uuid {
        self.chance.uuid(self.now)
    }
    /// The global row with this key.
    pub async fn find<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<Option<E::Model>, StoreError> {
        Ok(E::find_by_id(key).one(&self.tx).await?)
    }
    /// As [`Self::find`], with [`StoreError::NotFound`] when there is none.
    pub async fn get<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<E::Model, StoreError> {
        self.find::<E>(key).await?.ok_or(StoreError::NotFound)
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
        let made = A::Entity::insert(row).exec_with_returning(&self.tx).await?;
        if self.keeps::<A::Entity>() {
            self.journal.row(picture::made::<A::Entity>(&made));
        }
        Ok(made)
    }
    /// Update the global row whose key `row` carries; [`StoreError::NotFound`] when there is none.
    pub async fn update<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let before = match row.get_primary_key_value() {
            Some(key) if self.keeps::<A::Entity>() => {
                A::Entity::find_by_id(KeyOf::<A::Entity>::from_value_tuple(key)).one(&self.tx).await?
            }
            _ => None,
        };
        let made = A::Entity::update(row).exec(&self.tx).await?;
        let change = before.and_then(|before| picture::changed::<A::Entity>(&before, &made));
        change.into_iter().for_each(|change| self.journal.row(change));
        Ok(made)
    }
    /// Delete by key; `false` when there was none.
    pub async fn delete<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<bool, StoreError> {
        let key = key.into_value_tuple();
        let one = || KeyOf::<E>::from_value_tuple(key.clone());
        if self.keeps::<E>()
            && let Some(row) = E::find_by_id(one()).one(&self.tx).await?
        {
            self.journal.row(picture::gone::<E>(&row));
        }
        Ok(E::delete_by_id(one()).exec(&self.tx).await?.rows_affected > 0)
    }
    /// Delete what matches; says how many.
    pub async fn delete_many<E: GlobalRow>(&self, filter: impl IntoCondition) -> Result<u64, StoreError> {
        let which = filter.into_condition();
        let before = self.some::<E>(&which).await?;
        let count = E::delete_many().filter(which).exec(&self.tx).await?.rows_affected;
        before.iter().for_each(|row| self.journal.row(picture::gone::<E>(row)));
        self.unshown::<E>(count, before.len());
        Ok(count)
    }
    /// Set columns in what matches; says how many.
    pub async fn update_many<E: GlobalRow>(
        &self,
        set: Vec<(E::Column, SimpleExpr)>,
        filter: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let which = filter.into_condition();
        let before = self.some::<E>(&which).await?;
        let many = set.into_iter().fold(E::update_many(), |many, (column, value)| many.col_expr(column, value));
        let count = many.filter(which).exec(&self.tx).await?.rows_affected;
        for row in &before {
            let key = KeyOf::<E>::from_value_tuple(row.get_primary_key_value());
            let change = E::find_by_id(key).one(&self.tx).await?;
            let change = change.and_then(|after| picture::changed::<E>(row, &after));
            change.into_iter().for_each(|change| self.journal.row(change));
        }
        self.unshown::<E>(count, before.len());
        Ok(count)
    }
    /// An audit line in one's own words; the rows changed so far belong to it. Carried on as a company's transaction, it stands in
    /// that company's log; an operator's, and what is committed here, stands in the platform's.
    pub fn noted(&self, action: &str, entity: &str, entity_id: &str, body: serde_json::Value) {
        self.journal.say(action, entity, entity_id, body);
    }
    /// Whether changes of this table are kept for the audit log.
    fn keeps<E: GlobalRow>(&self) -> bool {
        E::AUDITED && self.journal.keeps_rows()
    }
    /// The first rows that are about to be changed at once.
    async fn some<E: GlobalRow>(&self, which: &Condition) -> Result<Vec<E::Model>, StoreError> {
        if !self.keeps::<E>() {
            return Ok(Vec::new());
        }
        Ok(E::find().filter(which.clone()).limit(SHOWN_AT_ONCE).all(&self.tx).await?)
    }
    fn unshown<E: GlobalRow>(&self, count: u64, shown: usize) {
        if self.keeps::<E>() {
            self.journal.rows(usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(shown));
        }
    }
    /// Carry on, in the same transaction, as the transaction of a company: sign-up makes the company and the person here and the
    /// membership there, and one commit makes all of it so.
    pub async fn enter(self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        // What an operator does in somebody's place belongs into the company's own log.
        if matches!(self.actor(), Actor::Operator(_)) {
            self.write_journal().await?;
        }
        if is_postgres(&self.tx) {
            self.tx.execute_unprepared("SET LOCAL ROLE patchbay_app").await?;
        }
        TenantTx::resume(self.database, self.tx, tenant, self.now, self.journal, self.chance).await
    }
    /// Make it so, with the audit lines of what was changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.write_journal().await?;
        self.tx.commit().await?;
        self.database.note_change();
        Ok(())
    }
    /// As [`Self::commit`], for what no other decision rests on: what was remembered under [`Database::changes`] stays good,
    /// and nothing is written into the audit log.
    pub async fn commit_aside(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }
    pub(crate) fn via(&self) -> Via<'_> {
        Via::Tx(&self.tx)
    }
    pub(crate) fn postgres(&self) -> bool {
        is_postgres(&self.tx)
    }
}
