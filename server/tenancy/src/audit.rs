//! The audit log: who did what, from where, and what it was before and after. Append-only and chained, one chain for each company
//! and one for the platform.
//!
//! Nobody has to remember it. A transaction that somebody acts in (anybody but the platform itself) keeps a journal of the rows it
//! changes, and its commit writes the journal down, with the words of [`TenantTx::changed`](crate::TenantTx::changed) or
//! [`TenantTx::noted`](crate::TenantTx::noted) where there were any. What a secret was or is, is never in it.

pub mod chain;
pub(crate) mod journal;
pub(crate) mod picture;
mod store;

pub use chain::{Broken, Chain, Flaw, Link, Verdict};
pub(crate) use journal::Journal;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{OpenRow, TenantRow};

/// One line of a company's audit log.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: TimeDateTimeWithTimeZone,
        pub actor: String,
        pub action: String,
        pub entity: String,
        pub entity_id: String,
        pub body: Json,
        pub seq: i64,
        pub record: Option<String>,
        pub hash: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl OpenRow for line::Entity {}
impl TenantRow for line::Entity {
    const AUDITED: bool = false;
    fn tenant_column() -> line::Column {
        line::Column::TenantId
    }
    fn id_column() -> line::Column {
        line::Column::Id
    }
}

/// Where somebody acts from. Empty for the platform itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// `ses_..` of a person, `key_..` or `stk_..` of a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Table.
    pub table: String,
    /// Key.
    pub id: String,
    /// Columns as they were; absent for a new row. Of a row that stays, only those that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Map<String, Value>>,
    /// Columns as they are; absent for a row that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Map<String, Value>>,
}

/// What a line of the log says. Its text is what the chain seals; the columns beside it are there to be searched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Place in the chain, from 1 on.
    pub seq: i64,
    /// `aud_..`
    pub id: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// `usr_..`, `key_..`, `stk_..`, `opr_..` or `system`.
    pub actor: String,
    /// For an operator at work in a company: as whom (`usr_..`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acting_as: Option<String>,
    /// `seat.updated` and the like.
    pub action: String,
    /// The resource's name.
    pub entity: String,
    /// Its printed id.
    pub entity_id: String,
    /// What the handler says of it.
    pub body: Value,
    /// Rows before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Rows that are not listed any more because there were too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_changes: usize,
    /// From where.
    #[serde(default)]
    pub from: Origin,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
