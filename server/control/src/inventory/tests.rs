//! The inventory through the whole API, on SQLite and on PostgreSQL.

mod callers;
mod demo;
mod life;
mod market;
mod operator;
mod sims;

use serde_json::{Value, json};

use super::rig::{Answer, Rig, Who};

/// A new site; its id.
async fn site(rig: &Rig) -> String {
    let ask = json!({ "name": "Hall", "country": "us", "city": "San Francisco" });
    rig.ask(Who::Operator, "POST", "/v1/operator/sites", Some(ask)).await.ok(201)["id"].as_str().unwrap().to_owned()
}

/// A new gateway, as answered.
async fn gateway(rig: &Rig, ask: Value) -> Value {
    rig.ask(Who::Operator, "POST", "/v1/operator/gateways", Some(ask)).await.ok(201)
}

/// Enter a block of numbers.
async fn numbers_on(rig: &Rig, port: &str, first: &str, count: i64) -> Answer {
    let ask = json!({ "first": first, "count": count, "gateway_port": port, "kind": "local", "area": "San Francisco",
        "monthly": { "micros": 1_500_000, "currency": "USD" } });
    rig.ask(Who::Operator, "POST", "/v1/operator/numbers", Some(ask)).await
}
