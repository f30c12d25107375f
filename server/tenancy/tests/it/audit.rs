//! The audit log: what is written without being asked, and what happens to those who change it.

use patchbay_kernel::{OperatorId, TenantId, UserId, Uuid};
use patchbay_tenancy::{
    Actor, Database, Origin, Stamp,
    audit::{Flaw, Record, line},
    system::{operator_audit, user_account},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, Order, sea_query::Expr};

use crate::common::{company, open, person, seat, seat_row, stamp};

on_both!(
    every_change_is_written_down_unasked,
    what_the_platform_does_by_itself_is_not,
    a_dropped_transaction_leaves_no_line,
    lines_of_many_writers_make_one_chain,
    an_operator_in_a_company_is_in_both_logs,
);

#[tokio::test]
async fn nobody_changes_a_line_on_sqlite() {
    let file = patchbay_testkit::sqlite().await;
    nobody_changes_a_line(&file.url()).await;
}

#[tokio::test]
async fn nobody_changes_a_line_on_postgres() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    nobody_changes_a_line(&cluster.database().await).await;
}

fn by(user: u128) -> Stamp {
    let origin = Origin { address: Some("192.0.2.7".into()), ..Origin::default() };
    Stamp { actor: Actor::User(UserId::from_uuid(Uuid::from_u128(user))), origin, ..stamp() }
}

async fn log(db: &Database, tenant: TenantId) -> Vec<Record> {
    let tx = db.tenant_read(tenant, stamp()).await.unwrap();
    let rows = tx.select::<line::Entity>().order_by(line::Column::Seq, Order::Asc).all().await.unwrap();
    rows.iter().map(|row| serde_json::from_str(row.record.as_ref().unwrap()).unwrap()).collect()
}

async fn every_change_is_written_down_unasked(db: Database) {
    let a = company(&db, "A").await;
    let tx = db.tenant(a, by(1)).await.unwrap();
    let (one, two) = (tx.new_id(), tx.new_id());
    tx.insert(seat_row(one, "100", tx.at())).await.unwrap();
    tx.insert(seat_row(two, "101", tx.at())).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.tenant(a, by(2)).await.unwrap();
    tx.update(seat::ActiveModel { id: Set(one), label: Set("Front".into()), ..Default::default() }).await.unwrap();
    tx.changed("seat.updated", "seat", "x", serde_json::json!({ "extension": "100", "label": "Front" })).await.unwrap();
    let all = vec![(seat::Column::State, Expr::value("released"))];
    assert_eq!(tx.update_many::<seat::Entity>(all, seat::Column::Extension.ne("0")).await.unwrap(), 2);
    tx.noted("seat.closed", "seat", "y", serde_json::json!({}));
    tx.delete::<seat::Entity>(two).await.unwrap();
    tx.commit().await.unwrap();
    let lines = log(&db, a).await;
    assert_eq!(
        lines.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(),
        ["rows.changed", "seat.updated", "seat.closed"]
    );
    assert_eq!((lines[0].entity.as_str(), lines[0].changes.len(), &lines[0].changes[0].before), ("seat", 2, &None));
    assert_eq!(lines[0].from.address.as_deref(), Some("192.0.2.7"));
    assert_ne!(lines[0].actor, lines[1].actor);
    let change = &lines[1].changes[0];
    assert_eq!(serde_json::json!(change.after), serde_json::json!({ "label": "Front" }), "no more than what changed");
    assert_eq!(lines[2].changes.len(), 3, "two by one statement, and the one that went after it");
    assert_eq!(lines[2].changes[2].after, None);
    let tx = db.tenant_read(a, stamp()).await.unwrap();
    let verdict = tx.verify_audit().await.unwrap();
    assert_eq!((verdict.lines, verdict.broken), (3, None));
}

async fn what_the_platform_does_by_itself_is_not(db: Database) {
    let a = company(&db, "A").await;
    let tx = db.tenant(a, stamp()).await.unwrap();
    tx.insert(seat_row(tx.new_id(), "100", tx.at())).await.unwrap();
    tx.commit().await.unwrap();
    assert!(log(&db, a).await.is_empty());
}

