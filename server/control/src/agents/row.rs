//! Rows of agents' states.

use patchbay_tenancy::TenantRow;

/// What an agent does now, and wishes; `id` is the member's. No row: they never signed in. A wish that is not followed yet is followed
/// by whoever looks after the queues, when the call is over.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod agent_state {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agent_state")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub state: String,
        pub reason_id: Option<Uuid>,
        pub since: TimeDateTimeWithTimeZone,
        pub wish: String,
        pub wish_reason_id: Option<Uuid>,
        pub wished_at: Option<TimeDateTimeWithTimeZone>,
        pub call_id: Option<Uuid>,
        pub until: Option<TimeDateTimeWithTimeZone>,
        pub cause: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A state that is over.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod agent_time {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agent_time")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub member_id: Uuid,
        pub state: String,
        pub reason: Option<String>,
        pub since: TimeDateTimeWithTimeZone,
        pub until: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What an agent says came of a call. The disposition by name too, so that the past stays readable when it is gone.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod call_disposition {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "call_disposition")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub member_id: Uuid,
        pub disposition_id: Option<Uuid>,
        pub name: Option<String>,
        pub note: Option<String>,
        pub at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(agent_state, agent_time, call_disposition);
