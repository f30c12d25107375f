//! Rows of queues.

use patchbay_tenancy::TenantRow;

/// What an agent can do.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod skill {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "skill")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who can do it, and how well (1 to 5).
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod agent_skill {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agent_skill")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub skill_id: Uuid,
        pub member_id: Uuid,
        pub level: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A queue.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod queue {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "queue")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub strategy: String,
        pub ring_s: i32,
        pub wrap_up_s: i32,
        pub disposition_required: bool,
        pub max_length: Option<i32>,
        pub max_wait_s: Option<i32>,
        pub overflow: String,
        pub overflow_queue_id: Option<Uuid>,
        pub service_level_s: i32,
        pub service_level_percent: i32,
        pub announce_position: bool,
        pub announce_wait: bool,
        pub announce_every_s: i32,
        pub music_prompt: Option<String>,
        pub sticky_hold_s: i32,
        pub rare_hold_s: i32,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What level of a skill a queue asks for from a waiting time on; 0: no longer any.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod queue_skill {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "queue_skill")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub queue_id: Uuid,
        pub skill_id: Uuid,
        pub after_s: i32,
        pub level: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who works in a queue.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod queue_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "queue_member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub queue_id: Uuid,
        pub member_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Why an agent takes no calls.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod reason_code {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reason_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub longest_s: Option<i32>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What came of a call, in one queue or in all.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod disposition {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "disposition")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub queue_id: Option<Uuid>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A stay of a call in a queue, over. `turns` are those of `acd`'s story.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod queue_visit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "queue_visit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub queue_id: Uuid,
        pub queue_name: String,
        pub caller: String,
        pub entered_at: TimeDateTimeWithTimeZone,
        pub left_at: TimeDateTimeWithTimeZone,
        pub waited_ms: i64,
        pub level_s: i32,
        pub outcome: String,
        pub member_id: Option<Uuid>,
        pub next_queue_id: Option<Uuid>,
        pub turns: Json,
        pub turns_lost: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(queue_visit, skill, agent_skill, queue, queue_skill, queue_member, reason_code, disposition);
