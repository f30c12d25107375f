//! Every error becomes one RFC 9457 body, here and only here. `code` is a contract that the web app translates; `detail` is
//! English; what is internal goes to the log and never out.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use patchbay_tenancy::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// One field of a request that cannot be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field's name in the request.
    pub field: String,
    /// Stable word.
    pub code: String,
    /// In English.
    pub text: String,
}

/// The body of an error answer (RFC 9457 with two members of our own).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:patchbay:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// HTTP status.
    pub status: i64,
    /// Stable word.
    pub code: String,
    /// In English, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that are at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
}

/// An error on its way out of a handler.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem in one's own words: `code` snake_case and stable, `detail` an English sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = Some(detail.into()).filter(|text| !text.is_empty());
        Self(Box::new(Inner { status, code, detail, errors: Vec::new(), retry_after_s: None }))
    }
    /// 409: the state of things stands in the way.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }
    /// 404, also for what is another company's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }
    /// 401: no token, or one that is not good (any more).
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first.")
    }
    /// 403: signed in, and not allowed.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this.")
    }
    /// 422 with every field that is at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "Some fields cannot be so.");
        problem.0.errors = errors;
        problem
    }
    /// 422 for one field.
    pub fn field(field: &str, code: &str, text: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), code: code.into(), text: text.into() }])
    }
    /// 429: come back in so many seconds.
    pub fn too_many(retry_after_s: u32) -> Self {
        let mut problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many attempts. Wait a little.");
        problem.0.retry_after_s = Some(retry_after_s.max(1));
        problem
    }
    /// 409: the same request is being done.
    pub fn in_flight() -> Self {
        let text = "The same request is being done. Repeat it in a moment.";
        let mut problem = Self::conflict("idempotency_in_flight", text);
        problem.0.retry_after_s = Some(1);
        problem
    }
    /// 429: a program has used up its requests.
    pub fn rate_limited(retry_after_s: u32) -> Self {
        let text = "Too many requests. The headers RateLimit and Retry-After say when to go on.";
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", text);
        problem.0.retry_after_s = Some(retry_after_s.max(1));
        problem
    }
    /// 403: only a person may do this, and a program asked.
    pub fn person_required() -> Self {
        let text = "This needs a person who is signed in; an API key or seat token cannot do it.";
        Self::new(StatusCode::FORBIDDEN, "person_required", text)
    }
    /// 403: an operator at work in a company asked for what is its people's own.
    pub fn support_limited() -> Self {
        let text = "Support may look and help, but not sign in as somebody, call, or let anybody in.";
        Self::new(StatusCode::FORBIDDEN, "support_limited", text)
    }
    /// 403: a seat token asked for more than its softphone.
    pub fn seat_only() -> Self {
        let text = "A seat token opens the softphone of its seat and nothing else.";
        Self::new(StatusCode::FORBIDDEN, "seat_token_limited", text)
    }
    /// 403: the key lacks the scope.
    pub fn scope_missing(scope: &str) -> Self {
        let text = format!("This key lacks the scope {scope}, or whoever made it may no longer do this.");
        Self::new(StatusCode::FORBIDDEN, "scope_missing", text)
    }
    /// 503: the same request may succeed in a moment.
    pub fn busy() -> Self {
        let text = "The service is busy. Try again in a moment.";
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text);
        problem.0.retry_after_s = Some(1);
        problem
    }
    /// 500; `why` goes to the log only.
    pub fn internal(why: impl std::fmt::Display) -> Self {
        tracing::error!(%why, "a request failed inside");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed on our side.")
    }
    /// The stable word.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Unique { .. } => Self::conflict("conflict", "Something with these values exists already."),
            StoreError::Reference(_) => Self::conflict("in_use", "Something else still refers to this."),
            StoreError::Busy | StoreError::Timeout => Self::busy(),
            StoreError::Sealed | StoreError::Other(_) => Self::internal(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let inner = *self.0;
        let body = ProblemBody {
            kind: format!("urn:patchbay:problem:{}", inner.code),
            title: inner.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: inner.status.as_u16().into(),
            code: inner.code.to_owned(),
            detail: inner.detail,
            errors: Some(inner.errors).filter(|errors| !errors.is_empty()),
        };
        let mut response = (inner.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait_s) = inner.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        if inner.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Turns `None` into 404.
pub trait Or404<T> {
    /// The value, or [`Problem::not_found`].
    fn or_404(self) -> Result<T, Problem>;
}

impl<T> Or404<T> for Option<T> {
    fn or_404(self) -> Result<T, Problem> {
        self.ok_or_else(Problem::not_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_internal_stays_inside() {
        let response = Problem::from(StoreError::Other("password of table x".into())).into_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.contains("\"code\":\"internal\"") && !text.contains("table"), "{text}");
    }

    #[test]
    fn a_busy_store_may_be_asked_again() {
        let response = Problem::from(StoreError::Busy).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (503, &HeaderValue::from(1))
        );
    }
}
