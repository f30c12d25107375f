//! The row of a message.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement};

use crate::{people::organisation_row::team_member, seats::row::seats_of};

/// A message of a caller. Its id is that of its recording. Times in milliseconds since 1970.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod voicemail {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "voicemail")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub seat_id: Option<Uuid>,
        pub team_id: Option<Uuid>,
        pub caller: String,
        pub caller_name: Option<String>,
        pub state: String,
        pub received_ms: Option<i64>,
        pub duration_ms: i64,
        pub heard_ms: Option<i64>,
        pub heard_by: Option<Uuid>,
        pub removed_ms: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(about people: voicemail);

/// What lies in the boxes of these members: their seats', and those of the teams that they are in.
pub fn theirs(tenant: Uuid, members: &[Uuid]) -> Condition {
    Condition::any()
        .add(voicemail::Column::SeatId.in_subquery(seats_of(tenant, members)))
        .add(voicemail::Column::TeamId.in_subquery(teams_of(tenant, members)))
}

fn teams_of(tenant: Uuid, members: &[Uuid]) -> SelectStatement {
    let teams = team_member::Entity::find().select_only().column(team_member::Column::TeamId);
    let teams = teams.filter(team_member::Column::TenantId.eq(tenant));
    teams.filter(team_member::Column::MemberId.is_in(members.iter().copied())).into_query()
}

impl SeenRow for voicemail::Entity {
    fn of_members(tenant: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(theirs(tenant, members))
    }
}
