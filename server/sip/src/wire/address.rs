//! `"Name" <sip:user@host>;tag=x`: From, To, Contact, Route and their like.

use super::{message::text, params::Params, uri::Uri};

/// An address with its header parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Display name, quotes and escapes taken out.
    pub name: Option<String>,
    /// The URI as written.
    pub uri_text: String,
    /// Header parameters (`tag`, `expires`, `q`, `+sip.instance`).
    pub params: Params,
}

impl Address {
    /// Reads name-addr or addr-spec (RFC 3261 section 20.10: without brackets, parameters belong to the header).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = text(value);
        let value = value.trim();
        let (name, rest) = display_name(value)?;
        if let Some(rest) = rest.strip_prefix('<') {
            let close = rest.find('>')?;
            let params = Params::new(&rest[close + 1..]);
            return Some(Self { name, uri_text: rest[..close].trim().to_owned(), params });
        }
        if name.is_some() {
            return None;
        }
        let (uri, params) = rest.find(';').map_or((rest, ""), |at| (&rest[..at], &rest[at..]));
        Some(Self { name: None, uri_text: uri.trim().to_owned(), params: Params::new(params) })
    }

    /// The URI, parsed.
    pub fn uri(&self) -> Option<Uri> {
        self.uri_text.parse().ok()
    }

    /// A header parameter; `Some("")` when it stands without value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The dialog tag.
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").filter(|tag| !tag.is_empty())
    }

    /// A parameter that is written in quotes, such as `+sip.instance="<urn:uuid:..>"`.
    pub fn quoted_param(&self, name: &str) -> Option<String> {
        Some(self.param(name)?.trim_matches('"').to_owned())
    }
}

/// The display name and what follows it.
fn display_name(value: &str) -> Option<(Option<String>, &str)> {
    if let Some(rest) = value.strip_prefix('"') {
        let (mut name, mut escaped) = (String::new(), false);
        for (at, c) in rest.char_indices() {
            match c {
                _ if escaped => {
                    name.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => return Some((Some(name), rest[at + 1..].trim_start())),
                c => name.push(c),
            }
        }
        return None;
    }
    match value.find('<') {
        Some(0) | None => Some((None, value)),
        Some(at) => Some((Some(value[..at].trim().to_owned()), &value[at..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_writing() {
        let read = |text: &str| Address::parse(text.as_bytes());
        assert_eq!(read("\"A \\\"B\\\" <x>\" <sip:a@b>;tag=1").unwrap().name.as_deref(), Some("A \"B\" <x>"));
        let plain = read("Watson <sip:w@b;lr>;tag=88").unwrap();
        assert_eq!((plain.uri_text.as_str(), plain.tag()), ("sip:w@b;lr", Some("88")));
        let bare = read("sip:w@b;tag=7").unwrap();
        assert_eq!((bare.uri_text.as_str(), bare.tag()), ("sip:w@b", Some("7")));
        assert_eq!(read("\"open <sip:a@b>"), None);
    }

    #[test]
    fn latin_1_names_are_read() {
        let address = Address::parse(b"\"M\xfcller\" <sip:a@b>").unwrap();
        assert_eq!(address.name.as_deref(), Some("M\u{fc}ller"));
    }
}
