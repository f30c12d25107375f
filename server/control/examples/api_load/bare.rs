//! The peer: handlers with nothing but the statements. They read and write the rows that ours reads and writes, and know nobody.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::{get, patch},
};
use patchbay_control::seats::row::{device, seat};
use patchbay_kernel::{SeededEntropy, Uuid, Wall, id::uuid_v7};
use patchbay_tenancy::outbox::event;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder, QuerySelect, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone)]
struct Store {
    read: DatabaseConnection,
    write: DatabaseConnection,
    sqlite: bool,
}

/// As many connections as ours has, opened alike.
async fn open(url: &str, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(connections).min_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|o| {
        o.journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
    });
    sea_orm::Database::connect(options).await.unwrap()
}

pub async fn router(url: &str) -> Router {
    let sqlite = url.starts_with("sqlite:");
    let write = open(url, if sqlite { 1 } else { 16 }).await;
    let read = if sqlite { open(url, 4).await } else { write.clone() };
    let store = Store { read, write, sqlite };
    Router::new().route("/events", get(events)).route("/seats", patch(rename)).with_state(store)
}

#[derive(Deserialize)]
struct Which {
    tenant: Uuid,
    seat: Option<Uuid>,
}

async fn events(State(store): State<Store>, Query(which): Query<Which>) -> Json<Value> {
    let rows = event::Entity::find().filter(event::Column::TenantId.eq(which.tenant));
    let rows = rows.order_by_asc(event::Column::Seq).limit(51).all(&store.read).await.unwrap();
    let show = |row: &event::Model| {
        json!({ "id": row.id, "seq": row.seq, "at": row.at, "kind": row.kind, "entity": row.entity,
            "entity_id": row.entity_id, "body": row.body })
    };
    Json(json!({ "items": rows.iter().take(50).map(show).collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct Rename {
    label: String,
}

async fn rename(State(store): State<Store>, Query(which): Query<Which>, Json(ask): Json<Rename>) -> Json<Value> {
    let sqlite_transaction_mode = store.sqlite.then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
    let tx = store.write.begin_with_options(options).await.unwrap();
    let now = Wall::from_unix_ms(1_764_000_000_000);
    let own = seat::Column::TenantId.eq(which.tenant).and(seat::Column::Id.eq(which.seat.unwrap()));
    let row = seat::Entity::find().filter(own).one(&tx).await.unwrap().unwrap();
    let change = seat::ActiveModel {
        tenant_id: Set(row.tenant_id),
        id: Set(row.id),
        label: Set(ask.label),
        ..Default::default()
    };
    let row = seat::Entity::update(change).exec(&tx).await.unwrap();
    let body = json!({ "extension": row.extension, "label": row.label });
    let seq = next(&tx, "event_cursor", "next", which.tenant).await;
    let told = event::ActiveModel {
        tenant_id: Set(which.tenant),
        id: Set(fresh(now)),
        seq: Set(seq),
        kind: Set("seat.updated".into()),
        entity: Set("seat".into()),
        entity_id: Set(row.id.to_string()),
        body: Set(body.clone()),
        at: Set(now.to_offset()),
    };
    event::Entity::insert(told).exec_without_returning(&tx).await.unwrap();
    let place = next(&tx, "audit_head", "seq", which.tenant).await;
    let values =
        [which.tenant.into(), fresh(now).into(), now.to_offset().into(), place.into(), body.to_string().into()];
    let sql = "INSERT INTO audit (tenant_id, id, at, actor, action, entity, entity_id, body, seq, record, hash) \
               VALUES ($1, $2, $3, 'x', 'seat.updated', 'seat', 'x', NULL, $4, $5, '')";
    let sql = sql.replace("NULL", "'{}'");
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
    let devices =
        device::Entity::find().filter(device::Column::TenantId.eq(which.tenant).and(device::Column::SeatId.eq(row.id)));
    let devices = devices.all(&tx).await.unwrap();
    tx.commit().await.unwrap();
    Json(json!({ "id": row.id, "extension": row.extension, "label": row.label, "member": row.member_id,
        "devices": devices.iter().map(|one| one.label.clone()).collect::<Vec<_>>() }))
}

/// An id, from the same kind of chance as ours has here.
fn fresh(now: Wall) -> Uuid {
    static SEED: AtomicU64 = AtomicU64::new(1 << 40);
    uuid_v7(now, &mut SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

async fn next(tx: &DatabaseTransaction, table: &str, column: &str, tenant: Uuid) -> i64 {
    let sql =
        format!("UPDATE {table} SET {column} = {column} + 1 WHERE tenant_id = $1 RETURNING {column} - 1 AS place");
    let ask = Statement::from_sql_and_values(tx.get_database_backend(), sql, [tenant.into()]);
    let place: i64 = tx.query_one_raw(ask).await.unwrap().unwrap().try_get("", "place").unwrap();
    if table == "audit_head" { place + 1 } else { place }
}
