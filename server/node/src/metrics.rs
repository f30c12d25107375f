//! `/metrics`: what runs, in numbers, in Prometheus' text format.
//!
//! Counters of the hot paths are kept where things happen and read here; nothing is added to the road of an RTP packet. No
//! label carries a company, a number or an address, so the set of series stays small.

mod calls;
mod guard;
mod http;
mod names;
mod process;
mod scrape;
mod sip;
mod text;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub use calls::Counted;
pub use guard::Guard;
pub use http::Timing;
pub use scrape::Sources;
pub use sip::Messages;
pub use text::figures;

/// Upper bounds of an answer's time in seconds; a test call may take 40.
const SECONDS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 45.0];
/// Samples of histograms wait for a reader; without one they are folded this often.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Starts counting: from here on `metrics::counter!` and its sisters reach somewhere. Once per process.
///
/// # Errors
/// When it has been started before.
pub fn start() -> Result<PrometheusHandle, String> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
        .map_err(|why| why.to_string())?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|why| why.to_string())?;
    names::describe();
    let folding = handle.clone();
    tokio::spawn(async move {
        let mut due = tokio::time::interval(FOLD_EVERY);
        loop {
            due.tick().await;
            folding.run_upkeep();
        }
    });
    Ok(handle)
}

/// What the route needs.
#[derive(Clone)]
pub struct Metrics {
    /// Where the counters are.
    pub handle: PrometheusHandle,
    /// What is asked at each reading.
    pub sources: Arc<Sources>,
    /// Who may read.
    pub guard: Guard,
}

/// The one route.
pub fn routes(of: Metrics) -> Router {
    Router::new().route("/metrics", get(read)).with_state(of)
}

/// Counts, times and traces every request that a route answers.
pub fn timed(router: Router, timing: Timing) -> Router {
    router.layer(middleware::from_fn_with_state(timing, http::timed))
}

async fn read(State(of): State<Metrics>, guarded: axum::extract::Request) -> Response {
    if !of.guard.admits(guarded).await {
        let ask = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, ask, "Metrics are for operators.\n").into_response();
    }
    of.sources.read().await;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, of.handle.render()).into_response()
}
