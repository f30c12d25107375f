//! No company sees, changes or removes another's rows: scripted attacks, and random operations against a model.

use std::collections::BTreeMap;

use crate::common::{company, seat, seat_row, stamp, tenant_row};
use patchbay_kernel::{TenantId, Uuid};
use patchbay_tenancy::{Database, StoreError};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ExprTrait, sea_query::Expr};

on_both!(
    forged_writes_stay_at_home,
    random_operations_never_meet,
    a_dropped_transaction_leaves_no_trace,
    events_are_numbered_in_commit_order,
    sign_up_is_one_transaction,
);

async fn forged_writes_stay_at_home(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let tx = db.tenant(b, stamp()).await.unwrap();
    let theirs = tx.new_id();
    tx.insert(seat_row(theirs, "100", tx.at())).await.unwrap();
    tx.commit().await.unwrap();

    let tx = db.tenant(a, stamp()).await.unwrap();
    let mut forged = seat_row(tx.new_id(), "100", tx.at());
    forged.tenant_id = Set(b.uuid());
    assert_eq!(tx.insert(forged).await.unwrap().tenant_id, a.uuid(), "the stamp wins over the forgery");
    let steal = seat::ActiveModel {
        tenant_id: Set(b.uuid()),
        id: Set(theirs),
        label: Set("mine".into()),
        ..Default::default()
    };
    assert!(matches!(tx.update(steal).await, Err(StoreError::NotFound)));
    tx.commit().await.unwrap();

    let tx = db.tenant(a, stamp()).await.unwrap();
    let nothing = seat::ActiveModel { tenant_id: Set(b.uuid()), id: Set(theirs), ..Default::default() };
    assert!(matches!(tx.update(nothing).await, Err(StoreError::NotFound)), "an update of nothing is no read either");
    assert!(tx.find::<seat::Entity>(theirs).await.unwrap().is_none());
    assert!(!tx.delete::<seat::Entity>(theirs).await.unwrap());
    let all = Expr::val(1).eq(1);
    let named = seat::Column::TenantId.eq(b.uuid());
    assert_eq!(tx.select::<seat::Entity>().filter(named.clone()).count().await.unwrap(), 0);
    assert_eq!(
        tx.select::<seat::Entity>().filter(named.clone().or(all)).count().await.unwrap(),
        1,
        "OR cannot widen the scope"
    );
    let set = vec![(seat::Column::Label, Expr::value("mine"))];
    assert_eq!(tx.update_many::<seat::Entity>(set, named.clone()).await.unwrap(), 0);
    assert_eq!(tx.delete_many::<seat::Entity>(named).await.unwrap(), 0);
    tx.commit().await.unwrap();

    let tx = db.tenant_read(b, stamp()).await.unwrap();
    assert_eq!(tx.get::<seat::Entity>(theirs).await.unwrap().label, "new");
    assert_eq!(tx.select::<seat::Entity>().count().await.unwrap(), 1);
}

#[derive(Clone, Debug)]
enum Op {
    Insert { extension: u16 },
    Update { pick: usize, label: u8 },
    UpdateAll { label: u8 },
    Delete { pick: usize },
    DeleteLabel { label: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0u16..40).prop_map(|extension| Op::Insert { extension }),
        3 => (0usize..64, 0u8..4).prop_map(|(pick, label)| Op::Update { pick, label }),
        1 => (0u8..4).prop_map(|label| Op::UpdateAll { label }),
        2 => (0usize..64).prop_map(|pick| Op::Delete { pick }),
        1 => (0u8..4).prop_map(|label| Op::DeleteLabel { label }),
    ]
}

type Rows = BTreeMap<Uuid, (String, String)>;

async fn random_operations_never_meet(db: Database) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().rng().clone());
    for _ in 0..8 {
        let pair = [company(&db, "A").await, company(&db, "B").await];
        let mut model = [Rows::new(), Rows::new()];
        let script = prop::collection::vec((0usize..2, op()), 30).new_tree(&mut runner).unwrap().current();
        for (who, op) in script {
            apply(&db, pair[who], who, &mut model, &op).await;
            for (side, tenant) in pair.iter().enumerate() {
                let tx = db.tenant_read(*tenant, stamp()).await.unwrap();
                let seen = tx.select::<seat::Entity>().all().await.unwrap();
                assert!(seen.iter().all(|row| row.tenant_id == tenant.uuid()));
                let seen: Rows = seen.into_iter().map(|row| (row.id, (row.extension, row.label))).collect();
                assert_eq!(seen, model[side], "after {op:?} by {who}");
            }
        }
    }
}

