//! Companies, and the questions that span them.

use crate::GlobalRow;

/// A company.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod tenant {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub realm: String,
        pub country: String,
        pub timezone: String,
        pub locale: String,
        pub state: String,
        pub max_calls: i32,
        pub require_second_factor: bool,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for tenant::Entity {
    const NAME: &'static str = "tenant";
}
