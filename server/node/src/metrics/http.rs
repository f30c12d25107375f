//! Requests: how many, how long, by the route as declared.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics::histogram;

/// Times one request. A path that no route declares is one series, whatever was asked for.
pub async fn timed(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str();
    // Anybody can invent methods; each would be a series of its own.
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].into_iter().find(|known| *known == method);
    let began = Instant::now();
    let response = next.run(request).await;
    let class = match response.status().as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    let labels = [("method", known.unwrap_or("other").to_owned()), ("route", route), ("status", class.to_owned())];
    histogram!("patchbay_http_request_seconds", &labels).record(began.elapsed().as_secs_f64());
    response
}
