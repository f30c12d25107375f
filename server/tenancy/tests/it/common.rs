//! What the suites share: a store on either back end, two companies, and a piece of inventory.

use patchbay_kernel::{Entropy, SeededEntropy, TenantId, UserId, Uuid, Wall};
use patchbay_tenancy::{
    Actor, Database, DatabaseSettings, OpenRow, Origin, Stamp, TenantRow,
    system::{gateway, gateway_port, number, site, tenant, user_account},
};
use sea_orm::ActiveValue::Set;

/// Noon of a day in 2025.
pub const NOON: Wall = Wall::from_unix_ms(1_764_072_000_000);

/// Seats, as the control plane has them.
pub mod seat {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seat")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub extension: String,
        pub label: String,
        pub member_id: Option<Uuid>,
        pub state: String,
        pub created_at: TimeDateTimeWithTimeZone,
        pub released_at: Option<TimeDateTimeWithTimeZone>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl OpenRow for seat::Entity {}
impl TenantRow for seat::Entity {
    fn tenant_column() -> seat::Column {
        seat::Column::TenantId
    }
    fn id_column() -> seat::Column {
        seat::Column::Id
    }
}

/// Chance that differs from call to call within one test process.
pub fn chance() -> Box<dyn Entropy> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

pub fn stamp_at(now: Wall) -> Stamp {
    Stamp { now, chance: chance(), actor: Actor::System, origin: Origin::default() }
}

pub fn stamp() -> Stamp {
    stamp_at(NOON)
}

pub async fn open(url: &str) -> Database {
    Database::open(&DatabaseSettings::new(url)).await.unwrap()
}

/// A company.
pub async fn company(db: &Database, name: &str) -> TenantId {
    let tx = db.system().begin(stamp()).await.unwrap();
    let id = TenantId::from_uuid(tx.new_id());
    tx.insert(tenant_row(id, name, tx.at())).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub fn tenant_row(id: TenantId, name: &str, at: time::OffsetDateTime) -> tenant::ActiveModel {
    tenant::ActiveModel {
        id: Set(id.uuid()),
        name: Set(name.into()),
        realm: Set(format!("{}.example", id.uuid())),
        country: Set("US".into()),
        timezone: Set("America/New_York".into()),
        locale: Set("en".into()),
        state: Set("active".into()),
        require_second_factor: Set(false),
        max_calls: Set(30),
        created_at: Set(at),
    }
}

pub async fn person(db: &Database, email: &str) -> UserId {
    let tx = db.system().begin(stamp()).await.unwrap();
    let id = UserId::from_uuid(tx.new_id());
    let row = user_account::ActiveModel {
        id: Set(id.uuid()),
        email: Set(email.into()),
        name: Set("Ada".into()),
        password_hash: Set("-".into()),
        email_verified_at: Set(None),
        locale: Set("en".into()),
        created_at: Set(tx.at()),
    };
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub fn seat_row(id: Uuid, extension: &str, at: time::OffsetDateTime) -> seat::ActiveModel {
    seat::ActiveModel {
        id: Set(id),
        extension: Set(extension.into()),
        label: Set("new".into()),
        member_id: Set(None),
        state: Set("active".into()),
        created_at: Set(at),
        released_at: Set(None),
        ..Default::default()
    }
}

/// A gateway port with this rental mode and so many numbers on it.
pub async fn stock(db: &Database, rental: &str, numbers: &[&str]) -> (Uuid, Vec<Uuid>) {
    let tx = db.system().begin(stamp()).await.unwrap();
    let (site_id, gateway_id, port_id) = (tx.new_id(), tx.new_id(), tx.new_id());
    let at = tx.at();
    let place = site::ActiveModel {
        id: Set(site_id),
        name: Set("Exchange".into()),
        country: Set("US".into()),
        city: Set(None),
        created_at: Set(at),
        ..Default::default()
    };
    tx.insert(place).await.unwrap();
    let kestrel = gateway::ActiveModel {
        id: Set(gateway_id),
        site_id: Set(site_id),
        label: Set("Kestrel".into()),
        kind: Set("analog".into()),
        profile: Set("generic".into()),
        connection: Set("registers_with_us".into()),
        transport: Set("udp".into()),
        light: Set("unknown".into()),
        light_reason: Set(String::new()),
        created_at: Set(at),
        ..Default::default()
    };
    tx.insert(kestrel).await.unwrap();
    let port = gateway_port::ActiveModel {
        id: Set(port_id),
        gateway_id: Set(gateway_id),
        ordinal: Set(1),
        label: Set("Port 1".into()),
        kind: Set("fxo_port".into()),
        channels: Set(1),
        rental: Set(rental.into()),
        monthly_micros: Set(9_000_000),
        currency: Set("USD".into()),
        enabled: Set(true),
        light: Set("unknown".into()),
        created_at: Set(at),
        ..Default::default()
    };
    tx.insert(port).await.unwrap();
    let mut ids = Vec::new();
    for e164 in numbers {
        let id = tx.new_id();
        let row = number::ActiveModel {
            id: Set(id),
            e164: Set((*e164).into()),
            country: Set("US".into()),
            area: Set(None),
            kind: Set("local".into()),
            state: Set("available".into()),
            gateway_port_id: Set(port_id),
            tenant_id: Set(None),
            monthly_micros: Set(1_000_000),
            setup_micros: Set(0),
            currency: Set("USD".into()),
            quarantined_until: Set(None),
            created_at: Set(at),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        ids.push(id);
    }
    tx.commit().await.unwrap();
    (port_id, ids)
}

/// Each named case as a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let file = patchbay_testkit::sqlite().await;
                super::$case(crate::common::open(&file.url()).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(cluster) = patchbay_testkit::postgres() else { return };
                let url = cluster.database().await;
                super::$case(crate::common::open(&url).await).await;
            })*
        }
    };
}
