//! The same on PostgreSQL.

use patchbay_tests::Store;

#[tokio::test]
async fn a_call_goes_out_on_postgresql() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    crate::outbound::whole_call(Store::Postgres(cluster.database().await)).await;
}
