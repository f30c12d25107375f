//! Settings of the installation: signing keys, nonce keys, markers. Values are text; seal what is secret.

use sea_orm::ActiveValue::Set;

use crate::{StoreError, SystemDb, SystemTx, rows, system::setting};

impl SystemDb {
    /// The value of a setting.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.find::<setting::Entity>(key.to_owned()).await?.map(|row| row.value))
    }
}

impl SystemTx {
    /// Set a setting.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let row = setting::ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) };
        if self.find::<setting::Entity>(key.to_owned()).await?.is_some() {
            self.update(row).await?;
        } else {
            self.insert(row).await?;
        }
        Ok(())
    }

    /// The value that is there, or else `value`, which then is. Two nodes that start at once agree on one.
    pub async fn setting_or(&self, key: &str, value: &str) -> Result<String, StoreError> {
        let sql = "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
        rows::run(self.via(), sql, vec![key.into(), value.into()]).await?;
        let row = self.find::<setting::Entity>(key.to_owned()).await?;
        Ok(row.ok_or(StoreError::NotFound)?.value)
    }
}
