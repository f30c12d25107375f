//! Signatures as Standard Webhooks says: `v1,` and base 64 of HMAC-SHA256 over id, time and body. While a secret is being replaced
//! there are two, one of each.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_kernel::{Entropy, Secret};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A new secret: `whsec_` and 32 bytes of chance in base 64.
pub fn mint(chance: &mut dyn Entropy) -> Secret<String> {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes);
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// The `webhook-signature` header for a message; `at_s` are seconds since 1970. A text that is no secret of ours signs nothing.
pub fn signatures(secrets: &[Secret<String>], id: &str, at_s: i64, body: &str) -> String {
    let one = |secret: &Secret<String>| {
        let key = STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{at_s}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let (id, at_s, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signatures(std::slice::from_ref(&secret), id, at_s, body), expected);
        let both = signatures(&[Secret::new("whsec_AAAA".to_owned()), secret], id, at_s, body);
        assert_eq!(both.split(' ').count(), 2);
        assert!(both.ends_with(expected));
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let chance = &mut SeededEntropy::new(3);
        let (one, two) = (mint(chance), mint(chance));
        assert!(one.expose().starts_with(PREFIX) && one.expose() != two.expose());
        assert_eq!(STANDARD.decode(&one.expose()[PREFIX.len()..]).unwrap().len(), 32);
    }
}
