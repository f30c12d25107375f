//! An operator's writes on the inventory: each leaves a line in the operators' audit log, in the same transaction.

use kernel::{Entropy, OperatorId, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn};

use crate::{GlobalRow, Scoped, StoreError, SystemTx, TenantTx, rows::Via, system::KeyOf};

/// A transaction of one operator. Dropped without [`OperatorTx::commit`], it leaves no trace.
pub struct OperatorTx {
    operator: OperatorId,
    system: SystemTx,
}

impl OperatorTx {
    pub(crate) fn new(operator: OperatorId, system: SystemTx) -> Self {
        Self { operator, system }
    }
    /// Who acts.
    pub fn operator(&self) -> OperatorId {
        self.operator
    }
    /// The time of this transaction.
    pub fn now(&self) -> Wall {
        self.system.now()
    }
    /// The same as the row type.
    pub fn at(&self) -> time::OffsetDateTime {
        self.system.at()
    }
    /// Chance for ids and tokens.
    pub fn chance(&mut self) -> &mut dyn Entropy {
        self.system.chance()
    }
    /// A new row id.
    pub fn new_id(&self) -> Uuid {
        self.system.new_id()
    }
    /// The row with this key.
    pub async fn find<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<Option<E::Model>, StoreError> {
        self.system.find::<E>(key).await
    }
    /// As [`Self::find`], with [`StoreError::NotFound`] when there is none.
    pub async fn get<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<E::Model, StoreError> {
        self.find::<E>(key).await?.ok_or(StoreError::NotFound)
    }
    /// Rows of a table.
    pub fn select<E: GlobalRow>(&self) -> Scoped<'_, E>
    where
        E::Model: Send + Sync,
    {
        self.system.select::<E>()
    }
    /// Insert, with an audit line that shows the row.
    pub async fn insert<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let key = key_text(&row);
        let made = self.system.insert(row).await?;
        self.wrote("created", <A::Entity as GlobalRow>::NAME, &key, serde_json::json!({})).await?;
        Ok(made)
    }
    /// Insert without a line of its own: one of many rows of one deed, which [`Self::wrote`] names.
    pub async fn add<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        self.system.insert(row).await
    }
    /// Update without a line of its own; see [`Self::add`].
    pub async fn alter<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        self.system.update(row).await
    }
    /// Delete without a line of its own; see [`Self::add`].
    pub async fn strike<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<bool, StoreError> {
        self.system.delete::<E>(key).await
    }
    /// Update the row whose key `row` carries, with an audit line that shows what changed.
    pub async fn update<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, StoreError>
    where
        A: ActiveModelTrait + Send,
        A::Entity: GlobalRow,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let key = key_text(&row);
        let made = self.system.update(row).await?;
        self.wrote("updated", <A::Entity as GlobalRow>::NAME, &key, serde_json::json!({})).await?;
        Ok(made)
    }
    /// Delete by key, with an audit line; `false` when there was none.
    pub async fn delete<E: GlobalRow>(&self, key: KeyOf<E>) -> Result<bool, StoreError>
    where
        KeyOf<E>: ToString + Clone,
    {
        let text = key.to_string();
        let gone = self.system.delete::<E>(key).await?;
        if gone {
            self.wrote("deleted", E::NAME, &text, serde_json::json!({})).await?;
        }
        Ok(gone)
    }
    /// An audit line in one's own words, for what is more than a write (`number.retired`, `credentials.shown`). The rows changed
    /// since the line before belong to it.
    #[expect(clippy::unused_async, reason = "as the other writes")]
    pub async fn wrote(
        &self,
        action: &str,
        entity: &str,
        entity_id: &str,
        body: serde_json::Value,
    ) -> Result<(), StoreError> {
        self.system.noted(action, entity, entity_id, body);
        Ok(())
    }
    /// Carry on in the same transaction as a company's (to change one of its rows on an operator's order).
    pub async fn enter(self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        self.system.enter(tenant).await
    }
    /// Make it so.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.system.commit().await
    }
    pub(crate) fn via(&self) -> Via<'_> {
        self.system.via()
    }
}

/// The key as text: uuids and names as they are, several parts joined by `/`.
fn key_text<A: ActiveModelTrait>(row: &A) -> String {
    let parts =
        <A::Entity as EntityTrait>::PrimaryKey::iter().map(|part| match row.get(part.into_column()).into_value() {
            Some(sea_orm::Value::Uuid(Some(id))) => id.to_string(),
            Some(sea_orm::Value::String(Some(text))) => text.to_string(),
            Some(other) => format!("{other:?}"),
            None => "?".into(),
        });
    parts.collect::<Vec<_>>().join("/")
}