/// The same operation on the store and on the model; picks reach for the rows of both companies.
async fn apply(db: &Database, tenant: TenantId, who: usize, model: &mut [Rows; 2], op: &Op) {
    let every: Vec<Uuid> = model.iter().flat_map(|rows| rows.keys().copied()).collect();
    let tx = db.tenant(tenant, stamp()).await.unwrap();
    let own = &mut model[who];
    match *op {
        Op::Insert { extension } => {
            let (id, extension) = (tx.new_id(), extension.to_string());
            let taken = own.values().any(|(theirs, _)| *theirs == extension);
            match tx.insert(seat_row(id, &extension, tx.at())).await {
                Ok(_) => {
                    assert!(!taken);
                    own.insert(id, (extension, "new".into()));
                }
                Err(error) => {
                    assert!(taken && error.unique_on("extension"), "{error}");
                    return;
                }
            }
        }
        Op::Update { pick, label } if !every.is_empty() => {
            let id = every[pick % every.len()];
            let row = seat::ActiveModel { id: Set(id), label: Set(label.to_string()), ..Default::default() };
            match (tx.update(row).await, own.get_mut(&id)) {
                (Ok(_), Some(mine)) => mine.1 = label.to_string(),
                (Err(StoreError::NotFound), None) => {}
                other => panic!("{other:?}"),
            }
        }
        Op::UpdateAll { label } => {
            let set = vec![(seat::Column::Label, Expr::value(label.to_string()))];
            let touched = tx.update_many::<seat::Entity>(set, Expr::val(1).eq(1)).await.unwrap();
            assert_eq!(touched, own.len() as u64);
            own.values_mut().for_each(|row| row.1 = label.to_string());
        }
        Op::Delete { pick } if !every.is_empty() => {
            let id = every[pick % every.len()];
            assert_eq!(tx.delete::<seat::Entity>(id).await.unwrap(), own.remove(&id).is_some());
        }
        Op::DeleteLabel { label } => {
            let gone = tx.delete_many::<seat::Entity>(seat::Column::Label.eq(label.to_string())).await.unwrap();
            let before = own.len();
            own.retain(|_, row| row.1 != label.to_string());
            assert_eq!(gone, (before - own.len()) as u64);
        }
        Op::Update { .. } | Op::Delete { .. } => {}
    }
    tx.commit().await.unwrap();
}

async fn a_dropped_transaction_leaves_no_trace(db: Database) {
    let a = company(&db, "A").await;
    let mut feed = db.feed();
    let mut tx = db.tenant(a, stamp()).await.unwrap();
    tx.insert(seat_row(tx.new_id(), "100", tx.at())).await.unwrap();
    tx.changed("member.removed", "member", "x", serde_json::json!({})).await.unwrap();
    drop(tx);
    let mut tx = db.tenant(a, stamp()).await.unwrap();
    assert_eq!(tx.select::<seat::Entity>().count().await.unwrap(), 0);
    tx.changed("member.removed", "member", "y", serde_json::json!({})).await.unwrap();
    let events = tx.commit().await.unwrap();
    assert_eq!(events[0].seq, 1, "the number of the dropped event was given back");
    assert_eq!(feed.try_recv().unwrap().entity_id, "y");
    assert!(feed.try_recv().is_err());
}

async fn events_are_numbered_in_commit_order(db: Database) {
    use patchbay_tenancy::outbox::event;
    let a = company(&db, "A").await;
    let mut feed = db.feed();
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    let mut tx = db.tenant(a, stamp()).await.unwrap();
                    tx.happened("member.removed", "member", &writer.to_string(), serde_json::json!({})).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let tx = db.tenant_read(a, stamp()).await.unwrap();
    let log = tx.select::<event::Entity>().order_by(event::Column::Seq, sea_orm::Order::Asc).all().await.unwrap();
    assert_eq!(log.iter().map(|row| row.seq).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    let mut told = Vec::new();
    while let Ok(event) = feed.try_recv() {
        told.push(event.seq);
    }
    told.sort_unstable();
    assert_eq!(told, (1..=30).collect::<Vec<_>>());
}

async fn sign_up_is_one_transaction(db: Database) {
    use patchbay_tenancy::system::tenant;
    for commit in [false, true] {
        let tx = db.system().begin(stamp()).await.unwrap();
        let id = TenantId::from_uuid(tx.new_id());
        tx.insert(tenant_row(id, "New", tx.at())).await.unwrap();
        let mut tx = tx.enter(id).await.unwrap();
        tx.insert(seat_row(tx.new_id(), "100", tx.at())).await.unwrap();
        tx.changed("company.created", "company", &id.to_string(), serde_json::json!({ "name": "New" })).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        // The next writer waits for the rollback on SQLite, so the answer is settled.
        let other = company(&db, "Other").await;
        assert!(db.system().find::<tenant::Entity>(other.uuid()).await.unwrap().is_some());
        assert_eq!(db.system().find::<tenant::Entity>(id.uuid()).await.unwrap().is_some(), commit);
    }
}
