//! What a request carries, parsed at the door: bodies, ids in the path, queries. Each failure is a [`Problem`].

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::{FieldError, Problem};

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let text = "The body must be application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large.")
            }
            status => Problem::new(status, "bad_request", "The body could not be read."),
        })?;
        object(&bytes).map(Self)
    }
}

/// Every body is an object. Serde would also take the fields as a list, in the order in which we happen to write them down.
fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let parsed = serde_json::from_slice(bytes).map_err(|why| unreadable(&why))?;
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let (field, code, text) = (String::new(), "unreadable".into(), "A list, where an object is expected.".into());
        return Err(Problem::invalid(vec![FieldError { field, code, text }]));
    }
    Ok(parsed)
}

/// Tells a broken text (400) from a body of the wrong shape (422, with the field where serde names one).
fn unreadable(why: &serde_json::Error) -> Problem {
    if !why.is_data() {
        return Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("Not JSON: {why}."));
    }
    let text = why.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let (field, code) = missing.map_or(("", "unreadable"), |name| (name, "required"));
    Problem::invalid(vec![FieldError { field: field.into(), code: code.into(), text }])
}

/// The id in the path (`{id}`). Text that is no id of this kind is 404: there is no such thing.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: std::str::FromStr + Send> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The query string.
pub struct Ask<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asked = Query::<T>::from_request_parts(parts, state).await;
        asked.map(|Query(ask)| Self(ask)).map_err(|why| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_query",
                format!("The query cannot be read: {}.", why.body_text()),
            )
        })
    }
}

/// Tells `null` from absent: for fields of a patch that can be emptied.
pub fn nullable<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    serde::Deserialize::deserialize(from).map(Some)
}

/// Gathers what is wrong with the fields of a body; every rule is one line.
#[derive(Default)]
pub struct Check(Vec<FieldError>);

impl Check {
    /// Unless `holds`, the field is at fault.
    pub fn need(&mut self, holds: bool, field: &str, code: &str, text: &str) {
        if !holds {
            self.0.push(FieldError { field: field.into(), code: code.into(), text: text.into() });
        }
    }
    /// A name for people: 1 to 80 characters, none of them a control character.
    pub fn name(&mut self, text: &str, field: &str) {
        let length = text.trim().chars().count();
        self.need(length > 0, field, "required", "Something must stand here.");
        self.need(length <= 80, field, "too_long", "At most 80 characters.");
        self.need(!text.chars().any(char::is_control), field, "invalid", "No control characters.");
    }
    /// 422 with all faults at once, when there are any.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Shape {
        #[expect(dead_code, reason = "only its absence matters")]
        name: String,
    }

    #[test]
    fn a_list_is_no_body() {
        let refused = object::<Shape>(br#" ["Ada"]"#).err().unwrap();
        assert_eq!((refused.code(), refused.status().as_u16()), ("validation", 422));
        assert!(object::<Shape>(br#" {"name": "Ada"}"#).is_ok());
    }

    #[test]
    fn a_missing_field_is_named() {
        let why = serde_json::from_str::<Shape>("{}").err().unwrap();
        assert_eq!(unreadable(&why).code(), "validation");
        let why = serde_json::from_str::<Shape>("{").err().unwrap();
        assert_eq!(unreadable(&why).code(), "bad_json");
    }
}
