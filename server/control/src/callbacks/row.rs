//! The row of a promise.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::queues::row::queue_member;

/// A call back that was promised. Times in milliseconds since 1970; `asked_ms` is its place in the queue.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod callback {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "callback")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub queue_id: Option<Uuid>,
        pub queue_name: Option<String>,
        pub number: String,
        pub caller_name: Option<String>,
        pub call_id: Uuid,
        pub state: String,
        pub asked_ms: i64,
        pub due_ms: i64,
        pub tries: i32,
        pub seat_id: Option<Uuid>,
        pub member_id: Option<Uuid>,
        pub last_call_id: Option<Uuid>,
        pub last_cause: Option<String>,
        pub step_ms: i64,
        pub outcome: Option<String>,
        pub closed_ms: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(about people: callback);

impl SeenRow for callback::Entity {
    // Those of the queues in which they work, and those that they dealt with.
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        let queues = queue_member::Entity::find().select_only().column(queue_member::Column::QueueId);
        let queues = queues.filter(queue_member::Column::TenantId.eq(tenant));
        let queues = queues.filter(queue_member::Column::MemberId.is_in(members.iter().copied())).into_query();
        Condition::any()
            .add(callback::Column::QueueId.in_subquery(queues))
            .add(callback::Column::MemberId.is_in(members.iter().copied()))
    }
}
