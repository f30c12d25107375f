//! What PostgreSQL itself refuses, should the typed door ever have a hole: run as the application role, without our code.

use crate::common::{company, seat_row, stamp, stock};
use patchbay_kernel::{TenantId, Uuid};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

struct Scene {
    url: String,
    owner: DatabaseConnection,
    a: TenantId,
    b: TenantId,
    seat_of_b: Uuid,
}

async fn scene() -> Option<Scene> {
    let url = patchbay_testkit::postgres()?.database().await;
    let db = crate::common::open(&url).await;
    let (a, b) = (company(&db, "A").await, company(&db, "B").await);
    let mut seat_of_b = Uuid::nil();
    for tenant in [a, b] {
        let tx = db.tenant(tenant, stamp()).await.unwrap();
        seat_of_b = tx.new_id();
        tx.insert(seat_row(seat_of_b, "100", tx.at())).await.unwrap();
        tx.commit().await.unwrap();
    }
    stock(&db, "shared", &["+14155550100"]).await;
    let owner = Database::connect(&url).await.unwrap();
    Some(Scene { url, owner, a, b, seat_of_b })
}

/// A transaction under the application role, with or without a company.
async fn as_app(owner: &DatabaseConnection, tenant: Option<TenantId>) -> DatabaseTransaction {
    let tx = owner.begin().await.unwrap();
    tx.execute_unprepared("SET LOCAL ROLE patchbay_app").await.unwrap();
    if let Some(tenant) = tenant {
        let sql = format!("SELECT set_config('app.tenant_id', '{}', true)", tenant.uuid());
        tx.execute_unprepared(&sql).await.unwrap();
    }
    tx
}

async fn count(connection: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql.to_owned());
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn refusal(connection: &impl ConnectionTrait, sql: &str) -> String {
    let result: Result<_, DbErr> = connection.execute_unprepared(sql).await;
    result.expect_err(sql).to_string()
}

#[tokio::test]
async fn a_company_is_all_that_the_application_role_sees() {
    let Some(scene) = scene().await else { return };
    let all = "SELECT count(*) FROM seat";
    assert_eq!(count(&as_app(&scene.owner, None).await, all).await, 0, "no company, no rows");
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    assert_eq!(count(&tx, all).await, 1);
    let foreign = format!("SELECT count(*) FROM seat WHERE tenant_id = '{}'", scene.b.uuid());
    assert_eq!(count(&tx, &foreign).await, 0);
    let changed = tx.execute_unprepared("UPDATE seat SET label = 'mine'").await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
    let removed = format!("DELETE FROM seat WHERE id = '{}'", scene.seat_of_b);
    assert_eq!(tx.execute_unprepared(&removed).await.unwrap().rows_affected(), 0);
    tx.commit().await.unwrap();
    assert_eq!(count(&as_app(&scene.owner, None).await, all).await, 0, "the setting ended with the transaction");
}

#[tokio::test]
async fn forged_rows_are_refused() {
    let Some(scene) = scene().await else { return };
    let forged = format!(
        "INSERT INTO seat (tenant_id, id, extension, label, state, created_at) \
         VALUES ('{}', gen_random_uuid(), '200', '', 'active', now())",
        scene.b.uuid()
    );
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    assert!(refusal(&tx, &forged).await.contains("row-level security"));
    let tx = as_app(&scene.owner, None).await;
    assert!(refusal(&tx, &forged).await.contains("row-level security"));
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    let moved = format!("UPDATE seat SET tenant_id = '{}'", scene.b.uuid());
    assert!(refusal(&tx, &moved).await.contains("row-level security"));
}

#[tokio::test]
async fn a_reference_cannot_point_at_another_company() {
    let Some(scene) = scene().await else { return };
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    let device = format!(
        "INSERT INTO device (tenant_id, id, seat_id, kind, label, username, ha1_md5, ha1_sha256, created_at) \
         VALUES ('{}', gen_random_uuid(), '{}', 'sip_phone', '', 'k1', '', '', now())",
        scene.a.uuid(),
        scene.seat_of_b
    );
    assert!(refusal(&tx, &device).await.contains("foreign key"));
}

