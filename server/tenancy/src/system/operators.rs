//! Operators of the platform and what they did.

use crate::GlobalRow;

/// An operator.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod operator_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "operator_account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub password_hash: String,
        pub must_change_password: bool,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for operator_account::Entity {
    const NAME: &'static str = "operator_account";
}

/// One line of what an operator did.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod operator_audit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "operator_audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub operator_id: Uuid,
        pub action: String,
        pub entity: String,
        pub entity_id: String,
        pub body: Json,
        pub at: TimeDateTimeWithTimeZone,
        pub actor: String,
        pub seq: i64,
        pub record: Option<String>,
        pub hash: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for operator_audit::Entity {
    const AUDITED: bool = false;
    const NAME: &'static str = "operator_audit";
}
