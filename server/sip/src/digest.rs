//! Digest authentication, both sides. Source: RFC 7616, RFC 8760, RFC 3261 section 22.
//!
//! The server side keeps no nonce: a nonce carries its birth time and a keyed check over it, the realm and the peer's address.

use std::net::IpAddr;

use md5::{Digest, Md5};
use patchbay_kernel::secret::same;
use sha2::Sha256;

use crate::wire::{message::text, params};

/// Seconds for which a nonce is good; older ones are answered with `stale=true`, which costs no password prompt.
pub const NONCE_LIFE_S: i64 = 300;

/// Hash algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 2617.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// As the header writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// Stored proof of a password, hex. It is as good as the password inside its realm.
#[derive(Clone)]
pub struct StoredHa1 {
    /// MD5(username:realm:password).
    pub md5: String,
    /// SHA-256 of the same.
    pub sha256: String,
}

impl StoredHa1 {
    /// From a password.
    pub fn of(username: &str, realm: &str, password: &str) -> Self {
        let a1 = format!("{username}:{realm}:{password}");
        Self { md5: Algorithm::Md5.hash(&a1), sha256: Algorithm::Sha256.hash(&a1) }
    }

    fn for_algorithm(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Md5 => &self.md5,
            Algorithm::Sha256 => &self.sha256,
        }
    }
}

impl std::fmt::Debug for StoredHa1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHa1(..)")
    }
}

/// Credentials of ours towards a carrier.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientAuth {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// The only realm that may see a digest; `None`: the first one that the destination names.
    pub realm: Option<String>,
}

impl std::fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientAuth").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What an Authorization header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who it claims to be.
    pub username: String,
    /// Realm.
    pub realm: String,
    /// Nonce.
    pub nonce: String,
    /// The URI that was hashed.
    pub uri: String,
    /// The proof, hex.
    pub response: String,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// `qop`, nonce count and client nonce, when the client used them.
    pub qop: Option<(String, String, String)>,
}

impl Credentials {
    /// Reads one header value; `None` when it is no digest that we could check.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let fields = Fields::parse(value)?;
        let qop = match fields.get("qop") {
            Some(qop) => Some((qop.to_owned(), fields.get("nc")?.to_owned(), fields.get("cnonce")?.to_owned())),
            None => None,
        };
        Some(Self {
            username: fields.get("username")?.to_owned(),
            realm: fields.get("realm")?.to_owned(),
            nonce: fields.get("nonce")?.to_owned(),
            uri: fields.get("uri")?.to_owned(),
            response: fields.get("response")?.to_ascii_lowercase(),
            algorithm: Algorithm::read(fields.get("algorithm"))?,
            qop,
        })
    }
}

/// Why a digest was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Right form, nonce too old: challenge again with `stale=true`.
    Stale,
    /// Not made by this password, or nonce not ours.
    Wrong,
}

/// Makes and checks nonces of one realm.
pub struct Realm {
    name: String,
    key: [u8; 32],
}

