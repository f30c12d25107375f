//! Proof that a request with a cookie comes from our own page.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::kit::problem::Problem;

/// The request bears `X-Patchbay: 1`, which no foreign page can add without our leave (it forces a CORS preflight).
pub struct OurPage;

impl<S: Send + Sync> FromRequestParts<S> for OurPage {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.headers.get("x-patchbay").is_some_and(|value| value == "1") {
            return Ok(Self);
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "csrf", "The header X-Patchbay: 1 is missing."))
    }
}
