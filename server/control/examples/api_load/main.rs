//! What the API costs beside a bare handler that does the same rows: one line of JSON per figure, for `cargo xtask bench --only api`.
//!
//! Ours and the bare one listen on loopback in this process, on copies of the same house, and take turns. Arguments: runs, seconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends at the first fault, and prints its figures"
)]

#[expect(unused_imports, dead_code, reason = "its tests are not built here")]
#[path = "../../tests/api/announcing.rs"]
mod announcing;
mod bare;
mod client;
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
#[path = "../../tests/api/fakes.rs"]
mod fakes;
mod fanout;
#[expect(unused_macros, dead_code, reason = "a bench needs less of it than the tests")]
#[path = "../../tests/api/rig.rs"]
mod rig;

use std::time::Duration;

use patchbay_kernel::{SeatId, TenantId};
use serde_json::json;

use crate::{
    client::{Load, Timing},
    rig::{Rig, token},
};

/// Connections that ask at once.
const CONNECTIONS: usize = 8;

/// A company with a seat for each connection, served by us and by the bare handler.
pub struct House {
    rig: Rig,
    ours: String,
    bare: String,
    owner: String,
    tenant: TenantId,
    seats: Vec<SeatId>,
}

impl House {
    async fn new(url: &str) -> Self {
        let rig = Rig::new(url).await;
        let session = rig.sign_up("Aster").await;
        let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().parse().unwrap());
        let mut seats = Vec::new();
        for _ in 0..CONNECTIONS {
            seats.push(rig.post("/v1/seats", &owner, json!({})).await.is(201).id().parse().unwrap());
        }
        for _ in 0..60 {
            rig.patch("/v1/company", &owner, json!({ "name": "Aster" })).await.is(200);
        }
        let (ours, bare) = (client::serve(rig.router.clone()).await, client::serve(bare::router(url).await).await);
        Self { rig, ours, bare, owner, tenant, seats }
    }

    fn read(&self) -> [Load; 2] {
        let bare = format!("/events?tenant={}", self.tenant.uuid());
        [
            Load::new(
                &self.ours,
                CONNECTIONS,
                |_, _| ("GET", "/v1/events?limit=50".into(), String::new()),
                &self.owner,
            ),
            Load::new(&self.bare, CONNECTIONS, move |_, _| ("GET", bare.clone(), String::new()), ""),
        ]
    }

    fn write(&self) -> [Load; 2] {
        let label = |turn: u64| json!({ "label": format!("Seat {turn}") }).to_string();
        let (mine, theirs, tenant) = (self.seats.clone(), self.seats.clone(), self.tenant);
        let bare = move |at: usize| format!("/seats?tenant={}&seat={}", tenant.uuid(), theirs[at].uuid());
        [
            Load::new(
                &self.ours,
                CONNECTIONS,
                move |at, turn| ("PATCH", format!("/v1/seats/{}", mine[at]), label(turn)),
                &self.owner,
            ),
            Load::new(&self.bare, CONNECTIONS, move |at, turn| ("PATCH", bare(at), label(turn)), ""),
        ]
    }
}

fn told(id: &str, store: &str, ours: &Timing, bare: &Timing) {
    println!("{}", json!({ "id": id, "store": store, "ours": ours.json(), "bare": bare.json() }));
}

async fn scoped(house: &House, store: &str, runs: usize, seconds: f64) {
    for _ in 0..runs {
        for (id, [ours, bare]) in [("read", house.read()), ("write", house.write())] {
            let span = Duration::from_secs_f64(seconds);
            told(id, store, &ours.run(span).await, &bare.run(span).await);
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut words = std::env::args().skip(1);
    let runs = words.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let seconds = words.next().and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let file = patchbay_testkit::sqlite().await;
    let mut stores = vec![("sqlite", file.url())];
    if let Some(cluster) = patchbay_testkit::postgres() {
        stores.push(("postgres", cluster.database().await));
    }
    for (store, url) in stores {
        let house = House::new(&url).await;
        scoped(&house, store, runs, seconds).await;
        for _ in 0..runs {
            println!("{}", json!({ "id": "fanout", "store": store, "ours": fanout::run(&house).await.json() }));
        }
    }
}
