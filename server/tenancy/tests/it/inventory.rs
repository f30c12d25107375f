//! Numbers and gateway ports change hands once, whoever asks at the same time; and the platform's own tables keep their rules.

use crate::common::{NOON, company, person, stamp, stamp_at, stock};
use patchbay_kernel::{GatewayPortId, NumberId, OperatorId, TenantId, Uuid, Wall};
use patchbay_tenancy::{
    Database, StoreError,
    idempotency::StoredAnswer,
    inventory::{Claimed, InventoryError, QUARANTINE_DAYS},
    job::NewJob,
    system::{ShopFilter, number, number_history, operator_audit, site},
};
use sea_orm::ActiveValue::Set;

on_both!(
    a_number_goes_to_one_of_two,
    an_exclusive_gateway_port_goes_to_one_of_two,
    a_released_number_rests,
    rentals_follow_their_rules,
    an_answer_is_kept_once,
    jobs_are_done_by_one_worker_at_a_time,
    settings_agree,
    an_operator_leaves_a_line_for_each_write,
    sip_user_names_are_unique,
);

async fn claim(db: &Database, tenant: TenantId, id: Uuid, now: Wall) -> Result<Claimed, InventoryError> {
    let mut tx = db.tenant(tenant, stamp_at(now)).await?;
    let claimed = tx.claim_number(NumberId::from_uuid(id)).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn state(db: &Database, id: Uuid) -> (String, Option<Uuid>) {
    let row = db.system().find::<number::Entity>(id).await.unwrap().unwrap();
    (row.state, row.tenant_id)
}

async fn race(db: &Database, a: TenantId, b: TenantId, x: Uuid, y: Uuid) -> [Result<Claimed, InventoryError>; 2] {
    let (left, right) = (db.clone(), db.clone());
    let left = tokio::spawn(async move { claim(&left, a, x, NOON).await });
    let right = tokio::spawn(async move { claim(&right, b, y, NOON).await });
    [left.await.unwrap(), right.await.unwrap()]
}

async fn a_number_goes_to_one_of_two(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let numbers: Vec<String> = (0..10).map(|n| format!("+1415555{n:04}")).collect();
    let (_, ids) = stock(&db, "shared", &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for id in ids {
        let results = race(&db, a, b, id, id).await;
        let winners = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(winners, 1, "{results:?}");
        assert!(results.iter().any(|result| matches!(result, Err(InventoryError::Unavailable))), "{results:?}");
        let owner = if results[0].is_ok() { a } else { b };
        assert_eq!(state(&db, id).await, ("assigned".into(), Some(owner.uuid())));
        let system = db.system();
        let history = system.select::<number_history::Entity>().is(number_history::Column::NumberId, id);
        assert_eq!(history.count().await.unwrap(), 1);
    }
    let counts = db.system().tenant_counts().await.unwrap();
    assert_eq!(counts.iter().map(|row| row.numbers).sum::<i64>(), 10);
}

async fn an_exclusive_gateway_port_goes_to_one_of_two(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    for round in 0..6 {
        let pair = [format!("+14155551{round}00"), format!("+14155551{round}01")];
        let (port, ids) = stock(&db, "exclusive", &[&pair[0], &pair[1]]).await;
        let results = race(&db, a, b, ids[0], ids[1]).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let (winner, loser) = if results[0].is_ok() { ((a, ids[0]), ids[1]) } else { ((b, ids[1]), ids[0]) };
        let rental = db.system().rentals().await.unwrap();
        let rental = rental.iter().find(|rental| rental.id == port).unwrap();
        assert_eq!(rental.tenant_id, winner.0.uuid());
        assert_eq!(state(&db, winner.1).await.0, "assigned");
        assert_eq!(state(&db, loser).await.0, "available", "the loser's claim left nothing behind");
        assert!(!claim(&db, winner.0, loser, NOON).await.unwrap().rented_gateway_port);
    }
}

async fn a_released_number_rests(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let (_, ids) = stock(&db, "shared", &["+14155550100", "+14155550101"]).await;
    let shop = |now| {
        let (db, want) = (db.clone(), ShopFilter { limit: 10, ..Default::default() });
        async move { db.system().shop_numbers(b, now, &want).await.unwrap().len() }
    };
    claim(&db, a, ids[0], NOON).await.unwrap();
    assert_eq!(shop(NOON).await, 1);
    let mut tx = db.tenant(b, stamp()).await.unwrap();
    let refused = tx.release_number(NumberId::from_uuid(ids[0])).await;
    assert!(matches!(refused, Err(InventoryError::NotYours)), "nobody gives away what is another's");
    drop(tx);
    let mut tx = db.tenant(a, stamp()).await.unwrap();
    tx.release_number(NumberId::from_uuid(ids[0])).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(&db, ids[0]).await, ("quarantined".into(), None));
    let almost = NOON.plus_s(QUARANTINE_DAYS * 86_400 - 60);
    for tenant in [a, b] {
        assert!(matches!(claim(&db, tenant, ids[0], almost).await, Err(InventoryError::Unavailable)));
    }
    let over = NOON.plus_s(QUARANTINE_DAYS * 86_400 + 60);
    assert_eq!((shop(almost).await, shop(over).await), (1, 2));
    claim(&db, b, ids[0], over).await.unwrap();

    claim(&db, a, ids[1], NOON).await.unwrap();
    let mut tx = db.tenant(a, stamp()).await.unwrap();
    tx.release_number(NumberId::from_uuid(ids[1])).await.unwrap();
    tx.commit().await.unwrap();
    for (now, ended) in [(almost, 0), (over, 1), (over, 0)] {
        let tx = db.system().begin(stamp_at(now)).await.unwrap();
        assert_eq!(tx.end_quarantines().await.unwrap(), ended);
        tx.commit().await.unwrap();
    }
    assert_eq!(state(&db, ids[1]).await.0, "available");
}

async fn rentals_follow_their_rules(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let (closed, hidden) = stock(&db, "not_for_rent", &["+14155550200"]).await;
    assert!(matches!(claim(&db, a, hidden[0], NOON).await, Err(InventoryError::Unavailable)));
    let (port, ids) = stock(&db, "exclusive", &["+14155550201"]).await;
    let rent = |tenant, id| {
        let db = db.clone();
        async move {
            let mut tx = db.tenant(tenant, stamp()).await?;
            tx.rent_gateway_port(GatewayPortId::from_uuid(id)).await?;
            tx.commit().await?;
            Ok::<_, InventoryError>(())
        }
    };
    assert!(matches!(rent(a, closed).await, Err(InventoryError::Unavailable)));
    assert_eq!(db.system().shop_gateway_ports().await.unwrap().len(), 1);
    rent(a, port).await.unwrap();
    assert!(matches!(rent(b, port).await, Err(InventoryError::Unavailable)));
    assert!(matches!(rent(a, port).await, Err(InventoryError::Unavailable)));
    assert!(db.system().shop_gateway_ports().await.unwrap().is_empty());
    assert!(matches!(claim(&db, b, ids[0], NOON).await, Err(InventoryError::Unavailable)));
    claim(&db, a, ids[0], NOON).await.unwrap();
    let release = |tenant| {
        let db = db.clone();
        async move {
            let mut tx = db.tenant(tenant, stamp()).await?;
            tx.release_gateway_port(GatewayPortId::from_uuid(port)).await?;
            tx.commit().await?;
            Ok::<_, InventoryError>(())
        }
    };
    assert!(matches!(release(a).await, Err(InventoryError::StillInUse)));
    assert!(matches!(release(b).await, Err(InventoryError::NotYours)));
    let mut tx = db.tenant(a, stamp()).await.unwrap();
    tx.release_number(NumberId::from_uuid(ids[0])).await.unwrap();
    tx.commit().await.unwrap();
    release(a).await.unwrap();
    rent(b, port).await.unwrap();
}

async fn an_answer_is_kept_once(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let answer =
        StoredAnswer { route: "POST /v1/seats".into(), request_hash: "h".into(), status: 201, body: "{}".into() };
    let tx = db.tenant(a, stamp()).await.unwrap();
    assert!(tx.answer("usr_1", "key").await.unwrap().is_none());
    tx.keep_answer("usr_1", "key", &answer).await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.tenant(a, stamp()).await.unwrap();
    assert_eq!(tx.answer("usr_1", "key").await.unwrap(), Some(answer.clone()));
    assert!(tx.answer("usr_2", "key").await.unwrap().is_none());
    assert!(matches!(tx.keep_answer("usr_1", "key", &answer).await, Err(StoreError::Unique { .. })));
    drop(tx);
    let tx = db.tenant(b, stamp()).await.unwrap();
    assert!(tx.answer("usr_1", "key").await.unwrap().is_none());
    tx.keep_answer("usr_1", "key", &answer).await.unwrap();
    tx.commit().await.unwrap();
}

async fn jobs_are_done_by_one_worker_at_a_time(db: Database) {
    let a = company(&db, "A").await;
    let mail = |dedupe: Option<&str>| NewJob {
        queue: "mail".into(),
        kind: "mail.test".into(),
        payload: serde_json::json!({ "to": "a@example.com" }),
        run_at: NOON,
        max_attempts: 2,
        dedupe_key: dedupe.map(str::to_owned),
    };
    let tx = db.tenant(a, stamp()).await.unwrap();
    for _ in 0..10 {
        tx.enqueue(mail(None)).await.unwrap();
    }
    tx.enqueue(mail(Some("one"))).await.unwrap();
    tx.enqueue(mail(Some("one"))).await.unwrap();
    tx.commit().await.unwrap();
    let take = |worker: &'static str, now: Wall| {
        let db = db.clone();
        async move {
            let tx = db.system().begin(stamp_at(now)).await.unwrap();
            let jobs = tx.claim_jobs("mail", worker, 6, 30).await.unwrap();
            tx.commit().await.unwrap();
            jobs
        }
    };
    let (x, y) = tokio::join!(tokio::spawn(take("x", NOON)), tokio::spawn(take("y", NOON)));
    let (x, y) = (x.unwrap(), y.unwrap());
    let mut ids: Vec<Uuid> = x.iter().chain(&y).map(|job| job.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((x.len() + y.len(), ids.len()), (11, 11), "each job once; the duplicate never came to be");
    assert_eq!(x[0].payload["to"], "a@example.com");
    assert!(take("z", NOON.plus_s(10)).await.is_empty(), "the leases hold");
    let tx = db.system().begin(stamp()).await.unwrap();
    assert!(tx.finish_job(x[0].id, "x").await.unwrap());
    assert!(!tx.finish_job(x[1].id, "y").await.unwrap(), "only the holder finishes a job");
    assert!(tx.fail_job(x[1].id, "x", "refused", NOON.plus_s(600)).await.unwrap());
    tx.commit().await.unwrap();
    let again = [take("z", NOON.plus_s(60)).await, take("z", NOON.plus_s(60)).await].concat();
    assert_eq!(again.len(), 9, "all but the finished and the postponed one");
    assert!(again.iter().all(|job| job.attempts == 2));
    assert!(take("z", NOON.plus_s(120)).await.is_empty(), "attempts are used up");
    assert_eq!(take("z", NOON.plus_s(700)).await.len(), 1);
}

async fn settings_agree(db: Database) {
    let propose = |value: &'static str| {
        let db = db.clone();
        async move {
            let tx = db.system().begin(stamp()).await.unwrap();
            let won = tx.setting_or("nonce.key", value).await.unwrap();
            tx.commit().await.unwrap();
            won
        }
    };
    let (left, right) = tokio::join!(tokio::spawn(propose("left")), tokio::spawn(propose("right")));
    assert_eq!(left.unwrap(), right.unwrap());
    let tx = db.system().begin(stamp()).await.unwrap();
    tx.set_setting("nonce.key", "new").await.unwrap();
    tx.set_setting("other", "1").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.system().setting("nonce.key").await.unwrap().as_deref(), Some("new"));
    assert_eq!(db.system().setting("none").await.unwrap(), None);
}

