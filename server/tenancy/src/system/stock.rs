//! The inventory: sites, gateways, gateway ports, lines and numbers.

use crate::GlobalRow;

/// A place where gateways stand; with `tenant_id` a company's own.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod site {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "site")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub country: String,
        pub city: Option<String>,
        pub tenant_id: Option<Uuid>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for site::Entity {
    const NAME: &'static str = "site";
}

/// A gateway, the operator's or (with `tenant_id`) one that a company racked itself. `password_sealed` opens with [`crate::Sealer`] under the context `gateway:<uuid>`.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod gateway {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "gateway")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub site_id: Uuid,
        pub label: String,
        pub kind: String,
        pub profile: String,
        pub connection: String,
        pub host: Option<String>,
        pub udp_port: Option<i32>,
        pub transport: String,
        pub username: Option<String>,
        pub password_sealed: Option<String>,
        pub realm: Option<String>,
        pub ha1_md5: Option<String>,
        pub ha1_sha256: Option<String>,
        pub srtp: bool,
        pub simulated: bool,
        pub light: String,
        pub light_reason: String,
        pub latency_ms: Option<i32>,
        pub calls_per_second: Option<i32>,
        pub max_calls: Option<i32>,
        pub circuit_failures: i32,
        pub circuit_until: Option<TimeDateTimeWithTimeZone>,
        pub user_agent: Option<String>,
        pub last_error: Option<Json>,
        pub tenant_id: Option<Uuid>,
        pub suspended_at: Option<TimeDateTimeWithTimeZone>,
        pub suspended_why: Option<String>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for gateway::Entity {
    const NAME: &'static str = "gateway";
}

/// A gateway port. `password_sealed` opens under the context `gateway_port:<uuid>`.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod gateway_port {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "gateway_port")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub gateway_id: Uuid,
        pub ordinal: i32,
        pub label: String,
        pub kind: String,
        pub channels: i32,
        pub rental: String,
        pub monthly_micros: i64,
        pub currency: String,
        pub enabled: bool,
        pub username: Option<String>,
        pub ha1_md5: Option<String>,
        pub ha1_sha256: Option<String>,
        pub password_sealed: Option<String>,
        pub priority: i32,
        pub weight: i32,
        pub cost_micros: Option<i64>,
        pub inbound_reserve: i32,
        pub rules: Option<Json>,
        pub light: String,
        pub last_error: Option<Json>,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for gateway_port::Entity {
    const NAME: &'static str = "gateway_port";
}

/// A service bought from a carrier that arrives at a gateway port.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub gateway_port_id: Uuid,
        pub kind: String,
        pub carrier: String,
        pub label: String,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for line::Entity {
    const NAME: &'static str = "line";
}

/// Rules of the SIM card in a gateway port, and what it has done. `id` is the gateway port's.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod sim {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sim")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub minutes_a_day: Option<i32>,
        pub calls_a_day: Option<i32>,
        pub rest_s: i32,
        pub failures: Option<i32>,
        pub failure_rest_s: i32,
        pub balance: Option<String>,
        pub day: i64,
        pub used_calls: i32,
        pub used_minutes: i32,
        pub failed: i32,
        pub rests_until: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for sim::Entity {
    const NAME: &'static str = "sim";
}

/// A number of the inventory.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod number {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "number")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub e164: String,
        pub country: String,
        pub area: Option<String>,
        pub kind: String,
        pub state: String,
        pub gateway_port_id: Uuid,
        pub tenant_id: Option<Uuid>,
        pub monthly_micros: i64,
        pub setup_micros: i64,
        pub currency: String,
        pub quarantined_until: Option<TimeDateTimeWithTimeZone>,
        pub kept_for: Option<Uuid>,
        pub reserved_until: Option<TimeDateTimeWithTimeZone>,
        pub status_line: Option<String>,
        pub version: i32,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for number::Entity {
    const NAME: &'static str = "number";
}

/// What a number was, and whose.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod number_history {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_history")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub number_id: Uuid,
        pub from_state: Option<String>,
        pub state: String,
        pub tenant_id: Option<Uuid>,
        pub actor: Option<String>,
        pub seq: i32,
        pub at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for number_history::Entity {
    const NAME: &'static str = "number_history";
}

/// The registry of SIP user names: unique in the installation. `kind` is `device`, `gateway` or `gateway_port`, `ref_id` its row.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod sip_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sip_account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub username: String,
        pub kind: String,
        pub ref_id: Uuid,
        pub tenant_id: Option<Uuid>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl GlobalRow for sip_account::Entity {
    const NAME: &'static str = "sip_account";
}
