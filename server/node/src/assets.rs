//! The built web app, inside the binary.
//!
//! Hashed assets are immutable for a year, everything else is asked for again; an unknown path is the app's own business and
//! gets `index.html`.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// The app's file for this path. An API path that nothing serves is a problem (RFC 9457), never a page.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let wanted = if path.is_empty() { "index.html" } else { path };
    if wanted == "v1" || wanted.starts_with("v1/") {
        return no_such_operation();
    }
    match Files::get(wanted) {
        Some(file) => answer(wanted, &file, &headers),
        None if is_asset(wanted) => plain(StatusCode::NOT_FOUND, "No such file."),
        None => match Files::get("index.html") {
            Some(file) => answer("index.html", &file, &headers),
            None => plain(
                StatusCode::NOT_FOUND,
                "The web app is not built into this binary: run `make web` and build again.",
            ),
        },
    }
}

fn no_such_operation() -> Response {
    const BODY: &str =
        r#"{"type":"urn:patchbay:problem:not_found","title":"Not Found","status":404,"code":"not_found"}"#;
    let mut response = plain(StatusCode::NOT_FOUND, BODY);
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn is_asset(path: &str) -> bool {
    path.starts_with("assets/") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn answer(path: &str, file: &rust_embed::EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..12]));
    let cached = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = Response::new(if cached { Body::empty() } else { Body::from(file.data.clone().into_owned()) });
    if cached {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let immutable = path.starts_with("assets/");
    let caching = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, etag);
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_operation_is_a_problem_and_not_a_page() {
        let response = serve("/v1/nothing".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
