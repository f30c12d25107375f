//! The row of a call.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition};

use crate::seats::row::seats_of;

/// A call. `record` is the switch's final record.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod call {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "call")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub direction: String,
        pub caller: String,
        pub caller_name: Option<String>,
        pub called: String,
        pub displayed: Option<String>,
        pub seat_id: Option<Uuid>,
        pub number_id: Option<Uuid>,
        pub gateway_id: Option<Uuid>,
        pub gateway_port_id: Option<Uuid>,
        pub state: String,
        pub started_at: TimeDateTimeWithTimeZone,
        pub ringing_at: Option<TimeDateTimeWithTimeZone>,
        pub answered_at: Option<TimeDateTimeWithTimeZone>,
        pub ended_at: Option<TimeDateTimeWithTimeZone>,
        pub talk_ms: i64,
        pub cause: Option<String>,
        pub blame: Option<String>,
        pub sip_status: Option<i32>,
        pub detail: Option<String>,
        pub mos: Option<f64>,
        pub node_id: Uuid,
        pub node_epoch: i64,
        pub record: Option<Json>,
        pub charged: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(about people: call);

impl SeenRow for call::Entity {
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(call::Column::SeatId.in_subquery(seats_of(tenant, members)))
    }
}