async fn an_operator_leaves_a_line_for_each_write(db: Database) {
    let operator = OperatorId::from_uuid(Uuid::from_u128(7));
    let (_, ids) = stock(&db, "shared", &["+14155550300"]).await;
    let tx = db.operator(operator, stamp()).await.unwrap();
    let id = tx.new_id();
    let row = site::ActiveModel {
        id: Set(id),
        name: Set("North".into()),
        country: Set("US".into()),
        city: Set(None),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    tx.update(site::ActiveModel { id: Set(id), name: Set("South".into()), ..Default::default() }).await.unwrap();
    assert!(tx.delete::<site::Entity>(id).await.unwrap());
    assert!(!tx.delete::<site::Entity>(id).await.unwrap());
    tx.retire_number(NumberId::from_uuid(ids[0])).await.unwrap();
    tx.commit().await.unwrap();
    let mut lines = db
        .system()
        .select::<operator_audit::Entity>()
        .is(operator_audit::Column::EntityId, id.to_string())
        .all()
        .await
        .unwrap();
    lines.sort_by(|a, b| a.action.cmp(&b.action));
    assert_eq!(lines.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["created", "deleted", "updated"]);
    let record: patchbay_tenancy::audit::Record = serde_json::from_str(lines[2].record.as_ref().unwrap()).unwrap();
    let (before, after) = (record.changes[0].before.as_ref().unwrap(), record.changes[0].after.as_ref().unwrap());
    assert_eq!((before["name"].as_str(), after["name"].as_str()), (Some("North"), Some("South")));
    let verdict = db.system().verify_audit().await.unwrap();
    assert!(verdict.broken.is_none() && verdict.lines >= 4, "{verdict:?}");
    assert_eq!(state(&db, ids[0]).await.0, "retired");
    let a = company(&db, "A").await;
    assert!(matches!(claim(&db, a, ids[0], NOON).await, Err(InventoryError::Unavailable)));
}

async fn sip_user_names_are_unique(db: Database) {
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    person(&db, "ada@example.com").await;
    assert!(db.system().user_by_email("ada@example.com").await.unwrap().is_some());
    let device = Uuid::from_u128(1);
    let tx = db.tenant(a, stamp()).await.unwrap();
    tx.add_sip_account("k7", device).await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.tenant(b, stamp()).await.unwrap();
    assert!(!tx.remove_sip_account("k7").await.unwrap(), "another's name stays");
    assert!(tx.add_sip_account("k7", device).await.unwrap_err().unique_on("sip_account"));
    drop(tx);
    let tx = db.tenant(a, stamp()).await.unwrap();
    assert!(tx.remove_sip_account("k7").await.unwrap());
    tx.commit().await.unwrap();
}
