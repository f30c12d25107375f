//! Requests: how many, how long, by the route as declared.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use metrics::histogram;
use patchbay_kernel::Clock;

use crate::traces::{Answered, Traces};

/// What the measure needs.
#[derive(Clone)]
pub struct Timing {
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Where spans go, when they go anywhere.
    pub traces: Option<Traces>,
}

/// Times one request. A path that no route declares is one series, whatever was asked for.
pub async fn timed(State(Timing { clock, traces }): State<Timing>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method().as_str());
    let headers = traces.as_ref().map(|_| request.headers().clone());
    let (wall, began) = (clock.wall(), clock.tick());
    let response = next.run(request).await;
    let (took, status) = (Duration::from_micros(clock.tick().since(began).0), response.status().as_u16());
    if let (Some(traces), Some(headers)) = (traces, headers) {
        traces.request(&Answered { headers: &headers, method, route: &route, status, began: wall, took });
    }
    let class = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    let labels = [("method", method.to_owned()), ("route", route), ("status", class.to_owned())];
    histogram!("patchbay_http_request_seconds", &labels).record(took.as_secs_f64());
    response
}

/// Anybody can invent methods; each would be a series of its own.
fn known(method: &str) -> &'static str {
    let all = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    all.into_iter().find(|known| *known == method).unwrap_or("other")
}
