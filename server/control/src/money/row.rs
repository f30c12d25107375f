//! Rows of what companies owe.

use patchbay_tenancy::TenantRow;

/// What a company has agreed to; there is one at most.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod billing_account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "billing_account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plan: Option<String>,
        pub discount_bp: i32,
        pub tax_bp: i32,
        pub since: i64,
        pub updated_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of what a call costs; written once.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod charge_line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "charge_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub call_id: Uuid,
        pub leg_id: Uuid,
        pub kind: String,
        pub revision: i32,
        pub reversal: bool,
        pub key: String,
        pub micros: i64,
        pub currency: String,
        pub seconds: i64,
        pub prefix: String,
        pub rate_from: i32,
        pub day: i32,
        pub direction: String,
        pub number: String,
        pub destination: String,
        pub seat_id: Option<Uuid>,
        pub list_id: Uuid,
        pub at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A call that nobody could price; its id is the call's.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod charge_fault {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "charge_fault")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub why: String,
        pub number: String,
        pub tries: i32,
        pub at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a company, or one of its seats, may spend at most.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod spend_cap {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "spend_cap")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seat_id: Option<Uuid>,
        pub hour_micros: Option<i64>,
        pub day_micros: Option<i64>,
        pub longest_s: Option<i64>,
        pub parallel: Option<i32>,
        pub international: bool,
        pub premium: bool,
        pub velocity_calls: Option<i32>,
        pub velocity_s: Option<i32>,
        pub blocked_at: Option<TimeDateTimeWithTimeZone>,
        pub updated_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(billing_account, charge_line, charge_fault, spend_cap);

impl charge_line::Model {
    /// As the pure side has it. Fails for a row that was not written by the rater.
    pub fn line(&self) -> Result<patchbay_billing::ChargeLine, patchbay_tenancy::StoreError> {
        use patchbay_billing::{AllowanceKey, ChargeLine, charge::Kind, day::Day};
        use patchbay_kernel::{CallId, LegId, Money};
        let bad = |why: &str| patchbay_tenancy::StoreError::Other(format!("a charge line cannot be read: {why}"));
        let kind = match self.kind.as_str() {
            "set_up" => Kind::SetUp,
            "usage" => Kind::Usage,
            "discount" => Kind::Discount,
            "minimum" => Kind::Minimum,
            other => {
                let key = other.strip_prefix("included:").ok_or_else(|| bad("its kind"))?;
                Kind::Included(AllowanceKey(key.to_owned()))
            }
        };
        Ok(ChargeLine {
            call: CallId::from_uuid(self.call_id),
            leg: LegId::from_uuid(self.leg_id),
            kind,
            revision: u32::try_from(self.revision).map_err(|_| bad("its revision"))?,
            reversal: self.reversal,
            amount: Money::new(self.micros, self.currency.parse().map_err(|_| bad("its currency"))?),
            seconds: u64::try_from(self.seconds).map_err(|_| bad("its seconds"))?,
            prefix: self.prefix.parse().map_err(|_| bad("its prefix"))?,
            rate_from: Day(self.rate_from),
            day: Day(self.day),
        })
    }
}
