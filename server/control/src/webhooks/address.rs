//! Where a webhook goes, parsed at the door.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::guard::is_public;

/// An address is at most so long.
const LONGEST: usize = 2_000;

/// An address that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: Url,
}

/// Why it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// No URL.
    #[error("This is no address such as https://example.com/hook.")]
    NotAUrl,
    /// Another scheme.
    #[error("The address must begin with https://.")]
    Scheme,
    /// Name and password in it.
    #[error("No user name or password in the address: events are signed instead.")]
    Password,
    /// Names a machine inside.
    #[error("This address is not on the public internet.")]
    Private,
    /// Too long.
    #[error("At most 2000 characters.")]
    TooLong,
    /// The name leads nowhere.
    #[error("The name of the host was not found.")]
    Unknown,
}

impl AddressFault {
    /// Stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAUrl => "invalid",
            Self::Scheme => "scheme",
            Self::Password => "password_in_url",
            Self::Private => "private",
            Self::TooLong => "too_long",
            Self::Unknown => "unknown_host",
        }
    }
}

impl Address {
    /// From text. `private` allows plain http and addresses inside, for installations that are one company's own.
    pub fn parse(text: &str, private: bool) -> Result<Self, AddressFault> {
        if text.len() > LONGEST {
            return Err(AddressFault::TooLong);
        }
        let mut url = Url::parse(text.trim()).map_err(|_| AddressFault::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if private => {}
            _ => return Err(AddressFault::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressFault::Password);
        }
        url.set_fragment(None);
        let inside = match url.host() {
            None => return Err(AddressFault::NotAUrl),
            Some(Host::Ipv4(address)) => !is_public(address.into()),
            Some(Host::Ipv6(address)) => !is_public(address.into()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost") || !name.contains('.')
            }
        };
        if inside && !private {
            return Err(AddressFault::Private);
        }
        Ok(Self { url })
    }

    /// The whole, as stored.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }
    /// Whether it is to be encrypted.
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }
    /// Host, for the name in the certificate; an IPv6 address without brackets.
    pub fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }
    /// Host and TCP port as in the Host header: the usual one stays out.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
    /// Path and query.
    pub fn target(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }

    /// Looks the name up now and says where to connect: one address that every check has passed. That very address is to be connected
    /// to, so that a name cannot lead elsewhere a moment later. One address inside among several outside fails all of them.
    pub async fn resolve(&self, private: bool) -> Result<SocketAddr, AddressFault> {
        let port = self.url.port_or_known_default().ok_or(AddressFault::NotAUrl)?;
        let found: Vec<SocketAddr> = match self.url.host() {
            Some(Host::Ipv4(address)) => vec![SocketAddr::new(IpAddr::V4(address), port)],
            Some(Host::Ipv6(address)) => vec![SocketAddr::new(IpAddr::V6(address), port)],
            Some(Host::Domain(name)) => {
                tokio::net::lookup_host((name, port)).await.map_err(|_| AddressFault::Unknown)?.collect()
            }
            None => return Err(AddressFault::NotAUrl),
        };
        chosen(&found, private)
    }
}

fn chosen(found: &[SocketAddr], private: bool) -> Result<SocketAddr, AddressFault> {
    if !private && found.iter().any(|one| !is_public(one.ip())) {
        return Err(AddressFault::Private);
    }
    let v4 = found.iter().find(|one| one.is_ipv4());
    v4.or_else(|| found.first()).copied().ok_or(AddressFault::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_outside() {
        let good = Address::parse("https://Hooks.example.com:8443/a/b?c=d#e", false).unwrap();
        assert_eq!((good.host().as_str(), good.authority().as_str()), ("hooks.example.com", "hooks.example.com:8443"));
        assert_eq!((good.target().as_str(), good.is_tls()), ("/a/b?c=d", true));
        for (text, fault) in [
            ("hooks.example.com", AddressFault::NotAUrl),
            ("http://example.com/", AddressFault::Scheme),
            ("ftp://example.com/", AddressFault::Scheme),
            ("file:///etc/passwd", AddressFault::Scheme),
            ("gopher://example.com:70/_", AddressFault::Scheme),
            ("https://user:secret@example.com/", AddressFault::Password),
        ] {
            assert_eq!(Address::parse(text, false), Err(fault), "{text}");
        }
        assert_eq!(
            Address::parse(&format!("https://example.com/{}", "x".repeat(2_000)), false),
            Err(AddressFault::TooLong)
        );
    }

    #[test]
    fn every_way_to_write_an_address_inside_is_seen_through() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "intranet",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "127.0.0.1.",
            "10.1.2.3",
            "169.254.169.254",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fd00::1]",
            "[fe80::1]",
            "0",
            "0.0.0.0",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "%31%32%37.0.0.1",
        ] {
            let text = format!("https://{host}/");
            assert_eq!(Address::parse(&text, false), Err(AddressFault::Private), "{text}");
            assert!(Address::parse(&text, true).is_ok(), "{text} in a private installation");
        }
    }

    #[test]
    fn one_address_inside_spoils_all() {
        let of = |text: &str| -> SocketAddr { text.parse().unwrap() };
        let (out, six, inside) = (of("8.8.8.8:443"), of("[2606:4700::1]:443"), of("10.0.0.1:443"));
        assert_eq!(chosen(&[six, out], false), Ok(out));
        assert_eq!(chosen(&[six], false), Ok(six));
        assert_eq!(chosen(&[out, inside], false), Err(AddressFault::Private));
        assert_eq!(chosen(&[out, inside], true), Ok(out));
        assert_eq!(chosen(&[], true), Err(AddressFault::Unknown));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_looked_up() {
        // The name passes at the door, as one would that is changed later.
        let address = Address { url: Url::parse("https://localhost/").unwrap() };
        assert_eq!(address.resolve(false).await, Err(AddressFault::Private));
        assert!(address.resolve(true).await.unwrap().ip().is_loopback());
    }
}
