//! Rows of members, invitations and setting-up steps.

use patchbay_kernel::Uuid;
use patchbay_tenancy::{SeenRow, TenantRow};
use sea_orm::{ColumnTrait, Condition};

/// A person's place in the company. Whoever lists members says how far the caller sees, or it does not compile:
/// ```compile_fail
/// use patchbay_control::people::row::member;
/// async fn forgetful(tx: &patchbay_tenancy::TenantTx) { tx.select::<member::Entity>().all().await.ok(); }
/// ```
/// ```
/// use patchbay_control::people::row::member;
/// async fn mindful(tx: &patchbay_tenancy::TenantTx) { tx.seen::<member::Entity>().all().await.ok(); }
/// ```
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub role: String,
        pub state: String,
        pub created_at: TimeDateTimeWithTimeZone,
        pub last_seen_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// An invitation. `link` is kept only where no mail can be sent.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod invitation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub role: String,
        pub token_hash: String,
        pub link: Option<String>,
        pub invited_by: Uuid,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub accepted_at: Option<TimeDateTimeWithTimeZone>,
        pub created_at: TimeDateTimeWithTimeZone,
        pub role_id: Option<Uuid>,
        pub department_id: Option<Uuid>,
        pub team_ids: Option<Json>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A step of setting up that somebody finished or skipped.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod onboarding {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "onboarding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub step: String,
        pub state: String,
        pub updated_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(invitation, onboarding);
crate::tenant_rows!(about people: member);

impl SeenRow for member::Entity {
    fn of_members(_: Uuid, members: &[Uuid]) -> Condition {
        Condition::all().add(member::Column::Id.is_in(members.iter().copied()))
    }
}
