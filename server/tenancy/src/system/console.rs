//! What the operators' console keeps: support sessions in companies, limits of companies, imports of numbers, jobs.

use kernel::{JobId, OperatorId, SessionId, TenantId, Uuid};
use patchbay_kernel as kernel;

use super::SystemDb;
use crate::{GlobalRow, OperatorTx, StoreError, rows, rows::Via};

/// An operator at work in a company as one of its people; the key is that of the session.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod impersonation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "impersonation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub operator_id: Uuid,
        pub operator_session_id: Uuid,
        pub tenant_id: Uuid,
        pub user_id: Uuid,
        pub reason: String,
        pub started_at: TimeDateTimeWithTimeZone,
        pub ends_at: TimeDateTimeWithTimeZone,
        pub ended_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// How much a company may have of something, where it is not the installation's usual.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod tenant_limit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_limit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub most: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Numbers that came into the stock together, from one file.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod number_import {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_import")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub operator_id: Uuid,
        pub name: String,
        pub numbers: i32,
        pub created_at: TimeDateTimeWithTimeZone,
        pub undone_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One number of an import.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod number_import_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_import_row")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A job without what it needs: that may be a secret. Times are microseconds since 1970.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod job {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "job")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub queue: String,
        pub kind: String,
        pub run_at: i64,
        pub attempts: i32,
        pub max_attempts: i32,
        pub locked_until: Option<i64>,
        pub tenant_id: Option<Uuid>,
        pub last_error: Option<String>,
        pub finished_at: Option<i64>,
        pub created_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

macro_rules! global {
    ($($row:ident audited $audited:literal),* $(,)?) => {$(
        impl GlobalRow for $row::Entity {
            const NAME: &'static str = stringify!($row);
            const AUDITED: bool = $audited;
        }
    )*};
}

global!(
    impersonation audited true,
    tenant_limit audited true,
    number_import audited true,
    // As many as numbers, whose own lines tell of them.
    number_import_row audited false,
    job audited true,
);

/// How many jobs there are of each standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// To be done.
    pub waiting: i64,
    /// Given up, for people to look at.
    pub dead: i64,
    /// Done.
    pub done: i64,
}

impl SystemDb {
    /// How much this company may have of this kind of thing; `None`: as much as is usual here.
    pub async fn limit_of(&self, tenant: TenantId, kind: &str) -> Result<Option<i32>, StoreError> {
        let row = self.find::<tenant_limit::Entity>((tenant.uuid(), kind.to_owned())).await?;
        Ok(row.map(|row| row.most))
    }

    /// Jobs by standing.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        let sql = "SELECT CASE WHEN finished_at IS NOT NULL THEN 'done' WHEN attempts >= max_attempts THEN 'dead' \
                   ELSE 'waiting' END AS standing, count(*) AS jobs FROM job GROUP BY 1";
        let mut counts = JobCounts::default();
        for row in rows::rows(self.via(), sql, Vec::new()).await? {
            let (standing, jobs): (String, i64) = (row.try_get("", "standing")?, row.try_get("", "jobs")?);
            match standing.as_str() {
                "done" => counts.done = jobs,
                "dead" => counts.dead = jobs,
                _ => counts.waiting = jobs,
            }
        }
        Ok(counts)
    }
}

impl OperatorTx {
    /// A job that was given up is tried again from the beginning, now; `false` when there is none, or it is done or under way.
    pub async fn retry_job(&self, id: JobId) -> Result<bool, StoreError> {
        let sql = "UPDATE job SET attempts = 0, run_at = $1 WHERE id = $2 AND finished_at IS NULL \
                   AND (locked_until IS NULL OR locked_until < $1)";
        Ok(rows::run(self.via(), sql, vec![self.now().0.into(), id.uuid().into()]).await? > 0)
    }

    /// A job that is not under way is struck; `false` when there is none.
    pub async fn discard_job(&self, id: JobId) -> Result<bool, StoreError> {
        let sql =
            "DELETE FROM job WHERE id = $1 AND finished_at IS NULL AND (locked_until IS NULL OR locked_until < $2)";
        Ok(rows::run(self.via(), sql, vec![id.uuid().into(), self.now().0.into()]).await? > 0)
    }
}

const TOUCHED: &str = "SELECT count(*) AS numbers FROM number_import_row r JOIN number n ON n.id = r.number_id \
    WHERE r.import_id = $1 AND (n.state <> 'available' OR n.tenant_id IS NOT NULL \
    OR (SELECT count(*) FROM number_history h WHERE h.number_id = n.id) > 1)";

async fn touched(via: Via<'_>, import: Uuid) -> Result<i64, StoreError> {
    let found = rows::rows(via, TOUCHED, vec![import.into()]).await?;
    found.first().map_or(Ok(0), |row| Ok(row.try_get("", "numbers")?))
}

impl SystemDb {
    /// How many numbers of an import are no longer as they came.
    pub async fn touched_numbers(&self, import: Uuid) -> Result<i64, StoreError> {
        touched(self.via(), import).await
    }
}

impl OperatorTx {
    /// As [`SystemDb::touched_numbers`], inside the transaction.
    pub async fn touched_numbers(&self, import: Uuid) -> Result<i64, StoreError> {
        touched(self.via(), import).await
    }

    /// Strikes the numbers of an import from the inventory, their history with them; says how many.
    pub async fn remove_imported(&self, import: Uuid) -> Result<u64, StoreError> {
        let sql = "DELETE FROM number WHERE id IN (SELECT number_id FROM number_import_row WHERE import_id = $1)";
        rows::run(self.via(), sql, vec![import.into()]).await
    }
}

impl impersonation::Model {
    /// Whether it still holds at this time.
    pub fn is_on(&self, now: kernel::Wall) -> bool {
        self.ended_at.is_none() && kernel::Wall::from_offset(self.ends_at) > now
    }
    /// The operator.
    pub fn operator(&self) -> OperatorId {
        OperatorId::from_uuid(self.operator_id)
    }
    /// The operator's own session, with which it ends.
    pub fn operator_session(&self) -> SessionId {
        SessionId::from_uuid(self.operator_session_id)
    }
}
