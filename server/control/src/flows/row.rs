//! Rows of flows and their versions. `draft`, `samples`, `graph` and `difference` are JSON of the crate `ivr`.

use patchbay_tenancy::TenantRow;

/// A flow with its draft.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod flow {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "flow")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub draft: Json,
        pub samples: Json,
        pub revision: i32,
        pub changed_by: Uuid,
        pub changed_at: TimeDateTimeWithTimeZone,
        pub live: Option<i32>,
        pub versions: i32,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A version as it was published.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod flow_version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "flow_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub flow_id: Uuid,
        pub number: i32,
        pub graph: Json,
        pub note: String,
        pub difference: Json,
        pub published_by: Uuid,
        pub published_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(flow, flow_version);
