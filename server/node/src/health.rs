//! `/health/live` and `/health/ready`: for process managers and load balancers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};

/// Whether new work may come: after start, before drain.
#[derive(Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Everything is up.
    pub fn ready(&self) {
        self.0.store(true, Ordering::Release);
    }
    /// No new work.
    pub fn draining(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The two routes.
pub fn routes(readiness: Readiness) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, &'static str) {
    if readiness.0.load(Ordering::Acquire) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    }
}
