//! Rows of seats, their devices and their displayed numbers.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement};

/// A seat. `extension` is unique among the active ones.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod seat {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seat")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub extension: String,
        pub label: String,
        pub member_id: Option<Uuid>,
        pub state: String,
        pub created_at: TimeDateTimeWithTimeZone,
        pub released_at: Option<TimeDateTimeWithTimeZone>,
        pub voicemail_notice: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Something that rings on a seat.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod device {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "device")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seat_id: Uuid,
        pub kind: String,
        pub label: String,
        pub username: String,
        pub ha1_md5: String,
        pub ha1_sha256: String,
        pub user_agent: Option<String>,
        pub contacts: i32,
        pub created_at: TimeDateTimeWithTimeZone,
        pub last_seen_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A number that a seat may display; the first is what it displays unless told otherwise.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod seat_number {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seat_number")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seat_id: Uuid,
        pub number_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(seat_number);
crate::tenant_rows!(about people: seat, device);

/// Active seats of these members, as a subquery.
pub fn seats_of(tenant: Uuid, members: &[Uuid]) -> SelectStatement {
    let seats = seat::Entity::find().select_only().column(seat::Column::Id).filter(seat::Column::TenantId.eq(tenant));
    seats.filter(seat::Entity::of_members(tenant, members)).into_query()
}

impl SeenRow for seat::Entity {
    fn of_members(_: Uuid, members: &[Uuid]) -> Condition {
        let theirs = seat::Column::MemberId.is_in(members.iter().copied());
        Condition::all().add(theirs).add(seat::Column::State.eq("active"))
    }
}

impl SeenRow for device::Entity {
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(device::Column::SeatId.in_subquery(seats_of(tenant, members)))
    }
}
