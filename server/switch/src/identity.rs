//! Who is speaking, and how a caller is written on the wire.

use patchbay_kernel::Secret;
use patchbay_plane::{Credential, Principal, Source};
use patchbay_sip::digest;

/// A caller as an outgoing INVITE shows it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// User part of From.
    pub user: String,
    /// Display name.
    pub name: Option<String>,
    /// Host of From, when not ours.
    pub host: Option<String>,
}

impl Caller {
    /// `"Name" <sip:user@host>`; the name cannot break out of its quotes, the user is escaped as RFC 3261 section 25 wants.
    pub fn address(&self, domain: &str) -> String {
        let host = self.host.as_deref().unwrap_or(domain);
        let user = if self.user.is_empty() { "anonymous".into() } else { escape_user(&self.user) };
        match self.name.as_deref().map(clean).filter(|name| !name.is_empty()) {
            Some(name) => format!("\"{name}\" <sip:{user}@{host}>"),
            None => format!("<sip:{user}@{host}>"),
        }
    }
}

fn clean(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(64).collect()
}

/// User part with everything outside `unreserved` and the marks that dial strings need percent-escaped.
pub fn escape_user(user: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
    user.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What the plane asks about a proven principal.
pub fn source(principal: &Principal) -> Source {
    match principal {
        Principal::Device { tenant, seat, device, .. } => {
            Source::Seat { tenant: *tenant, seat: *seat, device: *device }
        }
        Principal::Gateway { gateway, gateway_port } => {
            Source::Gateway { gateway: *gateway, gateway_port: *gateway_port }
        }
    }
}

/// The stored proof in the form that the digest verifier takes.
pub fn stored(credential: &Credential) -> digest::StoredHa1 {
    let expose = |secret: &Secret<String>| secret.expose().clone();
    digest::StoredHa1 { md5: expose(&credential.ha1_md5), sha256: expose(&credential.ha1_sha256) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let caller = Caller { user: "101".into(), name: Some("Eve\" <sip:x@y>\r\nVia: z".into()), host: None };
        assert_eq!(caller.address("example.org"), "\"Eve <sip:x@y>Via: z\" <sip:101@example.org>");
    }

    #[test]
    fn a_hash_is_escaped_and_a_plus_is_kept() {
        assert_eq!(escape_user("+14155550132"), "+14155550132");
        assert_eq!(escape_user("*21#"), "*21%23");
        assert_eq!(escape_user("a@b"), "a%40b");
    }
}
