//! A transaction that the database ended by itself (a full or failing disk does that on SQLite) must not spoil the next ones:
//! what is acknowledged is on disk, and nobody holds the write lock.

use sea_orm::sqlx::{self, Connection as _, Row as _, SqliteConnection};

use crate::common::{company, open, seat_row, stamp};

/// The first kind of failing row ends the whole transaction, as SQLite does when the disk is full in the middle of a row; the second
/// fails alone, as it does when the statement has a journal of its own.
const TRIGGERS: [&str; 2] = [
    "CREATE TRIGGER ends_all BEFORE INSERT ON seat WHEN NEW.label = 'ends all' BEGIN SELECT RAISE(ROLLBACK, 'full'); END",
    "CREATE TRIGGER fails BEFORE INSERT ON seat WHEN NEW.label = 'fails' BEGIN SELECT RAISE(ABORT, 'full'); END",
];

async fn lone(url: &str) -> SqliteConnection {
    SqliteConnection::connect(url).await.unwrap()
}

async fn seats(url: &str) -> i64 {
    sqlx::query("SELECT count(*) FROM seat").fetch_one(&mut lone(url).await).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_after_a_spoiled_transaction_is_on_disk() {
    let file = patchbay_testkit::sqlite().await;
    let url = file.url();
    let db = open(&url).await;
    let tenant = company(&db, "A").await;
    for trigger in TRIGGERS {
        sqlx::query(trigger).execute(&mut lone(&url).await).await.unwrap();
    }
    for round in 0..3 {
        for label in ["ends all", "fails", "ends all", "ends all", "fails"] {
            let tx = db.tenant(tenant, stamp()).await.unwrap();
            let mut row = seat_row(tx.new_id(), "999", tx.at());
            row.label = sea_orm::ActiveValue::Set(label.into());
            let refused = tx.insert(row).await;
            assert!(refused.is_err(), "{refused:?}");
        }
        let tx = db.tenant(tenant, stamp()).await.unwrap();
        tx.insert(seat_row(tx.new_id(), &format!("10{round}"), tx.at())).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(seats(&url).await, round + 1, "others see what was acknowledged");
        let write = sqlx::query("UPDATE seat SET label = label").execute(&mut lone(&url).await).await;
        assert!(write.is_ok(), "nobody holds the lock: {write:?}");
    }
}
