//! The calling party: found in an INVITE of a box, written into one of ours.

use std::borrow::Cow;

use kernel::E164;
use patchbay_kernel as kernel;

use crate::{
    name,
    profile::{CallerSource, IdentityHeader},
    uri::{self, Uri},
};

/// What one place of an INVITE says of the caller, uninterpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub(crate) user: Cow<'a, str>,
    pub(crate) name: Option<String>,
    pub(crate) withheld: bool,
}

/// The value of a header by its lower-case name.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The display name in front of a `name-addr`, quotes removed.
pub(crate) fn display_name(value: &str) -> Option<String> {
    if let Some((name, _)) = uri::quoted(value) {
        return Some(name);
    }
    let before = value.split_once('<')?.0.trim();
    (!before.is_empty()).then(|| before.to_owned())
}

impl CallerSource {
    /// What this place says; `None` when the header is absent or holds no URI.
    pub(crate) fn find<'a>(
        self,
        from_uri: &'a str,
        from_name: Option<&str>,
        headers: &'a [(String, String)],
    ) -> Option<Found<'a>> {
        match self {
            Self::From => {
                let uri = Uri::parse(from_uri)?;
                // RFC 3323 section 4.1.1.3: a private caller is anonymous@anonymous.invalid.
                let withheld = uri.host.eq_ignore_ascii_case("anonymous.invalid") || name::says_nothing(&uri.user);
                Some(Found { user: uri.user, name: from_name.map(Into::into), withheld })
            }
            Self::PAssertedIdentity => {
                let value = header(headers, "p-asserted-identity")?;
                let uri = Uri::parse(value)?;
                Some(Found { withheld: name::says_nothing(&uri.user), user: uri.user, name: display_name(value) })
            }
            Self::RemotePartyId => {
                let value = header(headers, "remote-party-id")?;
                let uri = Uri::parse(value)?;
                let after = value.rsplit_once('>').map_or("", |(_, after)| after).to_ascii_lowercase();
                let withheld = ["privacy=full", "privacy=uri"].iter().any(|word| after.contains(word));
                Some(Found { user: uri.user, name: display_name(value), withheld })
            }
        }
    }
}

/// Whether the INVITE asks that the caller be hidden from the called party. Source: RFC 3323 section 4.2, RFC 3325 section 9.3.
pub(crate) fn asks_for_privacy(headers: &[(String, String)]) -> bool {
    let words = header(headers, "privacy").unwrap_or("");
    words
        .split(';')
        .any(|word| ["id", "user", "header"].iter().any(|private| word.trim().eq_ignore_ascii_case(private)))
}

impl IdentityHeader {
    /// The header for a displayed number. `hidden`: a private call, the carrier alone may see it.
    pub(crate) fn write(
        self,
        number: &E164,
        written: &str,
        name: Option<&str>,
        domain: &str,
        hidden: Hidden,
    ) -> (String, String) {
        let quoted =
            name.map(|name| format!("\"{}\" ", name.replace('\\', "\\\\").replace('"', "\\\""))).unwrap_or_default();
        let address = format!("{quoted}<sip:{written}@{domain};user=phone>");
        match self {
            // RFC 3325 speaks of identities; E.164 with the plus is the only spelling that carriers agree on.
            Self::PAssertedIdentity => {
                ("P-Asserted-Identity".into(), format!("{quoted}<sip:{number}@{domain};user=phone>"))
            }
            Self::PPreferredIdentity => {
                ("P-Preferred-Identity".into(), format!("{quoted}<sip:{number}@{domain};user=phone>"))
            }
            Self::RemotePartyId => {
                let privacy = match hidden {
                    Hidden::Yes => "full",
                    Hidden::No => "off",
                };
                ("Remote-Party-ID".into(), format!("{address};party=calling;screen=yes;privacy={privacy}"))
            }
        }
    }
}

/// Whether the called party may see the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hidden {
    Yes,
    No,
}
