//! Rows of keys, their secrets, and seat tokens.

use patchbay_tenancy::TenantRow;

/// A key. `scopes` and `networks` are lists of text.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod api_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub scopes: Json,
        pub networks: Json,
        pub created_by: Uuid,
        pub created_at: TimeDateTimeWithTimeZone,
        pub expires_at: Option<TimeDateTimeWithTimeZone>,
        pub last_used_at: Option<TimeDateTimeWithTimeZone>,
        pub last_used_from: Option<String>,
        pub revoked_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A secret of a key. While a key's secret is being changed it has two.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod api_key_secret {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_key_secret")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub api_key_id: Uuid,
        pub handle: String,
        pub secret_hash: String,
        pub created_at: TimeDateTimeWithTimeZone,
        pub ends_at: Option<TimeDateTimeWithTimeZone>,
        pub last_used_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A seat token. `origins` is a list of text.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod seat_token {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seat_token")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seat_id: Uuid,
        pub label: String,
        pub handle: String,
        pub secret_hash: String,
        pub origins: Json,
        pub api_key_id: Option<Uuid>,
        pub created_by: Uuid,
        pub created_at: TimeDateTimeWithTimeZone,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub last_used_at: Option<TimeDateTimeWithTimeZone>,
        pub revoked_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(api_key, api_key_secret, seat_token);

/// A list of text in a JSON column; anything else in it is left out.
pub fn texts(json: &serde_json::Value) -> Vec<String> {
    json.as_array().into_iter().flatten().filter_map(|one| one.as_str()).map(str::to_owned).collect()
}
