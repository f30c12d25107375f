//! Rows of recordings, their keys, and what a company wishes.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition};

use crate::seats::row::seats_of;

/// A recording. Times in milliseconds since 1970; `wave` is a list of numbers from 0 to 100, left and right in turn.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod recording {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recording")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub seat_id: Option<Uuid>,
        pub key_id: Uuid,
        pub kind: String,
        pub begun_by: String,
        pub state: String,
        pub began_ms: i64,
        pub ended_ms: Option<i64>,
        pub duration_ms: i64,
        pub bytes: i64,
        pub lost: i64,
        pub legal_hold: bool,
        pub paused: bool,
        pub fault: Option<String>,
        pub wave: Json,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The key under which a company's recordings are sealed, itself sealed by the installation's.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod recording_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recording_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub key_sealed: String,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a company wishes; no row: on demand, kept for the usual time.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod recording_policy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recording_policy")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub mode: String,
        pub keep_days: i32,
        pub voicemail_keep_days: i32,
        pub updated_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Queues whose calls are recorded where the company says on demand.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod recording_queue {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recording_queue")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub queue_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(recording_key, recording_policy, recording_queue);
crate::tenant_rows!(about people: recording);

impl SeenRow for recording::Entity {
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(recording::Column::SeatId.in_subquery(seats_of(tenant, members)))
    }
}
