//! Rows of endpoints, their secrets, what was delivered to them and what is to be delivered again. Times that are compared in SQL are
//! microseconds since 1970.

use patchbay_tenancy::TenantRow;

/// An endpoint. `kinds` is a list of text, `place` the last event that is settled, `head` the delivery that is being tried.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod webhook {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub label: String,
        pub url: String,
        pub kinds: Json,
        pub state: String,
        pub off_reason: Option<String>,
        pub created_by: Uuid,
        pub created_at: TimeDateTimeWithTimeZone,
        pub place: i64,
        pub head: Option<Uuid>,
        pub failures: i32,
        pub failing_since: Option<i64>,
        pub next_try_at: i64,
        pub is_slow: bool,
        pub replays: i32,
        pub last_taken_at: Option<TimeDateTimeWithTimeZone>,
        pub locked_by: Option<String>,
        pub locked_until: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A secret of an endpoint, sealed. While it is being replaced there are two.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod webhook_secret {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_secret")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub webhook_id: Uuid,
        pub sealed: String,
        pub created_at: TimeDateTimeWithTimeZone,
        pub ends_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One event on its way to one endpoint. `body` is what is sent.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod webhook_delivery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_delivery")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub webhook_id: Uuid,
        pub event_id: Uuid,
        pub seq: i64,
        pub kind: String,
        pub state: String,
        pub is_replay: bool,
        pub body: String,
        pub attempts: i32,
        pub refusals: i32,
        pub last_status: Option<i32>,
        pub last_error: Option<String>,
        pub created_at: TimeDateTimeWithTimeZone,
        pub last_at: TimeDateTimeWithTimeZone,
        pub made_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One attempt of a delivery.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod webhook_attempt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_attempt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub delivery_id: Uuid,
        pub number: i32,
        pub at: TimeDateTimeWithTimeZone,
        pub took_ms: i32,
        pub request_headers: Json,
        pub status: Option<i32>,
        pub error: Option<String>,
        pub response_headers: Json,
        pub response_body: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A range of the log that an endpoint is sent again. `place` is the last event of it that is settled; `is_exact` sends what the
/// endpoint's own filter would leave out.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod webhook_replay {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_replay")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub webhook_id: Uuid,
        pub to_seq: i64,
        pub place: i64,
        pub is_exact: bool,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(webhook, webhook_secret, webhook_delivery, webhook_attempt, webhook_replay);