impl Realm {
    /// `key` is secret and the same on all nodes of an installation.
    pub fn new(name: &str, key: [u8; 32]) -> Self {
        Self { name: name.to_owned(), key }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// WWW-Authenticate values. MD5 stands first because old gateways read only the first challenge; clients that follow
    /// RFC 8760 with a preference of their own find SHA-256 below it.
    pub fn challenges(&self, peer: IpAddr, now_s: i64, stale: bool) -> Vec<String> {
        let nonce = self.nonce(peer, now_s);
        let stale = if stale { ", stale=true" } else { "" };
        [Algorithm::Md5, Algorithm::Sha256]
            .map(|algorithm| {
                format!(
                    "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                    self.name,
                    algorithm.as_str()
                )
            })
            .into()
    }

    /// Checks a proof.
    ///
    /// # Errors
    /// [`Rejected`].
    pub fn verify(
        &self,
        credentials: &Credentials,
        stored: &StoredHa1,
        (method, peer): (&str, IpAddr),
        now_s: i64,
    ) -> Result<(), Rejected> {
        if credentials.realm != self.name {
            return Err(Rejected::Wrong);
        }
        let ha1 = stored.for_algorithm(credentials.algorithm);
        let qop = credentials.qop.as_ref().map(|(qop, nc, cnonce)| (qop.as_str(), nc.as_str(), cnonce.as_str()));
        if qop.is_some_and(|(qop, ..)| !qop.eq_ignore_ascii_case("auth")) {
            return Err(Rejected::Wrong);
        }
        let expected = response(credentials.algorithm, ha1, &credentials.nonce, qop, (method, &credentials.uri));
        if !same(expected.as_bytes(), credentials.response.as_bytes()) {
            return Err(Rejected::Wrong);
        }
        self.age(&credentials.nonce, peer, now_s)
    }

    fn nonce(&self, peer: IpAddr, now_s: i64) -> String {
        let born = format!("{now_s:012x}");
        format!("{born}{}", self.check(&born, peer))
    }

    fn check(&self, born: &str, peer: IpAddr) -> String {
        let inner =
            Sha256::new().chain_update(self.key).chain_update(format!("{born}|{}|{peer}", self.name)).finalize();
        hex(&Sha256::new().chain_update(self.key).chain_update(inner).finalize()[..16])
    }

    fn age(&self, nonce: &str, peer: IpAddr, now_s: i64) -> Result<(), Rejected> {
        let born = nonce.get(..12).ok_or(Rejected::Stale)?;
        let age = now_s - i64::from_str_radix(born, 16).map_err(|_| Rejected::Stale)?;
        let ours = same(self.check(born, peer).as_bytes(), nonce.as_bytes().get(12..).unwrap_or_default());
        if ours && (-5..=NONCE_LIFE_S).contains(&age) { Ok(()) } else { Err(Rejected::Stale) }
    }
}

/// Our answer to a challenge: the Authorization value, or `None` when the realm is not the agreed one or nothing in it is
/// understood.
pub fn answer<'a>(
    challenges: impl Iterator<Item = &'a [u8]>,
    auth: &ClientAuth,
    (method, uri): (&str, &str),
    cnonce: &str,
) -> Option<String> {
    let mut best: Option<(Fields, Algorithm)> = None;
    // What we repeat in quotes must not end them: the rest would be parameters of the challenger's choosing.
    let repeatable =
        |fields: &Fields| ["realm", "nonce", "opaque"].iter().all(|it| fields.get(it).is_none_or(stays_quoted));
    for fields in challenges.filter_map(Fields::parse).filter(repeatable) {
        let realm = fields.get("realm")?;
        if auth.realm.as_deref().is_some_and(|wanted| wanted != realm) {
            continue;
        }
        let Some(algorithm) = Algorithm::read(fields.get("algorithm")) else { continue };
        if best.as_ref().is_none_or(|(_, before)| *before == Algorithm::Md5 && algorithm == Algorithm::Sha256) {
            best = Some((fields, algorithm));
        }
    }
    let (fields, algorithm) = best?;
    let (realm, nonce) = (fields.get("realm")?, fields.get("nonce")?);
    let ha1 = algorithm.hash(&format!("{}:{realm}:{}", auth.username, auth.password));
    let with_qop = fields.get("qop").is_some_and(|qop| qop.split(',').any(|it| it.trim().eq_ignore_ascii_case("auth")));
    let qop = with_qop.then_some(("auth", "00000001", cnonce));
    let proof = response(algorithm, &ha1, nonce, qop, (method, uri));
    let mut value = format!(
        "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{proof}\", algorithm={}",
        auth.username,
        algorithm.as_str()
    );
    if with_qop {
        value.push_str(&format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\""));
    }
    if let Some(opaque) = fields.get("opaque") {
        value.push_str(&format!(", opaque=\"{opaque}\""));
    }
    Some(value)
}

fn response(
    algorithm: Algorithm,
    ha1: &str,
    nonce: &str,
    qop: Option<(&str, &str, &str)>,
    (method, uri): (&str, &str),
) -> String {
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    match qop {
        Some((qop, nc, cnonce)) => algorithm.hash(&format!("{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}")),
        None => algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
    }
}