#[tokio::test]
async fn the_application_role_has_no_other_rights() {
    let Some(scene) = scene().await else { return };
    for sql in [
        "TRUNCATE seat",
        "SELECT * FROM tenant",
        "SELECT * FROM user_account",
        "SELECT * FROM session_token",
        "SELECT * FROM number",
        "UPDATE number SET tenant_id = NULL",
        "SELECT * FROM setting",
        "SELECT * FROM job",
        "DELETE FROM audit",
        "UPDATE event SET seq = 0",
        "ALTER TABLE seat DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY wide ON seat USING (true)",
    ] {
        let tx = as_app(&scene.owner, Some(scene.a)).await;
        let text = refusal(&tx, sql).await;
        assert!(text.contains("permission denied") || text.contains("must be owner"), "{sql}: {text}");
    }
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    tx.execute_unprepared("SET LOCAL row_security = off").await.unwrap();
    assert!(refusal(&tx, "SELECT * FROM seat").await.contains("row-level security"));
}

#[tokio::test]
async fn a_later_permissive_policy_cannot_widen() {
    let Some(scene) = scene().await else { return };
    scene.owner.execute_unprepared("CREATE POLICY wide ON seat USING (true) WITH CHECK (true)").await.unwrap();
    let tx = as_app(&scene.owner, Some(scene.a)).await;
    assert_eq!(count(&tx, "SELECT count(*) FROM seat").await, 1);
}

#[tokio::test]
async fn every_tenant_table_is_guarded() {
    let Some(scene) = scene().await else { return };
    // Tables with a tenant_id that belong to the platform; the application role has no right to read them.
    let global = "'gateway', 'impersonation', 'job', 'number', 'number_history', 'session', 'single_sign_on', 'sip_account', 'site', \
                  'sso_domain', 'sso_attempt', 'sso_link', 'tenant_limit'";
    let unguarded = format!(
        "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant_id' \
         AND c.relname NOT IN ({global}) AND NOT (c.relrowsecurity AND c.relforcerowsecurity \
         AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive))"
    );
    assert_eq!(count(&scene.owner, &unguarded).await, 0);
    let readable = format!(
        "SELECT count(*) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
         AND has_table_privilege('patchbay_app', c.oid, 'SELECT') AND NOT EXISTS \
         (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND c.relname NOT IN ({global}))"
    );
    assert_eq!(count(&scene.owner, &readable).await, 0, "what it can read is a company's");
    let plain = "SELECT count(*) FROM pg_constraint f WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 \
         AND EXISTS (SELECT FROM pg_class c WHERE c.oid = f.confrelid AND c.relrowsecurity)";
    assert_eq!(count(&scene.owner, plain).await, 0, "references between tenant tables name the company");
    let views = "SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace";
    assert_eq!(count(&scene.owner, views).await, 0, "a view would bypass row security");
    let bypass = "SELECT count(*) FROM pg_roles WHERE rolname = 'patchbay_app' AND (rolbypassrls OR rolsuper)";
    assert_eq!(count(&scene.owner, bypass).await, 0);
}

#[tokio::test]
async fn two_migrators_at_once_do_the_work_once() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    let url = cluster.empty_database();
    let all = patchbay_migrations::pending(&url).await.unwrap().len();
    assert!(all >= 6, "an empty database lacks them all: {all}");
    let (left, right) = tokio::join!(patchbay_migrations::migrate(&url), patchbay_migrations::migrate(&url));
    left.unwrap();
    right.unwrap();
    assert!(patchbay_migrations::pending(&url).await.unwrap().is_empty());
}

#[tokio::test]
async fn pooled_connections_forget_the_company() {
    let Some(scene) = scene().await else { return };
    let mut settings = patchbay_tenancy::DatabaseSettings::new(&scene.url);
    settings.connections = 1;
    let db = patchbay_tenancy::Database::open(&settings).await.unwrap();
    for tenant in [scene.a, scene.b, scene.a] {
        let tx = db.tenant(tenant, stamp()).await.unwrap();
        let seats = tx.select::<crate::common::seat::Entity>().all().await.unwrap();
        assert!(seats.len() == 1 && seats[0].tenant_id == tenant.uuid());
    }
}
