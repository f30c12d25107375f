//! The row of an answer.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition};

/// An answer to a question. `seat` and `member` are whom the caller had talked with, `queue` where they had waited.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod survey_answer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_answer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub flow_id: Option<Uuid>,
        pub flow_name: String,
        pub question: String,
        pub score: i32,
        pub queue_id: Option<Uuid>,
        pub queue_name: Option<String>,
        pub seat_id: Option<Uuid>,
        pub member_id: Option<Uuid>,
        pub at_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(about people: survey_answer);

impl SeenRow for survey_answer::Entity {
    fn of_members(_: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(survey_answer::Column::MemberId.is_in(members.iter().copied()))
    }
}
