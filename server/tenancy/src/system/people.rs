//! People, their sessions, and the checks of their addresses.

use crate::GlobalRow;

/// A person who can sign in. `email` is lower case.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod user_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub name: String,
        pub password_hash: String,
        pub email_verified_at: Option<TimeDateTimeWithTimeZone>,
        pub locale: String,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for user_account::Entity {
    const NAME: &'static str = "user_account";
}

/// A pending check of an address. `link` is kept only where no mail can be sent.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod email_check {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "email_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        pub user_id: Uuid,
        pub link: Option<String>,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for email_check::Entity {
    const AUDITED: bool = false;
    const NAME: &'static str = "email_check";
}

/// One signed-in session; `realm` is `tenant` or `operator`.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod session {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub realm: String,
        pub user_id: Option<Uuid>,
        pub operator_id: Option<Uuid>,
        pub tenant_id: Option<Uuid>,
        pub user_agent: Option<String>,
        pub created_at: TimeDateTimeWithTimeZone,
        pub last_used_at: TimeDateTimeWithTimeZone,
        /// The company whose provider opened it: it is good there alone.
        pub sso_tenant_id: Option<Uuid>,
        pub revoked_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for session::Entity {
    const NAME: &'static str = "session";
}

/// One generation of a session's refresh token, hashed.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod session_token {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "session_token")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub generation: i32,
        pub token_hash: String,
        pub used_at: Option<TimeDateTimeWithTimeZone>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for session_token::Entity {
    const AUDITED: bool = false;
    const NAME: &'static str = "session_token";
}

/// A link that sets a password anew. `link` is kept only where no mail can be sent.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod password_reset {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_reset")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        pub user_id: Uuid,
        pub link: Option<String>,
        pub expires_at: TimeDateTimeWithTimeZone,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for password_reset::Entity {
    const NAME: &'static str = "password_reset";
    const AUDITED: bool = false;
}

/// One-time codes of a person or an operator. `secret` is sealed; codes of steps up to `last_step` are used.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod second_factor {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "second_factor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        pub secret: String,
        pub confirmed_at: Option<TimeDateTimeWithTimeZone>,
        pub last_step: i64,
        pub failures: i32,
        pub failed_at: Option<TimeDateTimeWithTimeZone>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for second_factor::Entity {
    const NAME: &'static str = "second_factor";
    const AUDITED: bool = false;
}

/// A code that opens the door once when the authenticator is lost.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod recovery_code {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code_hash: String,
        pub used_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for recovery_code::Entity {
    const NAME: &'static str = "recovery_code";
    const AUDITED: bool = false;
}
