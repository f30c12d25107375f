//! Nodes and settings of the installation.

use crate::GlobalRow;

/// A running process. Times are microseconds since 1970 on the database's clock, because leases are compared in SQL.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod node {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "node")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub epoch: i64,
        pub lease_until: i64,
        pub started_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for node::Entity {
    const NAME: &'static str = "node";
}

/// A setting of the installation.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod setting {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "setting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub value: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for setting::Entity {
    const NAME: &'static str = "setting";
}
