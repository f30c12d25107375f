//! A build that forgot every WHERE: PostgreSQL itself keeps companies apart, and on SQLite the walk sees what comes out.

use std::collections::BTreeSet;

use crate::{
    rig::Rig,
    walk::{self, leaks, operations},
    whole_company::{company, stock},
};

async fn forgetful_on_postgres() -> Option<Rig> {
    let url = patchbay_testkit::postgres()?.database().await;
    let rig = Rig::new(&url).await;
    rig.db.forget_filters();
    Some(rig)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_alone_keeps_companies_apart() {
    let Some(rig) = forgetful_on_postgres().await else { return };
    walk::nobody_gets_where_they_do_not_belong(rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_alone_makes_others_ids_unknown() {
    let Some(rig) = forgetful_on_postgres().await else { return };
    walk::another_company_s_ids_in_bodies_are_unknown(rig).await;
}

/// Reads that find the company by other means than the filter of its rows, and why.
const OTHERWISE: [(&str, &str); 2] = [
    ("own_gateway_get", "gateways lie among the platform's, and the question names whose it is"),
    ("prompt_audio_get", "sounds lie in a folder of the company's own"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_walk_sees_every_leak() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::new(&file.url()).await;
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let b = company(&rig, "Borage", &numbers[1], &ports[1]).await;
    let all = operations();
    rig.db.forget_filters();
    let found: BTreeSet<String> = leaks(&rig, &all, &a, &b).await.into_keys().collect();
    let users = all.iter().filter(|one| one.realm.as_deref() == Some("user"));
    let named: Vec<_> = users.filter(|one| one.names_a_thing()).collect();
    let reads = named.iter().filter(|one| one.method == "GET").map(|one| one.id.as_str());
    let unseen: Vec<&str> = reads.filter(|id| !found.contains(*id)).collect();
    let expected: Vec<&str> = OTHERWISE.iter().map(|(id, _)| *id).collect();
    assert_eq!(unseen, expected, "reads whose leak the walk would not see; it saw {found:?}");
    // A change may still be stopped by the key of the row, in which the company is stamped; orders to calls go to the switch, which
    // has no such filter to forget.
    let changes = named.iter().filter(|one| one.method != "GET" && !one.id.starts_with("call_"));
    let seen = changes.clone().filter(|one| found.contains(&one.id)).count();
    assert!(seen * 2 > changes.count(), "the walk saw {found:?}");
    for list in ["member_list", "seat_list", "call_list", "number_list", "event_list", "audit_list", "webhook_list"] {
        assert!(found.contains(list), "{list} leaked and was not seen");
    }
}