/// Whether text between quotes has no quote of its own that is not escaped (RFC 3261 section 25.1, `quoted-string`).
fn stays_quoted(text: &str) -> bool {
    let mut escaped = false;
    let ends = text.chars().any(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    !ends && !escaped
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fields of a challenge or of credentials, as they stand there.
struct Fields(Box<str>);

impl Fields {
    fn parse(value: &[u8]) -> Option<Self> {
        let value = text(value);
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        Some(Self(rest.into()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        // The grammar of header parameters with commas for semicolons; who writes semicolons is understood too.
        let mut fields = params::parts(&self.0, b',').flat_map(params::pairs);
        let (_, value) = fields.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.map(|value| value.trim_matches('"'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_vector_of_rfc_2617() {
        let ha1 = Algorithm::Md5.hash("Mufasa:testrealm@host.com:Circle Of Life");
        let qop = Some(("auth", "00000001", "0a4f113b"));
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        assert_eq!(
            response(Algorithm::Md5, &ha1, nonce, qop, ("GET", "/dir/index.html")),
            "6629fae49393a05397450978507c4ef1"
        );
    }

    #[test]
    fn our_answer_passes_our_check_and_a_wrong_password_does_not() {
        let realm = Realm::new("pbx.example", [7; 32]);
        let stored = StoredHa1::of("line7", "pbx.example", "secret");
        for take in [0, 1] {
            let challenge = realm.challenges(PEER, 1_000, false)[take].clone();
            let auth = |password: &str| ClientAuth { username: "line7".into(), password: password.into(), realm: None };
            let make = |password| {
                let one = [challenge.as_bytes()];
                let value = answer(one.into_iter(), &auth(password), ("REGISTER", "sip:pbx.example"), "c1").unwrap();
                Credentials::parse(value.as_bytes()).unwrap()
            };
            let check = |password, now| realm.verify(&make(password), &stored, ("REGISTER", PEER), now);
            assert_eq!(check("secret", 1_100), Ok(()));
            assert_eq!(check("secret", 1_301), Err(Rejected::Stale));
            assert_eq!(check("guess", 1_100), Err(Rejected::Wrong));
            let other = realm.verify(&make("secret"), &stored, ("REGISTER", "10.0.0.9".parse().unwrap()), 1_100);
            assert_eq!(other, Err(Rejected::Stale));
        }
    }

    #[test]
    fn a_digest_never_goes_to_a_foreign_realm() {
        let auth = ClientAuth { username: "a".into(), password: "b".into(), realm: Some("carrier".into()) };
        let challenge: &[u8] = b"Digest realm=\"evil\", nonce=\"1\"";
        assert_eq!(answer([challenge].into_iter(), &auth, ("INVITE", "sip:x@y"), "c"), None);
    }

    #[test]
    fn a_challenge_puts_no_words_into_our_answer() {
        let auth = ClientAuth { username: "a".into(), password: "b".into(), realm: None };
        let ours = |challenge: &str| answer([challenge.as_bytes()].into_iter(), &auth, ("INVITE", "sip:x@y"), "c");
        assert_eq!(ours("Digest realm=r\", uri=\"sip:evil\", nonce=\"1\""), None);
        let escaped = ours("Digest realm=\"a\\\"b, c\", nonce=\"1\"").unwrap();
        assert!(escaped.contains("realm=\"a\\\"b, c\", nonce=\"1\""), "{escaped}");
    }

    #[test]
    fn of_two_challenges_the_stronger_is_answered() {
        let auth = ClientAuth { username: "a".into(), password: "b".into(), realm: None };
        let both: [&[u8]; 2] =
            [b"Digest realm=\"r\", nonce=\"1\", algorithm=MD5", b"Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256"];
        let value = answer(both.into_iter(), &auth, ("INVITE", "sip:x@y"), "c").unwrap();
        assert!(value.contains("algorithm=SHA-256") && value.contains("nonce=\"2\""), "{value}");
    }
}
