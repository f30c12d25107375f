//! STUN binding requests of a browser's connectivity checks, and our answers (RFC 8489, RFC 8445 section 7.3).

use std::net::SocketAddr;

use rtc_crypto::RTCCrypto;
use rtc_stun::{
    attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter},
    textattrs::TextAttribute,
    xoraddr::XorMappedAddress,
};

/// Longest request worth reading; browsers send about 120 bytes.
const LONGEST: usize = 548;

/// A binding request that names one of our legs; nothing in it is proven before [`Check::verify`].
pub struct Check {
    message: Message,
    /// Our half of USERNAME.
    pub ours: String,
    /// The browser's half.
    pub theirs: String,
    /// USE-CANDIDATE: the browser has chosen this pair.
    pub nominated: bool,
}

impl Check {
    /// Reads a datagram; `None` unless it is a whole binding request with USERNAME and MESSAGE-INTEGRITY.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let declared = usize::from(u16::from_be_bytes([*datagram.get(2)?, *datagram.get(3)?]));
        if datagram.len() > LONGEST || datagram.len() != declared + 20 {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ != BINDING_REQUEST {
            return None;
        }
        // What stands behind MESSAGE-INTEGRITY is not covered by it and does not count (RFC 8489 section 14.5).
        let covered = message.attributes.0.iter().position(|attribute| attribute.typ == ATTR_MESSAGE_INTEGRITY)?;
        let has = |kind| message.attributes.0[..covered].iter().any(|attribute| attribute.typ == kind);
        if !has(ATTR_USERNAME) {
            return None;
        }
        let nominated = has(ATTR_USE_CANDIDATE);
        let username = TextAttribute::get_from_as(&message, ATTR_USERNAME).ok()?.text;
        let (ours, theirs) = username.split_once(':')?;
        let (ours, theirs) = (ours.to_owned(), theirs.to_owned());
        Some(Self { message, ours, theirs, nominated })
    }

    /// Whether MESSAGE-INTEGRITY was made with `password` (ours: RFC 8445 section 7.2.2).
    pub fn verify(&mut self, password: &str, crypto: &dyn RTCCrypto) -> bool {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), crypto).is_ok()
    }

    /// The success response that tells `from` its own address; `None` only when the crypto provider fails.
    pub fn answer(&self, from: SocketAddr, password: &str, crypto: &dyn RTCCrypto) -> Option<Vec<u8>> {
        let mut answer = Message::new();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto);
        let setters: [Box<dyn Setter + '_>; 5] = [
            Box::new(self.message.transaction_id),
            Box::new(BINDING_SUCCESS),
            Box::new(XorMappedAddress { ip: from.ip(), port: from.port() }),
            Box::new(integrity),
            Box::new(FINGERPRINT),
        ];
        answer.build(&setters).ok()?;
        Some(answer.raw)
    }
}

/// What a datagram achieved against one password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Our half of USERNAME.
    pub ours: String,
    /// The other half.
    pub theirs: String,
    /// Whether it chose its pair.
    pub nominated: bool,
    /// What we say.
    pub answer: Vec<u8>,
}

/// A datagram of `from` as a leg with this password takes it: `None` when it is no check or proves nothing. For the property
/// tests of parsers, which see the same code as the network does.
pub fn stun_check(datagram: &[u8], password: &str, from: SocketAddr) -> Option<Seen> {
    let provider = rtc_crypto::default_provider().ok()?;
    let mut check = Check::parse(datagram)?;
    if !check.verify(password, provider.crypto()) {
        return None;
    }
    let answer = check.answer(from, password, provider.crypto())?;
    Some(Seen { ours: check.ours, theirs: check.theirs, nominated: check.nominated, answer })
}

#[cfg(test)]
mod tests {
    use rtc_stun::message::TransactionId;

    use super::*;

    fn request(username: &str, password: &str) -> Vec<u8> {
        let provider = rtc_crypto::default_provider().unwrap();
        let integrity =
            MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), provider.crypto());
        let mut message = Message::new();
        message
            .build(&[
                Box::new(TransactionId::new()),
                Box::new(BINDING_REQUEST),
                Box::new(TextAttribute::new(ATTR_USERNAME, username.to_owned())),
                Box::new(integrity),
                Box::new(FINGERPRINT),
            ])
            .unwrap();
        message.raw
    }

    #[test]
    fn only_the_right_password_verifies() {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut check = Check::parse(&request("ours:theirs", "secret")).unwrap();
        assert_eq!((check.ours.as_str(), check.theirs.as_str(), check.nominated), ("ours", "theirs", false));
        assert!(check.verify("secret", provider.crypto()));
        assert!(!check.verify("Secret", provider.crypto()));
        let mut forged = request("ours:theirs", "secret");
        forged[25] ^= 1;
        assert!(Check::parse(&forged).is_none_or(|mut check| !check.verify("secret", provider.crypto())));
    }

    #[test]
    fn what_stands_behind_the_seal_chooses_nothing() {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut forged = request("ours:theirs", "secret");
        forged.extend([0, 0x25, 0, 0]);
        let length = u16::try_from(forged.len() - 20).unwrap();
        forged[2..4].copy_from_slice(&length.to_be_bytes());
        let mut check = Check::parse(&forged).unwrap();
        assert!(
            check.verify("secret", provider.crypto()) && !check.nominated,
            "USE-CANDIDATE behind MESSAGE-INTEGRITY"
        );
    }

    #[test]
    fn the_answer_carries_the_address_and_verifies() {
        let provider = rtc_crypto::default_provider().unwrap();
        let check = Check::parse(&request("a:b", "pw")).unwrap();
        let raw = check.answer("192.0.2.7:4711".parse().unwrap(), "pw", provider.crypto()).unwrap();
        let mut answer = Message::new();
        answer.unmarshal_binary(&raw).unwrap();
        assert_eq!(answer.transaction_id, check.message.transaction_id);
        let mut mapped = XorMappedAddress::default();
        rtc_stun::message::Getter::get_from(&mut mapped, &answer).unwrap();
        assert_eq!((mapped.ip.to_string().as_str(), mapped.port), ("192.0.2.7", 4711));
        assert!(MessageIntegrity::check(&mut answer, b"pw", provider.crypto()).is_ok());
        assert!(FINGERPRINT.check(&answer).is_ok());
    }

    #[test]
    fn garbage_is_no_check() {
        let whole = request("ours:theirs", "secret");
        for cut in 0..whole.len() {
            assert!(Check::parse(&whole[..cut]).is_none(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] = bent[at].wrapping_add(0x55);
            let provider = rtc_crypto::default_provider().unwrap();
            // The fingerprint at the end lies outside of what MESSAGE-INTEGRITY covers.
            let covered = at < whole.len() - 8;
            let accepted = Check::parse(&bent).is_some_and(|mut check| check.verify("secret", provider.crypto()));
            assert!(!(covered && accepted), "byte {at}");
        }
    }
}