async fn a_dropped_transaction_leaves_no_line(db: Database) {
    let a = company(&db, "A").await;
    let tx = db.tenant(a, by(1)).await.unwrap();
    tx.insert(seat_row(tx.new_id(), "100", tx.at())).await.unwrap();
    drop(tx);
    let tx = db.tenant(a, by(1)).await.unwrap();
    tx.noted("seat.looked_at", "seat", "x", serde_json::json!({}));
    tx.commit().await.unwrap();
    let lines = log(&db, a).await;
    assert_eq!((lines.len(), lines[0].seq), (1, 1));
}

async fn lines_of_many_writers_make_one_chain(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let writers: Vec<_> = (0..6_u128)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for turn in 0..5_u32 {
                    let tx = db.tenant(if writer == 5 { b } else { a }, by(writer)).await.unwrap();
                    let extension = format!("{}", 100 + writer * 10 + u128::from(turn));
                    tx.insert(seat_row(tx.new_id(), &extension, tx.at())).await.unwrap();
                    tx.noted("seat.created", "seat", &extension, serde_json::json!({}));
                    tx.noted("seat.shown", "seat", &extension, serde_json::json!({}));
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    for (tenant, count) in [(a, 50), (b, 10)] {
        let tx = db.tenant_read(tenant, stamp()).await.unwrap();
        let verdict = tx.verify_audit().await.unwrap();
        assert_eq!((verdict.lines, verdict.broken), (count, None));
    }
}

async fn an_operator_in_a_company_is_in_both_logs(db: Database) {
    let a = company(&db, "A").await;
    let user = person(&db, "ada@example.com").await;
    let operator = OperatorId::from_uuid(Uuid::from_u128(7));
    let tx = db.operator(operator, stamp()).await.unwrap();
    tx.update(user_account::ActiveModel {
        id: Set(user.uuid()),
        password_hash: Set("$argon2id$another".into()),
        ..Default::default()
    })
    .await
    .unwrap();
    let tx = tx.enter(a).await.unwrap();
    tx.noted("company.helped", "company", "x", serde_json::json!({}));
    tx.commit().await.unwrap();
    let lines = log(&db, a).await;
    assert_eq!((lines.len(), lines[0].actor.clone(), lines[0].changes.len()), (1, operator.to_string(), 0));
    let rows = db.system().select::<operator_audit::Entity>().all().await.unwrap();
    let text = rows[0].record.clone().unwrap();
    assert!(text.contains("(secret)") && !text.contains("argon2id"), "{text}");
    assert_eq!((rows.len(), rows[0].operator_id, rows[0].actor.clone()), (1, operator.uuid(), operator.to_string()));
    assert_eq!(db.system().verify_audit().await.unwrap().broken, None);
}

async fn nobody_changes_a_line(url: &str) {
    let db = open(url).await;
    let a = company(&db, "A").await;
    for turn in 0..5 {
        let tx = db.tenant(a, by(turn)).await.unwrap();
        tx.noted("seat.looked_at", "seat", "x", serde_json::json!({}));
        tx.commit().await.unwrap();
    }
    let operator = OperatorId::from_uuid(Uuid::from_u128(7));
    let tx = db.operator(operator, stamp()).await.unwrap();
    tx.wrote("looked", "seat", "x", serde_json::json!({})).await.unwrap();
    tx.commit().await.unwrap();
    let owner = sea_orm::Database::connect(url).await.unwrap();
    for sql in [
        "UPDATE audit SET record = replace(record, 'looked_at', 'created')",
        "DELETE FROM audit",
        "UPDATE operator_audit SET actor = 'nobody'",
        "DELETE FROM operator_audit",
    ] {
        let refused = owner.execute_unprepared(sql).await.expect_err(sql).to_string();
        assert!(refused.contains("only grows"), "{sql}: {refused}");
    }
    // Whoever owns the database can take the triggers away, and is found out.
    let postgres = url.starts_with("postgres");
    let off = if postgres { "DROP TRIGGER audit_only_grows ON audit" } else { "DROP TRIGGER audit_no_UPDATE" };
    owner.execute_unprepared(off).await.unwrap();
    owner
        .execute_unprepared("UPDATE audit SET record = replace(record, 'looked_at', 'created') WHERE seq = 3")
        .await
        .unwrap();
    let tx = db.tenant_read(a, stamp()).await.unwrap();
    let broken = tx.verify_audit().await.unwrap().broken.unwrap();
    assert_eq!((broken.seq, broken.flaw), (3, Flaw::Altered));
}
