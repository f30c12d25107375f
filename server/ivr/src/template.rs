//! Text with `{{variable}}` in it.

use crate::variables::Variables;

/// The longest text that is spoken or sent, in characters.
pub const MAX_FILLED: usize = 4000;

/// How a value is written into the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// As it is.
    None,
    /// As a part of a URL (RFC 3986 section 2.1): everything but unreserved characters as `%XX`.
    Url,
}

/// Names that the text mentions, in order; `Err` with the rest of the text where a `{{` is never closed.
pub fn names(text: &str) -> Result<Vec<&str>, &str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let inner = &rest[open + 2..];
        let close = inner.find("}}").ok_or(&rest[open..])?;
        found.push(inner[..close].trim());
        rest = &inner[close + 2..];
    }
    Ok(found)
}

/// The text with its variables filled in; what nobody declared is empty, what is never closed stays as it is.
pub(crate) fn fill(text: &str, variables: &Variables, escape: Escape) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else { break };
        filled.push_str(&rest[..open]);
        let value = variables.text(rest[open + 2..open + close].trim());
        match escape {
            Escape::None => filled.push_str(&value),
            Escape::Url => value.bytes().for_each(|byte| push_url_byte(&mut filled, byte)),
        }
        rest = &rest[open + close + 2..];
    }
    filled.push_str(rest);
    if filled.chars().count() > MAX_FILLED { filled.chars().take(MAX_FILLED).collect() } else { filled }
}

fn push_url_byte(to: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        to.push(byte as char);
    } else {
        to.push_str(&format!("%{byte:02X}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{io::Facts, sound::Language};

    fn known() -> Variables {
        let facts = Facts { caller: "+86 10".into(), ..Facts::default() };
        Variables::given(&facts, &Language::default())
    }

    #[test]
    fn variables_are_filled_in() {
        assert_eq!(fill("Hello {{ call.caller }}!", &known(), Escape::None), "Hello +86 10!");
        assert_eq!(fill("?q={{call.caller}}&x={{nobody}}", &known(), Escape::Url), "?q=%2B86%2010&x=");
    }

    #[test]
    fn what_is_never_closed_stays_and_is_found() {
        assert_eq!(fill("a {{b", &known(), Escape::None), "a {{b");
        assert_eq!(names("a {{b}} {{c"), Err("{{c"));
        assert_eq!(names("{{a}}{{ b }}"), Ok(vec!["a", "b"]));
    }
}
