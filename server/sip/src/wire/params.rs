//! Parameters: `;a=b;c`, kept as they stand and read when somebody asks. Most values are asked for one of theirs, or none.

use std::fmt;

/// The parameters of a URI or a header value, in order.
#[derive(Clone, Default)]
pub struct Params(Box<str>);

impl Params {
    /// What follows a value, from its first semicolon on.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The value of one; `Some("")` when it stands without value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.unwrap_or_default())
    }

    /// All, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        pairs(&self.0)
    }
}

impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params {}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As a URI has them, without white space.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(key, value)| match value {
            Some(value) => write!(f, ";{key}={value}"),
            None => write!(f, ";{key}"),
        })
    }
}

/// `;a=b;c` as pairs; quoted values keep their semicolons (RFC 3261 section 25.1).
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    parts(text, b';').map(|part| match part.split_once('=') {
        Some((key, value)) => (key.trim_end(), Some(value.trim_start())),
        None => (part, None),
    })
}

/// Trimmed parts between marks that stand outside of quotes; empty ones are left out.
pub fn parts(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        loop {
            let text = rest?;
            let (part, after) = match end(text.as_bytes(), mark) {
                Some(at) => (&text[..at], Some(&text[at + 1..])),
                None => (text, None),
            };
            rest = after;
            let part = part.trim();
            if !part.is_empty() {
                return Some(part);
            }
        }
    })
}

fn end(bytes: &[u8], mark: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    bytes.iter().position(|byte| {
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            other => return other == mark && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_what_ends_a_parameter() {
        let text = r#" ; tag = a ;q="x;\";y" ; ; lr;tag=b"#;
        let all: Vec<_> = pairs(text).collect();
        assert_eq!(all, [("tag", Some("a")), ("q", Some(r#""x;\";y""#)), ("lr", None), ("tag", Some("b"))]);
        let params = Params::new(text);
        assert_eq!((params.get("TAG"), params.get("lr"), params.get("x")), (Some("a"), Some(""), None));
        assert_eq!(params.to_string(), r#";tag=a;q="x;\";y";lr;tag=b"#);
    }

    #[test]
    fn spacing_makes_no_difference() {
        assert_eq!(Params::new(";a = b ;c"), Params::new(";a=b; c"));
        assert_ne!(Params::new(";a=b;c"), Params::new(";c;a=b"));
        assert_eq!(Params::new("  "), Params::default());
    }

    #[test]
    fn commas_end_parts_too() {
        let all: Vec<_> = parts(r#"realm="a, b", qop="auth",,nc=1"#, b',').collect();
        assert_eq!(all, [r#"realm="a, b""#, r#"qop="auth""#, "nc=1"]);
    }
}
