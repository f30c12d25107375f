//! Replaces (RFC 3891), in a header of its own and inside a Refer-To.

use super::{
    message::text,
    params::pairs,
    uri::{Uri, unescape},
};

/// Names the dialog that an INVITE takes the place of, as the one who receives the INVITE knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: String,
    /// The receiver's own tag.
    pub to_tag: String,
    /// The tag of the receiver's peer.
    pub from_tag: String,
    /// Only while the dialog is not answered (`early-only`).
    pub early_only: bool,
}

impl Replaces {
    /// Reads the header. `None`: not one Call-ID with both tags (RFC 3891 section 6.1).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = text(value);
        let (call_id, params) = value.split_once(';')?;
        let tag = |name: &str| {
            let mut found = pairs(params).filter(|(key, _)| key.eq_ignore_ascii_case(name));
            let tag = found.next()?.1.filter(|tag| !tag.is_empty()).map(str::to_owned);
            if found.next().is_some() { None } else { tag }
        };
        let call_id = call_id.trim().to_owned();
        let early_only = pairs(params).any(|(key, _)| key.eq_ignore_ascii_case("early-only"));
        (!call_id.is_empty()).then_some(())?;
        Some(Self { call_id, to_tag: tag("to-tag")?, from_tag: tag("from-tag")?, early_only })
    }

    /// The one inside a URI: `sip:bob@host?Replaces=c1%3Bto-tag%3Da%3Bfrom-tag%3Db`. `Some(None)`: there is one that cannot be
    /// read.
    pub fn of_uri(uri: &Uri) -> Option<Option<Self>> {
        let mut headers = uri.headers.as_deref()?.split('&').filter_map(|header| header.split_once('='));
        let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("Replaces"))?;
        Some(unescape(value).and_then(|value| Self::parse(value.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_writings_are_read() {
        let header = Replaces::parse(b"98732@sip.example.com ;from-tag=r33th4x0r;to-tag=ff87ff;early-only").unwrap();
        assert_eq!((header.call_id.as_str(), header.to_tag.as_str()), ("98732@sip.example.com", "ff87ff"));
        assert!(header.early_only && header.from_tag == "r33th4x0r");
        let uri: Uri = "sip:b@h?Replaces=12%40x%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=hi".parse().unwrap();
        let inside = Replaces::of_uri(&uri).flatten().unwrap();
        assert_eq!((inside.call_id.as_str(), inside.to_tag.as_str(), inside.from_tag.as_str()), ("12@x", "1", "2"));
    }

    #[test]
    fn what_names_no_dialog_is_refused() {
        for bad in
            ["", "c1", "c1;to-tag=1", ";to-tag=1;from-tag=2", "c1;to-tag=;from-tag=2", "c;to-tag=1;to-tag=2;from-tag=3"]
        {
            assert_eq!(Replaces::parse(bad.as_bytes()), None, "{bad}");
        }
        let uri: Uri = "sip:b@h?Replaces=%zz".parse().unwrap();
        assert_eq!(Replaces::of_uri(&uri), Some(None));
        let uri: Uri = "sip:b@h?Subject=x".parse().unwrap();
        assert_eq!(Replaces::of_uri(&uri), None);
    }
}
