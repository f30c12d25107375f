//! The layers around every request, outermost first, each with its reason.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any, CorsLayer},
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::Span;

use crate::kit::{
    app::{App, EntropyFactory},
    origin,
    problem::Problem,
    rates, token,
};

/// Largest body of a request, in bytes.
const BODY_BYTES: usize = 64 * 1024;
/// Longest time until an answer begins, in seconds: a test call takes 40.
const ANSWER_WITHIN: Duration = Duration::from_secs(45);

#[derive(Clone)]
struct Ids(EntropyFactory);

impl MakeRequestId for Ids {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let mut bytes = [0; 9];
        (self.0)().fill(&mut bytes);
        HeaderValue::from_str(&token::hex(&bytes)).ok().map(RequestId::new)
    }
}

/// Puts the layers around the API; the last one put is the outermost.
pub fn layered(router: Router, app: &App) -> Router {
    let router = router
        // Nothing here is a file.
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        // Whatever is written down, is written down with where it came from.
        .layer(middleware::from_fn_with_state(app.clone(), origin::around))
        // Answers of the API are nobody's cache.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // What a program may still ask is told with every answer.
        .layer(middleware::from_fn(rates::told))
        // Nobody waits for ever.
        .layer(middleware::from_fn(in_time))
        // A fault in one handler is that request's 500.
        .layer(CatchPanicLayer::custom(|_| Problem::internal("a handler panicked").into_response()))
        // One line per request; the path as declared, never the query: it may hold a ticket.
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(answered))
        // An id for every request, so that a person's report and our log meet. A client's own id is not believed.
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(Ids(app.entropy())))
        .layer(middleware::from_fn(forget_foreign_id));
    secured(router)
}

/// Headers that tell browsers what this site never does. The node puts them around the web app's files too.
pub fn secured(router: Router) -> Router {
    HEADERS.iter().fold(router, |router, (name, value)| {
        let name = HeaderName::from_static(name);
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

/// Styles may be inline because positioned menus and dialogs set them; scripts may not.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         media-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "microphone=(self), camera=(), geolocation=(), payment=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Lets pages of any site ask: what is behind it takes a bearer, which no browser sends by itself, and never a cookie. Which sites
/// may use a seat token, the token says.
pub fn for_pages() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("idempotency-key")])
        .expose_headers([HeaderName::from_static("ratelimit"), header::RETRY_AFTER])
        .max_age(Duration::from_secs(3_600))
}

/// What [`for_pages`] answers in the stead of: a plain OPTIONS gets nothing.
pub async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn forget_foreign_id(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove("x-request-id");
    next.run(request).await
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "This took too long and was given up.")
            .into_response(),
    }
}

fn span(request: &axum::http::Request<Body>) -> Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    tracing::info_span!("http", request.id = %id, method = %request.method(), path)
}

fn answered(response: &Response, took: Duration, span: &Span) {
    let (status, took_ms) = (response.status().as_u16(), took.as_millis());
    span.in_scope(|| tracing::debug!(status, took_ms, "answered {status} in {took_ms} ms"));
}

/// What no route knows.
pub async fn unknown() -> Problem {
    Problem::not_found()
}

/// A path that exists, asked with another method.
pub async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not take this method.")
}
