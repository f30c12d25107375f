//! Single sign-on: providers that companies trust, their domains, whom their subjects are, and sign-ins on their way.

use crate::GlobalRow;

/// Whom a company trusts to say who somebody is. `client_secret` is sealed.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod single_sign_on {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "single_sign_on")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        pub issuer: String,
        pub client_id: String,
        pub client_secret: String,
        pub auto_join: bool,
        pub auto_role: String,
        pub enforced: bool,
        pub tested_at: Option<TimeDateTimeWithTimeZone>,
        pub created_at: TimeDateTimeWithTimeZone,
        pub updated_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A mail domain whose people a company's provider speaks for.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod sso_domain {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_domain")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub domain: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who the provider's subject is in a company.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod sso_link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub user_id: Uuid,
        pub linked_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A browser that was sent to a provider and is not back yet. `sealed` holds what only we may know of the question.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod sso_attempt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sso_attempt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub state_hash: String,
        pub tenant_id: Uuid,
        pub browser_hash: String,
        pub sealed: String,
        pub expires_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for single_sign_on::Entity {
    const NAME: &'static str = "single_sign_on";
}
impl GlobalRow for sso_domain::Entity {
    const NAME: &'static str = "sso_domain";
}
impl GlobalRow for sso_link::Entity {
    const NAME: &'static str = "sso_link";
}
impl GlobalRow for sso_attempt::Entity {
    const NAME: &'static str = "sso_attempt";
    const AUDITED: bool = false;
}
